//! Data sets of pictures in one folder per class.
//!
//! ```text
//! flat:   brain-tumor/glioma/*.jpg     split:  brain-tumor/Training/glioma/*.jpg
//!         brain-tumor/healthy/*.png            brain-tumor/Testing/glioma/*.jpg
//! ```
//!
//! `layout` finds the folders of the classes and their files.

mod candidate;
mod labels;
mod layout;

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use self::candidate::Candidate;
use self::layout::Listing;
use crate::dataset::{Dataset, Origin, Skipped};
use crate::error::{Error, Result};
use crate::hash::sha256_hex;
use crate::images::classes::{ClassChoice, Classes, classes};
use crate::images::decode;
use crate::images::fingerprint::Fingerprint;
use crate::images::preprocessing::ImagePreprocessing;
use crate::images::set::{Annotations, ImageSet};
use crate::progress;
use crate::split::groups::numbered;

/// Maximum number of notices about pictures that are listed.
const MAX_NOTICES: usize = 5;

/// Options for reading a folder of pictures.
#[derive(Clone, Debug)]
pub struct FolderOptions {
    /// Name of the set.
    pub name: String,
    /// How the pictures are preprocessed.
    pub preprocessing: ImagePreprocessing,
    /// Whether a file that cannot be used is an error. Otherwise it is skipped and listed.
    pub strict: bool,
    /// The known classes in the order of their labels, of which some may have no folder; `None` for the folders found,
    /// sorted by name, or by value if all are whole numbers.
    pub classes: Option<Vec<String>>,
    /// Table of labels, instead of the folders' names.
    pub labels: Option<PathBuf>,
    /// Classes to merge and to keep.
    pub choice: ClassChoice,
    /// Whether to show a progress bar on standard error, if that is a terminal.
    pub progress: bool,
}

/// Reads, decodes and preprocesses every picture under `dir`, on all cores.
///
/// `dir` contains one folder per class, or folders for the parts of an official split (`Training` and `Testing`, or
/// `train`, `valid` and `test`, in any of their usual spellings) that contain the folders of the classes; either may be one
/// or two folders down. Folders inside a class are read as well. Hidden files, what systems leave behind, and what Hebb
/// itself wrote are ignored. The examples are in the order of their sorted paths.
///
/// # Errors
/// - [`Error::Layout`] without a class, or without two if none is known; [`Error::Classes`] if one is not a known one
/// - [`Error::EmptyClass`] for a class whose folder has no readable picture
/// - [`Error::Preprocessing`] if the preprocessing is out of range, [`Error::Memory`] if the pictures do not fit into memory
/// - [`Error::Picture`] for the first file that cannot be used, with `strict`
pub fn load(dir: &Path, options: &FolderOptions) -> Result<ImageSet> {
    options.preprocessing.validate()?;
    let known = options.classes.as_deref();
    let listing = match &options.labels {
        Some(table) => labels::list(dir, table)?,
        None => layout::list(dir, known.unwrap_or_default())?,
    };
    let Listing {
        candidates,
        skipped,
        mut notes,
        ..
    } = listing;
    if let (true, Some(skipped)) = (options.strict, skipped.first()) {
        return Err(Error::picture(&skipped.path, &skipped.reason));
    }
    let classes = classes(dir, &listing.classes, known, &options.choice)?;
    notes.extend(classes.notes.iter().cloned());
    let candidates = (candidates.into_iter())
        .filter(|candidate| label(&classes, candidate).is_some())
        .collect();
    let mut set = ImageSet {
        name: options.name.clone(),
        generated: false,
        class_names: classes.names.clone(),
        preprocessing: options.preprocessing.clone(),
        pixels: Vec::new(),
        labels: Vec::new(),
        origins: Vec::new(),
        fingerprints: Vec::new(),
        skipped,
        notes,
        annotations: Annotations::default(),
    };
    fill(&mut set, candidates, &classes, options)?;
    check_classes(dir, &set, &classes)?;
    Ok(set)
}

/// Returns the label of a file; `None` if its class is left out.
fn label(classes: &Classes, candidate: &Candidate) -> Option<usize> {
    classes.labels.get(&candidate.class).copied().flatten()
}

/// Decodes and preprocesses the candidates in parallel, directly into the buffer of the set.
fn fill(
    set: &mut ImageSet,
    candidates: Vec<Candidate>,
    classes: &Classes,
    options: &FolderOptions,
) -> Result<()> {
    let bytes = set.preprocessing.bytes();
    allocate(set, candidates.len())?;

    let title = format!("reading {}", options.name);
    let bar = progress::bar(candidates.len(), &title, options.progress);
    let preprocessing = &set.preprocessing;
    let outcomes: Vec<Result<Opened>> = (set.pixels.par_chunks_exact_mut(bytes))
        .zip(&candidates)
        .map(|(pixels, candidate)| {
            let outcome = open(candidate, preprocessing, pixels);
            bar.inc(1);
            outcome
        })
        .collect();
    bar.finish_and_clear();

    let (mut patients, mut weights) = (Vec::new(), Vec::new());
    let mut notices = Vec::new();
    for (index, (candidate, outcome)) in candidates.into_iter().zip(outcomes).enumerate() {
        match outcome {
            Ok(opened) => {
                let about = |notice| format!("{}: {notice}", candidate.relative);
                notices.extend(opened.notices.into_iter().map(about));
                let kept = set.labels.len();
                if kept != index {
                    (set.pixels).copy_within(index * bytes..(index + 1) * bytes, kept * bytes);
                }
                set.labels
                    .push(label(classes, &candidate).unwrap_or_default());
                set.origins.push(Origin {
                    path: candidate.relative,
                    sha256: opened.sha256,
                    official: candidate.official,
                });
                set.fingerprints.push(opened.fingerprint);
                patients.push(candidate.patient);
                weights.push(candidate.weight);
            }
            Err(error) if options.strict => return Err(error),
            Err(error) => set.skipped.push(skipped(candidate.relative, error)),
        }
    }
    set.notes.extend(sum_up(notices));
    let patients: Option<Vec<String>> = patients.into_iter().collect();
    set.annotations = Annotations {
        groups: patients.map(numbered),
        weights: weights.into_iter().collect(),
    };
    set.pixels.truncate(set.labels.len() * bytes);
    set.pixels.shrink_to_fit();
    Ok(())
}

fn skipped(path: String, error: Error) -> Skipped {
    let reason = match error {
        Error::Picture { reason, .. } => reason,
        other => other.to_string(),
    };
    Skipped { path, reason }
}

/// What is kept of a picture beside its pixels.
struct Opened {
    sha256: String,
    fingerprint: Fingerprint,
    notices: Vec<String>,
}

/// Makes room for the pixels of `count` pictures.
fn allocate(set: &mut ImageSet, count: usize) -> Result<()> {
    let bytes = set.preprocessing.bytes();
    let out_of_memory = || Error::Memory { count, bytes };
    let total = count.checked_mul(bytes).ok_or_else(out_of_memory)?;
    (set.pixels.try_reserve_exact(total)).map_err(|_| out_of_memory())?;
    set.pixels.resize(total, 0);
    Ok(())
}

/// Preprocesses a picture into `pixels`.
fn open(
    candidate: &Candidate,
    preprocessing: &ImagePreprocessing,
    pixels: &mut [u8],
) -> Result<Opened> {
    decode::open(&candidate.path, None, |file, decoded| {
        let prepared = preprocessing.apply(&decoded.picture).map_err(|error| {
            Error::picture(candidate.path.display().to_string(), error.to_string())
        })?;
        pixels.copy_from_slice(&prepared);
        Ok(Opened {
            sha256: sha256_hex(file),
            fingerprint: Fingerprint::new(&decoded.picture)?,
            notices: decoded.notices,
        })
    })
}

/// Sums notices about pictures up: the first of them, and the number of the others.
fn sum_up(mut notices: Vec<String>) -> Vec<String> {
    if let Some(more) = notices
        .len()
        .checked_sub(MAX_NOTICES)
        .filter(|&more| more > 0)
    {
        notices.truncate(MAX_NOTICES);
        notices.push(format!("and {more} more such remarks about pictures"));
    }
    notices
}

/// Checks that every class with a folder has a picture.
fn check_classes(dir: &Path, set: &ImageSet, classes: &Classes) -> Result<()> {
    let everything: Vec<usize> = (0..set.len()).collect();
    let counts = set.class_counts(&everything);
    let empty =
        (classes.labels.iter()).find(|(_, label)| label.is_some_and(|label| counts[label] == 0));
    let Some((folder, Some(label))) = empty else {
        return Ok(());
    };
    let inside: Vec<&Skipped> = (set.skipped.iter())
        .filter(|skipped| {
            skipped
                .path
                .split('/')
                .rev()
                .skip(1)
                .any(|name| name == folder)
        })
        .collect();
    let example = inside.first().map_or_else(
        || "its folder has no file".into(),
        |first| format!("{}: {}", first.path, first.reason),
    );
    let mut others = set.class_names.clone();
    others.remove(*label);
    Err(Error::EmptyClass {
        dir: dir.to_path_buf(),
        class: set.class_names[*label].clone(),
        skipped: inside.len(),
        example,
        others: others.join(","),
    })
}
