//! The user's choices about the data.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use datasets::split::SplitKind;
use datasets::{ClassChoice, Preprocessing};
use serde::{Deserialize, Serialize};

use super::name::DatasetName;

/// The user's choices about the data. Stored in `config.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DataArguments {
    /// Folder of the data.
    pub folder: Option<PathBuf>,
    /// Whether to use generated stand-ins even if there is data.
    pub generated: bool,
    /// Number of stand-ins, instead of the experiment's.
    pub stand_ins: Option<usize>,
    /// Whether an unreadable picture is an error.
    pub strict: bool,
    /// Split, instead of the experiment's.
    pub split: Option<SplitChoice>,
    /// CSV table of pictures and patients.
    pub groups: Option<PathBuf>,
    /// The single class to train and validate on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train_class: Option<String>,
    /// Data set, instead of the experiment's first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<DatasetName>,
    /// Number of classes, if the data set has several labellings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classes: Option<usize>,
    /// Classes of images to merge and to keep.
    #[serde(default, skip_serializing_if = "ClassChoice::is_empty")]
    pub choice: ClassChoice,
    /// Table of the pictures' labels, instead of folders of classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<PathBuf>,
    /// Length of the longest sentence, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_words: Option<usize>,
    /// Preprocessing of the model that the training starts from; its statistics and vocabularies are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preprocessing: Option<Preprocessing>,
    /// Fold of a cross-validation, instead of a single split.
    pub fold: Option<Fold>,
}

/// Value of `--split`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SplitChoice {
    /// Kind of split.
    Kind(SplitKind),
    /// `split.csv` of an earlier run.
    File(PathBuf),
}

impl FromStr for SplitChoice {
    type Err = datasets::Error;

    /// Parses a kind of split, or the path of a `split.csv` or of a run's folder.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self::Kind).or_else(|unknown| {
            let path = Path::new(text);
            let in_run = path.join("split.csv");
            if in_run.is_file() {
                Ok(Self::File(in_run))
            } else if path.is_file() || path.extension().is_some_and(|extension| extension == "csv")
            {
                Ok(Self::File(path.to_path_buf()))
            } else {
                Err(unknown)
            }
        })
    }
}

/// A fold of a cross-validation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fold {
    /// Number of the fold, from 1.
    pub number: usize,
    /// Number of folds.
    pub of: usize,
}
