//! `train check`: duplicates, leaks, conflicting labels and unreadable files of a folder of pictures.
//!
//! The findings are written to `check-<set>-<number>/`: `check.json`, `duplicates.csv` (a row for each picture that has
//! copies) and `groups.png`, a contact sheet of the worst groups.

mod sheet;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use comfy_table::{CellAlignment, Table, presets};
use datasets::duplicates::{self, CopyKind};
use datasets::images::folder;
use datasets::images::folder::FolderOptions;
use datasets::{
    Channels, Dataset, Filter, Fit, ImagePreprocessing, ImageSet, ImageSource, Official, Scaling,
    Skipped,
};
use serde::Serialize;

use super::output::present;
use crate::data::DatasetName;
use crate::run_folder::RunFolder;

/// Version of the layout of `check.json`.
const FORMAT: u32 = 1;

/// Maximum number of unreadable files, and of conflicts, listed on the screen.
const MAX_LISTED: usize = 5;

/// Arguments of `train check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// brain-tumor-mri, brain-tumor-2class, or a folder with a folder of images per class
    #[arg(value_name = "NAME|DIR")]
    pub set: PathBuf,

    /// Folder that holds NAME/
    #[arg(
        long,
        value_name = "DIR",
        env = "HEBB_DATA",
        hide_env_values = true,
        default_value = "data"
    )]
    pub data: PathBuf,

    /// Folder for the findings, which go to its folder check-NAME-NUMBER/
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub out: PathBuf,

    /// Print check.json to standard output
    #[arg(long)]
    pub json: bool,
}

/// The findings, as in `check.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    /// Version of this layout.
    pub format: u32,
    /// Name of the data set.
    pub name: String,
    /// Folder of the data set.
    pub folder: String,
    /// Number of readable pictures.
    pub pictures: usize,
    /// Number of pictures of each class, in all and in each official part.
    pub classes: Vec<ClassCount>,
    /// Width and height of the pictures.
    pub sizes: Sizes,
    /// Files that could not be read.
    pub unreadable: Vec<Skipped>,
    /// Files that could be deleted without losing a picture: all but one of each group.
    pub redundant: Redundant,
    /// Number of groups of copies; a picture without a copy is a group of its own.
    pub groups: usize,
    /// Number of pictures in the largest group.
    pub largest_group: usize,
    /// Official test pictures with a copy in official training or validation; `None` without an official split.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaks: Option<Leaks>,
    /// Groups whose pictures have several labels.
    pub label_conflicts: Vec<Conflict>,
    /// Path of the table of all copies.
    pub table: String,
    /// Path of the contact sheet, if there is a copy to show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
}

/// Number of pictures of one class.
#[derive(Clone, Debug, Serialize)]
pub struct ClassCount {
    /// Name of the class.
    pub class: String,
    /// Number of its pictures.
    pub pictures: usize,
    /// Number of groups of copies among them.
    pub groups: usize,
    /// Number of its pictures in each official part.
    pub parts: BTreeMap<String, usize>,
}

/// Widths and heights of the pictures, in pixels.
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
    /// Number of pictures of the most frequent size.
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
    /// Number of official test pictures.
    pub test: usize,
    /// Number of those with a copy in training or validation.
    pub leaking: usize,
    /// Number of leaking pictures whose copy is an identical file.
    pub same_file: usize,
    /// Number of leaking pictures whose copy has identical pixels, identical files included.
    pub same_pixels: usize,
    /// Leaks of each class.
    pub by_class: Vec<ClassLeaks>,
}

/// Leaks of one class.
#[derive(Clone, Debug, Serialize)]
pub struct ClassLeaks {
    /// Name of the class.
    pub class: String,
    /// Number of its test pictures with a copy in training or validation.
    pub leaking: usize,
    /// Number of its test pictures.
    pub test: usize,
}

/// A group of copies with different labels.
#[derive(Clone, Debug, Serialize)]
pub struct Conflict {
    /// Number of the group.
    pub group: usize,
    /// Classes of its pictures.
    pub classes: Vec<String>,
    /// Paths of its pictures.
    pub paths: Vec<String>,
}

/// A data set with its groups of copies.
struct Grouped<'a> {
    set: &'a ImageSet,
    /// Group of each picture.
    group_of: &'a [usize],
    /// Pictures of each group.
    members: Vec<Vec<usize>>,
}

/// Checks a data set and prints the findings.
///
/// # Errors
/// When there is no such folder, it has no folders of classes, or the findings cannot be written.
pub fn check(arguments: &CheckArguments) -> Result<()> {
    let findings = examine(&arguments.set, &arguments.data, &arguments.out)?;
    let json = serde_json::to_string_pretty(&findings)?;
    present(&summary(&findings), &json, arguments.json)
}

/// Checks the data set `name` below `data`, or the folder `name`, and writes the findings to a new folder below `out`.
///
/// # Errors
/// When there is no such folder, it has no folders of classes, or the findings cannot be written.
pub fn examine(name: &Path, data: &Path, out: &Path) -> Result<Findings> {
    let dir = find(name, data)?;
    let set_name = dir.canonicalize().unwrap_or_else(|_| dir.clone());
    let set_name = set_name
        .file_name()
        .unwrap_or(dir.as_os_str())
        .to_string_lossy()
        .into_owned();
    let set = folder::load(&dir, &options(&set_name))?;
    let groups = duplicates::groups(&set, true)?;
    let grouped = Grouped::new(&set, &groups);

    let run = RunFolder::create(out, &format!("check-{}", file_safe_name(&set_name)))?;
    let worst = grouped.worst();
    let mut findings = grouped.findings(&dir)?;
    findings.table = run.file("duplicates.csv").display().to_string();
    run.write("duplicates.csv", grouped.table()?)?;
    if !worst.is_empty() {
        run.write("groups.png", sheet::png(&dir, &grouped, &worst)?)?;
        findings.sheet = Some(run.file("groups.png").display().to_string());
    }
    run.write_json("check.json", &findings)?;
    Ok(findings)
}

/// Returns the folder of a data set.
fn find(name: &Path, data: &Path) -> Result<PathBuf> {
    let inside = data.join(name);
    match [&inside, name].into_iter().find(|dir| dir.is_dir()) {
        Some(dir) if dir.ends_with(DatasetName::Mnist.name()) => bail!(
            "{}: holds no picture files; `train check` takes folders of pictures, one per class",
            dir.display()
        ),
        Some(dir) => Ok(dir.to_path_buf()),
        None => bail!(
            "{}: no such folder, nor {}; name a folder of class folders, or one of {}, {} below --data",
            name.display(),
            inside.display(),
            DatasetName::BrainTumorMri.name(),
            DatasetName::BrainTumor2Class.name()
        ),
    }
}

/// Replaces the characters of a name that some file systems do not allow.
fn file_safe_name(name: &str) -> String {
    let replaced = |c: char| {
        if c.is_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '-'
        }
    };
    name.chars().map(replaced).collect()
}

/// Returns options that load pictures as single pixels: only their fingerprints are needed.
fn options(name: &str) -> FolderOptions {
    FolderOptions {
        name: name.to_owned(),
        preprocessing: ImagePreprocessing {
            width: 1,
            height: 1,
            channels: Channels::Grey,
            filter: Filter::Box,
            fit: Fit::Stretch,
            scaling: Scaling::Unit,
            source: ImageSource::Picture,
        },
        strict: false,
        classes: None,
        progress: true,
    }
}

impl<'a> Grouped<'a> {
    fn new(set: &'a ImageSet, group_of: &'a [usize]) -> Self {
        let mut members = vec![Vec::new(); group_of.iter().max().map_or(0, |last| last + 1)];
        group_of
            .iter()
            .enumerate()
            .for_each(|(index, &group)| members[group].push(index));
        Self {
            set,
            group_of,
            members,
        }
    }

    /// Returns the classes of a group's pictures.
    fn classes(&self, group: usize) -> BTreeSet<usize> {
        self.members[group]
            .iter()
            .map(|&index| self.set.labels[index])
            .collect()
    }

    /// Returns whether a picture is in the official test part and a copy of it is not.
    fn leaks(&self, index: usize) -> bool {
        let is_test = |index: usize| self.set.origins[index].official == Some(Official::Test);
        is_test(index)
            && self.members[self.group_of[index]]
                .iter()
                .any(|&other| !is_test(other))
    }

    /// Returns the groups of copies, the worst first: those with conflicting labels, then with leaks, then the largest.
    fn worst(&self) -> Vec<usize> {
        let mut groups: Vec<usize> = (0..self.members.len())
            .filter(|&group| self.members[group].len() > 1)
            .collect();
        groups.sort_by_key(|&group| {
            let leaking = self.members[group]
                .iter()
                .filter(|&&index| self.leaks(index))
                .count();
            let size = self.members[group].len();
            std::cmp::Reverse((self.classes(group).len(), leaking > 0, size, leaking))
        });
        groups
    }

    fn findings(&self, dir: &Path) -> Result<Findings> {
        let set = self.set;
        let conflicts = (0..self.members.len()).filter(|&group| self.classes(group).len() > 1);
        Ok(Findings {
            format: FORMAT,
            name: set.name.clone(),
            folder: dir.display().to_string(),
            pictures: set.len(),
            classes: (0..set.class_names.len())
                .map(|class| self.class(class))
                .collect(),
            sizes: self.sizes(),
            unreadable: set.skipped.clone(),
            redundant: self.redundant(),
            groups: self.members.len(),
            largest_group: self.members.iter().map(Vec::len).max().unwrap_or(0),
            leaks: self.official_leaks(),
            label_conflicts: conflicts.map(|group| self.conflict(group)).collect(),
            table: String::new(),
            sheet: None,
        })
    }

    fn class(&self, class: usize) -> ClassCount {
        let pictures: Vec<usize> = (0..self.set.len())
            .filter(|&index| self.set.labels[index] == class)
            .collect();
        let mut parts = BTreeMap::new();
        for official in pictures
            .iter()
            .filter_map(|&index| self.set.origins[index].official)
        {
            *parts.entry(official.to_string()).or_default() += 1;
        }
        let groups: BTreeSet<usize> = pictures.iter().map(|&index| self.group_of[index]).collect();
        ClassCount {
            class: self.set.class_names[class].clone(),
            pictures: pictures.len(),
            groups: groups.len(),
            parts,
        }
    }

    fn sizes(&self) -> Sizes {
        let mut counts: BTreeMap<(u64, [u32; 2]), usize> = BTreeMap::new();
        for fingerprint in &self.set.fingerprints {
            let pixels = u64::from(fingerprint.width) * u64::from(fingerprint.height);
            *counts
                .entry((pixels, [fingerprint.width, fingerprint.height]))
                .or_default() += 1;
        }
        let size = |entry: Option<(&(u64, [u32; 2]), &usize)>| {
            entry.map_or(([0, 0], 0), |((_, size), count)| (*size, *count))
        };
        let commonest = size(counts.iter().max_by_key(|(_, count)| **count));
        Sizes {
            different: counts.len(),
            smallest: size(counts.first_key_value()).0,
            largest: size(counts.last_key_value()).0,
            commonest: commonest.0,
            commonest_pictures: commonest.1,
        }
    }

    fn redundant(&self) -> Redundant {
        let set = self.set;
        let files: BTreeSet<&str> = set.origins.iter().map(|origin| &*origin.sha256).collect();
        let pixels: BTreeSet<[u8; 32]> = set
            .fingerprints
            .iter()
            .map(|fingerprint| fingerprint.pixels)
            .collect();
        Redundant {
            same_file: set.len() - files.len(),
            same_pixels: files.len() - pixels.len(),
            near: pixels.len() - self.members.len(),
            total: set.len() - self.members.len(),
        }
    }

    fn official_leaks(&self) -> Option<Leaks> {
        let set = self.set;
        let of_part = |test: bool| {
            (0..set.len()).filter(move |&index| {
                let official = set.origins[index].official;
                official.is_some_and(|part| (part == Official::Test) == test)
            })
        };
        let files: BTreeSet<&str> = of_part(false)
            .map(|index| &*set.origins[index].sha256)
            .collect();
        let pixels: BTreeSet<[u8; 32]> = of_part(false)
            .map(|index| set.fingerprints[index].pixels)
            .collect();
        let test: Vec<usize> = of_part(true).collect();
        let leaking: Vec<usize> = test
            .iter()
            .copied()
            .filter(|&index| self.leaks(index))
            .collect();
        let file = |index: &&usize| files.contains(&*set.origins[**index].sha256);
        let counts = set
            .class_counts(&leaking)
            .into_iter()
            .zip(set.class_counts(&test));
        (!test.is_empty()).then(|| Leaks {
            test: test.len(),
            leaking: leaking.len(),
            same_file: leaking.iter().filter(file).count(),
            same_pixels: (leaking.iter())
                .filter(|index| file(index) || pixels.contains(&set.fingerprints[**index].pixels))
                .count(),
            by_class: (counts.zip(&set.class_names))
                .map(|((leaking, test), class)| ClassLeaks {
                    class: class.clone(),
                    leaking,
                    test,
                })
                .collect(),
        })
    }

    fn conflict(&self, group: usize) -> Conflict {
        let names = self.classes(group).into_iter();
        let paths = self.members[group].iter();
        Conflict {
            group,
            classes: names
                .map(|class| self.set.class_names[class].clone())
                .collect(),
            paths: paths
                .map(|&index| self.set.origins[index].path.clone())
                .collect(),
        }
    }

    /// Returns `duplicates.csv`: a row for each picture that has copies, with its group and its similarity to the group's
    /// first picture. A near-duplicate of a near-duplicate may differ much from the first.
    fn table(&self) -> Result<Vec<u8>> {
        let mut table = files::Table::new([
            "path",
            "class",
            "part",
            "sha256",
            "group",
            "pictures",
            "copy_of",
            "likeness",
            "correlation",
            "leaks",
            "conflict",
        ])?;
        for (group, members) in self
            .members
            .iter()
            .enumerate()
            .filter(|(_, all)| all.len() > 1)
        {
            let conflict = self.classes(group).len() > 1;
            for &index in members {
                let origin = &self.set.origins[index];
                let (copy_of, kind, correlation) = if index == members[0] {
                    Default::default()
                } else {
                    let (kind, correlation): (CopyKind, f32) =
                        duplicates::compare(self.set, members[0], index)?;
                    let first = self.set.origins[members[0]].path.clone();
                    (first, kind.to_string(), format!("{correlation:.4}"))
                };
                let part = origin.official.map(|part| part.to_string());
                table.row([
                    &origin.path as &dyn Display,
                    &self.set.class_names[self.set.labels[index]],
                    &part.unwrap_or_default(),
                    &origin.sha256,
                    &group,
                    &members.len(),
                    &copy_of,
                    &kind,
                    &correlation,
                    &self.leaks(index),
                    &conflict,
                ])?;
            }
        }
        table.finish().context("duplicates.csv")
    }
}

/// Returns the summary of the findings on the screen.
fn summary(found: &Findings) -> String {
    let redundant = &found.redundant;
    let sizes = &found.sizes;
    let mut lines = vec![
        format!(
            "{}: {} pictures in {}",
            found.name, found.pictures, found.folder
        ),
        classes(found),
        format!(
            "sizes: {} different, from {} to {}; {} are {}",
            sizes.different,
            size_text(sizes.smallest),
            size_text(sizes.largest),
            sizes.commonest_pictures,
            size_text(sizes.commonest)
        ),
        format!(
            "copies: {} redundant files ({} the same file, {} the same pixels, {} near-copies); {} groups, the largest of {}",
            redundant.total,
            redundant.same_file,
            redundant.same_pixels,
            redundant.near,
            found.groups,
            found.largest_group
        ),
        match &found.leaks {
            None => "leaks: there is no official test part".to_owned(),
            Some(leaks) => format!(
                "leaks: {} of {} test pictures have a copy in training ({} the same file, {} the same pixels): {}",
                leaks.leaking,
                leaks.test,
                leaks.same_file,
                leaks.same_pixels,
                (leaks.by_class.iter())
                    .map(|class| format!("{} {} of {}", class.class, class.leaking, class.test))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        },
        format!(
            "label conflicts: {} groups bear several labels",
            found.label_conflicts.len()
        ),
    ];
    lines.extend(listed(&found.label_conflicts, |conflict| {
        format!(
            "{}: {}",
            conflict.classes.join(" or "),
            conflict.paths.join(", ")
        )
    }));
    lines.push(format!("unreadable: {} files", found.unreadable.len()));
    lines.extend(listed(&found.unreadable, |file| {
        format!("{}: {}", file.path, file.reason)
    }));
    lines.push(format!("table: {}", found.table));
    lines.extend(
        found
            .sheet
            .iter()
            .map(|sheet| format!("the worst groups: {sheet}")),
    );
    lines.join("\n")
}

/// Formats a size.
fn size_text([width, height]: [u32; 2]) -> String {
    format!("{width}x{height}")
}

/// Returns a line for each of the first items, indented, and the number of items that are left out.
fn listed<T>(items: &[T], describe: impl Fn(&T) -> String) -> Vec<String> {
    let mut lines: Vec<String> = items
        .iter()
        .take(MAX_LISTED)
        .map(|item| format!("  {}", describe(item)))
        .collect();
    if items.len() > MAX_LISTED {
        lines.push(format!("  and {} more", items.len() - MAX_LISTED));
    }
    lines
}

/// Returns the table of classes.
fn classes(found: &Findings) -> String {
    let parts: BTreeSet<&String> = found
        .classes
        .iter()
        .flat_map(|class| class.parts.keys())
        .collect();
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let header = ["class", "pictures", "share", "groups"].map(String::from);
    table.set_header(
        header
            .into_iter()
            .chain(parts.iter().map(|part| part.to_string())),
    );
    for class in &found.classes {
        let share = 100.0 * class.pictures as f64 / found.pictures.max(1) as f64;
        let row = [
            class.class.clone(),
            class.pictures.to_string(),
            format!("{share:.1} %"),
            class.groups.to_string(),
        ];
        let counts = parts
            .iter()
            .map(|part| class.parts.get(*part).copied().unwrap_or(0));
        table.add_row(row.into_iter().chain(counts.map(|count| count.to_string())));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}
