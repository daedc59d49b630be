//! A split, and the ways of making one.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Indices of a set's examples, in three disjoint parts, each in rising order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// How it was made.
    pub kind: SplitKind,
    /// The seed it was made with.
    pub seed: u64,
    /// Examples to train on.
    pub train: Vec<usize>,
    /// Examples to choose by; may be empty.
    pub valid: Vec<usize>,
    /// Examples to report on; may be empty.
    pub test: Vec<usize>,
    /// The group of every example of the set, whatever its part: copies of one picture, or pictures
    /// of one patient. Where nothing is known, each example is its own group.
    pub groups: Vec<usize>,
}

impl Split {
    /// The same split of a set whose groups are known.
    ///
    /// # Panics
    /// If there is not one group per example.
    pub fn with_groups(self, groups: Vec<usize>) -> Self {
        assert_eq!(groups.len(), self.groups.len(), "a group for each example");
        Self { groups, ..self }
    }

    /// The same split with nothing but examples of one class to train on and to choose by; what is
    /// left out is in no part.
    ///
    /// # Panics
    /// If there is not one label per example.
    pub fn trained_on(mut self, labels: &[usize], class: usize) -> Self {
        for part in [&mut self.train, &mut self.valid] {
            part.retain(|&index| labels[index] == class);
        }
        self
    }

    /// The groups of the examples at `indices`, in their order: what a bootstrap by group draws.
    ///
    /// # Panics
    /// If an index is no example of the set.
    pub fn groups_of(&self, indices: &[usize]) -> Vec<usize> {
        indices.iter().map(|&index| self.groups[index]).collect()
    }

    /// How many groups there are.
    pub fn group_count(&self) -> usize {
        self.groups.iter().collect::<HashSet<_>>().len()
    }

    /// For each example of `test`, in its order: whether another of its group was trained on or
    /// chosen with. Such an example measures memory; all are clean where the split is grouped.
    pub fn leaking(&self) -> Vec<bool> {
        let seen: HashSet<usize> = (self.train.iter().chain(&self.valid))
            .map(|&index| self.groups[index])
            .collect();
        (self.test.iter())
            .map(|&index| seen.contains(&self.groups[index]))
            .collect()
    }
}

/// How a set is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SplitKind {
    /// At random, each group whole, in nearly the same proportion for each class.
    Grouped,
    /// At random, in the same proportion for each class.
    Random,
    /// As the set's publisher did.
    Official,
    /// As a `split.csv` says.
    File,
}

impl fmt::Display for SplitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Grouped => "grouped",
            Self::Random => "random",
            Self::Official => "official",
            Self::File => "file",
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
