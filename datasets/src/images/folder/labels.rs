//! Labels of pictures from a table, instead of from the names of their folders.
//!
//! ```text
//! path,label,patient,split,weight
//! scans/001.png,glioma,p7,train,1
//! ```

use std::collections::BTreeSet;
use std::path::Path;

use files::{Numbers, Row, TableError, TableFormat, TableReader, is_gap};

use super::candidate::Candidate;
use super::layout::{Listing, part_named};
use crate::dataset::Official;
use crate::error::{Error, Result};
use crate::images::walk::{FoundFile, is_picture_name};
use crate::paths::{NotFound, PathIndex};

/// Names of the columns, the most telling first. They are compared without case, blanks and signs.
const PATH: &[&str] = &[
    "path",
    "filepath",
    "relativepath",
    "imagepath",
    "file",
    "filename",
    "image",
    "imagename",
    "imagefile",
    "imageid",
    "picture",
    "scan",
    "img",
    "name",
    "id",
];
const LABEL: &[&str] = &[
    "label",
    "class",
    "classname",
    "labelname",
    "target",
    "diagnosis",
    "category",
    "tumortype",
    "tumourtype",
    "finding",
    "dx",
    "y",
];
const PATIENT: &[&str] = &[
    "patient",
    "patientid",
    "subject",
    "subjectid",
    "pid",
    "case",
    "caseid",
];
const SPLIT: &[&str] = &["split", "part", "subset", "partition", "set"];
const WEIGHT: &[&str] = &["weight", "weights", "sampleweight"];

/// Largest weight of a picture.
const MAX_WEIGHT: f32 = 1e6;

/// A table of labels.
struct Labels<'a> {
    path: &'a Path,
    rows: Vec<Row>,
    numbers: Numbers,
    columns: Columns,
    /// Whether the labels are whole numbers, some of them written as `1.0`.
    are_whole: bool,
}

/// Positions of the columns.
struct Columns {
    path: usize,
    label: usize,
    patient: Option<usize>,
    split: Option<usize>,
    weight: Option<usize>,
}

/// Finds the files below `dir` that a table labels.
///
/// # Errors
/// - [`Error::Io`] if a folder cannot be listed, or the table cannot be read
/// - [`Error::Table`], with the line, if it lacks a column or a cell, contradicts itself, or names no file
pub(super) fn list(dir: &Path, table: &Path) -> Result<Listing> {
    let mut listing = Listing::default();
    let root = listing.walk(dir)?;
    let mut files = root.all_files();
    files.sort_by(|one, other| one.path.cmp(&other.path));
    let labels = Labels::read(table)?;
    let (row_of, unknown) = labels.rows_of(dir, &files)?;

    let mut unlabelled = Vec::new();
    for (file, row) in files.iter().zip(&row_of) {
        match row {
            Some(row) => {
                let candidate = labels.candidate(file, &labels.rows[*row])?;
                (listing.classes).push((candidate.class.clone(), candidate.official));
                listing.candidates.push(candidate);
            }
            None if is_picture_name(&file.path) => unlabelled.push(&*file.relative),
            None => {}
        }
    }
    let table = table.display();
    listing.notes.push(format!(
        "labels from {table}: {} files{}",
        listing.candidates.len(),
        labels.columns.described()
    ));
    for (paths, what) in [
        (&unknown, format!("lines of {table} name no file here")),
        (&unlabelled, format!("pictures have no line in {table}")),
    ] {
        if let Some(first) = paths.first() {
            let count = paths.len();
            let note = format!("left out: {count} {what}, the first is {first}");
            listing.notes.push(note);
        }
    }
    Ok(listing)
}

impl<'a> Labels<'a> {
    /// Reads a table, whose first line names the columns.
    fn read(path: &'a Path) -> Result<Self> {
        let broken = |error| match error {
            TableError::Io(reason) => Error::io("read", path, reason),
            other => Error::table(path, other.to_string()),
        };
        let mut table = TableReader::open(path, TableFormat::default()).map_err(broken)?;
        let mut names = Row::default();
        table.read(&mut names).map_err(broken)?;
        let columns = Columns::find(&names).map_err(|reason| Error::table(path, reason))?;
        let rows = table.rows().map_err(broken)?;
        let labels = || rows.iter().map(|row| row.cell(columns.label));
        let is_whole = |label: &str| label.parse().is_ok_and(|value: f64| value.fract() == 0.0);
        let are_whole = labels().all(is_whole);
        Ok(Self {
            path,
            numbers: table.numbers(),
            columns,
            are_whole,
            rows,
        })
    }

    fn wrong(&self, row: &Row, reason: impl std::fmt::Display) -> Error {
        Error::table(self.path, format!("line {}: {reason}", row.line()))
    }

    /// Returns the row of each file, and the paths that name no file.
    fn rows_of(&self, dir: &Path, files: &[&FoundFile]) -> Result<(Vec<Option<usize>>, Vec<&str>)> {
        let index = PathIndex::new(dir, files.iter().map(|file| &*file.relative));
        let mut row_of: Vec<Option<usize>> = vec![None; files.len()];
        let mut unknown = Vec::new();
        for (number, row) in self.rows.iter().enumerate() {
            let text = row.cell(self.columns.path);
            if text.is_empty() {
                return Err(self.wrong(row, "names no file"));
            }
            let file = match index.find(text) {
                Ok(file) => file,
                Err(NotFound::Unknown) => {
                    unknown.push(text);
                    continue;
                }
                Err(NotFound::Ambiguous(one, other)) => {
                    let reason = format!("'{text}' may be {one} or {other}; write the whole path");
                    return Err(self.wrong(row, reason));
                }
            };
            if let Some(before) = row_of[file].replace(number) {
                let before = &self.rows[before];
                if before.cells().ne(row.cells()) {
                    let line = before.line();
                    let path = &files[file].relative;
                    let reason = format!("{path} is on line {line} already, with other values");
                    return Err(self.wrong(row, reason));
                }
            }
        }
        if row_of.iter().all(Option::is_none) {
            let example = files.iter().find(|file| is_picture_name(&file.path));
            let example = example.map_or("of files in it", |file| &file.relative);
            let found = unknown.first().map_or("no path", |path| *path);
            let reason = format!(
                "names no file in {}: has {found}, but should have paths like {example}",
                dir.display()
            );
            return Err(Error::table(self.path, reason));
        }
        Ok((row_of, unknown))
    }

    /// Returns a file with what its row says about it.
    fn candidate(&self, file: &FoundFile, row: &Row) -> Result<Candidate> {
        let Columns {
            label,
            patient,
            split,
            weight,
            ..
        } = self.columns;
        let path = row.cell(self.columns.path);
        let given = |column: usize, what: &str| {
            let cell = row.cell(column);
            let reason = || format!("{path} has no {what}; write one, or remove the line");
            (!is_gap(cell))
                .then_some(cell)
                .ok_or_else(|| self.wrong(row, reason()))
        };
        let class = given(label, "label")?;
        let class = match class.parse::<f64>() {
            Ok(number) if self.are_whole => number.to_string(),
            _ => class.to_owned(),
        };
        let official = |column| -> Result<Official> {
            let cell = given(column, "part")?;
            let reason = || format!("'{cell}' is none of train, valid, test");
            part_named(cell).ok_or_else(|| self.wrong(row, reason()))
        };
        let weight_in = |column| -> Result<f32> {
            let cell = given(column, "weight")?;
            let number = self.numbers.parse(cell, MAX_WEIGHT, "a weight");
            let number = number.map_err(|reason| self.wrong(row, reason))?;
            let reason = || {
                format!(
                    "the weight {cell} of {path} is not above 0; remove the line to leave the file out"
                )
            };
            (number > 0.0)
                .then_some(number)
                .ok_or_else(|| self.wrong(row, reason()))
        };
        Ok(Candidate {
            path: file.path.clone(),
            relative: file.relative.clone(),
            class,
            official: split.map(official).transpose()?,
            patient: patient
                .map(|column| given(column, "patient").map(str::to_owned))
                .transpose()?,
            weight: weight.map(weight_in).transpose()?,
        })
    }
}

impl Columns {
    /// Finds the columns by their names.
    fn find(names: &Row) -> std::result::Result<Self, String> {
        let plain = |name: &str| -> String {
            let letters = name.chars().filter(|letter| letter.is_alphanumeric());
            letters.flat_map(char::to_lowercase).collect()
        };
        let found: Vec<String> = names.cells().map(plain).collect();
        let mut taken = BTreeSet::new();
        let mut column = |synonyms: &[&str]| {
            let mut places = synonyms.iter().filter_map(|name| {
                (0..found.len()).find(|place| found[*place] == *name && !taken.contains(place))
            });
            let place = places.next();
            taken.extend(place);
            place
        };
        let lack = |what: &str, example: &str| {
            let cells: Vec<_> = names.cells().collect();
            format!(
                "its first line names no column of {what}, but '{}': call it {example}",
                cells.join("', '")
            )
        };
        Ok(Self {
            label: column(LABEL).ok_or_else(|| lack("labels", "label"))?,
            path: column(PATH).ok_or_else(|| lack("paths", "path"))?,
            patient: column(PATIENT),
            split: column(SPLIT),
            weight: column(WEIGHT),
        })
    }

    /// Lists the columns beside path and label.
    fn described(&self) -> String {
        let others = [
            (self.patient, "patients"),
            (self.split, "split"),
            (self.weight, "weights"),
        ];
        let others = others.iter().filter(|(column, _)| column.is_some());
        let others: Vec<_> = others.map(|(_, what)| *what).collect();
        match others.len() {
            0 => String::new(),
            _ => format!(", with {}", others.join(" and ")),
        }
    }
}
