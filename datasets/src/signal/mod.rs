//! Pieces of recordings over time, all of one length, with their classes.

pub mod recording;

use std::sync::Arc;

use burn::data::dataloader::DataLoader;
use burn::data::dataloader::batcher::Batcher;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::batch::{ImageBatch, build, labels};
use crate::error::{Error, Result};
use crate::examples::{Catalogue, Examples, Origin};
use crate::preparation::Preparation;

/// The most samples of one piece.
pub const MAX_SAMPLES: usize = 1 << 20;

/// How a piece of a recording becomes a network's input: one electrode, `samples` values, each
/// (x - mean) / std.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalPreparation {
    /// Values of one piece.
    pub samples: usize,
    /// Samples a second, in hertz.
    pub rate_hz: f64,
    /// The mean of the training part, in the unit of the recording.
    pub mean: f32,
    /// Its standard deviation.
    pub std: f32,
}

impl SignalPreparation {
    /// The shape of one prepared piece, `[electrodes, samples, 1]`: a picture one value wide.
    pub fn shape(&self) -> [usize; 3] {
        [1, self.samples, 1]
    }

    /// Checks what came from a file.
    ///
    /// # Errors
    /// [`Error::Preprocess`] names the first value that cannot be used.
    pub fn validate(&self) -> Result<()> {
        let wrong = |field, value: String, expected: &str| Error::Preprocess {
            field,
            value,
            expected: expected.to_owned(),
        };
        if !(1..=MAX_SAMPLES).contains(&self.samples) {
            let expected = format!("1 to {MAX_SAMPLES}");
            return Err(wrong("samples", self.samples.to_string(), &expected));
        }
        if !(self.rate_hz.is_finite() && self.rate_hz > 0.0) {
            return Err(wrong("rate_hz", self.rate_hz.to_string(), "above 0"));
        }
        if !self.mean.is_finite() {
            return Err(wrong("mean", self.mean.to_string(), "a finite number"));
        }
        if !(self.std.is_finite() && self.std > 0.0) {
            return Err(wrong("std", self.std.to_string(), "above 0"));
        }
        Ok(())
    }

    /// Pieces as a network takes them.
    ///
    /// # Shapes
    /// `n` pieces of `samples` values each → `[n, 1, samples, 1]`
    pub fn tensor<'a>(
        &self,
        pieces: impl IntoIterator<Item = &'a [f32]>,
        device: &Device,
    ) -> Tensor<4> {
        let mut values = Vec::new();
        for piece in pieces {
            values.extend(piece.iter().map(|value| (value - self.mean) / self.std));
        }
        let count = values.len() / self.samples;
        Tensor::from_data(TensorData::new(values, [count, 1, self.samples, 1]), device)
    }
}

/// The names of the [`statistics`] of a piece, in their order.
pub const STATISTICS: [&str; 6] = [
    "log_deviation",
    "log_line_length",
    "crossings",
    "log_kurtosis",
    "offset",
    "autocorrelation_4",
];

/// What a piece looks like, in a few numbers: how strong, how fast, how spiky. They tell recordings of
/// another kind (a flat line, hum, noise) from those a network was trained on.
pub fn statistics(piece: &[f32]) -> [f64; STATISTICS.len()] {
    const FAINT: f64 = 1e-3;
    const LAG: usize = 4;
    let values: Vec<f64> = piece.iter().copied().map(f64::from).collect();
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let centred: Vec<f64> = values.iter().map(|value| value - mean).collect();
    let moment = |power| centred.iter().map(|x| x.powi(power)).sum::<f64>() / count;
    let (variance, fourth) = (moment(2), moment(4));
    let pairs = || centred.windows(2);
    let line = pairs().map(|pair| (pair[1] - pair[0]).abs()).sum::<f64>() / count;
    let crossings = pairs()
        .filter(|pair| (pair[0] < 0.0) != (pair[1] < 0.0))
        .count();
    let lagged = centred.iter().zip(centred.iter().skip(LAG));
    let lagged = lagged.map(|(x, later)| x * later).sum::<f64>() / count;
    let scale = variance.max(FAINT * FAINT);
    [
        scale.sqrt().ln(),
        line.max(FAINT).ln(),
        crossings as f64 / count,
        (fourth / (scale * scale)).max(FAINT).ln(),
        mean / scale.sqrt(),
        lagged / scale,
    ]
}

/// Pieces of recordings.
#[derive(Clone, Debug)]
pub struct SignalSet {
    /// What the set is called.
    pub name: String,
    /// Whether the recordings were generated and stand in for real ones.
    pub generated: bool,
    /// Names of the classes; a label is an index into them.
    pub class_names: Vec<String>,
    /// How a piece is prepared.
    pub preparation: SignalPreparation,
    /// All pieces, one after the other, each `preparation.samples` long, as they were recorded.
    pub values: Vec<f32>,
    /// The class of each piece.
    pub labels: Vec<usize>,
    /// Which recording each piece is of.
    pub recordings: Vec<usize>,
    /// Where each piece came from.
    pub origins: Vec<Origin>,
}

impl SignalSet {
    /// Number of pieces.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The values of piece `index`, as they were recorded.
    ///
    /// # Panics
    /// If `index` is not below [`len`](Self::len), as with a slice.
    pub fn piece(&self, index: usize) -> &[f32] {
        let samples = self.preparation.samples;
        &self.values[index * samples..(index + 1) * samples]
    }

    /// Takes mean and deviation from the pieces at `training`, so that nothing leaks from the others.
    /// Recordings that never change keep deviation 1; without a piece both stay.
    ///
    /// # Panics
    /// If an index is not below [`len`](Self::len).
    pub fn standardize(&mut self, training: &[usize]) {
        let values = || training.iter().flat_map(|&index| self.piece(index));
        let count = (training.len() * self.preparation.samples) as f64;
        if count == 0.0 {
            return;
        }
        let mean = values().map(|&x| f64::from(x)).sum::<f64>() / count;
        let variance = values()
            .map(|&x| (f64::from(x) - mean).powi(2))
            .sum::<f64>()
            / count;
        let std = variance.sqrt() as f32;
        self.preparation.mean = mean as f32;
        self.preparation.std = if std > f32::EPSILON { std } else { 1.0 };
    }
}

impl Examples for SignalSet {
    fn catalogue(&self) -> Catalogue<'_> {
        Catalogue {
            name: &self.name,
            noun: "pieces",
            kin: "pieces of one recording",
            generated: self.generated,
            class_names: &self.class_names,
            labels: &self.labels,
            origins: &self.origins,
            skipped: &[],
        }
    }

    fn preparation(&self) -> Preparation {
        self.preparation.clone().into()
    }
}

/// Makes batches from indices into a shared set.
struct SignalBatcher {
    set: Arc<SignalSet>,
}

impl Batcher<usize, ImageBatch> for SignalBatcher {
    fn batch(&self, items: Vec<usize>, device: &Device) -> ImageBatch {
        let pieces = items.iter().map(|&index| self.set.piece(index));
        ImageBatch {
            images: self.set.preparation.tensor(pieces, device),
            targets: labels(&self.set.labels, &items, device).into(),
        }
    }
}

/// Batches of the pieces at `indices`, in that order, or shuffled by a seed in every pass.
pub fn loader(
    set: Arc<SignalSet>,
    indices: Vec<usize>,
    batch_size: usize,
    shuffle: Option<u64>,
) -> Arc<dyn DataLoader<ImageBatch>> {
    build(SignalBatcher { set }, indices, batch_size, shuffle)
}
