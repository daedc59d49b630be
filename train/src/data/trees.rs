//! Sentences with their parses: the Stanford Sentiment Treebank, and what is made up in its place.

use std::path::{Path, PathBuf};

use anyhow::Result;
use datasets::split::{Split, SplitKind};
use datasets::synthetic::phrases;
use datasets::trees::{bracket, set};
use datasets::{Grain, TreeSet};

use super::{DataArguments, DataSource, DatasetName, DatasetSpec, SplitPlan, write_sample};

/// How many made-up sentences a run leaves behind for trying `infer`.
const SAMPLES: usize = 5;

/// How often a word occurs in the training part to be known. Words that occur once help on the
/// validation part: many of them are labelled.
const AT_LEAST: usize = 1;

/// Whether capital letters are taken for small ones: fewer words, each seen more often.
const LOWER_CASE: bool = true;

/// The sentences an experiment learns from.
#[derive(Clone, Debug)]
pub struct Trees {
    /// Which they are.
    pub dataset: DatasetSpec,
}

impl Trees {
    /// The Stanford Sentiment Treebank with its own split.
    pub fn sentiment() -> Self {
        Self {
            dataset: DatasetSpec {
                name: DatasetName::SstTrees,
                split: SplitPlan {
                    kind: SplitKind::Official,
                    valid: 0.1,
                    test: 0.2,
                },
                stand_ins: 3_000,
            },
        }
    }
}

/// How finely the sentiments are told apart.
pub fn grain(arguments: &DataArguments) -> Grain {
    match arguments.classes {
        Some(2) => Grain::Two,
        _ => Grain::Five,
    }
}

impl DataSource for Trees {
    type Set = TreeSet;

    fn dataset(&self) -> &DatasetSpec {
        &self.dataset
    }

    fn load(&self, arguments: &DataArguments, seed: u64) -> Result<(TreeSet, Split)> {
        let grain = grain(arguments);
        let mut set = match self.dataset.find(arguments)? {
            Some(folder) => set::read(&folder, grain)?,
            None => phrases::trees(self.dataset.stand_ins(arguments), seed, grain),
        };
        let split = self.dataset.divide(&set, set.groups(), arguments, seed)?;
        set.learn_words(&split.train, LOWER_CASE, AT_LEAST);
        Ok((set, split))
    }

    /// Trees, one a line, as `infer` takes them.
    fn write_samples(&self, folder: &Path, seed: u64) -> Result<Vec<PathBuf>> {
        let trees = (0..SAMPLES).map(|index| bracket::print(&phrases::tree(seed, index)) + "\n");
        write_sample(folder, "sentences.txt", &trees.collect::<String>())
    }
}
