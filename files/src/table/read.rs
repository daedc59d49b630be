//! Reading tables from anywhere: spreadsheets, pandas, NumPy, R, text editors.

use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;

use csv::{Reader, ReaderBuilder};

use super::error::TableError;
use super::number::Numbers;
use super::row::Row;
use super::separator::Separator;
use super::text::decode;

/// Maximum size of a table, in bytes.
const MAX_BYTES: u64 = 1 << 30;

/// Values by which spreadsheets mark errors, in English and German. A line that begins with one is not a comment.
const ERROR_VALUES: [&str; 12] = [
    "#N/A", "#NA", "#NV", "#VALUE!", "#WERT!", "#DIV/0!", "#REF!", "#BEZUG!", "#NUM!", "#ZAHL!",
    "#NAME?", "#NULL!",
];

/// What a kind of table allows beside the forms that every table may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableFormat {
    /// Whether lines that begin with `#` are comments.
    pub comments: bool,
    /// Whether blanks may separate cells, as NumPy writes numbers.
    pub white_space: bool,
}

/// Reads a table row by row.
///
/// Cells are separated by commas, semicolons, tabs or `|`, whichever the table has, and may be quoted. The text is UTF-8
/// or UTF-16 with any line ends; a byte-order mark is dropped. Blank lines and rows of empty cells are passed over, and
/// [`Row::blank_before`] returns their place.
///
/// # Examples
/// ```
/// use files::{Row, TableFormat, TableReader};
///
/// let text = "\u{feff}time_ms;current_pA\r\n0,5;\"10\"\r\n";
/// let mut table = TableReader::new(text.as_bytes(), TableFormat::default())?;
/// let mut row = Row::default();
/// assert!(table.read(&mut row)?);
/// assert_eq!(row.position(&["current_pA"]), Some(1));
/// assert!(table.read(&mut row)?);
/// assert_eq!((row.line(), row.cell(1)), (2, "10"));
/// assert_eq!(table.numbers().parse(row.cell(0), 1e9, "a time"), Ok(0.5));
/// assert!(!table.read(&mut row)?);
/// # Ok::<(), files::TableError>(())
/// ```
pub struct TableReader {
    reader: Reader<Cursor<Vec<u8>>>,
    numbers: Numbers,
    comment: Option<u8>,
    /// Place of the first row in the text, in bytes.
    start: usize,
    /// Line of the first row, from 1.
    first_line: u64,
    /// Place in the text after the last row, in bytes.
    place: usize,
    /// Line at `place`, from 1.
    line: u64,
}

impl TableReader {
    /// Opens a table: a file, or a pipe, as a shell makes one of `<(command)`.
    ///
    /// # Errors
    /// If the file cannot be read, is a folder or a device, is larger than a GiB, or is not text.
    pub fn open(path: &Path, format: TableFormat) -> Result<Self, TableError> {
        let kind = fs::metadata(path).map_err(TableError::Io)?.file_type();
        if !kind.is_file() && !is_pipe(kind) {
            let reason = "is not a regular file; name a CSV table";
            return Err(TableError::File(reason.to_owned()));
        }
        Self::new(fs::File::open(path).map_err(TableError::Io)?, format)
    }

    /// Reads a table from a stream, as a whole: what separates its cells and its decimals depends on all of it.
    ///
    /// # Errors
    /// If the stream cannot be read, is longer than a GiB, or is not text.
    pub fn new(stream: impl Read, format: TableFormat) -> Result<Self, TableError> {
        let mut bytes = Vec::new();
        let mut stream = stream.take(MAX_BYTES + 1);
        stream.read_to_end(&mut bytes).map_err(TableError::Io)?;
        if bytes.len() as u64 > MAX_BYTES {
            let limit = MAX_BYTES >> 20;
            let reason = format!("is larger than {limit} MiB; split it into parts");
            return Err(TableError::File(reason));
        }
        let mut text = decode(bytes)?;
        let comment = format.comments.then_some(b'#');
        let (separator, start) = Separator::recognise(&text, comment, format.white_space);
        let byte = match separator {
            Separator::Byte(byte) => byte,
            Separator::WhiteSpace => {
                text = separated_by_tabs(&text);
                b'\t'
            }
        };
        let numbers = Numbers::recognise(&text, Separator::Byte(byte));
        let line = text[..start].matches('\n').count() as u64 + 1;
        let mut bytes = Cursor::new(text.into_bytes());
        bytes.set_position(start as u64);
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(byte)
            .comment(comment)
            .from_reader(bytes);
        Ok(Self {
            reader,
            numbers,
            comment,
            start,
            first_line: line,
            place: start,
            line,
        })
    }

    /// Returns how the numbers of the table are written.
    pub fn numbers(&self) -> Numbers {
        self.numbers
    }

    /// Reads the next row into `row`, and returns whether there is one.
    ///
    /// # Errors
    /// If a quote is never closed, or a comment is the error value of a spreadsheet.
    pub fn read(&mut self, row: &mut Row) -> Result<bool, TableError> {
        let mut blank = None;
        loop {
            let broken = |error: csv::Error| TableError::File(format!("not a CSV table: {error}"));
            if !self.reader.read_record(&mut row.record).map_err(broken)? {
                return Ok(false);
            }
            self.pass_blank_lines(&mut blank)?;
            row.line = self.line;
            self.pass_row()?;
            if row.cells().any(|cell| !cell.is_empty()) {
                row.blank_before = blank;
                return Ok(true);
            }
            blank.get_or_insert(row.line);
        }
    }

    /// Moves the place behind the blank lines and comments that `csv` has passed over.
    fn pass_blank_lines(&mut self, blank: &mut Option<u64>) -> Result<(), TableError> {
        let text = self.reader.get_ref().get_ref();
        while let Some(&byte) = text.get(self.place) {
            let rest = &text[self.place..];
            let line = rest.iter().position(|byte| *byte == b'\n');
            if byte == b'\n' {
                blank.get_or_insert(self.line);
            } else if Some(byte) != self.comment {
                break;
            } else if let Some(error) = error_value(rest) {
                let reason = format!(
                    "begins with {error}, by which a spreadsheet marks an error; give a number there"
                );
                return Err(TableError::at(self.line, reason));
            }
            self.place = line.map_or(text.len(), |end| self.place + end + 1);
            self.line += 1;
        }
        Ok(())
    }

    /// Moves the place behind the row that `csv` has read, which may have several lines.
    fn pass_row(&mut self) -> Result<(), TableError> {
        let text = self.reader.get_ref().get_ref();
        let end = self.start + self.reader.position().byte() as usize;
        let next = self.first_line + self.reader.position().line() - 1;
        if end == text.len() && next > self.line + 1 {
            let row = &text[self.place..end];
            let quotes = row.iter().filter(|byte| **byte == b'"').count();
            if quotes % 2 == 1 {
                let reason = "a quote (\") is opened, but never closed; close or remove it";
                return Err(TableError::at(self.line, reason));
            }
        }
        (self.place, self.line) = (end, next);
        Ok(())
    }

    /// Reads the rows that are left.
    ///
    /// # Errors
    /// The errors of [`read`](Self::read).
    pub fn rows(&mut self) -> Result<Vec<Row>, TableError> {
        let (mut rows, mut row) = (Vec::new(), Row::default());
        while self.read(&mut row)? {
            rows.push(row.clone());
        }
        Ok(rows)
    }
}

/// Returns the error value at the start of a line.
fn error_value(line: &[u8]) -> Option<&'static str> {
    let starts_with = |value: &&&str| {
        let start = line.get(..value.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(value.as_bytes()))
    };
    ERROR_VALUES.iter().find(starts_with).copied()
}

/// Replaces the blanks between the cells of each line by tabs.
fn separated_by_tabs(text: &str) -> String {
    let line = |line: &str| {
        let cells: Vec<&str> = line.split_whitespace().collect();
        cells.join("\t") + "\n"
    };
    text.lines().map(line).collect()
}

#[cfg(unix)]
fn is_pipe(kind: fs::FileType) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&kind)
}

#[cfg(not(unix))]
fn is_pipe(_: fs::FileType) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMAT: TableFormat = TableFormat {
        comments: true,
        white_space: true,
    };

    fn read(text: &str) -> Vec<(u64, Option<u64>, Vec<String>)> {
        let mut table = TableReader::new(text.as_bytes(), FORMAT).unwrap();
        let rows = table.rows().unwrap().into_iter();
        rows.map(|row| {
            let cells = row.cells().map(str::to_owned).collect();
            (row.line(), row.blank_before(), cells)
        })
        .collect()
    }

    #[test]
    fn rows_know_their_line_and_the_blank_lines_before() {
        let text = "# first\n\na,b\r\n1,\"x\ny\"\r\n,\r\n  \r\n# c\r\n\r\n2, 3 \r\n\r\n";
        let cells = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let expected = [
            (3, Some(2), cells(["a", "b"])),
            (4, None, cells(["1", "x\ny"])),
            (10, Some(6), cells(["2", "3"])),
        ];
        assert_eq!(read(text), expected);
        assert_eq!(
            read("sep=;\na;b\n\n1,5;2"),
            [
                (2, None, cells(["a", "b"])),
                (4, Some(3), cells(["1,5", "2"])),
            ]
        );
        assert_eq!(read("1\n\"\"\n2\n")[1].1, Some(2));
    }

    #[test]
    fn the_same_table_is_read_in_every_form() {
        let plain = read("x,y\n1.5,2\n-3,4\n");
        for text in [
            "\u{feff}x,y\n1.5,2\n-3,4\n",
            "x;y\r\n1.5;2\r\n-3;4\r\n",
            "x\ty\r1.5\t2\r-3\t4\r",
            "\"x\",\"y\"\n\"1.5\", 2\n-3,\"4\"",
            "  x   y\n 1.5   2 \n  -3\t4\n",
            "x|y\n1.5|2\n-3|4\n",
        ] {
            assert_eq!(read(text), plain, "{text:?}");
        }
    }

    #[test]
    fn a_quote_that_stays_open_is_refused() {
        let mut table = TableReader::new(&b"a,b\n1,\"2\n3,4\n"[..], FORMAT).unwrap();
        let error = table.rows().unwrap_err().to_string();
        assert!(error.contains("line 2: a quote"), "{error}");
    }

    #[test]
    fn an_error_value_is_not_a_comment() {
        let mut table = TableReader::new(&b"# note\n1\n#N/A\n3\n"[..], FORMAT).unwrap();
        let error = table.rows().unwrap_err().to_string();
        assert!(error.contains("line 3: begins with #N/A"), "{error}");
    }

    #[test]
    fn what_is_not_a_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = TableReader::open(folder.path(), FORMAT).err().unwrap();
        assert!(error.to_string().contains("not a regular file"), "{error}");
        let error = TableReader::open(&folder.path().join("x"), FORMAT).err();
        assert!(matches!(error, Some(TableError::Io(_))), "{error:?}");
    }
}
