//! Recordings in CSV tables: comment lines that begin with `#`; a header of `time_s` (or `time_ms`) and one column per
//! sweep whose name ends in `_mV`; one row per sample.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use csv::StringRecord;

use super::clamp::CurrentClamp;
use crate::error::{Error, Result};

/// Name of the known recording's folder in the data folder.
pub const FOLDER: &str = "ephys";

/// Name of the known recording's table.
pub const FILE: &str = "17o05028_ic_steps.csv";

/// Largest number of values that is read: 0.8 GB.
const MAX_VALUES: usize = 100_000_000;

/// Largest absolute membrane potential that is accepted, in mV.
const MAX_POTENTIAL: f64 = 1000.0;

/// Largest relative difference between two sampling intervals: tables round their times.
const MAX_JITTER: f64 = 0.25;

/// Reads a recording from a table. In a folder, it reads the known recording, or else the only CSV file.
///
/// # Errors
/// [`Error::Io`] or [`Error::NotFound`] if there is no table to read, [`Error::Table`] with the line and the column of what cannot be used.
pub fn load(path: &Path) -> Result<CurrentClamp> {
    let path = find(path)?;
    let file = File::open(&path).map_err(|error| Error::io("read", &path, &error))?;
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(BufReader::new(file));
    let broken = |error: csv::Error| Error::table(&path, format!("not a CSV table: {error}"));
    let header = reader.headers().map_err(broken)?.clone();
    // The position of a record is that of the comment above it.
    let line = reader.position().line().saturating_sub(1).max(1);
    let per_ms = check_header(&header)
        .map_err(|reason| Error::table(&path, format!("line {line}, {reason}")))?;

    let mut times = SamplingClock::default();
    let mut sweeps = vec![Vec::new(); header.len() - 1];
    let (mut row, mut values) = (StringRecord::new(), 0);
    while reader.read_record(&mut row).map_err(broken)? {
        let line = reader.position().line().saturating_sub(1);
        let wrong = |reason: String| Error::table(&path, format!("line {line}{reason}"));
        if row.len() != header.len() {
            let reason = format!(" has {} columns of {}", row.len(), header.len());
            return Err(wrong(reason));
        }
        values += sweeps.len();
        if values > MAX_VALUES {
            let reason = format!(": more than {MAX_VALUES} values; give a part of it");
            return Err(wrong(reason));
        }
        times.read(&row[0], per_ms).map_err(wrong)?;
        for (column, (cell, sweep)) in row.iter().skip(1).zip(&mut sweeps).enumerate() {
            let value = cell.parse::<f64>().ok();
            let value = value
                .filter(|value| value.abs() <= MAX_POTENTIAL)
                .ok_or_else(|| {
                    wrong(format!(
                        ", column {}: '{cell}' is not a number of mV",
                        column + 2
                    ))
                })?;
            sweep.push(value);
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
    fn read(&mut self, cell: &str, per_ms: f64) -> std::result::Result<(), String> {
        let time = cell.parse::<f64>().ok().filter(|time| time.is_finite());
        let time = time.ok_or_else(|| format!(", column 1: '{cell}' is not a time"))? / per_ms;
        if let Some(first) = self.first {
            let second = *self.second.get_or_insert(time);
            let (interval, step) = (second - first, time - self.last);
            if step <= 0.0 {
                return Err(format!(
                    ", column 1: the time {cell} does not come after the one before; sort the rows, each time once"
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
            let end = path.extension();
            path.is_file() && end.is_some_and(|end| end.eq_ignore_ascii_case("csv"))
        })
        .collect();
    match (tables.pop(), tables.len()) {
        (Some(only), 0) => Ok(only),
        _ => Err(Error::NotFound(known)),
    }
}

/// Checks the header and returns the number of units of the time column per ms.
fn check_header(header: &StringRecord) -> std::result::Result<f64, String> {
    let per_ms = match header.get(0) {
        Some("time_s") => 1e-3,
        Some("time_ms") => 1.0,
        other => {
            let found = other.unwrap_or("");
            return Err(format!("column 1: is '{found}', not time_s or time_ms"));
        }
    };
    if header.len() < 2 {
        return Err("column 2: is not there; give a column for each sweep".to_owned());
    }
    let mut columns = header.iter().enumerate().skip(1);
    match columns.find(|(_, name)| !name.ends_with("_mV")) {
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

    fn read(text: &str) -> Result<CurrentClamp> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cell.csv");
        std::fs::write(&path, text).unwrap();
        load(&path)
    }

    #[test]
    fn sweeps_are_columns() {
        let seconds = "# a comment\ntime_s,sweep0_mV,sweep1_mV\n0.0000,-70.5,1\n0.0001,-70,2\n0.0002,-69.5,3\n";
        let ms = "time_ms,a_mV,b_mV\r\n0,-70.5,1\r\n0.1,-70,2\r\n0.2,-69.5,3\r\n";
        for text in [seconds, ms] {
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
            ("time_s,a_mV\n0,1\n0.1,NaN\n", "line 3, column 2: 'NaN'"),
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
