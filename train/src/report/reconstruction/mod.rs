//! What a run of an autoencoder leaves behind to be read: `result.json`, `reconstructions.csv`, the
//! figures, the card, and the summary on the screen.
//!
//! The figures, in SVG and PNG: `curves`, `reconstructions` (pictures, disturbed and reconstructed),
//! `activity` (how active the code is), `codes` (the codes on a plane), `anomalies` where one class
//! was trained on, `drawn` and `interpolations` where codes have a distribution.

use anyhow::Result;
use datasets::split::Split;
use metrics::codes::{CodeActivity, Codes};
use metrics::neighbours::NeighbourAccuracy;
use metrics::reconstruction::{AnomalyDetection, ReconstructionMetrics, Reconstructions, psnr};
use models::Autoencoder;
use serde::Serialize;

use super::{RunFacts, curves, figure};
use crate::data_run::PictureRun;
use crate::experiments::Job;
use crate::reconstruction::Figures;
use crate::run::Fitted;

mod activity;
mod anomalies;
mod card;
mod generated;
mod pictures;
mod plane;
mod screen;

pub use screen::summary;

/// `result.json` of an autoencoder: what was done and what came of it. Stable, for programs to read.
#[derive(Clone, Debug, Serialize)]
pub struct ReconstructionOutcome {
    /// What was done.
    #[serde(flatten)]
    pub run: RunFacts,
    /// Running figures of the best epoch's training batches, measured while the network changed.
    pub train: TrainFigures,
    /// The kept network on the whole validation part (which chose it).
    pub valid: ReconstructionMetrics,
    /// The kept network on the whole test part (looked at once).
    pub test: ReconstructionMetrics,
    /// How active the codes of the test pictures are.
    pub code: CodeActivity,
    /// What the codes keep of the classes, which the network was never told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub neighbours: Option<NeighbourAccuracy>,
    /// The share of the training codes' variance along their first two principal components.
    pub principal_plane: Vec<f64>,
    /// The same network trained without the penalty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpenalized: Option<Unpenalized>,
    /// How well the error tells classes that were not trained on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anomalies: Option<AnomalyDetection>,
}

/// Figures over the training batches of an epoch.
#[derive(Clone, Debug, Serialize)]
pub struct TrainFigures {
    /// Training examples.
    pub n: usize,
    /// Mean of what is minimised.
    pub loss: Option<f64>,
    /// Mean binary cross-entropy.
    pub bce: Option<f64>,
}

impl TrainFigures {
    /// The running figures of the kept epoch, if it finished.
    pub fn new<N>(fitted: &Fitted<N>, n: usize) -> Self {
        Self {
            n,
            loss: fitted.figure("loss"),
            bce: fitted.figure("bce"),
        }
    }
}

/// The same network, from the same seed, trained without the penalty.
#[derive(Clone, Debug, Serialize)]
pub struct Unpenalized {
    /// Finished epochs.
    pub epochs: usize,
    /// The epoch whose network was measured.
    pub best_epoch: usize,
    /// How well the test pictures come back.
    pub test: ReconstructionMetrics,
    /// How active their codes are.
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
    figures: &Figures,
    unpenalized: Option<&Codes>,
    outcome: &ReconstructionOutcome,
) -> Result<()> {
    let PictureRun { set, split, .. } = pictures;
    let folder = &job.folder;
    folder.write("reconstructions.csv", table(pictures, figures)?)?;
    if let Some(svg) = curves::draw(&fitted.epochs)? {
        figure::write(folder, "curves", &svg)?;
    }
    pictures::write(job, pictures, &fitted.network, &figures.test)?;
    let activity = activity::draw(&figures.test.codes, unpenalized)?;
    figure::write(folder, "activity", &activity)?;
    let labels = test_labels(split, &set.labels);
    let plane = plane::draw(
        &figures.plane,
        &figures.test.codes,
        &labels,
        &set.class_names,
    )?;
    figure::write(folder, "codes", &plane)?;
    if let Some(found) = &figures.anomalies {
        let svg = anomalies::draw(found, &figures.test.errors, &labels, &set.class_names)?;
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

/// `reconstructions.csv`: part, path, class, and how well each picture of validation and test comes
/// back.
fn table(pictures: &PictureRun<'_>, figures: &Figures) -> Result<Vec<u8>> {
    let PictureRun { set, split, .. } = pictures;
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["split", "path", "class", "bce", "mse", "psnr"])?;
    let parts: [(&str, &[usize], &Reconstructions); 2] = [
        ("valid", &split.valid, &figures.valid),
        ("test", &split.test, &figures.test),
    ];
    for (part, indices, found) in parts {
        let errors = found.cross_entropies.iter().zip(&found.errors);
        for (&index, (bce, mse)) in indices.iter().zip(errors) {
            table.write_record([
                part,
                &set.origins[index].path,
                &set.class_names[set.labels[index]],
                &format!("{bce:.6}"),
                &format!("{mse:.8}"),
                &format!("{:.3}", psnr(*mse)),
            ])?;
        }
    }
    Ok(table.into_inner()?)
}
