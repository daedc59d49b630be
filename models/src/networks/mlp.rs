//! Multilayer perceptrons: `mnist-mlp`, `mnist-dropout` and `brain-tumor-mlp`.
//!
//! With h_0 the flattened image, h_i = f(W_i h_(i-1) + b_i), and the logits are W h + b of the last h. The chapter
//! builds the first two in its sections on MNIST and in its first lab, the third for brain-tumour images of two classes.
//! Training by back-propagation: Rumelhart, Hinton and Williams 1986, <https://doi.org/10.1038/323533a0>.

use burn::config::Config;
use burn::nn::Initializer;
use serde::{Deserialize, Serialize};

use crate::error::ArchitectureError;
use crate::initialization::{Initialization, glorot_uniform, he_uniform};
use crate::layers::activation::{Activation, Activations};
use crate::layers::layer::Layer;
use crate::layers::normalization::Normalization;
use crate::layers::options::LayerOptions;
use crate::network::ZooEntry;
use crate::sequential::{SequentialConfig, SequentialNetwork};

/// Function that turns the outputs of the last layer into probabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutputActivation {
    /// Softmax: the outputs z are the logits.
    #[default]
    Softmax,
    /// Sigmoids divided by their sum: p_k = sigma(z_k) / sum_j sigma(z_j).
    ///
    /// The chapter's two-class network computes this: it applies a categorical cross-entropy to two sigmoid outputs, and
    /// Keras's loss divides its input by its sum before the logarithm. As softmax(ln sigma(z)) is the same value, the
    /// logits are ln sigma(z), and the same softmax cross-entropy works. Keras's clipping of the probabilities to 1e-7 is
    /// left out: ln sigma needs none.
    NormalizedSigmoid,
}

/// Configuration of a multilayer perceptron on images.
#[derive(Config, Debug, PartialEq)]
pub struct MlpConfig {
    /// Shape of one image, `[channels, height, width]`.
    pub input: [usize; 3],
    /// Number of units of each hidden layer.
    pub hidden: Vec<usize>,
    /// Number of classes.
    pub classes: usize,
    /// Activation of the hidden layers, or one for each.
    #[config(default = "Activation::Relu.into()")]
    pub activation: Activations,
    /// Dropout rate after each hidden layer; 0 leaves the dropout layers out.
    #[config(default = 0.0)]
    pub dropout: f64,
    /// Normalisation between the sums and the activation of each hidden layer.
    #[config(default = "None")]
    pub normalization: Option<Normalization>,
    /// Function that turns the outputs of the last layer into probabilities.
    #[config(default = "OutputActivation::Softmax")]
    pub output: OutputActivation,
    /// Initialiser of the weights: Glorot's by default, as in Keras.
    #[config(default = "glorot_uniform()")]
    pub initializer: Initializer,
}

impl MlpConfig {
    /// Creates `mnist-mlp`: 784-128-10, 101,770 parameters.
    pub fn mnist() -> Self {
        Self::new([1, 28, 28], vec![128], 10)
    }

    /// Creates `mnist-dropout`: `mnist-mlp` with a dropout of 0.2 after the hidden layer.
    pub fn mnist_dropout() -> Self {
        Self::mnist().with_dropout(0.2)
    }

    /// Creates `brain-tumor-mlp`: 4900-300-200-200-100-2, 1,591,002 parameters, on grey 70 x 70 images.
    ///
    /// With five layers of weights He's initialisation matters (see
    /// [`TumorCnnConfig`](crate::networks::tumor_cnn::TumorCnnConfig)).
    pub fn brain_tumor() -> Self {
        Self::new([1, 70, 70], vec![300, 200, 200, 100], 2)
            .with_output(OutputActivation::NormalizedSigmoid)
            .with_initializer(he_uniform())
    }

    /// Returns the activation of each hidden layer. A list of another length, which only a damaged file contains, is
    /// repeated.
    fn activations(&self) -> impl Iterator<Item = Activation> {
        let each = match &self.activation {
            Activations::Same(activation) => vec![*activation],
            Activations::Each(each) if each.is_empty() => vec![Activation::Relu],
            Activations::Each(each) => each.clone(),
        };
        each.into_iter().cycle()
    }
}

impl SequentialNetwork for MlpConfig {
    fn sequential(&self) -> SequentialConfig {
        let mut layers = vec![Layer::flatten()];
        for (&units, activation) in self.hidden.iter().zip(self.activations()) {
            layers.extend(Layer::dense(units, activation).normalized(self.normalization));
            if self.dropout != 0.0 {
                layers.push(Layer::dropout(self.dropout));
            }
        }
        layers.push(Layer::dense(
            self.classes,
            match self.output {
                OutputActivation::Softmax => Activation::Identity,
                OutputActivation::NormalizedSigmoid => Activation::LogSigmoid,
            },
        ));
        SequentialConfig::new(self.input, self.initializer.clone(), layers)
    }

    fn with_layer_options(self, options: &LayerOptions) -> Result<Self, ArchitectureError> {
        let hidden = options.hidden.clone().unwrap_or(self.hidden);
        let layers = hidden.len();
        let activation = options.activation.clone().unwrap_or(self.activation);
        let Some(each) = activation.for_layers(layers) else {
            return Err(ArchitectureError::NoChoice {
                choice: format!("the activations {activation}"),
                reason: format!(
                    "there are {layers} hidden layers: give one activation, or {layers}"
                ),
            });
        };
        // Layers that a user chose start as suits their activation, others as in the experiment.
        let default = match (&options.hidden, each.first()) {
            (Some(_), Some(&first)) => Initialization::suited_to(first).initializer(),
            _ => self.initializer,
        };
        Ok(Self {
            hidden,
            activation,
            normalization: options.normalization(self.normalization),
            initializer: options.initializer(default),
            ..self
        })
    }
}

impl ZooEntry for MlpConfig {
    fn examples() -> Vec<(&'static str, Self)> {
        vec![
            ("mnist-mlp", Self::mnist()),
            ("mnist-dropout", Self::mnist_dropout()),
            ("brain-tumor-mlp", Self::brain_tumor()),
        ]
    }
}
