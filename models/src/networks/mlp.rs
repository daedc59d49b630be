//! Multilayer perceptrons: `mnist-mlp`, `mnist-dropout` and `brain-tumor-mlp`.
//!
//! h_0 is the flattened picture, h_i = f(W_i h_(i-1) + b_i), and the logits are W h + b. The
//! chapter builds the first two in its sections on MNIST and in its first lab, the third for the
//! two-class tumour pictures. Deep learning before its name: Rumelhart, Hinton and Williams 1986,
//! <https://doi.org/10.1038/323533a0>.

use burn::config::Config;
use burn::nn::Initializer;
use serde::{Deserialize, Serialize};

use crate::choices::Choices;
use crate::error::ArchitectureError;
use crate::initialization::{Initialization, glorot_uniform, he_uniform};
use crate::layers::activation::{Activation, Activations};
use crate::layers::normalization::Normalization;
use crate::sequential::{Layer, SequentialConfig, SequentialNetwork};

/// What turns the last sums into probabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutputActivation {
    /// Softmax: the sums z are the logits as they are.
    #[default]
    Softmax,
    /// A sigmoid for each class, divided by their sum: p_k = sigma(z_k) / sum_j sigma(z_j).
    ///
    /// That is what the chapter's two-class tumour network computes: it puts a categorical
    /// cross-entropy on two sigmoid outputs, and Keras's loss divides what it is given by its sum
    /// before the logarithm. Since softmax(ln sigma(z)) is the same number, the logits are
    /// ln sigma(z), and the one softmax cross-entropy serves here too. Keras's clipping of the
    /// probabilities to 1e-7 is left out: ln sigma needs none.
    NormalizedSigmoid,
}

/// A multilayer perceptron on pictures.
#[derive(Config, Debug, PartialEq)]
pub struct MlpConfig {
    /// The shape of one picture, `[channels, height, width]`.
    pub input: [usize; 3],
    /// The units of each hidden layer.
    pub hidden: Vec<usize>,
    /// How many classes there are.
    pub classes: usize,
    /// The activation of the hidden layers, or one for each.
    #[config(default = "Activation::Relu.into()")]
    pub activation: Activations,
    /// The share of each hidden layer's values that is zeroed while training; 0 leaves the
    /// dropout layers out.
    #[config(default = 0.0)]
    pub dropout: f64,
    /// What is normalised in each hidden layer, between its sums and its activation.
    #[config(default = "None")]
    pub normalization: Option<Normalization>,
    /// What turns the last sums into probabilities.
    #[config(default = "OutputActivation::Softmax")]
    pub output: OutputActivation,
    /// How the weights start: Glorot's way, as in Keras, unless the network is deep.
    #[config(default = "glorot_uniform()")]
    pub initializer: Initializer,
}

impl MlpConfig {
    /// `mnist-mlp`: 784-128-10, 101,770 parameters.
    pub fn mnist() -> Self {
        Self::new([1, 28, 28], vec![128], 10)
    }

    /// `mnist-dropout`: 784-128-10 with a dropout of 0.2 after the hidden layer, 101,770
    /// parameters.
    pub fn mnist_dropout() -> Self {
        Self::mnist().with_dropout(0.2)
    }

    /// `brain-tumor-mlp`: 4900-300-200-200-100-2, 1,591,002 parameters, on grey 70 x 70 pictures.
    ///
    /// Five weight layers are deep enough for He's initialisation to matter (see
    /// [`TumorCnnConfig`](crate::TumorCnnConfig)).
    pub fn brain_tumor() -> Self {
        Self::new([1, 70, 70], vec![300, 200, 200, 100], 2)
            .with_output(OutputActivation::NormalizedSigmoid)
            .with_initializer(he_uniform())
    }
}

impl MlpConfig {
    /// That of each hidden layer. A list of another length, as only a damaged file can hold, is used in turn.
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
        let mut layers = vec![Layer::Flatten];
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

    fn with_choices(self, choices: &Choices) -> Result<Self, ArchitectureError> {
        let hidden = choices.hidden.clone().unwrap_or(self.hidden);
        let layers = hidden.len();
        let activation = choices.activation.clone().unwrap_or(self.activation);
        let Some(each) = activation.of(layers) else {
            return Err(ArchitectureError::NoChoice {
                choice: format!("the activations {activation}"),
                reason: format!(
                    "there are {layers} hidden layers: give one activation, or {layers}"
                ),
            });
        };
        // Layers of one's own start as suits their activation, others as the experiment has it.
        let suiting = each.first().map(|first| Initialization::suiting(*first));
        let usual = match (&choices.hidden, suiting) {
            (Some(_), Some(suiting)) => suiting.initializer(),
            _ => self.initializer,
        };
        Ok(Self {
            hidden,
            activation,
            normalization: choices.normalization(self.normalization),
            initializer: choices.initializer(usual),
            ..self
        })
    }
}
