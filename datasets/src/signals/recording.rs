//! Recordings in CSV tables from anywhere: a segment in each row, or one long recording.

use std::io::Read;
use std::ops::Range;

use files::{Numbers, Row, TableFormat, TableReader, is_gap};

use super::clock::Clock;
use super::layout::{self, Layout};
use super::preprocessing::SignalPreprocessing;
use super::units::{MAX_MICROVOLTS, MICROVOLTS};

/// Maximum number of values of a file.
const MAX_VALUES: usize = 100_000_000;

/// Largest value of a recording, in volts, below which its unit is taken for volts: an EEG of 10 mV does not exist.
const MAX_VOLTS: f32 = 0.01;

/// Largest value of a recording, in millivolts, below which its unit is taken for millivolts: an EEG that stays below 5
/// microvolts is as good as flat.
const MAX_MILLIVOLTS: f32 = 5.0;

/// Describes a gap in a continuous recording.
const GAP: &str = "a gap in the recording: closing it would shift what follows; fill it in, or cut the recording there";

/// The contents of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// Segments of the length of a network's input.
    pub segments: Vec<Segment>,
    /// Whether the segments follow each other in one recording.
    pub is_continuous: bool,
    /// Number of values at the end of a continuous recording that do not fill a segment.
    pub rest: usize,
    /// What the reader took for granted, for the user to check.
    pub notes: Vec<String>,
}

/// A segment of a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// Name in the table, or "line 3", or the time at which it starts, as in "2.05 s".
    pub name: String,
    /// The values.
    pub values: Vec<f32>,
}

/// Reads a table of rows of `samples` numbers, with an optional line of column names. Columns of names, of times and of
/// classes are left out where the header or the cells identify them, as in the UCI table. Numbers in a single column or a
/// single row are cut into segments.
///
/// # Errors
/// A description of what is wrong, with the line and the column. A gap in a recording is an error: closing it would shift
/// what follows.
pub fn read(table: impl Read, preprocessing: &SignalPreprocessing) -> Result<Recording, String> {
    let format = TableFormat {
        comments: true,
        white_space: true,
    };
    let mut table = TableReader::new(table, format).map_err(|error| error.to_string())?;
    let numbers = table.numbers();
    let (mut first, mut second) = (Row::default(), Row::default());
    let is_there = read_row(&mut table, &mut first)?;
    let has_second = is_there && read_row(&mut table, &mut second)?;
    let nothing = || "holds no numbers; give microvolts, as CSV".to_owned();
    let header = is_there && layout::is_header(&first, has_second.then_some(&second), numbers);
    if !is_there || header && !has_second {
        return Err(nothing());
    }
    let (header, mut row, mut next) = match header {
        true => (Some(first), second, None),
        false => (None, first, has_second.then_some(second)),
    };
    let layout = Layout::find(header.as_ref(), &row, preprocessing.samples, numbers)?;
    let mut rows = Rows {
        numbers,
        preprocessing,
        clock: layout.time.clone().map(Clock::new),
        layout,
        values: Vec::new(),
        names: Vec::new(),
    };
    loop {
        rows.push(&row)?;
        match next.take() {
            Some(second) => row = second,
            None if read_row(&mut table, &mut row)? => {}
            None => break,
        }
    }
    let mut recording = rows.finish(header.as_ref())?;
    recording.notes.extend(unit_note(&recording));
    if let Some(header) = header
        && layout::is_numeric(&header, numbers)
    {
        let line = header.line();
        let note = format!("the numbers of line {line} count, and were taken for names of columns");
        recording.notes.push(note);
    }
    Ok(recording)
}

fn read_row(table: &mut TableReader, row: &mut Row) -> Result<bool, String> {
    table.read(row).map_err(|error| error.to_string())
}

/// Rows of numbers, one after the other.
struct Rows<'a> {
    numbers: Numbers,
    preprocessing: &'a SignalPreprocessing,
    layout: Layout,
    clock: Option<Clock>,
    values: Vec<f32>,
    /// Name of each row, if rows are segments.
    names: Vec<String>,
}

impl Rows<'_> {
    /// Returns the number of samples in a row.
    fn width(&self) -> usize {
        self.layout.samples.len()
    }

    /// Appends a row.
    fn push(&mut self, row: &Row) -> Result<(), String> {
        let line = row.line();
        let Range { start, end } = self.layout.samples;
        let is_column = self.is_column();
        if let Some(blank) = row.blank_before()
            && is_column
            && !self.values.is_empty()
        {
            return Err(format!("line {blank}: is blank: {GAP}"));
        }
        let surplus = row
            .cells()
            .skip(self.layout.width)
            .any(|cell| !cell.is_empty());
        if surplus || row.len() < end {
            let others = self.layout.width - self.width();
            let found = row.len().saturating_sub(others);
            return Err(self.wrong_width(&format!("line {line}"), found));
        }
        if let Some(clock) = &mut self.clock {
            clock.read(row, self.numbers)?;
        }
        for column in start..end {
            let cell = row.cell(column);
            let value = self.numbers.parse(cell, MAX_MICROVOLTS, MICROVOLTS);
            self.values.push(value.map_err(|reason| match is_gap(cell) {
                true if is_column => {
                    format!("line {line}, column {}: '{cell}' is {GAP}", column + 1)
                }
                _ => format!("line {line}, column {}: {reason}", column + 1),
            })?);
        }
        if self.values.len() > MAX_VALUES {
            return Err(format!(
                "line {line}: more than {MAX_VALUES} values; give a part of it"
            ));
        }
        if !is_column {
            let name = self.layout.name.map_or("", |column| row.cell(column));
            self.names.push(match name {
                "" => format!("line {line}"),
                name => name.to_owned(),
            });
        }
        Ok(())
    }

    /// Whether the table is one recording in a single column.
    fn is_column(&self) -> bool {
        self.width() == 1 && self.preprocessing.samples > 1
    }

    /// Makes segments of the rows.
    fn finish(self, header: Option<&Row>) -> Result<Recording, String> {
        let (width, samples) = (self.width(), self.preprocessing.samples);
        if let Some(clock) = &self.clock {
            clock.check(self.preprocessing.rate_hz)?;
        }
        if self.is_column() || self.names.len() == 1 && width > samples {
            return cut(&self.values, self.preprocessing);
        }
        if width != samples {
            let first = self.names.first().map_or("", String::as_str);
            let mut reason = self.wrong_width(first, width);
            if self.names.len() == samples {
                reason += "; it has as many rows: if each column is a piece, transpose the table";
            } else if width == 2 && header.is_none() {
                reason += "; if each line is one number with a decimal comma, write decimal points";
            }
            return Err(reason);
        }
        if let [only] = &self.names[..]
            && self.layout.width > width
            && self.layout.name.is_none()
        {
            return Err(format!(
                "{only}: is a single row of {} numbers, of which {samples} are samples by their names; leave the others out",
                self.layout.width
            ));
        }
        let values = self.values.chunks_exact(samples);
        let segment = |(name, values): (String, &[f32])| Segment {
            name,
            values: values.to_vec(),
        };
        Ok(Recording {
            segments: self.names.into_iter().zip(values).map(segment).collect(),
            is_continuous: false,
            rest: 0,
            notes: Vec::new(),
        })
    }

    fn wrong_width(&self, row: &str, found: usize) -> String {
        let samples = self.preprocessing.samples;
        format!(
            "{row}: holds {found} values, but the model takes rows of {samples}, or one recording in a single column"
        )
    }
}

/// Says so if the values are so small that they can hardly be microvolts.
fn unit_note(recording: &Recording) -> Option<String> {
    let values = recording
        .segments
        .iter()
        .flat_map(|segment| &segment.values);
    let largest = values.fold(0.0, |largest: f32, value| largest.max(value.abs()));
    let unit = match largest {
        0.0 => return None,
        _ if largest < MAX_VOLTS => "volts",
        _ if largest < MAX_MILLIVOLTS => "millivolts",
        _ => return None,
    };
    Some(format!(
        "no value is larger than {largest}: these look like {unit}, but the model takes microvolts; convert them"
    ))
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
        notes: Vec::new(),
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

    /// A table with `count` samples in a row, and a header above it.
    fn wide(header: &str, row: &str, count: usize) -> Result<Recording, String> {
        let preprocessing = SignalPreprocessing {
            samples: count,
            ..FOUR
        };
        read(
            format!("{header}\n{row}\n{row}\n").as_bytes(),
            &preprocessing,
        )
    }

    fn joined(cells: impl Iterator<Item = impl ToString>) -> String {
        let cells: Vec<String> = cells.map(|cell| cell.to_string()).collect();
        cells.join(",")
    }

    #[test]
    fn a_long_recording_is_cut() {
        for text in [
            "0,1,2,3,4,5,6,7,8,9",
            "S001,0,1,2,3,4,5,6,7,8,9",
            "S001,0,1,2,3,4,5,6,7,8,9,seizure\n",
            "value\n0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n\n\n",
            "\u{feff}value\r\n0,0\r\n1,0\r\n2\r\n3,00\r\n4\r\n5\r\n6\r\n7\r\n8\r\n9\r\n",
            "# microvolts\n 0.0\n 1.0\n2\n3\n4\n5\n6\n7\n8\n9\n",
            "time_s,uV\n0.0,0\n0.5,1\n1.0,2\n1.5,3\n2.0,4\n2.5,5\n3.0,6\n3.5,7\n4.0,8\n4.5,9\n",
            "t (ms);uV\n0;0\n500;1\n1000;2\n1500;3\n2000;4\n2500;5\n3000;6\n3500;7\n4000;8\n4500;9\n",
            ",uV\n0,0\n1,1\n2,2\n3,3\n4,4\n5,5\n6,6\n7,7\n8,8\n9,9\n",
        ] {
            let found = read_text(text).unwrap();
            assert!(found.is_continuous, "{text:?}");
            assert_eq!((found.segments.len(), found.rest), (2, 2), "{text:?}");
            assert_eq!(found.segments[1].values, [4.0, 5.0, 6.0, 7.0]);
            assert_eq!(found.segments[1].name, "2.00 s");
        }
    }

    #[test]
    fn columns_are_found_by_their_names() {
        let plain = vec![vec![1.0, 2.0, 3.0, 40.0]; 2];
        for text in [
            "1,2,3,40\n1,2,3,40\n",
            "1 2  3 40\n1 2\t3 40\n",
            "1,0;2;3;40\n1;2,0;3;40\n",
            "y,a,b,c,d\n1,1,2,3,40\n0,1,2,3,40\n",
            "Unnamed: 0,name,a,b,c,d,y\n0,x,1,2,3,40,1\n1,z,1,2,3,40,5\n",
            "a,b,c,d,class\n1,2,3,40,seizure\n1,2,3,40,rest\n",
            "id,a,b,c,d\n7,1,2,3,40\n9,1,2,3,40\n",
            "X1.V1.9,1,2,3,40,5\nX2.V1.9,1,2,3,40,1\n",
            "1,2,3,40,seizure\n1,2,3,40,rest\n",
        ] {
            let found = read_text(text).unwrap();
            let values: Vec<_> = found.segments.into_iter().map(|s| s.values).collect();
            assert_eq!(values, plain, "{text:?}");
        }
    }

    /// pandas numbers columns without names, and a pivoted table has times as names.
    #[test]
    fn a_line_of_counting_numbers_is_a_header() {
        let row = joined((0..20).map(|at| (at * 7) % 20));
        for header in [
            joined(0..20),
            joined(1..=20),
            joined((1..=20).map(|at| format!("x_{at}"))),
            joined((0..20).map(|at| format!("{:.4}", f64::from(at) / 173.61))),
        ] {
            let found = wide(&header, &row, 20).unwrap();
            assert_eq!(found.segments.len(), 2, "{header}");
            assert_eq!(found.segments[0].values[..3], [0.0, 7.0, 14.0]);
            let is_noted = found.notes.iter().any(|note| note.contains("line 1 count"));
            assert_eq!(is_noted, !header.starts_with('x'), "{header}");
            // With an index in front and a class behind.
            let found = wide(&format!(",{header},y"), &format!("3,{row},1"), 20).unwrap();
            assert_eq!(found.segments[1].values[..3], [0.0, 7.0, 14.0], "{header}");
        }
        // A wave that rises within a recording is none.
        let wave = joined((0..17).chain([5, 5, 5, 1, 9, 3]));
        assert_eq!(wide(&wave, &wave, 23).unwrap().segments.len(), 3);
    }

    /// No column comes after the one with the largest number.
    #[test]
    fn columns_of_any_number_are_read() {
        let header = format!("X{},X0,X1,X2", u64::MAX);
        let found = read_text(&format!("{header}\n1,2,3,4\n5,6,7,8\n")).unwrap();
        assert_eq!(found.segments.len(), 2);
    }

    #[test]
    fn what_may_be_a_class_or_a_counter_is_refused() {
        for (text, words) in [
            ("1,2,3,4,5\n1,2,3,4,5\n", "line 1: has 5 numbers"),
            ("1,2,3,4,5\n", "leave out the counter"),
            ("0,1,2,3,4,5\n", "name the columns X1 to X4"),
            ("a,b\n1,2\n3,4\n", "holds 2 values"),
            ("1,5\n2,5\n", "decimal comma"),
            ("a,y,b\n1,2,3\n", "line 1: other columns stand between"),
            ("1,2\n3,4\n5,6\n7,8\n", "transpose"),
        ] {
            let error = read_text(text).unwrap_err();
            assert!(error.contains(words), "{text:?}: {error}");
        }
        let header = joined((1..=20).map(|at| format!("X{at}"))) + ",y";
        let table = format!("{header}\n{}\n", joined(1..=21));
        let preprocessing = SignalPreprocessing {
            samples: 20,
            ..FOUR
        };
        let error = read(table.as_bytes(), &preprocessing).unwrap_err();
        assert!(
            error.contains("line 2: is a single row of 21 numbers"),
            "{error}"
        );
    }

    #[test]
    fn gaps_are_refused_with_their_line() {
        for (text, words) in [
            ("1\n2\n\n4\n5\n", "line 3: is blank: a gap"),
            ("1\n2\n  \n4\n5\n", "line 3: is blank: a gap"),
            ("v\n1\n\"\"\n4\n5\n6\n", "line 3: is blank: a gap"),
            ("v\r\n1\r\n\r\n4\r\n5\r\n6", "line 3: is blank: a gap"),
            ("1\nNaN\n3\n4\n", "line 2, column 1: 'NaN' is a gap"),
            ("NA\n2\n3\n4\n", "line 1, column 1: 'NA' is a gap"),
            ("#N/A\n2\n3\n4\n", "line 1: begins with #N/A"),
            ("1,2,,4\n1,2,3,4\n", "line 1, column 3: '' is a gap"),
            ("1,2,3,4\n1,2,null,4\n", "line 2, column 3: 'null' is a gap"),
            ("t,v\n0,1\n0.5,\n1,2\n", "line 3, column 2: '' is a gap"),
            (
                "t,v\n0,1\n0.5,2\n1.5,2\n",
                "line 4, column 1: 1 after the sample before",
            ),
            (
                "t,v\n0,1\n0.5,2\n0.5,2\n",
                "line 4, column 1: the time 0.5 does not come",
            ),
        ] {
            let error = read_text(text).unwrap_err();
            assert!(error.contains(words), "{text:?}: {error}");
        }
        // Rows are no recording: blank lines between them are no gap.
        assert_eq!(read_text("1,2,3,4\n\n1,2,3,4\n").unwrap().segments.len(), 2);
    }

    #[test]
    fn units_and_rates_are_checked_where_they_show() {
        let volts = read_text("0.0001,-0.0002,0.0003,0.0001\n").unwrap();
        assert!(
            volts.notes[0].contains("look like volts"),
            "{:?}",
            volts.notes
        );
        let millivolts = read_text("0.1,-0.2,0.3,0.1\n").unwrap();
        assert!(
            millivolts.notes[0].contains("millivolts"),
            "{:?}",
            millivolts.notes
        );
        assert_eq!(read_text("0,0,0,0\n1,60,3,4\n").unwrap().notes, [""; 0]);
        let error = read_text("time_s,v\n0,1\n0.25,2\n0.5,3\n0.75,2\n").unwrap_err();
        assert!(error.contains("has 4.00 samples a second"), "{error}");
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
        let error = read(&[b'\n', 0xFF, b'\n'][..], &FOUR).unwrap_err();
        assert!(error.contains("line 2: not a CSV table"), "{error}");
    }
}
