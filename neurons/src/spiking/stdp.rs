//! Plasticity that depends on the timing of spikes (Bi and Poo 1998, <https://doi.org/10.1523/JNEUROSCI.18-24-10464.1998>;
//! Song, Miller and Abbott 2000, <https://doi.org/10.1038/78829>).
//!
//! A pair of spikes with delay = t_post - t_pre changes the weight by
//!
//! - A_plus exp(-delay / tau_plus) where the presynaptic neuron fires first,
//! - -A_minus exp(delay / tau_minus) where it fires last, and not at all where both fire at once,
//!
//! in units of the largest weight. All pairs count, as two traces show: each spike adds 1 to its side's trace, which
//! decays with tau_plus or tau_minus; a spike of the other side changes the weight by what is left of it.

use serde::Serialize;

use super::neuron::{NeuronError, require};

/// The parameters of the window, and the bound of the weight.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Stdp {
    /// A_plus: how much a pair potentiates at most, as a share of the largest weight.
    pub potentiation: f64,
    /// A_minus: how much one depresses at most.
    pub depression: f64,
    /// tau_plus, in ms.
    pub potentiation_time: f64,
    /// tau_minus, in ms.
    pub depression_time: f64,
    /// The largest weight; the least is 0. Both are hard bounds.
    pub largest: f64,
}

/// A synapse: its weight, and what its two sides remember.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Synapse {
    /// Between 0 and the largest.
    pub weight: f64,
    /// What is left of the presynaptic spikes.
    pub before: f64,
    /// What is left of the postsynaptic spikes.
    pub after: f64,
}

/// Which sides of a synapse fire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Firing {
    /// The presynaptic neuron.
    pub pre: bool,
    /// The postsynaptic neuron.
    pub post: bool,
}

impl Stdp {
    /// The values of Song, Miller and Abbott: depression is the stronger of the two.
    pub fn song() -> Self {
        Self {
            potentiation: 0.005,
            depression: 0.005 * 1.05,
            potentiation_time: 20.0,
            depression_time: 20.0,
            largest: 1.0,
        }
    }

    /// Refuses parameters that mean nothing.
    ///
    /// # Errors
    /// Names the first of them.
    pub fn validate(&self) -> Result<(), NeuronError> {
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

    /// What one pair changes; `delay` is t_post - t_pre in ms.
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

    /// The area of the window, in weight times ms; below 0 spikes that have nothing to do with each other depress.
    pub fn area(&self) -> f64 {
        let [plus, minus] = [
            self.potentiation * self.potentiation_time,
            self.depression * self.depression_time,
        ];
        (plus - minus) * self.largest
    }

    /// A synapse none of whose sides has fired.
    pub fn synapse(&self, weight: f64) -> Synapse {
        Synapse {
            weight: weight.clamp(0.0, self.largest),
            before: 0.0,
            after: 0.0,
        }
    }

    /// `elapsed` ms further, and then these spikes.
    pub fn step(&self, firing: Firing, synapse: &Synapse, elapsed: f64) -> Synapse {
        let before = synapse.before * (-elapsed / self.potentiation_time).exp();
        let after = synapse.after * (-elapsed / self.depression_time).exp();
        let [pre, post] = [firing.pre, firing.post].map(|fires| f64::from(u8::from(fires)));
        // The traces as they were before these spikes: a pair at once changes nothing.
        let change = post * self.potentiation * before - pre * self.depression * after;
        Synapse {
            weight: (synapse.weight + change * self.largest).clamp(0.0, self.largest),
            before: before + pre,
            after: after + post,
        }
    }

    /// The weight after every spike of two trains, each in ms in its order, beginning with `weight` at time 0.
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
            let firing = Firing {
                pre: pre.next_if(|at| **at == time).is_some(),
                post: post.next_if(|at| **at == time).is_some(),
            };
            synapse = self.step(firing, &synapse, time - now);
            now = time;
            course.push((time, synapse.weight));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WIDE: Stdp = Stdp {
        potentiation: 0.01,
        depression: 0.012,
        potentiation_time: 17.0,
        depression_time: 34.0,
        largest: 2.0,
    };

    /// By hand: e^(-10 / 17) 0.01 * 2 and -e^(-10 / 34) 0.012 * 2.
    #[test]
    fn one_pair_moves_the_weight_along_the_window() {
        for (delay, expected) in [(10.0, 0.011_106_1), (-10.0, -0.017_884_9), (0.0, 0.0)] {
            let course = WIDE.run(&[100.0], &[100.0 + delay], 1.0);
            let change = course.last().unwrap().1 - 1.0;
            assert!((change - expected).abs() < 1e-6, "{delay}: {change}");
            assert!((WIDE.window(delay) - expected).abs() < 1e-6);
        }
    }

    #[test]
    fn the_bounds_are_hard() {
        let near: Vec<f64> = (0..500).map(|spike| f64::from(spike) * 50.0).collect();
        let later: Vec<f64> = near.iter().map(|time| time + 2.0).collect();
        assert_eq!(WIDE.run(&near, &later, 1.0).last().unwrap().1, 2.0);
        // From the largest weight on, depression acts at once.
        let down = WIDE.run(&later, &near, 2.0).last().unwrap().1;
        assert_eq!(down, 0.0);
    }

    #[test]
    fn the_area_of_the_window() {
        let sum: f64 = (-4_000_000..4_000_000)
            .map(|place| WIDE.window((f64::from(place) + 0.5) * 1e-4) * 1e-4)
            .sum();
        assert!((sum - WIDE.area()).abs() < 1e-5, "{sum} {}", WIDE.area());
    }

    proptest! {
        /// The traces are the sum over all pairs, while no bound is met.
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
            // So large a weight that no sum of pairs meets a bound.
            let rule = Stdp { largest: 1.0, potentiation: 1e-5, depression: 2e-5, ..WIDE };
            let pairs = pre.iter().flat_map(|pre| post.iter().map(move |post| post - pre));
            let expected: f64 = pairs.map(|delay| rule.window(delay)).sum();
            let weight = rule.run(&pre, &post, 0.5).last().map_or(0.5, |(_, weight)| *weight);
            prop_assert!((weight - 0.5 - expected).abs() < 1e-12, "{} {}", weight, expected);
        }
    }
}
