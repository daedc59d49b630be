//! Classification of every phrase of a parse tree.

use burn::tensor::Tensor;
use burn::train::ClassificationOutput;
use datasets::trees::TreeTargets;

use super::Objective;
use super::loss::Loss;

/// Classification of all labelled words and phrases, each counted once, as in Socher et al. (2013). The metrics are of
/// whole sentences.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClassifyPhrases {
    /// Loss of each phrase.
    pub loss: Loss,
}

impl Objective<Tensor<2>> for ClassifyPhrases {
    type Target = TreeTargets;
    type Report = ClassificationOutput;

    /// Evaluates a batch of trees.
    ///
    /// # Shapes
    /// - logits: `[nodes, classes]`
    fn evaluate(&self, logits: Tensor<2>, targets: TreeTargets) -> ClassificationOutput {
        let labelled = logits.clone().select(0, targets.rows);
        let loss = self.loss.forward(labelled, targets.classes);
        let sentences = logits.select(0, targets.roots);
        ClassificationOutput::new(loss, sentences, targets.root_classes)
    }
}
