//! What is counted again for every bootstrap resample: the confusion matrix and the rankings of the classes.

use crate::predictions::Predictions;
use crate::ranking::Ranking;

/// Labels, predicted classes and one ranking per class, prepared once for any number of weightings.
pub(crate) struct Tally {
    labels: Vec<usize>,
    predicted: Vec<usize>,
    /// For each class, the examples ranked by its probability, and which of them belong to it.
    rankings: Vec<(Ranking, Vec<bool>)>,
}

impl Tally {
    pub(crate) fn new(predictions: &Predictions, classes: usize) -> Self {
        let ranking = |class| {
            let (scores, is_positive) = one_vs_rest(predictions, class);
            (Ranking::new(&scores), is_positive)
        };
        Self {
            labels: predictions.labels.clone(),
            predicted: predictions.predicted_classes(),
            rankings: (0..classes).map(ranking).collect(),
        }
    }

    /// Returns `confusion[label][predicted]`, each example counted as often as its weight says.
    pub(crate) fn confusion(&self, weights: &[u32]) -> Vec<Vec<u64>> {
        let classes = self.rankings.len();
        let mut confusion = vec![vec![0; classes]; classes];
        for ((label, predicted), weight) in self.labels.iter().zip(&self.predicted).zip(weights) {
            confusion[*label][*predicted] += u64::from(*weight);
        }
        confusion
    }

    /// Returns the area under the ROC curve of `class` against the rest.
    pub(crate) fn auroc(&self, class: usize, weights: &[u32]) -> Option<f64> {
        let (ranking, is_positive) = &self.rankings[class];
        ranking.auroc(is_positive, weights)
    }
}

/// Returns the probability of `class` for each example, and whether the example belongs to it.
pub(crate) fn one_vs_rest(predictions: &Predictions, class: usize) -> (Vec<f64>, Vec<bool>) {
    let scores = predictions
        .probability_rows()
        .map(|row| row[class])
        .collect();
    let is_positive = predictions.labels.iter().map(|label| *label == class);
    (scores, is_positive.collect())
}

/// Returns the mean of the values that are present; `None` if none is.
pub(crate) fn mean_of_present(values: &[Option<f64>]) -> Option<f64> {
    let count = values.iter().flatten().count();
    (count > 0).then(|| values.iter().flatten().sum::<f64>() / count as f64)
}
