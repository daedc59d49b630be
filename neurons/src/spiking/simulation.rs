//! The loop that runs a neuron over a current.

use super::neuron::{Neuron, StepInput};
use super::stability::REAL_LIMIT;
use crate::current::Waveform;
use crate::error::{Error, Result};

/// Duration and step of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Times {
    /// How long to simulate, in ms.
    pub duration: f64,
    /// The integration step, in ms.
    pub step: f64,
}

impl Times {
    /// Creates the times of a run of `duration` ms in steps of `step` ms.
    pub fn new(duration: f64, step: f64) -> Self {
        Self { duration, step }
    }

    /// Returns the number of steps that cover the duration; the last one may end after it.
    pub fn steps(&self) -> usize {
        // A quotient that is integral up to rounding must not give one step more.
        (self.duration / self.step * (1.0 - 1e-12)).ceil() as usize
    }

    /// Shortens the step so that an integral number of steps fills the duration.
    pub fn fitted(&self) -> Self {
        let step = self.duration / self.steps().max(1) as f64;
        Self { step, ..*self }
    }
}

/// A neuron at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TracePoint<S> {
    /// Time, in ms.
    pub time: f64,
    /// Current, in the neuron's unit; at a jump, the value inside the step that begins here.
    pub current: f64,
    /// The neuron's state.
    pub state: S,
}

/// The result of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace<S> {
    /// The neuron at the beginning, at even intervals, and at the end.
    pub points: Vec<TracePoint<S>>,
    /// Times of all spikes, in ms.
    pub spikes: Vec<f64>,
    /// Number of steps.
    pub steps: usize,
    /// Duration of a step, in ms.
    pub step: f64,
}

/// One step of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimedStep {
    /// Beginning, in ms from the beginning of the run.
    pub start: f64,
    /// The current over the step.
    pub input: StepInput,
}

/// A step that was made.
#[derive(Clone, Copy, Debug)]
pub struct Transition<'a, S> {
    /// The step.
    pub step: TimedStep,
    /// The state before the step.
    pub before: &'a S,
    /// The state after the step.
    pub after: &'a S,
    /// Times of the spikes in the step, in ms from the beginning of the run.
    pub spikes: &'a [f64],
}

/// A step that would let errors grow.
#[derive(Debug)]
pub(crate) struct Unstable {
    /// Beginning of the step, in ms.
    time: f64,
}

/// Drives a neuron through `steps` and calls `observe` after each of them. Returns the final state.
pub(crate) fn drive<N: Neuron>(
    neuron: &N,
    mut state: N::State,
    steps: impl IntoIterator<Item = TimedStep>,
    mut observe: impl FnMut(&Transition<'_, N::State>),
) -> std::result::Result<N::State, Unstable> {
    for step in steps {
        let is_stable = neuron.fastest_rate(&state) * step.input.duration <= REAL_LIMIT;
        let (mut spikes, after) = neuron.step(&step.input, &state);
        if !is_stable || !neuron.is_reachable(&after) {
            return Err(Unstable { time: step.start });
        }
        spikes.iter_mut().for_each(|time| *time += step.start);
        observe(&Transition {
            step,
            before: &state,
            after: &after,
            spikes: &spikes,
        });
        state = after;
    }
    Ok(state)
}

/// Divides a current into steps of `times.step` ms.
fn steps_over(wave: &Waveform, times: Times) -> impl Iterator<Item = TimedStep> {
    (0..times.steps()).map(move |number| {
        let start = number as f64 * times.step;
        let input = StepInput {
            current: wave.stages(start, times.step),
            duration: times.step,
        };
        TimedStep { start, input }
    })
}

/// Runs a neuron from `start` over a current and calls `observe` after each step. About `most_points` points of the
/// trace are kept, at even intervals.
///
/// # Errors
/// - [`Error::Parameter`] if a parameter is out of range.
/// - [`Error::Step`] or [`Error::UnstableStep`] if the step is too large to be stable; the largest stable one is named.
pub fn simulate<N: Neuron>(
    neuron: &N,
    start: N::State,
    wave: &Waveform,
    times: Times,
    most_points: usize,
    mut observe: impl FnMut(&Transition<'_, N::State>),
) -> Result<Trace<N::State>> {
    neuron.validate()?;
    check_step(neuron, times.step, wave.range()[0])?;
    let steps = times.steps();
    let interval = steps.div_ceil(most_points.max(1)).max(1);
    let (mut points, mut spikes, mut number) = (Vec::new(), Vec::new(), 0);
    let end = drive(neuron, start.clone(), steps_over(wave, times), |made| {
        if number % interval == 0 {
            points.push(TracePoint {
                time: made.step.start,
                current: made.step.input.current[0],
                state: made.before.clone(),
            });
        }
        spikes.extend_from_slice(made.spikes);
        number += 1;
        observe(made);
    });
    let state = end.map_err(|unstable| Error::UnstableStep {
        step: times.step,
        time: unstable.time,
        largest: largest_stable_step(neuron, &start, wave, times, unstable.time),
    })?;
    let time = steps as f64 * times.step;
    let current = wave.stages(time - times.step, times.step)[2];
    points.push(TracePoint {
        time,
        current,
        state,
    });
    Ok(Trace {
        points,
        spikes,
        steps,
        step: times.step,
    })
}

/// Runs a neuron from rest over a current. About `most_points` points of the trace are kept, at even intervals.
///
/// ```
/// use neurons::current::Current;
/// use neurons::spiking::{AdEx, Times, run};
///
/// let wave = Current::step(800.0).waveform(500.0, 1);
/// let trace = run(&AdEx::brette_gerstner(), &wave, Times::new(500.0, 0.1), 1000)?;
/// let intervals: Vec<f64> = trace.spikes.windows(2).map(|pair| pair[1] - pair[0]).collect();
/// assert!(intervals.is_sorted(), "the neuron adapts");
/// # Ok::<(), neurons::Error>(())
/// ```
///
/// # Errors
/// As of [`simulate`].
pub fn run<N: Neuron>(
    neuron: &N,
    wave: &Waveform,
    times: Times,
    most_points: usize,
) -> Result<Trace<N::State>> {
    simulate(
        neuron,
        neuron.resting_state(),
        wave,
        times,
        most_points,
        |_| (),
    )
}

/// Checks that a step in ms is not above the neuron's limit.
fn check_step(neuron: &impl Neuron, step: f64, lowest_current: f64) -> Result<()> {
    match neuron.largest_step(lowest_current) {
        Some(largest) if step > largest => Err(Error::Step { step, largest }),
        _ => Ok(()),
    }
}

/// How long after the first instability a stable step is searched for, in ms; a limit on the time that a refusal takes.
const LOOK_AHEAD: f64 = 500.0;

/// The step of the run that measures the fastest rate, in ms: stable for the squid axon under ordinary currents.
const FINE_STEP: f64 = 0.02;

/// Returns the largest stable step in ms, to three digits: a run with a fine step gives the fastest rate, the step that
/// follows from it is tried, and reduced while its own run is unstable.
fn largest_stable_step<N: Neuron>(
    neuron: &N,
    start: &N::State,
    wave: &Waveform,
    times: Times,
    unstable_at: f64,
) -> f64 {
    let duration = times.duration.min(unstable_at + LOOK_AHEAD);
    let try_step = |step: f64, observe: &mut dyn FnMut(&Transition<'_, N::State>)| {
        let times = Times::new(duration, step).fitted();
        drive(neuron, start.clone(), steps_over(wave, times), observe)
    };
    let mut fine = times.step.min(FINE_STEP);
    let mut fastest = 0.0_f64;
    while try_step(fine, &mut |made| {
        fastest = fastest.max(neuron.fastest_rate(made.before));
    })
    .is_err()
    {
        fastest = 0.0;
        fine /= 2.0;
    }
    let mut largest = round_down((REAL_LIMIT / fastest).min(times.step));
    while try_step(largest, &mut |_| ()).is_err() {
        largest = round_down(largest * 0.99);
    }
    largest
}

/// Rounds down to three significant digits, as the step is printed.
fn round_down(step: f64) -> f64 {
    let unit = 10_f64.powi(step.log10().floor() as i32 - 2);
    ((step / unit).floor() * unit * 1e9).round() / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_of_steps_fills_the_duration() {
        let fitted = |duration, step| {
            let times = Times::new(duration, step).fitted();
            (times.steps(), times.step)
        };
        assert_eq!(fitted(200.0, 0.01).0, 20_000);
        assert_eq!(fitted(0.3, 0.1).0, 3);
        assert_eq!(fitted(1.0, 0.3), (4, 0.25));
        assert_eq!(fitted(1.0, 5.0), (1, 1.0));
        assert_eq!(Times::new(1.0, 0.3).steps(), 4);
    }
}
