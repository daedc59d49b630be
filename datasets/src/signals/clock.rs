//! Columns of times beside samples.

use files::{Numbers, Row};

/// Largest number of a column of times.
const MAX_TIME: f64 = 1e12;

/// Largest relative difference between a recording's rate and the model's: times in tables are rounded.
const MAX_RATE_ERROR: f64 = 0.02;

/// Checks that the samples of a recording are evenly spaced, and computes their rate.
pub(super) struct Clock {
    column: usize,
    name: String,
    per_second: f64,
    first: Option<f64>,
    last: f64,
    /// The first interval.
    interval: Option<f64>,
    count: usize,
}

impl Clock {
    /// Creates a clock for the column of times, with its name and the number of its units in a second.
    pub fn new((column, name, per_second): (usize, String, f64)) -> Self {
        Self {
            column,
            name,
            per_second,
            first: None,
            last: 0.0,
            interval: None,
            count: 0,
        }
    }

    /// Reads the time of a sample.
    ///
    /// # Errors
    /// If it is not a number, or not one interval after the one before.
    pub fn read(&mut self, row: &Row, numbers: Numbers) -> Result<(), String> {
        let place = format!("line {}, column {}", row.line(), self.column + 1);
        let time = numbers
            .parse(row.cell(self.column), MAX_TIME, "a time")
            .map_err(|reason| format!("{place}: {reason}"))?;
        if self.count > 0 {
            let step = time - self.last;
            let interval = *self.interval.get_or_insert(step);
            if step <= 0.0 {
                return Err(format!(
                    "{place}: the time {time} does not come after {}; sort the rows, each time once",
                    self.last
                ));
            }
            if step > 1.5 * interval {
                return Err(format!(
                    "{place}: {step} after the sample before, but the first two are {interval} apart: a gap; fill it in, or cut the recording there"
                ));
            }
        }
        self.first.get_or_insert(time);
        (self.last, self.count) = (time, self.count + 1);
        Ok(())
    }

    /// Checks the rate against that which a model takes, in hertz.
    ///
    /// # Errors
    /// If it is another.
    pub fn check(&self, rate_hz: f64) -> Result<(), String> {
        let Some(first) = self.first.filter(|_| self.count > 2) else {
            return Ok(());
        };
        let found = (self.count - 1) as f64 / (self.last - first) * self.per_second;
        if (found / rate_hz - 1.0).abs() <= MAX_RATE_ERROR {
            return Ok(());
        }
        Err(format!(
            "has {found:.2} samples a second by its column '{}', but the model takes {rate_hz}; resample it, or name the column by its unit, as time_s or time_ms",
            self.name
        ))
    }
}
