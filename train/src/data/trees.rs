//! Parse trees of sentences: the Stanford Sentiment Treebank, or generated ones.

use std::path::{Path, PathBuf};

use anyhow::Result;
use datasets::split::{Split, SplitKind};
use datasets::synthetic::phrases;
use datasets::trees::{bracket, set};
use datasets::{Grain, Preprocessing, TreeSet};

use super::arguments::DataArguments;
use super::name::DatasetName;
use super::source::{DataSource, ModelInputs, other_kind, write_sample};
use super::spec::{DatasetSpec, SplitPlan};

/// Number of generated sentences that a run writes to try `infer` on.
const SAMPLES: usize = 5;

/// Number of occurrences in the training part from which a word is in the vocabulary. Words that occur once improve the
/// accuracy on the validation part, since many of them are labelled.
const MIN_OCCURRENCES: usize = 1;

/// Whether words are converted to lower case, so that there are fewer, each with more occurrences.
const LOWER_CASE: bool = true;

/// Parse trees.
#[derive(Clone, Debug)]
pub struct Trees {
    /// Which data set, and how it is split.
    pub dataset: DatasetSpec,
}

impl Trees {
    /// The Stanford Sentiment Treebank with its official split.
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

/// Returns the labelling for the number of classes that the user asked for.
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
        let mut set = self.read_or_generate(arguments, seed, grain(arguments))?;
        let split = self.dataset.split(&set, set.groups(), arguments, seed)?;
        match &arguments.preprocessing {
            Some(Preprocessing::Tree(model)) => set.set_vocabulary(model.vocabulary.clone()),
            _ => set.learn_words(&split.train, LOWER_CASE, MIN_OCCURRENCES),
        }
        Ok((set, split))
    }

    fn load_for_model(
        &self,
        arguments: &DataArguments,
        seed: u64,
        model: &ModelInputs<'_>,
    ) -> Result<(TreeSet, Vec<usize>)> {
        let Preprocessing::Tree(preprocessing) = model.preprocessing else {
            return Err(other_kind("parse trees"));
        };
        let mut set = self.read_or_generate(arguments, seed, preprocessing.grain)?;
        set.set_vocabulary(preprocessing.vocabulary.clone());
        let groups = set.groups();
        Ok((set, groups))
    }

    /// Writes a text with a bracketed tree on each line.
    fn write_samples(&self, folder: &Path, seed: u64) -> Result<Vec<PathBuf>> {
        let trees = (0..SAMPLES).map(|index| bracket::print(&phrases::tree(seed, index)) + "\n");
        write_sample(folder, "sentences.txt", &trees.collect::<String>())
    }
}

impl Trees {
    /// Reads the treebank of the user's folder or a single file of trees, or generates stand-ins.
    fn read_or_generate(
        &self,
        arguments: &DataArguments,
        seed: u64,
        grain: Grain,
    ) -> Result<TreeSet> {
        Ok(match self.dataset.find(arguments)? {
            Some(file) if file.is_file() => set::read_file(&file, grain)?,
            Some(folder) => set::read(&folder, grain)?,
            None => phrases::trees(self.dataset.stand_ins(arguments), seed, grain),
        })
    }
}
