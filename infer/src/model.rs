//! Models, by the kind of their inputs.

use std::path::PathBuf;
use std::process::ExitCode;

use datasets::Preprocessing;
use models::Predictor;
use models::device::Selected;

use crate::arguments::Arguments;
use crate::classifier::ClassNetwork;
use crate::error::Result;
use crate::find::Place;
use crate::info::ModelInfo;
use crate::kinds::autoencoder::Autoencoder;
use crate::kinds::images::Images;
use crate::kinds::sentences::Sentences;
use crate::kinds::signals::Signals;
use crate::kinds::trees::Trees;
use crate::session::answer_all;
use crate::table::Table;

/// The built-in model: a classifier of four kinds of head scans. Its card says how it was trained and how well it does.
static BUILT_IN_BYTES: &[u8] = include_bytes!("../models/brain-tumor.safetensors");

/// A model that is ready to answer.
#[expect(
    clippy::large_enum_variant,
    reason = "a call of the command has one model"
)]
pub(crate) enum Model {
    /// Classifies pictures.
    Images(Images),
    /// Classifies the pieces of recordings.
    Signals(Signals),
    /// Translates sentences.
    Sentences(Sentences),
    /// Classifies sentences and their phrases.
    Trees(Trees),
    /// Reconstructs pictures.
    Autoencoder(Autoencoder),
}

impl Model {
    /// Loads a model and prepares it for the arguments.
    ///
    /// # Errors
    /// If the file is damaged, its parts contradict each other, or an option does not apply to the model.
    pub fn load(place: Place, device: Selected, arguments: &Arguments) -> Result<Self> {
        let (info, network) = open(place, device)?;
        Ok(match (info.card.preprocess.clone(), network) {
            (Preprocessing::Image(preprocessing), Predictor::Reconstructor(network)) => {
                Self::Autoencoder(Autoencoder::new(info, preprocessing, network, arguments)?)
            }
            (Preprocessing::Image(preprocessing), Predictor::Classifier(network)) => {
                let network = ClassNetwork::Plain(network);
                Self::Images(Images::new(info, preprocessing, network, arguments)?)
            }
            (Preprocessing::Image(preprocessing), Predictor::SpikingClassifier(network)) => {
                let network = ClassNetwork::Spiking(network);
                Self::Images(Images::new(info, preprocessing, network, arguments)?)
            }
            (Preprocessing::Signal(preprocessing), Predictor::Classifier(network)) => {
                let network = ClassNetwork::Plain(network);
                Self::Signals(Signals::new(info, preprocessing, network, arguments)?)
            }
            (Preprocessing::Signal(preprocessing), Predictor::SpikingClassifier(network)) => {
                let network = ClassNetwork::Spiking(network);
                Self::Signals(Signals::new(info, preprocessing, network, arguments)?)
            }
            (Preprocessing::Sentences(languages), Predictor::Translator(network)) => {
                Self::Sentences(Sentences::new(info, *languages, network, arguments)?)
            }
            (Preprocessing::Tree(preprocessing), Predictor::TreeClassifier(network)) => {
                Self::Trees(Trees::new(info, preprocessing, network, arguments)?)
            }
            (_, network) => {
                let reason = format!("its preprocessing does not fit its network, a {network:?}");
                return Err(info.contradiction(reason));
            }
        })
    }

    /// Answers all inputs that the arguments name.
    ///
    /// # Errors
    /// If the model cannot answer, or the answers cannot be written.
    pub fn answer_all(self, arguments: &Arguments, table: Option<Table>) -> Result<ExitCode> {
        match self {
            Self::Images(model) => answer_all(model, arguments, table),
            Self::Signals(model) => answer_all(model, arguments, table),
            Self::Sentences(model) => answer_all(model, arguments, table),
            Self::Trees(model) => answer_all(model, arguments, table),
            Self::Autoencoder(model) => answer_all(model, arguments, table),
        }
    }
}

/// Reads a model file.
fn open(place: Place, device: Selected) -> Result<(ModelInfo, Predictor)> {
    let Selected {
        device,
        description,
        ..
    } = device;
    let (path, (card, network)) = match place {
        Place::File(path) => {
            let model = models::file::load(&path, &device)?;
            (path, model)
        }
        Place::BuiltIn => {
            let path = PathBuf::from("shipped with Hebb");
            let model = models::file::load_bytes(&path, BUILT_IN_BYTES, &device)?;
            (path, model)
        }
    };
    Ok((ModelInfo::new(path, card, device, description)?, network))
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn the_built_in_model_classifies_scans_with_a_notice() {
        let selected = Selected {
            device: Device::flex(),
            description: "flex".into(),
            notice: None,
        };
        let (info, network) = open(Place::BuiltIn, selected).unwrap();
        assert!(network.classifier().is_some());
        assert_eq!(info.card.experiment, "brain-tumor");
        assert_eq!(info.card.class_names.len(), 4);
        assert!(!info.card.data.generated);
        assert!(info.card.calibration.is_some());
        assert!(info.notice.unwrap().contains("not a medical device"));
        assert!(BUILT_IN_BYTES.len() < 4_000_000, "{}", BUILT_IN_BYTES.len());
    }
}
