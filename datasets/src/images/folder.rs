//! Pictures in one folder per class.
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

/// How a folder of pictures is read.
#[derive(Clone, Debug)]
pub struct FolderOptions {
    /// What the set is called.
    pub name: String,
    /// How the pictures are prepared.
    pub preprocessing: ImagePreprocessing,
    /// Whether a file that cannot be used is an error; else it is passed over and listed.
    pub strict: bool,
    /// The classes expected, in this order; else the folders found, sorted.
    pub classes: Option<Vec<String>>,
    /// Whether a progress bar is shown on standard error, if that is a terminal.
    pub progress: bool,
}

/// A file that may be a picture.
struct Candidate {
    path: PathBuf,
    relative: String,
    class: String,
    official: Option<Official>,
}

/// What was found before any picture was opened.
#[derive(Default)]
struct Listing {
    classes: BTreeSet<String>,
    candidates: Vec<Candidate>,
    skipped: Vec<Skipped>,
}

/// Reads, decodes and prepares every picture under `dir`, on all cores.
///
/// `dir` holds one folder per class, or `Training`/`Testing`, `train`/`valid`/`test` (in any of
/// their usual spellings) that hold them; then the origins carry the official split. Hidden files
/// are ignored, folders inside a class are not read. The order of the examples is that of the
/// sorted paths.
///
/// # Errors
/// [`Error::Layout`] without two classes, [`Error::Classes`] if they are not those expected,
/// [`Error::EmptyClass`], [`Error::Preprocessing`], [`Error::Memory`]; with `strict` the first
/// unusable file is an [`Error::Picture`].
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
    prepare(&mut set, candidates, options)?;
    check_classes(dir, &set)?;
    Ok(set)
}

/// Finds classes and files, in sorted order, without opening a file.
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

/// The folders that hold the publisher's split, if there is one.
fn official_parts(dir: &Path) -> Result<Vec<(PathBuf, Official)>> {
    let mut parts: Vec<(PathBuf, Official)> = Vec::new();
    for (name, path) in entries(dir)? {
        let Some(part) = part_named(&name) else {
            continue;
        };
        // A class may be called "test": it holds pictures, a part of a split holds folders.
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

/// Names and paths in a folder, sorted by name, without the files that systems leave behind.
fn entries(dir: &Path) -> Result<Vec<(String, PathBuf)>> {
    let cannot_list = |error| Error::io("list", dir, error);
    let mut entries = Vec::new();
    for entry in fs::read_dir(dir).map_err(cannot_list)? {
        let entry = entry.map_err(cannot_list)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let left_behind = ["thumbs.db", "desktop.ini", "__macosx"];
        if !name.starts_with('.') && !left_behind.contains(&name.to_lowercase().as_str()) {
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

/// The path below `root`, with `/` on every system.
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

/// The classes in the order of their labels.
fn class_order(
    dir: &Path,
    found: &BTreeSet<String>,
    expected: Option<&[String]>,
) -> Result<Vec<String>> {
    let joined = |names: &mut dyn Iterator<Item = &String>| -> String {
        names.map(String::as_str).collect::<Vec<_>>().join(", ")
    };
    if found.len() < 2 {
        let found = match found.first() {
            None => "no folder".to_string(),
            Some(class) => format!("only the folder {class}"),
        };
        let reason =
            format!("{found} in it, but one folder of pictures per class is needed, two at least");
        return Err(layout(dir, reason));
    }
    let Some(expected) = expected else {
        return Ok(found.iter().cloned().collect());
    };
    let distinct: BTreeSet<String> = expected.iter().cloned().collect();
    if distinct != *found || distinct.len() != expected.len() {
        return Err(Error::Classes {
            dir: dir.to_path_buf(),
            found: joined(&mut found.iter()),
            expected: joined(&mut expected.iter()),
        });
    }
    Ok(expected.to_vec())
}

/// Opens and prepares the candidates in parallel, straight into the set's only buffer.
fn prepare(set: &mut ImageSet, candidates: Vec<Candidate>, options: &FolderOptions) -> Result<()> {
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

/// Prepares one picture into `pixels`; returns the SHA-256 of its file and its fingerprint.
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
    Ok((sha256_hex(&file), Fingerprint::of(&picture)?))
}

fn check_classes(dir: &Path, set: &ImageSet) -> Result<()> {
    let everything: Vec<usize> = (0..set.len()).collect();
    let counts = set.class_counts(&everything);
    let Some(empty) = counts.iter().position(|&count| count == 0) else {
        return Ok(());
    };
    let class = &set.class_names[empty];
    let inside: Vec<&Skipped> = (set.skipped.iter())
        .filter(|skipped| {
            let folder = skipped.path.rsplit_once('/').map(|(folder, _)| folder);
            folder.is_some_and(|folder| folder.rsplit('/').next() == Some(class))
        })
        .collect();
    let example = inside.first().map_or_else(
        || "its folder holds no file".into(),
        |first| format!("{}: {}", first.path, first.reason),
    );
    Err(Error::EmptyClass {
        dir: dir.to_path_buf(),
        class: class.clone(),
        skipped: inside.len(),
        example,
    })
}
