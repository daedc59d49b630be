//! The Bonn EEG recordings (Andrzejak et al. 2001, <https://doi.org/10.1103/PhysRevE.64.061907>) as the UCI "Epileptic
//! Seizure Recognition" table. A row is one second of a recording: a name `X<chunk>.V1.<recording>`, 178 samples at
//! 173.61 Hz in microvolts, and a class of 1 to 5.
//!
//! The 23 seconds of a recording are so similar that they must not be divided by a split.

use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use csv::StringRecord;
use sha2::{Digest, Sha256};

use crate::dataset::Origin;
use crate::error::{Error, Result};
use crate::hash::{hex, sha256_hex};
use crate::signals::preprocessing::SignalPreprocessing;
use crate::signals::recording::MAX_MICROVOLTS;
use crate::signals::set::SignalSet;

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

/// Reads the table in `folder`, row by row.
///
/// # Errors
/// - [`Error::Io`] if the file cannot be read
/// - [`Error::Table`], with the line and the column, if the table is missing or malformed
pub fn load(folder: &Path, classes: usize) -> Result<SignalSet> {
    let path = find(folder)?;
    let file = File::open(&path).map_err(|error| Error::io("read", &path, error))?;
    let mut table = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(BufReader::new(file));
    check_header(
        &path,
        table.headers().map_err(|error| broken(&path, &error))?,
    )?;

    let mut set = empty(classes, false);
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut names: HashMap<String, u64> = HashMap::new();
    let mut row = StringRecord::new();
    while table
        .read_record(&mut row)
        .map_err(|error| broken(&path, &error))?
    {
        let line = row.position().map_or(0, csv::Position::line);
        let wrong = |reason: String| Error::table(&path, format!("line {line}: {reason}"));
        if set.labels.len() == MAX_ROWS {
            return Err(wrong(format!(
                "more than {MAX_ROWS} rows: give a part of it"
            )));
        }
        let name = row.get(0).unwrap_or("");
        let (_, recording) = chunk_and_recording(name).ok_or_else(|| {
            wrong(format!(
                "'{name}' is not a name like X21.V1.791, which identifies the recording"
            ))
        })?;
        let kind = label(&row).map_err(wrong)?;
        let first = set.values.len();
        read_values(&row, &mut set.values).map_err(wrong)?;
        if let Some(other) = names.insert(name.to_owned(), line) {
            return Err(wrong(format!("{name} occurs on line {other} already")));
        }
        let next = numbers.len();
        set.recordings
            .push(*numbers.entry(recording.to_owned()).or_insert(next));
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

/// Finds the table: the file of the usual name, or the only CSV file.
fn find(folder: &Path) -> Result<PathBuf> {
    if folder.is_file() {
        return Ok(folder.to_owned());
    }
    let usual = folder.join(FILE);
    if usual.is_file() {
        return Ok(usual);
    }
    let entries = std::fs::read_dir(folder).map_err(|error| Error::io("list", folder, error))?;
    let mut tables: Vec<PathBuf> = (entries.flatten().map(|entry| entry.path()))
        .filter(|path| {
            path.is_file()
                && path
                    .extension()
                    .is_some_and(|end| end.eq_ignore_ascii_case("csv"))
        })
        .collect();
    match (tables.pop(), tables.len()) {
        (Some(only), 0) => Ok(only),
        _ => Err(Error::table(
            &usual,
            "is missing; `train fetch eeg-bonn` downloads it".to_owned(),
        )),
    }
}

fn broken(path: &Path, error: &csv::Error) -> Error {
    Error::table(path, error.to_string())
}

/// Checks the column names: a name, `X1` to `X178`, and `y`.
fn check_header(path: &Path, header: &StringRecord) -> Result<()> {
    if header.len() != SAMPLES + 2 {
        return Err(Error::table(
            path,
            format!(
                "line 1: has {} columns, but a table of seizures has {}: a name, X1 to X{SAMPLES}, y",
                header.len(),
                SAMPLES + 2
            ),
        ));
    }
    for (column, found) in header.iter().enumerate().skip(1) {
        let expected = if column > SAMPLES {
            "y".to_owned()
        } else {
            format!("X{column}")
        };
        if !found.trim().eq_ignore_ascii_case(&expected) {
            let reason = format!(
                "line 1, column {}: is '{found}', not {expected}",
                column + 1
            );
            return Err(Error::table(path, reason));
        }
    }
    Ok(())
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

/// Parses the class of a row, 1 to 5.
fn label(row: &StringRecord) -> std::result::Result<usize, String> {
    if row.len() != SAMPLES + 2 {
        return Err(format!("has {} columns of {}", row.len(), SAMPLES + 2));
    }
    let text = row[SAMPLES + 1].trim();
    match text.parse() {
        Ok(kind) if (1..=CLASSES).contains(&kind) => Ok(kind),
        _ => Err(format!(
            "column y: '{text}' is not a class from 1 to {CLASSES}"
        )),
    }
}

/// Parses the values of a row.
fn read_values(row: &StringRecord, values: &mut Vec<f32>) -> std::result::Result<(), String> {
    for column in 1..=SAMPLES {
        let text = row[column].trim();
        let value = text.parse::<f32>().ok();
        let value = value.filter(|value| value.abs() <= MAX_MICROVOLTS);
        values.push(
            value.ok_or_else(|| {
                format!("column X{column}: '{text}' is not a number of microvolts")
            })?,
        );
    }
    Ok(())
}
