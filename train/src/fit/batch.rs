//! Batches: input of the network, and target of the objective.

use burn::tensor::Tensor;
use datasets::trees::TreeTargets;
use datasets::{ImageBatch, Labels, PairBatch, ReconstructionBatch, TreeBatch};
use models::Forest;
use models::translator::{Sentences, TranslationInput};

use crate::fit::objective::translate::TranslationTarget;

/// A batch of examples: input of the network, and target of the objective.
pub trait Batch: Send + Clone + std::fmt::Debug + 'static {
    /// Input of the network.
    type Input;
    /// Target of the objective.
    type Target;

    /// Splits the batch into input and target.
    fn into_parts(self) -> (Self::Input, Self::Target);
}

impl Batch for ImageBatch {
    type Input = Tensor<4>;
    type Target = Labels;

    fn into_parts(self) -> (Self::Input, Self::Target) {
        (self.images, self.targets)
    }
}

impl Batch for ReconstructionBatch {
    type Input = Tensor<4>;
    type Target = Tensor<4>;

    fn into_parts(self) -> (Self::Input, Self::Target) {
        (self.inputs, self.targets)
    }
}

impl Batch for PairBatch {
    type Input = TranslationInput;
    type Target = TranslationTarget;

    fn into_parts(self) -> (TranslationInput, TranslationTarget) {
        let input = TranslationInput {
            source: Sentences {
                tokens: self.source,
                lengths: self.source_lengths,
            },
            previous: self.before,
            sampled: self.replaced,
        };
        let target = TranslationTarget {
            tokens: self.after.flatten(0, 1),
            count: self.target_tokens,
        };
        (input, target)
    }
}

impl Batch for TreeBatch {
    type Input = Forest;
    type Target = TreeTargets;

    fn into_parts(self) -> (Self::Input, Self::Target) {
        let forest = Forest {
            words: self.words,
            leaves: self.leaves,
            children: self.children,
        };
        (forest, self.targets)
    }
}
