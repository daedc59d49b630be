//! Every network under one type, so that a model file can say which one it holds.

use burn::config::Config;
use burn::store::{ApplyResult, ModuleSnapshot, SafetensorsStore, SafetensorsStoreError};
use burn::tensor::{Device, Tensor};

use crate::error::ArchitectureError;
use crate::layers::table::LayerTable;
use crate::network::{InputShape, Network, NetworkConfig};
use crate::networks::autoencoder::{Autoencoder, AutoencoderConfig, Reconstruction};
use crate::networks::digit_cnn::DigitCnnConfig;
use crate::networks::ensemble::Ensemble;
use crate::networks::mlp::MlpConfig;
use crate::networks::sequence_classifier::{SequenceClassifier, SequenceClassifierConfig};
use crate::networks::signal_cnn::SignalCnnConfig;
use crate::networks::spiking_net::{SpikingNet, SpikingNetConfig};
use crate::networks::translator::{Translator, TranslatorConfig};
use crate::networks::tree_net::{Forest, TreeNet, TreeNetConfig};
use crate::networks::tumor_cnn::TumorCnnConfig;
use crate::networks::tumor_net::TumorNetConfig;
use crate::sequential::Sequential;

/// Declares every network in one line: what it is, its variant, its configuration.
macro_rules! architectures {
    ($($(#[$doc:meta])* $variant:ident($config:ident),)*) => {
        /// Which network, and its sizes.
        #[derive(Config, Debug, PartialEq)]
        pub enum Architecture {
            $($(#[$doc])* $variant($config),)*
        }

        impl Architecture {
            fn config(&self) -> &dyn AnyConfig {
                match self {
                    $(Self::$variant(config) => config,)*
                }
            }
        }

        $(impl From<$config> for Architecture {
            fn from(config: $config) -> Self {
                Self::$variant(config)
            }
        })*
    };
}

architectures! {
    /// A multilayer perceptron.
    Mlp(MlpConfig),
    /// The convolutional network for digits.
    DigitCnn(DigitCnnConfig),
    /// The chapter's deep network for tumour pictures.
    TumorCnn(TumorCnnConfig),
    /// Our small network for tumour pictures.
    TumorNet(TumorNetConfig),
    /// An autoencoder.
    Autoencoder(AutoencoderConfig),
    /// A recurrent network that reads a picture row by row, or a recording.
    SequenceClassifier(SequenceClassifierConfig),
    /// A convolutional network over time.
    SignalCnn(SignalCnnConfig),
    /// A spiking network.
    SpikingNet(SpikingNetConfig),
    /// A translator.
    Translator(TranslatorConfig),
    /// A recursive network over parse trees.
    TreeNet(TreeNetConfig),
}

impl Architecture {
    /// Checks every size; call it on a configuration that comes from outside.
    ///
    /// # Errors
    /// Names the first size out of bounds.
    pub fn validate(&self) -> Result<(), ArchitectureError> {
        self.config().validate()
    }

    /// The layer table.
    ///
    /// # Panics
    /// If [`validate`](Self::validate) refuses the architecture.
    pub fn layers(&self) -> LayerTable {
        self.config().layers()
    }

    /// How many trainable numbers the network has.
    ///
    /// # Panics
    /// If [`validate`](Self::validate) refuses the architecture.
    pub fn num_params(&self) -> usize {
        self.layers().parameters()
    }

    /// What the network takes.
    pub fn input(&self) -> InputShape {
        self.config().input()
    }

    /// How many classes the network tells apart; an autoencoder and a translator none.
    ///
    /// # Panics
    /// If [`validate`](Self::validate) refuses the architecture.
    pub fn classes(&self) -> usize {
        if matches!(self, Self::Autoencoder(_) | Self::Translator(_)) {
            return 0;
        }
        let layers = self.layers();
        layers
            .rows
            .last()
            .and_then(|row| row.output_shape.last())
            .copied()
            .unwrap_or(0)
    }

    /// Builds the network and fills it from `store`.
    pub(crate) fn read(
        &self,
        store: &mut SafetensorsStore,
        device: &Device,
    ) -> Result<(Predictor, ApplyResult), SafetensorsStoreError> {
        self.config().read(store, device)
    }
}

/// A trained network, ready to answer. It grows with kinds of input, not with networks.
pub enum Predictor {
    /// From pictures or signals `[batch, channels, height, width]` to logits `[batch, classes]`.
    Classifier(Box<dyn Network<Input = Tensor<4>, Output = Tensor<2>> + Send>),
    /// From pictures `[batch, channels, height, width]` of values of 0 to 1 to the same pictures.
    Reconstructor(Box<dyn Network<Input = Tensor<4>, Output = Reconstruction> + Send>),
    /// From sentences to sentences in another language.
    Translator(Box<Translator>),
    /// From trees of n words and phrases to their logits `[n, classes]`.
    TreeClassifier(Box<dyn Network<Input = Forest, Output = Tensor<2>> + Send>),
}

impl std::fmt::Debug for Predictor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Classifier(_) => f.write_str("Classifier"),
            Self::Reconstructor(_) => f.write_str("Reconstructor"),
            Self::Translator(_) => f.write_str("Translator"),
            Self::TreeClassifier(_) => f.write_str("TreeClassifier"),
        }
    }
}

impl From<Sequential> for Predictor {
    fn from(network: Sequential) -> Self {
        Self::Classifier(Box::new(network))
    }
}

impl From<Ensemble> for Predictor {
    fn from(network: Ensemble) -> Self {
        Self::Classifier(Box::new(network))
    }
}

impl From<SequenceClassifier> for Predictor {
    fn from(network: SequenceClassifier) -> Self {
        Self::Classifier(Box::new(network))
    }
}

impl From<SpikingNet> for Predictor {
    fn from(network: SpikingNet) -> Self {
        Self::Classifier(Box::new(network))
    }
}

impl From<Autoencoder> for Predictor {
    fn from(network: Autoencoder) -> Self {
        Self::Reconstructor(Box::new(network))
    }
}

impl From<Translator> for Predictor {
    fn from(network: Translator) -> Self {
        Self::Translator(Box::new(network))
    }
}

impl From<TreeNet> for Predictor {
    fn from(network: TreeNet) -> Self {
        Self::TreeClassifier(Box::new(network))
    }
}

/// A [`NetworkConfig`] without the type of its network.
trait AnyConfig {
    fn validate(&self) -> Result<(), ArchitectureError>;
    fn layers(&self) -> LayerTable;
    fn input(&self) -> InputShape;
    fn read(
        &self,
        store: &mut SafetensorsStore,
        device: &Device,
    ) -> Result<(Predictor, ApplyResult), SafetensorsStoreError>;
}

impl<C> AnyConfig for C
where
    C: NetworkConfig,
    Predictor: From<C::Network>,
{
    fn validate(&self) -> Result<(), ArchitectureError> {
        NetworkConfig::validate(self)
    }

    fn layers(&self) -> LayerTable {
        NetworkConfig::layers(self)
    }

    fn input(&self) -> InputShape {
        NetworkConfig::input(self)
    }

    fn read(
        &self,
        store: &mut SafetensorsStore,
        device: &Device,
    ) -> Result<(Predictor, ApplyResult), SafetensorsStoreError> {
        let mut network = self.blank(device);
        let result = network.load_from(store)?;
        Ok((network.into(), result))
    }
}
