//! `split.csv`: the split of a set, example by example, to be read and to be used again.

use std::collections::HashMap;
use std::path::Path;

use super::partition::{Split, SplitKind};
use super::table::Table;
use crate::dataset::{Dataset, Metadata};
use crate::error::{Error, Result};

const PARTS: [&str; 3] = ["train", "valid", "test"];

/// What stands for the part of an example that is in none.
const UNUSED: &str = "unused";

/// The table `path, class, sha256, group, split`: a row for each example, in the set's order.
///
/// # Errors
/// [`Error::Table`] if the table cannot be put together.
pub fn to_csv(set: &dyn Dataset, split: &Split) -> Result<Vec<u8>> {
    let set = set.metadata();
    let mut parts = vec![UNUSED; set.origins.len()];
    for (name, indices) in PARTS.iter().zip([&split.train, &split.valid, &split.test]) {
        indices.iter().for_each(|&index| parts[index] = name);
    }
    let failed = |error: std::io::Error| Error::table("split.csv", error.to_string());
    let columns = ["path", "class", "sha256", "group", "split"];
    let mut table = files::Table::new(columns).map_err(failed)?;
    for (index, origin) in set.origins.iter().enumerate() {
        let group = split.groups[index].to_string();
        let class = class_name(&set, index);
        let row = [&origin.path, class, &origin.sha256, &group, parts[index]];
        table.row(row).map_err(failed)?;
    }
    table.finish().map_err(failed)
}

/// Divides a set as a `split.csv` says, which must be of the same examples.
///
/// # Errors
/// [`Error::Table`], with the first line or example that does not fit, if the file cannot be read,
/// is no such table, or was made from other examples.
pub fn replay(path: &Path, set: &dyn Dataset, seed: u64) -> Result<Split> {
    let set = set.metadata();
    let noun = set.noun;
    let table = Table::read(path)?;
    let [paths, sums, groups, parts] = table.columns(
        ["path", "sha256", "group", "split"],
        "the split.csv of a run",
    )?;
    let classes = table.column("class");

    let places: HashMap<&str, usize> = set
        .origins
        .iter()
        .enumerate()
        .map(|(index, origin)| (&*origin.path, index))
        .collect();
    let mut row_of: Vec<Option<usize>> = vec![None; set.origins.len()];
    let (mut absent, mut changed) = (Vec::new(), Vec::new());
    for (row, record) in table.rows.iter().enumerate() {
        let Some(&index) = places.get(&record[paths]) else {
            absent.push(&record[paths]);
            continue;
        };
        if row_of[index].replace(row).is_some() {
            return Err(table.wrong(row, format!("{} stands there twice", &record[paths])));
        }
        if !PARTS.contains(&&record[parts]) && &record[parts] != UNUSED {
            let reason = format!("'{}' is none of train, valid, test", &record[parts]);
            return Err(table.wrong(row, reason));
        }
        let class = class_name(&set, index);
        if record[sums] != set.origins[index].sha256
            || classes.is_some_and(|column| &record[column] != class)
        {
            changed.push(&record[paths]);
        }
    }
    let unlisted: Vec<&str> = (row_of.iter().zip(set.origins))
        .filter(|(row, _)| row.is_none())
        .map(|(_, origin)| &*origin.path)
        .collect();
    for (pictures, what) in [
        (absent, format!("of its {noun} are not in the data")),
        (
            changed,
            format!("of its {noun} are not those in the data (another SHA-256 or class)"),
        ),
        (unlisted, format!("{noun} of the data are not in it")),
    ] {
        if let Some(first) = pictures.first() {
            let reason = format!(
                "{} {what}, the first is {first}; name the data it was made from with --data",
                pictures.len()
            );
            return Err(Error::table(path, reason));
        }
    }

    let rows: Vec<usize> = row_of.into_iter().flatten().collect();
    let part = |name: &str| -> Vec<usize> {
        (0..rows.len())
            .filter(|&index| &table.rows[rows[index]][parts] == name)
            .collect()
    };
    let split = Split {
        kind: SplitKind::File,
        seed,
        train: part("train"),
        valid: part("valid"),
        test: part("test"),
        groups: numbered(rows.iter().map(|&row| &table.rows[row][groups])),
    };
    for (indices, name) in [
        (&split.train, "train"),
        (&split.valid, "valid"),
        (&split.test, "test"),
    ] {
        if indices.is_empty() {
            return Err(Error::table(
                path,
                format!("none of its {noun} is in the part {name}"),
            ));
        }
    }
    Ok(split)
}

/// The class of an example; nothing where there are no classes.
fn class_name<'a>(set: &Metadata<'a>, index: usize) -> &'a str {
    set.class_names
        .get(set.labels[index])
        .map_or("", String::as_str)
}

/// Numbers from 0 for names, in the order in which they come.
pub(super) fn numbered<'a>(names: impl Iterator<Item = &'a str>) -> Vec<usize> {
    let mut known: HashMap<&str, usize> = HashMap::new();
    names
        .map(|name| {
            let next = known.len();
            *known.entry(name).or_insert(next)
        })
        .collect()
}
