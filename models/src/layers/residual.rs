//! Residual block: y = x + F(x), where F is a list of layers (He et al. 2016, <https://arxiv.org/abs/1512.03385>).
//!
//! The identity carries values and gradients past F, so that deep networks train. F must keep the shape of its input;
//! between stages of different shapes stands a layer outside of the blocks. With normalisation and activation before each
//! convolution of F nothing changes what the identity carries (He et al. 2016, <https://arxiv.org/abs/1603.05027>).

use burn::module::Module;
use burn::nn::Initializer;
use burn::tensor::Device;

use crate::error::ArchitectureError;
use crate::layers::kind::{FeatureShape, Features, LayerConfig, LayerModule};
use crate::layers::list::{check_layers, checked_layers};
use crate::layers::table::LayerTable;

/// Configuration of a residual block around layers of the type `L`.
#[derive(Clone, Debug, PartialEq)]
pub struct ResidualConfig<L> {
    /// Layers of F.
    pub layers: Vec<L>,
}

impl<L: LayerConfig> LayerConfig for ResidualConfig<L> {
    type Module = Residual<L::Module>;

    fn kind(&self) -> (&'static str, &'static str) {
        ("Residual", "residual")
    }

    fn output_shape(
        &self,
        name: &str,
        input: FeatureShape,
    ) -> Result<FeatureShape, ArchitectureError> {
        let layers = check_layers(&self.layers, &format!(" of {name}"), input)?;
        if layers.last().is_some_and(|last| last.output == input) {
            return Ok(input);
        }
        Err(ArchitectureError::Misplaced {
            layer: name.to_owned(),
            reason: "its layers must keep the shape of the features",
        })
    }

    fn init(
        &self,
        input: FeatureShape,
        initializer: &Initializer,
        device: &Device,
    ) -> Self::Module {
        let layers = checked_layers(&self.layers, input);
        Residual {
            layers: (layers.into_iter())
                .map(|sized| sized.layer.init(sized.input, initializer, device))
                .collect(),
        }
    }

    fn mean_square(&self, input: f64) -> f64 {
        let branch = self.layers.iter();
        input + branch.fold(input, |square, layer| layer.mean_square(square))
    }

    /// Adds a row for each layer of F, and one for the sum.
    fn tabulate(&self, input: FeatureShape, output: FeatureShape, table: &mut LayerTable) {
        for sized in checked_layers(&self.layers, input) {
            sized.layer.tabulate(sized.input, sized.output, table);
        }
        table.push("Add", "add", output.channels_last(), 0);
    }
}

/// A residual block. Built by a [`ResidualConfig`].
#[derive(Module, Debug)]
pub struct Residual<M: Module> {
    layers: Vec<M>,
}

impl<M: LayerModule> Residual<M> {
    /// Adds the output of the layers to their input.
    ///
    /// # Shapes
    /// - input and output: `[batch, channels, height, width]` or `[batch, units]`
    pub fn forward(&self, input: Features) -> Features {
        match (input.clone(), M::apply_all(&self.layers, input)) {
            (Features::Maps(input), Features::Maps(change)) => Features::Maps(input + change),
            (input, change) => Features::Vector(input.into_vector() + change.into_vector()),
        }
    }
}

impl<M: LayerModule> LayerModule for Residual<M> {
    fn apply(&self, input: Features) -> Features {
        self.forward(input)
    }

    fn num_statistics(&self) -> usize {
        self.layers.iter().map(M::num_statistics).sum()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use burn::tensor::Tensor;

    use super::*;
    use crate::layers::activation::Activation;
    use crate::layers::convolution::{ConvConfig, Padding};
    use crate::layers::dense::DenseConfig;

    fn dense(units: usize) -> DenseConfig {
        DenseConfig {
            units,
            bias: false,
            activation: Activation::Identity,
        }
    }

    fn conv(filters: usize, stride: usize) -> ConvConfig {
        ConvConfig {
            filters,
            kernel: 3,
            stride,
            padding: Padding::Same,
            bias: true,
            activation: Activation::Relu,
        }
    }

    fn values(tensor: Tensor<2>) -> Vec<f32> {
        tensor.into_data().try_to_vec().unwrap()
    }

    /// Two layers of ones: (1, 2) to (3, 3) to (6, 6), and the input added: (7, 8). The gradient of the sum of both
    /// outputs is 1 through the identity and 4 through the layers.
    #[test]
    fn the_input_is_added_and_carries_a_gradient_of_its_own() {
        let device = Device::flex().autodiff();
        let config = ResidualConfig {
            layers: vec![dense(2), dense(2)],
        };
        let block = config.init(FeatureShape::Vector(2), &Initializer::Ones, &device);
        let input = Tensor::<2>::from_floats([[1.0, 2.0]], &device).require_grad();
        let output = block.forward(Features::Vector(input.clone())).into_vector();
        assert_eq!(values(output.clone()), [7.0, 8.0]);
        let gradients = output.sum().backward();
        assert_eq!(values(input.grad(&gradients).unwrap()), [5.0, 5.0]);
    }

    #[test]
    fn without_weights_the_block_is_the_identity() {
        let device = Device::flex();
        let config = ResidualConfig {
            layers: vec![conv(5, 1), conv(3, 1)],
        };
        let input = FeatureShape::Maps([3, 4, 6]);
        let block = config.init(input, &Initializer::Zeros, &device);
        let maps = Tensor::<4>::random([2, 3, 4, 6], burn::tensor::Distribution::Default, &device);
        let output = block.forward(Features::Maps(maps.clone())).into_maps();
        assert_eq!(output.dims(), [2, 3, 4, 6]);
        assert_eq!((output - maps).abs().max().into_scalar::<f32>(), 0.0);
    }

    #[test]
    fn layers_that_change_the_shape_are_refused() {
        let input = FeatureShape::Maps([3, 4, 6]);
        let refused = |layers: Vec<ConvConfig>| {
            let config = ResidualConfig { layers };
            let refusal = config.output_shape("layer 2 (Residual)", input);
            refusal.unwrap_err().to_string()
        };
        for layers in [vec![conv(5, 1)], vec![conv(3, 2)]] {
            let message = refused(layers);
            assert!(message.contains("layer 2 (Residual) cannot"), "{message}");
            assert!(message.contains("keep the shape"), "{message}");
        }
        let message = refused(vec![conv(3, 1), conv(0, 1)]);
        let name = "filters of layer 2 (Conv2D) of layer 2 (Residual) is 0";
        assert!(message.contains(name), "{message}");
        let message = refused(Vec::new());
        assert!(message.contains("number of layers of layer 2"), "{message}");
    }

    #[test]
    fn the_table_lists_the_layers_and_the_sum() {
        let config = ResidualConfig {
            layers: vec![conv(5, 1), conv(3, 1)],
        };
        let input = FeatureShape::Maps([3, 4, 6]);
        let mut table = LayerTable::default();
        config.tabulate(input, input, &mut table);
        let rows: Vec<_> = (table.rows.iter())
            .map(|row| {
                (
                    row.name.as_str(),
                    row.output_shape.as_slice(),
                    row.parameters,
                )
            })
            .collect();
        assert_eq!(
            rows,
            [
                ("conv2d", &[4, 6, 5][..], 3 * 9 * 5 + 5),
                ("conv2d_1", &[4, 6, 3], 5 * 9 * 3 + 3),
                ("add", &[4, 6, 3], 0),
            ]
        );
        assert_eq!(table.parameters(), config.num_params(input));
    }
}
