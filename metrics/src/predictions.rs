//! The predictions of a classifier, which most metrics are computed from.

/// A classifier's predictions on one part of the data, with the true labels.
///
/// # Examples
/// ```
/// use metrics::Predictions;
///
/// let mut predictions = Predictions::new(2);
/// predictions.push(&[2.0, 0.0], 0);
/// predictions.push(&[1.0, 0.0], 1);
/// assert_eq!(predictions.predicted_classes(), [0, 0]);
/// assert!((predictions.probabilities[0] - 0.8808).abs() < 1e-4);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    /// Number of classes.
    pub classes: usize,
    /// Logits, `[n, classes]` row by row.
    pub logits: Vec<f64>,
    /// Softmax probabilities, `[n, classes]` row by row.
    pub probabilities: Vec<f64>,
    /// Cross-entropy of each example, -ln p(label), in nats.
    pub losses: Vec<f64>,
    /// True class of each example.
    pub labels: Vec<usize>,
}

impl Predictions {
    /// Creates an empty set of predictions over `classes` classes.
    pub fn new(classes: usize) -> Self {
        Self {
            classes,
            logits: Vec::new(),
            probabilities: Vec::new(),
            losses: Vec::new(),
            labels: Vec::new(),
        }
    }

    /// Appends the logits of one example whose true class is `label`.
    ///
    /// Probabilities and loss are finite for any finite logits, and `NaN` if a logit is.
    ///
    /// # Panics
    /// If `label` is not below the number of logits.
    pub fn push(&mut self, logits: &[f64], label: usize) {
        self.logits.extend(logits);
        self.push_softmax(logits, label, 1.0);
    }

    /// Appends probabilities, loss and label of an example whose logits are stored already.
    fn push_softmax(&mut self, logits: &[f64], label: usize, temperature: f64) {
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let scaled = |logit: f64| (logit - largest) / temperature;
        let log_sum = logits.iter().map(|z| scaled(*z).exp()).sum::<f64>().ln();
        self.probabilities
            .extend(logits.iter().map(|z| (scaled(*z) - log_sum).exp()));
        self.losses.push(log_sum - scaled(logits[label]));
        self.labels.push(label);
    }

    /// Returns these predictions with the probabilities and losses of softmax(logits / temperature).
    pub fn with_temperature(&self, temperature: f64) -> Self {
        let mut predictions = Self {
            logits: self.logits.clone(),
            ..Self::new(self.classes)
        };
        for (logits, label) in self.logit_rows().zip(&self.labels) {
            predictions.push_softmax(logits, *label, temperature);
        }
        predictions
    }

    /// Returns the number of examples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Returns whether there are no examples.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Returns the predictions of the examples whose entry in `mask` is true.
    ///
    /// # Panics
    /// If `mask` has fewer entries than there are examples.
    pub fn select(&self, mask: &[bool]) -> Self {
        let mut selected = Self::new(self.classes);
        let rows = self.probability_rows().zip(self.logit_rows()).enumerate();
        for (index, (probabilities, logits)) in rows.filter(|(index, _)| mask[*index]) {
            selected.logits.extend(logits);
            selected.probabilities.extend(probabilities);
            selected.losses.push(self.losses[index]);
            selected.labels.push(self.labels[index]);
        }
        selected
    }

    /// Returns the probabilities of each example.
    pub fn probability_rows(&self) -> impl Iterator<Item = &[f64]> {
        self.probabilities.chunks_exact(self.classes.max(1))
    }

    /// Returns the logits of each example.
    pub fn logit_rows(&self) -> impl Iterator<Item = &[f64]> {
        self.logits.chunks_exact(self.classes.max(1))
    }

    /// Returns the most probable class of each example; the lowest of equally probable ones.
    pub fn predicted_classes(&self) -> Vec<usize> {
        self.top_classes().map(|(_, class)| class).collect()
    }

    /// Returns the probability of the most probable class of each example (its confidence), and the class.
    ///
    /// Among equally probable classes the lowest is chosen. A `NaN` probability is never above another one.
    pub fn top_classes(&self) -> impl Iterator<Item = (f64, usize)> {
        self.probability_rows().map(|row| {
            let larger = |best, class| if row[class] > row[best] { class } else { best };
            let top = (0..row.len()).fold(0, larger);
            (row[top], top)
        })
    }

    /// Returns the mean cross-entropy (log loss) in nats; 0 without an example.
    pub fn mean_loss(&self) -> f64 {
        self.losses.iter().sum::<f64>() / self.len().max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cross_entropy_is_finite_for_huge_logits_and_probabilities_sum_to_one() {
        let mut predictions = Predictions::new(3);
        predictions.push(&[1e4, -1e4, 0.0], 1);
        predictions.push(&[0.0, 0.0, 0.0], 2);
        assert!((predictions.losses[0] - 2e4).abs() < 1e-6);
        assert!((predictions.losses[1] - 3f64.ln()).abs() < 1e-12);
        for row in predictions.probability_rows() {
            assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn select_keeps_the_masked_examples_in_order() {
        let mut predictions = Predictions::new(2);
        for (logit, label) in [(1.0, 0), (2.0, 1), (3.0, 1)] {
            predictions.push(&[logit, 0.0], label);
        }
        let mut expected = Predictions::new(2);
        expected.push(&[1.0, 0.0], 0);
        expected.push(&[3.0, 0.0], 1);
        assert_eq!(predictions.select(&[true, false, true]), expected);
        assert!(predictions.select(&[false; 3]).is_empty());
    }

    #[test]
    fn nan_logits_give_nan_probabilities_and_losses() {
        let mut predictions = Predictions::new(2);
        predictions.push(&[f64::NAN, 1.0], 1);
        assert!(predictions.probabilities.iter().all(|p| p.is_nan()));
        assert!(predictions.mean_loss().is_nan());
        assert_eq!(predictions.predicted_classes(), [0]);
    }
}
