//! A data set with its groups of copies, and what they say about it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::path::Path;

use anyhow::{Context, Result};
use datasets::duplicates::{self, CopyKind};
use datasets::{Dataset, ImageSet, Official};

use super::findings::{
    ClassCount, ClassLeaks, Conflict, FORMAT, Findings, Leaks, Redundant, Sizes,
};

/// A data set with its groups of copies.
pub struct Grouped<'a> {
    pub set: &'a ImageSet,
    /// Group of each image.
    pub group_of: &'a [usize],
    /// Pictures of each group.
    pub members: Vec<Vec<usize>>,
}

impl<'a> Grouped<'a> {
    pub fn new(set: &'a ImageSet, group_of: &'a [usize]) -> Self {
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

    /// Returns the classes of a group's images.
    pub fn classes(&self, group: usize) -> BTreeSet<usize> {
        self.members[group]
            .iter()
            .map(|&index| self.set.labels[index])
            .collect()
    }

    /// Returns whether an image is in the official test part and a copy of it is not.
    pub fn leaks(&self, index: usize) -> bool {
        let is_test = |index: usize| self.set.origins[index].official == Some(Official::Test);
        is_test(index)
            && self.members[self.group_of[index]]
                .iter()
                .any(|&other| !is_test(other))
    }

    /// Returns the groups of copies, the worst first: those with conflicting labels, then with leaks, then the largest.
    pub fn worst(&self) -> Vec<usize> {
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

    pub fn findings(&self, dir: &Path) -> Result<Findings> {
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
            notes: set.notes.clone(),
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

    /// Returns `duplicates.csv`: a row for each image that has copies, with its group and its similarity to the group's
    /// first image. A near-duplicate of a near-duplicate may differ much from the first.
    pub fn table(&self) -> Result<Vec<u8>> {
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
