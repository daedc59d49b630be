//! Calibration and abstention: what is fitted on the validation part after training, and how well it works.

use datasets::split::Split;
use metrics::Predictions;
use metrics::abstention;
use metrics::calibration::fit_temperature;
use models::{Abstention, Calibration, OodDetector};
use rayon::prelude::*;

use crate::tasks::classification_dataset::ClassificationDataset;

/// Default target error: the fraction of wrong predictions among the accepted ones that the confidence threshold is
/// chosen for.
pub const TARGET_ERROR: f64 = 0.03;

/// Fraction of validation examples that may be detected as out of distribution.
const MAX_DETECTED: f64 = 0.01;

/// Bound on the relative error of [`storable`].
const STORED_ERROR: f64 = 1e-14;

/// Largest limit of the out-of-distribution detector; no example comes near it.
const LARGEST_LIMIT: f64 = 1e15;

/// Maximum number of training examples that the out-of-distribution detector is fitted to; it bounds the time, and was
/// not tuned.
const MAX_FITTED: usize = 10_000;

/// Fits temperature and confidence threshold to the predictions on the validation part, and the out-of-distribution
/// detector to the statistics of the training part, with a limit from the validation part.
///
/// `valid` holds the network's own, uncalibrated predictions.
pub fn calibrate(
    set: &dyn ClassificationDataset,
    split: &Split,
    valid: &Predictions,
    target_error: f64,
) -> Calibration {
    let temperature = storable(fit_temperature(valid));
    let calibrated = valid.with_temperature(temperature);
    let threshold = abstention::confidence_threshold(&calibrated, target_error);
    Calibration {
        temperature,
        threshold: Some(storable(threshold)),
        target_error: Some(target_error),
        ood_detector: ood_detector(set, split),
    }
}

/// Fits the out-of-distribution detector; `None` if the training part is too small.
///
/// The limit is exceeded by about one in a hundred validation examples (the order statistic of split conformal
/// prediction, Vovk et al. 2005). If they are too few for that, no training or validation example exceeds it.
fn ood_detector(set: &dyn ClassificationDataset, split: &Split) -> Option<OodDetector> {
    let step = split.train.len().div_ceil(MAX_FITTED).max(1);
    let training: Vec<usize> = split.train.iter().copied().step_by(step).collect();
    let rows = statistics(set, &training);
    let mut detector = OodDetector::fit(set.statistic_names(), &rows)?;
    let factor = detector.factor.iter_mut().flatten();
    for value in (detector.mean.iter_mut().chain(&mut detector.deviation)).chain(factor) {
        *value = storable(*value);
    }
    let mut distances: Vec<f64> = statistics(set, &split.valid)
        .iter()
        .map(|row| detector.distance(row))
        .collect();
    distances.sort_by(f64::total_cmp);
    let rank = ((distances.len() + 1) as f64 * (1.0 - MAX_DETECTED)).ceil() as usize;
    detector.limit = match distances.get(rank.wrapping_sub(1)) {
        Some(distance) => *distance,
        None => {
            let training = rows.iter().map(|row| detector.distance(row));
            training.chain(distances).fold(0.0, f64::max)
        }
    };
    // Statistics that are all equal would leave a limit of 0. The limit may be the distance of an example, which stays
    // within it.
    let limit = detector.limit.clamp(1.0, LARGEST_LIMIT);
    detector.limit = storable(limit * (1.0 + STORED_ERROR));
    Some(detector)
}

/// Rounds a value to 15 digits, of which at most 22 are decimals: `serde_json` reads these exactly, and longer numbers only
/// nearly. So a model file holds exactly the value that the figures of its run were computed with.
pub fn storable(value: f64) -> f64 {
    let text = if value.abs() < 1e-7 {
        format!("{value:.21}")
    } else {
        format!("{value:.14e}")
    };
    text.parse().unwrap_or(value)
}

/// Returns the statistics of each example at `indices`.
fn statistics(set: &dyn ClassificationDataset, indices: &[usize]) -> Vec<Vec<f64>> {
    indices
        .par_iter()
        .map(|&index| set.statistics(index))
        .collect()
}

/// Returns why the model abstains on each example at `indices`, or `None` where it does not.
///
/// `predictions` are calibrated.
pub fn abstentions(
    calibration: &Calibration,
    set: &dyn ClassificationDataset,
    indices: &[usize],
    predictions: &Predictions,
) -> Vec<Option<Abstention>> {
    let statistics = statistics(set, indices);
    let examples = predictions.top_classes().zip(statistics);
    examples
        .map(|((confidence, _), statistics)| calibration.abstention(confidence, &statistics))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use datasets::ImageSet;
    use datasets::{Channels, Filter, Fit, ImagePreprocessing, ImageSource, Scaling, synthetic};

    fn phantoms() -> (ImageSet, Split) {
        let preprocess = ImagePreprocessing {
            width: 48,
            height: 48,
            channels: Channels::Grey,
            filter: Filter::Bilinear,
            fit: Fit::Stretch,
            scaling: Scaling::Unit,
            source: ImageSource::Picture,
        };
        let set = synthetic::phantoms(400, &preprocess, 5).unwrap();
        let split = datasets::split::random(&set.labels, 0.3, 0.3, 5).unwrap();
        (set, split)
    }

    /// Predictions of which half are correct.
    fn predictions(set: &ImageSet, indices: &[usize]) -> Predictions {
        let mut predictions = Predictions::new(4);
        for (place, index) in indices.iter().enumerate() {
            let mut logits = [0.0; 4];
            logits[(set.labels[*index] + place % 2) % 4] = 2.0 + (place % 50) as f64 / 50.0;
            predictions.push(&logits, set.labels[*index]);
        }
        predictions
    }

    #[test]
    fn a_calibration_is_read_back_from_its_json_exactly() {
        let (set, split) = phantoms();
        let calibration = calibrate(&set, &split, &predictions(&set, &split.valid), 0.03);
        let json = serde_json::to_string(&calibration).unwrap();
        let read: Calibration = serde_json::from_str(&json).unwrap();
        assert_eq!(read, calibration);
        for value in [0.0, -1.0 / 3.0, 2.0 / 3e9, 7e14 / 9.0, f64::MIN_POSITIVE] {
            let stored = storable(value);
            let json = serde_json::to_string(&stored).unwrap();
            assert_eq!(
                serde_json::from_str::<f64>(&json).unwrap(),
                stored,
                "{value}"
            );
            assert!(
                (stored - value).abs() <= STORED_ERROR * value.abs() + 1e-21,
                "{value}"
            );
        }
    }

    #[test]
    fn about_one_test_picture_in_a_hundred_is_out_of_distribution() {
        let (set, split) = phantoms();
        let calibration = calibrate(&set, &split, &predictions(&set, &split.valid), 0.03);
        assert_eq!(calibration.check(), Ok(()));
        let share = |indices: &[usize]| {
            let found = abstentions(&calibration, &set, indices, &predictions(&set, indices));
            let detected = found
                .iter()
                .filter(|abstention| **abstention == Some(Abstention::OutOfDistribution));
            detected.count() as f64 / indices.len() as f64
        };
        assert!(share(&split.valid) <= 0.01);
        assert!(share(&split.test) <= 0.05, "{}", share(&split.test));
        // No confidence here is enough for an error of 3 %.
        assert_eq!(calibration.threshold, Some(0.97));
    }
}
