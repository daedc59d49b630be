//! Classification: one label per example.

use burn::tensor::{Int, Tensor};
use burn::train::ClassificationOutput;
use datasets::Labels;

use super::Objective;
use super::loss::Loss;

/// Classification into one of several classes.
#[derive(Clone, Debug, Default)]
pub struct Classify {
    /// Loss of each example.
    pub loss: Loss,
}

impl Objective<Tensor<2>> for Classify {
    type Target = Labels;
    type Report = ClassificationOutput;

    /// Evaluates a batch. The loss of a mixed picture is the mean of the losses for its two labels, weighted by their
    /// shares; that of an ensemble is the mean of its members' losses.
    ///
    /// # Shapes
    /// - logits: `[batch, classes]`, or `[members * batch, classes]` of an ensemble, member by member
    fn evaluate(&self, logits: Tensor<2>, targets: Labels) -> ClassificationOutput {
        let members = logits.dims()[0] / targets.own.dims()[0];
        let repeat = |labels: Tensor<1, Int>| match members {
            1 => labels,
            members => labels.repeat_dim(0, members),
        };
        let own = repeat(targets.own);
        let mut loss = self.loss.forward(logits.clone(), own.clone());
        if let Some((other, share)) = targets.other {
            let other = self.loss.forward(logits.clone(), repeat(other));
            loss = loss * (1.0 - share) + other * share;
        }
        ClassificationOutput::new(loss, logits, own)
    }
}
