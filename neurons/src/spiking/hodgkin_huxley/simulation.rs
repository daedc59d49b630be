//! One neuron over time.

use super::equations::fastest_rate;
use super::{Parameters, SPIKE_LEVEL, State, step_under};
use crate::spiking::Waveform;

/// A simulation that cannot be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum HodgkinHuxleyError {
    /// Errors would grow from step to step.
    #[error(
        "a step of {step} ms is too large: at {time:.2} ms the membrane changes faster than it can follow; the largest stable step is {largest} ms"
    )]
    StepTooLarge {
        /// That was asked for, in ms.
        step: f64,
        /// Where it was found out, in ms.
        time: f64,
        /// The largest that is stable all along, in ms.
        largest: f64,
    },
    /// A neuron of many came to a state that cannot be.
    #[error(
        "neuron {neuron} left what a membrane can do: a step of {step} ms is too large for it; give a smaller one"
    )]
    Diverged {
        /// Counted from 0.
        neuron: usize,
        /// In ms.
        step: f64,
    },
    /// The integrator with steps of its own gave up.
    #[error("the adaptive integrator stopped at {time} ms: {reason}")]
    Adaptive {
        /// In ms.
        time: f64,
        /// What it said.
        reason: String,
    },
    /// Conductances, capacitance and reversal potentials that no membrane has.
    #[error("{name} {value} cannot be: give a number {wanted}")]
    Parameter {
        /// Which.
        name: &'static str,
        /// As given.
        value: f64,
        /// What it can be.
        wanted: &'static str,
    },
}

/// |lambda dt| up to which Runge and Kutta's method of fourth order does not let errors grow: where
/// 1 - z + z^2/2 - z^3/6 + z^4/24 comes back to 1.
pub const STABILITY_LIMIT: f64 = 2.785_293_563_405_282;

/// The membrane and what flows into it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// In ms.
    pub time: f64,
    /// In uA/cm2.
    pub input: f64,
    /// At that time.
    pub state: State,
}

/// What one neuron did.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The beginning, every so many steps, and the end.
    pub moments: Vec<Moment>,
    /// When it rose over [`SPIKE_LEVEL`], in ms, by a straight line between steps.
    pub spikes: Vec<f64>,
    /// When the first spike was highest, in ms, and how high, in mV.
    pub first_peak: Option<(f64, f64)>,
    /// How many steps were made.
    pub steps: usize,
    /// How long each was, in ms.
    pub step: f64,
}

/// Steps of equal length, as long as asked for or a little shorter: a whole number of them fills the duration.
pub(crate) fn equal_steps(duration: f64, step: f64) -> (usize, f64) {
    let steps = (duration / step * (1.0 - 1e-12)).ceil().max(1.0);
    (steps as usize, duration / steps)
}

/// When a line from one potential to the next crosses [`SPIKE_LEVEL`], in steps from the first.
pub(crate) fn crossing(before: f64, after: f64) -> f64 {
    (SPIKE_LEVEL - before) / (after - before)
}

impl Parameters {
    /// Lets the current flow in for `duration` ms with a step of `step` ms; `most` moments are kept at most (two at
    /// least), evenly over time; `progress` is told how many steps have been made since it was last told.
    ///
    /// # Errors
    /// When the step is too large to be stable; the largest that is not is named.
    pub fn simulate(
        &self,
        start: State,
        wave: &Waveform,
        [duration, step]: [f64; 2],
        most: usize,
        progress: &dyn Fn(usize),
    ) -> Result<Trace, HodgkinHuxleyError> {
        self.validate()?;
        let run = |duration, step, watch: &mut dyn FnMut(f64)| {
            run(self, start, wave, [duration, step], most, watch)
        };
        let mut made = 0;
        let mut count = |_| {
            made += 1;
            if made % TOLD == 0 {
                progress(TOLD);
            }
        };
        run(duration, step, &mut count).map_err(|unstable| HodgkinHuxleyError::StepTooLarge {
            step,
            time: unstable.time,
            largest: largest_stable_step(duration.min(unstable.time + LOOK_AHEAD), step, run),
        })
    }

    /// # Errors
    /// Names the first that cannot be.
    pub(crate) fn validate(&self) -> Result<(), HodgkinHuxleyError> {
        let conductances = [
            ("sodium", self.sodium),
            ("potassium", self.potassium),
            ("leak", self.leak),
            ("capacitance", self.capacitance),
        ];
        for (name, value) in conductances {
            if !(value > 0.0 && value.is_finite()) {
                let wanted = "above 0";
                return Err(HodgkinHuxleyError::Parameter {
                    name,
                    value,
                    wanted,
                });
            }
        }
        for (name, value) in [
            ("sodium reversal", self.sodium_reversal),
            ("potassium reversal", self.potassium_reversal),
            ("leak reversal", self.leak_reversal),
        ] {
            if value.is_nan() || value.abs() > 500.0 {
                let wanted = "from -500 to 500 mV";
                return Err(HodgkinHuxleyError::Parameter {
                    name,
                    value,
                    wanted,
                });
            }
        }
        Ok(())
    }
}

/// Errors would grow from here on, in ms.
#[derive(Debug)]
struct Unstable {
    time: f64,
}

/// Steps between two reports of progress.
const TOLD: usize = 4096;

/// How far beyond the first instability a stable step is looked for, in ms.
const LOOK_AHEAD: f64 = 500.0;

fn run(
    parameters: &Parameters,
    start: State,
    wave: &Waveform,
    [duration, step]: [f64; 2],
    most: usize,
    watch: &mut dyn FnMut(f64),
) -> Result<Trace, Unstable> {
    let (steps, step) = equal_steps(duration, step);
    let every = steps.div_ceil(most.saturating_sub(1).max(1));
    let moment = |number: usize, state| {
        let time = number as f64 * step;
        // The end belongs to the run, and the current there to the last step.
        let input = match number {
            _ if number == steps => wave.stages(time - step, step)[2],
            _ => wave.stages(time, step)[0],
        };
        Moment { time, input, state }
    };
    let mut trace = Trace {
        moments: vec![moment(0, start)],
        spikes: Vec::new(),
        first_peak: None,
        steps,
        step,
    };
    let mut state = start;
    let mut is_climbing = false;
    for number in 0..steps {
        let time = number as f64 * step;
        let rate = fastest_rate(state, parameters);
        watch(rate);
        let is_stable = rate * step <= STABILITY_LIMIT;
        let (fires, after) = step_under(wave.stages(time, step), state, parameters, step);
        if !is_stable || !after.is_possible() {
            return Err(Unstable { time });
        }
        if fires {
            trace
                .spikes
                .push(time + step * crossing(state.voltage, after.voltage));
            is_climbing |= trace.spikes.len() == 1;
        }
        if is_climbing && after.voltage < state.voltage {
            is_climbing = false;
            trace.first_peak = Some((time, state.voltage));
        }
        state = after;
        if (number + 1) % every == 0 || number + 1 == steps {
            trace.moments.push(moment(number + 1, state));
        }
    }
    Ok(trace)
}

/// A run with so fine a step that it is stable tells the fastest rate; a step that follows it is tried, and made
/// smaller where the run with it is faster still.
fn largest_stable_step(
    duration: f64,
    step: f64,
    run: impl Fn(f64, f64, &mut dyn FnMut(f64)) -> Result<Trace, Unstable>,
) -> f64 {
    let mut fine = step.min(0.02);
    let mut fastest = 0.0_f64;
    while run(duration, fine, &mut |rate| fastest = fastest.max(rate)).is_err() {
        fastest = 0.0;
        fine /= 2.0;
    }
    // Rounded down to three digits, as it is printed.
    let rounded = |step: f64| {
        let unit = 10_f64.powi(step.log10().floor() as i32 - 2);
        ((step / unit).floor() * unit * 1e9).round() / 1e9
    };
    let mut largest = rounded((STABILITY_LIMIT / fastest).min(step));
    while run(duration, largest, &mut |_| ()).is_err() {
        largest = rounded(largest * 0.99);
    }
    largest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spiking::Current;

    fn simulate(text: &str, times: [f64; 2]) -> Result<Trace, HodgkinHuxleyError> {
        let parameters = Parameters::default();
        let current: Current = text.parse().unwrap();
        let wave = current.waveform(times[0], 1);
        parameters.simulate(State::at_rest(&parameters), &wave, times, 1001, &|_| ())
    }

    #[test]
    fn a_whole_number_of_steps_fills_the_duration() {
        assert_eq!(equal_steps(200.0, 0.01).0, 20_000);
        assert_eq!(equal_steps(0.3, 0.1).0, 3);
        assert_eq!(equal_steps(1.0, 0.3), (4, 0.25));
        assert_eq!(equal_steps(1.0, 5.0), (1, 1.0));
    }

    #[test]
    fn moments_are_kept_evenly() {
        let trace = simulate("step:10,from=10", [50.0, 0.01]).unwrap();
        assert_eq!((trace.steps, trace.moments.len()), (5000, 1001));
        assert_eq!(trace.moments[1].time, 0.05);
        assert_eq!(trace.moments[199].input, 0.0);
        assert_eq!(trace.moments[200].input, 10.0);
        let last = trace.moments.last().unwrap();
        assert!(
            (last.time - 50.0).abs() < 1e-9 && last.input == 10.0,
            "{last:?}"
        );
    }

    /// The step that is named is stable, and gives the spikes of a fine one; a larger one is refused.
    #[test]
    fn steps_up_to_the_largest_are_stable() {
        for current in [
            "step:10",
            "step:50",
            "pulses:60,width=1,every=10",
            "step:-20",
        ] {
            let fine = simulate(current, [200.0, 0.005]).unwrap();
            let error = simulate(current, [200.0, 1.0]).unwrap_err();
            let HodgkinHuxleyError::StepTooLarge { largest, .. } = error else {
                panic!("{current}: {error}");
            };
            let words = error.to_string();
            assert!(
                words.contains("step of 1 ms") && words.contains(&largest.to_string()),
                "{words}"
            );
            let near = simulate(current, [200.0, largest]).unwrap();
            assert_eq!(near.spikes.len(), fine.spikes.len(), "{current} {largest}");
            for (near, fine) in near.spikes.iter().zip(&fine.spikes) {
                assert!(
                    (near - fine).abs() < 0.5,
                    "{current} {largest}: {near}, {fine}"
                );
            }
            let larger = simulate(current, [200.0, 1.06 * largest]);
            assert!(larger.is_err(), "{current}: {largest} is not the largest");
        }
    }

    /// Without the check the numbers break down a little further on: the bound is no caution.
    #[test]
    fn steps_that_are_refused_would_diverge() {
        let parameters = Parameters::default();
        let HodgkinHuxleyError::StepTooLarge { largest, .. } =
            simulate("step:10", [200.0, 1.0]).unwrap_err()
        else {
            panic!("another error");
        };
        let breaks_down = |step: f64| {
            let mut state = State::at_rest(&parameters);
            let [low, high] = parameters.reachable([0.0, 10.0]);
            (0..(200.0 / step) as usize).any(|_| {
                state = super::super::step(10.0, state, &parameters, step).1;
                !state.is_possible() || !(low - 1.0..=high + 1.0).contains(&state.voltage)
            })
        };
        assert!(!breaks_down(largest));
        assert!(breaks_down(2.0 * largest), "{largest}");
    }

    #[test]
    fn impossible_membranes_are_refused() {
        let leakless = Parameters {
            leak: 0.0,
            ..Parameters::default()
        };
        let rest = State::held_at(-65.0);
        let wave = Current::step(1.0).waveform(1.0, 1);
        let error = leakless
            .simulate(rest, &wave, [1.0, 0.01], 2, &|_| ())
            .unwrap_err();
        assert!(error.to_string().contains("leak 0"), "{error}");
    }
}
