//! Pictures from pictures: what autoencoders minimise.

use std::sync::Arc;

use burn::tensor::{ExecutionError, Tensor, TensorReadError, activation};
use burn::train::ItemLazy;
use burn::train::metric::state::{FormatOptions, NumericMetricState};
use burn::train::metric::{
    Adaptor, LossInput, Metric, MetricAttributes, MetricMetadata, MetricName, Numeric,
    NumericAttributes, NumericEntry, SerializedEntry,
};
use models::Reconstruction;

use super::{HasLoss, Objective, Penalty};

/// The binary cross-entropy of each pixel, a probability, with the picture's value t:
/// -t ln sigma(z) - (1 - t) ln(1 - sigma(z)), the mean over pixels and pictures (Keras's
/// `binary_crossentropy`), and what the code costs.
///
/// A variational code costs its divergence from a standard normal distribution,
/// (m^2 + e^v - 1 - v) / 2 summed over the units, divided by the number of pixels, so that the loss
/// is the negative evidence lower bound in nats per pixel (Kingma and Welling 2014, appendix B).
#[derive(Clone, Copy, Debug)]
pub struct Reconstruct {
    /// What an active code costs.
    pub penalty: Option<Penalty>,
}

/// The loss of a batch and its parts, `[1]` each.
#[derive(Clone, Debug)]
pub struct ReconstructionReport {
    /// What is minimised.
    pub loss: Tensor<1>,
    /// The binary cross-entropy alone.
    pub cross_entropy: Tensor<1>,
}

impl Objective<Reconstruction> for Reconstruct {
    type Target = Tensor<4>;
    type Report = ReconstructionReport;

    /// # Shapes
    /// - prediction: see [`Reconstruction`]
    /// - targets: `[batch, channels, height, width]`, values of 0 to 1
    fn evaluate(&self, prediction: Reconstruction, targets: Tensor<4>) -> ReconstructionReport {
        let [_, channels, height, width] = targets.dims();
        let Reconstruction {
            logits,
            code,
            log_variance,
        } = prediction;
        let cross_entropy = cross_entropies(logits, targets).mean();
        let mut loss = cross_entropy.clone();
        if let Some(penalty) = &self.penalty {
            loss = loss + penalty.cost(&code);
        }
        if let Some(log_variance) = log_variance {
            let pixels = (channels * height * width) as f64;
            loss = loss + divergences(code, log_variance).mean() / pixels;
        }
        ReconstructionReport {
            loss,
            cross_entropy,
        }
    }
}

/// The binary cross-entropy of each pixel with its value, in nats; finite for any finite logit.
///
/// # Shapes
/// - `logits`, `targets` and output: `[batch, channels, height, width]`
pub fn cross_entropies(logits: Tensor<4>, targets: Tensor<4>) -> Tensor<4> {
    // ln(1 - sigma(z)) = ln sigma(z) - z.
    (-targets + 1.0) * logits.clone() - activation::log_sigmoid(logits)
}

/// The divergence of each picture's distribution of codes from a standard normal one, in nats.
///
/// # Shapes
/// - `mean`, `log_variance`: `[batch, units]`
/// - output: `[batch]`
pub fn divergences(mean: Tensor<2>, log_variance: Tensor<2>) -> Tensor<1> {
    let terms = mean.square() + log_variance.clone().exp() - 1.0 - log_variance;
    terms.sum_dim(1).squeeze_dim(1) / 2.0
}

impl HasLoss for ReconstructionReport {
    fn loss(&self) -> Tensor<1> {
        self.loss.clone()
    }
}

impl ItemLazy for ReconstructionReport {
    fn sync(self) -> Result<Self, ExecutionError> {
        self.loss.device().flush()?;
        Ok(Self {
            loss: self.loss.without_autodiff(),
            cross_entropy: self.cross_entropy.without_autodiff(),
        })
    }
}

impl Adaptor<LossInput> for ReconstructionReport {
    fn adapt(&self) -> LossInput {
        LossInput::new(self.loss.clone())
    }
}

/// What [`CrossEntropyMetric`] takes.
pub struct CrossEntropyInput(Tensor<1>);

impl Adaptor<CrossEntropyInput> for ReconstructionReport {
    fn adapt(&self) -> CrossEntropyInput {
        CrossEntropyInput(self.cross_entropy.clone())
    }
}

/// The binary cross-entropy without what the code costs, as a metric of Burn's.
#[derive(Clone)]
pub struct CrossEntropyMetric {
    name: Arc<String>,
    state: NumericMetricState,
}

impl Default for CrossEntropyMetric {
    fn default() -> Self {
        Self {
            name: Arc::new("BCE".to_owned()),
            state: NumericMetricState::default(),
        }
    }
}

impl Metric for CrossEntropyMetric {
    type Input = CrossEntropyInput;

    fn update(
        &mut self,
        item: &CrossEntropyInput,
        _metadata: &MetricMetadata,
    ) -> Result<SerializedEntry, TensorReadError> {
        let value = item.0.clone().try_into_scalar::<f64>()?;
        self.state.update(value, 1);
        let options = FormatOptions::new(self.name()).precision(4);
        Ok(self.state.compute_update(options))
    }

    fn compute(&mut self) -> Result<SerializedEntry, TensorReadError> {
        let options = FormatOptions::new(self.name()).precision(4);
        Ok(self.state.compute_final(options))
    }

    fn clear(&mut self) {
        self.state.reset();
    }

    fn name(&self) -> MetricName {
        self.name.clone()
    }

    fn attributes(&self) -> MetricAttributes {
        NumericAttributes {
            unit: None,
            higher_is_better: false,
        }
        .into()
    }
}

impl Numeric for CrossEntropyMetric {
    fn value(&self) -> Option<NumericEntry> {
        Some(self.state.current_value())
    }

    fn running_value(&self) -> Option<NumericEntry> {
        Some(self.state.running_value())
    }

    fn final_value(&self) -> NumericEntry {
        self.state.final_value()
    }
}
