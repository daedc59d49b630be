//! Intervals by drawing the examples again, group by group: the pictures of one group (copies of
//! each other, scans of one patient) are no independent evidence, so they are drawn together
//! (Davison and Hinkley 1997, Bootstrap Methods and their Application, section 3.8).

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

use crate::classification::{Predictions, Tally};

/// How often the examples are drawn again.
pub const RESAMPLES: usize = 1_000;

/// Always the same: an interval must not depend on when it was computed.
const SEED: u64 = 1_979;

/// 95 % intervals (percentiles of the resamples). A figure that fewer than half of the resamples
/// have, as the recall of a class of one example, has none.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Intervals {
    /// How often the groups were drawn.
    pub resamples: usize,
    /// How many groups there are; as many as examples where no groups are known.
    pub groups: usize,
    /// Of the accuracy.
    pub accuracy: Option<[f64; 2]>,
    /// Of the mean recall.
    pub balanced_accuracy: Option<[f64; 2]>,
    /// Of the mean F1.
    pub macro_f1: Option<[f64; 2]>,
    /// Of the mean area under the ROC curves.
    pub auroc: Option<[f64; 2]>,
    /// One entry per class.
    pub per_class: Vec<ClassIntervals>,
}

/// 95 % intervals of one class.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassIntervals {
    /// The class.
    pub class: String,
    /// Of the recall.
    pub recall: Option<[f64; 2]>,
    /// Of the area under the ROC curve.
    pub auroc: Option<[f64; 2]>,
}

/// Draws the groups again and again. `groups` holds the group of each example; `None`: each is its
/// own.
pub(crate) fn intervals(
    predictions: &Predictions,
    class_names: &[String],
    groups: Option<&[usize]>,
) -> Intervals {
    let tally = Tally::new(predictions, class_names.len());
    let (members, groups) = numbered(groups, predictions.len());
    let draws = resampled(&members, groups, |weights| Draw::new(&tally, weights));
    let interval = |figure: &dyn Fn(&Draw) -> Option<f64>| percentiles(draws.iter().map(figure));
    Intervals {
        resamples: RESAMPLES,
        groups,
        accuracy: interval(&|draw| draw.accuracy),
        balanced_accuracy: interval(&|draw| mean(&draw.recalls)),
        macro_f1: interval(&|draw| mean(&draw.f1)),
        auroc: interval(&|draw| mean(&draw.areas)),
        per_class: (class_names.iter().enumerate())
            .map(|(class, name)| ClassIntervals {
                class: name.clone(),
                recall: interval(&|draw| draw.recalls[class]),
                auroc: interval(&|draw| draw.areas[class]),
            })
            .collect(),
    }
}

/// The interval of one figure, which is told how often each of `examples` examples counts. `groups`
/// holds the group of each; `None`: each is its own.
pub fn interval(
    examples: usize,
    groups: Option<&[usize]>,
    figure: impl Fn(&[u32]) -> Option<f64> + Sync,
) -> Option<[f64; 2]> {
    let (members, groups) = numbered(groups, examples);
    percentiles(resampled(&members, groups, figure).into_iter())
}

/// What `figure` makes of each resample, told how often each example was drawn with its group.
fn resampled<T: Send>(
    members: &[usize],
    groups: usize,
    figure: impl Fn(&[u32]) -> T + Sync,
) -> Vec<T> {
    (0..RESAMPLES as u64)
        .into_par_iter()
        .map(|resample| {
            let mut rng = ChaCha8Rng::seed_from_u64(SEED);
            rng.set_stream(resample);
            let mut times = vec![0u32; groups];
            for _ in 0..groups {
                times[rng.random_range(0..groups)] += 1;
            }
            let weights: Vec<u32> = members.iter().map(|&group| times[group]).collect();
            figure(&weights)
        })
        .collect()
}

/// The figures of one resample; `None` where a class has no example in it.
struct Draw {
    accuracy: Option<f64>,
    recalls: Vec<Option<f64>>,
    f1: Vec<Option<f64>>,
    areas: Vec<Option<f64>>,
}

impl Draw {
    fn new(tally: &Tally, weights: &[u32]) -> Self {
        let confusion = tally.confusion(weights);
        let classes = 0..confusion.len();
        let right: u64 = classes.clone().map(|class| confusion[class][class]).sum();
        let all: u64 = confusion.iter().flatten().sum();
        let support = |class: usize| confusion[class].iter().sum::<u64>();
        let called = |class: usize| confusion.iter().map(|row| row[class]).sum::<u64>();
        let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
        Self {
            accuracy: share(right, all),
            recalls: (classes.clone())
                .map(|class| share(confusion[class][class], support(class)))
                .collect(),
            f1: (classes.clone())
                .map(|class| {
                    let both = support(class) + called(class);
                    share(2 * confusion[class][class], both).filter(|_| support(class) > 0)
                })
                .collect(),
            areas: classes.map(|class| tally.auroc(class, weights)).collect(),
        }
    }
}

/// The mean of those that there are.
pub(crate) fn mean(figures: &[Option<f64>]) -> Option<f64> {
    let count = figures.iter().flatten().count();
    (count > 0).then(|| figures.iter().flatten().sum::<f64>() / count as f64)
}

/// The groups numbered from 0, and how many there are.
fn numbered(groups: Option<&[usize]>, examples: usize) -> (Vec<usize>, usize) {
    let Some(groups) = groups else {
        return ((0..examples).collect(), examples);
    };
    assert_eq!(groups.len(), examples, "one group for each example");
    let mut names = groups.to_vec();
    names.sort_unstable();
    names.dedup();
    let number = |group: &usize| names.partition_point(|name| name < group);
    (groups.iter().map(number).collect(), names.len())
}

/// The 2.5 % and the 97.5 % percentile, interpolated as NumPy's `percentile` does.
fn percentiles(figures: impl Iterator<Item = Option<f64>>) -> Option<[f64; 2]> {
    let mut figures: Vec<f64> = figures.flatten().collect();
    if figures.len() < RESAMPLES / 2 {
        return None;
    }
    figures.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = share * (figures.len() - 1) as f64;
        let (below, above) = (place.floor() as usize, place.ceil() as usize);
        figures[below] + (figures[above] - figures[below]) * (place - below as f64)
    };
    Some([at(0.025), at(0.975)])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `n` examples of two classes, one in five answered wrongly, each `copies` times.
    fn predictions(n: usize, copies: usize) -> Predictions {
        let mut predictions = Predictions::new(2);
        for example in 0..n * copies {
            let number = example / copies;
            let truth = number % 2;
            let right = !number.is_multiple_of(5);
            let z = if right {
                1.0 + number as f64 * 1e-3
            } else {
                -1.0
            };
            let logits = if truth == 0 { [z, 0.0] } else { [0.0, z] };
            predictions.push(&logits, truth);
        }
        predictions
    }

    fn names() -> Vec<String> {
        ["a", "b"].map(String::from).to_vec()
    }

    /// The spread of a proportion is sqrt(p (1 - p) / n), and a bootstrap finds it.
    #[test]
    fn the_interval_of_an_accuracy_is_that_of_a_proportion() {
        let intervals = intervals(&predictions(400, 1), &names(), None);
        let [low, high] = intervals.accuracy.unwrap();
        let half = 1.96 * (0.8f64 * 0.2 / 400.0).sqrt();
        assert!((low - (0.8 - half)).abs() < 0.008, "{low}");
        assert!((high - (0.8 + half)).abs() < 0.008, "{high}");
        assert_eq!((intervals.groups, intervals.resamples), (400, RESAMPLES));
        for interval in [
            intervals.auroc,
            intervals.macro_f1,
            intervals.balanced_accuracy,
        ] {
            let [low, high] = interval.unwrap();
            assert!(0.5 < low && low < high && high <= 1.0, "{low} {high}");
        }
        for class in &intervals.per_class {
            let [low, high] = class.recall.unwrap();
            assert!(low < 0.8 && 0.8 < high, "{low} {high}");
        }
    }

    /// Four copies of each picture are no more evidence than one.
    #[test]
    fn copies_do_not_make_an_interval_narrower() {
        let copies = predictions(100, 4);
        let groups: Vec<usize> = (0..400).map(|example| 7 * (example / 4)).collect();
        let width = |intervals: &Intervals| {
            let [low, high] = intervals.accuracy.unwrap();
            high - low
        };
        let alone = width(&intervals(&predictions(100, 1), &names(), None));
        let grouped = intervals(&copies, &names(), Some(&groups));
        assert_eq!(grouped.groups, 100);
        assert!((width(&grouped) / alone - 1.0).abs() < 1e-12);
        let mistaken = width(&intervals(&copies, &names(), None));
        assert!((mistaken / alone - 0.5).abs() < 0.06, "{mistaken} {alone}");
    }

    #[test]
    fn intervals_are_the_same_every_time() {
        let [first, second] = [0; 2].map(|_| intervals(&predictions(50, 1), &names(), None));
        assert_eq!(first, second);
    }

    #[test]
    fn a_class_without_an_example_has_no_interval() {
        let mut predictions = Predictions::new(2);
        (0..20).for_each(|n| predictions.push(&[f64::from(n), 3.0], 0));
        let intervals = intervals(&predictions, &names(), None);
        assert!(intervals.per_class[0].recall.is_some());
        assert_eq!(intervals.per_class[1].recall, None);
        assert_eq!(intervals.auroc, None);
        let none = super::intervals(&Predictions::new(2), &names(), None);
        assert_eq!(none.accuracy, None);
    }
}
