//! Where an experiment's examples come from: the user's data folder, or generated stand-ins.

mod pictures;
mod sentences;
mod signals;
mod trees;

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use datasets::Dataset;
use datasets::duplicates::Links;
use datasets::split::{Split, SplitKind, patients, record};
use serde::{Deserialize, Serialize};

pub use pictures::Pictures;
pub use sentences::Sentences;
pub use signals::Signals;
pub use trees::{Trees, grain};

/// The folder that is looked in when none is named.
const DEFAULT_FOLDER: &str = "data";

/// The data set of an experiment, how it is split, and how many stand-ins replace it.
#[derive(Clone, Copy, Debug)]
pub struct DatasetSpec {
    /// Which set.
    pub name: DatasetName,
    /// How the examples are divided.
    pub split: SplitPlan,
    /// How many generated examples stand in where there is no data.
    pub stand_ins: usize,
}

/// A reader of one kind of data set: real data, or generated stand-ins.
pub trait DataSource {
    /// The examples.
    type Set: Dataset;

    /// Which they are.
    fn dataset(&self) -> &DatasetSpec;

    /// Reads (or generates) the examples and divides them.
    ///
    /// # Errors
    /// When data was asked for that is not there or not readable, or when a part would be empty.
    fn load(&self, arguments: &DataArguments, seed: u64) -> Result<(Self::Set, Split)>;

    /// Writes fresh generated examples, none of them seen in training, to try `infer` on, and
    /// returns their paths.
    ///
    /// # Errors
    /// When the disk refuses.
    fn write_samples(&self, _folder: &Path, _seed: u64) -> Result<Vec<PathBuf>> {
        Ok(Vec::new())
    }
}

/// The sets Hebb knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
pub enum DatasetName {
    /// Handwritten digits from IDX files.
    #[serde(rename = "mnist")]
    #[value(name = "mnist")]
    Mnist,
    /// The four-class brain-tumour pictures.
    #[serde(rename = "brain-tumor-mri")]
    #[value(name = "brain-tumor-mri")]
    BrainTumorMri,
    /// The two-class brain-tumour pictures.
    #[serde(rename = "brain-tumor-2class")]
    #[value(name = "brain-tumor-2class")]
    BrainTumor2Class,
    /// EEG with and without seizures.
    #[serde(rename = "eeg-bonn")]
    #[value(name = "eeg-bonn")]
    EegBonn,
    /// Sentences in English and French.
    #[serde(rename = "fra-eng")]
    #[value(name = "fra-eng")]
    FraEng,
    /// The Stanford Sentiment Treebank.
    #[serde(rename = "sst-trees")]
    #[value(name = "sst-trees")]
    SstTrees,
}

/// How examples are divided into training, validation and test part.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SplitPlan {
    /// Grouped, at random, or with the set's own test part.
    pub kind: SplitKind,
    /// Share of all examples for validation, or of the training part where the split is official.
    pub valid: f64,
    /// Share of all examples for the test, where the split is not official.
    pub test: f64,
}

impl SplitPlan {
    /// How scans are divided where the chapter does not say.
    pub const SCANS: Self = Self {
        kind: SplitKind::Grouped,
        valid: 0.10,
        test: 0.15,
    };
}

/// What the command line says about the data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DataArguments {
    /// The folder named by the user.
    pub folder: Option<PathBuf>,
    /// Generated stand-ins whatever there is.
    pub generated: bool,
    /// How many stand-ins, instead of the experiment's own number.
    pub stand_ins: Option<usize>,
    /// An unreadable picture is an error.
    pub strict: bool,
    /// Another way to split.
    pub split: Option<SplitChoice>,
    /// A table of pictures and patients.
    pub groups: Option<PathBuf>,
    /// The only class to train on and to choose by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train_class: Option<String>,
    /// Another set than the experiment's first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<DatasetName>,
    /// Into how many classes the examples are told apart, where the data has more than one way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classes: Option<usize>,
    /// The longest sentence, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_words: Option<usize>,
    /// One fold of a cross-validation, instead of one split.
    pub fold: Option<Fold>,
}

/// What `--split` names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SplitChoice {
    /// A way to split.
    Kind(SplitKind),
    /// The `split.csv` of an earlier run.
    File(PathBuf),
}

impl FromStr for SplitChoice {
    type Err = datasets::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self::Kind).or_else(|unknown| {
            let path = Path::new(text);
            let of_run = path.join("split.csv");
            if of_run.is_file() {
                Ok(Self::File(of_run))
            } else if path.is_file() || path.extension().is_some_and(|extension| extension == "csv")
            {
                Ok(Self::File(path.to_path_buf()))
            } else {
                Err(unknown)
            }
        })
    }
}

/// One training of a cross-validation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fold {
    /// Which, from 1.
    pub number: usize,
    /// Of how many.
    pub of: usize,
}

impl DatasetName {
    /// The name of the set, and of its folder in the data folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mnist => "mnist",
            Self::BrainTumorMri => "brain-tumor-mri",
            Self::BrainTumor2Class => "brain-tumor-2class",
            Self::EegBonn => "eeg-bonn",
            Self::FraEng => "fra-eng",
            Self::SstTrees => "sst-trees",
        }
    }

    /// Whether an answer about this set must carry the medical notice.
    pub fn is_medical(self) -> bool {
        !matches!(self, Self::Mnist | Self::FraEng | Self::SstTrees)
    }
}

impl DatasetSpec {
    /// How many stand-ins are generated where there is no data.
    pub fn stand_ins(&self, arguments: &DataArguments) -> usize {
        arguments.stand_ins.unwrap_or(self.stand_ins)
    }

    /// The folder with the real data; `None` for stand-ins.
    ///
    /// # Errors
    /// When a folder was named that is not there.
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
        // A folder that is itself the set is welcome too.
        Ok(Some(if inside.is_dir() {
            inside
        } else {
            folder.clone()
        }))
    }

    /// How a set is split unless a file says so.
    fn split_kind(&self, generated: bool, asked: Option<SplitKind>) -> SplitKind {
        let kind = asked.unwrap_or(self.split.kind);
        match (self.name, kind) {
            // Stand-ins have no official test part.
            (_, SplitKind::Official) if generated => SplitKind::Grouped,
            // The writers of MNIST's test digits wrote none of the others, and only the official
            // split knows who wrote what.
            (DatasetName::Mnist, SplitKind::Grouped) if !generated => SplitKind::Official,
            _ => kind,
        }
    }

    /// Divides a set. `groups` are of what belongs together; the user's table joins more.
    ///
    /// # Errors
    /// When a part would be empty, or a table that the user names does not fit.
    pub fn divide(
        &self,
        set: &dyn Dataset,
        groups: Vec<usize>,
        arguments: &DataArguments,
        seed: u64,
    ) -> Result<Split> {
        let groups = match &arguments.groups {
            None => groups,
            Some(table) => {
                let mut links = Links::new(groups.len());
                links.join_equal(groups);
                links.join_equal(patients::read(table, set)?);
                links.groups()
            }
        };
        (self.split(set, groups, arguments, seed))
            .with_context(|| format!("{}: cannot be split", set.metadata().name))
    }

    fn split(
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
            Some(SplitChoice::Kind(kind)) => Some(*kind),
            None => None,
        };
        let alone = || (0..set.labels.len()).collect::<Vec<_>>();
        if let Some(Fold { number, of }) = arguments.fold {
            let random = asked == Some(SplitKind::Random);
            let kept = if random { &alone() } else { &groups };
            let mut folds = datasets::split::folds(set.labels, kept, of, valid, seed)
                .map_err(|error| named(error, set.class_names))?;
            let fold = folds.swap_remove(number - 1).with_groups(groups);
            return Ok(if random {
                Split {
                    kind: SplitKind::Random,
                    ..fold
                }
            } else {
                fold
            });
        }
        match self.split_kind(set.generated, asked) {
            SplitKind::Official => datasets::split::official(examples, &groups, valid, seed),
            SplitKind::Random => datasets::split::random(set.labels, valid, test, seed)
                .map(|split| split.with_groups(groups)),
            SplitKind::Grouped | SplitKind::File => {
                datasets::split::grouped(set.labels, &groups, valid, test, seed)
            }
        }
        .map_err(|error| named(error, set.class_names))
    }
}

/// Splits know labels only: their complaint gets the class's name.
fn named(error: datasets::Error, class_names: &[String]) -> datasets::Error {
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

/// One file of generated examples for trying `infer`.
fn write_sample(folder: &Path, name: &str, text: &str) -> Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join(name);
    files::write(&path, text)?;
    Ok(vec![path])
}
