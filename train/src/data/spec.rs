//! The data set of an experiment: where it is, and how it is split.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use datasets::Dataset;
use datasets::split::{Split, SplitKind, merge_groups, patients, record};
use serde::{Deserialize, Serialize};

use super::arguments::{DataArguments, Fold, SplitChoice};
use super::name::DatasetName;

/// Folder of the data unless the user names one.
pub const DEFAULT_FOLDER: &str = "data";

/// The data set of an experiment, how it is split, and how many stand-ins replace it.
#[derive(Clone, Copy, Debug)]
pub struct DatasetSpec {
    /// Name of the data set.
    pub name: DatasetName,
    /// How it is split.
    pub split: SplitPlan,
    /// Number of generated examples if there is no data.
    pub stand_ins: usize,
}

/// How examples are split into a training, a validation and a test part.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SplitPlan {
    /// Kind of split.
    pub kind: SplitKind,
    /// Fraction of all examples for validation; of the official training part if the split is official.
    pub valid: f64,
    /// Fraction of all examples for the test, unless the split is official.
    pub test: f64,
}

impl SplitPlan {
    /// Split of scans where the chapter does not give one.
    pub const SCANS: Self = Self {
        kind: SplitKind::Grouped,
        valid: 0.10,
        test: 0.15,
    };
}

impl DatasetSpec {
    /// Returns the number of stand-ins.
    pub fn stand_ins(&self, arguments: &DataArguments) -> usize {
        arguments.stand_ins.unwrap_or(self.stand_ins)
    }

    /// Finds the folder of the data; `None` if stand-ins are to be generated.
    ///
    /// # Errors
    /// When the user named a folder that does not exist.
    pub fn find(&self, arguments: &DataArguments) -> Result<Option<PathBuf>> {
        if arguments.generated {
            return Ok(None);
        }
        let name = self.name.name();
        let Some(folder) = &arguments.folder else {
            let folder = Path::new(DEFAULT_FOLDER).join(name);
            return Ok(folder.is_dir().then_some(folder));
        };
        if !folder.exists() {
            bail!(
                "{}: no such folder; --data names the folder that holds {name}/ (or `train fetch`, or --generated)",
                folder.display()
            );
        }
        let inside = folder.join(name);
        // The folder may also be that of the data set itself.
        Ok(Some(if inside.is_dir() {
            inside
        } else {
            folder.clone()
        }))
    }

    /// Returns the kind of split, given the kind that the user asked for.
    fn split_kind(&self, is_generated: bool, asked: Option<SplitKind>) -> SplitKind {
        let kind = asked.unwrap_or(self.split.kind);
        match (self.name, kind) {
            // Stand-ins have no official test part.
            (_, SplitKind::Official) if is_generated => SplitKind::Grouped,
            // The writers of MNIST's test digits wrote no training digits; only the official split keeps them apart.
            (DatasetName::Mnist, SplitKind::Grouped) if !is_generated => SplitKind::Official,
            _ => kind,
        }
    }

    /// Splits a data set. Examples of a group stay in one part; the user's table of patients joins groups.
    ///
    /// # Errors
    /// When a part would be empty, or the user's table does not fit the data.
    pub fn split(
        &self,
        set: &dyn Dataset,
        groups: Vec<usize>,
        arguments: &DataArguments,
        seed: u64,
    ) -> Result<Split> {
        let groups = match &arguments.groups {
            None => groups,
            Some(table) => merge_groups(&groups, &patients::read(table, set)?),
        };
        (self.split_groups(set, groups, arguments, seed))
            .with_context(|| format!("{}: cannot be split", set.metadata().name))
    }

    fn split_groups(
        &self,
        examples: &dyn Dataset,
        groups: Vec<usize>,
        arguments: &DataArguments,
        seed: u64,
    ) -> datasets::Result<Split> {
        let set = examples.metadata();
        let SplitPlan { valid, test, .. } = self.split;
        let asked = match &arguments.split {
            Some(SplitChoice::File(path)) => return record::replay(path, examples, seed),
            Some(SplitChoice::Kind(SplitKind::All)) => return Ok(Split::all(groups, seed)),
            Some(SplitChoice::Kind(kind)) => Some(*kind),
            None => None,
        };
        let singletons = || (0..set.labels.len()).collect::<Vec<_>>();
        if let Some(Fold { number, of }) = arguments.fold {
            let is_random = asked == Some(SplitKind::Random);
            let kept = if is_random { &singletons() } else { &groups };
            let mut folds = datasets::split::folds(set.labels, kept, of, valid, seed)
                .map_err(|error| with_class_name(error, set.class_names))?;
            let fold = folds.swap_remove(number - 1).with_groups(groups);
            return Ok(if is_random {
                Split {
                    kind: SplitKind::Random,
                    ..fold
                }
            } else {
                fold
            });
        }
        // A table of labels that names parts is asked for them.
        let names_parts = |origin: &datasets::Origin| origin.official.is_some();
        let by_table = arguments.labels.is_some() && set.origins.iter().any(names_parts);
        let asked = asked.or(by_table.then_some(SplitKind::Official));
        match self.split_kind(set.generated, asked) {
            SplitKind::Official => datasets::split::official(examples, &groups, valid, seed),
            SplitKind::Random => datasets::split::random(set.labels, valid, test, seed)
                .map(|split| split.with_groups(groups)),
            SplitKind::Grouped | SplitKind::File | SplitKind::All => {
                datasets::split::grouped(set.labels, &groups, valid, test, seed)
            }
        }
        .map_err(|error| with_class_name(error, set.class_names))
    }
}

/// Replaces the label in an error of a split, which knows no names, by the name of the class.
fn with_class_name(error: datasets::Error, class_names: &[String]) -> datasets::Error {
    let name = |class: &str| class_names.get(class.parse::<usize>().ok()?).cloned();
    match error {
        datasets::Error::TooFew { class, count } => datasets::Error::TooFew {
            class: name(&class).unwrap_or(class),
            count,
        },
        datasets::Error::TooFewGroups {
            class,
            groups,
            largest,
            parts,
        } => datasets::Error::TooFewGroups {
            class: name(&class).unwrap_or(class),
            groups,
            largest,
            parts,
        },
        other => other,
    }
}
