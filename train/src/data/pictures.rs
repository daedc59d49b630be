//! Pictures: digits from IDX files, scans from folders, or generated ones.

use std::path::{Path, PathBuf};

use anyhow::Result;
use datasets::duplicates;
use datasets::images::folder::FolderOptions;
use datasets::split::{Split, SplitKind};
use datasets::{Channels, Filter, Fit, ImagePreprocessing, ImageSet, Scaling, synthetic};

use super::arguments::DataArguments;
use super::name::DatasetName;
use super::source::DataSource;
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
        let DatasetSpec { name, .. } = self.dataset;
        let mut set = match self.dataset.find(arguments)? {
            Some(folder) => read(name, &folder, &self.preprocessing, arguments.strict)?,
            None => {
                let count = self.dataset.stand_ins(arguments);
                generate(name, count, &self.preprocessing, seed)?
            }
        };
        // Digits that look alike are not copies: each is its own group.
        let copies = match name {
            DatasetName::Mnist => (0..set.len()).collect(),
            _ => duplicates::groups(&set, true)?,
        };
        let split = self.dataset.split(&set, copies, arguments, seed)?;
        if self.standardize {
            set.standardize(&split.train);
        }
        Ok((set, split))
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

/// Reads a data set from its folder.
fn read(
    name: DatasetName,
    folder: &Path,
    preprocessing: &ImagePreprocessing,
    strict: bool,
) -> Result<ImageSet> {
    let set = match name {
        DatasetName::Mnist => datasets::images::mnist::load(folder),
        _ => datasets::images::folder::load(
            folder,
            &FolderOptions {
                preprocessing: preprocessing.clone(),
                strict,
                name: name.name().to_owned(),
                classes: None,
                progress: true,
            },
        ),
    };
    Ok(set?)
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
