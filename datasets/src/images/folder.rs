//! Data sets of pictures in one folder per class.
//!
//! ```text
//! flat:   brain-tumor/glioma/*.jpg     split:  brain-tumor/Training/glioma/*.jpg
//!         brain-tumor/healthy/*.png            brain-tumor/Testing/glioma/*.jpg
//! ```

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::dataset::{Dataset, Official, Origin, Skipped};
use crate::error::{Error, Result};
use crate::hash::sha256_hex;
use crate::images::decode;
use crate::images::fingerprint::Fingerprint;
use crate::images::preprocessing::ImagePreprocessing;
use crate::images::set::ImageSet;
use crate::progress;

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
    /// sorted.
    pub classes: Option<Vec<String>>,
    /// Whether to show a progress bar on standard error, if that is a terminal.
    pub progress: bool,
}

/// A file that may be a picture.
struct Candidate {
    path: PathBuf,
    relative: String,
    class: String,
    official: Option<Official>,
}

/// The classes and files found, before any file is opened.
#[derive(Default)]
struct Listing {
    classes: BTreeSet<String>,
    candidates: Vec<Candidate>,
    skipped: Vec<Skipped>,
}

/// Reads, decodes and preprocesses every picture under `dir`, on all cores.
///
/// `dir` contains one folder per class, or folders for the parts of an official split (`Training` and `Testing`, or
/// `train`, `valid` and `test`, in any of their usual spellings) that contain the folders of the classes. Hidden files are
/// ignored, and folders inside a class are not read. The examples are in the order of their sorted paths.
///
/// # Errors
/// - [`Error::Layout`] without a class, or without two if none is known; [`Error::Classes`] if one is not a known one
/// - [`Error::EmptyClass`] for a class whose folder has no readable picture
/// - [`Error::Preprocessing`] if the preprocessing is out of range, [`Error::Memory`] if the pictures do not fit into memory
/// - [`Error::Picture`] for the first file that cannot be used, with `strict`
pub fn load(dir: &Path, options: &FolderOptions) -> Result<ImageSet> {
    options.preprocessing.validate()?;
    let mut listing = list(dir)?;
    if let (true, Some(skipped)) = (options.strict, listing.skipped.first()) {
        return Err(Error::picture(&skipped.path, &skipped.reason));
    }
    let class_names = class_order(dir, &listing.classes, options.classes.as_deref())?;
    let candidates = std::mem::take(&mut listing.candidates);
    let mut set = ImageSet {
        name: options.name.clone(),
        generated: false,
        class_names,
        preprocessing: options.preprocessing.clone(),
        pixels: Vec::new(),
        labels: Vec::new(),
        origins: Vec::new(),
        fingerprints: Vec::new(),
        skipped: listing.skipped,
    };
    fill(&mut set, candidates, options)?;
    check_classes(dir, &set, &listing.classes)?;
    Ok(set)
}

/// Finds the classes and files, in sorted order, without opening a file.
fn list(dir: &Path) -> Result<Listing> {
    let mut listing = Listing::default();
    let parts = official_parts(dir)?;
    if parts.is_empty() {
        list_classes(dir, dir, None, &mut listing)?;
    }
    for (path, part) in parts {
        list_classes(dir, &path, Some(part), &mut listing)?;
    }
    Ok(listing)
}

/// Returns the folders of the parts of an official split, if there are any.
fn official_parts(dir: &Path) -> Result<Vec<(PathBuf, Official)>> {
    let mut parts: Vec<(PathBuf, Official)> = Vec::new();
    for (name, path) in entries(dir)? {
        let Some(part) = part_named(&name) else {
            continue;
        };
        // A class may be called "test": a class contains pictures, a part of a split contains folders.
        if !path.is_dir() || !entries(&path)?.iter().any(|(_, inner)| inner.is_dir()) {
            continue;
        }
        if let Some((other, _)) = parts.iter().find(|(_, known)| *known == part) {
            let reason = format!(
                "both {} and {} are {part} folders; keep one",
                other.display(),
                path.display()
            );
            return Err(layout(dir, reason));
        }
        parts.push((path, part));
    }
    Ok(parts)
}

/// Returns the part of an official split that a folder name stands for.
fn part_named(name: &str) -> Option<Official> {
    match name.to_lowercase().as_str() {
        "train" | "training" => Some(Official::Train),
        "val" | "valid" | "validation" => Some(Official::Valid),
        "test" | "testing" => Some(Official::Test),
        _ => None,
    }
}

/// Adds the classes and files under `parent` to the listing.
fn list_classes(
    root: &Path,
    parent: &Path,
    official: Option<Official>,
    listing: &mut Listing,
) -> Result<()> {
    for (class, folder) in entries(parent)? {
        if !folder.is_dir() {
            if looks_like_picture(&folder) {
                let reason = "a picture outside the class folders".into();
                let path = relative(root, &folder);
                listing.skipped.push(Skipped { path, reason });
            }
            continue;
        }
        listing.classes.insert(class.clone());
        for (_, path) in entries(&folder)? {
            let relative = relative(root, &path);
            if path.is_dir() {
                listing.skipped.push(Skipped {
                    path: relative,
                    reason: "a folder inside a class folder".into(),
                });
                continue;
            }
            listing.candidates.push(Candidate {
                path,
                relative,
                class: class.clone(),
                official,
            });
        }
    }
    Ok(())
}

/// Returns the names and paths in a folder, sorted by name, without the files that operating systems add.
fn entries(dir: &Path) -> Result<Vec<(String, PathBuf)>> {
    let cannot_list = |error| Error::io("list", dir, error);
    let mut entries = Vec::new();
    for entry in fs::read_dir(dir).map_err(cannot_list)? {
        let entry = entry.map_err(cannot_list)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let system_files = ["thumbs.db", "desktop.ini", "__macosx"];
        if !name.starts_with('.') && !system_files.contains(&name.to_lowercase().as_str()) {
            entries.push((name, entry.path()));
        }
    }
    entries.sort();
    Ok(entries)
}

fn looks_like_picture(path: &Path) -> bool {
    let extension = (path.extension()).map(|extension| extension.to_string_lossy().to_lowercase());
    let known = ["jpg", "jpeg", "png", "tif", "tiff", "bmp", "webp", "gif"];
    extension.is_some_and(|extension| known.contains(&extension.as_str()))
}

/// Returns the path relative to `root`, with `/` on every system.
fn relative(root: &Path, path: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path);
    let names: Vec<_> = below.iter().map(|name| name.to_string_lossy()).collect();
    names.join("/")
}

fn layout(dir: &Path, reason: String) -> Error {
    Error::Layout {
        dir: dir.to_path_buf(),
        reason,
    }
}

/// Returns the classes in the order of their labels.
fn class_order(
    dir: &Path,
    found: &BTreeSet<String>,
    known: Option<&[String]>,
) -> Result<Vec<String>> {
    let joined = |names: &mut dyn Iterator<Item = &String>| -> String {
        names.map(String::as_str).collect::<Vec<_>>().join(", ")
    };
    let least = if known.is_some() { 1 } else { 2 };
    if found.len() < least {
        let found = match found.first() {
            None => "no folder".to_string(),
            Some(class) => format!("only the folder {class}"),
        };
        let least = if known.is_some() {
            ""
        } else {
            ", two at least"
        };
        let reason =
            format!("{found} in it, but one folder of pictures per class is needed{least}");
        return Err(layout(dir, reason));
    }
    let Some(known) = known else {
        return Ok(found.iter().cloned().collect());
    };
    let distinct: BTreeSet<String> = known.iter().cloned().collect();
    if !found.is_subset(&distinct) || distinct.len() != known.len() {
        return Err(Error::Classes {
            dir: dir.to_path_buf(),
            found: joined(&mut found.iter()),
            known: joined(&mut known.iter()),
        });
    }
    Ok(known.to_vec())
}

/// Decodes and preprocesses the candidates in parallel, directly into the buffer of the set.
fn fill(set: &mut ImageSet, candidates: Vec<Candidate>, options: &FolderOptions) -> Result<()> {
    let bytes = set.preprocessing.bytes();
    let out_of_memory = || Error::Memory {
        count: candidates.len(),
        bytes,
    };
    let total = candidates
        .len()
        .checked_mul(bytes)
        .ok_or_else(out_of_memory)?;
    (set.pixels.try_reserve_exact(total)).map_err(|_| out_of_memory())?;
    set.pixels.resize(total, 0);

    let bar = progress::bar(
        candidates.len(),
        &format!("reading {}", options.name),
        options.progress,
    );
    let preprocessing = &set.preprocessing;
    let outcomes: Vec<Result<(String, Fingerprint)>> = (set.pixels.par_chunks_exact_mut(bytes))
        .zip(&candidates)
        .map(|(pixels, candidate)| {
            let outcome = open(candidate, preprocessing, pixels);
            bar.inc(1);
            outcome
        })
        .collect();
    bar.finish_and_clear();

    for (index, (candidate, outcome)) in candidates.into_iter().zip(outcomes).enumerate() {
        match outcome {
            Ok((sha256, fingerprint)) => {
                let kept = set.labels.len();
                if kept != index {
                    (set.pixels).copy_within(index * bytes..(index + 1) * bytes, kept * bytes);
                }
                let class = set.class_names.iter().position(|c| *c == candidate.class);
                set.labels.push(class.unwrap_or_default());
                set.origins.push(Origin {
                    path: candidate.relative,
                    sha256,
                    official: candidate.official,
                });
                set.fingerprints.push(fingerprint);
            }
            Err(error) if options.strict => return Err(error),
            Err(error) => set.skipped.push(Skipped {
                path: candidate.relative,
                reason: match error {
                    Error::Picture { reason, .. } => reason,
                    other => other.to_string(),
                },
            }),
        }
    }
    set.pixels.truncate(set.labels.len() * bytes);
    set.pixels.shrink_to_fit();
    Ok(())
}

/// Preprocesses a picture into `pixels`. Returns the SHA-256 of its file and its fingerprint.
fn open(
    candidate: &Candidate,
    preprocessing: &ImagePreprocessing,
    pixels: &mut [u8],
) -> Result<(String, Fingerprint)> {
    let name = candidate.path.display().to_string();
    let file = decode::read(&candidate.path, &name)?;
    let picture = decode::decode_bytes(&file, &name)?;
    let prepared = preprocessing
        .apply(&picture)
        .map_err(|error| Error::picture(&name, error.to_string()))?;
    pixels.copy_from_slice(&prepared);
    Ok((sha256_hex(&file), Fingerprint::new(&picture)?))
}

/// Checks that every class with a folder has a picture.
fn check_classes(dir: &Path, set: &ImageSet, found: &BTreeSet<String>) -> Result<()> {
    let everything: Vec<usize> = (0..set.len()).collect();
    let mut classes = set.class_names.iter().zip(set.class_counts(&everything));
    let empty = classes.find(|(class, count)| *count == 0 && found.contains(*class));
    let Some((class, _)) = empty else {
        return Ok(());
    };
    let inside: Vec<&Skipped> = (set.skipped.iter())
        .filter(|skipped| {
            let folder = skipped.path.rsplit_once('/').map(|(folder, _)| folder);
            folder.is_some_and(|folder| folder.rsplit('/').next() == Some(class))
        })
        .collect();
    let example = inside.first().map_or_else(
        || "its folder has no file".into(),
        |first| format!("{}: {}", first.path, first.reason),
    );
    Err(Error::EmptyClass {
        dir: dir.to_path_buf(),
        class: class.clone(),
        skipped: inside.len(),
        example,
    })
}
