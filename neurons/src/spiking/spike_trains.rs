//! Random spike trains.

use rand::{Rng, RngExt};

/// A presynaptic and a postsynaptic Poisson train of the same rate with a correlation between them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CorrelatedTrains {
    /// Firing rate of each train, per ms.
    pub rate: f64,
    /// Fraction of the presynaptic spikes that a postsynaptic spike follows.
    pub correlation: f64,
    /// Delay of the postsynaptic spike after the presynaptic one, in ms; negative if it comes first.
    pub delay: f64,
}

impl CorrelatedTrains {
    /// Draws the presynaptic and the postsynaptic train over `duration` ms. The postsynaptic spikes that follow no
    /// presynaptic one are independent.
    pub fn draw(&self, duration: f64, random: &mut impl Rng) -> [Vec<f64>; 2] {
        let pre = poisson(self.rate, duration, random);
        let mut post = poisson(self.rate * (1.0 - self.correlation), duration, random);
        let followed = (pre.iter()).filter(|_| random.random_range(0.0..1.0) < self.correlation);
        post.extend(followed.map(|time| time + self.delay));
        post.retain(|time| (0.0..duration).contains(time));
        post.sort_by(f64::total_cmp);
        [pre, post]
    }
}

/// Draws a Poisson train of `rate` spikes per ms over `duration` ms.
pub fn poisson(rate: f64, duration: f64, random: &mut impl Rng) -> Vec<f64> {
    let (mut train, mut time) = (Vec::new(), 0.0);
    loop {
        // 1 - u is never 0.
        time -= (1.0 - random.random_range(0.0..1.0_f64)).ln() / rate;
        if time >= duration {
            return train;
        }
        train.push(time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// Intervals of a Poisson train have equal mean and standard deviation.
    #[test]
    fn intervals_are_exponential() {
        let train = poisson(0.02, 1e6, &mut ChaCha8Rng::seed_from_u64(1));
        assert!(train.is_sorted() && train.last().unwrap() < &1e6);
        let intervals: Vec<f64> = train.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let count = intervals.len() as f64;
        let mean = intervals.iter().sum::<f64>() / count;
        let squares = intervals.iter().map(|interval| (interval - mean).powi(2));
        let deviation = (squares.sum::<f64>() / count).sqrt();
        assert!((mean - 50.0).abs() < 1.5, "{mean}");
        assert!((deviation - 50.0).abs() < 2.0, "{deviation}");
        assert_eq!(poisson(0.0, 100.0, &mut ChaCha8Rng::seed_from_u64(1)), []);
    }

    #[test]
    fn correlated_trains_share_spikes_and_keep_their_rate() {
        let trains = CorrelatedTrains {
            rate: 0.01,
            correlation: 0.3,
            delay: -5.0,
        };
        let [pre, post] = trains.draw(1e6, &mut ChaCha8Rng::seed_from_u64(2));
        for train in [&pre, &post] {
            assert!(
                (train.len() as f64 / 1e4 - 1.0).abs() < 0.05,
                "{}",
                train.len()
            );
        }
        let followed = pre.iter().filter(|time| {
            let index = post.partition_point(|at| *at < **time - 5.0 - 1e-9);
            post.get(index)
                .is_some_and(|at| (at - (**time - 5.0)).abs() < 1e-9)
        });
        let share = followed.count() as f64 / pre.len() as f64;
        assert!((share - 0.3).abs() < 0.02, "{share}");
    }
}
