//! A small CSV file from anywhere.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use csv::StringRecord;

use crate::error::{Error, Result};

/// More than any split needs: a million pictures with long paths.
const MOST_BYTES: u64 = 256 << 20;

/// Rows under a line of column names.
pub(super) struct Table {
    path: PathBuf,
    names: StringRecord,
    pub rows: Vec<StringRecord>,
}

impl Table {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let cannot_read = |error| Error::io("read", path, error);
        let file = File::open(path).map_err(cannot_read)?;
        // Opening a pipe or a device could wait for ever; a folder opens, but cannot be read.
        if !file.metadata().map_err(cannot_read)?.is_file() {
            return Err(Error::table(path, "no regular file"));
        }
        let mut text = Vec::new();
        file.take(MOST_BYTES + 1)
            .read_to_end(&mut text)
            .map_err(cannot_read)?;
        if text.len() as u64 > MOST_BYTES {
            return Err(Error::table(
                path,
                format!("larger than {} MiB", MOST_BYTES >> 20),
            ));
        }
        // Spreadsheets put a byte-order mark first.
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&text);
        let unreadable = |error: csv::Error| Error::table(path, format!("no CSV table: {error}"));
        let mut reader = csv::Reader::from_reader(text);
        let names = reader.headers().map_err(unreadable)?.clone();
        let rows = reader.records().collect::<std::result::Result<Vec<_>, _>>();
        Ok(Self {
            path: path.to_path_buf(),
            names,
            rows: rows.map_err(unreadable)?,
        })
    }

    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|column| column.trim() == name)
    }

    /// The places of columns that must be there; `what` is the table that was expected.
    pub(super) fn columns<const N: usize>(
        &self,
        names: [&str; N],
        what: &str,
    ) -> Result<[usize; N]> {
        let mut places = [0; N];
        for (place, name) in places.iter_mut().zip(names) {
            *place = self.column(name).ok_or_else(|| {
                let reason = format!(
                    "its first line has no column '{name}': {what} starts with {}",
                    names.join(",")
                );
                Error::table(&self.path, reason)
            })?;
        }
        Ok(places)
    }

    /// What is wrong with a row, by its line.
    pub(super) fn wrong(&self, row: usize, reason: impl std::fmt::Display) -> Error {
        let line = self.rows[row]
            .position()
            .map_or(0, |position| position.line());
        Error::table(&self.path, format!("line {line}: {reason}"))
    }
}
