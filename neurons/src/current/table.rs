//! Recorded currents in CSV tables: a column of times and one of currents, in any order, whose names state the units,
//! as in `time_ms,current_nA`. Other columns are ignored.

use std::path::Path;

use csv::{Position, StringRecord};

use super::samples::Samples;
use super::unit::Unit;
use crate::error::{Error, Result};

/// Largest time in ms, or current, that is accepted.
const LARGEST: f64 = 1e9;

/// Units of time with their factors to ms.
const TIME_UNITS: [(&str, f64); 3] = [("s", 1e3), ("ms", 1.0), ("us", 1e-3)];

/// Reads a recorded current and converts it to `unit`.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read, [`Error::Table`] with the line of what cannot be used: missing or wrong
/// units, gaps, times out of order.
pub fn read(path: &Path, unit: Unit) -> Result<Samples> {
    let wrong = |reason: String| Error::table(path, reason);
    let text = std::fs::read(path).map_err(|error| Error::io("read", path, &error))?;
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(&*text);
    let header = reader
        .headers()
        .map_err(|error| wrong(format!("line 1: is not CSV in UTF-8: {error}")))?;
    let columns =
        Columns::find(header, unit).map_err(|reason| wrong(format!("line 1: {reason}")))?;
    let (mut times, mut values, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    for record in reader.records() {
        let record = record.map_err(|error| wrong(format!("is not CSV in UTF-8: {error}")))?;
        let line = record.position().map_or(0, Position::line);
        let row = columns.row(&record);
        let [time, value] = row.map_err(|reason| wrong(format!("line {line}: {reason}")))?;
        times.push(time);
        values.push(value);
        lines.push(line);
    }
    Samples::new(times, values).map_err(|error| match error {
        Error::Row { row, reason } => wrong(match lines.get(row - 1) {
            Some(line) => format!("line {line}: {reason}"),
            None => reason,
        }),
        other => other,
    })
}

/// A column, and the factor that converts its values.
struct Column {
    index: usize,
    name: String,
    factor: f64,
}

/// The columns of time and current.
struct Columns {
    time: Column,
    current: Column,
}

impl Columns {
    fn find(header: &StringRecord, unit: Unit) -> std::result::Result<Self, String> {
        let names: Vec<&str> = header
            .iter()
            .map(|name| name.trim_start_matches('\u{feff}'))
            .collect();
        let missing = |what: &str| {
            format!(
                "no column of {what} in '{}': the header must name both with their units, as time_ms,{}",
                names.join(","),
                unit.column()
            )
        };
        let is_time = |name: &&str| *name == "time" || name.starts_with("time_");
        let is_current = |name: &&str| {
            let is_unit = Unit::ALL.iter().any(|unit| unit.factor(name).is_some());
            *name == "current" || name.starts_with("current_") || is_unit
        };
        let time = (names.iter().position(is_time)).ok_or_else(|| missing("time"))?;
        let current = (names.iter().position(is_current)).ok_or_else(|| missing("current"))?;
        let column = |index: usize, factor: f64| Column {
            index,
            name: names[index].to_owned(),
            factor,
        };
        Ok(Self {
            time: column(time, time_factor(names[time])?),
            current: column(current, current_factor(names[current], unit)?),
        })
    }

    /// Returns the time in ms and the current of a row.
    fn row(&self, record: &StringRecord) -> std::result::Result<[f64; 2], String> {
        let cell = |Column {
                        index,
                        name,
                        factor,
                    }: &Column| {
            let text = record.get(*index).unwrap_or_default();
            if text.is_empty() {
                return Err(format!(
                    "'{name}' is empty: a gap; give a number in every row"
                ));
            }
            match text.parse::<f64>() {
                Ok(value) if value.abs() * factor <= LARGEST => Ok(value * factor),
                Ok(value) if value.is_nan() => Err(format!(
                    "'{name}' is '{text}': a gap; give a number in every row"
                )),
                _ => Err(format!(
                    "'{name}' is '{text}', which is not a usable number"
                )),
            }
        };
        Ok([cell(&self.time)?, cell(&self.current)?])
    }
}

/// Returns the factor that converts a column of times to ms.
fn time_factor(name: &str) -> std::result::Result<f64, String> {
    let symbol = name.strip_prefix("time_");
    let known = TIME_UNITS.iter().find(|(unit, _)| symbol == Some(unit));
    let factor = known.map(|(_, factor)| *factor);
    factor
        .ok_or_else(|| format!("'{name}' names no unit of time: call the column time_ms or time_s"))
}

/// Returns the factor that converts a column of currents to `unit`.
fn current_factor(name: &str, unit: Unit) -> std::result::Result<f64, String> {
    let symbol = name.trim_start_matches("current_");
    if let Some(factor) = unit.factor(symbol) {
        return Ok(factor);
    }
    let column = unit.column();
    if Unit::ALL.iter().any(|unit| unit.factor(symbol).is_some()) {
        let unknown = match unit {
            Unit::MillivoltsPerMillisecond => "the capacitance of its membrane",
            _ => "the area of its membrane",
        };
        return Err(format!(
            "'{name}' is not a current of this neuron, which takes {}: {unknown} is not known; convert the column to {column}",
            unit.name()
        ));
    }
    Err(format!(
        "'{name}' names no unit of current: call the column {column}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording(text: &str, unit: Unit) -> Result<Samples> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cell.csv");
        std::fs::write(&path, text).unwrap();
        read(&path, unit)
    }

    #[test]
    fn units_are_converted() {
        let at = |text, unit| {
            let samples = recording(text, unit).unwrap();
            [0.0, 0.5, 1.0].map(|time| samples.at(time))
        };
        let density = Unit::MicroamperesPerSquareCentimetre;
        assert_eq!(
            at("time_ms,current_uA_per_cm2\n0,10\n1,20\n", density),
            [10.0, 15.0, 20.0]
        );
        assert_eq!(
            at("current_nA_per_cm2,time_s\n1000,0\n3000,0.001\n", density),
            [1.0, 2.0, 3.0]
        );
        assert_eq!(
            at("sweep,time_ms,nA\n1,0,0.2\n1,1,0.4\n", Unit::Picoamperes),
            [200.0, 300.0, 400.0]
        );
    }

    /// Tables that cannot be used, with words of the message.
    const WRONG: &[(&str, &[&str])] = &[
        ("", &["cell.csv: line 1", "no column of time"]),
        (
            "0,10\n1,20\n",
            &["line 1", "'0,10'", "time_ms,current_uA_per_cm2"],
        ),
        (
            "time,current_uA_per_cm2\n0,1\n",
            &["line 1", "'time'", "time_ms"],
        ),
        (
            "time_min,current_uA_per_cm2\n0,1\n",
            &["line 1", "'time_min'"],
        ),
        (
            "time_ms,current\n0,1\n",
            &["line 1", "'current'", "current_uA_per_cm2"],
        ),
        (
            "time_ms,current_nA\n0,1\n",
            &["line 1", "'current_nA'", "area", "uA/cm2"],
        ),
        ("time_ms,current_furlongs\n0,1\n", &["'current_furlongs'"]),
        ("time_ms,voltage_mV\n0,1\n", &["no column of current"]),
        (
            "time_ms,current_uA_per_cm2\n0,1\n2,1\n1,1\n",
            &["line 4", "1 ms comes after 2 ms"],
        ),
        (
            "time_ms,current_uA_per_cm2\n0,1\n1,NaN\n",
            &["line 3", "'NaN'", "gap"],
        ),
        (
            "time_ms,current_uA_per_cm2\n0,1\n1,\n",
            &["line 3", "empty"],
        ),
        ("time_ms,current_uA_per_cm2\n0,1\n1\n", &["line 3", "empty"]),
        (
            "time_ms,current_uA_per_cm2\n0,1\n1,big\n",
            &["line 3", "'big'"],
        ),
        (
            "time_ms,current_uA_per_cm2\n0,1\n1,1e300\n",
            &["line 3", "'1e300'"],
        ),
        (
            "time_ms,current_uA_per_cm2\n0,1\n",
            &["cell.csv", "two rows"],
        ),
    ];

    #[test]
    fn errors_name_the_line() {
        let density = Unit::MicroamperesPerSquareCentimetre;
        for (text, words) in WRONG {
            let error = recording(text, density).unwrap_err().to_string();
            assert!(
                words.iter().all(|word| error.contains(word)),
                "{text:?}: {error}"
            );
        }
        let error = recording("time_ms,current_uA_per_cm2\n0,1\n", Unit::Picoamperes).unwrap_err();
        assert!(error.to_string().contains("current_pA"), "{error}");
    }
}
