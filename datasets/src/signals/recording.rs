//! Recordings in CSV tables from anywhere: a segment in each row, or one long recording.

use std::io::Read;

use csv::StringRecord;

use super::preprocessing::SignalPreprocessing;

/// Maximum number of values of a file.
const MAX_VALUES: usize = 100_000_000;

/// Maximum absolute value, in microvolts: neither a brain nor an amplifier reaches more.
pub(super) const MAX_MICROVOLTS: f32 = 1e6;

/// The contents of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// Segments of the length of a network's input.
    pub segments: Vec<Segment>,
    /// Whether the segments follow each other in one recording.
    pub is_continuous: bool,
    /// Number of values at the end of a continuous recording that do not fill a segment.
    pub rest: usize,
}

/// A segment of a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// Name in the table, or "line 3", or the time at which it starts, as in "2.05 s".
    pub name: String,
    /// The values.
    pub values: Vec<f32>,
}

/// Reads a CSV table of rows of `samples` numbers, with an optional line of column names, and optionally a name at the start
/// and a class at the end of each row (as in the UCI table). Numbers in a single column or a single row are cut into
/// segments.
///
/// # Errors
/// A description of what is wrong, with the line and the column.
pub fn read(table: impl Read, preprocessing: &SignalPreprocessing) -> Result<Recording, String> {
    let samples = preprocessing.samples;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(table);
    let (mut rows, mut values): (Vec<Segment>, usize) = (Vec::new(), 0);
    let mut record = StringRecord::new();
    let mut is_first = true;
    while (reader.read_record(&mut record)).map_err(|error| format!("not a CSV table: {error}"))? {
        let line = record.position().map_or(0, csv::Position::line);
        let is_header = std::mem::take(&mut is_first) && is_header(&record);
        if is_header || record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let segment = row(&record, line, samples)?;
        values += segment.values.len();
        if values > MAX_VALUES {
            return Err(format!(
                "line {line}: more than {MAX_VALUES} values; give a part of it"
            ));
        }
        rows.push(segment);
    }
    if rows.is_empty() {
        return Err("holds no numbers; give microvolts, as CSV".to_owned());
    }
    let is_column = samples > 1 && rows.iter().all(|row| row.values.len() == 1);
    let is_row = rows.len() == 1 && rows[0].values.len() > samples;
    if is_column || is_row {
        let values: Vec<f32> = rows.into_iter().flat_map(|row| row.values).collect();
        return cut(&values, preprocessing);
    }
    match rows.iter().find(|row| row.values.len() != samples) {
        None => Ok(Recording {
            segments: rows,
            is_continuous: false,
            rest: 0,
        }),
        Some(row) => Err(format!(
            "{}: holds {} values, but the model takes rows of {samples}, or one recording in a single column",
            row.name,
            row.values.len()
        )),
    }
}

/// Whether a line consists of column names: none of its cells is a number.
fn is_header(record: &StringRecord) -> bool {
    let numbers = record.iter().filter(|cell| number(cell).is_some()).count();
    numbers == 0
}

/// Parses a number of microvolts.
fn number(cell: &str) -> Option<f32> {
    let value = cell.trim().parse::<f32>().ok()?;
    (value.abs() <= MAX_MICROVOLTS).then_some(value)
}

/// Parses the numbers of a row. A name at the start is skipped, and after a name also a class at the end.
fn row(record: &StringRecord, line: u64, samples: usize) -> Result<Segment, String> {
    let first = record.get(0).unwrap_or("").trim();
    let has_name = record.len() > 1 && first.parse::<f32>().is_err();
    let skipped = usize::from(has_name);
    let has_class = has_name && record.len() == samples + 2;
    let last = record.len() - usize::from(has_class);
    let mut values = Vec::with_capacity(last - skipped);
    for column in skipped..last {
        let cell = &record[column];
        values.push(number(cell).ok_or_else(|| {
            let column = column + 1;
            format!("line {line}, column {column}: '{cell}' is not a number of microvolts")
        })?);
    }
    let name = if has_name && !first.is_empty() {
        first.to_owned()
    } else {
        format!("line {line}")
    };
    Ok(Segment { name, values })
}

/// Cuts a continuous recording into segments.
fn cut(values: &[f32], preprocessing: &SignalPreprocessing) -> Result<Recording, String> {
    let samples = preprocessing.samples;
    let whole = values.chunks_exact(samples);
    let rest = whole.remainder().len();
    let segment = |(number, values): (usize, &[f32])| Segment {
        name: format!("{:.2} s", (number * samples) as f64 / preprocessing.rate_hz),
        values: values.to_vec(),
    };
    let segments: Vec<Segment> = whole.enumerate().map(segment).collect();
    if segments.is_empty() {
        return Err(format!(
            "holds {} values, but the model takes {samples} at {} Hz",
            values.len(),
            preprocessing.rate_hz
        ));
    }
    Ok(Recording {
        segments,
        is_continuous: true,
        rest,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const FOUR: SignalPreprocessing = SignalPreprocessing {
        samples: 4,
        rate_hz: 2.0,
        mean: 0.0,
        std: 1.0,
    };

    fn read_text(text: &str) -> Result<Recording, String> {
        read(text.as_bytes(), &FOUR)
    }

    #[test]
    fn rows_may_have_names_and_classes() {
        let plain = read_text("1,2,3,4\n5,6,7,-8.5\n").unwrap();
        let named = read_text(",X1,X2,X3,X4,y\nX1.V1.9,1,2,3,4,5\nX2.V1.9,5,6,7,-8.5,1\n").unwrap();
        let values = |found: &Recording| -> Vec<Vec<f32>> {
            found
                .segments
                .iter()
                .map(|segment| segment.values.clone())
                .collect()
        };
        assert_eq!(
            values(&plain),
            [[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, -8.5]]
        );
        assert_eq!(values(&plain), values(&named));
        assert_eq!(
            (&*plain.segments[1].name, &*named.segments[1].name),
            ("line 2", "X2.V1.9")
        );
        assert!(!plain.is_continuous && !named.is_continuous);
    }

    #[test]
    fn a_long_recording_is_cut() {
        for text in [
            "0,1,2,3,4,5,6,7,8,9",
            "value\n0\n1\n2\n3\n4\n\n5\n6\n7\n8\n9\n",
        ] {
            let found = read_text(text).unwrap();
            assert!(found.is_continuous);
            assert_eq!((found.segments.len(), found.rest), (2, 2));
            assert_eq!(found.segments[1].values, [4.0, 5.0, 6.0, 7.0]);
            assert_eq!(found.segments[1].name, "2.00 s");
        }
    }

    #[test]
    fn errors_name_the_line_and_the_column() {
        for (text, expected) in [
            ("", "holds no numbers"),
            ("a,b\n", "holds no numbers"),
            ("1\n2\n", "holds 2 values, but the model takes 4 at 2 Hz"),
            (
                "1,2,3,4\n1,2,3\n",
                "line 2: holds 3 values, but the model takes rows of 4",
            ),
            (
                "1,2,3,4\n1,x,3,4\n",
                "line 2, column 2: 'x' is not a number",
            ),
            (
                "1,2,3,4\n1,2,inf,4\n",
                "line 2, column 3: 'inf' is not a number",
            ),
            ("1,2,NaN,4\n", "line 1, column 3: 'NaN'"),
            ("1,2,3,9e9\n", "line 1, column 4"),
        ] {
            let error = read_text(text).unwrap_err();
            assert!(error.contains(expected), "{text:?}: {error}");
        }
        let error = read(&[0xFF, 0xFE, b'\n'][..], &FOUR).unwrap_err();
        assert!(error.contains("not a CSV table"), "{error}");
    }
}
