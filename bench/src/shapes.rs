//! The layers of the networks, each with the sizes of its input, for measuring them one by one.

use std::fmt;

use models::Layer;
use models::layers::convolution::{ConvConfig, Padding};
use models::layers::dense::DenseConfig;
use models::layers::max_pool::MaxPoolConfig;

use crate::networks::NETWORKS;

/// Place of a layer. `Display` gives the name that selects it: `mnist-cnn/conv2d`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Name of the network.
    pub network: &'static str,
    /// Name of the layer in the network's table: `conv2d_1`.
    pub layer: String,
    /// Number of examples per step.
    pub batch: usize,
    /// Whether its input is the network's, whose gradient is not needed.
    pub first: bool,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.layer)
    }
}

/// A convolution of a network, with a bias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Convolution {
    /// Place in the network.
    pub place: Place,
    /// Shape of the input: `[channels, height, width]`.
    pub input: [usize; 3],
    /// Number of output maps.
    pub filters: usize,
    /// Side of the window.
    pub kernel: usize,
    /// Distance from one window to the next.
    pub stride: usize,
    /// Number of rows and columns of zeros at each border.
    pub padding: usize,
}

impl Convolution {
    /// Returns the shape of the output: `[maps, height, width]`.
    pub fn output(&self) -> [usize; 3] {
        let [_, height, width] = self.input;
        let side = |size: usize| (size + 2 * self.padding - self.kernel) / self.stride + 1;
        [self.filters, side(height), side(width)]
    }

    /// Returns the number of floating-point operations of the forward pass over a batch: a multiplication and an addition
    /// for every weight at every place of its window.
    pub fn operations(&self) -> usize {
        let outputs: usize = self.output().iter().product();
        2 * self.place.batch * outputs * self.input[0] * self.kernel * self.kernel
    }
}

impl fmt::Display for Convolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [channels, height, width] = self.input;
        let filters = self.filters;
        write!(f, "{} {channels}x{height}x{width}->{filters}", self.place)
    }
}

/// A max-pooling of a network; its windows do not overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pooling {
    /// Place in the network.
    pub place: Place,
    /// Shape of the input: `[channels, height, width]`.
    pub input: [usize; 3],
    /// Side of the window.
    pub size: usize,
}

impl fmt::Display for Pooling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [channels, height, width] = self.input;
        write!(f, "{} {channels}x{height}x{width}", self.place)
    }
}

/// A dense layer of a network, with a bias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dense {
    /// Place in the network.
    pub place: Place,
    /// Number of inputs.
    pub inputs: usize,
    /// Number of outputs.
    pub units: usize,
}

impl Dense {
    /// Returns the number of floating-point operations of the forward pass over a batch.
    pub fn operations(&self) -> usize {
        2 * self.place.batch * self.inputs * self.units
    }
}

impl fmt::Display for Dense {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}->{}", self.place, self.inputs, self.units)
    }
}

/// Returns every convolution of the networks.
pub fn convolutions() -> Vec<Convolution> {
    layers()
        .into_iter()
        .filter_map(|(place, input, layer)| match layer {
            Layer::Conv(ConvConfig {
                filters,
                kernel,
                stride,
                padding,
                ..
            }) => Some(Convolution {
                place,
                input: channels_first(&input)?,
                filters,
                kernel,
                stride,
                padding: match padding {
                    Padding::Valid => 0,
                    Padding::Same => kernel / 2,
                },
            }),
            _ => None,
        })
        .collect()
}

/// Returns every max-pooling of the networks.
pub fn poolings() -> Vec<Pooling> {
    layers()
        .into_iter()
        .filter_map(|(place, input, layer)| match layer {
            Layer::MaxPool(MaxPoolConfig { size }) => Some(Pooling {
                place,
                input: channels_first(&input)?,
                size,
            }),
            _ => None,
        })
        .collect()
}

/// Returns every dense layer of the networks.
pub fn dense_layers() -> Vec<Dense> {
    layers()
        .into_iter()
        .filter_map(|(place, input, layer)| match layer {
            Layer::Dense(DenseConfig { units, .. }) => Some(Dense {
                place,
                inputs: input.iter().product(),
                units,
            }),
            _ => None,
        })
        .collect()
}

/// Returns every layer with the shape of its input for one image, channels last as in the layer table.
fn layers() -> Vec<(Place, Vec<usize>, Layer)> {
    let mut all = Vec::new();
    for network in NETWORKS {
        let Some(config) = network.architecture.sequential() else {
            continue;
        };
        let [channels, height, width] = config.input;
        let mut input = vec![height, width, channels];
        let mut first = true;
        for (row, layer) in config.table().rows.into_iter().zip(config.layers) {
            let place = Place {
                network: network.name,
                layer: row.name,
                batch: network.batch,
                first,
            };
            first &= matches!(layer, Layer::Flatten(_));
            all.push((place, input, layer));
            input = row.output_shape;
        }
    }
    all
}

fn channels_first(shape: &[usize]) -> Option<[usize; 3]> {
    match *shape {
        [height, width, channels] => Some([channels, height, width]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Figure 10.7 of the chapter, and 2 * 32 pictures * 146 * 146 places * 64 maps * 32 channels *
    /// 9 weights = 25,145,376,768 operations.
    #[test]
    fn the_chapters_second_convolution_is_found_with_its_sizes() {
        let convolutions = convolutions();
        let names: Vec<_> = convolutions.iter().map(ToString::to_string).collect();
        let second = names
            .iter()
            .position(|name| name == "brain-tumor-cnn/conv2d_1 32x148x148->64")
            .unwrap();
        let second = &convolutions[second];
        assert_eq!(second.output(), [64, 146, 146]);
        assert_eq!(second.operations(), 25_145_376_768);
        assert!(!second.place.first);
        assert_eq!(convolutions.len(), 1 + 8 + 9);
        assert_eq!(
            convolutions.iter().filter(|conv| conv.place.first).count(),
            3
        );
    }

    #[test]
    fn a_convolution_that_keeps_the_size_has_a_border() {
        let convolutions = convolutions();
        let same = |layer: &str| {
            let place = format!("brain-tumor/{layer}");
            let mut all = convolutions.iter();
            all.find(|conv| conv.place.to_string() == place).unwrap()
        };
        assert_eq!(same("conv2d_1").padding, 1);
        assert_eq!(same("conv2d_1").output(), [32, 64, 64]);
        // Every second window of 128 rows and columns.
        assert_eq!(same("conv2d").output(), [32, 64, 64]);
    }

    #[test]
    fn poolings_and_dense_layers_are_found() {
        let poolings: Vec<_> = poolings().iter().map(ToString::to_string).collect();
        assert_eq!(poolings.len(), 4 + 4);
        assert!(poolings.contains(&"brain-tumor-cnn/max_pooling2d_3 256x10x10".to_owned()));
        let dense = dense_layers();
        assert_eq!(dense[0].to_string(), "mnist-mlp/dense 784->128");
        assert!(dense[0].place.first, "flattening computes nothing");
        assert_eq!(dense[0].operations(), 2 * 128 * 784 * 128);
        assert_eq!(dense.len(), 2 + 2 + 1 + 3);
    }
}
