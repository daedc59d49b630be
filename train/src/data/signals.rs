//! Recordings over time: EEG from its table, or a generated one.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;
use datasets::signals::eeg;
use datasets::split::{Split, SplitKind};
use datasets::{SignalSet, synthetic};

use super::arguments::DataArguments;
use super::name::DatasetName;
use super::source::{DataSource, write_sample};
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
        let mut set = match self.dataset.find(arguments)? {
            Some(folder) => eeg::load(&folder, classes)?,
            None => synthetic::eeg(self.dataset.stand_ins(arguments), classes, seed),
        };
        let recordings = set.recordings.clone();
        let split = self.dataset.split(&set, recordings, arguments, seed)?;
        set.standardize(&split.train);
        Ok((set, split))
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
