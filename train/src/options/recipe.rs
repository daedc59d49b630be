//! Options that change an experiment's recipe.

use clap::{Args, ValueEnum};
use datasets::{Augmentation, Noise};

use super::number::{number, share};
use super::table::Defaults;
use crate::fit::class_weights::{ClassWeights, Sampling};
use crate::fit::objective::{Loss, Penalty};
use crate::fit::optimizers::Optimizer;
use crate::fit::recipe::{LEARNING_RATES, Recipe};
use crate::fit::schedule::Schedule;

/// Options of all recipes.
#[derive(Clone, Debug, Default, Args)]
pub struct RecipeOptions {
    /// Passes over the training part
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub epochs: Option<u32>,

    /// Examples per step
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub batch_size: Option<u32>,

    /// Learning rate, or the peak of its schedule
    #[arg(long, value_name = "X", allow_negative_numbers = true, value_parser = learning_rate)]
    pub learning_rate: Option<f64>,

    /// Optimiser
    #[arg(long, value_name = "NAME")]
    pub optimizer: Option<Optimizer>,

    /// constant, step, exponential, cosine or plateau
    #[arg(long, value_name = "NAME", hide_possible_values = true)]
    pub schedule: Option<Schedule>,

    /// Loss: cross-entropy, one-hot, mse or bce
    #[arg(long, value_name = "NAME", hide_possible_values = true)]
    pub loss: Option<Loss>,

    /// Augmentation: none, scans or digits
    #[arg(long, value_name = "NAME", hide_possible_values = true)]
    pub augment: Option<Augment>,

    /// Noise on the input images: gaussian:SIGMA or salt-and-pepper:SHARE
    #[arg(long, value_name = "KIND:X")]
    pub noise: Option<Noise>,

    /// Sparsity penalty on the code's activity: none, l1:WEIGHT, kl:WEIGHT:ACTIVITY, or both joined by +
    #[arg(long, value_name = "KIND:X")]
    pub penalty: Option<Penalty>,

    /// Largest norm of a step's gradients, or none
    #[arg(long, value_name = "NORM", allow_negative_numbers = true, value_parser = clip_norm)]
    pub clip_norm: Option<Switch>,

    /// Weight decay of adamw
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, value_parser = share)]
    pub weight_decay: Option<f64>,

    /// Decay of the moving average of the weights, or none
    #[arg(long, value_name = "DECAY", allow_negative_numbers = true, value_parser = average_weights)]
    pub average_weights: Option<Switch>,

    /// Share of the target that is spread over all tokens
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, value_parser = share)]
    pub label_smoothing: Option<f64>,

    /// Share of true tokens among the decoder's inputs in the last epoch
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, value_parser = share)]
    pub teacher_forcing: Option<f64>,

    /// Stop after N epochs without a better validation figure
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub early_stop: Option<u32>,

    /// Validation figure that chooses the best epoch
    #[arg(long, value_name = "NAME")]
    pub monitor: Option<String>,

    /// Weights of classes in the loss: balanced, or a=2,b=0.5
    #[arg(long, value_name = "WEIGHTS")]
    pub class_weights: Option<ClassWeights>,

    /// Examples of an epoch: once, or balanced: each class as often
    #[arg(long, value_name = "NAME", hide_possible_values = true)]
    pub sampling: Option<Sampling>,

    /// Freeze up to this layer of --summary, or features: all but the last
    #[arg(long, value_name = "LAYER")]
    pub freeze: Option<String>,
}

/// Choice of the augmentation on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Augment {
    /// Unchanged.
    None,
    /// Mirrored, rotated, shifted, scaled, with other contrast and noise, as slices of a head may be.
    Scans,
    /// Slightly rotated, shifted and scaled, as in another handwriting.
    Digits,
}

impl Augment {
    /// Returns its parameters.
    pub fn augmentation(self) -> Option<Augmentation> {
        match self {
            Self::None => None,
            Self::Scans => Some(Augmentation::SCANS),
            Self::Digits => Some(Augmentation::DIGITS),
        }
    }
}

/// A number of the command line that may also be switched off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Switch(pub Option<f64>);

impl RecipeOptions {
    /// Returns the recipe with the options that were given. An optimiser with another usual learning rate than the
    /// recipe's optimiser brings its own.
    pub fn apply(&self, recipe: Recipe) -> Recipe {
        let Self {
            epochs,
            batch_size,
            learning_rate,
            optimizer,
            schedule,
            loss,
            augment,
            noise,
            penalty,
            clip_norm,
            weight_decay,
            average_weights,
            label_smoothing,
            teacher_forcing,
            early_stop,
            monitor,
            class_weights,
            sampling,
            freeze,
        } = self.clone();
        let optimizer = optimizer.unwrap_or(recipe.optimizer);
        let usual_rate = if optimizer.usual_rate() == recipe.optimizer.usual_rate() {
            recipe.learning_rate
        } else {
            optimizer.usual_rate()
        };
        let recipe_decay = (recipe.weight_decay).filter(|_| optimizer == recipe.optimizer);
        Recipe {
            optimizer,
            loss: loss.unwrap_or(recipe.loss),
            learning_rate: learning_rate.unwrap_or(usual_rate),
            schedule: schedule.unwrap_or(recipe.schedule),
            augmentation: augment.map_or(recipe.augmentation, Augment::augmentation),
            noise: noise.or(recipe.noise),
            penalty: (penalty.or(recipe.penalty)).filter(|penalty| !penalty.is_none()),
            clip_norm: clip_norm.map_or(recipe.clip_norm, |Switch(norm)| norm),
            weight_decay: weight_decay.or(recipe_decay),
            average: average_weights.map_or(recipe.average, |Switch(decay)| decay),
            batch_size: batch_size.map_or(recipe.batch_size, |size| size as usize),
            epochs: epochs.map_or(recipe.epochs, |epochs| epochs as usize),
            label_smoothing: label_smoothing.unwrap_or(recipe.label_smoothing),
            teacher_forcing: teacher_forcing.unwrap_or(recipe.teacher_forcing),
            patience: early_stop.map_or(recipe.patience, |epochs| Some(epochs as usize)),
            monitor: monitor.or(recipe.monitor),
            class_weights: class_weights.or(recipe.class_weights),
            sampling: sampling.unwrap_or(recipe.sampling),
            freeze: freeze.or(recipe.freeze),
        }
    }
}

/// Returns the options that give a recipe.
pub fn defaults(recipe: &Recipe) -> Defaults {
    let Recipe {
        optimizer,
        loss,
        learning_rate,
        schedule,
        batch_size,
        epochs,
        augmentation,
        noise,
        penalty,
        clip_norm,
        weight_decay,
        average,
        label_smoothing,
        teacher_forcing,
        patience,
        monitor,
        class_weights: _,
        sampling,
        freeze: _,
    } = recipe;
    let or_none = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
    let augment = Augment::value_variants()
        .iter()
        .find(|augment| augment.augmentation() == *augmentation);
    [
        Some(("epochs", epochs.to_string())),
        Some(("batch-size", batch_size.to_string())),
        Some(("learning-rate", learning_rate.to_string())),
        Some(("optimizer", optimizer.name())),
        Some(("schedule", value_name(schedule))),
        Some(("loss", value_name(loss))),
        Some((
            "augment",
            augment.map_or_else(|| "the experiment's own".to_owned(), value_name),
        )),
        Some(("noise", or_none(noise.as_ref().map(Noise::to_string)))),
        Some(("penalty", or_none(penalty.as_ref().map(Penalty::to_string)))),
        Some(("clip-norm", or_none(clip_norm.map(|norm| norm.to_string())))),
        weight_decay.map(|decay| ("weight-decay", decay.to_string())),
        Some((
            "average-weights",
            or_none(average.map(|decay| decay.to_string())),
        )),
        Some(("label-smoothing", label_smoothing.to_string())),
        Some(("teacher-forcing", teacher_forcing.to_string())),
        patience.map(|epochs| ("early-stop", epochs.to_string())),
        monitor.clone().map(|monitor| ("monitor", monitor)),
        Some(("sampling", value_name(sampling))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Returns the name of a value on the command line.
fn value_name(value: &impl ValueEnum) -> String {
    let value = value.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}

fn learning_rate(text: &str) -> Result<f64, String> {
    number(
        text,
        |rate| LEARNING_RATES.contains(&rate),
        "above 0 and at most 1",
    )
}

fn clip_norm(text: &str) -> Result<Switch, String> {
    switch(text, |norm| norm > 0.0 && norm.is_finite())
        .ok_or_else(|| "give a number above 0, or none".to_owned())
}

fn average_weights(text: &str) -> Result<Switch, String> {
    switch(text, |decay| decay > 0.0 && decay < 1.0)
        .ok_or_else(|| "give a number between 0 and 1, or none".to_owned())
}

fn switch(text: &str, is_allowed: impl Fn(f64) -> bool) -> Option<Switch> {
    if text == "none" {
        return Some(Switch(None));
    }
    let number = text.parse().ok().filter(|number| is_allowed(*number))?;
    Some(Switch(Some(number)))
}
