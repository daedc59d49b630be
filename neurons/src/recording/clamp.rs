//! The sweeps of a recording.

/// Sweeps of one cell, all of the same length.
#[derive(Clone, Debug, PartialEq)]
pub struct CurrentClamp {
    /// Source of the recording.
    pub name: String,
    /// Whether the cell is simulated.
    pub generated: bool,
    /// Sampling rate, in samples per ms.
    pub rate: f64,
    /// Membrane potential in mV, one list of samples per sweep.
    pub sweeps: Vec<Vec<f64>>,
}

impl CurrentClamp {
    /// Returns the duration of a sweep, in ms.
    pub fn duration(&self) -> f64 {
        self.sweeps.first().map_or(0, Vec::len) as f64 / self.rate
    }

    /// Returns the samples of a sweep from the first time up to, but not including, the second, in ms.
    pub fn between(&self, sweep: usize, [from, until]: [f64; 2]) -> &[f64] {
        let samples = self.sweeps.get(sweep).map_or(&[][..], Vec::as_slice);
        // Index of the first sample at or after a time, with a tolerance for rounding.
        let index =
            |time: f64| ((time * self.rate - 1e-6).ceil().max(0.0) as usize).min(samples.len());
        samples.get(index(from)..index(until)).unwrap_or(&[])
    }

    /// Returns whether the sweeps follow each other without a gap: whether each begins less than `largest_jump` mV from
    /// the end of the previous one.
    pub fn is_continuous(&self, largest_jump: f64) -> bool {
        self.sweeps.windows(2).all(|pair| {
            let ends = pair[0].last().zip(pair[1].first());
            ends.is_some_and(|(end, start)| (start - end).abs() < largest_jump)
        })
    }
}
