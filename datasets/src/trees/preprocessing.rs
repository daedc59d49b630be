//! How a tree becomes a network's input.

use serde::{Deserialize, Serialize};

use super::vocabulary::Vocabulary;

/// How finely sentiments are told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grain {
    /// Very negative, negative, neutral, positive, very positive.
    #[default]
    Five,
    /// Negative or positive; what is neutral is left out, as Socher et al. (2013) do.
    Two,
}

impl Grain {
    /// The names of the classes.
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

    /// The class of a label of 0 to 4; `None` where it is left out.
    pub fn class(self, label: u8) -> Option<u8> {
        match (self, label) {
            (Self::Five, 0..=4) => Some(label),
            (Self::Two, 0 | 1) => Some(0),
            (Self::Two, 3 | 4) => Some(1),
            _ => None,
        }
    }
}

/// What is done to a tree before a network sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TreePreprocessing {
    /// How finely sentiments are told apart.
    pub grain: Grain,
    /// The words it knows.
    pub vocabulary: Vocabulary,
}
