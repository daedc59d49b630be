//! Firing rates: of a spike train, of a neuron against a constant current, of a population.

use rayon::prelude::*;

use super::neuron::Neuron;
use super::simulation::{Times, run};
use crate::current::Current;
use crate::error::Result;

/// Returns the firing rate in Hz from `from` ms on: the inverse of the mean interval, or 0 if there is no interval.
///
/// ```
/// use neurons::spiking::firing_rate;
///
/// assert_eq!(firing_rate(&[10.0, 60.0, 80.0, 100.0], 50.0), 50.0);
/// ```
pub fn firing_rate(spikes: &[f64], from: f64) -> f64 {
    let late = &spikes[spikes.partition_point(|time| *time < from)..];
    match late {
        [first, .., last] => 1000.0 * (late.len() - 1) as f64 / (last - first),
        _ => 0.0,
    }
}

/// Returns the f-I curve of a neuron: its firing rate in Hz, from `settling` ms on, under each constant current. The
/// currents are simulated in parallel, each from rest.
///
/// ```
/// use neurons::spiking::{Lif, Times, fi_curve};
///
/// let neuron = Lif::cortical();
/// let rates = fi_curve(&neuron, &[150.0, 300.0], Times::new(3000.0, 0.1), 1000.0)?;
/// assert_eq!(rates[0], 0.0);
/// assert!((rates[1] - neuron.rate(300.0)).abs() < 1e-6);
/// # Ok::<(), neurons::Error>(())
/// ```
///
/// # Errors
/// As of [`simulate`](super::simulate).
pub fn fi_curve<N: Neuron + Sync>(
    neuron: &N,
    currents: &[f64],
    times: Times,
    settling: f64,
) -> Result<Vec<f64>> {
    (currents.par_iter())
        .map(|&current| {
            let wave = Current::step(current).waveform(times.duration, 0);
            let trace = run(neuron, &wave, times, 1)?;
            Ok(firing_rate(&trace.spikes, settling))
        })
        .collect()
}

/// Statistics of the firing rates of a population, in Hz.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateStatistics {
    /// Number of silent neurons, those with a rate of 0.
    pub silent: usize,
    /// Mean rate of the neurons that fire, or `None` if all are silent.
    pub mean: Option<f64>,
    /// Standard deviation of the rates of the neurons that fire.
    pub deviation: Option<f64>,
    /// Lowest and highest rate of the neurons that fire.
    pub range: Option<[f64; 2]>,
}

impl RateStatistics {
    /// Computes the statistics of `rates`.
    ///
    /// ```
    /// use neurons::spiking::RateStatistics;
    ///
    /// let statistics = RateStatistics::of(&[30.0, 0.0, 10.0]);
    /// assert_eq!((statistics.silent, statistics.mean), (1, Some(20.0)));
    /// assert_eq!(statistics.range, Some([10.0, 30.0]));
    /// ```
    pub fn of(rates: &[f64]) -> Self {
        let mut firing: Vec<f64> = rates.iter().copied().filter(|rate| *rate > 0.0).collect();
        firing.sort_by(f64::total_cmp);
        let mean_of = |values: &mut dyn Iterator<Item = f64>| {
            (!firing.is_empty()).then(|| values.sum::<f64>() / firing.len() as f64)
        };
        let mean = mean_of(&mut firing.iter().copied());
        let variance =
            mean.and_then(|mean| mean_of(&mut firing.iter().map(|rate| (rate - mean).powi(2))));
        let ends = firing.first().zip(firing.last());
        Self {
            silent: rates.len() - firing.len(),
            mean,
            deviation: variance.map(f64::sqrt),
            range: ends.map(|(lowest, highest)| [*lowest, *highest]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::spiking::{AdEx, Lif};

    #[test]
    fn the_rate_excludes_early_intervals() {
        assert_eq!(firing_rate(&[1.0, 20.0, 60.0, 80.0, 100.0], 50.0), 50.0);
        assert_eq!(firing_rate(&[1.0, 20.0, 60.0], 50.0), 0.0);
        assert_eq!(firing_rate(&[], 0.0), 0.0);
    }

    #[test]
    fn the_fi_curve_equals_the_closed_form() {
        let neuron = Lif::cortical();
        let currents: Vec<f64> = (0..=8).map(|step| 50.0 * f64::from(step)).collect();
        let rates = fi_curve(&neuron, &currents, Times::new(2000.0, 1.0), 500.0).unwrap();
        for (current, rate) in currents.iter().zip(rates) {
            let expected = neuron.rate(*current);
            assert!(
                (rate - expected).abs() <= 1e-8 * expected,
                "{current}: {rate}"
            );
        }
    }

    #[test]
    fn too_large_a_step_is_refused() {
        let neuron = AdEx::brette_gerstner();
        let error = fi_curve(&neuron, &[800.0], Times::new(2000.0, 100.0), 0.0).unwrap_err();
        assert!(matches!(error, Error::Step { .. }), "{error}");
    }

    /// By hand: mean 4, squares 9, 1 and 16, variance 26 / 3.
    #[test]
    fn silent_neurons_do_not_count_for_the_mean() {
        let statistics = RateStatistics::of(&[0.0, 1.0, 3.0, 8.0, 0.0]);
        assert_eq!((statistics.silent, statistics.mean), (2, Some(4.0)));
        assert!((statistics.deviation.unwrap() - (26.0_f64 / 3.0).sqrt()).abs() < 1e-12);
        assert_eq!(statistics.range, Some([1.0, 8.0]));
        let silent = RateStatistics::of(&[0.0; 3]);
        assert_eq!((silent.silent, silent.mean, silent.range), (3, None, None));
    }
}
