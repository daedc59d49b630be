//! The findings of a check, as `check.json` holds them.

use std::collections::BTreeMap;

use datasets::Skipped;
use serde::Serialize;

/// Version of the layout of `check.json`.
pub const FORMAT: u32 = 1;

/// The findings, as in `check.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    /// Version of this layout.
    pub format: u32,
    /// Name of the data set.
    pub name: String,
    /// Folder of the data set.
    pub folder: String,
    /// Number of readable images.
    pub pictures: usize,
    /// Number of images of each class, in all and in each official part.
    pub classes: Vec<ClassCount>,
    /// Width and height of the images.
    pub sizes: Sizes,
    /// What is worth knowing about how the folder was read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Files that could not be read.
    pub unreadable: Vec<Skipped>,
    /// Files that could be deleted without losing an image: all but one of each group.
    pub redundant: Redundant,
    /// Number of groups of copies; an image without a copy is a group of its own.
    pub groups: usize,
    /// Number of images in the largest group.
    pub largest_group: usize,
    /// Official test images with a copy in official training or validation; `None` without an official split.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaks: Option<Leaks>,
    /// Groups whose images have several labels.
    pub label_conflicts: Vec<Conflict>,
    /// Path of the table of all copies.
    pub table: String,
    /// Path of the contact sheet, if there is a copy to show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
}

/// Number of images of one class.
#[derive(Clone, Debug, Serialize)]
pub struct ClassCount {
    /// Name of the class.
    pub class: String,
    /// Number of its images.
    pub pictures: usize,
    /// Number of groups of copies among them.
    pub groups: usize,
    /// Number of its images in each official part.
    pub parts: BTreeMap<String, usize>,
}

/// Widths and heights of the images, in pixels.
#[derive(Clone, Debug, Serialize)]
pub struct Sizes {
    /// Number of different sizes.
    pub different: usize,
    /// Size with the fewest pixels.
    pub smallest: [u32; 2],
    /// Size with the most pixels.
    pub largest: [u32; 2],
    /// Most frequent size.
    pub commonest: [u32; 2],
    /// Number of images of the most frequent size.
    pub commonest_pictures: usize,
}

/// Redundant files, each counted once.
#[derive(Clone, Debug, Serialize)]
pub struct Redundant {
    /// Number of identical files.
    pub same_file: usize,
    /// Number of different files with identical pixels.
    pub same_pixels: usize,
    /// Number of near-duplicates.
    pub near: usize,
    /// Sum of all three.
    pub total: usize,
}

/// Leaks between official parts.
#[derive(Clone, Debug, Serialize)]
pub struct Leaks {
    /// Number of official test images.
    pub test: usize,
    /// Number of those with a copy in training or validation.
    pub leaking: usize,
    /// Number of leaking images whose copy is an identical file.
    pub same_file: usize,
    /// Number of leaking images whose copy has identical pixels, identical files included.
    pub same_pixels: usize,
    /// Leaks of each class.
    pub by_class: Vec<ClassLeaks>,
}

/// Leaks of one class.
#[derive(Clone, Debug, Serialize)]
pub struct ClassLeaks {
    /// Name of the class.
    pub class: String,
    /// Number of its test images with a copy in training or validation.
    pub leaking: usize,
    /// Number of its test images.
    pub test: usize,
}

/// A group of copies with different labels.
#[derive(Clone, Debug, Serialize)]
pub struct Conflict {
    /// Number of the group.
    pub group: usize,
    /// Classes of its images.
    pub classes: Vec<String>,
    /// Paths of its images.
    pub paths: Vec<String>,
}
