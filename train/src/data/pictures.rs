//! Pictures: digits from IDX files, scans from folders, and what is drawn in their place.

use std::path::{Path, PathBuf};

use anyhow::Result;
use datasets::duplicates;
use datasets::images::folder::FolderOptions;
use datasets::split::{Split, SplitKind};
use datasets::{Channels, Filter, Fit, ImagePreprocessing, ImageSet, Scaling, synthetic};

use super::{DataArguments, DataSource, DatasetName, DatasetSpec, SplitPlan};

/// How many generated pictures a run leaves behind for trying `infer`, of each class.
const SAMPLES_PER_CLASS: usize = 2;

/// The pictures an experiment learns from, and how they are prepared.
#[derive(Clone, Debug)]
pub struct Pictures {
    /// Which they are.
    pub dataset: DatasetSpec,
    /// How each picture is prepared.
    pub preprocess: ImagePreprocessing,
    /// Standardise with the training part's mean and deviation instead of `preprocess.scaling`.
    pub standardize: bool,
}

impl Pictures {
    /// MNIST as the chapter has it: 28x28, grey, divided by 255; 1,000 of the 60,000 training
    /// digits are held out for validation, the official 10,000 are the test.
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
            preprocess: ImagePreprocessing {
                source: datasets::ImageSource::Digit,
                ..picture(28, Channels::Grey, Scaling::Unit)
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
            preprocess: picture(side, channels, Scaling::Unit),
            standardize: false,
        }
    }

    /// Standardised by the training part's mean and deviation.
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
            Some(folder) => read(name, &folder, &self.preprocess, arguments.strict)?,
            None => {
                let count = self.dataset.stand_ins(arguments);
                drawn(name, count, &self.preprocess, seed)?
            }
        };
        // Digits are told apart by nothing but their shape: each is its own group.
        let copies = match name {
            DatasetName::Mnist => (0..set.len()).collect(),
            _ => duplicates::groups(&set, true)?,
        };
        let split = self.dataset.divide(&set, copies, arguments, seed)?;
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

/// The set's pictures from its folder.
fn read(
    set: DatasetName,
    folder: &Path,
    preprocess: &ImagePreprocessing,
    strict: bool,
) -> Result<ImageSet> {
    let set = match set {
        DatasetName::Mnist => datasets::images::mnist::load(folder),
        _ => datasets::images::folder::load(
            folder,
            &FolderOptions {
                preprocessing: preprocess.clone(),
                strict,
                name: set.name().to_owned(),
                classes: None,
                progress: true,
            },
        ),
    };
    Ok(set?)
}

/// Drawn pictures in place of the set's.
fn drawn(
    set: DatasetName,
    count: usize,
    preprocess: &ImagePreprocessing,
    seed: u64,
) -> Result<ImageSet> {
    let set = match set {
        DatasetName::Mnist => synthetic::digits(count, seed),
        DatasetName::BrainTumor2Class => two_classes(synthetic::phantoms(count, preprocess, seed)?),
        _ => synthetic::phantoms(count, preprocess, seed)?,
    };
    Ok(set)
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

fn picture(side: usize, channels: Channels, scaling: Scaling) -> ImagePreprocessing {
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
