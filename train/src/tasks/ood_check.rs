//! Out-of-distribution check: how often a model abstains on inputs of another kind than its training data.
//!
//! `train probe` runs it for any model, and every run for its own.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use burn::tensor::Device;
use datasets::images;
use datasets::{ImagePreprocessing, SignalPreprocessing, signals, synthetic};
use image::{DynamicImage, GrayImage};
use models::Calibration;
use models::abstention::{largest_probability, softmax};
use rayon::prelude::*;

use crate::report::ood_check::{OodCheck, Outcome};
use crate::tasks::evaluation::Classifier;

/// Number of generated pictures.
pub const COUNT: usize = 300;

/// Seed of the generated inputs, different from that of every stand-in.
const SEED: u64 = 0x0dd;

/// Number of pictures that go through the network at once.
const BATCH: usize = 64;

/// A picture of another kind than the training data, with the name of the kind.
pub type NamedPicture = (&'static str, DynamicImage);

/// Generates `count` pictures that are neither scans nor digits.
pub fn generated(count: usize) -> Vec<NamedPicture> {
    let indices = 0..count;
    indices
        .into_par_iter()
        .map(|index| synthetic::ood_picture(index, SEED))
        .collect()
}

/// Loads `count` of MNIST's test digits from `mnist` in the folder `data`; none if there is no such folder.
///
/// # Errors
/// When the digits are there but cannot be read.
pub fn mnist(data: &Path, count: usize) -> Result<Vec<NamedPicture>> {
    let folder = data.join("mnist");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let set = datasets::images::mnist::load(&folder)?;
    let [_, height, width] = set.preprocessing.shape();
    // The test digits come last.
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

/// Checks a network on pictures; `network` returns logits.
///
/// # Errors
/// When the device fails.
pub fn check_pictures(
    network: &Classifier<'_>,
    preprocess: &ImagePreprocessing,
    calibration: &Calibration,
    device: &Device,
    pictures: &[NamedPicture],
) -> Result<OodCheck> {
    let mut check = OodCheck::default();
    for batch in pictures.chunks(BATCH) {
        let prepared = batch
            .par_iter()
            .map(|(_, picture)| preprocess.apply(picture));
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
            let outcome = match (image, image.as_ref().and_then(|_| rows.next())) {
                (Some(image), Some(logits)) => {
                    let statistics = images::statistics(preprocess, image);
                    classify(calibration, &logits, &statistics)
                }
                _ => Outcome::Refused,
            };
            check.count(kind, outcome);
        }
    }
    Ok(check)
}

/// Calibrates the logits of one input, and returns whether the model abstains.
fn classify(calibration: &Calibration, logits: &[f32], statistics: &[f64]) -> Outcome {
    let probabilities = softmax(logits, calibration.temperature);
    let confidence = largest_probability(&probabilities);
    Outcome::Classified(calibration.abstention(confidence, statistics))
}

/// Checks a network on generated signals that are not recordings: flat lines, hum, noise, ramps, clicks.
///
/// # Errors
/// When the device fails.
pub fn check_signals(
    network: &Classifier<'_>,
    preprocessing: &SignalPreprocessing,
    calibration: &Calibration,
    device: &Device,
) -> Result<OodCheck> {
    let mut check = OodCheck::default();
    for index in 0..COUNT {
        let (kind, piece) = synthetic::ood_signal(index, preprocessing.samples, SEED);
        let logits = network(preprocessing.tensor([&*piece], device)).try_into_vec_as::<f32>();
        let logits = logits.map_err(|error| anyhow::anyhow!("{error}"))?;
        let outcome = classify(calibration, &logits, &signals::statistics(&piece));
        check.count(kind, outcome);
    }
    Ok(check)
}

/// Writes the pictures as PNG, for people to look at and as input of `infer`.
///
/// # Errors
/// When the folder cannot be written.
pub fn save(folder: &Path, pictures: &[NamedPicture]) -> Result<()> {
    let cannot = || format!("{}: cannot be written", folder.display());
    std::fs::create_dir_all(folder).with_context(cannot)?;
    for (number, (kind, picture)) in pictures.iter().enumerate() {
        let path = folder.join(format!("{number:04}-{kind}.png"));
        picture.save(path).with_context(cannot)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Tensor;
    use datasets::{Channels, Filter, Fit, ImageSource, Scaling};

    #[test]
    fn every_picture_is_counted_once() {
        let preprocess = ImagePreprocessing {
            width: 8,
            height: 8,
            channels: Channels::Grey,
            filter: Filter::Box,
            fit: Fit::Stretch,
            scaling: Scaling::Unit,
            source: ImageSource::Picture,
        };
        // Light pictures are certainly of the first class, dark ones equally likely of both.
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
        let pictures = generated(100);
        let found = check_pictures(
            &network,
            &preprocess,
            &calibration,
            &Device::flex(),
            &pictures,
        )
        .unwrap();
        let all = found.all;
        assert_eq!((all.n, all.answered + all.uncertain), (100, 100));
        assert!(all.answered > 50 && all.uncertain > 5, "{found:?}");
        assert_eq!(found.kinds.len(), synthetic::OOD_PICTURES.len());
        assert_eq!(
            found.kinds.iter().map(|kind| kind.counts.n).sum::<usize>(),
            100
        );
        assert!((all.abstention_rate() - all.uncertain as f64 / 100.0).abs() < 1e-12);
        assert!(
            found.table().lines().last().unwrap().starts_with(" all"),
            "{}",
            found.table()
        );
    }
}
