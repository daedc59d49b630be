//! Current-clamp recordings of single neurons: what the membrane of a cell does while known currents flow in.
//!
//! - [`table`]: sweeps as a CSV table
//! - [`protocol`]: the currents of every sweep, which the table does not hold
//! - [`spikes`]: when the cell fires
//! - [`passive`]: rest, input resistance and time constant
//!
//! Times are in ms, voltages in mV, currents in pA, so resistances are in GOhm.
//!
//! The recording that is known is `17o05028_ic_steps`, of the test data of pyABF (Scott W Harden, MIT licence,
//! <https://github.com/swharden/pyABF>): 16 sweeps of 3 s. Its protocol is [`Protocol::dual_steps`]. Its sweeps follow
//! each other without a gap: the last sample of each and the first of the next differ by less than 0.1 mV.

pub mod passive;
pub mod protocol;
pub mod spikes;
pub mod table;

pub use passive::{Passive, Relaxation};
pub use protocol::{Epoch, Protocol};
pub use spikes::{Detector, Spike};

/// Where the recording lies in the folder of data.
pub const FOLDER: &str = "ephys";

/// Its name there.
pub const FILE: &str = "17o05028_ic_steps.csv";

/// Sweeps of one cell, all of one length.
#[derive(Clone, Debug, PartialEq)]
pub struct CurrentClamp {
    /// Where it is from.
    pub name: String,
    /// Whether a simulated cell stands in for a real one.
    pub generated: bool,
    /// Samples per ms.
    pub rate: f64,
    /// The membrane potential in mV: a list for each sweep.
    pub sweeps: Vec<Vec<f64>>,
}

impl CurrentClamp {
    /// How long a sweep is, in ms.
    pub fn duration(&self) -> f64 {
        self.sweeps.first().map_or(0, Vec::len) as f64 / self.rate
    }

    /// The samples of a sweep from the first time up to, but not at, the second, in ms.
    pub fn between(&self, sweep: usize, [from, until]: [f64; 2]) -> &[f64] {
        let samples = self.sweeps.get(sweep).map_or(&[][..], Vec::as_slice);
        // The first sample at or after a time; what is late by rounding only is at it.
        let place =
            |time: f64| ((time * self.rate - 1e-6).ceil().max(0.0) as usize).min(samples.len());
        let (from, until) = (place(from), place(until));
        samples.get(from..until).unwrap_or(&[])
    }

    /// The sweeps one after the other, if they follow each other without a gap: where each begins less than
    /// `largest_jump` mV from where the one before ended.
    pub fn is_continuous(&self, largest_jump: f64) -> bool {
        self.sweeps.windows(2).all(|pair| {
            let ends = pair[0].last().zip(pair[1].first());
            ends.is_some_and(|(end, start)| (start - end).abs() < largest_jump)
        })
    }
}
