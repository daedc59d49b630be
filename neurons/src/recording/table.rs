//! Recordings in CSV tables: comment lines that begin with `#`; a header of `time_s` (or `time_ms`) and one column per
//! sweep whose name ends in `_mV`; one row per sample.

use std::path::{Path, PathBuf};

use files::{Numbers, Row, TableError, TableFormat, TableReader};

use super::clamp::CurrentClamp;
use crate::column::canonical_name;
use crate::error::{Error, Result};

/// Name of the known recording's folder in the data folder.
pub const FOLDER: &str = "ephys";

/// Name of the known recording's table.
pub const FILE: &str = "17o05028_ic_steps.csv";

/// Largest number of values that is read: 0.8 GB.
const MAX_VALUES: usize = 100_000_000;

/// Largest absolute membrane potential that is accepted, in mV.
const MAX_POTENTIAL: f64 = 1000.0;

/// Largest absolute time that is accepted, in units of its column: a year in ms is 3e10.
const MAX_TIME: f64 = 1e12;

/// Shortest sampling interval that is accepted, in ms: a thousandth of the fastest amplifier's.
const MIN_INTERVAL: f64 = 1e-6;

/// Largest relative difference between two sampling intervals: tables round their times.
const MAX_JITTER: f64 = 0.25;

/// Reads a recording from a table. In a folder, it reads the known recording, or else the only CSV file.
///
/// # Errors
/// [`Error::Io`] or [`Error::NotFound`] if there is no table to read, [`Error::Table`] with the line and the column of what cannot be used.
pub fn load(path: &Path) -> Result<CurrentClamp> {
    let path = find(path)?;
    let broken = |error: TableError| Error::of_table(&path, error);
    let format = TableFormat {
        comments: true,
        ..TableFormat::default()
    };
    let mut table = TableReader::open(&path, format).map_err(broken)?;
    let numbers = table.numbers();
    let mut row = Row::default();
    table.read(&mut row).map_err(broken)?;
    let line = row.line().max(1);
    let per_ms = check_header(&row)
        .map_err(|reason| Error::table(&path, format!("line {line}, {reason}")))?;

    let columns = row.len();
    let mut times = SamplingClock::default();
    let mut sweeps = vec![Vec::new(); columns - 1];
    let mut values = 0;
    while table.read(&mut row).map_err(broken)? {
        let line = row.line();
        let wrong = |reason: String| Error::table(&path, format!("line {line}{reason}"));
        if row.len() != columns {
            let reason = format!(" has {} columns of {columns}", row.len());
            return Err(wrong(reason));
        }
        values += sweeps.len();
        if values > MAX_VALUES {
            let reason = format!(": more than {MAX_VALUES} values; give a part of it");
            return Err(wrong(reason));
        }
        times.read(row.cell(0), numbers, per_ms).map_err(wrong)?;
        for (column, (cell, sweep)) in row.cells().skip(1).zip(&mut sweeps).enumerate() {
            let value = numbers.parse(cell, MAX_POTENTIAL, "a number of mV");
            sweep
                .push(value.map_err(|reason| wrong(format!(", column {}: {reason}", column + 2)))?);
        }
    }
    let Some(interval) = times.interval() else {
        let reason = "holds fewer than two samples; give a row for each".to_owned();
        return Err(Error::table(&path, reason));
    };
    Ok(CurrentClamp {
        name: path.display().to_string(),
        generated: false,
        rate: 1.0 / interval,
        sweeps,
    })
}

/// Checks that the samples are evenly spaced.
#[derive(Default)]
struct SamplingClock {
    first: Option<f64>,
    second: Option<f64>,
    last: f64,
    count: usize,
}

impl SamplingClock {
    /// Reads the time of the next sample; a message about column 1 if it is out of place.
    fn read(
        &mut self,
        cell: &str,
        numbers: Numbers,
        per_ms: f64,
    ) -> std::result::Result<(), String> {
        let time = numbers.parse(cell, MAX_TIME, "a time");
        let time = time.map_err(|reason| format!(", column 1: {reason}"))? / per_ms;
        if let Some(first) = self.first {
            let second = *self.second.get_or_insert(time);
            let (interval, step) = (second - first, time - self.last);
            if step <= 0.0 {
                return Err(format!(
                    ", column 1: the time {cell} does not come after the one before; sort the rows, each time once"
                ));
            }
            if interval < MIN_INTERVAL {
                return Err(format!(
                    ", column 1: {interval:e} ms after the sample before; give the times in the unit of the header"
                ));
            }
            if (step - interval).abs() > MAX_JITTER * interval {
                return Err(format!(
                    ", column 1: {step:.4} ms after the sample before, but the first two are {interval:.4} ms apart; give evenly spaced samples"
                ));
            }
        } else {
            self.first = Some(time);
        }
        (self.last, self.count) = (time, self.count + 1);
        Ok(())
    }

    /// Returns the mean time between two samples, in ms.
    fn interval(&self) -> Option<f64> {
        let first = self.first.filter(|_| self.count > 1)?;
        Some((self.last - first) / (self.count - 1) as f64)
    }
}

/// Returns the path of the table: `path` itself, or the table in the folder `path`.
fn find(path: &Path) -> Result<PathBuf> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let known = path.join(FILE);
    if known.is_file() {
        return Ok(known);
    }
    let entries = std::fs::read_dir(path).map_err(|error| Error::io("list", path, &error))?;
    let mut tables: Vec<PathBuf> = (entries.flatten().map(|entry| entry.path()))
        .filter(|path| {
            let name = path.file_name().unwrap_or_default();
            let is_hidden = name.as_encoded_bytes().starts_with(b".");
            let end = path.extension();
            path.is_file() && !is_hidden && end.is_some_and(|end| end.eq_ignore_ascii_case("csv"))
        })
        .collect();
    match (tables.pop(), tables.len()) {
        (Some(only), 0) => Ok(only),
        _ => Err(Error::NotFound(known)),
    }
}

/// Checks the header and returns the number of units of the time column per ms.
fn check_header(header: &Row) -> std::result::Result<f64, String> {
    let per_ms = match &*canonical_name(header.cell(0)).to_lowercase() {
        "time_s" | "t_s" => 1e-3,
        "time_ms" | "t_ms" => 1.0,
        _ => {
            let found = header.cell(0);
            return Err(format!("column 1: is '{found}', not time_s or time_ms"));
        }
    };
    if header.len() < 2 {
        return Err("column 2: is not there; give a column for each sweep".to_owned());
    }
    let mut columns = header.cells().enumerate().skip(1);
    let is_potential = |name: &str| {
        let name = canonical_name(name).to_lowercase();
        name.ends_with("_mv") || name == "mv"
    };
    match columns.find(|(_, name)| !is_potential(name)) {
        Some((column, name)) => Err(format!(
            "column {}: is '{name}', which does not end in _mV: give the membrane potential in mV",
            column + 1
        )),
        None => Ok(per_ms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: impl AsRef<[u8]>) -> Result<CurrentClamp> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cell.csv");
        std::fs::write(&path, text).unwrap();
        load(&path)
    }

    #[test]
    fn sweeps_are_columns() {
        let seconds = "# a comment\ntime_s,sweep0_mV,sweep1_mV\n0.0000,-70.5,1\n0.0001,-70,2\n0.0002,-69.5,3\n";
        let ms = "time_ms,a_mV,b_mV\r\n0,-70.5,1\r\n0.1,-70,2\r\n0.2,-69.5,3\r\n";
        let german = ms
            .replace(',', ";")
            .replace('.', ",")
            .replace("_mV", " (mV)");
        let utf16: Vec<u8> = format!("\u{feff}{}", ms.replace(',', "\t"))
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        for text in [seconds.as_bytes(), ms.as_bytes(), german.as_bytes(), &utf16] {
            let found = read(text).unwrap();
            assert!((found.rate - 10.0).abs() < 1e-9);
            assert_eq!(found.sweeps, [[-70.5, -70.0, -69.5], [1.0, 2.0, 3.0]]);
            assert!((found.duration() - 0.3).abs() < 1e-12);
            assert_eq!(found.between(0, [0.1, 0.2]), [-70.0]);
            assert_eq!(found.between(1, [0.05, 9.0]), [2.0, 3.0]);
            assert!(!found.is_continuous(70.0) && found.is_continuous(70.6));
            assert!(!found.generated);
        }
    }

    #[test]
    fn errors_name_the_line_and_the_column() {
        for (text, expected) in [
            ("", "line 1, column 1: is ''"),
            (
                "# x\ntime,a_mV\n",
                "line 2, column 1: is 'time', not time_s or time_ms",
            ),
            ("time_s\n0\n", "line 1, column 2: is not there"),
            (
                "time_s,a_mV,b_pA\n",
                "line 1, column 3: is 'b_pA', which does not end in _mV",
            ),
            ("time_s,a_mV\n", "fewer than two samples"),
            ("time_s,a_mV\n0,1\n", "fewer than two samples"),
            (
                "time_s,a_mV\n0,1\n0.1,x\n",
                "line 3, column 2: 'x' is not a number of mV",
            ),
            (
                "time_s,a_mV\n0,1\n0.1,NaN\n",
                "line 3, column 2: 'NaN' is a gap",
            ),
            (
                "time_s,a_mV\n0,1\n0.1,2\n\n0.3,2\n",
                "line 5, column 1: 200.0000 ms after",
            ),
            (
                "time_s,a_mV\n0,1\n#N/A,2\n0.2,2\n",
                "line 3: begins with #N/A",
            ),
            ("time_s,a_mV\n0,1\n0.1,2000\n", "line 3, column 2: '2000'"),
            (
                "time_s,a_mV,b_mV\n0,1,2\n0.1,1\n",
                "line 3 has 2 columns of 3",
            ),
            (
                "time_s,a_mV\n0,1\nsoon,2\n",
                "line 3, column 1: 'soon' is not a time",
            ),
            (
                "time_s,a_mV\n0,1\n0,2\n",
                "line 3, column 1: the time 0 does not come after",
            ),
            (
                "time_ms,a_mV\n0,1\n1e-300,2\n2e-300,3\n",
                "line 3, column 1: 1e-300 ms after the sample before",
            ),
            // In ms it would be infinite.
            (
                "time_s,a_mV\n1e308,1\n1.1e308,2\n",
                "line 2, column 1: '1e308' is not a time",
            ),
            (
                "#\ntime_s,a_mV\n0,1\n1,2\n5,2\n",
                "line 5, column 1: 4000.0000 ms after",
            ),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text:?}: {error}");
        }
        assert!(
            load(Path::new("/nowhere.csv"))
                .unwrap_err()
                .to_string()
                .contains("cannot read")
        );
        let folder = tempfile::tempdir().unwrap();
        let error = load(folder.path()).unwrap_err().to_string();
        assert!(
            error.contains("17o05028_ic_steps.csv: no such recording"),
            "{error}"
        );
    }
}
