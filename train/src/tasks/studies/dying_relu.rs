//! Dying ReLUs: units that are 0 for every digit, so that no gradient reaches their weights (chapter, section on activation
//! functions; Lu et al. 2019, <https://arxiv.org/abs/1903.06733>).

use anyhow::Result;
use burn::module::Module;
use burn::tensor::Tensor;
use datasets::ImageBatch;
use figures::{Axis, Plot, Series, percent, plot};
use models::initialization::he_uniform;
use models::{Activation, MlpConfig, NetworkConfig, Sequential};
use serde::Serialize;

use crate::fit::checkpoint::Checkpoints;
use crate::fit::history::Epoch;
use crate::fit::interrupt;
use crate::fit::objective::Classify;
use crate::fit::recipe::Recipe;
use crate::fit::supervised::Supervised;
use crate::report::figure;
use crate::report::finished::Finished;
use crate::report::screen;
use crate::tasks::job::StudyJob;
use crate::tasks::studies::digits::{Digits, Findings};

/// Units of each hidden layer.
const HIDDEN: [usize; 4] = [100; 4];

/// A network that was trained with one activation.
#[derive(Serialize)]
struct Trained {
    activation: String,
    /// Fraction of dead units, `dead[epoch][layer]`; epoch 0 is before the training.
    dead: Vec<Vec<f64>>,
    /// Fraction of the units dead before each epoch that are alive after it, or `None` if none was dead.
    revived: Vec<Option<f64>>,
    epochs: Vec<Epoch>,
}

/// Returns the recipe, Adam at ten times its usual rate: large steps push biases so far down that a unit never fires
/// again.
pub fn recipe() -> Recipe {
    Recipe::adam(1e-2, 128, 8)
}

/// Trains with Adam at ten times its usual rate: large steps push biases so far down that a unit never fires again.
///
/// # Errors
/// If the data cannot be loaded, a training fails, or a file cannot be written.
pub fn run(job: &StudyJob<'_>) -> Result<Finished> {
    let digits = Digits::load(job)?;
    let recipe = job.options.recipe.apply(recipe());
    let mut networks = Vec::new();
    for activation in [Activation::Relu, Activation::LeakyRelu { slope: 0.01 }] {
        eprintln!("\n{activation}");
        let config = MlpConfig {
            activation: activation.into(),
            initializer: he_uniform(),
            ..digits.network(&HIDDEN)
        };
        networks.push(train(job, &digits, activation, &config, &recipe)?);
        if interrupt::requested().is_some() {
            break;
        }
    }
    let findings = digits.findings(recipe, networks);
    figure::write(&job.folder, "dead_units", &draw(&findings)?)?;
    job.finish(&summary(&findings), &findings)
}

/// Trains one epoch at a time, each from the checkpoint of the one before, and finds the dead units after each.
fn train(
    job: &StudyJob<'_>,
    digits: &Digits,
    activation: Activation,
    config: &MlpConfig,
    recipe: &Recipe,
) -> Result<Trained> {
    let device = &job.device.device;
    let name = activation.to_string().replace(':', "-");
    let folder = job.folder.subfolder(&name)?;
    device.seed(job.options.seed);
    let mut dead = vec![dead_units(&config.init(device), digits, job)?];
    let mut epochs = Vec::new();
    for epoch in 1..=recipe.epochs {
        let recipe = Recipe {
            epochs: epoch,
            ..recipe.clone()
        };
        let fitted = digits.fit(job, config, &recipe, &folder, epoch > 1)?;
        epochs = fitted.epochs;
        if interrupt::requested().is_some() {
            break;
        }
        // The last network, not the best one.
        let record = Checkpoints::of(folder.path()).network(epoch)?;
        let objective = Classify { loss: recipe.loss };
        let blank = Supervised::<_, _, ImageBatch>::new(config.blank(device), objective);
        dead.push(dead_units(&blank.load_record(record).network, digits, job)?);
    }
    Ok(Trained {
        activation: activation.to_string(),
        revived: dead
            .windows(2)
            .map(|pair| revived(&pair[0], &pair[1]))
            .collect(),
        dead: dead
            .iter()
            .map(|layers| layers.iter().map(|units| fraction(units)).collect())
            .collect(),
        epochs,
    })
}

/// Returns for each unit of each hidden layer whether it is dead: positive for no validation digit.
fn dead_units(network: &Sequential, digits: &Digits, job: &StudyJob<'_>) -> Result<Vec<Vec<bool>>> {
    let mut largest: Vec<Tensor<2>> = Vec::new();
    for batch in digits.valid().to_device(&job.device.device).iter() {
        let layers = network.hidden(batch?.images).into_iter();
        let layers = layers.map(|layer| layer.max_dim(0));
        largest = if largest.is_empty() {
            layers.collect()
        } else {
            let pairs = largest.into_iter().zip(layers);
            pairs.map(|(before, now)| before.max_pair(now)).collect()
        };
    }
    let dead = largest.into_iter().map(|layer| {
        let values = layer.into_data();
        values.iter::<f32>().map(|value| value <= 0.0).collect()
    });
    Ok(dead.collect())
}

/// Returns the fraction of the units dead before an epoch that are alive after it, or `None` if none was dead.
fn revived(before: &[Vec<bool>], after: &[Vec<bool>]) -> Option<f64> {
    let units = before.iter().flatten().zip(after.iter().flatten());
    let were_dead = units.filter(|(before, _)| **before);
    let alive: Vec<bool> = were_dead.map(|(_, after)| !after).collect();
    (!alive.is_empty()).then(|| fraction(&alive))
}

/// Returns the fraction of `true`.
fn fraction(units: &[bool]) -> f64 {
    units.iter().filter(|unit| **unit).count() as f64 / units.len().max(1) as f64
}

/// Plots the fraction of dead units of each layer over the epochs.
fn draw(findings: &Findings<Trained>) -> Result<String> {
    let plots = findings.networks.iter().map(|network| {
        let layers = (0..HIDDEN.len()).map(|layer| {
            let epochs = network.dead.iter().enumerate();
            let points = epochs.map(|(epoch, layers)| (epoch as f64, layers[layer]));
            Series::line(format!("layer {}", layer + 1), points.collect(), layer)
        });
        Plot::new(
            format!("Dead units, {}", network.activation),
            Axis::new("epoch").integers(),
            Axis::new("share of the layer's units").range(-0.03..1.25),
            layers.collect(),
        )
    });
    Ok(plot::draw(&plots.collect::<Vec<_>>(), 2)?)
}

/// Returns the summary for the screen.
fn summary(findings: &Findings<Trained>) -> String {
    let mut header = vec!["activation".to_owned(), "epoch".to_owned()];
    header.extend((1..=HIDDEN.len()).map(|layer| format!("layer {layer}")));
    header.extend(["revived", "train loss", "valid accuracy"].map(str::to_owned));
    let rows = (findings.networks.iter())
        .flat_map(|network| (0..network.dead.len()).map(move |epoch| row(network, epoch)));
    format!(
        "Share of dead units, which are positive for none of the {} validation digits (epoch 0: before training), and the\n\
         share of those dead an epoch before that are revived. No gradient reaches the weights of a dead ReLU; a leaky one\n\
         always passes some.\n{}",
        findings.valid,
        screen::table(header, rows)
    )
}

/// Returns the row of the summary for a network after an epoch.
fn row(network: &Trained, number: usize) -> Vec<String> {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let figure = |value: Option<&f64>| or_dash(value.map(|value| format!("{value:.4}")));
    let epoch = network.epochs.iter().find(|epoch| epoch.epoch == number);
    let revived = number
        .checked_sub(1)
        .and_then(|before| network.revived[before]);
    let mut row = vec![network.activation.clone(), number.to_string()];
    row.extend(network.dead[number].iter().map(percent));
    row.push(or_dash(revived.as_ref().map(percent)));
    row.push(figure(epoch.and_then(|epoch| epoch.train.get("loss"))));
    row.push(figure(epoch.and_then(|epoch| epoch.valid.get("accuracy"))));
    row
}
