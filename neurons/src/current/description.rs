//! A current as a user describes it.

use super::samples::Samples;

/// The interval in which a current flows: from `from` up to, but not including, `until`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Span {
    /// Beginning, in ms.
    pub from: f64,
    /// End, in ms; `None` is the end of the run.
    pub until: Option<f64>,
}

/// A random current: white noise, or an Ornstein-Uhlenbeck process (Uhlenbeck and Ornstein 1930,
/// <https://doi.org/10.1103/PhysRev.36.823>).
///
/// It is drawn on a grid of its own, so that it does not depend on the integration step. With a time constant tau,
/// values follow by the exact transition x' = x r + sigma sqrt(1 - r^2) N(0, 1) with r = exp(-grid / tau), and lines
/// connect them; without one, each value is independent and lasts until the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    /// Mean of the current.
    pub mean: f64,
    /// Standard deviation of the current.
    pub sigma: f64,
    /// Correlation time, in ms; 0 for white noise.
    pub tau: f64,
    /// Time between two values, in ms.
    pub grid: f64,
    /// Seed of the random numbers; `None` is the seed of the run.
    pub seed: Option<u64>,
}

/// An input current; it is 0 outside its span.
///
/// ```
/// use neurons::current::Current;
///
/// let current: Current = "ramp:0..20,until=40".parse()?;
/// let wave = current.waveform(100.0, 1);
/// assert_eq!(wave.at(10.0), 5.0);
/// assert_eq!(wave.at(50.0), 0.0);
/// # Ok::<(), neurons::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Current {
    /// A constant current.
    Step {
        /// Amplitude.
        amplitude: f64,
        /// When it flows.
        span: Span,
    },
    /// A current that changes linearly.
    Ramp {
        /// Amplitude at the beginning of the span.
        start: f64,
        /// Amplitude at the end of the span.
        end: f64,
        /// When it flows.
        span: Span,
    },
    /// Periodic rectangular pulses.
    Pulses {
        /// Amplitude of a pulse.
        amplitude: f64,
        /// Duration of a pulse, in ms.
        width: f64,
        /// Period, in ms.
        every: f64,
        /// When they flow; the first pulse begins with the span.
        span: Span,
    },
    /// mean + amplitude sin(2 pi f t), with t from the beginning of the span.
    Sine {
        /// Amplitude above the mean.
        amplitude: f64,
        /// Frequency f, in Hz.
        frequency: f64,
        /// Mean.
        mean: f64,
        /// When it flows.
        span: Span,
    },
    /// A random current.
    Noise {
        /// Its distribution.
        noise: Noise,
        /// When it flows.
        span: Span,
    },
    /// A recorded current.
    Samples(Samples),
}

impl Current {
    /// Creates a constant current that flows during the whole run.
    pub fn step(amplitude: f64) -> Self {
        let span = Span::default();
        Self::Step { amplitude, span }
    }

    /// Returns the duration of the shortest feature in ms, if there is one: a longer integration step would miss it.
    pub fn shortest(&self) -> Option<f64> {
        match self {
            Self::Pulses { width, every, .. } => {
                Some(width.min(every - width)).filter(|gap| *gap > 0.0)
            }
            Self::Noise { noise, .. } => Some(noise.grid),
            _ => None,
        }
    }
}
