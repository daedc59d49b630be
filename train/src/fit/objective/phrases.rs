//! Every phrase its class: what networks over trees minimise.

use burn::tensor::Tensor;
use burn::train::ClassificationOutput;
use datasets::trees::TreeTargets;

use super::{Loss, Objective};

/// The mean loss over all words and phrases whose class is known, each counted once, as Socher et al. (2013)
/// have it. The metrics are told of whole sentences alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClassifyPhrases {
    /// What is minimised.
    pub loss: Loss,
}

impl Objective<Tensor<2>> for ClassifyPhrases {
    type Target = TreeTargets;
    type Report = ClassificationOutput;

    /// # Shapes
    /// - logits: `[nodes, classes]`
    fn evaluate(&self, logits: Tensor<2>, targets: TreeTargets) -> ClassificationOutput {
        let labelled = logits.clone().select(0, targets.rows);
        let loss = self.loss.forward(labelled, targets.classes);
        let sentences = logits.select(0, targets.roots);
        ClassificationOutput::new(loss, sentences, targets.root_classes)
    }
}
