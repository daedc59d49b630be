//! Options that choose and divide the data.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use datasets::Merge;
use datasets::split::SplitKind;
use serde::{Deserialize, Serialize};

use super::classes::{Classes, choice};
use crate::data::{DataArguments, DatasetName, SplitChoice};

/// Options of all data sets.
#[derive(Clone, Debug, Default, Args)]
pub struct DataOptions {
    /// Folder of the data sets, or of this one
    #[arg(long, value_name = "DIR", env = "HEBB_DATA", hide_env = true)]
    pub data: Option<PathBuf>,

    /// Data set to train on
    #[arg(long, value_name = "NAME", hide_possible_values = true)]
    pub dataset: Option<DatasetName>,

    /// Image classes to keep, as a,b,... (else how many: 2 or 5)
    #[arg(long, value_name = "CLASSES")]
    pub classes: Option<Classes>,

    /// Merge classes, as tumour=a,b (may be repeated)
    #[arg(long, value_name = "NEW=A,B")]
    pub merge: Vec<Merge>,

    /// Table of labels, with patients, parts and weights where it has these columns.
    #[arg(
        long,
        value_name = "FILE",
        help = "CSV table path,label[,patient,split,weight] of the images"
    )]
    pub labels: Option<PathBuf>,

    /// Longest English sentence, in words
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub max_words: Option<u32>,

    /// Train on this class only; the other classes are anomalies to be detected
    #[arg(long, value_name = "CLASS")]
    pub train_class: Option<String>,

    /// Train on generated stand-ins, even if there is data
    #[arg(long)]
    pub generated: bool,

    /// Number of stand-ins, with --generated
    #[arg(long, value_name = "N", requires = "generated", value_parser = clap::value_parser!(u32).range(40..=1_000_000))]
    pub stand_ins: Option<u32>,

    /// Split: grouped, random, official or a split.csv
    #[arg(long, value_name = "KIND|FILE")]
    pub split: Option<SplitChoice>,

    /// CSV table path,patient that keeps a patient's images together
    #[arg(long, value_name = "FILE")]
    pub groups: Option<PathBuf>,

    /// Cross-validate with K folds
    #[arg(long, value_name = "K", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(2..=100))]
    pub folds: Option<u32>,

    /// Models of the folds to keep: all or best
    #[arg(
        long,
        value_name = "WHICH",
        requires = "folds",
        hide_possible_values = true
    )]
    pub fold_models: Option<FoldModels>,

    /// Fail on unreadable images instead of skipping them
    #[arg(long)]
    pub strict: bool,

    /// CSV table of points to learn, or recording to fit
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
}

/// Number of folds of a cross-validation, and the models to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folds {
    /// Number of folds.
    pub count: usize,
    /// Models to keep.
    pub models: FoldModels,
}

/// Models of a cross-validation that are kept in the folders of the folds. The best by validation is always in the
/// run's folder, for `infer`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum FoldModels {
    /// The model of every fold, with its checkpoints
    #[default]
    All,
    /// The best by validation
    Best,
}

impl DataOptions {
    /// Returns the data that the options name. `csv` is for studies, which read it themselves.
    pub fn arguments(&self) -> DataArguments {
        let Self {
            data,
            dataset,
            classes,
            merge,
            labels,
            max_words,
            train_class,
            generated,
            stand_ins,
            split,
            groups,
            folds: _,
            fold_models: _,
            strict,
            csv: _,
        } = self.clone();
        DataArguments {
            folder: data,
            generated,
            stand_ins: stand_ins.map(|count| count as usize),
            strict,
            split,
            groups,
            train_class,
            dataset,
            choice: choice(classes.as_ref(), &merge),
            labels,
            classes: match classes {
                Some(Classes::Count(count)) => Some(count),
                Some(Classes::Named(_)) | None => None,
            },
            max_words: max_words.map(|words| words as usize),
            preprocessing: None,
            fold: None,
        }
    }

    /// Returns the cross-validation that the options ask for.
    ///
    /// # Errors
    /// If the options also name a split without folds.
    pub fn folds(&self) -> Result<Option<Folds>> {
        let Some(count) = self.folds else {
            return Ok(None);
        };
        match &self.split {
            Some(SplitChoice::Kind(SplitKind::Official)) => bail!(
                "--split official: is one split and has no folds; leave out --folds or give --split grouped"
            ),
            Some(SplitChoice::File(path)) => bail!(
                "--split {}: records one split and has no folds; leave out --folds or give --split grouped",
                path.display()
            ),
            _ => Ok(Some(Folds {
                count: count as usize,
                models: self.fold_models.unwrap_or_default(),
            })),
        }
    }
}
