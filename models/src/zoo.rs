//! Every network under one type, so that a model file can say which one it holds.

use burn::config::Config;
use burn::module::Module;
use burn::store::{ApplyResult, ModuleSnapshot, SafetensorsStore, SafetensorsStoreError};
use burn::tensor::{Device, Tensor};

use crate::error::ArchitectureError;
use crate::layers::lower::{NamedTensor, tensors};
use crate::layers::table::LayerTable;
use crate::network::{InputShape, Network, NetworkConfig, ZooEntry};
use crate::networks::autoencoder::{Autoencoder, Reconstruction};
use crate::networks::ensemble::Ensemble;
use crate::networks::sequence_classifier::SequenceClassifier;
use crate::networks::spiking_net::SpikingNet;
use crate::networks::translator::Translator;
use crate::networks::tree_net::{Forest, TreeNet};
use crate::sequential::Sequential;

/// Passes the table of networks to the macro `$callback`: for each network its documentation, its file in `networks/`,
/// its configuration, and its variant of [`Architecture`](crate::zoo::Architecture), which model files name.
#[macro_export]
macro_rules! every_network {
    ($callback:ident) => {
        $callback! {
            /// A multilayer perceptron.
            mlp::MlpConfig as Mlp,
            /// The convolutional network for digits.
            digit_cnn::DigitCnnConfig as DigitCnn,
            /// The chapter's deep network for brain-tumour images.
            tumor_cnn::TumorCnnConfig as TumorCnn,
            /// Our network for brain-tumour images.
            tumor_net::TumorNetConfig as TumorNet,
            /// A residual network with attention pooling for brain-tumour images.
            tumor_resnet::TumorResNetConfig as TumorResNet,
            /// An autoencoder.
            autoencoder::AutoencoderConfig as Autoencoder,
            /// A recurrent classifier of images or recordings.
            sequence_classifier::SequenceClassifierConfig as SequenceClassifier,
            /// A convolutional network for recordings.
            signal_cnn::SignalCnnConfig as SignalCnn,
            /// A spiking network.
            spiking_net::SpikingNetConfig as SpikingNet,
            /// A translator.
            translator::TranslatorConfig as Translator,
            /// A recursive network over parse trees.
            tree_net::TreeNetConfig as TreeNet,
        }
    };
}

macro_rules! declare_architecture {
    ($($(#[$doc:meta])* $module:ident::$config:ident as $variant:ident,)*) => {
        /// The configuration of any network.
        #[derive(Config, Debug, PartialEq)]
        pub enum Architecture {
            $($(#[$doc])* $variant(crate::networks::$module::$config),)*
        }

        impl Architecture {
            fn config(&self) -> &dyn AnyConfig {
                match self {
                    $(Self::$variant(config) => config,)*
                }
            }

            /// Returns the name of the network, as model files spell it.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => stringify!($variant),)*
                }
            }

            /// Returns examples of every network, with the names of their experiments.
            pub fn examples() -> Vec<(&'static str, Self)> {
                let mut all = Vec::new();
                $(
                    let examples = crate::networks::$module::$config::examples();
                    all.extend(examples.into_iter().map(|(name, config)| (name, config.into())));
                )*
                all
            }
        }

        $(impl From<crate::networks::$module::$config> for Architecture {
            fn from(config: crate::networks::$module::$config) -> Self {
                Self::$variant(config)
            }
        }

        impl TryFrom<Architecture> for crate::networks::$module::$config {
            type Error = OtherNetwork;

            fn try_from(architecture: Architecture) -> Result<Self, OtherNetwork> {
                match architecture {
                    Architecture::$variant(config) => Ok(config),
                    other => Err(OtherNetwork {
                        expected: stringify!($variant),
                        found: other.name(),
                    }),
                }
            }
        })*
    };
}

every_network!(declare_architecture);

/// The configuration of one network where that of another was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its network is a {found}, not a {expected}")]
pub struct OtherNetwork {
    /// Name of the network that was expected.
    pub expected: &'static str,
    /// Name of the network that was found.
    pub found: &'static str,
}

impl Architecture {
    /// Checks every size; to be called on a configuration from outside.
    ///
    /// # Errors
    /// Names the first size out of bounds.
    pub fn validate(&self) -> Result<(), ArchitectureError> {
        self.config().validate()
    }

    /// Returns the layer table.
    ///
    /// # Panics
    /// If [`validate`](Self::validate) refuses the architecture.
    pub fn layers(&self) -> LayerTable {
        self.config().layers()
    }

    /// Returns the number of parameters of the network, running statistics included.
    ///
    /// # Panics
    /// If [`validate`](Self::validate) refuses the architecture.
    pub fn num_params(&self) -> usize {
        self.config().num_params()
    }

    /// Returns the tensors of the network, in the order from input to output.
    ///
    /// # Panics
    /// If [`validate`](Self::validate) refuses the architecture.
    pub fn tensors(&self) -> Vec<NamedTensor> {
        self.config().tensors()
    }

    /// Returns the shape of one input.
    pub fn input(&self) -> InputShape {
        self.config().input()
    }

    /// Returns the sentence that must stand with every answer of the network, if there is one.
    pub fn notice(&self) -> Option<&'static str> {
        self.config().notice()
    }

    /// Returns the number of classes; 0 for an autoencoder and a translator.
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

    /// Builds the network and draws its weights.
    ///
    /// # Panics
    /// If [`validate`](Self::validate) refuses the architecture.
    pub fn init(&self, device: &Device) -> Predictor {
        self.config().init(device)
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

/// A network by what it predicts. It grows with kinds of prediction, not with networks.
pub enum Predictor {
    /// From images or signals `[batch, channels, height, width]` to logits `[batch, classes]`.
    Classifier(Box<dyn Network<Input = Tensor<4>, Output = Tensor<2>> + Send>),
    /// A classifier whose units spike.
    SpikingClassifier(Box<SpikingNet>),
    /// From images `[batch, channels, height, width]` of values of 0 to 1 to the same images.
    Reconstructor(Box<dyn Network<Input = Tensor<4>, Output = Reconstruction> + Send>),
    /// From sentences to sentences in another language.
    Translator(Box<Translator>),
    /// From trees of n words and phrases to their logits `[n, classes]`.
    TreeClassifier(Box<dyn Network<Input = Forest, Output = Tensor<2>> + Send>),
}

impl Predictor {
    /// Returns the network if it maps images or signals to logits.
    pub fn classifier(&self) -> Option<&dyn Network<Input = Tensor<4>, Output = Tensor<2>>> {
        match self {
            Self::Classifier(network) => Some(&**network),
            Self::SpikingClassifier(network) => Some(&**network),
            Self::Reconstructor(_) | Self::Translator(_) | Self::TreeClassifier(_) => None,
        }
    }
}

impl std::fmt::Debug for Predictor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Classifier(_) => "Classifier",
            Self::SpikingClassifier(_) => "SpikingClassifier",
            Self::Reconstructor(_) => "Reconstructor",
            Self::Translator(_) => "Translator",
            Self::TreeClassifier(_) => "TreeClassifier",
        })
    }
}

/// Declares which variant of [`Predictor`] holds each type of network.
macro_rules! predictors {
    ($($variant:ident($($network:ty),+),)*) => {
        $($(impl From<$network> for Predictor {
            fn from(network: $network) -> Self {
                Self::$variant(Box::new(network))
            }
        })+)*
    };
}

predictors! {
    Classifier(Sequential, Ensemble, SequenceClassifier),
    SpikingClassifier(SpikingNet),
    Reconstructor(Autoencoder),
    Translator(Translator),
    TreeClassifier(TreeNet),
}

/// A [`NetworkConfig`] without the type of its network.
trait AnyConfig {
    fn validate(&self) -> Result<(), ArchitectureError>;
    fn layers(&self) -> LayerTable;
    fn num_params(&self) -> usize;
    fn tensors(&self) -> Vec<NamedTensor>;
    fn input(&self) -> InputShape;
    fn notice(&self) -> Option<&'static str>;
    fn init(&self, device: &Device) -> Predictor;
    fn read(
        &self,
        store: &mut SafetensorsStore,
        device: &Device,
    ) -> Result<(Predictor, ApplyResult), SafetensorsStoreError>;
}

impl<C> AnyConfig for C
where
    C: ZooEntry,
    Predictor: From<C::Network>,
{
    fn validate(&self) -> Result<(), ArchitectureError> {
        NetworkConfig::validate(self)
    }

    fn layers(&self) -> LayerTable {
        NetworkConfig::layers(self)
    }

    fn num_params(&self) -> usize {
        self.blank(&Device::flex()).num_params()
    }

    fn tensors(&self) -> Vec<NamedTensor> {
        tensors(&self.blank(&Device::flex()))
    }

    fn input(&self) -> InputShape {
        NetworkConfig::input(self)
    }

    fn notice(&self) -> Option<&'static str> {
        ZooEntry::notice(self)
    }

    fn init(&self, device: &Device) -> Predictor {
        NetworkConfig::init(self, device).into()
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
