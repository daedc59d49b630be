//! Recordings over time: EEG from its table, or a generated one.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use datasets::signals::eeg;
use datasets::split::{Split, SplitKind};
use datasets::{Preprocessing, SignalSet, synthetic};

use super::arguments::DataArguments;
use super::name::DatasetName;
use super::source::{DataSource, ModelInputs, other_kind, write_sample};
use super::spec::{DatasetSpec, SplitPlan};

/// Number of generated recordings that a run writes to try `infer` on.
const SAMPLES: usize = 5;

/// Recordings over time.
#[derive(Clone, Debug)]
pub struct Signals {
    /// Which data set, and how it is split.
    pub dataset: DatasetSpec,
}

impl Signals {
    /// The Bonn EEG. The seconds of a recording stay together; a tenth of the recordings is the validation part, a fifth
    /// the test part.
    pub fn eeg() -> Self {
        Self {
            dataset: DatasetSpec {
                name: DatasetName::EegBonn,
                split: SplitPlan {
                    kind: SplitKind::Grouped,
                    valid: 0.1,
                    test: 0.2,
                },
                stand_ins: 2_300,
            },
        }
    }
}

impl DataSource for Signals {
    type Set = SignalSet;

    fn dataset(&self) -> &DatasetSpec {
        &self.dataset
    }

    fn load(&self, arguments: &DataArguments, seed: u64) -> Result<(SignalSet, Split)> {
        let classes = arguments.classes.unwrap_or(2);
        let mut set = self.read_or_generate(arguments, seed, classes)?;
        let recordings = set.recordings.clone();
        let split = self.dataset.split(&set, recordings, arguments, seed)?;
        match &arguments.preprocessing {
            Some(Preprocessing::Signal(model)) => {
                (set.preprocessing.mean, set.preprocessing.std) = (model.mean, model.std);
            }
            _ => set.standardize(&split.train),
        }
        Ok((set, split))
    }

    fn load_for_model(
        &self,
        arguments: &DataArguments,
        seed: u64,
        model: &ModelInputs<'_>,
    ) -> Result<(SignalSet, Vec<usize>)> {
        let Preprocessing::Signal(preprocessing) = model.preprocessing else {
            return Err(other_kind("recordings"));
        };
        let classes = model.class_names.len();
        ensure!(
            eeg::class_names(classes) == model.class_names,
            "the model classifies {}, but an EEG table has labels for {} or {}; name another model",
            model.class_names.join(", "),
            eeg::class_names(2).join(", "),
            eeg::class_names(eeg::CLASSES).join(", ")
        );
        let mut set = self.read_or_generate(arguments, seed, classes)?;
        let (found, taken) = (set.preprocessing.samples, preprocessing.samples);
        ensure!(
            found == taken,
            "{}: its segments have {found} samples, but the model takes {taken}; name other data with --data",
            set.name
        );
        set.preprocessing = preprocessing.clone();
        let recordings = set.recordings.clone();
        Ok((set, recordings))
    }

    /// Writes a table with a recording in each row.
    fn write_samples(&self, folder: &Path, seed: u64) -> Result<Vec<PathBuf>> {
        let set = synthetic::eeg(SAMPLES * eeg::CHUNKS, 2, seed);
        let mut table = String::new();
        for piece in (0..set.len()).step_by(eeg::CHUNKS) {
            let values = set.segment(piece).iter().map(f32::to_string);
            writeln!(table, "{}", values.collect::<Vec<_>>().join(","))?;
        }
        write_sample(folder, "eeg.csv", &table)
    }
}

impl Signals {
    fn read_or_generate(
        &self,
        arguments: &DataArguments,
        seed: u64,
        classes: usize,
    ) -> Result<SignalSet> {
        Ok(match self.dataset.find(arguments)? {
            Some(folder) => eeg::load(&folder, classes)?,
            None => synthetic::eeg(self.dataset.stand_ins(arguments), classes, seed),
        })
    }
}
