//! Choices of classes.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use datasets::{ClassChoice, Merge};

/// Value of `--classes` in an experiment: the classes of images by name, or a number of classes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Classes {
    /// Number of classes of recordings or sentences: 2 or 5.
    Count(usize),
    /// Names of the classes of images to keep.
    Named(Vec<String>),
}

impl FromStr for Classes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "2" => Ok(Self::Count(2)),
            "5" => Ok(Self::Count(5)),
            names => names_of(names).map(Self::Named),
        }
    }
}

impl fmt::Display for Classes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => count.fmt(f),
            Self::Named(names) => names.join(",").fmt(f),
        }
    }
}

/// Choice of classes of a command that does not train.
#[derive(Clone, Debug, Default, Args)]
pub struct ClassArguments {
    /// Classes to keep, separated by commas; the others are left out
    #[arg(long, value_name = "A,B,...", value_parser = named)]
    pub classes: Option<Classes>,

    /// Merge classes, as tumour=a,b (may be repeated)
    #[arg(long, value_name = "NEW=A,B")]
    pub merge: Vec<Merge>,

    /// CSV table path,label of the images, instead of class folders
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,
}

impl ClassArguments {
    /// Returns the choice.
    pub fn choice(&self) -> ClassChoice {
        choice(self.classes.as_ref(), &self.merge)
    }
}

/// Returns the choice of two options.
pub fn choice(classes: Option<&Classes>, merge: &[Merge]) -> ClassChoice {
    let kept = match classes {
        Some(Classes::Named(names)) => Some(names.clone()),
        Some(Classes::Count(_)) | None => None,
    };
    let merged = merge.to_vec();
    ClassChoice { merged, kept }
}

fn named(text: &str) -> Result<Classes, String> {
    names_of(text).map(Classes::Named)
}

fn names_of(text: &str) -> Result<Vec<String>, String> {
    let names: Vec<_> = text.split(',').map(|name| name.trim().to_owned()).collect();
    if names.iter().any(String::is_empty) {
        return Err("write the names of the classes with commas between them: a,b".to_owned());
    }
    Ok(names)
}
