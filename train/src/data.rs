//! Where an experiment's examples come from: the user's data folder, or generated stand-ins.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use datasets::duplicates::{self, Links};
use datasets::folder::FolderOptions;
use datasets::split::{Split, SplitKind, patients, record};
use datasets::{Channels, Filter, Fit, ImageSet, Preprocess, Scaling, Source, synthetic};
use serde::{Deserialize, Serialize};

/// The folder that is looked in when none is named.
const DEFAULT_FOLDER: &str = "data";

/// The pictures an experiment learns from, and how they are prepared and split.
#[derive(Clone, Debug)]
pub struct Pictures {
    /// Which set.
    pub set: Set,
    /// How each picture is prepared.
    pub preprocess: Preprocess,
    /// Standardise with the training part's mean and deviation instead of `preprocess.scaling`.
    pub standardize: bool,
    /// How the examples are divided.
    pub split: SplitPlan,
    /// How many generated examples stand in where there is no data.
    pub stand_ins: usize,
}

/// The sets Hebb knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
pub enum Set {
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
    pub dataset: Option<Set>,
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

impl Set {
    /// The name of the set, and of its folder in the data folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mnist => "mnist",
            Self::BrainTumorMri => "brain-tumor-mri",
            Self::BrainTumor2Class => "brain-tumor-2class",
        }
    }

    /// Whether an answer about this set must carry the medical notice.
    pub fn is_medical(self) -> bool {
        self != Self::Mnist
    }

    fn load(self, folder: &Path, preprocess: &Preprocess, strict: bool) -> Result<ImageSet> {
        let set = match self {
            Self::Mnist => datasets::mnist::load(folder),
            Self::BrainTumorMri | Self::BrainTumor2Class => datasets::folder::load(
                folder,
                &FolderOptions {
                    preprocess: preprocess.clone(),
                    strict,
                    name: self.name().to_owned(),
                    classes: None,
                    progress: true,
                },
            ),
        };
        Ok(set?)
    }

    fn stand_in(self, count: usize, preprocess: &Preprocess, seed: u64) -> Result<ImageSet> {
        let set = match self {
            Self::Mnist => synthetic::digits(count, seed),
            Self::BrainTumorMri => synthetic::phantoms(count, preprocess, seed)?,
            Self::BrainTumor2Class => two_classes(synthetic::phantoms(count, preprocess, seed)?),
        };
        Ok(set)
    }
}

/// Phantoms as healthy or not.
fn two_classes(mut set: ImageSet) -> ImageSet {
    let healthy = set.class_names.iter().position(|name| name == "no_tumor");
    for label in &mut set.labels {
        *label = usize::from(Some(*label) == healthy);
    }
    set.class_names = vec!["Brain Tumor".to_owned(), "Healthy".to_owned()];
    set
}

impl Pictures {
    /// MNIST as the chapter has it: 28x28, grey, divided by 255; 2,000 of the 60,000 training
    /// digits are held out for validation, the official 10,000 are the test.
    pub fn mnist() -> Self {
        Self {
            set: Set::Mnist,
            preprocess: Preprocess {
                source: Source::Digit,
                ..picture(28, Channels::Grey, Scaling::Unit)
            },
            standardize: false,
            split: SplitPlan {
                kind: SplitKind::Official,
                valid: 1.0 / 30.0,
                test: 1.0 / 6.0,
            },
            stand_ins: 6_000,
        }
    }

    /// Scans, stretched to a square of `side` pixels.
    pub fn scans(set: Set, side: usize, channels: Channels, split: SplitPlan) -> Self {
        Self {
            set,
            preprocess: picture(side, channels, Scaling::Unit),
            standardize: false,
            split,
            stand_ins: 1_600,
        }
    }

    /// Standardised by the training part's mean and deviation.
    pub fn standardized(self) -> Self {
        Self {
            standardize: true,
            ..self
        }
    }

    /// Reads (or generates) the examples and divides them.
    ///
    /// # Errors
    /// When data was asked for that is not there or not readable, or when a part would be empty.
    pub fn load(&self, arguments: &DataArguments, seed: u64) -> Result<(ImageSet, Split)> {
        let mut set = match self.find(arguments)? {
            Some(folder) => self.set.load(&folder, &self.preprocess, arguments.strict)?,
            None => {
                let count = self.stand_ins(arguments);
                self.set.stand_in(count, &self.preprocess, seed)?
            }
        };
        let groups = self.groups(&set, arguments)?;
        let split = (self.split(&set, groups, arguments, seed))
            .with_context(|| format!("{}: cannot be split", set.name))?;
        if self.standardize {
            set.standardize(&split.train);
        }
        Ok((set, split))
    }

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
        let name = self.set.name();
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

    /// Which pictures belong together: copies, and what the user's table says. Digits are told
    /// apart by nothing but their shape: each is its own group.
    fn groups(&self, set: &ImageSet, arguments: &DataArguments) -> Result<Vec<usize>> {
        let copies = match self.set {
            Set::Mnist => (0..set.len()).collect(),
            Set::BrainTumorMri | Set::BrainTumor2Class => duplicates::groups(set, true)?,
        };
        let Some(table) = &arguments.groups else {
            return Ok(copies);
        };
        let mut links = Links::new(set.len());
        links.join_equal(copies);
        links.join_equal(patients::read(table, set)?);
        Ok(links.groups())
    }

    /// How a set is split unless a file says so.
    fn split_kind(&self, generated: bool, asked: Option<SplitKind>) -> SplitKind {
        let kind = asked.unwrap_or(self.split.kind);
        match (self.set, kind) {
            // Stand-ins have no official test part.
            (_, SplitKind::Official) if generated => SplitKind::Grouped,
            // The writers of MNIST's test digits wrote none of the others, and only the official
            // split knows who wrote what.
            (Set::Mnist, SplitKind::Grouped) if !generated => SplitKind::Official,
            _ => kind,
        }
    }

    fn split(
        &self,
        set: &ImageSet,
        groups: Vec<usize>,
        arguments: &DataArguments,
        seed: u64,
    ) -> datasets::Result<Split> {
        let SplitPlan { valid, test, .. } = self.split;
        let asked = match &arguments.split {
            Some(SplitChoice::File(path)) => return record::replay(path, set, seed),
            Some(SplitChoice::Kind(kind)) => Some(*kind),
            None => None,
        };
        let alone = || (0..set.len()).collect::<Vec<_>>();
        if let Some(Fold { number, of }) = arguments.fold {
            let random = asked == Some(SplitKind::Random);
            let kept = if random { &alone() } else { &groups };
            let mut folds = datasets::split::folds(&set.labels, kept, of, valid, seed)
                .map_err(|error| named(error, set))?;
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
            SplitKind::Official => datasets::split::official(set, &groups, valid, seed),
            SplitKind::Random => datasets::split::random(&set.labels, valid, test, seed)
                .map(|split| split.with_groups(groups)),
            SplitKind::Grouped | SplitKind::File => {
                datasets::split::grouped(&set.labels, &groups, valid, test, seed)
            }
        }
        .map_err(|error| named(error, set))
    }
}

/// Splits know labels only: their complaint gets the class's name.
fn named(error: datasets::Error, set: &ImageSet) -> datasets::Error {
    let name = |class: &str| set.class_names.get(class.parse::<usize>().ok()?).cloned();
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

fn picture(side: usize, channels: Channels, scaling: Scaling) -> Preprocess {
    Preprocess {
        width: side,
        height: side,
        channels,
        filter: Filter::Bilinear,
        fit: Fit::Stretch,
        scaling,
        source: Source::Picture,
    }
}
