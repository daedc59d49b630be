//! `split.csv`: the split of a data set, example by example, for people to read and for later runs to reuse.

use std::collections::HashMap;
use std::path::Path;

use files::Row;

use super::groups::numbered;
use super::partition::{Split, SplitKind};
use super::table::Table;
use crate::dataset::{Dataset, Metadata};
use crate::error::{Error, Result};

/// Names of the parts.
const PARTS: [&str; 3] = ["train", "valid", "test"];

/// Name for examples that are in no part.
const UNUSED: &str = "unused";

/// Returns the table `path,class,sha256,group,split`, with a row for each example in the order of the set.
///
/// # Errors
/// [`Error::Table`] if the table cannot be written.
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

/// Splits a data set as a `split.csv` says, which must list the same examples.
///
/// # Errors
/// - [`Error::Io`] if the file cannot be read
/// - [`Error::Table`] with the first line or example that does not match if the table is malformed or was made from other
///   examples
pub fn replay(path: &Path, set: &dyn Dataset, seed: u64) -> Result<Split> {
    let set = set.metadata();
    let table = Table::read(path)?;
    let [paths, sums, groups, parts] = table.columns(
        ["path", "sha256", "group", "split"],
        "the split.csv of a run",
    )?;
    let columns = Columns {
        path: paths,
        sha256: sums,
        part: parts,
        class: table.column("class"),
    };
    let rows = rows_of_examples(path, &table, &columns, &set)?;

    let part = |name: &str| -> Vec<usize> {
        (0..rows.len())
            .filter(|&index| rows[index].cell(parts) == name)
            .collect()
    };
    let split = Split {
        kind: SplitKind::File,
        seed,
        train: part("train"),
        valid: part("valid"),
        test: part("test"),
        groups: numbered(rows.iter().map(|row| row.cell(groups))),
    };
    for (name, indices) in PARTS.iter().zip([&split.train, &split.valid, &split.test]) {
        if indices.is_empty() {
            let reason = format!("none of its {} is in the part {name}", set.noun);
            return Err(Error::table(path, reason));
        }
    }
    Ok(split)
}

/// Positions of the columns that identify an example and its part.
struct Columns {
    path: usize,
    sha256: usize,
    part: usize,
    class: Option<usize>,
}

/// Returns the row of each example, in the order of the set.
fn rows_of_examples<'a>(
    path: &Path,
    table: &'a Table,
    columns: &Columns,
    set: &Metadata<'_>,
) -> Result<Vec<&'a Row>> {
    let indices: HashMap<&str, usize> = (set.origins.iter().enumerate())
        .map(|(index, origin)| (&*origin.path, index))
        .collect();
    let mut row_of: Vec<Option<&Row>> = vec![None; set.origins.len()];
    let (mut absent, mut changed) = (Vec::new(), Vec::new());
    for (number, row) in table.rows.iter().enumerate() {
        let names = spellings(row, columns.path);
        let name = names[1];
        let Some(&index) = names.iter().find_map(|name| indices.get(name)) else {
            absent.push(name);
            continue;
        };
        if row_of[index].replace(row).is_some() {
            return Err(table.wrong(number, format!("{name} is listed twice")));
        }
        let part = row.cell(columns.part);
        if !PARTS.contains(&part) && part != UNUSED {
            let reason = format!("'{part}' is none of train, valid, test");
            return Err(table.wrong(number, reason));
        }
        let class = class_name(set, index);
        if row.cell(columns.sha256) != set.origins[index].sha256
            || columns
                .class
                .is_some_and(|column| !spellings(row, column).contains(&class))
        {
            changed.push(name);
        }
    }
    let unlisted: Vec<&str> = (row_of.iter().zip(set.origins))
        .filter(|(row, _)| row.is_none())
        .map(|(_, origin)| &*origin.path)
        .collect();
    let noun = set.noun;
    for (examples, fault) in [
        (absent, format!("of its {noun} are not in the data")),
        (
            changed,
            format!("of its {noun} are not those in the data (another SHA-256 or class)"),
        ),
        (unlisted, format!("{noun} of the data are not in it")),
    ] {
        if let Some(first) = examples.first() {
            let count = examples.len();
            let reason = format!(
                "{count} {fault}, the first is {first}; name the data it was made from with --data"
            );
            return Err(Error::table(path, reason));
        }
    }
    Ok(row_of.into_iter().flatten().collect())
}

/// Returns a cell as it stands and without the blanks around it: the names of files and classes may begin or end with one.
fn spellings(row: &Row, column: usize) -> [&str; 2] {
    [row.untrimmed(column), row.cell(column)]
}

/// Returns the class of an example, or an empty text if examples have no classes.
fn class_name<'a>(set: &Metadata<'a>, index: usize) -> &'a str {
    let name = set.class_names.get(set.labels[index]);
    name.map_or("", String::as_str)
}
