//! How any kind of input becomes a network's, as the model's file holds it.

use serde::{Deserialize, Serialize};

use crate::images::Preprocess;
use crate::signals::SignalPreparation;
use crate::text::Languages;
use crate::trees::TreePreparation;

/// What is done to an input before a network sees it. Each kind has fields of its own, by which a
/// model's card tells them apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Preparation {
    /// Pictures.
    Picture(Preprocess),
    /// Recordings over time.
    Signal(SignalPreparation),
    /// Sentences to be translated.
    Sentences(Box<Languages>),
    /// Sentences with their parses.
    Tree(TreePreparation),
}

impl From<Preprocess> for Preparation {
    fn from(preprocess: Preprocess) -> Self {
        Self::Picture(preprocess)
    }
}

impl From<SignalPreparation> for Preparation {
    fn from(preparation: SignalPreparation) -> Self {
        Self::Signal(preparation)
    }
}

impl From<Languages> for Preparation {
    fn from(languages: Languages) -> Self {
        Self::Sentences(Box::new(languages))
    }
}

impl From<TreePreparation> for Preparation {
    fn from(preparation: TreePreparation) -> Self {
        Self::Tree(preparation)
    }
}
