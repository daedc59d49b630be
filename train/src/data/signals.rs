//! Recordings over time: EEG from its table, and what is made up in its place.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;
use datasets::signals::eeg;
use datasets::split::{Split, SplitKind};
use datasets::{SignalSet, synthetic};

use super::{DataArguments, DataSource, DatasetName, DatasetSpec, SplitPlan, write_sample};

/// How many made-up pieces a run leaves behind for trying `infer`.
const SAMPLES: usize = 5;

/// The recordings an experiment learns from.
#[derive(Clone, Debug)]
pub struct Signals {
    /// Which they are.
    pub dataset: DatasetSpec,
}

impl Signals {
    /// The Bonn EEG: the seconds of a recording stay together; a tenth of the recordings chooses, a
    /// fifth is the test.
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
        let split = self.dataset.divide(&set, recordings, arguments, seed)?;
        set.standardize(&split.train);
        Ok((set, split))
    }

    /// A table of rows, as `infer` takes it.
    fn write_samples(&self, folder: &Path, seed: u64) -> Result<Vec<PathBuf>> {
        let set = synthetic::eeg(SAMPLES * eeg::CHUNKS, 2, seed);
        let mut table = String::new();
        for piece in (0..set.len()).step_by(eeg::CHUNKS) {
            let values = set.piece(piece).iter().map(f32::to_string);
            writeln!(table, "{}", values.collect::<Vec<_>>().join(","))?;
        }
        write_sample(folder, "eeg.csv", &table)
    }
}
