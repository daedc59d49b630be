//! A small CSV file that may come from anywhere.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use csv::StringRecord;

use crate::error::{Error, Result};

/// Maximum size of a file: more than a split of a million pictures with long paths needs.
const MAX_BYTES: u64 = 256 << 20;

/// Rows below a line of column names.
pub(super) struct Table {
    path: PathBuf,
    names: StringRecord,
    pub rows: Vec<StringRecord>,
}

impl Table {
    /// Reads the whole file.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let cannot_read = |error| Error::io("read", path, error);
        let file = File::open(path).map_err(cannot_read)?;
        // Opening a pipe or a device could block for ever; a folder can be opened, but not read.
        if !file.metadata().map_err(cannot_read)?.is_file() {
            return Err(Error::table(path, "not a regular file"));
        }
        let mut text = Vec::new();
        file.take(MAX_BYTES + 1)
            .read_to_end(&mut text)
            .map_err(cannot_read)?;
        if text.len() as u64 > MAX_BYTES {
            return Err(Error::table(
                path,
                format!("larger than {} MiB", MAX_BYTES >> 20),
            ));
        }
        // Spreadsheets write a byte-order mark.
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&text);
        let unreadable =
            |error: csv::Error| Error::table(path, format!("not a CSV table: {error}"));
        let mut reader = csv::Reader::from_reader(text);
        let names = reader.headers().map_err(unreadable)?.clone();
        let rows = reader.records().collect::<std::result::Result<Vec<_>, _>>();
        Ok(Self {
            path: path.to_path_buf(),
            names,
            rows: rows.map_err(unreadable)?,
        })
    }

    /// Returns the position of a column, if there is one of this name.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|column| column.trim() == name)
    }

    /// Returns the positions of required columns; `what` describes the table that was expected.
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

    /// Creates an error about a row, with its line.
    pub(super) fn wrong(&self, row: usize, reason: impl std::fmt::Display) -> Error {
        let line = self.rows[row]
            .position()
            .map_or(0, |position| position.line());
        Error::table(&self.path, format!("line {line}: {reason}"))
    }
}
