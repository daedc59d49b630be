//! A split into training, validation and test, and the kinds of split.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Indices of a set's examples, in three disjoint parts, each in rising order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// How the split was made.
    pub kind: SplitKind,
    /// The seed the split was made with.
    pub seed: u64,
    /// Examples to train on.
    pub train: Vec<usize>,
    /// Examples to select models and hyper-parameters by; may be empty.
    pub valid: Vec<usize>,
    /// Held-out examples to report on; may be empty.
    pub test: Vec<usize>,
    /// The group of every example of the set, whatever its part: copies of one picture, or pictures of one patient. Without
    /// such knowledge each example is its own group.
    pub groups: Vec<usize>,
}

impl Split {
    /// Puts every example in the test part, for data that a network was not trained on.
    pub fn all(groups: Vec<usize>, seed: u64) -> Self {
        Self {
            kind: SplitKind::All,
            seed,
            train: Vec::new(),
            valid: Vec::new(),
            test: (0..groups.len()).collect(),
            groups,
        }
    }

    /// Replaces the groups of the examples.
    ///
    /// # Panics
    /// If there is not one group per example.
    pub fn with_groups(self, groups: Vec<usize>) -> Self {
        assert_eq!(groups.len(), self.groups.len(), "a group for each example");
        Self { groups, ..self }
    }

    /// Keeps only the examples of one class in training and validation; the others are in no part.
    ///
    /// # Panics
    /// If there is not one label per example.
    pub fn trained_on(mut self, labels: &[usize], class: usize) -> Self {
        for part in [&mut self.train, &mut self.valid] {
            part.retain(|&index| labels[index] == class);
        }
        self
    }

    /// Returns the groups of the examples at `indices`, for a bootstrap by group.
    ///
    /// # Panics
    /// If an index is not below the number of examples.
    pub fn groups_of(&self, indices: &[usize]) -> Vec<usize> {
        indices.iter().map(|&index| self.groups[index]).collect()
    }

    /// Returns the number of groups.
    pub fn group_count(&self) -> usize {
        self.groups.iter().collect::<HashSet<_>>().len()
    }

    /// Returns, for each example of `test`, whether another example of its group is in training or validation. Such a test
    /// example measures memory; a grouped split has none.
    pub fn leaking(&self) -> Vec<bool> {
        let seen: HashSet<usize> = (self.train.iter().chain(&self.valid))
            .map(|&index| self.groups[index])
            .collect();
        (self.test.iter())
            .map(|&index| seen.contains(&self.groups[index]))
            .collect()
    }
}

/// How a set is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SplitKind {
    /// At random, with groups kept whole and classes in nearly the same proportion.
    Grouped,
    /// At random, with classes in the same proportion.
    Random,
    /// By the publisher of the set.
    Official,
    /// By a `split.csv`.
    File,
    /// Every example in the test part.
    All,
}

impl fmt::Display for SplitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Grouped => "grouped",
            Self::Random => "random",
            Self::Official => "official",
            Self::File => "file",
            Self::All => "all",
        })
    }
}

impl FromStr for SplitKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "grouped" => Ok(Self::Grouped),
            "random" => Ok(Self::Random),
            "official" => Ok(Self::Official),
            _ => Err(Error::Unknown {
                what: "split",
                value: text.into(),
                choices: "grouped, random, official, or the split.csv of a run",
            }),
        }
    }
}
