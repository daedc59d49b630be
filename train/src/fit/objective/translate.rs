//! Sentences in another language: what a translator minimises.

use burn::tensor::{ExecutionError, Int, Tensor};
use burn::train::ItemLazy;
use burn::train::metric::{Adaptor, LossInput};
use models::translator::{PADDING, Translation};

use super::mean::MeanInput;
use super::{HasLoss, Objective};

/// The name of the metric of the plain cross-entropy.
pub const CROSS_ENTROPY: &str = "Cross-entropy";

/// The cross-entropy of each token with what should be said, the mean over the tokens of the batch; what fills
/// sentences up does not count.
#[derive(Clone, Copy, Debug)]
pub struct Translate {
    /// The share of the target that is spread over all tokens (label smoothing, Szegedy et al. 2016,
    /// <https://arxiv.org/abs/1512.00567>).
    pub smoothing: f64,
}

/// What should be said.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The next token at each step, step by step, `[steps * batch]`.
    pub tokens: Tensor<1, Int>,
    /// How many of them count.
    pub count: usize,
}

/// The loss of a batch and its parts, `[1]` each.
#[derive(Clone, Debug)]
pub struct TranslationReport {
    /// What is minimised.
    pub loss: Tensor<1>,
    /// The cross-entropy without smoothing: the logarithm of the perplexity.
    pub cross_entropy: Tensor<1>,
    /// How many tokens it is the mean of.
    pub tokens: usize,
}

impl Objective<Translation> for Translate {
    type Target = Wanted;
    type Report = TranslationReport;

    fn evaluate(&self, prediction: Translation, wanted: Wanted) -> TranslationReport {
        let rows =
            kernels::cross_entropy_rows(prediction.logits, wanted.tokens, PADDING, self.smoothing);
        let count = wanted.count.max(1) as f64;
        TranslationReport {
            loss: rows.losses.sum() / count,
            cross_entropy: rows.nll.sum() / count,
            tokens: wanted.count,
        }
    }
}

impl HasLoss for TranslationReport {
    fn loss(&self) -> Tensor<1> {
        self.loss.clone()
    }
}

impl ItemLazy for TranslationReport {
    fn sync(self) -> Result<Self, ExecutionError> {
        self.loss.device().flush()?;
        Ok(Self {
            loss: self.loss.without_autodiff(),
            cross_entropy: self.cross_entropy.without_autodiff(),
            tokens: self.tokens,
        })
    }
}

impl Adaptor<LossInput> for TranslationReport {
    fn adapt(&self) -> LossInput {
        LossInput::new(self.loss.clone())
    }
}

impl Adaptor<MeanInput> for TranslationReport {
    fn adapt(&self) -> MeanInput {
        MeanInput {
            value: self.cross_entropy.clone(),
            weight: self.tokens,
        }
    }
}
