//! Underfitting, a good fit and overfitting (chapter, section on training): three sizes of network on few digits.

use anyhow::Result;
use figures::{Axis, Mark, Plot, Series, around, plot};
use models::NetworkConfig;
use serde::Serialize;

use crate::fit::history::Epoch;
use crate::fit::interrupt;
use crate::fit::recipe::Recipe;
use crate::report::figure;
use crate::report::finished::Finished;
use crate::report::screen;
use crate::tasks::job::StudyJob;
use crate::tasks::studies::digits::{Digits, Findings};

/// Number of training digits: few enough that a large network memorises them.
const EXAMPLES: usize = 1_000;

/// Names and hidden layers of the networks.
const SIZES: [(&str, &[usize]); 3] = [
    ("too small", &[2]),
    ("just right", &[32]),
    ("too large", &[1024, 1024]),
];

/// A trained network.
#[derive(Serialize)]
struct Trained {
    name: &'static str,
    hidden: Vec<usize>,
    parameters: usize,
    verdict: Verdict,
    /// Lowest validation loss.
    lowest: f64,
    /// Epoch of the lowest validation loss.
    lowest_epoch: usize,
    epochs: Vec<Epoch>,
}

/// Whether a network underfits or overfits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    /// The final training loss is above the best validation loss of all networks.
    Underfits,
    /// Neither of the other two.
    Fits,
    /// The final validation loss is more than a tenth above its lowest.
    Overfits,
}

/// Returns the recipe, without dropout or any other remedy.
pub fn recipe() -> Recipe {
    Recipe::adam(1e-3, 32, 25)
}

/// Trains each size, and judges whether it underfits or overfits.
///
/// # Errors
/// If the data cannot be loaded, a training fails, or a file cannot be written.
pub fn run(job: &StudyJob<'_>) -> Result<Finished> {
    let digits = Digits::load(job)?.first(EXAMPLES);
    let recipe = job.options.recipe.apply(recipe());
    let mut networks = Vec::new();
    for (name, hidden) in SIZES {
        eprintln!("\n{name}: hidden layers {hidden:?}");
        let config = digits.network(hidden);
        let folder = job.folder.subfolder(&name.replace(' ', "-"))?;
        let fitted = digits.fit(job, &config, &recipe, &folder, false)?;
        networks.push(Trained {
            name,
            hidden: hidden.to_vec(),
            parameters: config.layers().parameters(),
            verdict: Verdict::Fits,
            lowest: f64::NAN,
            lowest_epoch: 0,
            epochs: fitted.epochs,
        });
        if interrupt::requested().is_some() {
            break;
        }
    }
    judge(&mut networks);
    let findings = digits.findings(recipe, networks);
    figure::write(&job.folder, "overfitting", &draw(&findings)?)?;
    job.finish(&summary(&findings), &findings)
}

/// Returns the loss of an epoch; `NaN` if it was not measured.
fn loss(epoch: &Epoch, part: Part) -> f64 {
    part.figure(epoch, "loss").unwrap_or(f64::NAN)
}

/// A part of the digits.
#[derive(Clone, Copy)]
enum Part {
    Training,
    Validation,
}

impl Part {
    fn figure(self, epoch: &Epoch, name: &str) -> Option<f64> {
        let figures = match self {
            Self::Training => &epoch.train,
            Self::Validation => &epoch.valid,
        };
        figures.get(name).copied()
    }
}

/// Finds the lowest validation loss of each network, and which of them underfit or overfit.
fn judge(networks: &mut [Trained]) {
    for network in networks.iter_mut() {
        let losses = (network.epochs.iter()).map(|epoch| (loss(epoch, Part::Validation), epoch));
        if let Some((lowest, epoch)) = losses.min_by(|a, b| a.0.total_cmp(&b.0)) {
            (network.lowest, network.lowest_epoch) = (lowest, epoch.epoch);
        }
    }
    let lowest = networks.iter().map(|network| network.lowest);
    let best = lowest.fold(f64::INFINITY, f64::min);
    for network in networks {
        let Some(last) = network.epochs.last() else {
            continue;
        };
        network.verdict = if loss(last, Part::Training) > best {
            Verdict::Underfits
        } else if loss(last, Part::Validation) > 1.1 * network.lowest {
            Verdict::Overfits
        } else {
            Verdict::Fits
        };
    }
}

/// Plots the losses of each network, all on the same scale.
fn draw(findings: &Findings<Trained>) -> Result<String> {
    let losses = |network: &Trained, part| -> Vec<(f64, f64)> {
        let epochs = network.epochs.iter();
        epochs
            .map(|epoch| (epoch.epoch as f64, loss(epoch, part)))
            .collect()
    };
    let all = findings.networks.iter().flat_map(|network| {
        [Part::Training, Part::Validation]
            .map(|part| losses(network, part))
            .concat()
    });
    let range = around(all.map(|(_, loss)| loss).chain([0.0]), 0.05);
    let plots = findings.networks.iter().map(|network| {
        let Trained { name, hidden, .. } = network;
        let lowest = vec![(network.lowest_epoch as f64, network.lowest)];
        Plot::new(
            format!("{name}: {hidden:?} {}", network.verdict.name()),
            Axis::new("epoch").integers(),
            Axis::new("loss").range(range.clone()),
            vec![
                Series::line("training", losses(network, Part::Training), 0),
                Series::line("validation", losses(network, Part::Validation), 1),
                Series::line("lowest", lowest, 1).marked(Mark::Dots),
            ],
        )
    });
    Ok(plot::draw(&plots.collect::<Vec<_>>(), 3)?)
}

impl Verdict {
    fn name(self) -> &'static str {
        match self {
            Self::Underfits => "underfits",
            Self::Fits => "fits",
            Self::Overfits => "overfits",
        }
    }
}

/// Returns the summary for the screen.
fn summary(findings: &Findings<Trained>) -> String {
    let header = [
        "network",
        "parameters",
        "train loss",
        "valid loss",
        "lowest",
        "in epoch",
        "train accuracy",
        "valid accuracy",
        "verdict",
    ];
    let rows = findings.networks.iter().map(|network| {
        let last = network.epochs.last();
        let figure = |part: Part, name: &str| {
            let value = last.and_then(|epoch| part.figure(epoch, name));
            value.map_or("-".to_owned(), |value| format!("{value:.4}"))
        };
        vec![
            format!("{} {:?}", network.name, network.hidden),
            network.parameters.to_string(),
            figure(Part::Training, "loss"),
            figure(Part::Validation, "loss"),
            format!("{:.4}", network.lowest),
            network.lowest_epoch.to_string(),
            figure(Part::Training, "accuracy"),
            figure(Part::Validation, "accuracy"),
            network.verdict.name().to_owned(),
        ]
    });
    format!(
        "{} training and {} validation digits, figures of the last epoch:\n{}\n\
         underfits: its training loss is above the best validation loss of all networks\n\
         overfits: its validation loss is more than a tenth above its lowest",
        findings.train,
        findings.valid,
        screen::table(header, rows)
    )
}
