//! Batch and layer normalisation, with the activation after it.

use burn::module::Module;
use burn::nn::{BatchNorm, BatchNormConfig, GroupNorm, GroupNormConfig, Initializer};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::error::ArchitectureError;
use crate::layers::activation::{Activation, split_rectifier};
use crate::layers::kind::{FeatureShape, Features, LayerConfig, LayerModule};
use crate::names::named;

/// Kind of normalisation: which values are brought to mean 0 and variance 1 together, before a learned scale and shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalization {
    /// Each channel over the batch; in inference by the running mean and variance of training (Ioffe and Szegedy 2015,
    /// <https://arxiv.org/abs/1502.03167>).
    Batch,
    /// All channels of one example (Ba, Kiros and Hinton 2016, <https://arxiv.org/abs/1607.06450>); the chapter calls
    /// it internal normalisation. On maps this is group normalisation with a single group.
    Layer,
}

/// A normalisation that was chosen, which may be none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ChosenNormalization(pub Option<Normalization>);

named!(ChosenNormalization, what: "normalisation", {
    "none" => Self(None),
    "batch" => Self(Some(Normalization::Batch)),
    "layer" => Self(Some(Normalization::Layer)),
});

impl TryFrom<String> for ChosenNormalization {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ChosenNormalization> for String {
    fn from(chosen: ChosenNormalization) -> Self {
        chosen.name().to_owned()
    }
}

/// Configuration of a normalisation, and of the activation after it.
#[derive(Clone, Debug, PartialEq)]
pub struct NormalizeConfig {
    /// Kind of normalisation.
    pub kind: Normalization,
    /// Activation function.
    pub activation: Activation,
}

impl LayerConfig for NormalizeConfig {
    type Module = Normalize;

    fn kind(&self) -> (&'static str, &'static str) {
        match self.kind {
            Normalization::Batch => ("BatchNormalization", "batch_normalization"),
            Normalization::Layer => ("LayerNormalization", "layer_normalization"),
        }
    }

    fn output_shape(
        &self,
        _name: &str,
        input: FeatureShape,
    ) -> Result<FeatureShape, ArchitectureError> {
        self.activation.validate()?;
        Ok(input)
    }

    fn init(&self, input: FeatureShape, _initializer: &Initializer, device: &Device) -> Normalize {
        let channels = input.channels();
        let norm = match self.kind {
            Normalization::Batch => Norm::Batch(BatchNormConfig::new(channels).init(device)),
            Normalization::Layer => Norm::Layer(GroupNormConfig::new(1, channels).init(device)),
        };
        Normalize {
            norm,
            activation: self.activation,
        }
    }

    fn mean_square(&self, _input: f64) -> f64 {
        1.0
    }
}

/// A normalisation and the activation after it. Built by a [`NormalizeConfig`].
#[derive(Module, Debug)]
pub struct Normalize {
    norm: Norm,
    #[module(skip)]
    activation: Activation,
}

/// Burn's modules, with their parameters and records.
#[derive(Module, Debug)]
enum Norm {
    Batch(BatchNorm),
    Layer(GroupNorm),
}

impl Normalize {
    /// Normalises, scales, shifts and applies the activation.
    ///
    /// # Shapes
    /// - input and output: `[batch, channels, ...]`
    pub fn forward<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        match &self.norm {
            Norm::Batch(norm) if input.device().is_autodiff() && norm.training.is_enabled() => {
                forward_training(norm, input, self.activation)
            }
            Norm::Batch(norm) => self.activation.forward(norm.forward(input)),
            Norm::Layer(norm) => self.activation.forward(norm.forward(input)),
        }
    }

    /// Returns the factor and the offset of each channel by which a batch normalisation acts in inference, and the
    /// activation after them; `None` in training, and for other kinds.
    ///
    /// # Shapes
    /// - output: both `[channels]`
    pub(crate) fn inference_affine(&self, device: &Device) -> Option<([Tensor<1>; 2], Activation)> {
        let Norm::Batch(norm) = &self.norm else {
            return None;
        };
        if device.is_autodiff() {
            return None;
        }
        let mean = norm.running_mean.value().to_device(device);
        let variance = norm.running_var.value().to_device(device);
        let factor = norm.gamma.val() / (variance + norm.epsilon).sqrt();
        let offset = norm.beta.val() - mean * factor.clone();
        Some(([factor, offset], self.activation))
    }
}

/// Does what [`BatchNorm`] does in training, by a faster operation that includes the activation.
fn forward_training<const D: usize>(
    norm: &BatchNorm,
    input: Tensor<D>,
    activation: Activation,
) -> Tensor<D> {
    let (rectifier, rest) = split_rectifier(activation);
    let [gamma, beta] = [norm.gamma.val(), norm.beta.val()];
    let normed = kernels::batch_norm(input, gamma, beta, norm.epsilon, rectifier);
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

impl LayerModule for Normalize {
    fn apply(&self, input: Features) -> Features {
        match input {
            Features::Maps(maps) => Features::Maps(self.forward(maps)),
            Features::Vector(vector) => Features::Vector(self.forward(vector)),
        }
    }

    fn num_statistics(&self) -> usize {
        match &self.norm {
            Norm::Batch(norm) => norm.running_mean.num_params() + norm.running_var.num_params(),
            Norm::Layer(_) => 0,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use burn::tensor::Distribution;

    use super::*;

    fn layer(kind: Normalization, input: FeatureShape, device: &Device) -> Normalize {
        let activation = Activation::Identity;
        NormalizeConfig { kind, activation }.init(input, &Initializer::Zeros, device)
    }

    /// In training every channel of the batch has mean 0 and variance 1, and the running statistics move a
    /// tenth of the way towards the batch's.
    #[test]
    fn batch_normalization_learns_the_statistics() {
        let device = Device::flex().autodiff();
        let layer = layer(Normalization::Batch, FeatureShape::Maps([3, 5, 5]), &device);
        let input = Tensor::<4>::random([16, 3, 5, 5], Distribution::Normal(4.0, 3.0), &device);
        let output = layer.forward(input.clone());
        let of_channel = |values: Tensor<4>| values.swap_dims(0, 1).flatten::<2>(1, 3);
        let flat = of_channel(output);
        let mean: Vec<f32> = flat.clone().mean_dim(1).into_data().try_to_vec().unwrap();
        let variance: Vec<f32> = flat.var_bias(1).into_data().try_to_vec().unwrap();
        assert!(mean.iter().all(|mean| mean.abs() < 1e-5), "{mean:?}");
        assert!(
            variance.iter().all(|v| (v - 1.0).abs() < 1e-4),
            "{variance:?}"
        );
        let Norm::Batch(norm) = &layer.norm else {
            panic!("batch normalisation was asked for");
        };
        let expected = of_channel(input).mean_dim(1).squeeze_dim::<1>(1) * 0.1;
        let moved = (norm.running_mean.value_sync() - expected).abs().max();
        assert!(moved.into_scalar::<f32>() < 1e-5);
    }

    /// On vectors, group normalisation with one group is Burn's layer normalisation.
    #[test]
    fn layer_normalization_of_vectors_is_burns() {
        let device = Device::flex();
        let layer = layer(Normalization::Layer, FeatureShape::Vector(7), &device);
        let input = Tensor::<2>::random([4, 7], Distribution::Normal(4.0, 3.0), &device);
        let burns = burn::nn::LayerNormConfig::new(7)
            .init(&device)
            .forward(input.clone());
        let difference = (layer.forward(input) - burns)
            .abs()
            .max()
            .into_scalar::<f32>();
        assert!(difference < 1e-5, "{difference}");
    }

    /// A scale and a shift for each channel; a batch normalisation also keeps a mean and a variance.
    #[test]
    fn running_statistics_are_counted_apart() {
        let device = Device::flex();
        for (kind, parameters, statistics) in
            [(Normalization::Batch, 12, 6), (Normalization::Layer, 6, 0)]
        {
            let layer = layer(kind, FeatureShape::Maps([3, 2, 2]), &device);
            assert_eq!(layer.num_params(), parameters, "{kind:?}");
            assert_eq!(layer.num_statistics(), statistics, "{kind:?}");
        }
    }
}
