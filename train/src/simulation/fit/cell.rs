//! What a current-clamp recording tells of a cell before any neuron is fitted to it.

use anyhow::{Result, anyhow, ensure};
use metrics::coincidence::coincidence_factor;
use neurons::recording::{CurrentClamp, Detector, Epoch, Passive, Protocol, Relaxation, Spike};

/// After a jump of the current the electrode settles for so long, in ms: its resistance adds a jump of its own.
const SETTLES: f64 = 1.0;

/// A baseline before the first step must be so long to tell anything, in ms.
const SHORTEST_BASELINE: f64 = 10.0;

/// A recording and what was found in it.
pub struct Cell {
    /// The sweeps.
    pub recording: CurrentClamp,
    /// The currents.
    pub protocol: Protocol,
    /// The spikes of each sweep.
    pub spikes: Vec<Vec<Spike>>,
    /// The membrane where it does not fire, by the fitted sweeps.
    pub passive: Passive,
    /// The sweeps that told it.
    pub passive_sweeps: Vec<usize>,
    /// What has to be added to the current of each sweep, in pA, for a rest that drifts from sweep to sweep: the
    /// potential before the first step against that of the sweeps that told the membrane, over its resistance.
    pub drift: Vec<f64>,
}

/// Every second sweep, from the first on, is fitted; the ones between are held out.
pub fn is_fitted(sweep: usize) -> bool {
    sweep.is_multiple_of(2)
}

impl Cell {
    /// Looks at a recording.
    ///
    /// # Errors
    /// When the protocol does not fit it, the cell never fires, or nothing tells its resistance.
    pub fn study(recording: CurrentClamp, protocol: Protocol) -> Result<Self> {
        let name = recording.name.clone();
        let wrong = |reason: String| anyhow!("{name}: {reason}");
        protocol.check(&recording).map_err(wrong)?;
        ensure!(
            recording.sweeps.len() > 1,
            "{name}: has one sweep, but a fit is told by others: give two at least"
        );
        let detector = Detector::default();
        let spikes: Vec<Vec<Spike>> = (recording.sweeps.iter())
            .map(|sweep| detector.find(sweep, recording.rate))
            .collect();
        ensure!(
            (spikes.iter().enumerate()).any(|(sweep, all)| is_fitted(sweep) && all.len() > 1),
            "{name}: no fitted sweep has two spikes over {} mV; give a recording of a cell that fires",
            detector.level
        );
        let silent = |sweep: usize, epoch: &Epoch| {
            let [from, until] = epoch.span;
            !spikes[sweep]
                .iter()
                .any(|spike| (from..until).contains(&spike.time))
        };
        let fitted = || (0..spikes.len()).filter(|sweep| is_fitted(*sweep));
        let relaxations = |sweeps: &[usize]| -> Vec<Relaxation<'_>> {
            let all = sweeps.iter().flat_map(|&sweep| {
                let epochs = protocol.epochs().iter();
                epochs
                    .filter(move |epoch| silent(sweep, epoch))
                    .map(move |epoch| (sweep, epoch))
            });
            all.map(|(sweep, epoch)| Relaxation {
                current: epoch.amplitude(sweep),
                samples: recording.between(sweep, [epoch.span[0] + SETTLES, epoch.span[1]]),
            })
            .collect()
        };
        // Sweeps without a spike in any step are nearer to rest; else every step without a spike has to do.
        let quiet: Vec<usize> = fitted()
            .filter(|sweep| protocol.epochs().iter().all(|epoch| silent(*sweep, epoch)))
            .collect();
        let (passive, passive_sweeps) = match Passive::fit(&relaxations(&quiet), recording.rate) {
            Ok(passive) => (passive, quiet),
            Err(_) => {
                let all: Vec<usize> = fitted().collect();
                let passive = Passive::fit(&relaxations(&all), recording.rate).map_err(wrong)?;
                (passive, all)
            }
        };
        let drift = drift(&recording, &protocol, &passive, &passive_sweeps);
        Ok(Self {
            recording,
            protocol,
            spikes,
            passive,
            passive_sweeps,
            drift,
        })
    }

    /// When it fires from the first step on, in ms from there.
    pub fn answer(&self, sweep: usize) -> Vec<f64> {
        after(
            self.spikes[sweep].iter().map(|spike| spike.time),
            self.onset(),
        )
    }

    /// When the first step begins, in ms.
    pub fn onset(&self) -> f64 {
        self.protocol
            .epochs()
            .first()
            .map_or(0.0, |epoch| epoch.span[0])
    }

    /// From the first step to the end of a sweep, in ms.
    pub fn answer_duration(&self) -> f64 {
        self.recording.duration() - self.onset()
    }

    /// The coincidence factor of the cell with itself: its answers to two steps of the same current in one sweep,
    /// where the protocol has such. What came before the two differs, so a model may do better.
    pub fn own_coincidence(&self, sweep: usize, precision: f64) -> Option<f64> {
        let epochs = self.protocol.epochs();
        let (first, second) = epochs.iter().enumerate().find_map(|(number, epoch)| {
            let same = |other: &&Epoch| {
                other.first == epoch.first
                    && other.increment == epoch.increment
                    && (other.length() - epoch.length()).abs() < 1e-6
            };
            Some((epoch, epochs[number + 1..].iter().find(same)?))
        })?;
        let [one, other] = [first, second].map(|epoch| {
            let [from, until] = epoch.span;
            let times = self.spikes[sweep].iter().map(|spike| spike.time);
            after(times.filter(|time| *time < until), from)
        });
        coincidence_factor(&one, &other, precision, first.length())
    }
}

/// The times from `from` on, counted from there.
pub fn after(times: impl Iterator<Item = f64>, from: f64) -> Vec<f64> {
    times
        .filter(|time| *time >= from)
        .map(|time| time - from)
        .collect()
}

fn drift(
    recording: &CurrentClamp,
    protocol: &Protocol,
    passive: &Passive,
    passive_sweeps: &[usize],
) -> Vec<f64> {
    let onset = protocol.epochs().first().map_or(0.0, |epoch| epoch.span[0]);
    let count = recording.sweeps.len();
    if onset < SHORTEST_BASELINE {
        return vec![0.0; count];
    }
    // The median: a spike moves a mean.
    let rests: Vec<f64> = (0..count)
        .map(|sweep| {
            let mut samples = recording.between(sweep, [0.0, onset]).to_vec();
            samples.sort_by(f64::total_cmp);
            samples.get(samples.len() / 2).copied().unwrap_or_default()
        })
        .collect();
    let told = passive_sweeps
        .iter()
        .map(|sweep| rests[*sweep])
        .sum::<f64>();
    let usual = told / passive_sweeps.len().max(1) as f64;
    rests
        .iter()
        .map(|rest| (rest - usual) / passive.resistance)
        .collect()
}
