//! How far a training has come: what a checkpoint holds beside the tensors.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::clipping::Norms;
use super::history::Epoch;

/// Burn's name of the learning rate.
pub(super) const LEARNING_RATE: &str = "Learning Rate";

/// A moment of a training, between two steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// Number of finished epochs.
    pub epochs: usize,
    /// Number of batches of the next epoch that the network has learnt from.
    pub batches: usize,
}

impl Position {
    /// Returns the number of steps up to here; an epoch has `batches`.
    pub fn steps(self, batches: usize) -> usize {
        self.epochs * batches + self.batches
    }

    /// Returns the end of an epoch, counted from 1.
    pub fn end_of(epoch: usize) -> Self {
        Self {
            epochs: epoch,
            batches: 0,
        }
    }
}

/// Formats a position as the name of its checkpoint: `epoch-3`, or `epoch-3-batch-120` within the fourth epoch.
impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "epoch-{}", self.epochs)?;
        match self.batches {
            0 => Ok(()),
            batches => write!(formatter, "-batch-{batches}"),
        }
    }
}

impl FromStr for Position {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        let numbers = name.strip_prefix("epoch-").ok_or(())?;
        let (epochs, batches) = numbers.split_once("-batch-").unwrap_or((numbers, "0"));
        let number = |text: &str| text.parse().map_err(|_| ());
        Ok(Self {
            epochs: number(epochs)?,
            batches: number(batches)?,
        })
    }
}

/// The history of a training up to a position.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Finished epochs.
    pub epochs: Vec<Epoch>,
    /// Metrics over the batches so far of the next epoch, by Burn's name.
    pub metrics: Vec<(String, RunningMean)>,
    /// Number of batches of an epoch; 0 if unknown, as in the first versions.
    #[serde(default)]
    pub batches: usize,
    /// Norms of the gradients of these batches.
    pub norms: Norms,
    /// Seconds that these batches took.
    pub seconds: f64,
}

/// A mean over batches, weighted by their sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunningMean {
    /// Sum of the values, each times its weight.
    pub sum: f64,
    /// Sum of the weights.
    pub weight: f64,
    /// Value of the last batch.
    pub last: f64,
    /// Number of batches.
    pub batches: usize,
}

impl RunningMean {
    /// Adds the value of a batch.
    pub fn add(&mut self, value: f64, weight: f64) {
        self.batches += 1;
        self.sum += value * weight;
        self.weight += weight;
        self.last = value;
    }

    /// Returns the mean; `NaN` without a batch.
    pub fn value(&self) -> f64 {
        if self.weight > 0.0 {
            self.sum / self.weight
        } else {
            f64::NAN
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_named_and_ordered() {
        let within = Position {
            epochs: 3,
            batches: 120,
        };
        let names = [Position::end_of(3), within, Position::end_of(10)];
        assert!(names.is_sorted());
        for (position, name) in names
            .iter()
            .zip(["epoch-3", "epoch-3-batch-120", "epoch-10"])
        {
            assert_eq!(position.to_string(), name);
            assert_eq!(name.parse(), Ok(*position));
        }
        for name in [
            "epoch-3.partial",
            "epoch-",
            "epoch-3-batch-",
            "3",
            "epoch-3-batch-1.old",
        ] {
            assert_eq!(name.parse::<Position>(), Err(()), "{name}");
        }
    }

    #[test]
    fn a_mean_is_weighted() {
        let mut mean = RunningMean::default();
        assert!(mean.value().is_nan());
        mean.add(1.0, 3.0);
        mean.add(5.0, 1.0);
        assert_eq!((mean.value(), mean.last, mean.batches), (2.0, 5.0, 2));
    }
}
