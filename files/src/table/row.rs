//! A row of a table that is read.

use csv::StringRecord;

/// A row with its place in the file.
#[derive(Clone, Debug, Default)]
pub struct Row {
    pub(super) record: StringRecord,
    pub(super) line: u64,
    pub(super) blank_before: Option<u64>,
}

impl Row {
    /// Returns the line on which the row begins, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Returns the line of the first blank line, or row of empty cells, between the row before and this one.
    pub fn blank_before(&self) -> Option<u64> {
        self.blank_before
    }

    /// Returns the number of cells.
    pub fn len(&self) -> usize {
        self.record.len()
    }

    /// Whether the row has no cells, as before the first one is read.
    pub fn is_empty(&self) -> bool {
        self.record.is_empty()
    }

    /// Returns a cell without surrounding white space; it is empty if the row ends before it.
    pub fn cell(&self, column: usize) -> &str {
        self.record.get(column).unwrap_or_default().trim()
    }

    /// Returns a cell with its surrounding white space, which may be part of a file's name; it is empty if the row ends
    /// before it.
    pub fn untrimmed(&self, column: usize) -> &str {
        self.record.get(column).unwrap_or_default()
    }

    /// Returns the cells without surrounding white space.
    pub fn cells(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        (0..self.len()).map(|column| self.cell(column))
    }

    /// Returns the first column of one of these names, which are compared without regard to case.
    pub fn position(&self, names: &[&str]) -> Option<usize> {
        (0..self.len()).find(|&column| {
            let cell = self.cell(column);
            names.iter().any(|name| name.eq_ignore_ascii_case(cell))
        })
    }
}
