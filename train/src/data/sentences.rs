//! Sentence pairs: the table of manythings.org/anki, or generated ones.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use datasets::split::{Split, SplitKind};
use datasets::text::pairs;
use datasets::{PairSet, Preprocessing, synthetic};

use super::arguments::DataArguments;
use super::name::DatasetName;
use super::source::{DataSource, ModelInputs, other_kind, write_sample};
use super::spec::{DatasetSpec, SplitPlan};

/// Number of generated sentences that a run writes to try `infer` on.
const SAMPLES: usize = 5;

/// Minimum number of pairs to train on: with the shares of the split, fewer leave a part without a pair.
const MIN_PAIRS: usize = 20;

/// Default length of the longest English sentence, in words.
pub const MAX_WORDS: usize = 10;

/// Sentence pairs.
#[derive(Clone, Debug)]
pub struct Sentences {
    /// Which data set, and how it is split.
    pub dataset: DatasetSpec,
    /// Maximum size of the vocabulary of each language, in tokens.
    pub tokens: usize,
}

impl Sentences {
    /// English and French. Pairs that share a sentence stay together; a fiftieth is the validation part, a twentieth the
    /// test part.
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
        let mut set = self.read_or_generate(arguments, seed, max_words)?;
        ensure!(
            set.len() >= MIN_PAIRS,
            "{}: has {} different pairs of at most {max_words} English words, but {MIN_PAIRS} at least are needed to train, validate and test; give more, or allow longer ones with --max-words",
            set.name,
            set.len()
        );
        let split = self.dataset.split(&set, set.groups(), arguments, seed)?;
        match &arguments.preprocessing {
            Some(Preprocessing::Sentences(model)) => {
                set.languages.source = model.source.clone();
                set.languages.target = model.target.clone();
            }
            _ => set.learn_vocabularies(&split.train, self.tokens)?,
        }
        Ok((set, split))
    }

    fn load_for_model(
        &self,
        arguments: &DataArguments,
        seed: u64,
        model: &ModelInputs<'_>,
    ) -> Result<(PairSet, Vec<usize>)> {
        let Preprocessing::Sentences(languages) = model.preprocessing else {
            return Err(other_kind("sentence pairs"));
        };
        let mut set = self.read_or_generate(arguments, seed, languages.max_words)?;
        set.languages = (**languages).clone();
        let groups = set.groups();
        Ok((set, groups))
    }

    /// Writes a text with a sentence on each line.
    fn write_samples(&self, folder: &Path, seed: u64) -> Result<Vec<PathBuf>> {
        let sentences = (0..SAMPLES).map(|index| {
            let [english, _] = synthetic::sentence_pair(seed, index);
            english + "\n"
        });
        write_sample(folder, "sentences.txt", &sentences.collect::<String>())
    }
}

impl Sentences {
    fn read_or_generate(
        &self,
        arguments: &DataArguments,
        seed: u64,
        max_words: usize,
    ) -> Result<PairSet> {
        Ok(match self.dataset.find(arguments)? {
            Some(folder) => {
                let set = pairs::load(&folder, max_words)?;
                for note in &set.notes {
                    eprintln!("note: {}: {note}", folder.display());
                }
                set
            }
            None => synthetic::sentence_pairs(self.dataset.stand_ins(arguments), seed)?,
        })
    }
}
