//! When a cell fires.

/// How spikes are found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detector {
    /// A spike is where the potential rises through this, in mV.
    pub level: f64,
    /// For so long after a spike there is no other, in ms.
    pub refractory: f64,
    /// A spike begins where the potential first rises as fast, and ends where it last falls as fast, in mV/ms.
    pub onset: f64,
}

/// A spike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spike {
    /// When the potential passes the level, in ms, between two samples.
    pub time: f64,
    /// The potential at its onset, in mV.
    pub onset: f64,
    /// The potential where it no longer falls fast, in mV.
    pub end: f64,
}

/// How far before the level an onset is looked for, and after it an end, in ms.
const BEFORE: f64 = 5.0;
const AFTER: f64 = 20.0;

impl Default for Detector {
    /// -10 mV, between the onset and the peak of the broadest spikes; 2 ms; and 10 mV/ms, as is usual (Platkiewicz and
    /// Brette 2010, <https://doi.org/10.1371/journal.pcbi.1000850>, discuss the choice).
    fn default() -> Self {
        Self {
            level: -10.0,
            refractory: 2.0,
            onset: 10.0,
        }
    }
}

impl Detector {
    /// The spikes in a sweep with so many samples per ms.
    pub fn find(&self, samples: &[f64], rate: f64) -> Vec<Spike> {
        let mut crossings: Vec<(usize, f64)> = Vec::new();
        for (place, pair) in samples.windows(2).enumerate() {
            if !(pair[0] < self.level && pair[1] >= self.level) {
                continue;
            }
            let share = (self.level - pair[0]) / (pair[1] - pair[0]);
            let time = (place as f64 + share) / rate;
            let last = crossings.last();
            if last.is_none_or(|(_, last)| time - last >= self.refractory) {
                crossings.push((place, time));
            }
        }
        let spike = |&(place, time): &(usize, f64)| Spike {
            time,
            onset: self.onset(samples, place, rate),
            end: self.end(samples, place, rate),
        };
        crossings.iter().map(spike).collect()
    }

    /// The potential where the upstroke through the level at `place` became fast.
    fn onset(&self, samples: &[f64], place: usize, rate: f64) -> f64 {
        let first = place.saturating_sub((BEFORE * rate) as usize);
        let is_slow = |at: &usize| (samples[at + 1] - samples[*at]) * rate < self.onset;
        match (first..place).rev().find(is_slow) {
            Some(slow) => samples[slow + 1],
            None => samples[first],
        }
    }

    /// The potential where the downstroke after the level's crossing at `place` is over.
    fn end(&self, samples: &[f64], place: usize, rate: f64) -> f64 {
        let last = (place + (AFTER * rate) as usize).min(samples.len() - 1);
        let falls = |at: &usize| (samples[at + 1] - samples[*at]) * rate <= -self.onset;
        let begins = (place + 1..last).find(falls);
        let over = begins.and_then(|begins| (begins..last).find(|at| !falls(at)));
        samples[over.unwrap_or(last)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: 2 samples per ms; from -30 to 30 the level of -10 is passed after a third of half a ms.
    #[test]
    fn a_spike_lies_between_two_samples() {
        let samples = [-60.0, -58.0, -50.0, -30.0, 30.0, 0.0, -70.0, -65.0];
        let found = Detector::default().find(&samples, 2.0);
        assert_eq!(found.len(), 1);
        assert!((found[0].time - (3.0 + 1.0 / 3.0) / 2.0).abs() < 1e-12);
        // Rising by 4 mV/ms, then 16: the upstroke begins at -58.
        // It falls by 60 and 140 mV/ms, then rises.
        assert_eq!((found[0].onset, found[0].end), (-58.0, -70.0));
        assert_eq!(Detector::default().find(&samples[..4], 2.0), []);
    }

    /// Noise about the level is one spike; the next counts after the refractory period.
    #[test]
    fn a_spike_counts_once() {
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
