//! Recorded currents in CSV tables: a column of times and one of currents, in any order, whose names state the units,
//! as in `time_ms,current_nA` or `Time (ms),Current (nA)`. Other columns are ignored.

use std::path::Path;

use files::{Numbers, Row, TableError, TableFormat, TableReader, is_gap};

use super::samples::Samples;
use super::unit::Unit;
use crate::column::canonical_name;
use crate::error::{Error, Result};

/// Largest time in ms, or current, that is accepted.
const LARGEST: f64 = 1e9;

/// Units of time with their factors to ms.
const TIME_UNITS: [(&str, f64); 6] = [
    ("s", 1e3),
    ("sec", 1e3),
    ("seconds", 1e3),
    ("ms", 1.0),
    ("msec", 1.0),
    ("us", 1e-3),
];

/// Reads a recorded current and converts it to `unit`.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read, [`Error::Table`] with the line of what cannot be used: missing or wrong
/// units, gaps, times out of order.
pub fn read(path: &Path, unit: Unit) -> Result<Samples> {
    let broken = |error: TableError| Error::of_table(path, error);
    let wrong = |line: u64, reason: String| Error::table(path, format!("line {line}: {reason}"));
    let mut table = TableReader::open(path, TableFormat::default()).map_err(broken)?;
    let numbers = table.numbers();
    let mut row = Row::default();
    table.read(&mut row).map_err(broken)?;
    let columns = Columns::find(&row, unit).map_err(|reason| wrong(row.line().max(1), reason))?;
    let (mut times, mut values, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    while table.read(&mut row).map_err(broken)? {
        let line = row.line();
        let read = columns.row(&row, numbers);
        let [time, value] = read.map_err(|reason| wrong(line, reason))?;
        times.push(time);
        values.push(value);
        lines.push(line);
    }
    Samples::new(times, values).map_err(|error| match error {
        Error::Row { row, reason } => match lines.get(row - 1) {
            Some(line) => wrong(*line, reason),
            None => Error::table(path, reason),
        },
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
    fn find(header: &Row, unit: Unit) -> std::result::Result<Self, String> {
        let names: Vec<&str> = header.cells().collect();
        let only = |what: &str, is_meant: fn(&str) -> bool| {
            let meant = |index: &usize| is_meant(&canonical_name(names[*index]));
            let mut found = (0..names.len()).filter(meant);
            match (found.next(), found.next()) {
                (Some(only), None) => Ok(only),
                (Some(one), Some(other)) => Err(format!(
                    "has two columns of {what}, '{}' and '{}': leave one of them out",
                    names[one], names[other]
                )),
                (None, _) => Err(format!(
                    "no column of {what} in '{}': the header must name both with their units, as time_ms,{}",
                    names.join(","),
                    unit.column()
                )),
            }
        };
        let (time, current) = (only("time", is_time)?, only("current", is_current)?);
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
    fn row(&self, row: &Row, numbers: Numbers) -> std::result::Result<[f64; 2], String> {
        let cell = |column: &Column| {
            let Column { name, factor, .. } = column;
            let text = row.cell(column.index);
            let value = numbers.parse(text, LARGEST / factor, "a usable number");
            match (value, text) {
                (Ok(value), _) => Ok(value * factor),
                (Err(_), "") => Err(format!(
                    "'{name}' is empty: a gap; give a number in every row"
                )),
                (Err(_), text) if is_gap(text) => Err(format!(
                    "'{name}' is '{text}': a gap; give a number in every row"
                )),
                (Err(reason), _) => Err(format!("'{name}': {reason}")),
            }
        };
        Ok([cell(&self.time)?, cell(&self.current)?])
    }
}

/// Whether a column of this canonical name holds times.
fn is_time(name: &str) -> bool {
    let first = name.split('_').next().unwrap_or_default();
    ["time", "t"]
        .iter()
        .any(|time| first.eq_ignore_ascii_case(time))
}

/// Whether a column of this canonical name holds currents: it is called so, or by a unit of current.
fn is_current(name: &str) -> bool {
    let first = name.split('_').next().unwrap_or_default();
    let is_named = ["current", "i"]
        .iter()
        .any(|current| first.eq_ignore_ascii_case(current));
    // Not in any case: a column `a` is not in amperes.
    is_named || Unit::ALL.iter().any(|unit| unit.factor(name).is_some())
}

/// Returns the factor that converts a column of times to ms.
fn time_factor(name: &str) -> std::result::Result<f64, String> {
    let canonical = canonical_name(name).to_lowercase();
    let symbol = canonical.split_once('_').map(|(_, symbol)| symbol);
    let known = TIME_UNITS.iter().find(|(unit, _)| symbol == Some(unit));
    let factor = known.map(|(_, factor)| *factor);
    factor
        .ok_or_else(|| format!("'{name}' names no unit of time: call the column time_ms or time_s"))
}

/// Returns the factor that converts a column of currents to `unit`.
fn current_factor(name: &str, unit: Unit) -> std::result::Result<f64, String> {
    let canonical = canonical_name(name);
    // The unit comes last, as in current_command_pA.
    let words: Vec<&str> = canonical.split('_').collect();
    let symbols: Vec<String> = (0..words.len())
        .map(|first| words[first..].join("_"))
        .collect();
    if let Some(factor) = symbols
        .iter()
        .find_map(|symbol| unit.factor_of_any_case(symbol))
    {
        return Ok(factor);
    }
    let column = unit.column();
    let is_of_another = |unit: &Unit| {
        let mut symbols = symbols.iter();
        symbols.any(|symbol| unit.factor_of_any_case(symbol).is_some())
    };
    if Unit::ALL.iter().any(is_of_another) {
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

    #[test]
    fn names_and_numbers_are_read_as_people_write_them() {
        for header in [
            "Time_ms,Current_uA_per_cm2",
            "TIME_MS,CURRENT_UA_PER_CM2",
            "Time (ms),Current (uA/cm2)",
            "t [ms],I [\u{b5}A/cm\u{b2}]",
            "time_ms,current_\u{3bc}A_per_cm2",
            "time/ms,I_inj (uA/cm^2)",
            "\u{feff}\"time_ms\",\"uA/cm2\"",
            "time_ms,current_uA_per_cm2,comment",
        ] {
            for text in [
                format!("{header}\n0,10.5\n1,20\n"),
                format!("{header}\r\n0,10.5\r\n\r\n1,20.0\r\n"),
                format!("{header}\n0,10.5\n1,20\n")
                    .replace(',', ";")
                    .replace('.', ","),
                format!("{header}\n0,10.5\n1,20\n").replace(',', "\t"),
            ] {
                let samples = recording(&text, Unit::MicroamperesPerSquareCentimetre);
                let samples = samples.unwrap_or_else(|error| panic!("{text:?}: {error}"));
                assert_eq!(samples.values(), [10.5, 20.0], "{text:?}");
                assert_eq!(samples.times(), [0.0, 1.0], "{text:?}");
            }
        }
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
            "time_ms,current_a_uA_per_cm2,current_b_uA_per_cm2\n0,1,1\n",
            &["line 1", "two columns of current", "leave one of them out"],
        ),
        (
            "t,I\n0,1\n",
            &["line 1: 't' names no unit of time", "time_ms"],
        ),
        (
            "time_ms,current_uA_per_cm2\n0,1\n20,1\n20,10\n",
            &["line 4", "20 ms comes after 20 ms", "20 and 20.001"],
        ),
        (
            "time_ms,current_uA_per_cm2\n0,1\n\"1,000\",1\n",
            &["line 3: 'time_ms': '1,000'", "without a comma"],
        ),
        (
            "time_ms;current_uA_per_cm2\n0;1,5\n1;2.5\n",
            &["line 3: 'current_uA_per_cm2': '2.5'", "decimal comma"],
        ),
        ("ATF\t1.0\n8\t2\n", &["Axon text file", "names with units"]),
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
