//! Spike-timing-dependent plasticity (chapter, section on spiking neural networks; Bi and Poo 1998,
//! <https://doi.org/10.1523/JNEUROSCI.18-24-10464.1998>; Song, Miller and Abbott 2000, <https://doi.org/10.1038/78829>).
//!
//! A pair of spikes with delay = t_post - t_pre changes the weight, in units of the largest weight, by
//!
//! - A_plus exp(-delay / tau_plus) if the presynaptic neuron fires first,
//! - -A_minus exp(delay / tau_minus) if the postsynaptic neuron fires first,
//! - 0 if both fire at once.
//!
//! All pairs of spikes interact. Two traces compute their sum: a spike adds 1 to the trace of its side, which decays with
//! tau_plus or tau_minus, and changes the weight in proportion to the trace of the other side.

use serde::Serialize;

use super::spike_trains::CorrelatedTrains;
use crate::error::{Result, require};

/// Parameters of the plasticity window, and the bound of the weight.
///
/// ```
/// use neurons::spiking::Stdp;
///
/// let rule = Stdp::song();
/// // The presynaptic neuron fires 10 ms before the postsynaptic one: potentiation.
/// let course = rule.run(&[100.0], &[110.0], 0.5);
/// let (_, weight) = course[course.len() - 1];
/// assert!((weight - 0.5 - rule.window(10.0)).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Stdp {
    /// A_plus: largest potentiation by a pair, as a fraction of the largest weight.
    pub potentiation: f64,
    /// A_minus: largest depression by a pair, as a fraction of the largest weight.
    pub depression: f64,
    /// tau_plus: time constant of potentiation, in ms.
    pub potentiation_time: f64,
    /// tau_minus: time constant of depression, in ms.
    pub depression_time: f64,
    /// The largest weight. Weights are clipped to the range from 0 to this.
    pub largest: f64,
}

/// State of a synapse: its weight and the traces of its two sides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Synapse {
    /// Weight, from 0 to the largest.
    pub weight: f64,
    /// Trace of the presynaptic spikes.
    pub pre_trace: f64,
    /// Trace of the postsynaptic spikes.
    pub post_trace: f64,
}

/// Which neurons of a synapse fire at one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PairedSpikes {
    /// Whether the presynaptic neuron fires.
    pub pre: bool,
    /// Whether the postsynaptic neuron fires.
    pub post: bool,
}

impl Stdp {
    /// Creates the rule of Song, Miller and Abbott, in which depression outweighs potentiation by 5 %.
    pub fn song() -> Self {
        Self {
            potentiation: 0.005,
            depression: 0.005 * 1.05,
            potentiation_time: 20.0,
            depression_time: 20.0,
            largest: 1.0,
        }
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) with the first one that is out of range.
    pub fn validate(&self) -> Result<()> {
        let Self {
            potentiation,
            depression,
            potentiation_time,
            depression_time,
            largest,
        } = *self;
        require(
            potentiation >= 0.0,
            "potentiation",
            potentiation,
            "a share from 0 on",
        )?;
        require(
            depression >= 0.0,
            "depression",
            depression,
            "a share from 0 on",
        )?;
        let time = "ms above 0";
        require(
            potentiation_time > 0.0,
            "potentiation time",
            potentiation_time,
            time,
        )?;
        require(
            depression_time > 0.0,
            "depression time",
            depression_time,
            time,
        )?;
        require(largest > 0.0, "largest weight", largest, "a number above 0")
    }

    /// Returns the change of the weight by one pair; `delay` is t_post - t_pre in ms.
    pub fn window(&self, delay: f64) -> f64 {
        let change = if delay > 0.0 {
            self.potentiation * (-delay / self.potentiation_time).exp()
        } else if delay < 0.0 {
            -self.depression * (delay / self.depression_time).exp()
        } else {
            0.0
        };
        change * self.largest
    }

    /// Returns the area of the window in weight times ms; if it is negative, uncorrelated spikes depress the synapse.
    pub fn area(&self) -> f64 {
        let [plus, minus] = [
            self.potentiation * self.potentiation_time,
            self.depression * self.depression_time,
        ];
        (plus - minus) * self.largest
    }

    /// Returns the expected drift of the weight per ms under correlated trains, far from the bounds: chance pairs
    /// contribute the area of the window, related pairs its value at their delay (Kempter, Gerstner and van Hemmen 1999,
    /// <https://doi.org/10.1103/PhysRevE.59.4498>).
    pub fn drift(&self, trains: &CorrelatedTrains) -> f64 {
        let CorrelatedTrains {
            rate,
            correlation,
            delay,
        } = *trains;
        rate * rate * self.area() + correlation * rate * self.window(delay)
    }

    /// Simulates a pairing protocol, as of Bi and Poo: `pairs` pairs of spikes with the same `delay`, the presynaptic
    /// spikes `interval` ms apart. Returns the mean change of the weight per pair, from half of the largest weight on.
    pub fn pairing_protocol(&self, delay: f64, pairs: usize, interval: f64) -> f64 {
        let pre: Vec<f64> = (1..=pairs).map(|pair| interval * pair as f64).collect();
        let post: Vec<f64> = pre.iter().map(|time| time + delay).collect();
        let half = self.largest / 2.0;
        let course = self.run(&pre, &post, half);
        let end = course.last().map_or(half, |(_, weight)| *weight);
        (end - half) / pairs as f64
    }

    /// Creates a synapse before the first spike.
    pub fn synapse(&self, weight: f64) -> Synapse {
        Synapse {
            weight: weight.clamp(0.0, self.largest),
            pre_trace: 0.0,
            post_trace: 0.0,
        }
    }

    /// Lets `elapsed` ms pass and then applies `spikes`.
    pub fn step(&self, spikes: PairedSpikes, synapse: &Synapse, elapsed: f64) -> Synapse {
        let pre_trace = synapse.pre_trace * (-elapsed / self.potentiation_time).exp();
        let post_trace = synapse.post_trace * (-elapsed / self.depression_time).exp();
        let [pre, post] = [spikes.pre, spikes.post].map(|fires| f64::from(u8::from(fires)));
        // The traces exclude these spikes: a simultaneous pair changes nothing.
        let change = post * self.potentiation * pre_trace - pre * self.depression * post_trace;
        Synapse {
            weight: (synapse.weight + change * self.largest).clamp(0.0, self.largest),
            pre_trace: pre_trace + pre,
            post_trace: post_trace + post,
        }
    }

    /// Returns the time and the weight after each spike of two trains. The trains are in ms and sorted; the synapse has
    /// the weight `weight` at time 0.
    pub fn run(&self, pre: &[f64], post: &[f64], weight: f64) -> Vec<(f64, f64)> {
        let (mut course, mut synapse, mut now) = (Vec::new(), self.synapse(weight), 0.0);
        let (mut pre, mut post) = (pre.iter().peekable(), post.iter().peekable());
        loop {
            let next = |time: Option<&&f64>| time.map_or(f64::INFINITY, |time| **time);
            let times = [next(pre.peek()), next(post.peek())];
            let time = times[0].min(times[1]);
            if time == f64::INFINITY {
                return course;
            }
            let spikes = PairedSpikes {
                pre: pre.next_if(|at| **at == time).is_some(),
                post: post.next_if(|at| **at == time).is_some(),
            };
            synapse = self.step(spikes, &synapse, time - now);
            now = time;
            course.push((time, synapse.weight));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    const WIDE: Stdp = Stdp {
        potentiation: 0.01,
        depression: 0.012,
        potentiation_time: 17.0,
        depression_time: 34.0,
        largest: 2.0,
    };

    /// By hand: e^(-10 / 17) 0.01 * 2 and -e^(-10 / 34) 0.012 * 2.
    #[test]
    fn one_pair_changes_the_weight_by_the_window() {
        for (delay, expected) in [(10.0, 0.011_106_1), (-10.0, -0.017_884_9), (0.0, 0.0)] {
            let course = WIDE.run(&[100.0], &[100.0 + delay], 1.0);
            let change = course.last().unwrap().1 - 1.0;
            assert!((change - expected).abs() < 1e-6, "{delay}: {change}");
            assert!((WIDE.window(delay) - expected).abs() < 1e-6);
        }
    }

    #[test]
    fn the_bounds_are_hard() {
        let early: Vec<f64> = (0..500).map(|spike| f64::from(spike) * 50.0).collect();
        let late: Vec<f64> = early.iter().map(|time| time + 2.0).collect();
        assert_eq!(WIDE.run(&early, &late, 1.0).last().unwrap().1, 2.0);
        // Depression acts at once on the largest weight.
        let down = WIDE.run(&late, &early, 2.0).last().unwrap().1;
        assert_eq!(down, 0.0);
    }

    /// A second apart, pairs interact by less than e^(-900 / 34), a few parts in 10^12.
    #[test]
    fn the_pairing_protocol_measures_the_window() {
        for delay in [-80.0, -10.0, 10.0, 80.0] {
            let measured = WIDE.pairing_protocol(delay, 40, 1000.0);
            let error = (measured - WIDE.window(delay)).abs();
            assert!(error < 1e-10, "{delay}: {measured}");
        }
    }

    /// 400 synapses for 2 s: the standard error of their mean is a fraction of the drift.
    #[test]
    fn the_drift_is_that_of_simulated_synapses() {
        let rule = Stdp::song();
        for (correlation, delay) in [(0.3, 5.0), (0.3, -5.0)] {
            let trains = CorrelatedTrains {
                rate: 0.01,
                correlation,
                delay,
            };
            let changes = (0..400).map(|seed| {
                let mut random = ChaCha8Rng::seed_from_u64(seed);
                let [pre, post] = trains.draw(2000.0, &mut random);
                rule.run(&pre, &post, 0.5)
                    .last()
                    .map_or(0.0, |(_, weight)| weight - 0.5)
            });
            let drift = changes.sum::<f64>() / 400.0 / 2000.0;
            let expected = rule.drift(&trains);
            assert!((drift / expected - 1.0).abs() < 0.1, "{drift} {expected}");
        }
    }

    #[test]
    fn the_area_of_the_window() {
        let sum: f64 = (-4_000_000..4_000_000)
            .map(|step| WIDE.window((f64::from(step) + 0.5) * 1e-4) * 1e-4)
            .sum();
        assert!((sum - WIDE.area()).abs() < 1e-5, "{sum} {}", WIDE.area());
    }

    proptest! {
        /// The traces give the sum over all pairs while the weight is within its bounds.
        #[test]
        fn traces_sum_over_all_pairs(
            mut pre in prop::collection::vec(0.0..500.0_f64, 0..30),
            mut post in prop::collection::vec(0.0..500.0_f64, 0..30),
            shared in prop::collection::vec(0.0..500.0_f64, 0..5),
        ) {
            pre.extend(&shared);
            post.extend(&shared);
            for train in [&mut pre, &mut post] {
                train.sort_by(f64::total_cmp);
            }
            // So small changes that no sum of pairs reaches a bound.
            let rule = Stdp { largest: 1.0, potentiation: 1e-5, depression: 2e-5, ..WIDE };
            let pairs = pre.iter().flat_map(|pre| post.iter().map(move |post| post - pre));
            let expected: f64 = pairs.map(|delay| rule.window(delay)).sum();
            let weight = rule.run(&pre, &post, 0.5).last().map_or(0.5, |(_, weight)| *weight);
            prop_assert!((weight - 0.5 - expected).abs() < 1e-12, "{} {}", weight, expected);
        }
    }
}
