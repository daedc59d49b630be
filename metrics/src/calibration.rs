//! Whether a probability of 80 % is right in 80 % of the cases, and how to make it so.

use serde::Serialize;

use crate::classification::Predictions;

/// Bins of the expected calibration error and of the reliability diagram, as in Guo et al. 2017.
pub const BINS: usize = 15;

/// The temperatures that are searched; beyond them a network is either certain of everything or
/// knows nothing.
const TEMPERATURES: [f64; 2] = [0.05, 20.0];

/// The answers whose probability falls into one bin.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bin {
    /// The lowest probability, not itself in the bin (but for 0).
    pub low: f64,
    /// The highest probability.
    pub high: f64,
    /// How many answers.
    pub n: usize,
    /// The mean probability of the answers; 0 without any.
    pub confidence: f64,
    /// How many of them are right, as a share; 0 without any.
    pub accuracy: f64,
}

/// The answers of each of [`BINS`] equally wide bins.
pub fn reliability(predictions: &Predictions) -> Vec<Bin> {
    let mut sums = vec![(0usize, 0.0, 0usize); BINS];
    for ((confidence, answer), truth) in predictions.confident_answers().zip(&predictions.truths) {
        // (low, high], as Guo et al. have it.
        let bin = (confidence * BINS as f64).ceil() as usize;
        let (n, sum, right) = &mut sums[bin.clamp(1, BINS) - 1];
        *n += 1;
        *sum += confidence;
        *right += usize::from(answer == *truth);
    }
    let edge = |number: usize| number as f64 / BINS as f64;
    let bin = |(number, (n, sum, right)): (usize, (usize, f64, usize))| Bin {
        low: edge(number),
        high: edge(number + 1),
        n,
        confidence: sum / n.max(1) as f64,
        accuracy: right as f64 / n.max(1) as f64,
    };
    sums.into_iter().enumerate().map(bin).collect()
}

/// The expected calibration error: the mean distance between probability and accuracy over the
/// bins, each counted by its answers (Naeini et al. 2015; Guo et al. 2017,
/// <https://arxiv.org/abs/1706.04599>).
pub fn expected_calibration_error(bins: &[Bin]) -> f64 {
    let n: usize = bins.iter().map(|bin| bin.n).sum();
    let distance = |bin: &Bin| bin.n as f64 * (bin.accuracy - bin.confidence).abs();
    bins.iter().map(distance).sum::<f64>() / n.max(1) as f64
}

/// The temperature T with the least log loss of softmax(logits / T).
///
/// In 1 / T the log loss is convex, so its slope is halved in until it is zero. One example of
/// unknown class is counted in, with the mean of the others' logits: without it the best
/// temperature of a part without a mistake would be zero, and every later answer certain. 1 for an
/// empty part, and where the logits say nothing.
pub fn temperature(predictions: &Predictions) -> f64 {
    let [coldest, hottest] = TEMPERATURES;
    let slope = |inverse: f64| log_loss_slope(predictions, inverse);
    let flat = predictions
        .logit_rows()
        .all(|row| row.iter().all(|logit| *logit == row[0]));
    if predictions.is_empty() || flat {
        return 1.0;
    }
    let (mut low, mut high) = (1.0 / hottest, 1.0 / coldest);
    if slope(low) >= 0.0 {
        return hottest;
    }
    if slope(high) <= 0.0 {
        return coldest;
    }
    // Halving the logarithm's range 60 times leaves nothing to a double.
    for _ in 0..60 {
        let middle = (low * high).sqrt();
        if slope(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low * high).sqrt().recip()
}

/// The derivative of the log loss by the inverse temperature b: the mean of
/// sum_k p_k z_k - sum_k t_k z_k, where p = softmax(b z), and t is the truth but for one part in
/// n + 1, which is the same for every class.
fn log_loss_slope(predictions: &Predictions, inverse: f64) -> f64 {
    let unknown = 1.0 / (predictions.len() + 1) as f64;
    let rows = predictions.logit_rows().zip(&predictions.truths);
    let slopes = rows.map(|(logits, &truth)| {
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (mut sum, mut weighted, mut total) = (0.0, 0.0, 0.0);
        for logit in logits {
            let weight = ((logit - largest) * inverse).exp();
            sum += weight;
            weighted += weight * logit;
            total += logit;
        }
        let target = (1.0 - unknown) * logits[truth] + unknown * total / logits.len() as f64;
        weighted / sum - target
    });
    slopes.sum::<f64>() / predictions.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers that are right as often as they say, said `times` as strongly.
    fn honest(times: f64) -> Predictions {
        let mut predictions = Predictions::new(2);
        for tenths in 5..=9 {
            let p = f64::from(tenths) / 10.0;
            for example in 0..1000 {
                let truth = usize::from(example >= tenths * 100);
                let z = times * (p / (1.0 - p)).ln();
                predictions.push(&[z, 0.0], truth);
            }
        }
        predictions
    }

    #[test]
    fn the_temperature_undoes_what_was_exaggerated() {
        for times in [0.4, 1.0, 3.0] {
            let said = honest(times);
            let found = temperature(&said);
            assert!((found / times - 1.0).abs() < 0.01, "{found} for {times}");
            let error =
                |predictions: &Predictions| expected_calibration_error(&reliability(predictions));
            assert!(error(&said.at_temperature(found)) < 0.005);
            assert!(times == 1.0 || error(&said) > 0.05, "{}", error(&said));
        }
    }

    #[test]
    fn a_part_without_a_mistake_does_not_make_it_certain() {
        let mut predictions = Predictions::new(2);
        (0..100).for_each(|n| predictions.push(&[1.0 + f64::from(n) / 100.0, -1.0], 0));
        let found = temperature(&predictions);
        let calm = predictions.at_temperature(found);
        let largest = calm.probabilities.iter().copied().fold(0.0, f64::max);
        assert!(found > 0.05 && largest < 0.9999, "{found}: {largest}");
    }

    #[test]
    fn nothing_to_go_by_leaves_the_probabilities_alone() {
        assert_eq!(temperature(&Predictions::new(3)), 1.0);
        let mut flat = Predictions::new(3);
        (0..5).for_each(|n| flat.push(&[0.5; 3], n % 3));
        assert_eq!(temperature(&flat), 1.0);
        assert_eq!(
            expected_calibration_error(&reliability(&Predictions::new(3))),
            0.0
        );
    }

    #[test]
    fn wrong_logits_are_cooled_to_the_end_of_the_range() {
        let mut wrong = Predictions::new(2);
        (0..50).for_each(|n| wrong.push(&[5.0 + f64::from(n), 0.0], 1));
        assert_eq!(temperature(&wrong), 20.0);
    }

    #[test]
    fn a_probability_on_an_edge_belongs_to_the_bin_below() {
        let mut predictions = Predictions::new(2);
        predictions.push(&[1e3, 0.0], 0);
        predictions.push(&[0.0, 0.0], 1);
        let bins = reliability(&predictions);
        assert_eq!(bins.len(), BINS);
        assert_eq!(
            (bins[14].n, bins[14].accuracy, bins[14].confidence),
            (1, 1.0, 1.0)
        );
        assert_eq!(
            (bins[7].n, bins[7].accuracy, bins[7].confidence),
            (1, 0.0, 0.5)
        );
        assert_eq!(bins.iter().map(|bin| bin.n).sum::<usize>(), 2);
    }
}
