//! What every set of examples has, whatever an example is: names, classes, origins.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::hash::hex;
use crate::preprocessing::Preprocessing;

/// What is known of a set beside the examples themselves.
#[derive(Clone, Copy, Debug)]
pub struct Metadata<'a> {
    /// What the set is called, as in "mnist".
    pub name: &'a str,
    /// What its examples are called, in the plural: "pictures".
    pub noun: &'static str,
    /// What a group of them is: "copies".
    pub group_noun: &'static str,
    /// Whether the examples were generated and stand in for real ones.
    pub generated: bool,
    /// Names of the classes; a label is an index into them. None where examples have no class.
    pub class_names: &'a [String],
    /// The class of each example; 0 where there are none.
    pub labels: &'a [usize],
    /// Where each example came from.
    pub origins: &'a [Origin],
    /// What was passed over.
    pub skipped: &'a [Skipped],
}

/// A set of examples, held in memory.
pub trait Dataset: Send + Sync {
    /// What is known of it.
    fn metadata(&self) -> Metadata<'_>;

    /// What is done to an example before a network sees it.
    fn preprocessing(&self) -> Preprocessing;

    /// How many of the examples at `indices` belong to each class.
    ///
    /// # Panics
    /// If an index is not below the number of examples.
    fn class_counts(&self, indices: &[usize]) -> Vec<usize> {
        let Metadata {
            class_names,
            labels,
            ..
        } = self.metadata();
        let mut counts = vec![0; class_names.len()];
        for &index in indices {
            if let Some(count) = counts.get_mut(labels[index]) {
                *count += 1;
            }
        }
        counts
    }

    /// SHA-256, hexadecimal, over the class names and every example's label and origin hash. The
    /// order of the examples and the names of their files do not matter.
    fn fingerprint(&self) -> String {
        let Metadata {
            class_names,
            labels,
            origins,
            ..
        } = self.metadata();
        let mut examples: Vec<(usize, &str)> = (labels.iter().copied())
            .zip(origins.iter().map(|origin| origin.sha256.as_str()))
            .collect();
        examples.sort_unstable();

        let mut hasher = Sha256::new();
        // The length before each text keeps ["ab", "c"] and ["a", "bc"] apart.
        for name in class_names {
            hasher.update((name.len() as u64).to_le_bytes());
            hasher.update(name.as_bytes());
        }
        for (label, sha256) in examples {
            hasher.update((label as u64).to_le_bytes());
            hasher.update((sha256.len() as u64).to_le_bytes());
            hasher.update(sha256.as_bytes());
        }
        hex(&hasher.finalize())
    }
}

/// Where an example came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Path relative to the set's folder with `/` between names, or "train/123" where there are
    /// no single files.
    pub path: String,
    /// SHA-256 of the file, or of the example where it has no file of its own; hexadecimal.
    pub sha256: String,
    /// The part the set's publisher put it into.
    pub official: Option<Official>,
}

/// A part of a split made by the publisher of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Official {
    /// Training.
    Train,
    /// Validation.
    Valid,
    /// Test.
    Test,
}

impl fmt::Display for Official {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Train => "train",
            Self::Valid => "valid",
            Self::Test => "test",
        })
    }
}

/// A file that was passed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Path relative to the set's folder.
    pub path: String,
    /// Why it cannot be used.
    pub reason: String,
}
