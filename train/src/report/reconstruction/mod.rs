//! The report of an autoencoder's run: `result.json`, `reconstructions.csv`, figures, the card, and the summary on the
//! screen.
//!
//! The figures, in SVG and PNG: `curves`, `reconstructions` (pictures with noise, and reconstructed), `activity` (of the
//! code's units), `codes` (in their principal plane), `anomalies` if one class was trained on, `drawn` and
//! `interpolations` of a variational autoencoder.

use anyhow::Result;
use datasets::split::Split;
use metrics::codes::{CodeActivity, Codes};
use metrics::neighbours::NeighbourAccuracy;
use metrics::principal_plane::PrincipalPlane;
use metrics::reconstruction::{AnomalyDetection, ReconstructionMetrics, Reconstructions, psnr};
use models::Autoencoder;
use serde::Serialize;

use super::{RunFacts, curves, figure};
use crate::fit::run::Fitted;
use crate::tasks::data_run::PictureRun;
use crate::tasks::job::Job;

mod activity;
mod anomalies;
mod card;
mod generated;
mod pictures;
mod plane;
mod screen;

pub use screen::summary;

/// `result.json` of an autoencoder: the run and its results. Its layout is stable, for programs to read.
#[derive(Clone, Debug, Serialize)]
pub struct ReconstructionOutcome {
    /// Facts about the run.
    #[serde(flatten)]
    pub run: RunFacts,
    /// Means over the training batches of the best epoch, while the network changed.
    pub train: TrainFigures,
    /// Metrics of the kept network on the validation part, by which it was chosen.
    pub valid: ReconstructionMetrics,
    /// Metrics of the kept network on the test part, which is used once.
    pub test: ReconstructionMetrics,
    /// Activity of the test pictures' codes.
    pub code: CodeActivity,
    /// Nearest-neighbour accuracy of the codes; the network was trained without labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub neighbours: Option<NeighbourAccuracy>,
    /// Fractions of the training codes' variance along their first two principal components.
    pub principal_plane: Vec<f64>,
    /// The same network trained without the penalty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpenalized: Option<Unpenalized>,
    /// How well the error detects classes that were not trained on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anomalies: Option<AnomalyDetection>,
}

/// Means over the training batches of an epoch.
#[derive(Clone, Debug, Serialize)]
pub struct TrainFigures {
    /// Number of training examples.
    pub n: usize,
    /// Mean of the minimised loss.
    pub loss: Option<f64>,
    /// Mean binary cross-entropy.
    pub bce: Option<f64>,
}

impl TrainFigures {
    /// Returns the means of the kept epoch, if it finished.
    pub fn new<N>(fitted: &Fitted<N>, n: usize) -> Self {
        Self {
            n,
            loss: fitted.figure("loss"),
            bce: fitted.figure("bce"),
        }
    }
}

/// Evaluation of a trained autoencoder.
pub struct Evaluation {
    /// Reconstructions of the validation part.
    pub valid: Reconstructions,
    /// Reconstructions of the test part.
    pub test: Reconstructions,
    /// Metrics of the test part.
    pub test_metrics: ReconstructionMetrics,
    /// Activity of the test part's codes.
    pub activity: CodeActivity,
    /// Principal plane of the training part's codes.
    pub plane: PrincipalPlane,
    /// Nearest-neighbour accuracy of the codes, if more than one class was trained on.
    pub neighbours: Option<NeighbourAccuracy>,
    /// Detection of the other classes by the error, if one class was trained on.
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

/// Writes the tables, the figures and the card.
///
/// # Errors
/// When drawing, the device or the disk fails.
pub fn write(
    job: &Job,
    pictures: &PictureRun<'_>,
    fitted: &Fitted<Autoencoder>,
    evaluation: &Evaluation,
    unpenalized: Option<&Codes>,
    outcome: &ReconstructionOutcome,
) -> Result<()> {
    let PictureRun { set, split, .. } = pictures;
    let folder = &job.folder;
    folder.write("reconstructions.csv", table(pictures, evaluation)?)?;
    if let Some(svg) = curves::draw(&fitted.epochs)? {
        figure::write(folder, "curves", &svg)?;
    }
    pictures::write(job, pictures, &fitted.network, &evaluation.test)?;
    let activity = activity::draw(&evaluation.test.codes, unpenalized)?;
    figure::write(folder, "activity", &activity)?;
    let labels = test_labels(split, &set.labels);
    let plane = plane::draw(
        &evaluation.plane,
        &evaluation.test.codes,
        &labels,
        &set.class_names,
    )?;
    figure::write(folder, "codes", &plane)?;
    if let Some(found) = &evaluation.anomalies {
        let svg = anomalies::draw(found, &evaluation.test.errors, &labels, &set.class_names)?;
        figure::write(folder, "anomalies", &svg)?;
    }
    if outcome.test.divergence.is_some() {
        generated::write(job, pictures, &fitted.network)?;
    }
    folder.write("card.md", card::markdown(outcome))
}

fn test_labels(split: &Split, labels: &[usize]) -> Vec<usize> {
    split.test.iter().map(|&index| labels[index]).collect()
}

/// Returns `reconstructions.csv`: part, path, class and errors of each picture of the validation and the test part.
fn table(pictures: &PictureRun<'_>, evaluation: &Evaluation) -> Result<Vec<u8>> {
    let PictureRun { set, split, .. } = pictures;
    let mut table = files::Table::new(["split", "path", "class", "bce", "mse", "psnr"])?;
    let parts: [(&str, &[usize], &Reconstructions); 2] = [
        ("valid", &split.valid, &evaluation.valid),
        ("test", &split.test, &evaluation.test),
    ];
    for (part, indices, results) in parts {
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
