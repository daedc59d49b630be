//! Pictures: digits from IDX files, scans from folders, or generated ones.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use datasets::duplicates;
use datasets::images::folder::FolderOptions;
use datasets::split::{Split, SplitKind, merge_groups};
use datasets::{
    Channels, Error, Filter, Fit, ImagePreprocessing, ImageSet, Preprocessing, Scaling, synthetic,
};

use super::arguments::DataArguments;
use super::name::DatasetName;
use super::source::{DataSource, ModelInputs, other_kind};
use super::spec::{DatasetSpec, SplitPlan};

/// Number of generated pictures of each class that a run writes to try `infer` on.
const SAMPLES_PER_CLASS: usize = 2;

/// Pictures and their preprocessing.
#[derive(Clone, Debug)]
pub struct Pictures {
    /// Which data set, and how it is split.
    pub dataset: DatasetSpec,
    /// Preprocessing of each picture.
    pub preprocessing: ImagePreprocessing,
    /// Whether to standardise by the training part's mean and deviation, instead of `preprocessing.scaling`.
    pub standardize: bool,
}

impl Pictures {
    /// MNIST as in the chapter: 28x28, grey, divided by 255. 1,000 of the 60,000 training digits are the validation part,
    /// the official 10,000 the test part.
    pub fn mnist() -> Self {
        Self {
            dataset: DatasetSpec {
                name: DatasetName::Mnist,
                split: SplitPlan {
                    kind: SplitKind::Official,
                    valid: 1.0 / 60.0,
                    test: 1.0 / 6.0,
                },
                stand_ins: 6_000,
            },
            preprocessing: ImagePreprocessing {
                source: datasets::ImageSource::Digit,
                ..square(28, Channels::Grey, Scaling::Unit)
            },
            standardize: false,
        }
    }

    /// Scans, stretched to a square of `side` pixels.
    pub fn scans(name: DatasetName, side: usize, channels: Channels, split: SplitPlan) -> Self {
        Self {
            dataset: DatasetSpec {
                name,
                split,
                stand_ins: 1_600,
            },
            preprocessing: square(side, channels, Scaling::Unit),
            standardize: false,
        }
    }

    /// Standardises the pictures by the training part's mean and deviation.
    pub fn standardized(self) -> Self {
        Self {
            standardize: true,
            ..self
        }
    }
}

impl DataSource for Pictures {
    type Set = ImageSet;

    fn dataset(&self) -> &DatasetSpec {
        &self.dataset
    }

    fn load(&self, arguments: &DataArguments, seed: u64) -> Result<(ImageSet, Split)> {
        let mut set = self.read_or_generate(arguments, seed, &self.preprocessing, None)?;
        let copies = self.copies(&set)?;
        let split = self.dataset.split(&set, copies, arguments, seed)?;
        match &arguments.preprocessing {
            Some(Preprocessing::Image(model)) => set.preprocessing.scaling = model.scaling.clone(),
            _ if self.standardize => set.standardize(&split.train),
            _ => {}
        }
        Ok((set, split))
    }

    fn load_for_model(
        &self,
        arguments: &DataArguments,
        seed: u64,
        model: &ModelInputs<'_>,
    ) -> Result<(ImageSet, Vec<usize>)> {
        let Preprocessing::Image(preprocessing) = model.preprocessing else {
            return Err(other_kind("pictures"));
        };
        let classes = Some(model.class_names);
        let mut set = self.read_or_generate(arguments, seed, preprocessing, classes)?;
        let (found, taken) = (set.preprocessing.shape(), preprocessing.shape());
        ensure!(
            found == taken,
            "{}: its pictures are {found:?} values, but the model takes {taken:?}; name other data with --data",
            set.name
        );
        set.preprocessing = preprocessing.clone();
        let copies = self.copies(&set)?;
        Ok((set, copies))
    }

    fn write_samples(&self, folder: &Path, seed: u64) -> Result<Vec<PathBuf>> {
        Ok(match self.dataset.name {
            DatasetName::BrainTumorMri | DatasetName::BrainTumor2Class => {
                synthetic::write_phantoms(folder, SAMPLES_PER_CLASS, seed)?
            }
            _ => Vec::new(),
        })
    }
}

impl Pictures {
    /// Reads the pictures of the user's folder, or generates stand-ins; `classes` are those of a trained model, empty if
    /// it does not classify.
    fn read_or_generate(
        &self,
        arguments: &DataArguments,
        seed: u64,
        preprocessing: &ImagePreprocessing,
        classes: Option<&[String]>,
    ) -> Result<ImageSet> {
        let name = self.dataset.name;
        let Some(folder) = self.dataset.find(arguments)? else {
            if let Some(table) = &arguments.labels {
                let table = table.display();
                bail!("--labels {table}: labels pictures of a folder; name the folder with --data");
            }
            let count = self.dataset.stand_ins(arguments);
            let mut set = generate(name, count, preprocessing, seed)?;
            set.choose_classes(&arguments.choice)?;
            return Ok(set);
        };
        let from_class_folders = || {
            let options = FolderOptions {
                preprocessing: preprocessing.clone(),
                strict: arguments.strict,
                name: name.name().to_owned(),
                classes: (classes.filter(|names| !names.is_empty())).map(<[String]>::to_vec),
                choice: arguments.choice.clone(),
                labels: arguments.labels.clone(),
                progress: true,
            };
            datasets::images::folder::load(&folder, &options)
        };
        let set = match name {
            DatasetName::Mnist if arguments.labels.is_none() => {
                match datasets::images::mnist::load(&folder) {
                    Ok(mut set) => {
                        set.choose_classes(&arguments.choice)?;
                        Ok(set)
                    }
                    // A trained model also takes pictures of digits in one folder per class.
                    Err(Error::NoMnist { .. }) if classes.is_some() && has_folders(&folder) => {
                        from_class_folders()
                    }
                    found => found,
                }
            }
            _ => from_class_folders(),
        };
        Ok(set?)
    }

    /// Returns the group of each picture: copies of one picture form a group. Digits that look alike are not copies.
    fn copies(&self, set: &ImageSet) -> Result<Vec<usize>> {
        let copies = match self.dataset.name {
            DatasetName::Mnist => (0..set.len()).collect(),
            _ => duplicates::groups(set, true)?,
        };
        Ok(match &set.annotations.groups {
            Some(patients) => merge_groups(&copies, patients),
            None => copies,
        })
    }
}

fn has_folders(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| entry.path().is_dir())
}

/// Generates stand-ins for a data set.
fn generate(
    name: DatasetName,
    count: usize,
    preprocessing: &ImagePreprocessing,
    seed: u64,
) -> Result<ImageSet> {
    let set = match name {
        DatasetName::Mnist => synthetic::digits(count, seed),
        DatasetName::BrainTumor2Class => {
            two_classes(synthetic::phantoms(count, preprocessing, seed)?)
        }
        _ => synthetic::phantoms(count, preprocessing, seed)?,
    };
    Ok(set)
}

/// Labels phantoms as healthy or not.
fn two_classes(mut set: ImageSet) -> ImageSet {
    let healthy = set.class_names.iter().position(|name| name == "no_tumor");
    for label in &mut set.labels {
        *label = usize::from(Some(*label) == healthy);
    }
    set.class_names = vec!["Brain Tumor".to_owned(), "Healthy".to_owned()];
    set
}

/// Returns a preprocessing that stretches pictures to a square.
fn square(side: usize, channels: Channels, scaling: Scaling) -> ImagePreprocessing {
    ImagePreprocessing {
        width: side,
        height: side,
        channels,
        filter: Filter::Bilinear,
        fit: Fit::Stretch,
        scaling,
        source: datasets::ImageSource::Picture,
    }
}
