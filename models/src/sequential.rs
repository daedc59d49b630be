//! Networks that are one list of layers, as the chapter writes them.
//!
//! Names in a model file: `features.N` are the layers on feature maps, `pooling` the one that makes a vector of them, and
//! `classifier.N` the layers on vectors, each counted from 0 with every layer of the list: `features.3.conv.weight` of
//! shape `[out, in, height, width]`, `classifier.0.dense.weight` of shape `[in, out]` (Burn's order; PyTorch's is
//! `[out, in]`), and a `bias` beside each.

use burn::module::Module;
use burn::nn::Initializer;
use burn::tensor::{Device, Tensor};

use crate::error::{ArchitectureError, check_size};
use crate::initialization::{draw_parameters, scaled};
use crate::layers::kind::{FeatureShape, Features, LayerConfig, LayerModule};
use crate::layers::layer::{AnyLayer, Layer};
use crate::layers::list::{SizedLayer, check_layers, check_parameters, checked_layers};
use crate::layers::options::LayerOptions;
use crate::layers::table::LayerTable;
use crate::limits::{MAX_CHANNELS, MAX_SIDE};
use crate::network::{InputShape, Network, NetworkConfig};

/// Configuration of a network that is one list of layers.
#[derive(Clone, Debug)]
pub struct SequentialConfig {
    /// Shape of one image, `[channels, height, width]`.
    pub input: [usize; 3],
    /// Initialiser of the weights. Every bias starts at zero, as in Keras.
    pub initializer: Initializer,
    /// Initialiser of the weights of the last layer.
    pub output: Initializer,
    /// Whether He's weights are scaled down after max-pooling and dropout, which increase the mean square of the values.
    pub even_start: bool,
    /// Layers: exactly one of them makes a vector of feature maps, and the last is a fully connected one.
    pub layers: Vec<Layer>,
}

impl SequentialConfig {
    /// Creates a list whose weights all have the same initialiser.
    pub fn new(input: [usize; 3], initializer: Initializer, layers: Vec<Layer>) -> Self {
        Self {
            input,
            output: initializer.clone(),
            initializer,
            even_start: false,
            layers,
        }
    }

    /// Checks every size of the list.
    ///
    /// # Errors
    /// Names the first layer that cannot be built.
    pub fn validate(&self) -> Result<(), ArchitectureError> {
        let [channels, height, width] = self.input;
        let what = || "the number of input channels".into();
        check_size(what, channels, 1..=MAX_CHANNELS)?;
        check_size(|| "the input height".into(), height, 1..=MAX_SIDE)?;
        check_size(|| "the input width".into(), width, 1..=MAX_SIDE)?;
        let layers = check_layers(&self.layers, "", FeatureShape::Maps(self.input))?;
        check_parameters(&layers)?;
        match self.layers.last() {
            Some(Layer::Dense(_)) => Ok(()),
            _ => Err(ArchitectureError::Misplaced {
                layer: "the end of the list".into(),
                reason: "end with a dense layer, one unit for each class",
            }),
        }
    }

    /// Returns the number of logits: the units of the last dense layer, or 0 without one.
    pub fn classes(&self) -> usize {
        let units = |layer: &Layer| match layer {
            Layer::Dense(dense) => Some(dense.units),
            _ => None,
        };
        self.layers.iter().rev().find_map(units).unwrap_or(0)
    }

    fn checked_layers(&self) -> Vec<SizedLayer<'_, Layer>> {
        checked_layers(&self.layers, FeatureShape::Maps(self.input))
    }

    /// Returns the layer table.
    ///
    /// # Panics
    /// If [`validate`](Self::validate) refuses the list.
    pub fn table(&self) -> LayerTable {
        let mut table = LayerTable::default();
        for SizedLayer {
            layer,
            input,
            output,
        } in self.checked_layers()
        {
            layer.tabulate(input, output, &mut table);
        }
        table
    }

    /// Builds the network and draws its weights now.
    ///
    /// # Panics
    /// If [`validate`](Self::validate) refuses the list.
    pub fn init(&self, device: &Device) -> Sequential {
        let network = self.blank(device);
        draw_parameters(&network);
        network
    }

    /// Builds the network; its weights are drawn when they are first used, unless loaded before.
    ///
    /// # Panics
    /// If [`validate`](Self::validate) refuses the list.
    pub fn blank(&self, device: &Device) -> Sequential {
        let (mut features, mut pooling, mut classifier) = (Vec::new(), None, Vec::new());
        let layers = self.checked_layers();
        let last = layers.len() - 1;
        let mut mean_square = 1.0;
        for (index, sized) in layers.into_iter().enumerate() {
            let initializer = if index == last {
                self.output.clone()
            } else if self.even_start {
                scaled(&self.initializer, mean_square)
            } else {
                self.initializer.clone()
            };
            mean_square = sized.layer.mean_square(mean_square);
            let module = sized.layer.init(sized.input, &initializer, device);
            match (sized.input, sized.output) {
                (FeatureShape::Maps(_), FeatureShape::Maps(_)) => features.push(module),
                (FeatureShape::Maps(_), FeatureShape::Vector(_)) => pooling = Some(module),
                (FeatureShape::Vector(_), _) => classifier.push(module),
            }
        }
        let Some(pooling) = pooling else {
            panic!("validate the configuration first: no layer makes a vector of the maps");
        };
        Sequential {
            features,
            pooling,
            classifier,
        }
    }
}

/// A network that is one list of layers. Built by a [`SequentialConfig`].
#[derive(Module, Debug)]
pub struct Sequential {
    pub(crate) features: Vec<AnyLayer>,
    pub(crate) pooling: AnyLayer,
    pub(crate) classifier: Vec<AnyLayer>,
}

impl Sequential {
    /// Returns the feature maps before the layer that makes a vector of them.
    ///
    /// # Shapes
    /// - `images`: `[batch, channels, height, width]`
    /// - output: `[batch, channels', height', width']`
    pub fn features(&self, images: Tensor<4>) -> Tensor<4> {
        AnyLayer::apply_all(&self.features, Features::Maps(images)).into_maps()
    }

    /// Returns the logits for the maps that [`features`](Self::features) returned.
    ///
    /// # Shapes
    /// - `maps`: `[batch, channels', height', width']`
    /// - output: `[batch, classes]`
    pub fn classify(&self, maps: Tensor<4>) -> Tensor<2> {
        let vector = self.pooling.apply(Features::Maps(maps));
        AnyLayer::apply_all(&self.classifier, vector).into_vector()
    }

    /// Returns what every dense layer but the first takes: the outputs of the hidden layers.
    ///
    /// # Shapes
    /// - `images`: `[batch, channels, height, width]`
    /// - output: `[batch, units]` for each hidden layer
    pub fn hidden(&self, images: Tensor<4>) -> Vec<Tensor<2>> {
        let maps = Features::Maps(self.features(images));
        let mut features = self.pooling.apply(maps);
        let mut hidden = Vec::new();
        for (index, layer) in self.classifier.iter().enumerate() {
            if index > 0 && matches!(layer, AnyLayer::Dense(_)) {
                hidden.push(features.clone().into_vector());
            }
            features = layer.apply(features);
        }
        hidden
    }
}

impl Network for Sequential {
    type Input = Tensor<4>;
    type Output = Tensor<2>;

    /// # Shapes
    /// - `images`: `[batch, channels, height, width]`
    /// - output: `[batch, classes]`, logits
    fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        self.classify(self.features(images))
    }
}

/// Configuration of a network that is one list of layers; its [`NetworkConfig`] follows from the list.
pub trait SequentialNetwork: Sized {
    /// Returns the list.
    fn sequential(&self) -> SequentialConfig;

    /// Applies a user's options; see [`NetworkConfig::with_options`].
    ///
    /// # Errors
    /// When the network does not have one of them.
    fn with_layer_options(self, options: &LayerOptions) -> Result<Self, ArchitectureError>;
}

impl<C: SequentialNetwork> NetworkConfig for C {
    type Network = Sequential;
    type Options = LayerOptions;

    fn with_options(self, options: &LayerOptions) -> Result<Self, ArchitectureError> {
        self.with_layer_options(options)
    }

    fn validate(&self) -> Result<(), ArchitectureError> {
        self.sequential().validate()
    }

    fn blank(&self, device: &Device) -> Sequential {
        self.sequential().blank(device)
    }

    fn layers(&self) -> LayerTable {
        self.sequential().table()
    }

    fn input(&self) -> InputShape {
        InputShape::Picture(self.sequential().input)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use burn::tensor::Distribution;

    use super::*;
    use crate::initialization::he_uniform;
    use crate::layers::activation::Activation;
    use crate::layers::normalization::Normalization;

    fn config(input: [usize; 3], layers: Vec<Layer>) -> SequentialConfig {
        SequentialConfig::new(input, he_uniform(), layers)
    }

    /// The layer before each dense one but the first is a hidden one, whatever makes a vector of the maps.
    #[test]
    fn hidden_layers_are_returned_for_every_pooling() {
        let device = Device::flex();
        let images = Tensor::<4>::random([3, 2, 6, 6], Distribution::Default, &device);
        for pooling in [
            Layer::flatten(),
            Layer::global_average(),
            Layer::global_average_max(),
            Layer::attention_pooling(3),
        ] {
            let layers = vec![
                Layer::conv_same(4, 3, Activation::Relu),
                pooling.clone(),
                Layer::dense(7, Activation::Relu),
                Layer::dropout(0.5),
                Layer::dense(5, Activation::Tanh),
                Layer::dense(2, Activation::Identity),
            ];
            let network = config([2, 6, 6], layers).init(&device);
            let hidden = network.hidden(images.clone());
            let dims: Vec<_> = hidden.iter().map(Tensor::dims).collect();
            assert_eq!(dims, [[3, 7], [3, 5]], "{pooling:?}");
            let Some(AnyLayer::Dense(output)) = network.classifier.last() else {
                panic!("the last layer is a dense one");
            };
            let logits = output.forward(hidden[1].clone());
            let difference = (logits - network.forward(images.clone())).abs().max();
            assert_eq!(difference.into_scalar::<f32>(), 0.0, "{pooling:?}");
        }
    }

    /// Two blocks within each other, on maps and on a vector: every layer has its weights, and the table its row.
    #[test]
    fn lists_nest() {
        let device = Device::flex();
        let conv = || Layer::conv_same(3, 3, Activation::Relu);
        let inner = Layer::residual(conv().normalized(Some(Normalization::Batch)));
        let layers = vec![
            conv(),
            Layer::residual(vec![conv(), inner]),
            Layer::global_average(),
            Layer::residual(vec![Layer::dense(3, Activation::Tanh)]),
            dense(2),
        ];
        let config = config([1, 5, 6], layers);
        config.validate().unwrap();
        let network = config.init(&device);
        let table = config.table();
        let kinds: Vec<_> = table.rows.iter().map(|row| row.name.as_str()).collect();
        let expected = "conv2d conv2d_1 conv2d_2 batch_normalization add add_1 \
                        global_average_pooling2d dense add_2 dense_1";
        assert_eq!(kinds, expected.split(' ').collect::<Vec<_>>());
        assert_eq!(table.parameters(), network.num_params());
        assert_eq!(table.not_trained, 6);
        let logits = network.forward(Tensor::ones([4, 1, 5, 6], &device));
        assert_eq!(logits.dims(), [4, 2]);
    }

    fn assert_refused(input: [usize; 3], layers: Vec<Layer>, expected: &str) {
        let message = config(input, layers).validate().unwrap_err().to_string();
        assert!(message.contains(expected), "'{message}' lacks '{expected}'");
        assert!(!message.contains('\n'), "{message}");
    }

    fn dense(units: usize) -> Layer {
        Layer::dense(units, Activation::Identity)
    }

    #[test]
    fn layers_in_the_wrong_place_are_refused_with_the_reason() {
        let flatten = Layer::flatten;
        for (layers, expected) in [
            (vec![], "number of layers is 0"),
            (vec![flatten()], "end with a dense layer"),
            (vec![dense(2)], "flatten first"),
            (vec![flatten(), flatten(), dense(2)], "flatten once"),
            (vec![flatten(), Layer::max_pool(2), dense(2)], "move it up"),
        ] {
            assert_refused([1, 8, 8], layers, expected);
        }
    }

    #[test]
    fn sizes_and_numbers_out_of_bounds_are_refused_with_their_value() {
        let conv = |filters, kernel| Layer::conv(filters, kernel, Activation::Relu);
        let slope = f64::INFINITY;
        for (layer, expected) in [
            (conv(2, 9), "8 x 8 reach it"),
            (conv(2, 0), "window of layer 1"),
            (conv(0, 3), "filters of layer 1"),
            (Layer::max_pool(9), "8 x 8 reach it"),
            (Layer::dropout(1.0), "is 1: give a number from 0"),
            (Layer::dropout(f64::NAN), "is NaN"),
            (
                Layer::conv(1, 1, Activation::LeakyRelu { slope }),
                "leaky-relu is inf",
            ),
        ] {
            assert_refused([1, 8, 8], vec![layer, Layer::flatten(), dense(2)], expected);
        }
        for (units, expected) in [
            (vec![0], "is 0: give a number from 1"),
            (vec![usize::MAX], "is 18446744073709551615"),
            (vec![1 << 20, 1 << 20], "parameters up to layer 3"),
        ] {
            let mut layers = vec![Layer::flatten()];
            layers.extend(units.into_iter().map(dense));
            assert_refused([1, 8, 8], layers, expected);
        }
    }

    #[test]
    fn inputs_out_of_bounds_are_refused_with_their_value() {
        for (input, expected) in [
            ([0, 8, 8], "input channels is 0"),
            ([1, 0, 8], "input height is 0"),
            ([1, 8, 5000], "input width is 5000"),
            ([4096, 4096, 4096], "values out of layer 1"),
        ] {
            assert_refused(input, vec![Layer::flatten(), dense(2)], expected);
        }
    }
}
