//! The interface of every data set, whatever its examples are.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::hash::hex;
use crate::preprocessing::Preprocessing;

/// A data set, held in memory.
pub trait Dataset: Send + Sync {
    /// Returns the names, classes, labels and origins of the examples.
    fn metadata(&self) -> Metadata<'_>;

    /// Returns what is done to an example before a network sees it.
    fn preprocessing(&self) -> Preprocessing;

    /// Counts the examples at `indices` of each class.
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

    /// Returns the SHA-256, hexadecimal, over the class names and every example's label and origin hash. The order of
    /// the examples and the names of their files do not matter.
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

/// Names, classes, labels and origins of a data set, borrowed from it.
#[derive(Clone, Copy, Debug)]
pub struct Metadata<'a> {
    /// Name of the data set, for example "mnist".
    pub name: &'a str,
    /// Noun for several of its examples, for example "pictures".
    pub noun: &'static str,
    /// Noun for the members of one group, for example "copies".
    pub group_noun: &'static str,
    /// Whether the examples were generated as stand-ins for real ones.
    pub generated: bool,
    /// Names of the classes; a label is an index into them. Empty if examples have no class.
    pub class_names: &'a [String],
    /// Label of each example; 0 if examples have no class.
    pub labels: &'a [usize],
    /// Origin of each example.
    pub origins: &'a [Origin],
    /// Files that were skipped.
    pub skipped: &'a [Skipped],
    /// What is worth knowing about how it was read, a line each.
    pub notes: &'a [String],
}

/// Where an example comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Path relative to the folder of the data set, with `/` between names, or "train/123" if examples have no files of
    /// their own.
    pub path: String,
    /// SHA-256, hexadecimal, of the file, or of the example if it has no file of its own.
    pub sha256: String,
    /// The part of the official split, if there is one.
    pub official: Option<Official>,
}

/// A part of the official split, the one made by the publisher of a data set.
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

/// A file that was skipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Path relative to the folder of the data set.
    pub path: String,
    /// Why the file cannot be used.
    pub reason: String,
}
