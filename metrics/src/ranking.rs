//! ROC curve and the area under it: how well a score ranks positive examples above negative ones.

/// Examples in ascending order of their scores, with ties kept together.
///
/// Sorted once, then evaluated for any labels and weights, such as the resamples of a bootstrap.
///
/// # Examples
/// ```
/// use metrics::ranking::Ranking;
///
/// let ranking = Ranking::new(&[0.1, 0.4, 0.35, 0.8]);
/// let is_positive = [false, false, true, true];
/// assert_eq!(ranking.auroc(&is_positive, &[1; 4]), Some(0.75));
/// assert_eq!(ranking.roc_curve(&is_positive).last(), Some(&[1.0, 1.0]));
/// ```
#[derive(Clone, Debug)]
pub struct Ranking {
    /// Indices of the examples in ascending order of score.
    order: Vec<usize>,
    /// End of each run of equal scores in `order`.
    run_ends: Vec<usize>,
    /// Whether a score is `NaN`, so that there is no order.
    has_nan: bool,
}

impl Ranking {
    /// Sorts examples by their scores.
    ///
    /// If a score is `NaN` there is no order: AUROC and ROC curve are then missing.
    pub fn new(scores: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
        let run_ends = (1..=order.len())
            .filter(|&end| end == order.len() || scores[order[end - 1]] != scores[order[end]])
            .collect();
        Self {
            order,
            run_ends,
            has_nan: scores.iter().any(|score| score.is_nan()),
        }
    }

    /// Returns the runs of equal scores, the lowest first.
    fn runs(&self) -> impl DoubleEndedIterator<Item = &[usize]> {
        (0..self.run_ends.len()).map(|run| {
            let start = run.checked_sub(1).map_or(0, |before| self.run_ends[before]);
            &self.order[start..self.run_ends[run]]
        })
    }

    /// Returns the area under the ROC curve, from 0 to 1; 0.5 is chance.
    ///
    /// It is the probability that a positive example scores higher than a negative one, ties counting half: the
    /// statistic U of Mann and Whitney (1947, Ann. Math. Stat. 18, 50) over the number of pairs. Each example counts
    /// as often as its entry in `weights` says.
    ///
    /// `None` if positive or negative examples are missing, or if a score is `NaN`.
    ///
    /// # Panics
    /// If `is_positive` or `weights` has fewer entries than there are scores.
    pub fn auroc(&self, is_positive: &[bool], weights: &[u32]) -> Option<f64> {
        let (mut negatives, mut positives) = (0u64, 0u64);
        // Twice the number of pairs in order, so that ties stay integers.
        let mut twice_ordered = 0u64;
        for run in self.runs() {
            let (mut run_negatives, mut run_positives) = (0u64, 0u64);
            for &example in run {
                let weight = u64::from(weights[example]);
                if is_positive[example] {
                    run_positives += weight;
                } else {
                    run_negatives += weight;
                }
            }
            twice_ordered += run_positives * (2 * negatives + run_negatives);
            negatives += run_negatives;
            positives += run_positives;
        }
        let twice_pairs = 2 * negatives * positives;
        (twice_pairs > 0 && !self.has_nan).then(|| twice_ordered as f64 / twice_pairs as f64)
    }

    /// Returns the ROC curve from (0, 0) to (1, 1): one point `[false positive rate, true positive rate]` per
    /// distinct score as the threshold, in falling order of the threshold.
    ///
    /// Empty if positive or negative examples are missing, or if a score is `NaN`.
    ///
    /// # Panics
    /// If `is_positive` has fewer entries than there are scores.
    pub fn roc_curve(&self, is_positive: &[bool]) -> Vec<[f64; 2]> {
        let positives = is_positive.iter().filter(|is| **is).count();
        let negatives = is_positive.len() - positives;
        if positives == 0 || negatives == 0 || self.has_nan {
            return Vec::new();
        }
        let (mut false_positives, mut true_positives) = (0, 0);
        let mut curve = vec![[0.0, 0.0]];
        for run in self.runs().rev() {
            let hits = run.iter().filter(|example| is_positive[**example]).count();
            true_positives += hits;
            false_positives += run.len() - hits;
            curve.push([
                false_positives as f64 / negatives as f64,
                true_positives as f64 / positives as f64,
            ]);
        }
        curve
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// scikit-learn's own example: `roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])` = 0.75.
    #[test]
    fn curve_and_area_agree_with_scikit_learn() {
        let is_positive = [false, false, true, true];
        let ranking = Ranking::new(&[0.1, 0.4, 0.35, 0.8]);
        assert_eq!(ranking.auroc(&is_positive, &[1; 4]), Some(0.75));
        // `roc_curve(..., drop_intermediate=False)`: fpr [0, 0, .5, .5, 1], tpr [0, .5, .5, 1, 1].
        let expected = [[0.0, 0.0], [0.0, 0.5], [0.5, 0.5], [0.5, 1.0], [1.0, 1.0]];
        assert_eq!(ranking.roc_curve(&is_positive), expected);
        assert_eq!(ranking.auroc(&[true; 4], &[1; 4]), None);
        assert_eq!(ranking.auroc(&is_positive, &[0, 0, 1, 1]), None);
        assert!(ranking.roc_curve(&[false; 4]).is_empty());
    }

    #[test]
    fn nan_scores_have_neither_area_nor_curve() {
        let ranking = Ranking::new(&[0.1, f64::NAN, 0.3]);
        assert_eq!(ranking.auroc(&[false, true, true], &[1; 3]), None);
        assert!(ranking.roc_curve(&[false, true, true]).is_empty());
        assert_eq!(Ranking::new(&[]).auroc(&[], &[]), None);
    }

    proptest! {
        /// The area equals the fraction found by counting every pair, and the area below the curve by trapezoids.
        #[test]
        fn the_area_is_the_fraction_of_pairs_in_order(
            examples in prop::collection::vec((0u8..6, any::<bool>(), 0u32..3), 2..40)
        ) {
            let scores: Vec<f64> = examples.iter().map(|e| f64::from(e.0)).collect();
            let is_positive: Vec<bool> = examples.iter().map(|e| e.1).collect();
            let weights: Vec<u32> = examples.iter().map(|e| e.2).collect();
            let (mut pairs, mut all) = (0.0, 0.0);
            for (s, b, w) in &examples {
                for (other, is_positive, weight) in &examples {
                    if *b && !is_positive {
                        let both = f64::from(w * weight);
                        all += both;
                        pairs += both * match s.cmp(other) {
                            std::cmp::Ordering::Greater => 1.0,
                            std::cmp::Ordering::Equal => 0.5,
                            std::cmp::Ordering::Less => 0.0,
                        };
                    }
                }
            }
            let ranking = Ranking::new(&scores);
            match ranking.auroc(&is_positive, &weights) {
                Some(area) => prop_assert!((area - pairs / all).abs() < 1e-12),
                None => prop_assert_eq!(all, 0.0),
            }
            if let Some(area) = ranking.auroc(&is_positive, &vec![1; scores.len()]) {
                let trapezoids = ranking.roc_curve(&is_positive).windows(2).map(|pair| {
                    (pair[1][0] - pair[0][0]) * (pair[0][1] + pair[1][1]) / 2.0
                }).sum::<f64>();
                prop_assert!((area - trapezoids).abs() < 1e-12);
            }
        }
    }
}
