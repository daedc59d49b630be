//! Sentence pairs: the table of manythings.org/anki, and what is made up in its place.

use std::path::{Path, PathBuf};

use anyhow::Result;
use datasets::split::{Split, SplitKind};
use datasets::text::pairs;
use datasets::{PairSet, synthetic};

use super::{DataArguments, DataSource, DatasetName, DatasetSpec, SplitPlan, write_sample};

/// How many made-up sentences a run leaves behind for trying `infer`.
const SAMPLES: usize = 5;

/// The longest English sentence unless the command line says otherwise, in words.
const MAX_WORDS: usize = 10;

/// The sentence pairs an experiment learns from.
#[derive(Clone, Debug)]
pub struct Sentences {
    /// Which they are.
    pub dataset: DatasetSpec,
    /// The most tokens of each language.
    pub tokens: usize,
}

impl Sentences {
    /// English and French: pairs that share a sentence stay together; a fiftieth chooses, a twentieth is the test.
    pub fn english_french() -> Self {
        Self {
            dataset: DatasetSpec {
                name: DatasetName::FraEng,
                split: SplitPlan {
                    kind: SplitKind::Grouped,
                    valid: 0.02,
                    test: 0.05,
                },
                stand_ins: 8_000,
            },
            tokens: 5_000,
        }
    }
}

impl DataSource for Sentences {
    type Set = PairSet;

    fn dataset(&self) -> &DatasetSpec {
        &self.dataset
    }

    fn load(&self, arguments: &DataArguments, seed: u64) -> Result<(PairSet, Split)> {
        let max_words = arguments.max_words.unwrap_or(MAX_WORDS);
        let mut set = match self.dataset.find(arguments)? {
            Some(folder) => pairs::load(&folder, max_words)?,
            None => synthetic::sentence_pairs(self.dataset.stand_ins(arguments), seed)?,
        };
        let split = self.dataset.divide(&set, set.groups(), arguments, seed)?;
        set.learn_vocabularies(&split.train, self.tokens)?;
        Ok((set, split))
    }

    /// A text with a sentence on each line.
    fn write_samples(&self, folder: &Path, seed: u64) -> Result<Vec<PathBuf>> {
        let sentences = (0..SAMPLES).map(|index| {
            let [english, _] = synthetic::sentence_pair(seed, index);
            english + "\n"
        });
        write_sample(folder, "sentences.txt", &sentences.collect::<String>())
    }
}
