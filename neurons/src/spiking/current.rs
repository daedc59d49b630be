//! Input currents over time.
//!
//! A [`Current`] is what a user describes, `step:10,from=5,until=100`; a [`Waveform`] is that over one run, with the
//! noise drawn. Times are in ms; amplitudes are in the unit of the neuron that they flow into.
//!
//! Noise lies on a grid of its own, so that it is the same whatever step the neuron is integrated with. With a time
//! constant it is Ornstein and Uhlenbeck's (1930, <https://doi.org/10.1103/PhysRev.36.823>), drawn by its exact
//! transition from one place of the grid to the next: x' = x r + sigma sqrt(1 - r^2) N(0, 1) with r = exp(-grid/tau).

mod grammar;

use std::f64::consts::TAU;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// A current that cannot be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CurrentError {
    /// It names no kind of current.
    #[error(
        "'{0}' is no current: give step:I, ramp:I..I, pulses:I,width=MS,every=MS, sine:I,hz=F or noise:I,sigma=S"
    )]
    Kind(String),
    /// It has a key that this kind does not take.
    #[error("'{key}' of '{current}' means nothing there: it takes {known}")]
    Key {
        /// As given.
        key: String,
        /// The whole current.
        current: String,
        /// What it takes.
        known: String,
    },
    /// A key is given twice.
    #[error("'{key}' stands twice in '{current}': give it once")]
    Twice {
        /// As given.
        key: String,
        /// The whole current.
        current: String,
    },
    /// A value that is needed is not there.
    #[error("'{current}' lacks {key}=: give it")]
    Missing {
        /// What is missing.
        key: String,
        /// The whole current.
        current: String,
    },
    /// A value is no number, or none that can be used.
    #[error("'{value}' of '{current}' {wrong}")]
    Value {
        /// As given.
        value: String,
        /// The whole current.
        current: String,
        /// What is wrong with it, and the remedy.
        wrong: &'static str,
    },
    /// A row of a table.
    #[error("row {row}: {wrong}")]
    Row {
        /// Counted from 1, without a header.
        row: usize,
        /// What is wrong with it.
        wrong: String,
    },
}

/// When a current flows: from the first time up to, but not at, the second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Span {
    /// In ms.
    pub from: f64,
    /// In ms; none means to the end of the run.
    pub until: Option<f64>,
}

/// Random fluctuations about a mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    /// What it fluctuates about.
    pub mean: f64,
    /// The standard deviation of the current.
    pub sigma: f64,
    /// How long it remembers, in ms; 0 for white noise, whose every place of the grid has a value of its own.
    pub tau: f64,
    /// The distance of the places at which it is drawn, in ms.
    pub grid: f64,
    /// Another number, another course; none takes that of the run.
    pub seed: Option<u64>,
}

/// A recorded current: straight lines between rows, nothing before the first and after the last.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    times: Vec<f64>,
    values: Vec<f64>,
}

/// What flows into a neuron, as a user describes it. Outside of its span there is no current.
#[derive(Clone, Debug, PartialEq)]
pub enum Current {
    /// The same all the time.
    Step {
        /// How much.
        amplitude: f64,
        /// When.
        span: Span,
    },
    /// A straight line.
    Ramp {
        /// How much at the beginning of the span.
        start: f64,
        /// How much at its end.
        end: f64,
        /// When.
        span: Span,
    },
    /// Rectangles, one after the other.
    Pulses {
        /// How much in a pulse.
        amplitude: f64,
        /// How long a pulse lasts, in ms.
        width: f64,
        /// From the beginning of one to the beginning of the next, in ms.
        every: f64,
        /// When; the first pulse begins with it.
        span: Span,
    },
    /// mean + amplitude sin(2 pi f t), t counted from the beginning of the span.
    Sine {
        /// Its height over the mean.
        amplitude: f64,
        /// In Hz.
        frequency: f64,
        /// What it swings about.
        mean: f64,
        /// When.
        span: Span,
    },
    /// Fluctuations.
    Noise {
        /// Which.
        noise: Noise,
        /// When.
        span: Span,
    },
    /// A recording.
    Samples(Samples),
}

impl Samples {
    /// A recording with strictly growing times in ms and a value for each.
    ///
    /// # Errors
    /// Names the first row (counted from 1) that is out of order or no number, or that there are fewer than two.
    pub fn new(times: Vec<f64>, values: Vec<f64>) -> Result<Self, CurrentError> {
        let row = |row, wrong| Err(CurrentError::Row { row, wrong });
        if times.len() != values.len() || times.len() < 2 {
            let wrong = "the recording ends; give two rows of time and current at least";
            return row(times.len().min(values.len()) + 1, wrong.to_owned());
        }
        for (number, (time, value)) in times.iter().zip(&values).enumerate() {
            if !time.is_finite() || !value.is_finite() {
                let wrong =
                    format!("time {time}, current {value}: a gap; give a number in every row");
                return row(number + 1, wrong);
            }
            if number > 0 && *time <= times[number - 1] {
                let before = times[number - 1];
                let wrong = format!(
                    "the time {time} ms comes after {before} ms; sort the rows, each time once"
                );
                return row(number + 1, wrong);
            }
        }
        Ok(Self { times, values })
    }

    /// The time of the last row in ms.
    pub fn end(&self) -> f64 {
        self.times.last().copied().unwrap_or_default()
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    fn at(&self, time: f64) -> f64 {
        let after = self.times.partition_point(|there| *there <= time);
        match (after.checked_sub(1), self.times.get(after)) {
            (None, _) => 0.0,
            (Some(last), None) if self.times[last] == time => self.values[last],
            (Some(_), None) => 0.0,
            (Some(before), Some(_)) => {
                let share = (time - self.times[before]) / (self.times[after] - self.times[before]);
                self.values[before] + share * (self.values[after] - self.values[before])
            }
        }
    }
}

impl Current {
    /// The same amount from the beginning to the end.
    pub fn step(amplitude: f64) -> Self {
        let span = Span::default();
        Self::Step { amplitude, span }
    }

    /// How long the shortest thing in it lasts, in ms, where it has one: a step of integration that is longer would
    /// pass over it.
    pub fn shortest(&self) -> Option<f64> {
        match self {
            Self::Pulses { width, every, .. } => {
                Some(width.min(every - width)).filter(|gap| *gap > 0.0)
            }
            Self::Noise { noise, .. } => Some(noise.grid),
            _ => None,
        }
    }

    /// The current over a run of so many ms; `seed` draws the noise that has no seed of its own.
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
}

impl Noise {
    /// A value for every place of the grid over so many ms, and one more; the stationary distribution from the start.
    fn draw(&self, duration: f64, seed: u64) -> Vec<f64> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed.unwrap_or(seed));
        let remembered = if self.tau > 0.0 {
            (-self.grid / self.tau).exp()
        } else {
            0.0
        };
        let fresh = (1.0 - remembered * remembered).sqrt();
        let mut draw = || -> f64 { StandardNormal.sample(&mut random) };
        let mut deviation = draw();
        let places = (duration.max(0.0) / self.grid).ceil() as usize + 2;
        let mut values = Vec::with_capacity(places);
        for _ in 0..places {
            values.push(self.mean + self.sigma * deviation);
            deviation = remembered * deviation + fresh * draw();
        }
        values
    }
}

/// A current over one run: the same time, the same value, in whatever order it is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Waveform {
    shape: Shape,
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

impl Waveform {
    /// The current at a time in ms; where it jumps, that after the jump.
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
                let place = since / grid;
                let before = (place as usize).min(values.len() - 2);
                let share = if *is_white {
                    0.0
                } else {
                    place - before as f64
                };
                values[before] + share * (values[before + 1] - values[before])
            }
        }
    }

    /// What a Runge-Kutta step of `step` ms from `time` on needs: the current at its beginning, in its middle and at
    /// its end. Both ends are looked at from within: a jump between two steps belongs to neither.
    pub fn stages(&self, time: f64, step: f64) -> [f64; 3] {
        const INWARDS: f64 = 1e-6;
        [INWARDS, 0.5, 1.0 - INWARDS].map(|share| self.at(time + share * step))
    }

    /// The times within (0, `duration`) in ms at which the current jumps or bends, in order.
    pub fn breaks(&self, duration: f64) -> Vec<f64> {
        let [from, until] = self.span;
        let every = |first: f64, distance: f64| {
            let count = ((until.min(duration) - first) / distance).ceil().max(0.0) as usize;
            (0..count).map(move |place| first + distance * place as f64)
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
            Shape::Samples(samples) => times.extend(&samples.times),
        }
        times.retain(|time| *time > 0.0 && *time < duration);
        times.sort_by(f64::total_cmp);
        // Rounding may place the same one twice.
        times.dedup_by(|after, before| *after - *before < 1e-9);
        times
    }

    /// The lowest and the highest current of the run; 0 is always between them.
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
            Shape::Samples(samples) => within(&samples.values),
        }
    }
}

impl Current {
    /// So many ms after the beginning of a span of that length; noise and recordings are no formulas.
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

    /// By hand.
    #[test]
    fn the_shapes() {
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
        // Without an end, to the end of the run.
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
    fn noise_has_its_moments_and_its_memory() {
        let long = |text: &str| text.parse::<Current>().unwrap().waveform(200_000.0, 7);
        for (text, lag, correlation) in [
            ("noise:5,sigma=3,tau=5", 5.0, (-1.0_f64).exp()),
            ("noise:5,sigma=3,tau=5", 10.0, (-2.0_f64).exp()),
            ("noise:5,sigma=3", 0.1, 0.0),
        ] {
            let wave = long(text);
            // On the grid, where nothing is interpolated; from the middle of white noise's plateaus.
            let at = |place: usize| wave.at(place as f64 * 0.1 + 1e-9) - 5.0;
            let count = 1_900_000;
            let mean = (0..count).map(at).sum::<f64>() / count as f64;
            let variance = (0..count).map(|place| at(place).powi(2)).sum::<f64>() / count as f64;
            let lag = (lag / 0.1_f64).round() as usize;
            let product = (0..count)
                .map(|place| at(place) * at(place + lag))
                .sum::<f64>();
            let found = product / count as f64 / variance;
            // 190 s hold 19,000 independent pieces: deviations of the mean 0.02, of the variance 1 %.
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
        let times: Vec<f64> = (0..4900).map(|place| f64::from(place) * 0.01).collect();
        assert!(times.iter().all(|time| short.at(*time) == long.at(*time)));
        assert!(times.iter().any(|time| short.at(*time) != other.at(*time)));
        let own: Current = "noise:0,sigma=1,tau=3,from=2,seed=3".parse().unwrap();
        assert_eq!(own.waveform(50.0, 9), short);
        assert_eq!(short.at(1.99), 0.0);
    }

    #[test]
    fn a_recording_is_joined_by_lines() {
        let samples = Samples::new(vec![1.0, 2.0, 4.0], vec![0.0, 10.0, -10.0]).unwrap();
        let wave = Current::Samples(samples).waveform(10.0, 1);
        let at = [0.5, 1.0, 1.25, 2.0, 3.0, 4.0, 4.1].map(|time| wave.at(time));
        assert_eq!(at, [0.0, 0.0, 2.5, 10.0, 0.0, -10.0, 0.0]);
        assert_eq!(wave.range(), [-10.0, 10.0]);
        for (times, values, row, word) in [
            (vec![0.0], vec![1.0], "row 2", "two rows"),
            (
                vec![0.0, 2.0, 1.0],
                vec![1.0; 3],
                "row 3",
                "1 ms comes after 2 ms",
            ),
            (vec![0.0, 0.0], vec![1.0; 2], "row 2", "each time once"),
            (vec![0.0, 1.0], vec![1.0, f64::NAN], "row 2", "gap"),
        ] {
            let error = Samples::new(times, values).unwrap_err().to_string();
            assert!(error.contains(row) && error.contains(word), "{error}");
        }
    }

    #[test]
    fn a_jump_between_steps_belongs_to_neither() {
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
    fn breaks_are_where_the_current_jumps_or_bends() {
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
    fn ranges_hold_every_value() {
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
            let inside = (0..20_000).all(|place| {
                let value = wave.at(f64::from(place) * 0.005);
                (low..=high).contains(&value)
            });
            assert!(inside && low <= 0.0 && high >= 0.0, "{text}: {low}..{high}");
        }
    }
}
