//! Integration of neurons whose upstroke runs to infinity: the classical Runge-Kutta method of fourth order, with finer
//! steps while a spike takes off, and the moment of each spike by bisection.

use super::neuron::StepInput;

/// Largest growth exponent of one part of a step: a deviation grows at most e^(1/4) times within it. With it, the spikes
/// of [`AdEx`](super::AdEx) and [`Izhikevich`](super::Izhikevich) lie within 0.01 ms of SciPy's DOP853 for steps up to
/// and 0.25 ms (`neurons/tests/integration/spiking.rs`).
const MAX_GROWTH: f64 = 0.25;

/// Largest number of parts of a step: the moment of a spike is known to a millionth of the step.
const MAX_PARTS: f64 = 1_048_576.0;

/// Differential equations of `N` variables, the first of which is the membrane potential.
pub trait Equations<const N: usize> {
    /// Returns the derivatives per ms.
    fn derivative(&self, current: f64, y: [f64; N]) -> [f64; N];

    /// Returns the rate in 1/ms at which a deviation of the membrane potential grows; negative if it decays.
    fn growth(&self, y: [f64; N]) -> f64;

    /// Returns the potential in mV at which a spike is cut.
    fn peak(&self) -> f64;

    /// Returns the state after a spike.
    fn reset(&self, y: [f64; N]) -> [f64; N];
}

/// Integrates one step. Returns the times of the spikes, in ms from the beginning of the step, and the state at its end.
pub(super) fn advance<const N: usize>(
    equations: &impl Equations<N>,
    input: &StepInput,
    mut y: [f64; N],
) -> (Vec<f64>, [f64; N]) {
    let step = input.duration;
    let (mut spikes, mut time) = (Vec::new(), 0.0);
    let least = step / MAX_PARTS;
    while time < step {
        let fitting = MAX_GROWTH / equations.growth(y).max(f64::MIN_POSITIVE);
        let part = fitting.max(least).min(step - time);
        let next = runge_kutta(equations, &part_of(input, [time, time + part]), y, part);
        // A NaN has run away as well.
        if next[0] < equations.peak() {
            (time, y) = (time + part, next);
        } else {
            let (spike, before) = locate_spike(equations, input, y, [time, part]);
            spikes.push(spike);
            (time, y) = (spike, equations.reset(before));
        }
        // A remainder below the smallest part is no step.
        if step - time < least {
            break;
        }
    }
    (spikes, y)
}

/// Locates the spike within the `part` ms after `time` by bisection. Returns its time and the state before it.
fn locate_spike<const N: usize>(
    equations: &impl Equations<N>,
    input: &StepInput,
    mut y: [f64; N],
    [mut time, mut part]: [f64; 2],
) -> (f64, [f64; N]) {
    let step = input.duration;
    let least = step / MAX_PARTS;
    while part > least {
        part /= 2.0;
        let next = runge_kutta(equations, &part_of(input, [time, time + part]), y, part);
        if next[0] < equations.peak() {
            (time, y) = (time + part, next);
        }
    }
    ((time + part).min(step), y)
}

/// Returns the current at the beginning, in the middle and at the end of a part of the step, from the parabola through
/// the three currents of the step.
fn part_of(input: &StepInput, [from, until]: [f64; 2]) -> [f64; 3] {
    let [start, middle, end] = input.current;
    if start == end && start == middle {
        return [start; 3];
    }
    let slope = -3.0 * start + 4.0 * middle - end;
    let bend = 2.0 * (start - 2.0 * middle + end);
    [from, (from + until) / 2.0, until].map(|time| {
        let share = time / input.duration;
        start + share * (slope + share * bend)
    })
}

/// Makes one step of the method of fourth order (Kutta 1901).
fn runge_kutta<const N: usize>(
    equations: &impl Equations<N>,
    [start, middle, end]: &[f64; 3],
    y: [f64; N],
    step: f64,
) -> [f64; N] {
    let along = |slope: [f64; N], by: f64| -> [f64; N] {
        std::array::from_fn(|variable| y[variable] + by * slope[variable])
    };
    let one = equations.derivative(*start, y);
    let two = equations.derivative(*middle, along(one, step / 2.0));
    let three = equations.derivative(*middle, along(two, step / 2.0));
    let four = equations.derivative(*end, along(three, step));
    std::array::from_fn(|variable| {
        let sum = one[variable] + 2.0 * (two[variable] + three[variable]) + four[variable];
        y[variable] + step / 6.0 * sum
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// y' = y^2 reaches infinity at t = 1 / y(0) = 1, and 1000 at t = 0.999.
    struct Square;

    impl Equations<1> for Square {
        fn derivative(&self, current: f64, [y]: [f64; 1]) -> [f64; 1] {
            [y.min(1000.0).powi(2) + current]
        }
        fn growth(&self, [y]: [f64; 1]) -> f64 {
            2.0 * y.min(1000.0)
        }
        fn peak(&self) -> f64 {
            1000.0
        }
        fn reset(&self, _: [f64; 1]) -> [f64; 1] {
            [1.0]
        }
    }

    #[test]
    fn spikes_do_not_depend_on_the_step() {
        for step in [0.01_f64, 0.1, 0.3, 2.5] {
            let (mut spikes, mut y, mut time) = (Vec::new(), [1.0], 0.0);
            while time < 3.0 - 1e-9 {
                let part = step.min(3.0 - time);
                let (fired, next) = advance(&Square, &StepInput::constant(0.0, part), y);
                spikes.extend(fired.into_iter().map(|after: f64| time + after));
                (y, time) = (next, time + part);
            }
            assert_eq!(spikes.len(), 3, "step {step}: {spikes:?}");
            for (number, spike) in spikes.iter().enumerate() {
                let expected = (number + 1) as f64 * 0.999;
                assert!(
                    (spike / expected - 1.0).abs() < 2e-5,
                    "step {step}: {spike}"
                );
            }
        }
    }

    /// The parabola through 1, 4 and 9 is (1 + 2 s)^2.
    #[test]
    fn the_current_is_a_parabola_within_a_step() {
        let input = StepInput {
            current: [1.0, 4.0, 9.0],
            duration: 2.0,
        };
        let part = part_of(&input, [0.5, 1.0]);
        for (value, share) in part.iter().zip([0.25_f64, 0.375, 0.5]) {
            assert!((value - (1.0 + 2.0 * share).powi(2)).abs() < 1e-12);
        }
        let constant = StepInput::constant(2.0, 1.0);
        assert_eq!(part_of(&constant, [0.1, 0.2]), [2.0; 3]);
    }
}
