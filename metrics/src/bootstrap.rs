//! Percentile bootstrap, resampled by group.
//!
//! Examples of one group (copies of one picture, scans of one patient) are not independent evidence, so a resample
//! draws whole groups, with replacement, as many as there are (Davison and Hinkley 1997, Bootstrap Methods and their
//! Application, section 3.8). A statistic is computed again for each resample, and the 95 % interval reaches from the
//! 2.5 % to the 97.5 % percentile of the results.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Number of resamples. The end of an interval then rests on the 25 most extreme resamples.
pub const RESAMPLES: usize = 1_000;

/// Seed of every bootstrap. It is fixed so that the same predictions always have the same interval; its value (the
/// year of Efron's paper) has no further meaning.
const SEED: u64 = 1_979;

/// Probabilities of the percentiles that bound an interval.
const PERCENTILES: [f64; 2] = [0.025, 0.975];

/// Draws resamples of a fixed set of examples.
#[derive(Clone, Debug)]
pub struct Resampler {
    /// Group of each example, numbered from 0 without gaps.
    group_of: Vec<usize>,
    groups: usize,
}

impl Resampler {
    /// Creates a resampler of `examples` examples.
    ///
    /// `groups` holds the group of each example, by any numbers. `None` makes each example a group of its own.
    ///
    /// # Panics
    /// If there are groups, but not one for each example.
    pub fn new(examples: usize, groups: Option<&[usize]>) -> Self {
        let Some(groups) = groups else {
            return Self {
                group_of: (0..examples).collect(),
                groups: examples,
            };
        };
        assert_eq!(groups.len(), examples, "one group for each example");
        let mut distinct = groups.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let number = |group: &usize| distinct.partition_point(|other| other < group);
        Self {
            group_of: groups.iter().map(number).collect(),
            groups: distinct.len(),
        }
    }

    /// Returns the number of groups.
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// Computes `statistic` for each of [`RESAMPLES`] resamples, in parallel; the order of the results is fixed.
    ///
    /// `statistic` receives the weight of each example: how often its group was drawn.
    pub fn resample<T: Send>(&self, statistic: impl Fn(&[u32]) -> T + Sync) -> Vec<T> {
        (0..RESAMPLES as u64)
            .into_par_iter()
            .map(|resample| {
                let mut rng = ChaCha8Rng::seed_from_u64(SEED);
                rng.set_stream(resample);
                let mut draws = vec![0u32; self.groups];
                for _ in 0..self.groups {
                    draws[rng.random_range(0..self.groups)] += 1;
                }
                let weights: Vec<u32> = self.group_of.iter().map(|&group| draws[group]).collect();
                statistic(&weights)
            })
            .collect()
    }
}

/// Returns the 95 % interval of one statistic of `examples` examples.
///
/// `statistic` receives the weight of each example, and returns `None` where a resample does not define it. `groups`
/// is that of [`Resampler::new`], and the interval that of [`percentile_interval`].
///
/// # Panics
/// If there are groups, but not one for each example.
///
/// # Examples
/// ```
/// let is_correct = [true, true, true, false, true, true, false, true];
/// let accuracy = |weights: &[u32]| {
///     let correct = weights.iter().zip(is_correct).filter(|(_, correct)| *correct);
///     let correct: u32 = correct.map(|(weight, _)| weight).sum();
///     Some(f64::from(correct) / f64::from(weights.iter().sum::<u32>()))
/// };
/// let [low, high] = metrics::bootstrap::interval(8, None, accuracy).unwrap();
/// assert!(0.3 < low && low < 0.75 && 0.75 < high && high <= 1.0);
/// ```
pub fn interval(
    examples: usize,
    groups: Option<&[usize]>,
    statistic: impl Fn(&[u32]) -> Option<f64> + Sync,
) -> Option<[f64; 2]> {
    let results = Resampler::new(examples, groups).resample(statistic);
    percentile_interval(results.into_iter())
}

/// Returns the 2.5 % and the 97.5 % percentile of the results of [`RESAMPLES`] resamples, linearly interpolated as
/// by NumPy's `percentile`.
///
/// `None` if fewer than half of the resamples have a result, as for the recall of a class with a single example.
/// A `NaN` result sorts to one of the ends.
pub fn percentile_interval(results: impl Iterator<Item = Option<f64>>) -> Option<[f64; 2]> {
    let mut results: Vec<f64> = results.flatten().collect();
    if results.len() < RESAMPLES / 2 {
        return None;
    }
    results.sort_by(f64::total_cmp);
    Some(PERCENTILES.map(|probability| {
        let position = probability * (results.len() - 1) as f64;
        let (below, above) = (position.floor() as usize, position.ceil() as usize);
        results[below] + (results[above] - results[below]) * (position - below as f64)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `np.percentile(np.arange(1000), [2.5, 97.5])` = [24.975, 974.025].
    #[test]
    fn percentiles_agree_with_numpy() {
        let results = (0..1000).rev().map(|value| Some(f64::from(value)));
        let [low, high] = percentile_interval(results).unwrap();
        assert!(
            (low - 24.975).abs() < 1e-9 && (high - 974.025).abs() < 1e-9,
            "{low} {high}"
        );
    }

    #[test]
    fn a_statistic_missing_in_most_resamples_has_no_interval() {
        let missing = |present: usize| {
            percentile_interval((0..RESAMPLES).map(|at| (at < present).then_some(1.0)))
        };
        assert_eq!(missing(RESAMPLES / 2 - 1), None);
        assert_eq!(missing(RESAMPLES / 2), Some([1.0, 1.0]));
        assert_eq!(interval(0, None, |_| None), None);
    }

    /// The intervals that every version of this crate has given. The statistic is a fraction of integers, so they are
    /// the same on every machine.
    #[test]
    fn intervals_are_those_of_the_fixed_seed() {
        let mean_index = |weights: &[u32]| {
            let sum: u32 = weights
                .iter()
                .zip(0..)
                .map(|(weight, at)| weight * at)
                .sum();
            Some(f64::from(sum) / f64::from(weights.iter().sum::<u32>()))
        };
        let groups: Vec<usize> = (0..100).map(|example| 7 * (example / 3)).collect();
        let found = [None, Some(&groups[..])].map(|groups| interval(100, groups, mean_index));
        assert_eq!(
            found,
            [
                Some([43.46, 55.08125]),
                Some([39.413250000000005, 58.562635054021605])
            ]
        );
    }

    #[test]
    fn groups_are_drawn_as_a_whole() {
        let resampler = Resampler::new(4, Some(&[9, 2, 9, 5]));
        assert_eq!(resampler.groups(), 3);
        let weights = resampler.resample(<[u32]>::to_vec);
        assert_eq!(weights.len(), RESAMPLES);
        for weights in &weights {
            assert_eq!(weights[0], weights[2]);
            assert_eq!(weights[0] + weights[1] + weights[3], 3);
        }
    }
}
