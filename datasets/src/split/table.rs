//! A table of examples, which may come from anywhere.

use std::path::{Path, PathBuf};

use files::{Row, TableError, TableFormat, TableReader};

use crate::error::{Error, Result};

/// Rows below a line of column names.
pub(super) struct Table {
    path: PathBuf,
    names: Row,
    pub rows: Vec<Row>,
}

impl Table {
    /// Reads the whole file.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let cannot_use = |error: TableError| Error::of_table(path, error);
        let mut table = TableReader::open(path, TableFormat::default()).map_err(cannot_use)?;
        let mut names = Row::default();
        table.read(&mut names).map_err(cannot_use)?;
        let rows = table.rows().map_err(cannot_use)?;
        let table = Self {
            path: path.to_path_buf(),
            names,
            rows,
        };
        let columns = table.names.len();
        let has_more = |row: &Row| row.cells().skip(columns).any(|cell| !cell.is_empty());
        let does_not_fit = |row: &Row| row.len() < columns || has_more(row);
        match table.rows.iter().position(does_not_fit) {
            None => Ok(table),
            Some(row) => {
                let found = table.rows[row].len();
                let reason = format!(
                    "has {found} cells, but the first line names {columns} columns; quote cells that hold a separator"
                );
                Err(table.wrong(row, reason))
            }
        }
    }

    /// Returns the position of a column, if there is one of this name, without regard to case.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.names.position(&[name])
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
                let found: Vec<&str> = self.names.cells().collect();
                let reason = format!(
                    "its first line has no column '{name}', but '{}': {what} starts with {}",
                    found.join("', '"),
                    names.join(",")
                );
                Error::table(&self.path, reason)
            })?;
        }
        Ok(places)
    }

    /// Creates an error about a row, with its line.
    pub(super) fn wrong(&self, row: usize, reason: impl std::fmt::Display) -> Error {
        let line = self.rows[row].line();
        Error::table(&self.path, format!("line {line}: {reason}"))
    }
}
