//! Writing CSV tables: a header, then rows of equal length.

use std::fmt::{Display, Write as _};
use std::io::{self, Write};

/// A CSV table that is being written, into memory unless another destination is given.
///
/// Cells are quoted where they need to be. They are formatted with [`Display`]; a row of cells of several types is an
/// array of `&dyn Display`.
///
/// # Examples
/// ```
/// use std::fmt::Display;
///
/// let mut table = files::Table::new(["path", "mse"])?;
/// table.row([&"a, b.png" as &dyn Display, &0.25])?;
/// assert_eq!(table.finish()?, b"path,mse\n\"a, b.png\",0.25\n");
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Table<W: Write = Vec<u8>> {
    writer: csv::Writer<W>,
    /// The formatted cell, reused from cell to cell.
    cell: String,
}

impl Table {
    /// Creates a table in memory and writes its header.
    ///
    /// # Errors
    /// None in practice: memory accepts every row.
    pub fn new(header: impl IntoIterator<Item = impl Display>) -> io::Result<Self> {
        let mut table = Self::to(Vec::new());
        table.row(header)?;
        Ok(table)
    }
}

impl<W: Write> Table<W> {
    /// Creates a table that is written to `out`. Its header is the first row.
    pub fn to(out: W) -> Self {
        Self {
            writer: csv::Writer::from_writer(out),
            cell: String::new(),
        }
    }

    /// Appends a row.
    ///
    /// # Errors
    /// If the row is not as long as the first one, or the table cannot be written.
    pub fn row(&mut self, cells: impl IntoIterator<Item = impl Display>) -> io::Result<()> {
        for cell in cells {
            self.cell.clear();
            write!(self.cell, "{cell}").map_err(io::Error::other)?;
            self.writer.write_field(&self.cell)?;
        }
        // Ends the row, and compares its length with the first one's.
        self.writer.write_record(None::<&[u8]>)?;
        Ok(())
    }

    /// Returns the destination.
    pub fn get_ref(&self) -> &W {
        self.writer.get_ref()
    }

    /// Writes what is still buffered, and returns the destination.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub fn finish(self) -> io::Result<W> {
        self.writer.into_inner().map_err(|error| error.into_error())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_need_to_be() {
        let mut table = Table::new(["a", "b"]).unwrap();
        table.row(["x, y", "\"z\""]).unwrap();
        table.row([1.5, f64::NAN]).unwrap();
        table.row(["", "ü\nv"]).unwrap();
        let expected = "a,b\n\"x, y\",\"\"\"z\"\"\"\n1.5,NaN\n,\"ü\nv\"\n";
        assert_eq!(table.finish().unwrap(), expected.as_bytes());
    }

    #[test]
    fn a_row_of_another_length_is_refused() {
        let mut table = Table::new(["a", "b"]).unwrap();
        for row in [&["1"][..], &["1", "2", "3"]] {
            assert!(table.row(row).is_err(), "{row:?}");
        }
    }

    #[test]
    fn an_empty_cell_is_a_row_of_its_own() {
        let mut table = Table::new(["a"]).unwrap();
        table.row([""]).unwrap();
        assert_eq!(table.finish().unwrap(), b"a\n\"\"\n");
    }
}
