//! Groups from a user's table of patients.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::groups::numbered;
use super::table::Table;
use crate::dataset::{Dataset, Origin};
use crate::error::{Error, Result};

/// Reads a table with the columns `path` (relative to the folder of the set, with `/`) and `patient`, and returns the
/// group of each picture of the set. Ignores lines about skipped files.
///
/// # Errors
/// - [`Error::Io`] if the file cannot be read
/// - [`Error::Table`] if the table lacks a column, names an unknown picture, names two patients for a picture, or lacks a
///   picture
pub fn read(path: &Path, set: &dyn Dataset) -> Result<Vec<usize>> {
    let set = set.metadata();
    let count = set.origins.len();
    let table = Table::read(path)?;
    let [paths, patients] =
        table.columns(["path", "patient"], "a table of pictures and patients")?;
    let places: HashMap<&str, usize> = set
        .origins
        .iter()
        .enumerate()
        .map(|(index, origin)| (&*origin.path, index))
        .collect();
    let skipped: HashSet<&str> = set.skipped.iter().map(|skipped| &*skipped.path).collect();

    let mut patient_of: Vec<Option<&str>> = vec![None; count];
    for (row, record) in table.rows.iter().enumerate() {
        let picture = record.cell(paths).replace('\\', "/");
        let picture = picture.strip_prefix("./").unwrap_or(&picture);
        let patient = record.cell(patients);
        let Some(&index) = places.get(picture) else {
            if skipped.contains(picture) {
                continue;
            }
            return Err(table.wrong(row, unknown(picture, set.origins)));
        };
        if patient.is_empty() {
            return Err(table.wrong(row, format!("{picture} has no patient")));
        }
        if let Some(other) = patient_of[index].replace(patient)
            && other != patient
        {
            let reason = format!("{picture} is of patient '{patient}', but of '{other}' before");
            return Err(table.wrong(row, reason));
        }
    }
    let left_out: Vec<usize> = (0..count)
        .filter(|&index| patient_of[index].is_none())
        .collect();
    if let Some(&first) = left_out.first() {
        let reason = format!(
            "{} pictures have no line in it, the first is {}; write one for each",
            left_out.len(),
            set.origins[first].path
        );
        return Err(Error::table(path, reason));
    }
    Ok(numbered(patient_of.into_iter().flatten()))
}

/// Describes a path that is none of the set's, with the path that is probably meant.
fn unknown(picture: &str, origins: &[Origin]) -> String {
    let is_meant = |origin: &&Origin| {
        let known = &*origin.path;
        let name = known.rsplit_once('/').map_or(known, |(_, name)| name);
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let without_extension = known.rsplit_once('.').map_or(known, |(stem, _)| stem);
        picture.ends_with(&format!("/{known}"))
            || [name, stem, without_extension].contains(&picture)
            || known.eq_ignore_ascii_case(picture)
    };
    let meant: Vec<&Origin> = origins.iter().filter(is_meant).take(2).collect();
    match (&meant[..], origins.first()) {
        ([one], _) => format!(
            "there is no picture '{picture}'; write it as '{}', relative to the folder of the set",
            one.path
        ),
        (_, example) => format!(
            "there is no picture '{picture}'; write paths like {}",
            example.map_or("", |origin| &origin.path)
        ),
    }
}
