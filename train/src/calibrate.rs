//! When a trained network should answer, and how sure it may be: what is fitted on the validation
//! part after training, and how it does.

use datasets::split::Split;
use metrics::Predictions;
use metrics::abstention;
use metrics::calibration::{expected_calibration_error, fit_temperature, reliability_bins};
use metrics::proportion::wilson_interval;
use models::{Abstention, Calibration, OodDetector};
use rayon::prelude::*;
use serde::Serialize;

use crate::labelled::Labelled;

/// The share of wrong answers among those given that a threshold is chosen for unless another is
/// asked for.
pub const TARGET_ERROR: f64 = 0.03;

/// The share of validation pictures that may count as unfamiliar.
const UNFAMILIAR: f64 = 0.01;

/// Training pictures that the distribution of their looks is fitted to at most.
const MOST_PICTURES: usize = 10_000;

/// Fits the temperature and the threshold to what the network said about the validation part, and
/// the looks of a picture to the training part, with a limit from the validation part.
pub fn calibrate<S: Labelled>(
    set: &S,
    split: &Split,
    valid: &Predictions,
    target_error: f64,
) -> Calibration {
    let temperature = fit_temperature(valid);
    Calibration {
        temperature,
        threshold: Some(abstention::confidence_threshold(
            &valid.with_temperature(temperature),
            target_error,
        )),
        target_error: Some(target_error),
        ood_detector: ood_detector(set, split),
    }
}

/// What the training pictures look like. Of the validation pictures about one in a hundred may be
/// farther away (the order statistic of split conformal prediction, Vovk et al. 2005); where they are
/// too few for that, none is, and no training picture.
fn ood_detector<S: Labelled>(set: &S, split: &Split) -> Option<OodDetector> {
    let step = split.train.len().div_ceil(MOST_PICTURES).max(1);
    let training: Vec<usize> = split.train.iter().copied().step_by(step).collect();
    let rows = appearances(set, &training);
    let mut detector = OodDetector::fit(S::STATISTICS, &rows)?;
    let mut distances: Vec<f64> = appearances(set, &split.valid)
        .iter()
        .map(|row| detector.distance(row))
        .collect();
    distances.sort_by(f64::total_cmp);
    let rank = ((distances.len() + 1) as f64 * (1.0 - UNFAMILIAR)).ceil() as usize;
    detector.limit = match distances.get(rank.wrapping_sub(1)) {
        Some(distance) => *distance,
        None => {
            let training = rows.iter().map(|row| detector.distance(row));
            training.chain(distances).fold(0.0, f64::max)
        }
    };
    // Pictures that are all alike would leave a limit of 0.
    detector.limit = detector.limit.clamp(1.0, f64::MAX);
    Some(detector)
}

/// The statistics of each picture.
fn appearances(set: &impl Labelled, indices: &[usize]) -> Vec<Vec<f64>> {
    indices
        .par_iter()
        .map(|&index| set.statistics(index))
        .collect()
}

/// Why each picture gets no answer, or `None`; `predictions` are calibrated.
pub fn doubts(
    calibration: &Calibration,
    set: &impl Labelled,
    indices: &[usize],
    predictions: &Predictions,
) -> Vec<Option<Abstention>> {
    let looks = appearances(set, indices);
    let answers = predictions.top_classes().zip(looks);
    answers
        .map(|((probability, _), look)| calibration.abstention(probability, &look))
        .collect()
}

/// How calibration and doubt do on one part.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PartDoubts {
    /// Expected calibration error of the network's own probabilities; after the temperature it
    /// stands with the other measures.
    pub calibration_error_before: f64,
    /// Log loss of the network's own probabilities.
    pub loss_before: f64,
    /// Pictures that get an answer.
    pub answered: usize,
    /// Their share.
    pub coverage: f64,
    /// The share of right answers among those given; none if none is.
    pub accuracy_answered: Option<f64>,
    /// Wilson's 95 % interval of it.
    pub accuracy_answered_interval: [f64; 2],
    /// Pictures for which no class is probable enough.
    pub uncertain: usize,
    /// Pictures that do not look like the training data.
    pub unfamiliar: usize,
}

impl PartDoubts {
    /// Counts; `raw` holds the network's own probabilities.
    pub fn new(raw: &Predictions, doubts: &[Option<Abstention>]) -> Self {
        let count = |wanted| doubts.iter().filter(|doubt| **doubt == wanted).count();
        let answers = raw
            .predicted_classes()
            .into_iter()
            .zip(&raw.labels)
            .zip(doubts);
        let right = answers
            .filter(|((answer, truth), doubt)| doubt.is_none() && answer == *truth)
            .count();
        let (n, answered) = (raw.len().max(1) as f64, count(None));
        Self {
            calibration_error_before: expected_calibration_error(&reliability_bins(raw)),
            loss_before: raw.losses.iter().sum::<f64>() / n,
            answered,
            coverage: answered as f64 / n,
            accuracy_answered: (answered > 0).then(|| right as f64 / answered as f64),
            accuracy_answered_interval: wilson_interval(right, answered),
            uncertain: count(Some(Abstention::Uncertain)),
            unfamiliar: count(Some(Abstention::OutOfDistribution)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datasets::ImageSet;
    use datasets::{Channels, Filter, Fit, Preprocess, Scaling, Source, synthetic};

    fn phantoms() -> (ImageSet, Split) {
        let preprocess = Preprocess {
            width: 48,
            height: 48,
            channels: Channels::Grey,
            filter: Filter::Bilinear,
            fit: Fit::Stretch,
            scaling: Scaling::Unit,
            source: Source::Picture,
        };
        let set = synthetic::phantoms(400, &preprocess, 5).unwrap();
        let split = datasets::split::random(&set.labels, 0.3, 0.3, 5).unwrap();
        (set, split)
    }

    /// Half right, as sure as it says.
    fn said(set: &ImageSet, indices: &[usize]) -> Predictions {
        let mut predictions = Predictions::new(4);
        for (place, index) in indices.iter().enumerate() {
            let mut logits = [0.0; 4];
            logits[(set.labels[*index] + place % 2) % 4] = 2.0 + (place % 50) as f64 / 50.0;
            predictions.push(&logits, set.labels[*index]);
        }
        predictions
    }

    #[test]
    fn about_one_test_picture_in_a_hundred_is_unfamiliar() {
        let (set, split) = phantoms();
        let calibration = calibrate(&set, &split, &said(&set, &split.valid), 0.03);
        assert_eq!(calibration.check(), Ok(()));
        let share = |indices: &[usize]| {
            let doubts = doubts(&calibration, &set, indices, &said(&set, indices));
            let unfamiliar = doubts
                .iter()
                .filter(|doubt| **doubt == Some(Abstention::OutOfDistribution));
            unfamiliar.count() as f64 / indices.len() as f64
        };
        assert!(share(&split.valid) <= 0.01);
        assert!(share(&split.test) <= 0.05, "{}", share(&split.test));
        // No probability here is good for an error of 3 %.
        assert_eq!(calibration.threshold, Some(0.97));
    }

    #[test]
    fn a_part_is_counted_whole() {
        let (set, split) = phantoms();
        let raw = said(&set, &split.test);
        let mut doubts = vec![None; raw.len()];
        doubts[0] = Some(Abstention::Uncertain);
        doubts[1] = Some(Abstention::OutOfDistribution);
        doubts[3] = Some(Abstention::OutOfDistribution);
        let part = PartDoubts::new(&raw, &doubts);
        assert_eq!((part.uncertain, part.unfamiliar), (1, 2));
        assert_eq!(part.answered, raw.len() - 3);
        // Every other answer is right, and one of those is not given.
        let right = (raw.len() / 2 - 1) as f64;
        assert_eq!(part.accuracy_answered, Some(right / part.answered as f64));
        let none = PartDoubts::new(&Predictions::new(4), &[]);
        assert_eq!((none.accuracy_answered, none.coverage), (None, 0.0));
    }
}
