//! Where the classes of a folder are, and which files are theirs.
//!
//! The folders of the classes may be in the folder itself, in the folders of an official split, or one or two folders
//! down, as archives unpack. What is left out, or found elsewhere than expected, is noted.

use std::collections::BTreeSet;
use std::path::Path;

use super::candidate::Candidate;
use crate::dataset::{Official, Skipped};
use crate::error::{Error, Result};
use crate::images::walk::{self, Folder, FoundFile, is_picture_name};

/// Maximum number of folders between the folder that was named and those of the classes.
const MAX_DEPTH: usize = 2;

/// Names of folders of masks, which are no pictures of their class, in lower case.
const MASKS: [&str; 6] = [
    "ground_truth",
    "groundtruth",
    "mask",
    "masks",
    "segmentation",
    "segmentations",
];

/// The classes and files found, before any file is opened.
#[derive(Default)]
pub(super) struct Listing {
    /// Folder of each class, as it is called, with its part of an official split.
    pub classes: Vec<(String, Option<Official>)>,
    /// Files that may be pictures.
    pub candidates: Vec<Candidate>,
    /// Files that cannot be used.
    pub skipped: Vec<Skipped>,
    /// What is worth knowing about the folder, a line each.
    pub notes: Vec<String>,
}

/// Finds the classes and files of a folder; the classes in `known` have no folders of classes in them.
///
/// # Errors
/// - [`Error::Io`] if a folder cannot be listed
/// - [`Error::Layout`] if two folders are the same part of an official split, or parts have no classes
pub(super) fn list(dir: &Path, known: &[String]) -> Result<Listing> {
    let mut listing = Listing::default();
    let root = listing.walk(dir)?;
    let base = base(&root, known);
    if !base.relative.is_empty() {
        let found = format!("the class folders are in {}/", base.relative);
        listing.notes.push(found);
    }
    let parts = official_parts(base)?;
    if parts.is_empty() {
        refuse_parts_without_classes(base)?;
        listing.add_classes(base, None);
    } else {
        listing.note_beside(base, &parts);
        for (part, folder) in parts {
            listing.add_classes(folder, Some(part));
        }
    }
    Ok(listing)
}

impl Listing {
    /// Finds everything below `dir`, and notes what was passed over.
    pub(super) fn walk(&mut self, dir: &Path) -> Result<Folder> {
        let found = walk::walk(dir).map_err(|error| Error::io("list", dir, error))?;
        if let Some((path, error)) = found.unlisted.into_iter().next() {
            return Err(Error::io("list", path, error));
        }
        if !found.own.is_empty() {
            let own = found.own.join("/, ");
            self.notes.push(format!("left out {own}/: written by Hebb"));
        }
        let loops = found.loops.into_iter().map(|path| Skipped {
            path,
            reason: "a link to a folder above it".into(),
        });
        self.skipped.extend(loops);
        Ok(found.folder)
    }

    /// Adds the classes in `parent`, whose folders they are.
    fn add_classes(&mut self, parent: &Folder, official: Option<Official>) {
        self.skip_loose(parent);
        let names: BTreeSet<&str> = parent.folders.iter().map(|folder| &*folder.name).collect();
        let is_copy = |folder: &Folder| {
            let inner = folder.folders.iter();
            folder.folders.len() > 1
                && loose(folder).next().is_none()
                && inner
                    .clone()
                    .all(|inner| inner.name != folder.name && names.contains(&*inner.name))
        };
        let (copies, classes): (Vec<&Folder>, Vec<_>) =
            parent.folders.iter().partition(|folder| is_copy(folder));
        for copy in copies {
            self.notes.push(format!(
                "left out {}/: a second copy of the class folders beside it",
                copy.relative
            ));
        }
        let has_parts = official.is_none() && classes.iter().all(|class| holds_parts(class));
        for class in &classes {
            if has_parts {
                for part in &class.folders {
                    self.add_class(&class.name, part, part_named(&part.name));
                }
            } else {
                self.add_class(&class.name, class, official);
            }
        }
        self.note_nested(&classes, has_parts);
    }

    /// Adds the files of a class, those in folders within its folder too, but for masks.
    fn add_class(&mut self, class: &str, folder: &Folder, official: Option<Official>) {
        self.classes.push((class.to_owned(), official));
        let mut masks = Vec::new();
        let files = pictures(folder, &mut masks);
        if let Some(first) = masks.first() {
            self.notes.push(format!(
                "left out {} masks of {class}, such as {first}",
                masks.len()
            ));
        }
        let candidates = files.into_iter().map(|file| Candidate {
            path: file.path.clone(),
            relative: file.relative.clone(),
            class: class.to_owned(),
            official,
            patient: None,
            weight: None,
        });
        self.candidates.extend(candidates);
    }

    /// Lists pictures beside the folders of the classes as skipped.
    fn skip_loose(&mut self, parent: &Folder) {
        let skipped = loose(parent).map(|file| Skipped {
            path: file.relative.clone(),
            reason: "a picture outside the class folders".into(),
        });
        self.skipped.extend(skipped);
    }

    /// Notes the pictures in folders within the folders of the classes.
    fn note_nested(&mut self, classes: &[&Folder], has_parts: bool) {
        let nested = classes.iter().flat_map(|class| &class.folders);
        let files = nested.flat_map(|folder| pictures(folder, &mut Vec::new()));
        let files: Vec<_> = files.collect();
        if let Some(first) = files.first() {
            let where_to = if has_parts {
                "to the part of the split that their folder is called after, and "
            } else {
                ""
            };
            self.notes.push(format!(
                "{} files in folders within the class folders belong {where_to}to its class, such as {}",
                files.len(),
                first.relative
            ));
        }
    }

    /// Notes the pictures beside the folders of an official split, or in a part without classes.
    fn note_beside(&mut self, base: &Folder, parts: &[(Official, &Folder)]) {
        self.skip_loose(base);
        let others = base
            .folders
            .iter()
            .filter(|folder| (parts.iter()).all(|(_, part)| part.relative != folder.relative));
        for folder in others {
            let pictures = folder.all_files().into_iter();
            let count = pictures.filter(|file| is_picture_name(&file.path)).count();
            if count > 0 {
                let reason = match part_named(&folder.name) {
                    Some(_) => "they have no class",
                    None => "no part of the split",
                };
                self.notes.push(format!(
                    "left out {count} pictures in {}/: {reason}",
                    folder.relative
                ));
            }
        }
    }
}

/// Returns the folder that holds the folders of the classes, or of the parts of a split.
fn base<'a>(root: &'a Folder, known: &[String]) -> &'a Folder {
    let mut base = root;
    for _ in 0..MAX_DEPTH {
        let has_parts = base.folders.iter().any(is_part);
        match only_inner(base, known).filter(|_| !has_parts) {
            Some(inner) => base = inner,
            None => break,
        }
    }
    base
}

/// Returns the only folder with pictures, if they are in folders of its own.
fn only_inner<'a>(base: &'a Folder, known: &[String]) -> Option<&'a Folder> {
    let mut inner = (base.folders.iter()).filter(|folder| folder.has_file(&is_picture_name));
    let (only, None) = (inner.next()?, inner.next()) else {
        return None;
    };
    // Beside an empty folder it may be a class, and the empty folder another one.
    let is_alone = base.folders.iter().all(|folder| folder.has_file(&|_| true));
    let holds_folders = loose(only).next().is_none() && !only.folders.is_empty();
    (is_alone && holds_folders && loose(base).next().is_none() && !known.contains(&only.name))
        .then_some(only)
}

/// Returns the folders of the parts of an official split, if there are any.
fn official_parts(base: &Folder) -> Result<Vec<(Official, &Folder)>> {
    let mut parts: Vec<(Official, &Folder)> = Vec::new();
    for folder in base.folders.iter().filter(|folder| is_part(folder)) {
        let Some(part) = part_named(&folder.name) else {
            continue;
        };
        if let Some((_, other)) = parts.iter().find(|(known, _)| *known == part) {
            let reason = format!(
                "both {} and {} are {part} folders; keep one",
                other.path.display(),
                folder.path.display()
            );
            return Err(layout_error(&base.path, reason));
        }
        parts.push((part, folder));
    }
    // Without a training part, other folders with pictures say that these are classes, too.
    let is_trained = parts.iter().any(|(part, _)| *part == Official::Train);
    let is_other = |folder: &Folder| !is_part(folder) && folder.has_file(&is_picture_name);
    if !is_trained && base.folders.iter().any(is_other) {
        parts.clear();
    }
    Ok(parts)
}

/// Returns whether a folder is a part of a split. A class may be called "test": a class contains pictures, a part of a
/// split contains folders.
fn is_part(folder: &Folder) -> bool {
    part_named(&folder.name).is_some() && !folder.folders.is_empty()
}

/// Returns whether a class holds nothing but the parts of a split.
fn holds_parts(class: &Folder) -> bool {
    let mut parts = class.folders.iter().map(|folder| part_named(&folder.name));
    loose(class).next().is_none()
        && parts.clone().any(|part| part == Some(Official::Train))
        && parts.all(|part| part.is_some())
}

/// Refuses pictures that are in parts of a split, but in no classes.
fn refuse_parts_without_classes(base: &Folder) -> Result<()> {
    let full = (base.folders.iter()).filter(|folder| folder.has_file(&is_picture_name));
    let names: Vec<&str> = full.clone().map(|folder| &*folder.name).collect();
    if names.len() < 2
        || full
            .clone()
            .any(|folder| part_named(&folder.name).is_none())
    {
        return Ok(());
    }
    let reason = format!(
        "the pictures in {} have no class folders; put those of each class into a folder, or name a table of their labels with --labels",
        names.join("/ and ") + "/"
    );
    Err(layout_error(&base.path, reason))
}

/// Returns the part of an official split that a name stands for, as in `train`, `Testing` or `validation_set`.
pub(super) fn part_named(name: &str) -> Option<Official> {
    let letters = name.chars().filter(|letter| letter.is_alphanumeric());
    let name: String = letters.flat_map(char::to_lowercase).collect();
    let endings = ["images", "imgs", "dataset", "data", "set"];
    let name = endings.iter().fold(&*name, |name, ending| {
        name.strip_suffix(ending).unwrap_or(name)
    });
    match name {
        "train" | "training" => Some(Official::Train),
        "val" | "valid" | "validation" | "dev" => Some(Official::Valid),
        "test" | "testing" => Some(Official::Test),
        _ => None,
    }
}

/// Returns the pictures that are in a folder itself.
fn loose(folder: &Folder) -> impl Iterator<Item = &FoundFile> {
    (folder.files.iter()).filter(|file| is_picture_name(&file.path))
}

/// Returns the files in a folder and below it, and adds the paths of those that are masks of other pictures to `masks`.
fn pictures<'a>(folder: &'a Folder, masks: &mut Vec<&'a str>) -> Vec<&'a FoundFile> {
    let names: BTreeSet<_> = folder
        .files
        .iter()
        .filter_map(|file| file.path.file_stem())
        .collect();
    let is_mask = |file: &FoundFile| {
        let stem = file.path.file_stem().unwrap_or_default().to_string_lossy();
        // As in `scan_mask.png` and `scan_mask_1.png` beside `scan.png`.
        let masked = stem
            .split_once("_mask")
            .or_else(|| stem.split_once("_Mask"));
        masked.is_some_and(|(masked, rest)| {
            let is_numbered = rest
                .trim_start_matches('_')
                .chars()
                .all(|c| c.is_ascii_digit());
            is_numbered && names.contains(std::ffi::OsStr::new(masked))
        })
    };
    let (found, mut files): (Vec<_>, Vec<_>) = folder.files.iter().partition(|file| is_mask(file));
    masks.extend(found.into_iter().map(|mask| &*mask.relative));
    for inner in &folder.folders {
        if MASKS.contains(&inner.name.to_lowercase().as_str()) {
            let inner = inner.all_files().into_iter();
            masks.extend(inner.map(|mask| &*mask.relative));
        } else {
            files.extend(pictures(inner, masks));
        }
    }
    files
}

fn layout_error(dir: &Path, reason: String) -> Error {
    Error::Layout {
        dir: dir.to_path_buf(),
        reason,
    }
}
