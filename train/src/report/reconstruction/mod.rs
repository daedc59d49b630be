//! The report of an autoencoder: results, sections, `reconstructions.csv` and figures.
//!
//! The figures, in SVG and PNG: `curves`, `reconstructions` (pictures with noise, and reconstructed), `activity` (of the
//! code's units), `codes` (in their principal plane), `anomalies` if one class was trained on, `drawn` and
//! `interpolations` of a variational autoencoder.

use anyhow::Result;
use datasets::split::Split;
use datasets::{ImageSet, Noise};
use figures::plane::{self, Plane};
use metrics::codes::{CodeActivity, Codes};
use metrics::neighbours::NeighbourAccuracy;
use metrics::principal_plane::PrincipalPlane;
use metrics::reconstruction::{AnomalyDetection, ReconstructionMetrics, Reconstructions, psnr};
use models::Autoencoder;
use serde::Serialize;

use super::classification::picture_use;
use super::result::{RunFacts, TaskResults};
use super::section::{Section, Table};
use super::trained::Trained;
use super::{curves, figure};

mod activity;
mod anomalies;
mod generated;
mod pictures;

/// Evaluation of a trained autoencoder.
pub struct Evaluation {
    /// Reconstructions of the validation part; `None` if it is empty.
    pub valid: Option<Reconstructions>,
    /// Reconstructions of the test part.
    pub test: Reconstructions,
    /// Metrics of the test part.
    pub test_metrics: ReconstructionMetrics,
    /// Activity of the test part's codes.
    pub activity: CodeActivity,
    /// Principal plane of the training part's codes, or of the test part's if there is no training part.
    pub plane: PrincipalPlane,
    /// Nearest-neighbour accuracy of the codes, if more than one class was trained on and there is a training part.
    pub neighbours: Option<NeighbourAccuracy>,
    /// Detection of the other classes by the error, if one class was trained on.
    pub anomalies: Option<AnomalyDetection>,
}

/// Results of an autoencoder in `result.json`.
#[derive(Clone, Debug, Serialize)]
pub struct ReconstructionResults {
    /// Metrics of the kept network on the validation part, by which it was chosen; `None` if it is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid: Option<ReconstructionMetrics>,
    /// Metrics of the kept network on the test part, which is used once.
    pub test: ReconstructionMetrics,
    /// Activity of the test pictures' codes.
    pub code: CodeActivity,
    /// Nearest-neighbour accuracy of the codes; the network was trained without labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub neighbours: Option<NeighbourAccuracy>,
    /// Fractions of the training codes' variance along their first two principal components; of the test codes' if there
    /// is no training part.
    pub principal_plane: Vec<f64>,
    /// Noise that was added to the pictures.
    #[serde(skip)]
    pub noise: Option<Noise>,
    /// The same network trained without the penalty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpenalized: Option<Unpenalized>,
    /// How well the error detects classes that were not trained on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anomalies: Option<AnomalyDetection>,
}

/// The same network, from the same seed, trained without the penalty.
#[derive(Clone, Debug, Serialize)]
pub struct Unpenalized {
    /// Number of finished epochs.
    pub epochs: usize,
    /// Epoch whose network was kept.
    pub best_epoch: usize,
    /// Metrics of the test part.
    pub test: ReconstructionMetrics,
    /// Activity of the test pictures' codes.
    pub code: CodeActivity,
}

impl TaskResults for ReconstructionResults {
    const METRIC: &'static str = "bce";
    const MONITOR: &'static str = "validation loss";

    fn monitored(&self) -> Option<f64> {
        None
    }

    fn headline(&self) -> String {
        let test = &self.test;
        let noisy = test.psnr_noisy.map_or(String::new(), |noisy| {
            let gain = test.psnr - noisy;
            let side = if gain < 0.0 { "below" } else { "above" };
            format!(
                ", {:.2} dB {side} the {noisy:.2} dB of the input",
                gain.abs()
            )
        });
        format!(
            "test binary cross-entropy {:.4}, mean squared error {:.5}, PSNR {:.2} dB{noisy} (n = {})",
            test.bce, test.mse, test.psnr, test.n
        )
    }

    fn intended_use(&self, run: &RunFacts) -> Vec<String> {
        picture_use(
            run,
            "reconstructs it from a short code; it was trained without labels, on pictures of",
        )
    }

    fn sections(&self, run: &RunFacts) -> Vec<Section> {
        let mut test = Section::new("Test")
            .card_text(format!("{} pictures, {}.", self.test.n, run.test_part()))
            .table(self.metrics_table(run));
        if let Some(found) = &self.anomalies {
            test = test.text(anomaly_text(found));
        }
        let mut figures = vec![("Pictures and their reconstructions", "reconstructions.png")];
        figures.extend(run.curves("Loss"));
        figures.extend([
            ("Activity of the code", "activity.png"),
            ("The codes in their principal plane", "codes.png"),
        ]);
        if self.anomalies.is_some() {
            figures.push(("Errors of anomalies", "anomalies.png"));
        }
        if self.test.divergence.is_some() {
            figures.push(("Pictures from sampled codes", "drawn.png"));
            if self.test.n >= generated::INTERPOLATED {
                figures.push(("From one picture to another", "interpolations.png"));
            }
        }
        if let Some(valid) = &self.valid {
            test = test.card_text(format!(
                "95 % of the validation pictures have a mean squared error below {:.5}; `infer` calls a larger one \
                 unusual.",
                valid.usual_error
            ));
        }
        vec![test, Section::new("Figures").figures(figures)]
    }
}

impl ReconstructionResults {
    /// Returns the metrics of the test part, with a column for the network without the penalty if it was trained, too.
    fn metrics_table(&self, run: &RunFacts) -> Table {
        let Self { test, code, .. } = self;
        let other = self.unpenalized.as_ref();
        let without = other.map(|_| "without the penalty");
        let mut table = Table::new(["test", ""].into_iter().chain(without));
        let mut row = |name: &str, ours: String, theirs: Option<String>| {
            let theirs = other.map(|_| theirs.unwrap_or_default());
            table.row([name.to_owned(), ours].into_iter().chain(theirs));
        };
        if let Some(noise) = &self.noise {
            row("noise on the input", noise.to_string(), None);
        }
        let recipe = run.training.as_ref().map(|training| &training.recipe);
        if let Some(penalty) = recipe.and_then(|recipe| recipe.penalty.as_ref()) {
            row("penalty", penalty.to_string(), Some("none".to_owned()));
        }
        type Figure = fn(&ReconstructionMetrics, &CodeActivity) -> String;
        let figures: [(&str, Figure); 7] = [
            ("binary cross-entropy, nats per pixel", |test, _| {
                format!("{:.4}", test.bce)
            }),
            ("mean squared error", |test, _| format!("{:.5}", test.mse)),
            ("PSNR, dB", |test, _| format!("{:.2}", test.psnr)),
            (
                "mean activity of the code (depends on its scale)",
                |_, code| format!("{:.3}", code.mean),
            ),
            (
                "share of values above a hundredth of the largest",
                |_, code| format!("{:.3}", code.active),
            ),
            (
                "sparseness (0: all units alike, 1: a single active unit)",
                |_, code| format!("{:.3}", code.sparseness),
            ),
            ("dead units", |_, code| {
                format!("{} of {}", code.dead_units, code.units)
            }),
        ];
        for (name, figure) in figures {
            let theirs = other.map(|other| figure(&other.test, &other.code));
            row(name, figure(test, code), theirs);
        }
        if let Some(noisy) = test.psnr_noisy {
            row("PSNR of the input, dB", format!("{noisy:.2}"), None);
        }
        if let (Some(divergence), Some(bound)) = (test.divergence, test.negative_bound) {
            let name = "negative evidence lower bound, nats per picture";
            row(name, format!("{bound:.2}"), None);
            let name = "divergence of the codes, nats per picture";
            row(name, format!("{divergence:.2}"), None);
        }
        if let Some(found) = &self.neighbours {
            let [low, high] = found.interval;
            let name = format!("accuracy of {} nearest training codes (95 %)", found.k);
            let text = format!("{:.4} ({low:.4} to {high:.4})", found.accuracy);
            row(&name, text, None);
        }
        table
    }
}

/// Describes how well the error detects the classes that the network was not trained on.
fn anomaly_text(found: &AnomalyDetection) -> String {
    let area = (found.auroc).map_or("-".to_owned(), |area| format!("{area:.3}"));
    let interval = found.interval.map_or(String::new(), |[low, high]| {
        format!(" (95 % interval {low:.3} to {high:.3})")
    });
    let by_class: Vec<String> = (found.by_class.iter())
        .filter_map(|class| Some(format!("{} {:.3}", class.class, class.auroc?)))
        .collect();
    format!(
        "trained on {} alone, the error separates {} others from {} of it with an AUROC of {area}{interval}: {}",
        found.normal,
        found.anomalies_n,
        found.normal_n,
        by_class.join(", ")
    )
}

/// Writes the tables and the figures.
///
/// # Errors
/// When drawing, the device or the disk fails.
pub fn write(
    run: &Trained<'_, ImageSet, Autoencoder>,
    evaluation: &Evaluation,
    unpenalized: Option<&Codes>,
) -> Result<()> {
    let Trained {
        folder, set, split, ..
    } = run;
    folder.write("reconstructions.csv", table(set, split, evaluation)?)?;
    if let Some(svg) = curves::draw(run.epochs)? {
        figure::write(folder, "curves", &svg)?;
    }
    pictures::write(run, &evaluation.test)?;
    let activity = activity::draw(&evaluation.test.codes, unpenalized)?;
    figure::write(folder, "activity", &activity)?;
    let labels = test_labels(split, &set.labels);
    let plane = plane::draw(&Plane {
        title: "Codes of the test pictures",
        points: &evaluation.plane.project(&evaluation.test.codes),
        labels: &labels,
        class_names: &set.class_names,
        explained: evaluation.plane.explained,
    })?;
    figure::write(folder, "codes", &plane)?;
    if let Some(found) = &evaluation.anomalies {
        let svg = anomalies::draw(found, &evaluation.test.errors, &labels, &set.class_names)?;
        figure::write(folder, "anomalies", &svg)?;
    }
    if evaluation.test_metrics.divergence.is_some() {
        generated::write(run)?;
    }
    Ok(())
}

fn test_labels(split: &Split, labels: &[usize]) -> Vec<usize> {
    split.test.iter().map(|&index| labels[index]).collect()
}

/// Returns `reconstructions.csv`: part, path, class and errors of each picture of the validation and the test part.
fn table(set: &ImageSet, split: &Split, evaluation: &Evaluation) -> Result<Vec<u8>> {
    let mut table = files::Table::new(["split", "path", "class", "bce", "mse", "psnr"])?;
    let parts = [
        ("valid", &split.valid, evaluation.valid.as_ref()),
        ("test", &split.test, Some(&evaluation.test)),
    ];
    for (part, indices, results) in parts {
        let Some(results) = results else { continue };
        let errors = results.cross_entropies.iter().zip(&results.errors);
        for (&index, (bce, mse)) in indices.iter().zip(errors) {
            table.row([
                part,
                &set.origins[index].path,
                &set.class_names[set.labels[index]],
                &format!("{bce:.6}"),
                &format!("{mse:.8}"),
                &format!("{:.3}", psnr(*mse)),
            ])?;
        }
    }
    Ok(table.finish()?)
}
