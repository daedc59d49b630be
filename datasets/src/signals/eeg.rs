//! The Bonn EEG recordings (Andrzejak et al. 2001, <https://doi.org/10.1103/PhysRevE.64.061907>) as the UCI "Epileptic
//! Seizure Recognition" table. A row is one second of a recording: a name `X<chunk>.V1.<recording>`, 178 samples at
//! 173.61 Hz in microvolts, and a class of 1 to 5.
//!
//! The 23 seconds of a recording are so similar that they must not be divided by a split.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use files::{Numbers, Row, TableError, TableFormat, TableReader};
use sha2::{Digest, Sha256};

use crate::dataset::Origin;
use crate::error::{Error, Result};
use crate::hash::{hex, sha256_hex};
use crate::signals::preprocessing::SignalPreprocessing;
use crate::signals::set::SignalSet;
use crate::signals::units::{MAX_MICROVOLTS, MICROVOLTS};

/// File name of the table.
pub const FILE: &str = "Epileptic Seizure Recognition.csv";

/// Number of samples of a row.
pub const SAMPLES: usize = 178;

/// Sampling rate, in hertz.
pub const RATE_HZ: f64 = 173.61;

/// Number of rows of a recording.
pub const CHUNKS: usize = 23;

/// Number of kinds of recordings.
pub const CLASSES: usize = 5;

/// Maximum number of rows; the real table has 11,500.
const MAX_ROWS: usize = 1_000_000;

/// Creates a set without segments.
pub(crate) fn empty(classes: usize, generated: bool) -> SignalSet {
    SignalSet {
        name: "eeg-bonn".to_owned(),
        generated,
        class_names: class_names(classes),
        preprocessing: SignalPreprocessing {
            samples: SAMPLES,
            rate_hz: RATE_HZ,
            mean: 0.0,
            std: 1.0,
        },
        values: Vec::new(),
        labels: Vec::new(),
        recordings: Vec::new(),
        origins: Vec::new(),
    }
}

/// Returns the names of 2 or 5 classes. Two are seizure and rest. Five are the sets of the publication: seizure; between
/// seizures, at the tumour and opposite to it; healthy people with eyes closed and open.
pub fn class_names(classes: usize) -> Vec<String> {
    let names: &[&str] = if classes == 2 {
        &["rest", "seizure"]
    } else {
        &[
            "seizure",
            "tumour area",
            "healthy area",
            "eyes closed",
            "eyes open",
        ]
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Returns the label, among 2 or 5 classes, of class `kind` (1 to 5) of the table.
pub fn label_of(kind: usize, classes: usize) -> usize {
    if classes == 2 {
        usize::from(kind == 1)
    } else {
        kind - 1
    }
}

/// Reads the table in `folder`, row by row. Its columns are found by their names, in any order; others are ignored.
///
/// # Errors
/// - [`Error::Io`] if the file cannot be read
/// - [`Error::Table`], with the line and the column, if the table is missing or malformed
pub fn load(folder: &Path, classes: usize) -> Result<SignalSet> {
    let path = find(folder)?;
    let broken = |error: TableError| Error::of_table(&path, error);
    let mut table = TableReader::open(&path, TableFormat::default()).map_err(broken)?;
    let numbers = table.numbers();
    let mut row = Row::default();
    table.read(&mut row).map_err(broken)?;
    let header = row.len();
    let mut columns = Columns::find(&row)
        .map_err(|reason| Error::table(&path, format!("line {}{reason}", row.line().max(1))))?;

    let mut set = empty(classes, false);
    let mut numbering: HashMap<String, usize> = HashMap::new();
    let mut names: HashMap<String, u64> = HashMap::new();
    while table.read(&mut row).map_err(broken)? {
        let line = row.line();
        let wrong = |reason: String| Error::table(&path, format!("line {line}: {reason}"));
        if set.labels.len() == MAX_ROWS {
            return Err(wrong(format!(
                "more than {MAX_ROWS} rows: give a part of it"
            )));
        }
        if set.labels.is_empty() {
            columns.choose_name(&row);
        }
        let name = row.cell(columns.name);
        let recording = recording_of(name).map_err(wrong)?;
        if row.len() != header {
            return Err(wrong(format!("has {} columns of {header}", row.len())));
        }
        let kind = kind(row.cell(columns.class), numbers, classes).map_err(wrong)?;
        let first = set.values.len();
        read_values(&row, columns.first, numbers, &mut set.values).map_err(wrong)?;
        if let Some(other) = names.insert(name.to_owned(), line) {
            return Err(wrong(format!("{name} occurs on line {other} already")));
        }
        let next = numbering.len();
        let number = numbering.entry(recording.to_owned()).or_insert(next);
        set.recordings.push(*number);
        set.labels.push(label_of(kind, classes));
        let bytes: Vec<u8> = (set.values[first..].iter())
            .flat_map(|value| value.to_le_bytes())
            .collect();
        set.origins.push(Origin {
            path: name.to_owned(),
            sha256: sha256_hex(&bytes),
            official: None,
        });
    }
    if set.is_empty() {
        return Err(Error::table(
            &path,
            "has no rows; fetch it again (`train fetch eeg-bonn --force`)".to_owned(),
        ));
    }
    Ok(set)
}

/// Returns the recording that a row's name identifies.
fn recording_of(name: &str) -> std::result::Result<&str, String> {
    let parts = chunk_and_recording(name);
    parts.map(|(_, recording)| recording).ok_or_else(|| {
        format!("'{name}' is not a name like X21.V1.791, which identifies the recording")
    })
}

/// Returns the checksums of the recordings of the table in `folder`, in the order of their first rows.
///
/// A checksum is the SHA-256, hexadecimal, over the rows of a recording in the order of their chunks. Each row contributes
/// its chunk as `u32`, the 178 values as `f32` and the class, 1 to 5, as `u32`, all little-endian. The checksum is therefore
/// independent of the order of the rows, of quotes and line ends, and of the number of the recording, in which copies of
/// the table differ.
///
/// # Errors
/// The errors of [`load`].
pub fn recording_sums(folder: &Path) -> Result<Vec<String>> {
    let set = load(folder, CLASSES)?;
    let mut rows: Vec<(usize, u32, usize)> = (set.origins.iter().zip(&set.recordings))
        .enumerate()
        .filter_map(|(row, (origin, recording))| {
            Some((*recording, chunk_and_recording(&origin.path)?.0, row))
        })
        .collect();
    rows.sort_unstable();
    let same_recording = |one: &(usize, u32, usize), other: &(usize, u32, usize)| one.0 == other.0;
    Ok(rows
        .chunk_by(same_recording)
        .map(|rows| {
            let mut sum = Sha256::new();
            for &(_, chunk, row) in rows {
                sum.update(chunk.to_le_bytes());
                for value in set.segment(row) {
                    sum.update(value.to_le_bytes());
                }
                // The first of the five labels is class 1.
                sum.update((set.labels[row] as u32 + 1).to_le_bytes());
            }
            hex(&sum.finalize())
        })
        .collect())
}

/// Finds the table: the file of the usual name, or the only CSV file. Hidden files, such as `._eeg.csv` of macOS, do not
/// count.
fn find(folder: &Path) -> Result<PathBuf> {
    if folder.is_file() {
        return Ok(folder.to_owned());
    }
    let usual = folder.join(FILE);
    if usual.is_file() {
        return Ok(usual);
    }
    let entries = std::fs::read_dir(folder).map_err(|error| Error::io("list", folder, error))?;
    let is_table = |path: &PathBuf| {
        let is_hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        let end = path.extension();
        path.is_file() && !is_hidden && end.is_some_and(|end| end.eq_ignore_ascii_case("csv"))
    };
    let paths = entries.flatten().map(|entry| entry.path());
    let mut tables: Vec<PathBuf> = paths.filter(is_table).collect();
    tables.sort();
    match &tables[..] {
        [only] => Ok(only.clone()),
        [] => Err(Error::table(
            &usual,
            "is missing; `train fetch eeg-bonn` downloads it".to_owned(),
        )),
        [first, second, ..] => Err(Error::table(
            folder,
            format!(
                "has {} tables, among them {} and {}; name one of them with --data FILE",
                tables.len(),
                first.file_name().unwrap_or_default().display(),
                second.file_name().unwrap_or_default().display()
            ),
        )),
    }
}

/// Positions of the columns.
struct Columns {
    /// The first sample; the others follow.
    first: usize,
    class: usize,
    name: usize,
    /// Columns that may hold the name: all that are neither samples nor the class.
    others: Vec<usize>,
}

impl Columns {
    /// Finds the columns by their names: `X1` to `X178` one after the other, `y`, and one more for the names of the rows.
    /// An error is to be preceded by the number of the line.
    fn find(header: &Row) -> std::result::Result<Self, String> {
        let first = header.position(&["X1"]);
        if header.len() < SAMPLES + 2 {
            let count = header.len();
            let lack = match first {
                Some(0) if header.position(&["y"]).is_some() => {
                    "; the names, by which seconds of one recording are kept together, are missing"
                }
                _ => "",
            };
            return Err(format!(
                ": has {count} columns, but a table of seizures has {}: a name such as X21.V1.791, X1 to X{SAMPLES}, y{lack}",
                SAMPLES + 2
            ));
        }
        let first = first.unwrap_or(1);
        for (sample, column) in (1..=SAMPLES).zip(first..) {
            let found = header.cell(column);
            if !found.eq_ignore_ascii_case(&format!("X{sample}")) {
                let column = column + 1;
                return Err(format!(", column {column}: is '{found}', not X{sample}"));
            }
        }
        let samples = first..first + SAMPLES;
        let class = header.position(&["y"]).ok_or_else(|| {
            let last = header.len();
            let found = header.cell(last - 1);
            format!(", column {last}: is '{found}', not y, the class from 1 to {CLASSES}")
        })?;
        let others: Vec<usize> = (0..header.len())
            .filter(|column| *column != class && !samples.contains(column))
            .collect();
        Ok(Self {
            first,
            class,
            name: others.first().copied().unwrap_or(class),
            others,
        })
    }

    /// Chooses the column of the names by the first row, since tables may have an index too.
    fn choose_name(&mut self, row: &Row) {
        let is_name = |column: &&usize| chunk_and_recording(row.cell(**column)).is_some();
        if let Some(name) = self.others.iter().find(is_name) {
            self.name = *name;
        }
    }
}

/// Parses a name `X<chunk>.V1.<recording>` into the chunk and the recording.
fn chunk_and_recording(name: &str) -> Option<(u32, &str)> {
    let mut parts = name.split('.');
    let chunk = parts.next()?.strip_prefix('X')?;
    let (_, recording) = (parts.next()?, parts.next()?);
    let are_numbers = [chunk, recording].iter().all(|part| {
        !part.is_empty() && part.len() < 10 && part.bytes().all(|byte| byte.is_ascii_digit())
    });
    let is_complete = are_numbers && parts.next().is_none();
    is_complete.then_some((chunk.parse().ok()?, recording))
}

/// Parses the kind of a recording: 1 to 5, also as pandas writes it where a value is missing (1.0), or the name of one of
/// the classes.
fn kind(text: &str, numbers: Numbers, classes: usize) -> std::result::Result<usize, String> {
    let is_kind = |kind: &usize| (1..=CLASSES).contains(kind);
    if let Ok(number) = numbers.parse::<f32>(text, CLASSES as f32, "a class") {
        let kind = number as usize;
        if kind as f32 == number && is_kind(&kind) {
            return Ok(kind);
        }
    }
    let names = class_names(classes);
    let named = names
        .iter()
        .position(|name| name.eq_ignore_ascii_case(text));
    let named = named.and_then(|label| {
        let mut kinds = 1..=CLASSES;
        kinds.find(|kind| label_of(*kind, classes) == label)
    });
    named.ok_or_else(|| {
        format!(
            "column y: '{text}' is not a class from 1 to {CLASSES} (1 is a seizure), nor one of {}",
            names.join(", ")
        )
    })
}

/// Parses the values of a row, from the column `first` on.
fn read_values(
    row: &Row,
    first: usize,
    numbers: Numbers,
    values: &mut Vec<f32>,
) -> std::result::Result<(), String> {
    for sample in 0..SAMPLES {
        let value = numbers
            .parse(row.cell(first + sample), MAX_MICROVOLTS, MICROVOLTS)
            .map_err(|reason| format!("column X{}: {reason}", sample + 1))?;
        values.push(value);
    }
    Ok(())
}
