//! Asks a model about pictures that show nothing it was trained on: how often does it answer all the
//! same? `train probe` does it for any model, and every run for its own.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use burn::tensor::Device;
use comfy_table::{CellAlignment, Table, presets};
use datasets::appearance::appearance;
use datasets::{Preprocess, SignalPreparation, signal, synthetic};
use image::{DynamicImage, GrayImage};
use models::abstention::{largest_probability, softmax};
use models::{Abstention, Calibration};
use rayon::prelude::*;
use serde::Serialize;

use crate::labelled::Classifier;

/// How many pictures are drawn.
pub const COUNT: usize = 300;

/// Another series than any stand-in's.
const SEED: u64 = 0x0dd;

/// Pictures that go through the network at once.
const BATCH: usize = 64;

/// What a model said about inputs that are not of its kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Probe {
    /// All of them.
    #[serde(flatten)]
    pub all: Counts,
    /// By kind of picture, in the order they were first asked about.
    pub kinds: Vec<Kind>,
}

/// What a model said about pictures of one kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Kind {
    /// `checkerboard`
    pub kind: String,
    /// What it said.
    #[serde(flatten)]
    pub counts: Counts,
}

/// How many pictures got which answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// How many pictures.
    pub n: usize,
    /// How many got an answer, as sure as the model asks for.
    pub answered: usize,
    /// For how many no class was probable enough.
    pub uncertain: usize,
    /// How many do not look like the training data.
    pub unfamiliar: usize,
    /// How many could not even be prepared, as a landscape in which no digit can be found.
    pub refused: usize,
}

/// A picture of a kind.
pub type Oddity = (&'static str, DynamicImage);

/// `count` generated pictures that are neither scans nor MNIST's digits.
pub fn generated(count: usize) -> Vec<Oddity> {
    let indices = 0..count;
    indices
        .into_par_iter()
        .map(|index| synthetic::oddity(index, SEED))
        .collect()
}

/// `count` of MNIST's test digits from the folder `data` that holds `mnist`, none if it is not there.
///
/// # Errors
/// When the digits are there but cannot be read.
pub fn mnist(data: &Path, count: usize) -> Result<Vec<Oddity>> {
    let folder = data.join("mnist");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let set = datasets::mnist::load(&folder)?;
    let [_, height, width] = set.preprocess.shape();
    // The test digits are the last.
    let digit = |index: usize| {
        let pixels = set.image(index).to_vec();
        GrayImage::from_raw(width as u32, height as u32, pixels)
            .map(|digit| ("MNIST", DynamicImage::from(digit)))
            .context("a digit of another size than its set")
    };
    (set.len().saturating_sub(count)..set.len())
        .map(digit)
        .collect()
}

/// Asks about every picture. `network` gives logits.
///
/// # Errors
/// When the device fails.
pub fn probe(
    network: &Classifier<'_>,
    preprocess: &Preprocess,
    calibration: &Calibration,
    device: &Device,
    oddities: &[Oddity],
) -> Result<Probe> {
    let mut probe = Probe::default();
    for batch in oddities.chunks(BATCH) {
        let prepared = batch
            .par_iter()
            .map(|(_, picture)| preprocess.apply(picture));
        // What cannot be prepared is refused, which is as good as any doubt.
        let prepared: Vec<Option<Vec<u8>>> = prepared.map(Result::ok).collect();
        let readable: Vec<&[u8]> = prepared.iter().flatten().map(Vec::as_slice).collect();
        let rows = if readable.is_empty() {
            Vec::new()
        } else {
            let logits = network(preprocess.tensor(readable.iter().copied(), device));
            let [n, classes] = logits.dims();
            ensure!(
                n == readable.len(),
                "the network gives {n} rows for {}",
                readable.len()
            );
            let logits = logits.try_into_vec_as::<f32>();
            let logits = logits.map_err(|error| anyhow::anyhow!("{error}"))?;
            logits.chunks_exact(classes).map(<[f32]>::to_vec).collect()
        };
        let mut rows = rows.into_iter();
        for ((kind, _), image) in batch.iter().zip(&prepared) {
            let verdict = match (image, image.as_ref().and_then(|_| rows.next())) {
                (Some(image), Some(logits)) => {
                    let probabilities = softmax(&logits, calibration.temperature);
                    let largest = largest_probability(&probabilities);
                    Some(calibration.abstention(largest, &appearance(preprocess, image)))
                }
                _ => None,
            };
            probe.all.count(verdict);
            probe.of_kind(kind).count(verdict);
        }
    }
    Ok(probe)
}

impl Counts {
    /// `None`: refused.
    fn count(&mut self, verdict: Option<Option<Abstention>>) {
        self.n += 1;
        *match verdict {
            None => &mut self.refused,
            Some(None) => &mut self.answered,
            Some(Some(Abstention::Uncertain)) => &mut self.uncertain,
            Some(Some(Abstention::OutOfDistribution)) => &mut self.unfamiliar,
        } += 1;
    }

    /// The share that got no answer.
    pub fn doubted(&self) -> f64 {
        1.0 - self.answered as f64 / self.n.max(1) as f64
    }
}

impl Probe {
    fn of_kind(&mut self, kind: &str) -> &mut Counts {
        let known = self.kinds.iter().position(|known| known.kind == kind);
        let place = known.unwrap_or_else(|| {
            self.kinds.push(Kind {
                kind: kind.to_owned(),
                counts: Counts::default(),
            });
            self.kinds.len() - 1
        });
        &mut self.kinds[place].counts
    }

    /// A line for each kind, and one for all.
    pub fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header([
            "pictures of",
            "n",
            "answered",
            "uncertain",
            "unfamiliar",
            "refused",
        ]);
        let kinds = self
            .kinds
            .iter()
            .map(|kind| (kind.kind.as_str(), kind.counts));
        for (kind, counts) in kinds.chain([("all", self.all)]) {
            let Counts {
                n,
                answered,
                uncertain,
                unfamiliar,
                refused,
            } = counts;
            let counts = [n, answered, uncertain, unfamiliar, refused];
            let counts = counts.map(|count| count.to_string());
            table.add_row([kind.to_owned()].into_iter().chain(counts));
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table.to_string()
    }
}

/// Asks about generated signals that are no recordings: flat lines, hum, noise, ramps, clicks.
///
/// # Errors
/// When the device fails.
pub fn signals(
    network: &Classifier<'_>,
    preparation: &SignalPreparation,
    calibration: &Calibration,
    device: &Device,
) -> Result<Probe> {
    let mut probe = Probe::default();
    for index in 0..COUNT {
        let (kind, piece) = synthetic::odd_signal(index, preparation.samples, SEED);
        let logits = network(preparation.tensor([&*piece], device)).try_into_vec_as::<f32>();
        let logits = logits.map_err(|error| anyhow::anyhow!("{error}"))?;
        let probabilities = softmax(&logits, calibration.temperature);
        let largest = largest_probability(&probabilities);
        let verdict = Some(calibration.abstention(largest, &signal::statistics(&piece)));
        probe.all.count(verdict);
        probe.of_kind(kind).count(verdict);
    }
    Ok(probe)
}

/// Writes the pictures as PNG, to be looked at or given to `infer`.
///
/// # Errors
/// When the folder cannot be written.
pub fn save(folder: &Path, oddities: &[Oddity]) -> Result<()> {
    let cannot = || format!("{}: cannot be written", folder.display());
    std::fs::create_dir_all(folder).with_context(cannot)?;
    for (number, (kind, picture)) in oddities.iter().enumerate() {
        let path = folder.join(format!("{number:04}-{kind}.png"));
        picture.save(path).with_context(cannot)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Tensor;
    use datasets::{Channels, Filter, Fit, Scaling, Source};

    #[test]
    fn every_picture_is_counted_once() {
        let preprocess = Preprocess {
            width: 8,
            height: 8,
            channels: Channels::Grey,
            filter: Filter::Box,
            fit: Fit::Stretch,
            scaling: Scaling::Unit,
            source: Source::Picture,
        };
        // Light pictures are a surely, dark ones as likely a as b.
        let network = |images: Tensor<4>| -> Tensor<2> {
            let [n, ..] = images.dims();
            let light = images.reshape([n as i32, -1]).mean_dim(1);
            Tensor::cat(vec![light.clone() * 20.0, light * 0.0], 1)
        };
        let calibration = Calibration {
            temperature: 1.0,
            threshold: Some(0.9),
            target_error: None,
            ood_detector: None,
        };
        let oddities = generated(100);
        let found = probe(
            &network,
            &preprocess,
            &calibration,
            &Device::flex(),
            &oddities,
        )
        .unwrap();
        let all = found.all;
        assert_eq!((all.n, all.answered + all.uncertain), (100, 100));
        assert!(all.answered > 50 && all.uncertain > 5, "{found:?}");
        assert_eq!(found.kinds.len(), synthetic::ODDITIES.len());
        assert_eq!(
            found.kinds.iter().map(|kind| kind.counts.n).sum::<usize>(),
            100
        );
        assert!((all.doubted() - all.uncertain as f64 / 100.0).abs() < 1e-12);
        assert!(
            found.table().lines().last().unwrap().starts_with(" all"),
            "{}",
            found.table()
        );
    }
}
