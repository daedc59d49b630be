//! `train check`: copies, leaks, contradicting labels and unreadable files of a set of pictures.
//!
//! The findings are in `check-<set>-<number>/`: `check.json`, `duplicates.csv` (a row for each
//! picture that has copies) and `groups.png`, a contact sheet of the worst groups.

mod sheet;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use comfy_table::{CellAlignment, Table, presets};
use datasets::duplicates::{self, Likeness};
use datasets::folder::FolderOptions;
use datasets::{
    Channels, Examples, Filter, Fit, ImageSet, Official, Preprocess, Scaling, Skipped, Source,
    folder,
};
use serde::Serialize;

use crate::data::Set;
use crate::run_folder::RunFolder;

/// The version of `check.json`.
const FORMAT: u32 = 1;
/// How many unreadable files and contradictions are told on the screen.
const TOLD: usize = 5;

/// What was found, as in `check.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    /// The version of this layout.
    pub format: u32,
    /// The set's name.
    pub name: String,
    /// Its folder.
    pub folder: String,
    /// Readable pictures.
    pub pictures: usize,
    /// How many pictures each class has, in all and in each official part.
    pub classes: Vec<ClassCount>,
    /// Width and height of the pictures.
    pub sizes: Sizes,
    /// Files that could not be read.
    pub unreadable: Vec<Skipped>,
    /// Files that could go without losing a picture: all but one of each group.
    pub redundant: Redundant,
    /// Groups of copies; a picture without a copy is a group of its own.
    pub groups: usize,
    /// Pictures in the largest group.
    pub largest_group: usize,
    /// Official test pictures with a copy in official training or validation; none without an
    /// official split.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaks: Option<Leaks>,
    /// Groups that bear several labels.
    pub label_conflicts: Vec<Conflict>,
    /// The table of all copies.
    pub table: String,
    /// The contact sheet, if there is a copy to show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
}

/// The pictures of a class.
#[derive(Clone, Debug, Serialize)]
pub struct ClassCount {
    /// The class.
    pub class: String,
    /// Its pictures.
    pub pictures: usize,
    /// Its groups of copies.
    pub groups: usize,
    /// Its pictures in each official part.
    pub parts: BTreeMap<String, usize>,
}

/// Widths and heights, in pixels.
#[derive(Clone, Debug, Serialize)]
pub struct Sizes {
    /// How many different sizes there are.
    pub different: usize,
    /// The size with the fewest pixels.
    pub smallest: [u32; 2],
    /// The size with the most pixels.
    pub largest: [u32; 2],
    /// The size that occurs most often.
    pub commonest: [u32; 2],
    /// How often.
    pub commonest_pictures: usize,
}

/// Redundant files, each counted once.
#[derive(Clone, Debug, Serialize)]
pub struct Redundant {
    /// The same file again.
    pub same_file: usize,
    /// Another file with the same pixels.
    pub same_pixels: usize,
    /// Nearly the same picture.
    pub near: usize,
    /// All three.
    pub total: usize,
}

/// Leaks between official parts.
#[derive(Clone, Debug, Serialize)]
pub struct Leaks {
    /// Official test pictures.
    pub test: usize,
    /// Those with a copy in training or validation.
    pub leaking: usize,
    /// Of those, the same file.
    pub same_file: usize,
    /// Of those, the same pixels at least.
    pub same_pixels: usize,
    /// Leaking pictures of each class, and all of its test pictures.
    pub by_class: Vec<ClassLeaks>,
}

/// Leaks of one class.
#[derive(Clone, Debug, Serialize)]
pub struct ClassLeaks {
    /// The class.
    pub class: String,
    /// Its test pictures with a copy in training or validation.
    pub leaking: usize,
    /// Its test pictures.
    pub test: usize,
}

/// Copies with different labels.
#[derive(Clone, Debug, Serialize)]
pub struct Conflict {
    /// The group.
    pub group: usize,
    /// Its classes.
    pub classes: Vec<String>,
    /// Its pictures.
    pub paths: Vec<String>,
}

/// A set with its groups.
struct Grouped<'a> {
    set: &'a ImageSet,
    of: &'a [usize],
    members: Vec<Vec<usize>>,
}

/// Looks through the set called `name` below `data`, or the folder `name`, and writes the findings
/// into a new folder under `out`.
///
/// # Errors
/// When there is no such set, or it holds no classes of pictures, or the disk refuses.
pub fn check(name: &Path, data: &Path, out: &Path) -> Result<Findings> {
    let dir = find(name, data)?;
    let short = dir.canonicalize().unwrap_or_else(|_| dir.clone());
    let short = short
        .file_name()
        .unwrap_or(dir.as_os_str())
        .to_string_lossy()
        .into_owned();
    let set = folder::load(&dir, &options(&short))?;
    let groups = duplicates::groups(&set, true)?;
    let grouped = Grouped::new(&set, &groups);

    let run = RunFolder::create(out, &format!("check-{}", plain(&short)))?;
    let worst = grouped.worst();
    let sheet = run.file("groups.png");
    let mut findings = grouped.findings(&dir)?;
    findings.table = run.file("duplicates.csv").display().to_string();
    run.write("duplicates.csv", grouped.table()?)?;
    if !worst.is_empty() {
        sheet::write(&sheet, &dir, &grouped, &worst)?;
        findings.sheet = Some(sheet.display().to_string());
    }
    run.write_json("check.json", &findings)?;
    Ok(findings)
}

fn find(name: &Path, data: &Path) -> Result<PathBuf> {
    let inside = data.join(name);
    match [&inside, name].into_iter().find(|dir| dir.is_dir()) {
        Some(dir) if dir.ends_with(Set::Mnist.name()) => bail!(
            "{}: holds no picture files; `train check` takes folders of pictures, one per class",
            dir.display()
        ),
        Some(dir) => Ok(dir.to_path_buf()),
        None => bail!(
            "{}: no such folder, nor {}; name a folder of class folders, or one of {}, {} below --data",
            name.display(),
            inside.display(),
            Set::BrainTumorMri.name(),
            Set::BrainTumor2Class.name()
        ),
    }
}

/// What a folder may be called on every system.
fn plain(name: &str) -> String {
    let plain = |c: char| {
        if c.is_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '-'
        }
    };
    name.chars().map(plain).collect()
}

/// The pictures themselves are not needed, only what they look like.
fn options(name: &str) -> FolderOptions {
    FolderOptions {
        name: name.to_owned(),
        preprocess: Preprocess {
            width: 1,
            height: 1,
            channels: Channels::Grey,
            filter: Filter::Box,
            fit: Fit::Stretch,
            scaling: Scaling::Unit,
            source: Source::Picture,
        },
        strict: false,
        classes: None,
        progress: true,
    }
}

impl<'a> Grouped<'a> {
    fn new(set: &'a ImageSet, of: &'a [usize]) -> Self {
        let mut members = vec![Vec::new(); of.iter().max().map_or(0, |last| last + 1)];
        of.iter()
            .enumerate()
            .for_each(|(index, &group)| members[group].push(index));
        Self { set, of, members }
    }

    fn classes(&self, group: usize) -> BTreeSet<usize> {
        self.members[group]
            .iter()
            .map(|&index| self.set.labels[index])
            .collect()
    }

    /// Whether a picture is in the official test and a copy of it is not.
    fn leaks(&self, index: usize) -> bool {
        let is_test = |index: usize| self.set.origins[index].official == Some(Official::Test);
        is_test(index)
            && self.members[self.of[index]]
                .iter()
                .any(|&other| !is_test(other))
    }

    /// Groups of copies, the worst first: contradicting labels, leaks, then the largest.
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
        let groups: BTreeSet<usize> = pictures.iter().map(|&index| self.of[index]).collect();
        ClassCount {
            class: self.set.class_names[class].clone(),
            pictures: pictures.len(),
            groups: groups.len(),
            parts,
        }
    }

    fn sizes(&self) -> Sizes {
        let mut counts: BTreeMap<(u64, [u32; 2]), usize> = BTreeMap::new();
        for look in &self.set.looks {
            let pixels = u64::from(look.width) * u64::from(look.height);
            *counts
                .entry((pixels, [look.width, look.height]))
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
        let pixels: BTreeSet<[u8; 32]> = set.looks.iter().map(|look| look.pixels).collect();
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
            .map(|index| set.looks[index].pixels)
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
                .filter(|index| file(index) || pixels.contains(&set.looks[**index].pixels))
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

    /// A row for each picture that has copies: its group, the first picture of the group, and how
    /// it is alike to that one. A near-copy of a near-copy may be little like the first.
    fn table(&self) -> Result<Vec<u8>> {
        let mut table = csv::Writer::from_writer(Vec::new());
        table.write_record([
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
                let (copy_of, likeness, correlation) = if index == members[0] {
                    Default::default()
                } else {
                    let (likeness, correlation): (Likeness, f32) =
                        duplicates::likeness(self.set, members[0], index)?;
                    let first = self.set.origins[members[0]].path.clone();
                    (first, likeness.to_string(), format!("{correlation:.4}"))
                };
                table.write_record([
                    &origin.path,
                    &self.set.class_names[self.set.labels[index]],
                    &origin
                        .official
                        .map(|part| part.to_string())
                        .unwrap_or_default(),
                    &origin.sha256,
                    &group.to_string(),
                    &members.len().to_string(),
                    &copy_of,
                    &likeness,
                    &correlation,
                    &self.leaks(index).to_string(),
                    &conflict.to_string(),
                ])?;
            }
        }
        table.into_inner().context("duplicates.csv")
    }
}

/// The findings for people.
pub fn summary(found: &Findings) -> String {
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
            by(sizes.smallest),
            by(sizes.largest),
            sizes.commonest_pictures,
            by(sizes.commonest)
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
    lines.extend(some(&found.label_conflicts, |conflict| {
        format!(
            "{}: {}",
            conflict.classes.join(" or "),
            conflict.paths.join(", ")
        )
    }));
    lines.push(format!("unreadable: {} files", found.unreadable.len()));
    lines.extend(some(&found.unreadable, |file| {
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

fn by([width, height]: [u32; 2]) -> String {
    format!("{width}x{height}")
}

/// The first few, indented, and how many are not told.
fn some<T>(items: &[T], tell: impl Fn(&T) -> String) -> Vec<String> {
    let mut lines: Vec<String> = items
        .iter()
        .take(TOLD)
        .map(|item| format!("  {}", tell(item)))
        .collect();
    if items.len() > TOLD {
        lines.push(format!("  and {} more", items.len() - TOLD));
    }
    lines
}

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
