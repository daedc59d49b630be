//! Names of the data sets.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// Names of the data sets, as on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
pub enum DatasetName {
    /// Handwritten digits from IDX files.
    #[serde(rename = "mnist")]
    #[value(name = "mnist")]
    Mnist,
    /// Head MRI slices with three kinds of brain tumour or none.
    #[serde(rename = "brain-tumor-mri")]
    #[value(name = "brain-tumor-mri")]
    BrainTumorMri,
    /// Head MRI slices with a brain tumour or none.
    #[serde(rename = "brain-tumor-2class")]
    #[value(name = "brain-tumor-2class")]
    BrainTumor2Class,
    /// EEG with and without seizures.
    #[serde(rename = "eeg-bonn")]
    #[value(name = "eeg-bonn")]
    EegBonn,
    /// English sentences with French translations.
    #[serde(rename = "fra-eng")]
    #[value(name = "fra-eng")]
    FraEng,
    /// The Stanford Sentiment Treebank.
    #[serde(rename = "sst-trees")]
    #[value(name = "sst-trees")]
    SstTrees,
}

impl DatasetName {
    /// Returns the name, which is also that of its folder in the data folder.
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

    /// Returns whether predictions must be accompanied by the medical notice.
    pub fn is_medical(self) -> bool {
        !matches!(self, Self::Mnist | Self::FraEng | Self::SstTrees)
    }
}
