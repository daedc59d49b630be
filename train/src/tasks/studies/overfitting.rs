//! Underfitting, a good fit and overfitting, as the chapter tells them: three sizes on few digits.

use anyhow::Result;
use figures::{Axis, Mark, Plot, Series, around, plot};
use models::NetworkConfig;
use serde::Serialize;

use crate::fit::history::Epoch;
use crate::fit::recipe::Recipe;
use crate::report::figure;
use crate::report::finished::Finished;
use crate::report::screen;
use crate::tasks::job::StudyJob;
use crate::tasks::studies::digits::{Digits, Findings};

/// Training digits: few enough to be learned by heart.
const EXAMPLES: usize = 1_000;

/// The sizes, as hidden layers.
const SIZES: [(&str, &[usize]); 3] = [
    ("too small", &[2]),
    ("just right", &[32]),
    ("too large", &[1024, 1024]),
];

/// One size.
#[derive(Serialize)]
struct Trained {
    name: &'static str,
    hidden: Vec<usize>,
    parameters: usize,
    verdict: Verdict,
    /// The lowest validation loss, and in which epoch.
    lowest: f64,
    lowest_epoch: usize,
    epochs: Vec<Epoch>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    /// It cannot even learn the training digits as well as another size does new ones.
    Underfits,
    /// Neither.
    Fits,
    /// Its validation loss has risen by more than a tenth from its lowest while the training loss fell.
    Overfits,
}

/// Trains each size with Adam at a rate of 1e-3 and a batch of 32 for 25 epochs, without dropout or any other remedy.
///
/// # Errors
/// If the data cannot be loaded, a training fails, or a file cannot be written.
pub fn run(job: &StudyJob<'_>) -> Result<Finished> {
    let digits = Digits::load(job)?.first(EXAMPLES);
    let recipe = job.options.recipe.apply(Recipe::adam(1e-3, 32, 25));
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
        if fitted.interrupted {
            break;
        }
    }
    judge(&mut networks);
    let findings = digits.findings(recipe, networks);
    figure::write(&job.folder, "overfitting", &draw(&findings)?)?;
    job.finish(&words(&findings), &findings)
}

fn loss(epoch: &Epoch, is_train: bool) -> f64 {
    let figures = if is_train { &epoch.train } else { &epoch.valid };
    figures.get("loss").copied().unwrap_or(f64::NAN)
}

fn judge(networks: &mut [Trained]) {
    for network in networks.iter_mut() {
        let epochs = network.epochs.iter();
        let best = epochs.min_by(|a, b| loss(a, false).total_cmp(&loss(b, false)));
        if let Some(best) = best {
            (network.lowest, network.lowest_epoch) = (loss(best, false), best.epoch);
        }
    }
    let best = networks
        .iter()
        .map(|network| network.lowest)
        .fold(f64::INFINITY, f64::min);
    for network in networks {
        let Some(last) = network.epochs.last() else {
            continue;
        };
        network.verdict = if loss(last, true) > best {
            Verdict::Underfits
        } else if loss(last, false) > 1.1 * network.lowest {
            Verdict::Overfits
        } else {
            Verdict::Fits
        };
    }
}

/// Training against validation loss of each size, on one scale.
fn draw(findings: &Findings<Trained>) -> Result<String> {
    let losses = |network: &Trained, is_train| -> Vec<(f64, f64)> {
        let points = network
            .epochs
            .iter()
            .map(|epoch| (epoch.epoch as f64, loss(epoch, is_train)));
        points.collect()
    };
    let all = findings
        .networks
        .iter()
        .flat_map(|network| [losses(network, true), losses(network, false)].concat());
    let range = around(all.map(|(_, loss)| loss).chain([0.0]), 0.05);
    let plots: Vec<Plot> = (findings.networks.iter())
        .map(|network| {
            let title = format!(
                "{}: {:?} {}",
                network.name,
                network.hidden,
                verdict(network)
            );
            let lowest = vec![(network.lowest_epoch as f64, network.lowest)];
            Plot::new(
                title,
                Axis::new("epoch").integers(),
                Axis::new("loss").range(range.clone()),
                vec![
                    Series::line("training", losses(network, true), 0),
                    Series::line("validation", losses(network, false), 1),
                    Series::line("lowest", lowest, 1).marked(Mark::Dots),
                ],
            )
        })
        .collect();
    Ok(plot::draw(&plots, 3)?)
}

fn verdict(network: &Trained) -> &'static str {
    match network.verdict {
        Verdict::Underfits => "underfits",
        Verdict::Fits => "fits",
        Verdict::Overfits => "overfits",
    }
}

fn words(findings: &Findings<Trained>) -> String {
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
        let figure = |is_train: bool, name: &str| {
            let value = last.and_then(|epoch| {
                let figures = if is_train { &epoch.train } else { &epoch.valid };
                figures.get(name)
            });
            value.map_or("-".to_owned(), |value| format!("{value:.4}"))
        };
        vec![
            format!("{} {:?}", network.name, network.hidden),
            network.parameters.to_string(),
            figure(true, "loss"),
            figure(false, "loss"),
            format!("{:.4}", network.lowest),
            network.lowest_epoch.to_string(),
            figure(true, "accuracy"),
            figure(false, "accuracy"),
            verdict(network).to_owned(),
        ]
    });
    format!(
        "{} training and {} validation digits, the last epoch's figures:\n{}\n\
         underfits: cannot learn the training digits as well as the best size does new ones; overfits: its validation\n\
         loss has risen by more than a tenth from its lowest",
        findings.train,
        findings.valid,
        screen::table(header.map(str::to_owned).to_vec(), rows)
    )
}
