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
        let forward = |labels: Tensor<1, Int>, weights: Option<Tensor<1>>| match weights {
            None => self.loss.forward(logits.clone(), labels),
            Some(weights) => {
                let weights = weights.repeat_dim(0, members);
                self.loss.forward_weighted(logits.clone(), labels, weights)
            }
        };
        let mut loss = forward(own.clone(), targets.weights.clone());
        if let Some((other, share)) = targets.other {
            let weights = targets.weights.map(|weights| weights.flip([0]));
            let other = forward(repeat(other), weights);
            loss = loss * (1.0 - share) + other * share;
        }
        ClassificationOutput::new(loss, logits, own)
    }
}
