//! How any kind of input becomes a network's, as the model's file holds it.

use serde::{Deserialize, Serialize};

use crate::images::ImagePreprocessing;
use crate::signals::SignalPreprocessing;
use crate::text::Languages;
use crate::trees::TreePreprocessing;

/// What is done to an input before a network sees it. Each kind has fields of its own, by which a
/// model's card tells them apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Preprocessing {
    /// Pictures.
    Image(ImagePreprocessing),
    /// Recordings over time.
    Signal(SignalPreprocessing),
    /// Sentences to be translated.
    Sentences(Box<Languages>),
    /// Sentences with their parses.
    Tree(TreePreprocessing),
}

impl From<ImagePreprocessing> for Preprocessing {
    fn from(preprocessing: ImagePreprocessing) -> Self {
        Self::Image(preprocessing)
    }
}

impl From<SignalPreprocessing> for Preprocessing {
    fn from(preprocessing: SignalPreprocessing) -> Self {
        Self::Signal(preprocessing)
    }
}

impl From<Languages> for Preprocessing {
    fn from(languages: Languages) -> Self {
        Self::Sentences(Box::new(languages))
    }
}

impl From<TreePreprocessing> for Preprocessing {
    fn from(preprocessing: TreePreprocessing) -> Self {
        Self::Tree(preprocessing)
    }
}
