//! Recorded currents.

use crate::error::{Error, Result};

/// A recorded current: linear between its rows, 0 before the first and after the last.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    times: Vec<f64>,
    values: Vec<f64>,
}

impl Samples {
    /// Creates a recording from strictly increasing times in ms and the current at each.
    ///
    /// # Errors
    /// [`Error::Row`] with the first row (counted from 1) that is out of order or not finite, or if there are fewer than
    /// two rows.
    pub fn new(times: Vec<f64>, values: Vec<f64>) -> Result<Self> {
        let row = |row, reason| Err(Error::Row { row, reason });
        if times.len() != values.len() || times.len() < 2 {
            let reason = "the recording ends; give at least two rows of time and current";
            return row(times.len().min(values.len()) + 1, reason.to_owned());
        }
        for (number, (time, value)) in times.iter().zip(&values).enumerate() {
            if !time.is_finite() || !value.is_finite() {
                let reason =
                    format!("time {time}, current {value}: a gap; give a number in every row");
                return row(number + 1, reason);
            }
            if number > 0 && *time <= times[number - 1] {
                let before = times[number - 1];
                let jump = if *time == before {
                    format!("; for a jump, write {time} and {} ms", time + 1e-3)
                } else {
                    String::new()
                };
                let reason = format!(
                    "the time {time} ms comes after {before} ms; sort the rows, each time once{jump}"
                );
                return row(number + 1, reason);
            }
        }
        Ok(Self { times, values })
    }

    /// Returns the times in ms.
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// Returns the currents.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Returns the time of the first row in ms.
    pub fn start(&self) -> f64 {
        self.times.first().copied().unwrap_or_default()
    }

    /// Returns the time of the last row in ms.
    pub fn end(&self) -> f64 {
        self.times.last().copied().unwrap_or_default()
    }

    /// Returns the current at a time in ms.
    pub fn at(&self, time: f64) -> f64 {
        let after = self.times.partition_point(|row| *row <= time);
        match (after.checked_sub(1), self.times.get(after)) {
            (None, _) => 0.0,
            (Some(last), None) if self.times[last] == time => self.values[last],
            (Some(_), None) => 0.0,
            (Some(before), Some(_)) => {
                let share = (time - self.times[before]) / (self.times[after] - self.times[before]);
                self.values[before] + share * (self.values[after] - self.values[before])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_interpolated_linearly() {
        let samples = Samples::new(vec![1.0, 2.0, 4.0], vec![0.0, 10.0, -10.0]).unwrap();
        let at = [0.5, 1.0, 1.25, 2.0, 3.0, 4.0, 4.1].map(|time| samples.at(time));
        assert_eq!(at, [0.0, 0.0, 2.5, 10.0, 0.0, -10.0, 0.0]);
        assert_eq!((samples.end(), samples.times().len()), (4.0, 3));
    }

    #[test]
    fn rows_that_cannot_be_used_are_named() {
        for (times, values, row, word) in [
            (vec![0.0], vec![1.0], "row 2", "two rows"),
            (
                vec![0.0, 2.0, 1.0],
                vec![1.0; 3],
                "row 3",
                "1 ms comes after 2 ms",
            ),
            (vec![0.0, 0.0], vec![1.0; 2], "row 2", "each time once"),
            (vec![0.0, 1.0], vec![1.0, f64::NAN], "row 2", "gap"),
        ] {
            let error = Samples::new(times, values).unwrap_err().to_string();
            assert!(error.contains(row) && error.contains(word), "{error}");
        }
    }
}
