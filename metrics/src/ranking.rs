//! How well a score ranks the examples that belong to a class above those that do not.

/// The examples in rising order of their scores, in runs of equal score.
#[derive(Clone, Debug)]
pub struct Ranking {
    order: Vec<usize>,
    /// Where each run of equal scores ends in `order`.
    ends: Vec<usize>,
}

impl Ranking {
    /// Sorts the scores; they must not be NaN.
    pub fn new(scores: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
        let ends = (1..=order.len())
            .filter(|&end| end == order.len() || scores[order[end - 1]] != scores[order[end]])
            .collect();
        Self { order, ends }
    }

    /// The runs of equal score, the lowest first.
    fn runs(&self) -> impl DoubleEndedIterator<Item = &[usize]> {
        let bounds = |run: usize| {
            (
                run.checked_sub(1).map_or(0, |before| self.ends[before]),
                self.ends[run],
            )
        };
        (0..self.ends.len()).map(move |run| {
            let (start, end) = bounds(run);
            &self.order[start..end]
        })
    }

    /// The area under the ROC curve: the probability that an example that belongs scores higher
    /// than one that does not, equal scores counting half (Mann and Whitney's U). Each example
    /// counts `weights` times; `None` when either kind is missing.
    pub fn auroc(&self, belongs: &[bool], weights: &[u32]) -> Option<f64> {
        let (mut below, mut inside) = (0u64, 0u64);
        // Twice the number of pairs in the right order, so that halves stay whole.
        let mut pairs = 0u64;
        for run in self.runs() {
            let (mut others, mut own) = (0u64, 0u64);
            for &example in run {
                let weight = u64::from(weights[example]);
                if belongs[example] {
                    own += weight;
                } else {
                    others += weight;
                }
            }
            pairs += own * (2 * below + others);
            below += others;
            inside += own;
        }
        let all = 2 * below * inside;
        (all > 0).then(|| pairs as f64 / all as f64)
    }

    /// The ROC curve from (0, 0) to (1, 1): the share of the others called, and the share of its
    /// own found, for every score as the threshold. Empty when either kind is missing.
    pub fn curve(&self, belongs: &[bool]) -> Vec<[f64; 2]> {
        let own = belongs.iter().filter(|belongs| **belongs).count();
        let others = belongs.len() - own;
        if own == 0 || others == 0 {
            return Vec::new();
        }
        let (mut called, mut found) = (0, 0);
        let mut curve = vec![[0.0, 0.0]];
        for run in self.runs().rev() {
            found += run.iter().filter(|example| belongs[**example]).count();
            called += run.iter().filter(|example| !belongs[**example]).count();
            curve.push([called as f64 / others as f64, found as f64 / own as f64]);
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
    fn the_area_of_a_known_case() {
        let belongs = [false, false, true, true];
        let ranking = Ranking::new(&[0.1, 0.4, 0.35, 0.8]);
        assert_eq!(ranking.auroc(&belongs, &[1; 4]), Some(0.75));
        // `roc_curve(..., drop_intermediate=False)`: fpr [0, 0, .5, .5, 1], tpr [0, .5, .5, 1, 1].
        let expected = [[0.0, 0.0], [0.0, 0.5], [0.5, 0.5], [0.5, 1.0], [1.0, 1.0]];
        assert_eq!(ranking.curve(&belongs), expected);
        assert_eq!(ranking.auroc(&[true; 4], &[1; 4]), None);
        assert_eq!(ranking.auroc(&belongs, &[0, 0, 1, 1]), None);
        assert!(ranking.curve(&[false; 4]).is_empty());
    }

    proptest! {
        /// Counting every pair gives the same, and the curve's area is the same number.
        #[test]
        fn the_area_is_the_share_of_pairs_in_order(
            examples in prop::collection::vec((0u8..6, any::<bool>(), 0u32..3), 2..40)
        ) {
            let scores: Vec<f64> = examples.iter().map(|e| f64::from(e.0)).collect();
            let belongs: Vec<bool> = examples.iter().map(|e| e.1).collect();
            let weights: Vec<u32> = examples.iter().map(|e| e.2).collect();
            let (mut pairs, mut all) = (0.0, 0.0);
            for (s, b, w) in &examples {
                for (other, belongs, weight) in &examples {
                    if *b && !belongs {
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
            match ranking.auroc(&belongs, &weights) {
                Some(area) => prop_assert!((area - pairs / all).abs() < 1e-12),
                None => prop_assert_eq!(all, 0.0),
            }
            if let Some(area) = ranking.auroc(&belongs, &vec![1; scores.len()]) {
                let trapezia = ranking.curve(&belongs).windows(2).map(|pair| {
                    (pair[1][0] - pair[0][0]) * (pair[0][1] + pair[1][1]) / 2.0
                }).sum::<f64>();
                prop_assert!((area - trapezia).abs() < 1e-12);
            }
        }
    }
}
