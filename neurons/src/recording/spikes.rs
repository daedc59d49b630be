//! Spike detection.

/// Detects spikes in the samples of a sweep.
///
/// ```
/// use neurons::recording::Detector;
///
/// // 2 samples per ms
/// let samples = [-60.0, -58.0, -50.0, -30.0, 30.0, 0.0, -70.0, -65.0];
/// let spikes = Detector::default().find(&samples, 2.0);
/// assert_eq!((spikes.len(), spikes[0].onset), (1, -58.0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detector {
    /// A spike is an upward crossing of this potential, in mV.
    pub level: f64,
    /// Shortest interval between two spikes, in ms.
    pub refractory: f64,
    /// Slope in mV/ms: a spike begins where the potential first rises this fast, and ends where it last falls this fast.
    pub slope: f64,
}

/// A detected spike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spike {
    /// Time at which the potential crosses the level, in ms, by linear interpolation.
    pub time: f64,
    /// Potential at the onset, in mV.
    pub onset: f64,
    /// Potential at the end of the fast fall, in mV.
    pub end: f64,
}

/// How long before the crossing the onset is searched for, in ms.
const BEFORE: f64 = 5.0;

/// How long after the crossing the end is searched for, in ms.
const AFTER: f64 = 20.0;

impl Default for Detector {
    /// Creates a detector with a level of -10 mV, which lies between the onset and the peak of broad spikes, too; a
    /// refractory time of 2 ms; and the usual slope of 10 mV/ms (Platkiewicz and Brette 2010,
    /// <https://doi.org/10.1371/journal.pcbi.1000850>, discuss the choice).
    fn default() -> Self {
        Self {
            level: -10.0,
            refractory: 2.0,
            slope: 10.0,
        }
    }
}

impl Detector {
    /// Returns the spikes in a sweep of `rate` samples per ms.
    pub fn find(&self, samples: &[f64], rate: f64) -> Vec<Spike> {
        let mut crossings: Vec<(usize, f64)> = Vec::new();
        for (index, pair) in samples.windows(2).enumerate() {
            if !(pair[0] < self.level && pair[1] >= self.level) {
                continue;
            }
            let share = (self.level - pair[0]) / (pair[1] - pair[0]);
            let time = (index as f64 + share) / rate;
            let last = crossings.last();
            if last.is_none_or(|(_, last)| time - last >= self.refractory) {
                crossings.push((index, time));
            }
        }
        let spike = |&(index, time): &(usize, f64)| Spike {
            time,
            onset: self.onset(samples, index, rate),
            end: self.end(samples, index, rate),
        };
        crossings.iter().map(spike).collect()
    }

    /// Returns the potential at which the upstroke through the crossing at `index` becomes fast.
    fn onset(&self, samples: &[f64], index: usize, rate: f64) -> f64 {
        let first = index.saturating_sub((BEFORE * rate) as usize);
        let is_slow = |at: &usize| (samples[at + 1] - samples[*at]) * rate < self.slope;
        match (first..index).rev().find(is_slow) {
            Some(slow) => samples[slow + 1],
            None => samples[first],
        }
    }

    /// Returns the potential at which the fast fall after the crossing at `index` ends.
    fn end(&self, samples: &[f64], index: usize, rate: f64) -> f64 {
        let last = index.saturating_add((AFTER * rate) as usize);
        let last = last.min(samples.len() - 1);
        let falls = |at: &usize| (samples[at + 1] - samples[*at]) * rate <= -self.slope;
        let begins = (index + 1..last).find(falls);
        let over = begins.and_then(|begins| (begins..last).find(|at| !falls(at)));
        samples[over.unwrap_or(last)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: 2 samples per ms; between -30 and 30 mV the level of -10 mV is crossed after a third of 0.5 ms.
    #[test]
    fn the_crossing_is_interpolated() {
        let samples = [-60.0, -58.0, -50.0, -30.0, 30.0, 0.0, -70.0, -65.0];
        let found = Detector::default().find(&samples, 2.0);
        assert_eq!(found.len(), 1);
        assert!((found[0].time - (3.0 + 1.0 / 3.0) / 2.0).abs() < 1e-12);
        // It rises by 4 mV/ms, then by 16: the onset is at -58 mV. It falls by 60 and 140 mV/ms, then rises.
        assert_eq!((found[0].onset, found[0].end), (-58.0, -70.0));
        assert_eq!(Detector::default().find(&samples[..4], 2.0), []);
    }

    /// At an absurd rate, what follows a spike within ms is all of the sweep.
    #[test]
    fn a_rate_beyond_all_samples_is_no_overflow() {
        let found = Detector::default().find(&[-60.0, 30.0, -70.0], 1e300);
        assert_eq!((found.len(), found[0].end), (1, -70.0));
    }

    /// Noise around the level counts once; the next spike counts after the refractory time.
    #[test]
    fn a_noisy_crossing_counts_once() {
        let noisy = [
            -40.0, -9.0, -11.0, -9.0, 20.0, -50.0, -50.0, -50.0, 10.0, -60.0,
        ];
        let times = |refractory| {
            let detector = Detector {
                refractory,
                ..Detector::default()
            };
            let found = detector.find(&noisy, 1.0);
            found
                .iter()
                .map(|spike| spike.time as usize)
                .collect::<Vec<_>>()
        };
        assert_eq!(times(0.0), [0, 2, 7]);
        assert_eq!(times(3.0), [0, 7]);
        assert_eq!(times(50.0), [0]);
        assert!(Detector::default().find(&[], 1.0).is_empty());
    }
}
