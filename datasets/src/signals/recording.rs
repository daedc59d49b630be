//! Recordings from anywhere, as tables of numbers: a piece in each row, or one long recording.

use std::io::Read;

use csv::StringRecord;

use super::preprocessing::SignalPreprocessing;

/// The most values of one file.
const MOST_VALUES: usize = 100_000_000;

/// Larger values are no microvolts of a brain, nor of any amplifier.
pub(crate) const LARGEST: f32 = 1e6;

/// What a table holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// Pieces as long as a network takes them.
    pub pieces: Vec<Piece>,
    /// Whether they follow each other in one recording; else each stands alone.
    pub is_continuous: bool,
    /// Values at the end of a continuous recording that fill no piece.
    pub rest: usize,
}

/// A piece of a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// What the table calls it, or "line 3", or "2.05 s" for where it begins.
    pub name: String,
    /// Its values.
    pub values: Vec<f32>,
}

/// Reads a CSV table: rows of `samples` numbers each, with or without a line of column names, a name in front
/// and a class at the end (as the UCI table has them); or all numbers in one column or one row, which are cut
/// into pieces.
///
/// # Errors
/// What is wrong, with the line and the column.
pub fn read(table: impl Read, preprocessing: &SignalPreprocessing) -> Result<Recording, String> {
    let samples = preprocessing.samples;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(table);
    let (mut rows, mut values): (Vec<Piece>, usize) = (Vec::new(), 0);
    let mut record = StringRecord::new();
    let mut is_first = true;
    while (reader.read_record(&mut record)).map_err(|error| format!("not a CSV table: {error}"))? {
        let line = record.position().map_or(0, csv::Position::line);
        let is_header = std::mem::take(&mut is_first) && is_header(&record);
        if is_header || record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let piece = row(&record, line, samples)?;
        values += piece.values.len();
        if values > MOST_VALUES {
            return Err(format!(
                "line {line}: more than {MOST_VALUES} values; give a part of it"
            ));
        }
        rows.push(piece);
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
            pieces: rows,
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

/// A line of column names: more than its first cell is no number.
fn is_header(record: &StringRecord) -> bool {
    let numbers = record.iter().filter(|cell| number(cell).is_some()).count();
    numbers == 0
}

fn number(cell: &str) -> Option<f32> {
    let value = cell.trim().parse::<f32>().ok()?;
    (value.abs() <= LARGEST).then_some(value)
}

/// The numbers of a row, without a name in front; and without a class behind, where there is a name.
fn row(record: &StringRecord, line: u64, samples: usize) -> Result<Piece, String> {
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
            format!("line {line}, column {column}: '{cell}' is no number of microvolts")
        })?);
    }
    let name = if has_name && !first.is_empty() {
        first.to_owned()
    } else {
        format!("line {line}")
    };
    Ok(Piece { name, values })
}

/// Pieces that follow each other.
fn cut(values: &[f32], preprocessing: &SignalPreprocessing) -> Result<Recording, String> {
    let samples = preprocessing.samples;
    let whole = values.chunks_exact(samples);
    let rest = whole.remainder().len();
    let piece = |(number, values): (usize, &[f32])| Piece {
        name: format!("{:.2} s", (number * samples) as f64 / preprocessing.rate_hz),
        values: values.to_vec(),
    };
    let pieces: Vec<Piece> = whole.enumerate().map(piece).collect();
    if pieces.is_empty() {
        return Err(format!(
            "holds {} values, but the model takes {samples} at {} Hz",
            values.len(),
            preprocessing.rate_hz
        ));
    }
    Ok(Recording {
        pieces,
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
                .pieces
                .iter()
                .map(|piece| piece.values.clone())
                .collect()
        };
        assert_eq!(
            values(&plain),
            [[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, -8.5]]
        );
        assert_eq!(values(&plain), values(&named));
        assert_eq!(
            (&*plain.pieces[1].name, &*named.pieces[1].name),
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
            assert_eq!((found.pieces.len(), found.rest), (2, 2));
            assert_eq!(found.pieces[1].values, [4.0, 5.0, 6.0, 7.0]);
            assert_eq!(found.pieces[1].name, "2.00 s");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, expected) in [
            ("", "holds no numbers"),
            ("a,b\n", "holds no numbers"),
            ("1\n2\n", "holds 2 values, but the model takes 4 at 2 Hz"),
            (
                "1,2,3,4\n1,2,3\n",
                "line 2: holds 3 values, but the model takes rows of 4",
            ),
            ("1,2,3,4\n1,x,3,4\n", "line 2, column 2: 'x' is no number"),
            (
                "1,2,3,4\n1,2,inf,4\n",
                "line 2, column 3: 'inf' is no number",
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
