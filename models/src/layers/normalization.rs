//! Normalisation between a layer's sums and its activation.

use std::str::FromStr;

use burn::module::Module;
use burn::nn::{BatchNorm, BatchNormConfig, GroupNorm, GroupNormConfig};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::layers::activation::{Activation, split};

/// What is brought to mean 0 and deviation 1, before a learned scale and shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalization {
    /// Each channel (or unit) over the batch; for an answer by the mean and deviation that training saw on
    /// average (Ioffe and Szegedy 2015, <https://arxiv.org/abs/1502.03167>).
    Batch,
    /// All maps (or units) of one picture together (Ba, Kiros and Hinton 2016,
    /// <https://arxiv.org/abs/1607.06450>); the chapter calls it internal normalisation. On maps this is
    /// group normalisation with a single group.
    Layer,
}

impl Normalization {
    /// How many numbers it keeps: a scale and a shift for each channel, and its [`statistics`](Self::statistics).
    pub(crate) fn parameters(self, channels: usize) -> usize {
        channels.saturating_mul(2) + self.statistics(channels)
    }

    /// How many of them are not trained: the mean and the variance of each channel.
    pub(crate) fn statistics(self, channels: usize) -> usize {
        match self {
            Self::Batch => channels.saturating_mul(2),
            Self::Layer => 0,
        }
    }
}

/// A normalisation, or expressly none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ChosenNormalization(pub Option<Normalization>);

impl FromStr for ChosenNormalization {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" => Ok(Self(None)),
            "batch" => Ok(Self(Some(Normalization::Batch))),
            "layer" => Ok(Self(Some(Normalization::Layer))),
            _ => Err(format!(
                "{text}: no such normalisation; choose none, batch or layer"
            )),
        }
    }
}

impl TryFrom<String> for ChosenNormalization {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ChosenNormalization> for String {
    fn from(ChosenNormalization(kind): ChosenNormalization) -> Self {
        match kind {
            None => "none",
            Some(Normalization::Batch) => "batch",
            Some(Normalization::Layer) => "layer",
        }
        .to_owned()
    }
}

/// A normalisation and the activation after it.
#[derive(Module, Debug)]
pub(crate) struct NormLayer {
    pub(crate) norm: Norm,
    #[module(skip)]
    pub(crate) activation: Activation,
}

/// Burn's modules, with their parameters and records.
#[derive(Module, Debug)]
pub(crate) enum Norm {
    Batch(BatchNorm),
    Layer(GroupNorm),
}

impl NormLayer {
    pub(crate) fn new(
        kind: Normalization,
        channels: usize,
        activation: Activation,
        device: &Device,
    ) -> Self {
        let norm = match kind {
            Normalization::Batch => Norm::Batch(BatchNormConfig::new(channels).init(device)),
            Normalization::Layer => Norm::Layer(GroupNormConfig::new(1, channels).init(device)),
        };
        Self { norm, activation }
    }

    /// # Shapes
    /// - input and output: `[batch, channels, ...]`
    pub(crate) fn forward<const D: usize>(&self, sums: Tensor<D>) -> Tensor<D> {
        match &self.norm {
            Norm::Batch(norm) if sums.device().is_autodiff() && norm.training.is_enabled() => {
                learn(norm, sums, self.activation)
            }
            Norm::Batch(norm) => self.activation.forward(norm.forward(sums)),
            Norm::Layer(norm) => self.activation.forward(norm.forward(sums)),
        }
    }
}

/// The forward pass of training: what [`BatchNorm`] does there, by the faster operation and with the
/// activation in it.
fn learn<const D: usize>(norm: &BatchNorm, sums: Tensor<D>, activation: Activation) -> Tensor<D> {
    let (rectifier, rest) = split(activation);
    let [gamma, beta] = [norm.gamma.val(), norm.beta.val()];
    let normed = kernels::batch_norm(sums, gamma, beta, norm.epsilon, rectifier);
    for (running, batch) in [
        (&norm.running_mean, normed.mean),
        (&norm.running_var, normed.variance),
    ] {
        let before = running.value_sync().to_device(&batch.device());
        let after = before * (1.0 - norm.momentum) + batch * norm.momentum;
        running.update(after.detach());
    }
    rest.forward(normed.output)
}

/// What a batch normalisation multiplies each channel by in an answer, and what it adds.
///
/// # Shapes
/// - output: both `[channels]`
pub(crate) fn line(norm: &BatchNorm, device: &Device) -> [Tensor<1>; 2] {
    let mean = norm.running_mean.value().to_device(device);
    let variance = norm.running_var.value().to_device(device);
    let factor = norm.gamma.val() / (variance + norm.epsilon).sqrt();
    [factor.clone(), norm.beta.val() - mean * factor]
}
