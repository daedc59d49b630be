//! A layer of any kind, as networks list them.

use burn::module::Module;
use burn::nn::pool::MaxPool2d;
use burn::nn::{Dropout, Initializer};
use burn::tensor::{Device, Tensor};

use crate::error::ArchitectureError;
use crate::layers::activation::Activation;
use crate::layers::attention_pooling::{AttentionPooling, AttentionPoolingConfig};
use crate::layers::convolution::{Conv, ConvConfig, Padding, conv2d_forward};
use crate::layers::dense::{Dense, DenseConfig};
use crate::layers::dropout::DropoutConfig;
use crate::layers::flatten::{Flatten, FlattenConfig};
use crate::layers::global_pooling::{GlobalPooling, GlobalPoolingConfig};
use crate::layers::kind::{FeatureShape, Features, LayerConfig, LayerModule};
use crate::layers::max_pool::MaxPoolConfig;
use crate::layers::normalization::{Normalization, Normalize, NormalizeConfig};
use crate::layers::residual::{Residual, ResidualConfig};
use crate::layers::table::LayerTable;

/// Declares every kind of layer: variant, configuration, module. The variants of [`AnyLayer`] are part of the names in
/// checkpoints.
macro_rules! layer_kinds {
    ($($(#[$doc:meta])* $variant:ident($config:ty, $module:ty),)*) => {
        /// Configuration of a layer of any kind.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Layer {
            $($(#[$doc])* $variant($config),)*
        }

        /// A layer of any kind. Built by a [`Layer`].
        #[derive(Module, Debug)]
        pub enum AnyLayer {
            $($(#[$doc])* $variant($module),)*
        }

        impl LayerConfig for Layer {
            type Module = AnyLayer;

            fn kind(&self) -> (&'static str, &'static str) {
                match self {
                    $(Self::$variant(config) => config.kind(),)*
                }
            }

            fn output_shape(
                &self,
                name: &str,
                input: FeatureShape,
            ) -> Result<FeatureShape, ArchitectureError> {
                match self {
                    $(Self::$variant(config) => config.output_shape(name, input),)*
                }
            }

            fn init(
                &self,
                input: FeatureShape,
                initializer: &Initializer,
                device: &Device,
            ) -> AnyLayer {
                match self {
                    $(Self::$variant(config) => {
                        AnyLayer::$variant(config.init(input, initializer, device))
                    })*
                }
            }

            fn mean_square(&self, input: f64) -> f64 {
                match self {
                    $(Self::$variant(config) => config.mean_square(input),)*
                }
            }

            fn tabulate(&self, input: FeatureShape, output: FeatureShape, table: &mut LayerTable) {
                match self {
                    $(Self::$variant(config) => config.tabulate(input, output, table),)*
                }
            }
        }

        impl LayerModule for AnyLayer {
            fn apply(&self, input: Features) -> Features {
                match self {
                    $(Self::$variant(layer) => layer.apply(input),)*
                }
            }

            fn num_statistics(&self) -> usize {
                match self {
                    $(Self::$variant(layer) => layer.num_statistics(),)*
                }
            }

            fn apply_all(layers: &[Self], input: Features) -> Features {
                apply_fused(layers, input)
            }
        }
    };
}

layer_kinds! {
    /// Convolution.
    Conv(ConvConfig, Conv),
    /// Max-pooling.
    MaxPool(MaxPoolConfig, MaxPool2d),
    /// Dropout.
    Dropout(DropoutConfig, Dropout),
    /// Batch or layer normalisation.
    Normalize(NormalizeConfig, Normalize),
    /// Flattening.
    Flatten(FlattenConfig, Flatten),
    /// Global average pooling, with or without the maximum.
    GlobalPooling(GlobalPoolingConfig, GlobalPooling),
    /// Attention pooling.
    AttentionPooling(AttentionPoolingConfig, AttentionPooling),
    /// Fully connected layer.
    Dense(DenseConfig, Dense),
    /// Residual block.
    Residual(ResidualConfig<Layer>, Residual<AnyLayer>),
}

impl Layer {
    /// Creates a convolution without padding.
    pub fn conv(filters: usize, kernel: usize, activation: Activation) -> Self {
        Self::Conv(ConvConfig {
            filters,
            kernel,
            stride: 1,
            padding: Padding::Valid,
            bias: true,
            activation,
        })
    }

    /// Creates a convolution that keeps height and width.
    pub fn conv_same(filters: usize, kernel: usize, activation: Activation) -> Self {
        Self::Conv(ConvConfig {
            filters,
            kernel,
            stride: 1,
            padding: Padding::Same,
            bias: true,
            activation,
        })
    }

    /// Sets the stride of a convolution to 2, which halves height and width. Other layers stay as they are.
    pub fn halving(mut self) -> Self {
        if let Self::Conv(config) = &mut self {
            config.stride = 2;
        }
        self
    }

    /// Creates max-pooling by windows of `size` x `size`.
    pub fn max_pool(size: usize) -> Self {
        Self::MaxPool(MaxPoolConfig { size })
    }

    /// Creates dropout.
    pub fn dropout(rate: f64) -> Self {
        Self::Dropout(DropoutConfig { rate })
    }

    /// Creates flattening.
    pub fn flatten() -> Self {
        Self::Flatten(FlattenConfig)
    }

    /// Creates global average pooling.
    pub fn global_average() -> Self {
        Self::GlobalPooling(GlobalPoolingConfig {
            with_maximum: false,
        })
    }

    /// Creates global average and maximum pooling.
    pub fn global_average_max() -> Self {
        Self::GlobalPooling(GlobalPoolingConfig { with_maximum: true })
    }

    /// Creates attention pooling with this number of hidden units.
    pub fn attention_pooling(hidden: usize) -> Self {
        Self::AttentionPooling(AttentionPoolingConfig { hidden })
    }

    /// Creates a fully connected layer.
    pub fn dense(units: usize, activation: Activation) -> Self {
        Self::Dense(DenseConfig {
            units,
            bias: true,
            activation,
        })
    }

    /// Creates a residual block, which adds the output of `layers` to their input.
    pub fn residual(layers: Vec<Self>) -> Self {
        Self::Residual(ResidualConfig { layers })
    }

    /// Inserts a normalisation between the sums and the activation of a convolution or a fully connected layer. Other
    /// layers, and `None`, stay as they are.
    pub fn normalized(mut self, kind: Option<Normalization>) -> Vec<Self> {
        let (
            Some(kind),
            Self::Conv(ConvConfig {
                bias, activation, ..
            })
            | Self::Dense(DenseConfig {
                bias, activation, ..
            }),
        ) = (kind, &mut self)
        else {
            return vec![self];
        };
        *bias = kind != Normalization::Batch;
        let activation = std::mem::replace(activation, Activation::Identity);
        vec![self, Self::Normalize(NormalizeConfig { kind, activation })]
    }
}

/// Inserts a normalisation in every layer of weights but the last; `None` leaves the list as it is.
pub fn normalized(mut layers: Vec<Layer>, kind: Option<Normalization>) -> Vec<Layer> {
    let last = layers.pop();
    let each = layers.into_iter().flat_map(|layer| layer.normalized(kind));
    each.chain(last).collect()
}

/// Applies layers one after the other; a convolution together with the layers after it that its kernel includes.
fn apply_fused(mut layers: &[AnyLayer], mut features: Features) -> Features {
    while let [layer, rest @ ..] = layers {
        (features, layers) = match layer {
            AnyLayer::Conv(conv) => {
                let (maps, rest) = conv_fused(conv, rest, features.into_maps());
                (Features::Maps(maps), rest)
            }
            layer => (layer.apply(features), rest),
        };
    }
    features
}

/// Applies a convolution with the batch normalisation (in inference) and the max-pooling that follow it as one
/// operation, and returns the layers that are left.
///
/// # Shapes
/// - `images`: `[batch, channels, height, width]`
/// - output: `[batch, filters, height', width']`, after the pooling
fn conv_fused<'a>(
    conv: &Conv,
    mut rest: &'a [AnyLayer],
    images: Tensor<4>,
) -> (Tensor<4>, &'a [AnyLayer]) {
    let (mut affine, mut activation, mut pool) = (None, conv.activation, None);
    if let [AnyLayer::Normalize(layer), after @ ..] = rest
        && activation == Activation::Identity
        && let Some((both, next)) = layer.inference_affine(&images.device())
    {
        (affine, activation, rest) = (Some(both), next, after);
    }
    if let [AnyLayer::MaxPool(layer), after @ ..] = rest {
        (pool, rest) = (Some(layer.kernel_size[0]), after);
    }
    let maps = conv2d_forward(&conv.conv, images, affine, activation, pool);
    (maps, rest)
}
