//! What is done to an input before a network sees it.

use serde::{Deserialize, Serialize};

use crate::images::ImagePreprocessing;
use crate::signals::SignalPreprocessing;
use crate::text::Languages;
use crate::trees::TreePreprocessing;

/// The preprocessing of any kind of input, as stored in a model's file. The kinds have different fields, by which the
/// file tells them apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Preprocessing {
    /// Pictures.
    Image(ImagePreprocessing),
    /// Recordings over time.
    Signal(SignalPreprocessing),
    /// Sentences to be translated.
    Sentences(Box<Languages>),
    /// Sentences with their parse trees.
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
