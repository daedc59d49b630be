//! Translation: the cross-entropy of each token of the reference.

use burn::tensor::{ExecutionError, Int, Tensor};
use burn::train::ItemLazy;
use burn::train::metric::{Adaptor, LossInput};
use models::translator::{PADDING, Translation};

use super::mean::MeanInput;
use super::{HasLoss, Objective};

/// Name of the metric of the plain cross-entropy.
pub const CROSS_ENTROPY: &str = "Cross-entropy";

/// Cross-entropy of each predicted token with the reference, as a mean over the tokens of a batch without padding.
#[derive(Clone, Copy, Debug)]
pub struct Translate {
    /// Label smoothing: the fraction of the target probability that is spread over all tokens (Szegedy et al. 2016,
    /// <https://arxiv.org/abs/1512.00567>).
    pub smoothing: f64,
}

/// Reference of a batch.
#[derive(Clone, Debug)]
pub struct TranslationTarget {
    /// Next token at each step, step by step, `[steps * batch]`.
    pub tokens: Tensor<1, Int>,
    /// Number of tokens that are not padding.
    pub count: usize,
}

/// Loss of a batch and its parts, of shape `[1]` each.
#[derive(Clone, Debug)]
pub struct TranslationReport {
    /// Cross-entropy with label smoothing.
    pub loss: Tensor<1>,
    /// Cross-entropy without label smoothing, the logarithm of the perplexity.
    pub cross_entropy: Tensor<1>,
    /// Number of tokens in these means.
    pub tokens: usize,
}

impl Objective<Translation> for Translate {
    type Target = TranslationTarget;
    type Report = TranslationReport;

    fn evaluate(&self, prediction: Translation, target: TranslationTarget) -> TranslationReport {
        let rows =
            kernels::cross_entropy_rows(prediction.logits, target.tokens, PADDING, self.smoothing);
        let count = target.count.max(1) as f64;
        TranslationReport {
            loss: rows.losses.sum() / count,
            cross_entropy: rows.nll.sum() / count,
            tokens: target.count,
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
