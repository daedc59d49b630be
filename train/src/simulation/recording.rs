//! Recorded currents: a CSV table of times and currents whose header names the units.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use neurons::spiking::{CurrentError, Samples};

/// What a neuron takes its current in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Microamperes per square centimetre of membrane, as of Hodgkin and Huxley's axon.
    MicroamperesPerSquareCentimetre,
    /// Picoamperes, as of a whole cell.
    Picoamperes,
    /// What charges a membrane of capacitance 1 by so many mV in a ms, as in Izhikevich's model.
    MillivoltsPerMillisecond,
}

impl Unit {
    /// As people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::MicroamperesPerSquareCentimetre => "uA/cm2",
            Self::Picoamperes => "pA",
            Self::MillivoltsPerMillisecond => "mV/ms",
        }
    }

    /// As it stands in a header.
    fn column(self) -> &'static str {
        match self {
            Self::MicroamperesPerSquareCentimetre => "current_uA_per_cm2",
            Self::Picoamperes => "current_pA",
            Self::MillivoltsPerMillisecond => "current_mV_per_ms",
        }
    }

    /// The units that can be turned into it, as they stand in a header, with the factor.
    fn known(self) -> &'static [(&'static str, f64)] {
        match self {
            // 1 A/m2 is 100 uA/cm2, 1 nA/cm2 a thousandth.
            Self::MicroamperesPerSquareCentimetre => &[
                ("uA_per_cm2", 1.0),
                ("nA_per_cm2", 1e-3),
                ("mA_per_cm2", 1e3),
                ("A_per_m2", 100.0),
            ],
            Self::Picoamperes => &[("pA", 1.0), ("nA", 1e3), ("uA", 1e6), ("A", 1e12)],
            // 1 V/s is 1 mV/ms.
            Self::MillivoltsPerMillisecond => &[("mV_per_ms", 1.0), ("V_per_s", 1.0)],
        }
    }

    /// All of them.
    const ALL: [Self; 3] = [
        Self::MicroamperesPerSquareCentimetre,
        Self::Picoamperes,
        Self::MillivoltsPerMillisecond,
    ];

    /// What currents with this unit in the header are multiplied by.
    fn factor(self, named: &str) -> Result<f64> {
        let factor_of = |unit: Self| {
            let known = unit.known().iter();
            known
                .copied()
                .find(|(name, _)| *name == named.trim_start_matches("current_"))
        };
        if let Some((_, factor)) = factor_of(self) {
            return Ok(factor);
        }
        let column = self.column();
        if Self::ALL.into_iter().any(|unit| factor_of(unit).is_some()) {
            bail!(
                "'{named}' is no current of this neuron, which takes {}: {} is not known; convert the column to {column}",
                self.name(),
                match self {
                    Self::MillivoltsPerMillisecond => "the capacitance of its membrane",
                    _ => "the area of its membrane",
                }
            );
        }
        bail!("'{named}' names no unit of current: call the column {column}");
    }
}

/// What times are multiplied by to be ms.
const TIMES: [(&str, f64); 3] = [("s", 1e3), ("ms", 1.0), ("us", 1e-3)];

/// Reads a recording in this unit; a table has the columns of time and current, in any order, with their units, as
/// `time_ms,current_nA`. Columns of other names are passed over.
///
/// # Errors
/// Names the file, and the line of what cannot be used: missing or wrong units, gaps, times out of order.
pub fn read(path: &Path, unit: Unit) -> Result<Samples> {
    let file = path.display();
    let text = std::fs::read(path).with_context(|| {
        format!("{file}: cannot be read; --current names a table of time and current")
    })?;
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(&*text);
    let header = reader
        .headers()
        .with_context(|| format!("{file}: line 1: is no CSV in UTF-8"))?;
    let columns = Columns::find(header, unit).with_context(|| format!("{file}: line 1"))?;
    let (mut times, mut values, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    for record in reader.records() {
        let record = record.with_context(|| format!("{file}: is no CSV in UTF-8"))?;
        let line = record.position().map_or(0, csv::Position::line);
        let [time, value] = columns
            .row(&record)
            .with_context(|| format!("{file}: line {line}"))?;
        times.push(time);
        values.push(value);
        lines.push(line);
    }
    Samples::new(times, values).map_err(|error| match error {
        CurrentError::Row { row, wrong } => match lines.get(row - 1) {
            Some(line) => anyhow!("{file}: line {line}: {wrong}"),
            None => anyhow!("{file}: {wrong}"),
        },
        other => anyhow!("{file}: {other}"),
    })
}

/// Where time and current stand, and what they are multiplied by.
struct Columns {
    time: (usize, String, f64),
    current: (usize, String, f64),
}

impl Columns {
    fn find(header: &csv::StringRecord, unit: Unit) -> Result<Self> {
        let names: Vec<&str> = header
            .iter()
            .map(|name| name.trim_start_matches('\u{feff}'))
            .collect();
        let place = |is_it: &dyn Fn(&str) -> bool| names.iter().position(|name| is_it(name));
        let missing = |what: &str| {
            anyhow!(
                "no column of {what} in '{}': the header must name both with their units, as time_ms,{}",
                names.join(","),
                unit.column()
            )
        };
        let is_time = |name: &str| name == "time" || name.starts_with("time_");
        let is_current = |name: &str| {
            let known = Unit::ALL.into_iter().flat_map(Unit::known);
            name == "current"
                || name.starts_with("current_")
                || known.into_iter().any(|(unit, _)| *unit == name)
        };
        let time = place(&is_time).ok_or_else(|| missing("time"))?;
        let current = place(&is_current).ok_or_else(|| missing("current"))?;
        let scale = TIMES
            .iter()
            .find(|(unit, _)| names[time].strip_prefix("time_") == Some(unit));
        let Some((_, scale)) = scale else {
            bail!(
                "'{}' names no unit of time: call the column time_ms or time_s",
                names[time]
            );
        };
        Ok(Self {
            time: (time, names[time].to_owned(), *scale),
            current: (
                current,
                names[current].to_owned(),
                unit.factor(names[current])?,
            ),
        })
    }

    fn row(&self, record: &csv::StringRecord) -> Result<[f64; 2]> {
        let cell = |(place, name, scale): &(usize, String, f64)| {
            let text = record.get(*place).unwrap_or_default();
            ensure!(
                !text.is_empty(),
                "'{name}' is empty: a gap; give a number in every row"
            );
            match text.parse::<f64>() {
                Ok(value) if value.abs() * scale <= 1e9 => Ok(value * scale),
                Ok(value) if value.is_nan() => {
                    bail!("'{name}' is '{text}': a gap; give a number in every row")
                }
                _ => bail!("'{name}' is '{text}', no number that can be used"),
            }
        };
        Ok([cell(&self.time)?, cell(&self.current)?])
    }
}

#[cfg(test)]
mod tests {
    use neurons::spiking::Current;

    use super::*;

    fn recording(text: &str, unit: Unit) -> Result<Samples> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("cell.csv");
        std::fs::write(&path, text)?;
        read(&path, unit)
    }

    #[test]
    fn units_are_converted() {
        let at = |text, unit| {
            let wave = Current::Samples(recording(text, unit).unwrap()).waveform(10.0, 1);
            [0.0, 0.5, 1.0].map(|time| wave.at(time))
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
    fn errors_name_the_line() {
        let density = Unit::MicroamperesPerSquareCentimetre;
        for (text, words) in [
            ("", &["cell.csv: line 1", "no column of time"][..]),
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
        ] {
            let error = format!("{:#}", recording(text, density).unwrap_err());
            assert!(
                words.iter().all(|word| error.contains(word)),
                "{text:?}: {error}"
            );
        }
        let error = recording("time_ms,current_uA_per_cm2\n0,1\n", Unit::Picoamperes).unwrap_err();
        assert!(format!("{error:#}").contains("current_pA"), "{error:#}");
    }
}
