//! The steps of the method, their error and their interpolant.

use super::coefficients::{
    DENSE_STAGE_TIMES, DENSE_STAGES, FIFTH_ORDER_ERROR, INTERPOLANT, SOLUTION, STAGE_TIMES, STAGES,
    THIRD_ORDER,
};

/// Order of the method: the length of the next step is proportional to the error to the power of -1/8.
const ORDER: f64 = 8.0;

/// Factor that makes the next step shorter than its estimate, as in the book's program and in SciPy's `DOP853`.
const SAFETY: f64 = 0.9;

/// Range of the ratio of two successive lengths, as in SciPy's `DOP853`.
const RATIOS: [f64; 2] = [0.2, 10.0];

/// Settings of the method.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dop853 {
    /// Absolute and relative error of a step in each variable.
    pub(crate) tolerance: f64,
    /// Longest step.
    pub(crate) longest_step: f64,
}

/// An accepted step.
#[derive(Clone, Debug)]
pub(crate) struct Step<const N: usize> {
    /// Time and state at the beginning.
    pub(crate) start: (f64, [f64; N]),
    /// Time and state at the end.
    pub(crate) end: (f64, [f64; N]),
    length: f64,
    /// Coefficients of the interpolant.
    interpolant: [[f64; N]; 8],
}

/// Error: a step has become too short to advance the time.
#[derive(Debug)]
pub(crate) struct StepTooShort {
    /// The time that was reached.
    pub(crate) time: f64,
}

impl Dop853 {
    /// Integrates dy/dt = `derivative`(t, y) from the time `from` to `until` and calls `observe` after each accepted step.
    /// Returns the final state.
    pub(crate) fn integrate<const N: usize>(
        &self,
        derivative: &impl Fn(f64, &[f64; N]) -> [f64; N],
        [from, until]: [f64; 2],
        start: [f64; N],
        mut observe: impl FnMut(&Step<N>),
    ) -> Result<[f64; N], StepTooShort> {
        let (mut time, mut state) = (from, start);
        let mut slope = derivative(time, &state);
        let mut length = self.first_length(derivative, [from, until], &state);
        let mut was_rejected = false;
        while until - time > 10.0 * f64::EPSILON {
            length = length.min(until - time);
            if time + length == time {
                return Err(StepTooShort { time });
            }
            let mut stages = stages(derivative, time, &state, slope, length);
            let change = weighted(&SOLUTION, &stages);
            let after = moved(&state, length, &change);
            let error = self.error(&stages, [&state, &after], &change, length);
            let mut ratio = (SAFETY * error.powf(-1.0 / ORDER)).max(RATIOS[0]);
            ratio = ratio.min(RATIOS[1]);
            let is_accepted = error <= 1.0;
            if is_accepted {
                let end = time + length;
                slope = derivative(end, &after);
                stages.push(slope);
                observe(&Step {
                    start: (time, state),
                    end: (end, after),
                    length,
                    interpolant: interpolant(derivative, time, [&state, &after], stages, length),
                });
                (time, state) = (end, after);
                if was_rejected {
                    ratio = ratio.min(1.0);
                }
            }
            was_rejected = !is_accepted;
            length = (length * ratio).min(self.longest_step);
        }
        Ok(state)
    }

    /// Returns the error of a step in units of the tolerance: that of the fifth order, damped by that of the third.
    fn error<const N: usize>(
        &self,
        stages: &[[f64; N]],
        [before, after]: [&[f64; N]; 2],
        change: &[f64; N],
        length: f64,
    ) -> f64 {
        let third = weighted(&THIRD_ORDER, stages);
        let fifth_error = weighted(&FIFTH_ORDER_ERROR, stages);
        let (mut fifth, mut third_order) = (0.0, 0.0);
        for variable in 0..N {
            let largest = before[variable].abs().max(after[variable].abs());
            let scale = self.tolerance + self.tolerance * largest;
            fifth += (fifth_error[variable] / scale).powi(2);
            third_order += ((change[variable] - third[variable]) / scale).powi(2);
        }
        let sum = match fifth + 0.01 * third_order {
            sum if sum > 0.0 => sum,
            _ => 1.0,
        };
        length * fifth * (1.0 / (sum * N as f64)).sqrt()
    }

    /// Returns the length of the first step, for which an explicit Euler step estimates the second derivative (section
    /// II.4 of the book).
    fn first_length<const N: usize>(
        &self,
        derivative: &impl Fn(f64, &[f64; N]) -> [f64; N],
        [from, until]: [f64; 2],
        start: &[f64; N],
    ) -> f64 {
        let scaled = |values: &[f64; N]| -> f64 {
            let scaled = values.iter().zip(start).map(|(value, at)| {
                let scale = self.tolerance + self.tolerance * at.abs();
                (value / scale).powi(2)
            });
            scaled.sum()
        };
        let slope = derivative(from, start);
        let [slope_size, size] = [scaled(&slope), scaled(start)];
        let guess = if slope_size <= 1e-10 || size <= 1e-10 {
            1e-6
        } else {
            0.01 * (size / slope_size).sqrt()
        };
        let guess = guess.min(self.longest_step);
        let next = derivative(from + guess, &moved(start, guess, &slope));
        let bend = std::array::from_fn(|variable| next[variable] - slope[variable]);
        let steepest = slope_size.sqrt().max(scaled(&bend).sqrt() / guess);
        let length = if steepest <= 1e-15 {
            guess * 1e-3
        } else {
            (0.01 / steepest).powf(1.0 / ORDER)
        };
        (100.0 * guess)
            .min(length)
            .min(self.longest_step)
            .min(until - from)
    }
}

impl<const N: usize> Step<N> {
    /// Returns the interpolated state at a time within the step.
    pub(crate) fn at(&self, time: f64) -> [f64; N] {
        let from_start = (time - self.start.0) / self.length;
        let to_end = 1.0 - from_start;
        let [lower @ .., last] = &self.interpolant;
        // A nested product: c0 + s (c1 + s' (c2 + s (c3 + ...))) with s from the start and s' to the end.
        let mut value = *last;
        for (number, coefficients) in lower.iter().enumerate().rev() {
            let factor = if number % 2 == 0 { from_start } else { to_end };
            value = moved(coefficients, factor, &value);
        }
        value
    }
}

/// Returns the derivative at each of the twelve stages; `slope` is that of the first.
fn stages<const N: usize>(
    derivative: &impl Fn(f64, &[f64; N]) -> [f64; N],
    time: f64,
    state: &[f64; N],
    slope: [f64; N],
    length: f64,
) -> Vec<[f64; N]> {
    let mut stages = Vec::with_capacity(16);
    stages.push(slope);
    for (weights, at) in STAGES.iter().zip(&STAGE_TIMES[1..]) {
        let inside = inside(state, weights, &stages, length);
        stages.push(derivative(time + at * length, &inside));
    }
    stages
}

/// Returns the coefficients of the interpolant; `stages` are those of the step and the derivative at its end.
fn interpolant<const N: usize>(
    derivative: &impl Fn(f64, &[f64; N]) -> [f64; N],
    time: f64,
    [before, after]: [&[f64; N]; 2],
    mut stages: Vec<[f64; N]>,
    length: f64,
) -> [[f64; N]; 8] {
    let (first, last) = (stages[0], stages[12]);
    for (weights, at) in DENSE_STAGES.iter().zip(DENSE_STAGE_TIMES) {
        let inside = inside(before, weights, &stages, length);
        stages.push(derivative(time + at * length, &inside));
    }
    let change = std::array::from_fn(|variable| after[variable] - before[variable]);
    let bend = std::array::from_fn(|variable| length * first[variable] - change[variable]);
    let twist =
        std::array::from_fn(|variable| change[variable] - length * last[variable] - bend[variable]);
    let upper = INTERPOLANT.map(|weights| weighted(&weights, &stages).map(|value| value * length));
    let [a, b, c, d] = upper;
    [*before, change, bend, twist, a, b, c, d]
}

/// Returns the state at a stage: `state` plus the weighted stages times the length of the step.
fn inside<const N: usize>(
    state: &[f64; N],
    weights: &[f64],
    stages: &[[f64; N]],
    length: f64,
) -> [f64; N] {
    let mut sum = *state;
    for (weight, stage) in weights.iter().zip(stages) {
        sum = moved(&sum, weight * length, stage);
    }
    sum
}

/// Returns the sum of the stages, each times its weight.
fn weighted<const N: usize>(weights: &[f64], stages: &[[f64; N]]) -> [f64; N] {
    inside(&[0.0; N], weights, stages, 1.0)
}

/// Returns `state` + `by` `slope`.
fn moved<const N: usize>(state: &[f64; N], by: f64, slope: &[f64; N]) -> [f64; N] {
    std::array::from_fn(|variable| state[variable] + by * slope[variable])
}

#[cfg(test)]
mod tests {
    use super::*;

    const METHOD: Dop853 = Dop853 {
        tolerance: 1e-10,
        longest_step: 1.0,
    };

    /// The harmonic oscillator: y = cos t, y' = -sin t, also between the steps.
    #[test]
    fn the_solution_and_its_interpolant_equal_the_closed_form() {
        let oscillator = |_: f64, state: &[f64; 2]| [state[1], -state[0]];
        let mut steps = 0;
        let observe = |step: &Step<2>| {
            steps += 1;
            for part in [0.0, 0.1, 0.3, 0.5, 0.8, 1.0] {
                let time = step.start.0 + part * (step.end.0 - step.start.0);
                let [position, velocity] = step.at(time);
                let errors = [position - time.cos(), velocity + time.sin()];
                assert!(
                    errors.iter().all(|error| error.abs() < 1e-9),
                    "{time}: {errors:?}"
                );
            }
        };
        let end = METHOD.integrate(&oscillator, [0.0, 20.0], [1.0, 0.0], observe);
        let [position, velocity] = end.unwrap();
        assert!((position - 20_f64.cos()).abs() < 1e-9, "{position}");
        assert!((velocity + 20_f64.sin()).abs() < 1e-9, "{velocity}");
        assert!((20..60).contains(&steps), "{steps}");
    }

    /// The error at the end is at most twenty times the tolerated error of a step.
    #[test]
    fn the_error_follows_the_tolerance() {
        for tolerance in [1e-5, 1e-7, 1e-9, 1e-11] {
            let method = Dop853 {
                tolerance,
                ..METHOD
            };
            // dy/dt = y cos t with y = exp(sin t).
            let growth = |time: f64, state: &[f64; 1]| [state[0] * time.cos()];
            let [end] = (method.integrate(&growth, [0.0, 10.0], [1.0], |_| ())).unwrap();
            let error = (end - 10_f64.sin().exp()).abs();
            assert!(error < 20.0 * tolerance, "{tolerance:e}: {error:e}");
        }
    }

    #[test]
    fn a_singularity_ends_the_integration() {
        // y = 1 / (1 - t).
        let explosion = |_: f64, state: &[f64; 1]| [state[0] * state[0]];
        let error = METHOD.integrate(&explosion, [0.0, 2.0], [1.0], |_| ());
        let StepTooShort { time } = error.unwrap_err();
        assert!((time - 1.0).abs() < 1e-6, "{time}");
    }
}
