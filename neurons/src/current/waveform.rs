//! A current over one run.

use std::f64::consts::TAU;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::description::{Current, Noise, Span};
use super::samples::Samples;

/// A current over one run, with its noise drawn: a pure function of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Waveform {
    shape: Shape,
    /// Beginning and end of the current, in ms.
    span: [f64; 2],
}

#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Formula(Current),
    Drawn {
        grid: f64,
        is_white: bool,
        values: Vec<f64>,
    },
    Samples(Samples),
}

impl Current {
    /// Returns the current over a run of `duration` ms; `seed` draws noise that has no seed of its own.
    pub fn waveform(&self, duration: f64, seed: u64) -> Waveform {
        let until = |span: Span| span.until.unwrap_or(duration);
        let shape = match self {
            Self::Noise { noise, span } => Shape::Drawn {
                grid: noise.grid,
                is_white: noise.tau == 0.0,
                values: noise.draw(until(*span).min(duration) - span.from, seed),
            },
            Self::Samples(samples) => Shape::Samples(samples.clone()),
            other => Shape::Formula(other.clone()),
        };
        let span = match self {
            Self::Step { span, .. }
            | Self::Ramp { span, .. }
            | Self::Pulses { span, .. }
            | Self::Sine { span, .. }
            | Self::Noise { span, .. } => [span.from, until(*span)],
            Self::Samples(_) => [f64::NEG_INFINITY, f64::INFINITY],
        };
        Waveform { shape, span }
    }

    /// Evaluates the formula `time` ms after the beginning of a span of `length` ms; noise and recordings have none.
    fn since(&self, time: f64, length: f64) -> f64 {
        match *self {
            Self::Step { amplitude, .. } => amplitude,
            Self::Ramp { start, end, .. } => start + (end - start) * time / length,
            Self::Pulses {
                amplitude,
                width,
                every,
                ..
            } => {
                let is_on = time.rem_euclid(every) < width;
                if is_on { amplitude } else { 0.0 }
            }
            Self::Sine {
                amplitude,
                frequency,
                mean,
                ..
            } => mean + amplitude * (TAU * frequency * time / 1000.0).sin(),
            Self::Noise { .. } | Self::Samples(_) => 0.0,
        }
    }
}

impl Noise {
    /// Draws the values on the grid over `duration` ms and one more, in the stationary distribution from the start.
    fn draw(&self, duration: f64, seed: u64) -> Vec<f64> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed.unwrap_or(seed));
        let correlation = if self.tau > 0.0 {
            (-self.grid / self.tau).exp()
        } else {
            0.0
        };
        let innovation = (1.0 - correlation * correlation).sqrt();
        let mut draw = || -> f64 { StandardNormal.sample(&mut random) };
        let mut deviation = draw();
        let count = (duration.max(0.0) / self.grid).ceil() as usize + 2;
        let mut values = Vec::with_capacity(count);
        for _ in 0..count {
            values.push(self.mean + self.sigma * deviation);
            deviation = correlation * deviation + innovation * draw();
        }
        values
    }
}

impl Waveform {
    /// Returns the current at a time in ms; at a jump, the value after it.
    pub fn at(&self, time: f64) -> f64 {
        let [from, until] = self.span;
        if time < from || time >= until {
            return 0.0;
        }
        let since = time - from;
        match &self.shape {
            Shape::Formula(current) => current.since(since, until - from),
            Shape::Samples(samples) => samples.at(time),
            Shape::Drawn {
                grid,
                is_white,
                values,
            } => {
                let position = since / grid;
                let before = (position as usize).min(values.len() - 2);
                let share = if *is_white {
                    0.0
                } else {
                    position - before as f64
                };
                values[before] + share * (values[before + 1] - values[before])
            }
        }
    }

    /// Returns the current at the beginning, in the middle and at the end of the step of `step` ms that begins at `time`,
    /// as a Runge-Kutta method needs it. Both ends are evaluated just inside the step, so that a jump between two steps
    /// affects neither.
    pub fn stages(&self, time: f64, step: f64) -> [f64; 3] {
        const INSIDE: f64 = 1e-6;
        [INSIDE, 0.5, 1.0 - INSIDE].map(|share| self.at(time + share * step))
    }

    /// Returns the times within (0, `duration`) in ms at which the current is not smooth, in order.
    pub fn breaks(&self, duration: f64) -> Vec<f64> {
        let [from, until] = self.span;
        let every = |first: f64, distance: f64| {
            let count = ((until.min(duration) - first) / distance).ceil().max(0.0) as usize;
            (0..count).map(move |number| first + distance * number as f64)
        };
        let mut times = vec![from, until];
        match &self.shape {
            Shape::Formula(Current::Pulses {
                width,
                every: period,
                ..
            }) => {
                times.extend(every(from, *period).flat_map(|start| [start, start + width]));
            }
            Shape::Formula(_) => {}
            Shape::Drawn { grid, .. } => times.extend(every(from, *grid)),
            Shape::Samples(samples) => times.extend(samples.times()),
        }
        times.retain(|time| *time > 0.0 && *time < duration);
        times.sort_by(f64::total_cmp);
        // Rounding may give the same time twice.
        times.dedup_by(|after, before| *after - *before < 1e-9);
        times
    }

    /// Returns the lowest and the highest current of the run; the range always includes 0.
    pub fn range(&self) -> [f64; 2] {
        let within = |values: &[f64]| {
            values.iter().fold([0.0_f64; 2], |[low, high], value| {
                [low.min(*value), high.max(*value)]
            })
        };
        match &self.shape {
            Shape::Formula(Current::Step { amplitude, .. } | Current::Pulses { amplitude, .. }) => {
                within(&[*amplitude])
            }
            Shape::Formula(Current::Ramp { start, end, .. }) => within(&[*start, *end]),
            Shape::Formula(Current::Sine {
                amplitude, mean, ..
            }) => within(&[mean - amplitude.abs(), mean + amplitude.abs()]),
            Shape::Formula(_) => [0.0; 2],
            Shape::Drawn { values, .. } => within(values),
            Shape::Samples(samples) => within(samples.values()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(text: &str) -> Waveform {
        text.parse::<Current>().unwrap().waveform(100.0, 1)
    }

    fn values(text: &str, times: &[f64]) -> Vec<f64> {
        let wave = wave(text);
        times.iter().map(|time| wave.at(*time)).collect()
    }

    #[test]
    fn values_by_hand() {
        let times = [0.0, 4.999, 5.0, 60.0, 99.0, 100.0];
        assert_eq!(
            values("step:10", &times),
            [10.0, 10.0, 10.0, 10.0, 10.0, 0.0]
        );
        assert_eq!(
            values("step:-3,from=5,until=60", &times),
            [0.0, 0.0, -3.0, 0.0, 0.0, 0.0]
        );
        assert_eq!(
            values(
                "ramp:-10..10,from=40,until=80",
                &[39.0, 40.0, 50.0, 60.0, 79.0, 80.0]
            ),
            [0.0, -10.0, -5.0, 0.0, 9.5, 0.0]
        );
        // Without `until`, the ramp lasts until the end of the run.
        assert_eq!(values("ramp:0..20", &[0.0, 25.0, 50.0]), [0.0, 5.0, 10.0]);
        assert_eq!(
            values(
                "pulses:7,width=1,every=20,from=10",
                &[9.0, 10.0, 10.9, 11.0, 29.9, 30.0, 31.0]
            ),
            [0.0, 7.0, 7.0, 0.0, 0.0, 7.0, 0.0]
        );
        // 50 Hz: a quarter of a period is 5 ms.
        let sine = values("sine:5,hz=50,mean=2,from=1", &[0.0, 1.0, 6.0, 11.0, 16.0]);
        for (value, expected) in sine.iter().zip([0.0, 2.0, 7.0, 2.0, -3.0]) {
            assert!((value - expected).abs() < 1e-12, "{sine:?}");
        }
    }

    #[test]
    fn noise_has_its_mean_variance_and_correlation() {
        let long = |text: &str| text.parse::<Current>().unwrap().waveform(200_000.0, 7);
        for (text, lag, correlation) in [
            ("noise:5,sigma=3,tau=5", 5.0, (-1.0_f64).exp()),
            ("noise:5,sigma=3,tau=5", 10.0, (-2.0_f64).exp()),
            ("noise:5,sigma=3", 0.1, 0.0),
        ] {
            let wave = long(text);
            // On the grid, where nothing is interpolated.
            let at = |number: usize| wave.at(number as f64 * 0.1 + 1e-9) - 5.0;
            let count = 1_900_000;
            let mean = (0..count).map(at).sum::<f64>() / count as f64;
            let variance = (0..count).map(|number| at(number).powi(2)).sum::<f64>() / count as f64;
            let lag = (lag / 0.1_f64).round() as usize;
            let product = (0..count)
                .map(|number| at(number) * at(number + lag))
                .sum::<f64>();
            let found = product / count as f64 / variance;
            // 190 s hold 19,000 independent pieces: standard errors of 0.02 in the mean and of 1 % in the variance.
            assert!(mean.abs() < 0.1, "{text}: mean {mean}");
            assert!((variance / 9.0 - 1.0).abs() < 0.05, "{text}: {variance}");
            assert!((found - correlation).abs() < 0.03, "{text}: {found}");
        }
    }

    #[test]
    fn noise_depends_on_its_seed_alone() {
        let current: Current = "noise:0,sigma=1,tau=3,from=2".parse().unwrap();
        let (short, long) = (current.waveform(50.0, 3), current.waveform(80.0, 3));
        let other = current.waveform(50.0, 4);
        let times: Vec<f64> = (0..4900).map(|number| f64::from(number) * 0.01).collect();
        assert!(times.iter().all(|time| short.at(*time) == long.at(*time)));
        assert!(times.iter().any(|time| short.at(*time) != other.at(*time)));
        let own: Current = "noise:0,sigma=1,tau=3,from=2,seed=3".parse().unwrap();
        assert_eq!(own.waveform(50.0, 9), short);
        assert_eq!(short.at(1.99), 0.0);
    }

    #[test]
    fn a_recorded_current_is_its_samples() {
        let samples = Samples::new(vec![1.0, 2.0, 4.0], vec![0.0, 10.0, -10.0]).unwrap();
        let wave = Current::Samples(samples).waveform(10.0, 1);
        let at = [0.5, 1.0, 1.25, 2.0, 3.0, 4.0, 4.1].map(|time| wave.at(time));
        assert_eq!(at, [0.0, 0.0, 2.5, 10.0, 0.0, -10.0, 0.0]);
        assert_eq!(wave.range(), [-10.0, 10.0]);
    }

    #[test]
    fn a_jump_between_two_steps_affects_neither() {
        let wave = wave("step:10,from=5,until=10");
        assert_eq!(wave.stages(4.99, 0.01), [0.0; 3]);
        assert_eq!(wave.stages(5.0, 0.01), [10.0; 3]);
        assert_eq!(wave.stages(9.99, 0.01), [10.0; 3]);
        assert_eq!(wave.stages(10.0, 0.01), [0.0; 3]);
        // 0.1 + 0.2 > 0.3
        let early = super::tests::wave("step:1,from=0.3");
        assert_eq!(early.stages(0.1 + 0.2 - 1e-16, 0.01), [1.0; 3]);
    }

    #[test]
    fn breaks_are_the_jumps_and_bends() {
        for (text, expected) in [
            ("step:10", &[][..]),
            ("step:10,from=5,until=30", &[5.0, 30.0]),
            ("sine:5,hz=50,until=120", &[]),
            (
                "pulses:7,width=1,every=40,from=10",
                &[10.0, 11.0, 50.0, 51.0, 90.0, 91.0],
            ),
            ("noise:5,sigma=1,grid=30", &[30.0, 60.0, 90.0]),
        ] {
            let breaks = wave(text).breaks(100.0);
            assert_eq!(breaks.len(), expected.len(), "{text}: {breaks:?}");
            let pairs = breaks.iter().zip(expected);
            assert!(
                pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-9),
                "{text}: {breaks:?}"
            );
        }
    }

    #[test]
    fn ranges_include_every_value() {
        for text in [
            "step:-4",
            "ramp:-3..8",
            "pulses:6,width=2,every=7",
            "sine:5,hz=50,mean=3",
            "noise:2,sigma=4,tau=1",
            "noise:2,sigma=4",
        ] {
            let wave = wave(text);
            let [low, high] = wave.range();
            let inside = (0..20_000).all(|number| {
                let value = wave.at(f64::from(number) * 0.005);
                (low..=high).contains(&value)
            });
            assert!(inside && low <= 0.0 && high >= 0.0, "{text}: {low}..{high}");
        }
    }
}
