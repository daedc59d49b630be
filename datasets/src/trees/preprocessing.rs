//! Preprocessing of parse trees.

use serde::{Deserialize, Serialize};

use super::vocabulary::Vocabulary;

/// The number of sentiment classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grain {
    /// Very negative, negative, neutral, positive, very positive.
    #[default]
    Five,
    /// Negative or positive; neutral phrases have no class, as in Socher et al. (2013).
    Two,
}

impl Grain {
    /// Returns the names of the classes.
    pub fn class_names(self) -> Vec<String> {
        let names: &[&str] = match self {
            Self::Five => &[
                "very negative",
                "negative",
                "neutral",
                "positive",
                "very positive",
            ],
            Self::Two => &["negative", "positive"],
        };
        names.iter().map(|&name| name.to_owned()).collect()
    }

    /// Returns the class of a label of 0 to 4; `None` if the label has no class.
    pub fn class(self, label: u8) -> Option<u8> {
        match (self, label) {
            (Self::Five, 0..=4) => Some(label),
            (Self::Two, 0 | 1) => Some(0),
            (Self::Two, 3 | 4) => Some(1),
            _ => None,
        }
    }
}

/// How a tree becomes the input of a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TreePreprocessing {
    /// The number of sentiment classes.
    pub grain: Grain,
    /// The words the network knows.
    pub vocabulary: Vocabulary,
}
