//! Autoencoders: `autoencoder` and the sparse, denoising and variational ones.
//!
//! An encoder c = f(x) maps a picture x to a code c, a decoder x' = g(c) maps the code back to a picture, and both are
//! trained so that x' is close to x (chapter, section "Autoencoder"; Hinton and Salakhutdinov 2006,
//! <https://doi.org/10.1126/science.1127647>). Every pixel is a probability x' = sigma(z) with the logit z.
//!
//! A variational encoder outputs the mean m and the log-variance v of a normal distribution of codes. In training a
//! code is drawn, c = m + exp(v/2) n with n from N(0, 1); otherwise c = m (Kingma and Welling 2014,
//! <https://arxiv.org/abs/1312.6114>).
//!
//! Names in a model file: `encoder.convolutions.N`, `encoder.hidden.N`, `encoder.code`, `encoder.log_variance`,
//! `decoder.hidden.N`, `decoder.output`, `decoder.convolutions.N`, each with `weight` and `bias`, in the shapes of
//! [`sequential`](crate::sequential).

use burn::config::Config;
use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::nn::interpolate::{Interpolate2d, Interpolate2dConfig};
use burn::nn::{Initializer, Linear};
use burn::tensor::{Device, Distribution, Tensor, activation};

use crate::error::{ArchitectureError, check_size};
use crate::initialization::glorot_uniform;
use crate::layers::activation::Activation;
use crate::layers::convolution::{Padding, conv2d, conv2d_forward};
use crate::layers::dense::{linear, linear_forward};
use crate::layers::table::LayerTable;
use crate::limits::{MAX_CHANNELS, MAX_LAYERS, MAX_PARAMETERS, MAX_SIDE, MAX_UNITS, MAX_VALUES};
use crate::network::{InputShape, Network, NetworkConfig, NoOptions, ZooEntry};

/// Side of every convolution's window.
const WINDOW: usize = 3;

/// Configuration of an [`Autoencoder`]: dense, or convolutional if it has filters. The decoder mirrors the encoder.
#[derive(Config, Debug, PartialEq)]
pub struct AutoencoderConfig {
    /// Shape of one picture, `[channels, height, width]`.
    pub input: [usize; 3],
    /// Number of units of the code.
    pub code: usize,
    /// Number of maps of each convolution of the encoder. Max-pooling halves the size after each, and the decoder
    /// doubles it again. If empty, all layers are dense.
    #[config(default = "Vec::new()")]
    pub filters: Vec<usize>,
    /// Number of units of each dense layer between the picture (or its maps) and the code.
    #[config(default = "Vec::new()")]
    pub hidden: Vec<usize>,
    /// Activation of all layers but the code and the output.
    #[config(default = "Activation::Relu")]
    pub activation: Activation,
    /// Activation of the code; unused in a variational autoencoder.
    #[config(default = "Activation::Relu")]
    pub code_activation: Activation,
    /// Whether the encoder outputs a distribution of codes.
    #[config(default = false)]
    pub variational: bool,
    /// Initialiser of the weights, by default Glorot's as in Keras; biases start at zero.
    #[config(default = "glorot_uniform()")]
    pub initializer: Initializer,
}

impl AutoencoderConfig {
    /// Returns the chapter's network of `autoencoder`: 784-15-784, 24,319 parameters.
    pub fn mnist() -> Self {
        Self::new([1, 28, 28], 15)
    }

    /// Returns a convolutional network for digits: two convolutions of 16 and 32 maps around a linear code.
    pub fn convolutional_digits(code: usize) -> Self {
        Self::new([1, 28, 28], code)
            .with_filters(vec![16, 32])
            .with_code_activation(Activation::Identity)
    }

    /// Returns a convolutional network for grey 64 x 64 scans: three convolutions of 16, 32 and 64 maps around a
    /// linear code. Behind convolutions, most rectified code units would die in the first steps.
    pub fn scans(code: usize) -> Self {
        Self::new([1, 64, 64], code)
            .with_filters(vec![16, 32, 64])
            .with_code_activation(Activation::Identity)
    }

    /// Returns the shape of the picture and of the maps after each convolution of the encoder.
    fn maps(&self) -> Vec<[usize; 3]> {
        let [_, height, width] = self.input;
        let halved = self.filters.iter().enumerate().map(|(layer, filters)| {
            let half = |side: usize| side >> (layer + 1);
            [*filters, half(height), half(width)]
        });
        std::iter::once(self.input).chain(halved).collect()
    }

    /// Returns the number of flattened values and the units of each dense layer before the code.
    fn units(&self) -> Vec<usize> {
        let innermost = self.maps().last().map_or(0, |maps| values(*maps));
        let hidden = self.hidden.iter().copied();
        std::iter::once(innermost).chain(hidden).collect()
    }

    /// Returns the activation of the decoder's last dense layer, which outputs logits if there are no convolutions.
    fn output_activation(&self) -> Activation {
        if self.filters.is_empty() {
            Activation::Identity
        } else {
            self.activation
        }
    }
}

/// Returns the number of values of a shape.
fn values(shape: [usize; 3]) -> usize {
    shape.into_iter().fold(1, usize::saturating_mul)
}

/// Returns a shape as the layer table has it.
fn channels_last([channels, height, width]: [usize; 3]) -> Vec<usize> {
    vec![height, width, channels]
}

/// Returns the input and output size of each layer between these sizes.
fn pairs(sizes: &[usize]) -> impl DoubleEndedIterator<Item = [usize; 2]> {
    sizes.windows(2).map(|pair| [pair[0], pair[1]])
}

impl NetworkConfig for AutoencoderConfig {
    type Network = Autoencoder;
    type Options = NoOptions;

    fn validate(&self) -> Result<(), ArchitectureError> {
        let [channels, height, width] = self.input;
        let sides = [("height", height), ("width", width)];
        let what = || "the number of input channels".into();
        check_size(what, channels, 1..=MAX_CHANNELS)?;
        for (name, side) in sides {
            check_size(|| format!("the input {name}"), side, 1..=MAX_SIDE)?;
        }
        let layers = self.filters.len().saturating_add(self.hidden.len());
        check_size(|| "the number of layers".into(), layers, 0..=MAX_LAYERS)?;
        for (layer, filters) in self.filters.iter().enumerate() {
            let what = || format!("the filters of convolution {}", layer + 1);
            check_size(what, *filters, 1..=MAX_CHANNELS)?;
        }
        for (name, side) in sides {
            let halvings = self.filters.len();
            if side.trailing_zeros() < halvings as u32 {
                return Err(ArchitectureError::Indivisible {
                    what: format!("the input {name}"),
                    value: side,
                    halvings,
                });
            }
        }
        for (layer, maps) in self.maps().into_iter().enumerate() {
            let what = || format!("the values of the maps after {layer} convolutions");
            check_size(what, values(maps), 1..=MAX_VALUES)?;
        }
        for (layer, units) in self.hidden.iter().enumerate() {
            let what = || format!("the units of hidden layer {}", layer + 1);
            check_size(what, *units, 1..=MAX_UNITS)?;
        }
        check_size(|| "the units of the code".into(), self.code, 1..=MAX_UNITS)?;
        self.activation.validate()?;
        self.code_activation.validate()?;
        let parameters = self.layers().parameters();
        check_size(|| "the parameters".into(), parameters, 1..=MAX_PARAMETERS)
    }

    fn blank(&self, device: &Device) -> Autoencoder {
        let convolution = |channels| {
            conv2d(
                channels,
                [WINDOW; 2],
                Padding::Same,
                self.initializer.clone(),
                device,
            )
        };
        let connected = |sizes| linear(sizes, self.initializer.clone(), device);
        let (maps, units) = (self.maps(), self.units());
        let channels: Vec<usize> = maps.iter().map(|[channels, ..]| *channels).collect();
        let inwards = [*units.last().unwrap_or(&0), self.code];
        let outwards: Vec<usize> = std::iter::once(self.code)
            .chain(units.iter().rev().copied())
            .collect();
        let mut decoded: Vec<Linear> = pairs(&outwards).map(connected).collect();
        let output = decoded.remove(decoded.len() - 1);
        Autoencoder {
            encoder: Encoder {
                convolutions: pairs(&channels).map(convolution).collect(),
                hidden: pairs(&units).map(connected).collect(),
                code: connected(inwards),
                log_variance: self.variational.then(|| connected(inwards)),
                activation: self.activation,
                code_activation: if self.variational {
                    Activation::Identity
                } else {
                    self.code_activation
                },
            },
            decoder: Decoder {
                hidden: decoded,
                output,
                convolutions: pairs(&channels)
                    .rev()
                    .map(|[outer, inner]| convolution([inner, outer]))
                    .collect(),
                upsample: Interpolate2dConfig::new()
                    .with_scale_factor(Some([2.0, 2.0]))
                    .init(),
                maps: maps.last().copied().unwrap_or(self.input),
                activation: self.activation,
                output_activation: self.output_activation(),
            },
        }
    }

    fn layers(&self) -> LayerTable {
        let Autoencoder { encoder, decoder } = self.blank(&Device::flex());
        let mut table = LayerTable::default();
        let (maps, units) = (self.maps(), self.units());
        for (conv, pair) in encoder.convolutions.iter().zip(maps.windows(2)) {
            let [filters, ..] = pair[1];
            let same = channels_last([filters, pair[0][1], pair[0][2]]);
            table.push("Conv2D", "conv2d", same, conv.num_params());
            let halved = channels_last(pair[1]);
            table.push("MaxPooling2D", "max_pooling2d", halved, 0);
        }
        table.push("Flatten", "flatten", vec![units[0]], 0);
        let push_dense = |table: &mut LayerTable, layer: &Linear, units: usize| {
            table.push("Dense", "dense", vec![units], layer.num_params());
        };
        for (layer, &units) in encoder.hidden.iter().zip(&units[1..]) {
            push_dense(&mut table, layer, units);
        }
        let code = vec![self.code];
        let parameters = encoder.code.num_params();
        if let Some(log_variance) = &encoder.log_variance {
            table.push("Mean", "mean", code.clone(), parameters);
            let parameters = log_variance.num_params();
            table.push("LogVariance", "log_variance", code.clone(), parameters);
            table.push("Sampling", "code", code, 0);
        } else {
            table.push("Code", "code", code, parameters);
        }
        let decoded = decoder.hidden.iter().chain([&decoder.output]);
        for (layer, &units) in decoded.zip(units.iter().rev()) {
            push_dense(&mut table, layer, units);
        }
        let innermost = maps[maps.len() - 1];
        table.push("Reshape", "reshape", channels_last(innermost), 0);
        for (conv, pair) in decoder.convolutions.iter().zip(maps.windows(2).rev()) {
            let [outer, inner] = [pair[0], pair[1]];
            let doubled = channels_last([inner[0], outer[1], outer[2]]);
            table.push("UpSampling2D", "up_sampling2d", doubled, 0);
            table.push("Conv2D", "conv2d", channels_last(outer), conv.num_params());
        }
        table
    }

    fn input(&self) -> InputShape {
        InputShape::Picture(self.input)
    }
}

impl ZooEntry for AutoencoderConfig {
    fn examples() -> Vec<(&'static str, Self)> {
        vec![
            ("autoencoder", Self::mnist()),
            (
                "autoencoder-variational",
                Self::convolutional_digits(15).with_variational(true),
            ),
            ("autoencoder-scans", Self::scans(64)),
        ]
    }
}

/// Output of an [`Autoencoder`].
#[derive(Clone, Debug)]
pub struct Reconstruction {
    /// Logit of each pixel, `[batch, channels, height, width]`.
    pub logits: Tensor<4>,
    /// Code, `[batch, units]`: the mean of its distribution in a variational autoencoder.
    pub code: Tensor<2>,
    /// Log-variance of the code's distribution in a variational autoencoder, `[batch, units]`.
    pub log_variance: Option<Tensor<2>>,
}

impl Reconstruction {
    /// Computes the reconstructed pictures, values from 0 to 1.
    ///
    /// # Shapes
    /// - output: `[batch, channels, height, width]`
    pub fn pixels(&self) -> Tensor<4> {
        activation::sigmoid(self.logits.clone())
    }
}

/// Encoder and decoder. Built by an [`AutoencoderConfig`].
#[derive(Module, Debug)]
pub struct Autoencoder {
    encoder: Encoder,
    decoder: Decoder,
}

#[derive(Module, Debug)]
struct Encoder {
    convolutions: Vec<Conv2d>,
    hidden: Vec<Linear>,
    code: Linear,
    log_variance: Option<Linear>,
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    code_activation: Activation,
}

#[derive(Module, Debug)]
struct Decoder {
    hidden: Vec<Linear>,
    output: Linear,
    convolutions: Vec<Conv2d>,
    upsample: Interpolate2d,
    #[module(skip)]
    maps: [usize; 3],
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    output_activation: Activation,
}

impl Autoencoder {
    /// Returns the number of units of the code.
    pub fn units(&self) -> usize {
        self.encoder.code.weight.dims()[1]
    }

    /// Encodes pictures. Returns the code, and its log-variance in a variational autoencoder.
    ///
    /// # Shapes
    /// - `images`: `[batch, channels, height, width]`
    /// - output: `[batch, units]` each
    pub fn encode(&self, images: Tensor<4>) -> (Tensor<2>, Option<Tensor<2>>) {
        let encoder = &self.encoder;
        let maps = encoder.convolutions.iter().fold(images, |maps, conv| {
            conv2d_forward(conv, maps, None, encoder.activation, Some(2))
        });
        let vector = encoder
            .hidden
            .iter()
            .fold(maps.flatten::<2>(1, 3), |vector, layer| {
                linear_forward(layer, vector, encoder.activation)
            });
        let log_variance = encoder.log_variance.as_ref();
        let log_variance =
            log_variance.map(|layer| linear_forward(layer, vector.clone(), Activation::Identity));
        let code = linear_forward(&encoder.code, vector, encoder.code_activation);
        (code, log_variance)
    }

    /// Decodes codes to the logits of the pixels.
    ///
    /// # Shapes
    /// - `code`: `[batch, units]`
    /// - output: `[batch, channels, height, width]`
    pub fn decode(&self, code: Tensor<2>) -> Tensor<4> {
        let decoder = &self.decoder;
        let [batch, _] = code.dims();
        let vector = decoder.hidden.iter().fold(code, |vector, layer| {
            linear_forward(layer, vector, decoder.activation)
        });
        let vector = linear_forward(&decoder.output, vector, decoder.output_activation);
        let [channels, height, width] = decoder.maps;
        let maps = vector.reshape([batch, channels, height, width]);
        let last = decoder.convolutions.len().saturating_sub(1);
        let layers = decoder.convolutions.iter().enumerate();
        layers.fold(maps, |maps, (layer, conv)| {
            let activation = if layer == last {
                Activation::Identity
            } else {
                decoder.activation
            };
            conv2d_forward(conv, decoder.upsample.forward(maps), None, activation, None)
        })
    }
}

impl Network for Autoencoder {
    type Input = Tensor<4>;
    type Output = Reconstruction;

    /// Encodes pictures and decodes their codes.
    ///
    /// # Shapes
    /// - `images`: `[batch, channels, height, width]`, values from 0 to 1
    /// - output: see [`Reconstruction`]
    fn forward(&self, images: Tensor<4>) -> Reconstruction {
        let (code, log_variance) = self.encode(images);
        let sampled = match &log_variance {
            // Codes are drawn in training only, so that a picture has one reconstruction.
            Some(log_variance) if code.device().is_autodiff() => {
                sample_code(code.clone(), log_variance.clone())
            }
            _ => code.clone(),
        };
        Reconstruction {
            logits: self.decode(sampled),
            code,
            log_variance,
        }
    }
}

/// Draws codes from normal distributions.
///
/// # Shapes
/// - `mean`, `log_variance` and output: `[batch, units]`
pub fn sample_code(mean: Tensor<2>, log_variance: Tensor<2>) -> Tensor<2> {
    let normal = mean.random_like(Distribution::Normal(0.0, 1.0));
    mean + (log_variance / 2.0).exp() * normal
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn outputs_have_the_documented_shapes() {
        let device = Device::flex();
        let dense = AutoencoderConfig::new([2, 4, 3], 5).with_hidden(vec![6]);
        let convolutional = AutoencoderConfig::new([1, 8, 4], 5).with_filters(vec![2, 3]);
        for config in [dense, convolutional] {
            for variational in [false, true] {
                let config = config.clone().with_variational(variational);
                config.validate().unwrap();
                let network = config.init(&device);
                let [channels, height, width] = config.input;
                let images = Tensor::ones([7, channels, height, width], &device);
                let output = network.forward(images.clone());
                assert_eq!(output.logits.dims(), images.dims());
                assert_eq!(output.pixels().dims(), images.dims());
                assert_eq!(output.code.dims(), [7, 5]);
                let log_variance = output.log_variance.map(|values| values.dims());
                assert_eq!(log_variance, variational.then_some([7, 5]));
                let (code, _) = network.encode(images.clone());
                assert_eq!(network.decode(code).dims(), images.dims());
                assert_eq!(network.units(), 5);
            }
        }
    }
}
