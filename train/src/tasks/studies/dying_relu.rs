//! Dying ReLUs: units that no digit excites any more, and that no gradient reaches (chapter, section on
//! activation functions; Lu et al. 2019, <https://arxiv.org/abs/1903.06733>).

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
use crate::fit::objective::Classify;
use crate::fit::recipe::Recipe;
use crate::fit::supervised::Supervised;
use crate::report::figure;
use crate::report::finished::Finished;
use crate::report::screen;
use crate::tasks::job::StudyJob;
use crate::tasks::studies::digits::{Digits, Findings};

/// Hidden layers of the network.
const HIDDEN: [usize; 4] = [100; 4];

/// One activation.
#[derive(Serialize)]
struct Trained {
    activation: String,
    /// `dead[epoch][layer]`, from before the first epoch on: the share of units that are above 0 for no
    /// validation digit.
    dead: Vec<Vec<f64>>,
    /// `revived[epoch]`, from the first epoch on: the share of the units that were dead before the epoch and
    /// are not after it; none where none was dead.
    revived: Vec<Option<f64>>,
    epochs: Vec<Epoch>,
}

/// Trains with Adam at ten times its usual rate: large steps push biases so far down that a unit never fires again.
///
/// # Errors
/// If the data cannot be loaded, a training fails, or a file cannot be written.
pub fn run(job: &StudyJob<'_>) -> Result<Finished> {
    let digits = Digits::load(job)?;
    let recipe = job.options.recipe.apply(Recipe::adam(1e-2, 128, 8));
    let mut networks = Vec::new();
    for activation in [Activation::Relu, Activation::LeakyRelu { slope: 0.01 }] {
        eprintln!("\n{activation}");
        let config = MlpConfig {
            activation: activation.into(),
            initializer: he_uniform(),
            ..digits.network(&HIDDEN)
        };
        networks.push(train(job, &digits, activation, &config, &recipe)?);
    }
    let findings = digits.findings(recipe, networks);
    figure::write(&job.folder, "dead_units", &draw(&findings)?)?;
    job.finish(&words(&findings), &findings)
}

/// Trains epoch by epoch, each going on from the last one's checkpoint, and counts after each.
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
    let mut dead = vec![dead(&config.init(device), digits, job)?];
    let mut epochs = Vec::new();
    for epoch in 1..=recipe.epochs {
        let so_far = Recipe {
            epochs: epoch,
            ..recipe.clone()
        };
        let fitted = digits.fit(job, config, &so_far, &folder, epoch > 1)?;
        epochs = fitted.epochs;
        if fitted.interrupted {
            break;
        }
        // Not the best network, but the last.
        let record = Checkpoints::new(folder.path())?.network(epoch)?;
        let objective = Classify { loss: recipe.loss };
        let blank = Supervised::<_, _, ImageBatch>::new(config.blank(device), objective);
        dead.push(self::dead(&blank.load_record(record).network, digits, job)?);
    }
    Ok(Trained {
        activation: activation.to_string(),
        revived: dead
            .windows(2)
            .map(|pair| revived(&pair[0], &pair[1]))
            .collect(),
        dead: dead
            .iter()
            .map(|layers| layers.iter().map(|layer| share(layer)).collect())
            .collect(),
        epochs,
    })
}

fn share(marked: &[bool]) -> f64 {
    marked.iter().filter(|marked| **marked).count() as f64 / marked.len().max(1) as f64
}

/// The share of the units dead before that are not dead after.
fn revived(before: &[Vec<bool>], after: &[Vec<bool>]) -> Option<f64> {
    let pairs = before.iter().flatten().zip(after.iter().flatten());
    let live: Vec<bool> = pairs
        .filter(|(before, _)| **before)
        .map(|(_, after)| !after)
        .collect();
    (!live.is_empty()).then(|| share(&live))
}

/// For each unit of each hidden layer whether it is above 0 for no validation digit.
fn dead(network: &Sequential, digits: &Digits, job: &StudyJob<'_>) -> Result<Vec<Vec<bool>>> {
    let mut largest: Vec<Tensor<2>> = Vec::new();
    for batch in digits.valid().to_device(&job.device.device).iter() {
        let of_batch = network
            .hidden(batch?.images)
            .into_iter()
            .map(|layer| layer.max_dim(0));
        largest = if largest.is_empty() {
            of_batch.collect()
        } else {
            (largest.into_iter().zip(of_batch))
                .map(|(a, b)| a.max_pair(b))
                .collect()
        };
    }
    let silent = largest.into_iter().map(|layer| {
        let values = layer.into_data();
        values.iter::<f32>().map(|value| value <= 0.0).collect()
    });
    Ok(silent.collect())
}

fn draw(findings: &Findings<Trained>) -> Result<String> {
    let plots: Vec<Plot> = (findings.networks.iter())
        .map(|network| {
            let layers = (0..HIDDEN.len()).map(|layer| {
                let shares = network.dead.iter().enumerate();
                let points = shares.map(|(epoch, shares)| (epoch as f64, shares[layer]));
                Series::line(format!("layer {}", layer + 1), points.collect(), layer)
            });
            Plot::new(
                format!("Dead units, {}", network.activation),
                Axis::new("epoch").integers(),
                Axis::new("share of the layer's units").range(-0.03..1.25),
                layers.collect(),
            )
        })
        .collect();
    Ok(plot::draw(&plots, 2)?)
}

fn words(findings: &Findings<Trained>) -> String {
    let mut header = vec!["activation".to_owned(), "epoch".to_owned()];
    header.extend((1..=HIDDEN.len()).map(|layer| format!("layer {layer}")));
    header.extend(["revived", "train loss", "valid accuracy"].map(str::to_owned));
    let rows = findings.networks.iter().flat_map(|network| {
        network.dead.iter().enumerate().map(|(number, shares)| {
            let epoch = network.epochs.iter().find(|epoch| epoch.epoch == number);
            let figure =
                |value: Option<&f64>| value.map_or("-".to_owned(), |value| format!("{value:.4}"));
            let mut row = vec![network.activation.clone(), number.to_string()];
            row.extend(shares.iter().map(percent));
            let revived = number
                .checked_sub(1)
                .and_then(|epoch| network.revived[epoch]);
            row.push(revived.map_or("-".to_owned(), |share| percent(&share)));
            row.push(figure(epoch.and_then(|epoch| epoch.train.get("loss"))));
            row.push(figure(epoch.and_then(|epoch| epoch.valid.get("accuracy"))));
            row
        })
    });
    format!(
        "Share of units that are above 0 for none of the {} validation digits (epoch 0: before training), and\n\
         of those dead an epoch before the share that lives again: of a dead ReLU no gradient moves the weights, of a leaky one some does.\n{}",
        findings.valid,
        screen::table(header, rows)
    )
}
