//! How often a training writes checkpoints within an epoch.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// How often a checkpoint is written within an epoch; at its end, there always is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Cadence {
    /// After a time.
    Time(Duration),
    /// After a number of batches.
    Batches(usize),
}

impl Default for Cadence {
    fn default() -> Self {
        Self::Time(Duration::from_secs(5 * 60))
    }
}

impl fmt::Display for Cadence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => write!(formatter, "{}", humantime::format_duration(*time)),
            Self::Batches(batches) => write!(formatter, "{batches}"),
        }
    }
}

impl FromStr for Cadence {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let cadence = match text.parse() {
            Ok(batches) => Some(Self::Batches(batches)),
            Err(_) => humantime::parse_duration(text).ok().map(Self::Time),
        };
        cadence
            .filter(|cadence| !matches!(cadence, Self::Batches(0) | Self::Time(Duration::ZERO)))
            .ok_or_else(|| "give a time such as 5m or 30s, or a number of batches".to_owned())
    }
}

impl TryFrom<String> for Cadence {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Cadence> for String {
    fn from(cadence: Cadence) -> Self {
        cadence.to_string()
    }
}

/// Tells when the next checkpoint is due.
pub(super) struct Timer {
    cadence: Cadence,
    batches: usize,
    since: Instant,
}

impl Timer {
    pub(super) fn new(cadence: Cadence) -> Self {
        Self {
            cadence,
            batches: 0,
            since: Instant::now(),
        }
    }

    /// Counts a batch, and returns whether a checkpoint is due. While an earlier one is being written, one that is due
    /// after a time waits, and training goes on; one that is due after a number of batches does not, and training waits.
    pub(super) fn is_due(&mut self, is_busy: bool) -> bool {
        self.batches += 1;
        match self.cadence {
            Cadence::Time(time) => !is_busy && self.since.elapsed() >= time,
            Cadence::Batches(batches) => self.batches >= batches,
        }
    }

    /// Starts again after a checkpoint.
    pub(super) fn restart(&mut self) {
        *self = Self::new(self.cadence);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cadence_is_a_time_or_a_number_of_batches() {
        let read = |text: &str| text.parse::<Cadence>();
        assert_eq!(read("5m"), Ok(Cadence::default()));
        assert_eq!(read("200"), Ok(Cadence::Batches(200)));
        assert_eq!(read("90s").map(String::from), Ok("1m 30s".to_owned()));
        assert_eq!(read("1m 30s"), Ok(Cadence::Time(Duration::from_secs(90))));
        for text in ["0", "0s", "-1", "soon", ""] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_checkpoint_is_due_after_its_batches() {
        let mut timer = Timer::new(Cadence::Batches(2));
        assert_eq!([timer.is_due(false), timer.is_due(true)], [false, true]);
        timer.restart();
        assert_eq!([timer.is_due(false), timer.is_due(true)], [false, true]);
        let mut timer = Timer::new(Cadence::default());
        assert!(!timer.is_due(false));
        let mut timer = Timer::new(Cadence::Time(Duration::from_nanos(1)));
        assert_eq!([timer.is_due(true), timer.is_due(false)], [false, true]);
    }
}
