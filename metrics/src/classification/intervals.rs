//! Bootstrap intervals of a classifier's metrics.

use serde::Serialize;

use super::tally::{Tally, mean_of_present};
use crate::bootstrap::{RESAMPLES, Resampler, percentile_interval};
use crate::predictions::Predictions;

/// 95 % bootstrap intervals, as of [`crate::bootstrap`].
///
/// A metric that fewer than half of the resamples define, such as the recall of a class with a single example, has
/// none.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Intervals {
    /// Number of resamples.
    pub resamples: usize,
    /// Number of groups; the number of examples where no groups are known.
    pub groups: usize,
    /// Interval of the accuracy.
    pub accuracy: Option<[f64; 2]>,
    /// Interval of the balanced accuracy.
    pub balanced_accuracy: Option<[f64; 2]>,
    /// Interval of the macro-averaged F1.
    pub macro_f1: Option<[f64; 2]>,
    /// Interval of the mean area under the ROC curves.
    pub auroc: Option<[f64; 2]>,
    /// Intervals of each class.
    pub per_class: Vec<ClassIntervals>,
}

/// 95 % bootstrap intervals of one class.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassIntervals {
    /// Name of the class.
    pub class: String,
    /// Interval of the recall.
    pub recall: Option<[f64; 2]>,
    /// Interval of the area under the ROC curve against the rest.
    pub auroc: Option<[f64; 2]>,
}

impl Intervals {
    /// Resamples the predictions by group.
    ///
    /// `groups` holds the group of each example; `None` makes each example its own.
    ///
    /// # Panics
    /// If there are groups, but not one for each example.
    pub(crate) fn new(
        predictions: &Predictions,
        class_names: &[String],
        groups: Option<&[usize]>,
    ) -> Self {
        let tally = Tally::new(predictions, class_names.len());
        let resampler = Resampler::new(predictions.len(), groups);
        let resamples = resampler.resample(|weights| Resample::new(&tally, weights));
        let interval = |metric: &dyn Fn(&Resample) -> Option<f64>| {
            percentile_interval(resamples.iter().map(metric))
        };
        Self {
            resamples: RESAMPLES,
            groups: resampler.groups(),
            accuracy: interval(&|resample| resample.accuracy),
            balanced_accuracy: interval(&|resample| mean_of_present(&resample.recalls)),
            macro_f1: interval(&|resample| mean_of_present(&resample.f1)),
            auroc: interval(&|resample| mean_of_present(&resample.areas)),
            per_class: (class_names.iter().enumerate())
                .map(|(class, name)| ClassIntervals {
                    class: name.clone(),
                    recall: interval(&|resample| resample.recalls[class]),
                    auroc: interval(&|resample| resample.areas[class]),
                })
                .collect(),
        }
    }
}

/// Metrics of one resample; `None` for a class without an example in it.
struct Resample {
    accuracy: Option<f64>,
    recalls: Vec<Option<f64>>,
    f1: Vec<Option<f64>>,
    areas: Vec<Option<f64>>,
}

impl Resample {
    fn new(tally: &Tally, weights: &[u32]) -> Self {
        let confusion = tally.confusion(weights);
        let classes = 0..confusion.len();
        let correct: u64 = classes.clone().map(|class| confusion[class][class]).sum();
        let total: u64 = confusion.iter().flatten().sum();
        let support = |class: usize| confusion[class].iter().sum::<u64>();
        let predicted = |class: usize| confusion.iter().map(|row| row[class]).sum::<u64>();
        let fraction = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
        Self {
            accuracy: fraction(correct, total),
            recalls: (classes.clone())
                .map(|class| fraction(confusion[class][class], support(class)))
                .collect(),
            f1: (classes.clone())
                .map(|class| {
                    let both = support(class) + predicted(class);
                    fraction(2 * confusion[class][class], both).filter(|_| support(class) > 0)
                })
                .collect(),
            areas: classes.map(|class| tally.auroc(class, weights)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `n` examples of two classes, one in five classified wrongly, each `copies` times.
    fn predictions(n: usize, copies: usize) -> Predictions {
        let mut predictions = Predictions::new(2);
        for example in 0..n * copies {
            let number = example / copies;
            let label = number % 2;
            let is_correct = !number.is_multiple_of(5);
            let z = if is_correct {
                1.0 + number as f64 * 1e-3
            } else {
                -1.0
            };
            let logits = if label == 0 { [z, 0.0] } else { [0.0, z] };
            predictions.push(&logits, label);
        }
        predictions
    }

    fn names() -> Vec<String> {
        ["a", "b"].map(String::from).to_vec()
    }

    /// The standard deviation of a proportion is sqrt(p (1 - p) / n), and the bootstrap reproduces it.
    #[test]
    fn the_interval_of_the_accuracy_has_the_width_of_a_proportions() {
        let intervals = Intervals::new(&predictions(400, 1), &names(), None);
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

    /// Four copies of each picture are not more evidence than one.
    #[test]
    fn copies_do_not_make_an_interval_narrower() {
        let copies = predictions(100, 4);
        let groups: Vec<usize> = (0..400).map(|example| 7 * (example / 4)).collect();
        let width = |intervals: &Intervals| {
            let [low, high] = intervals.accuracy.unwrap();
            high - low
        };
        let single = width(&Intervals::new(&predictions(100, 1), &names(), None));
        let grouped = Intervals::new(&copies, &names(), Some(&groups));
        assert_eq!(grouped.groups, 100);
        assert!((width(&grouped) / single - 1.0).abs() < 1e-12);
        let ungrouped = width(&Intervals::new(&copies, &names(), None));
        assert!(
            (ungrouped / single - 0.5).abs() < 0.06,
            "{ungrouped} {single}"
        );
    }

    #[test]
    fn intervals_are_the_same_every_time() {
        let [first, second] = [0; 2].map(|_| Intervals::new(&predictions(50, 1), &names(), None));
        assert_eq!(first, second);
    }

    #[test]
    fn a_class_without_an_example_has_no_interval() {
        let mut predictions = Predictions::new(2);
        (0..20).for_each(|n| predictions.push(&[f64::from(n), 3.0], 0));
        let intervals = Intervals::new(&predictions, &names(), None);
        assert!(intervals.per_class[0].recall.is_some());
        assert_eq!(intervals.per_class[1].recall, None);
        assert_eq!(intervals.auroc, None);
        let empty = Intervals::new(&Predictions::new(2), &names(), None);
        assert_eq!(empty.accuracy, None);
    }
}
