//! Which cells of a table of recordings are samples.

use std::ops::Range;

use files::{Numbers, Row, is_gap};

use super::units::{MAX_MICROVOLTS, MICROVOLTS};

/// Minimum length of a series of numbers that is taken for names of columns. A shorter one may be a recording.
const MIN_SERIES: usize = 16;

/// Names of columns of times.
const TIMES: [&str; 6] = ["t", "time", "times", "sec", "seconds", "timestamp"];

/// Names of columns that identify a row, or that number it.
const KEYS: [&str; 9] = [
    "",
    "index",
    "id",
    "name",
    "row",
    "segment",
    "sample",
    "recording",
    "chunk",
];

/// Names of columns of classes.
const CLASSES: [&str; 6] = ["y", "class", "label", "labels", "target", "outcome"];

/// Columns of a table of recordings.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    /// Number of columns.
    pub width: usize,
    /// The samples.
    pub samples: Range<usize>,
    /// The name of a row.
    pub name: Option<usize>,
    /// Times, with the header's name and the number of its units in a second.
    pub time: Option<(usize, String, f64)>,
}

impl Layout {
    /// Finds the columns by the names in the header, if there is one, and by the cells of the first row below it. A
    /// network takes `count` samples.
    ///
    /// # Errors
    /// Which columns are unclear, and what to do.
    pub fn find(
        header: Option<&Row>,
        row: &Row,
        count: usize,
        numbers: Numbers,
    ) -> Result<Self, String> {
        let width = header.map_or(row.len(), |header| header.len().max(row.len()));
        if let Some(header) = header
            && let Some(samples) = series(header, numbers)
        {
            let is_name = |column: &usize| is_word(row.cell(*column), numbers);
            let name = (0..samples.start).rev().find(is_name);
            return Ok(Self {
                width,
                samples,
                name,
                time: None,
            });
        }
        match header {
            Some(header) => Self::by_names(header, row, width, numbers),
            None => Self::by_cells(row, count, numbers),
        }
    }

    /// Leaves out the columns whose names are those of times, keys and classes, or whose cells are words.
    fn by_names(header: &Row, row: &Row, width: usize, numbers: Numbers) -> Result<Self, String> {
        let (mut samples, mut name, mut time) = (Vec::new(), None, None);
        for column in 0..width {
            let (title, cell) = (header.cell(column), row.cell(column));
            let words = words(title);
            let is_one_of = |names: &[&str]| names.contains(&words.first().map_or("", |w| w));
            let is_key = is_one_of(&KEYS) || words.first().is_some_and(|w| w == "unnamed");
            if is_word(cell, numbers) {
                name = name.or(Some(column));
            } else if time.is_none() && is_one_of(&TIMES) {
                let per_second = if words.iter().any(|word| word == "ms") {
                    1e3
                } else {
                    1.0
                };
                time = Some((column, title.to_owned(), per_second));
            } else if !is_one_of(&CLASSES) && !is_key {
                samples.push(column);
            } else if width == 1 {
                // A column of numbers may have any name.
                samples.push(column);
            }
        }
        let (Some(&first), Some(&last)) = (samples.first(), samples.last()) else {
            return Err("holds no column of microvolts; give one, or rows of them".to_owned());
        };
        if last - first + 1 != samples.len() {
            return Err(format!(
                "line {}: other columns stand between those of samples; leave them out",
                header.line()
            ));
        }
        Ok(Self {
            width,
            samples: first..last + 1,
            name,
            time,
        })
    }

    /// Takes a word at the start for a name, after which a class may stand at the end, and words at the end for classes.
    fn by_cells(row: &Row, count: usize, numbers: Numbers) -> Result<Self, String> {
        let width = row.len();
        let is_word = |column: &usize| is_word(row.cell(*column), numbers);
        let has_name = width > 1 && is_word(&0);
        let first = usize::from(has_name);
        let words = (first..width).rev().take_while(is_word).count();
        let mut end = if width - words > first {
            width - words
        } else {
            width
        };
        if has_name && end - first == count + 1 {
            end -= 1;
        } else if !has_name && (end - first == count + 1 || end - first == count + 2) {
            return Err(format!(
                "line {}: has {} numbers, but the model takes {count}: leave out the counter at its start or the class at its end, or name the columns X1 to X{count}",
                row.line(),
                end - first
            ));
        }
        Ok(Self {
            width,
            samples: first..end,
            name: has_name.then_some(0),
            time: None,
        })
    }
}

/// Whether a row consists of names of columns: none of its cells is a number, or its numbers are a series and another row
/// follows.
pub(super) fn is_header(row: &Row, next: Option<&Row>, numbers: Numbers) -> bool {
    let has_numbers = row.cells().any(|cell| is_number(cell, numbers));
    if has_numbers {
        next.is_some() && series(row, numbers).is_some()
    } else {
        row.cells().any(|cell| !is_gap(cell))
    }
}

/// Whether a header consists of numbers instead of names.
pub(super) fn is_numeric(header: &Row, numbers: Numbers) -> bool {
    let count = header.cells().filter(|cell| is_number(cell, numbers));
    count.count() >= MIN_SERIES
}

fn is_number(cell: &str, numbers: Numbers) -> bool {
    numbers
        .parse::<f32>(cell, MAX_MICROVOLTS, MICROVOLTS)
        .is_ok()
}

/// Whether a cell is neither a number nor a gap.
fn is_word(cell: &str, numbers: Numbers) -> bool {
    !is_gap(cell) && !is_number(cell, numbers) && cell.parse::<f64>().is_err()
}

/// Splits the name of a column into its words, in lower case.
fn words(title: &str) -> Vec<String> {
    let title = title.to_lowercase();
    let words = title.split(|letter: char| !letter.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Returns the longest series of columns that are numbered one by one (X1, X2, ...; 0, 1, ...), or whose names are the
/// times of samples (0, 0.0058, 0.0115, ...), unless it is short.
fn series(header: &Row, numbers: Numbers) -> Option<Range<usize>> {
    let numbered: Vec<Option<(&str, u64)>> = header.cells().map(numbered).collect();
    let counts = |column: usize| match (numbered[column - 1], numbered[column]) {
        (Some((one, number)), Some((other, next))) => {
            one.eq_ignore_ascii_case(other) && number.checked_add(1) == Some(next)
        }
        _ => false,
    };
    let times: Vec<Option<f32>> = header
        .cells()
        .map(|cell| numbers.parse(cell, MAX_MICROVOLTS, MICROVOLTS).ok())
        .collect();
    let rises = |column: usize| matches!((times[column - 1], times[column]), (Some(one), Some(other)) if one < other);
    let is_even = |columns: &Range<usize>| {
        let times: Vec<f32> = times[columns.clone()].iter().flatten().copied().collect();
        let [first, .., last] = times[..] else {
            return false;
        };
        let step = (last - first) / (times.len() - 1) as f32;
        let mut line = (0..times.len()).map(|index| first + index as f32 * step);
        (times.iter()).all(|time| {
            line.next()
                .is_some_and(|even| (time - even).abs() < step / 2.0)
        })
    };
    let is_long = |columns: &Range<usize>| columns.len() >= MIN_SERIES;
    let counted = Some(longest(header.len(), counts)).filter(is_long);
    // A rise within a recording is not a series: nearly all numbers of the line belong to it.
    let count = times.iter().flatten().count();
    let is_all = |columns: &Range<usize>| columns.len() + 2 >= count;
    let timed = Some(longest(header.len(), rises)).filter(is_long);
    counted
        .filter(|columns| times[columns.start].is_none() || is_all(columns))
        .or_else(|| timed.filter(|columns| is_all(columns) && is_even(columns)))
}

/// Returns the longest range of columns each of which follows the one before.
fn longest(len: usize, follows: impl Fn(usize) -> bool) -> Range<usize> {
    let mut best = 0..0;
    let mut start = 0;
    for column in 1..=len {
        if column == len || !follows(column) {
            if column - start > best.len() {
                best = start..column;
            }
            start = column;
        }
    }
    best
}

/// Splits a name such as `X17` into its letters and its number.
fn numbered(name: &str) -> Option<(&str, u64)> {
    let digits = name.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (prefix, number) = name.split_at(name.len() - digits);
    Some((prefix, number.parse().ok()?))
}
