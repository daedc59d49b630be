//! Integration of equations that run away: the classical Runge-Kutta method of fourth order, in finer steps where
//! a spike takes off, and its largest stable step.

use super::neuron::Stages;

/// How far the fastest growth may turn within one part of a step: e^(1/4) times.
const TURN: f64 = 0.25;

/// A step is divided at most so often: the moment of a spike is known to a millionth of the step.
const PARTS: f64 = 1_048_576.0;

/// Equations of `N` variables, of which the first is the membrane potential, driven by a current.
pub(super) trait Equations<const N: usize> {
    /// The derivatives per ms.
    fn derivative(&self, current: f64, y: [f64; N]) -> [f64; N];

    /// How fast a deviation of the membrane potential grows, per ms; below 0 where it shrinks.
    fn growth(&self, y: [f64; N]) -> f64;

    /// Where the upstroke of a spike is cut, in mV.
    fn peak(&self) -> f64;

    /// The state after a spike.
    fn reset(&self, y: [f64; N]) -> [f64; N];
}

/// One step with all the spikes in it: their times in ms from the beginning of the step, and the state at its end.
pub(super) fn advance<const N: usize>(
    equations: &impl Equations<N>,
    current: Stages,
    mut y: [f64; N],
    step: f64,
) -> (Vec<f64>, [f64; N]) {
    let (mut spikes, mut time) = (Vec::new(), 0.0);
    let least = step / PARTS;
    while time < step {
        let fits = TURN / equations.growth(y).max(f64::MIN_POSITIVE);
        let part = fits.max(least).min(step - time);
        let next = runge_kutta(
            equations,
            part_of(current, [time, time + part], step),
            y,
            part,
        );
        // What is no number has run away as well.
        if next[0] < equations.peak() {
            (time, y) = (time + part, next);
        } else {
            let (after, before) = take_off(equations, current, y, [time, part, step]);
            spikes.push(after);
            (time, y) = (after, equations.reset(before));
        }
        // A rest below the least part is no step.
        if step - time < least {
            break;
        }
    }
    (spikes, y)
}

/// The moment of a spike that falls into the `part` of the step after `time`, by halving, and the state before it.
fn take_off<const N: usize>(
    equations: &impl Equations<N>,
    current: Stages,
    mut y: [f64; N],
    [mut time, mut part, step]: [f64; 3],
) -> (f64, [f64; N]) {
    let least = step / PARTS;
    while part > least {
        part /= 2.0;
        let stages = part_of(current, [time, time + part], step);
        let next = runge_kutta(equations, stages, y, part);
        if next[0] < equations.peak() {
            (time, y) = (time + part, next);
        }
    }
    ((time + part).min(step), y)
}

/// The current over a part of the step: the parabola through its stages.
fn part_of([start, middle, end]: Stages, [from, until]: [f64; 2], step: f64) -> Stages {
    if start == end && start == middle {
        return [start; 3];
    }
    let slope = -3.0 * start + 4.0 * middle - end;
    let bend = 2.0 * (start - 2.0 * middle + end);
    [from, (from + until) / 2.0, until].map(|time| {
        let share = time / step;
        start + share * (slope + share * bend)
    })
}

fn runge_kutta<const N: usize>(
    equations: &impl Equations<N>,
    [start, middle, end]: Stages,
    y: [f64; N],
    step: f64,
) -> [f64; N] {
    let along = |slope: [f64; N], by: f64| -> [f64; N] {
        std::array::from_fn(|variable| y[variable] + by * slope[variable])
    };
    let one = equations.derivative(start, y);
    let two = equations.derivative(middle, along(one, step / 2.0));
    let three = equations.derivative(middle, along(two, step / 2.0));
    let four = equations.derivative(end, along(three, step));
    std::array::from_fn(|variable| {
        let sum = one[variable] + 2.0 * (two[variable] + three[variable]) + four[variable];
        y[variable] + step / 6.0 * sum
    })
}

/// The largest step in ms with which the Runge-Kutta method does not grow where the linear equations y' = J y decay:
/// |1 + z + z^2/2 + z^3/6 + z^4/24| <= 1 for z = step times each eigenvalue (Hairer and Wanner, *Solving Ordinary
/// Differential Equations II*, section IV.2). Eigenvalues that grow set no limit; without others it is infinite.
pub(super) fn largest_stable([[a, b], [c, d]]: [[f64; 2]; 2]) -> f64 {
    let (half, discriminant) = ((a + d) / 2.0, ((a - d) / 2.0).powi(2) + b * c);
    let root = discriminant.abs().sqrt();
    let eigenvalues = if discriminant >= 0.0 {
        [(half - root, 0.0), (half + root, 0.0)]
    } else {
        [(half, root), (half, -root)]
    };
    (eigenvalues.into_iter().filter(|(real, _)| *real < 0.0))
        .map(|eigenvalue| {
            // Inside up to 2.5 / |z|, outside from 3 / |z| on, whatever the direction in the left half plane that is
            // not almost imaginary; bisection between 0 and there.
            let (mut stable, mut unstable) = (0.0, 3.0 / eigenvalue.0.hypot(eigenvalue.1));
            for _ in 0..60 {
                let step = (stable + unstable) / 2.0;
                if amplification((step * eigenvalue.0, step * eigenvalue.1)) <= 1.0 {
                    stable = step;
                } else {
                    unstable = step;
                }
            }
            stable
        })
        .fold(f64::INFINITY, f64::min)
}

/// The factor by which one step multiplies a mode.
fn amplification(z: (f64, f64)) -> f64 {
    // Horner's scheme: 1 + z (1 + z/2 (1 + z/3 (1 + z/4))).
    let factor = [4.0, 3.0, 2.0, 1.0].iter().fold((1.0, 0.0), |sum, by| {
        let (real, imaginary): (f64, f64) = sum;
        let product = (
            (z.0 * real - z.1 * imaginary) / by,
            (z.0 * imaginary + z.1 * real) / by,
        );
        (1.0 + product.0, product.1)
    });
    f64::hypot(factor.0, factor.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// y' = y^2 runs away at t = 1 / y(0) = 1; cut at 1000 it is there at 0.999.
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
    fn a_run_away_is_met_at_its_moment_whatever_the_step() {
        for step in [0.01_f64, 0.1, 0.3, 2.5] {
            let (mut spikes, mut y, mut time) = (Vec::new(), [1.0], 0.0);
            while time < 3.0 - 1e-9 {
                let part = step.min(3.0 - time);
                let (fired, next) = advance(&Square, [0.0; 3], y, part);
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

    /// The real interval of the method ends at 2.78529, the imaginary one at 2 sqrt 2.
    #[test]
    fn the_largest_stable_step() {
        let real = largest_stable([[-1.0, 0.0], [0.0, -0.1]]);
        assert!((real - 2.785_293_6).abs() < 1e-6, "{real}");
        let turning = largest_stable([[-1e-9, 1.0], [-1.0, -1e-9]]);
        assert!((turning - 8.0_f64.sqrt()).abs() < 1e-4, "{turning}");
        assert_eq!(largest_stable([[1.0, 0.0], [0.0, 2.0]]), f64::INFINITY);
    }

    /// Through 1, 4 and 9 goes (1 + 2 s)^2.
    #[test]
    fn a_current_is_a_parabola_within_a_step() {
        let part = part_of([1.0, 4.0, 9.0], [0.5, 1.0], 2.0);
        for (value, share) in part.iter().zip([0.25_f64, 0.375, 0.5]) {
            assert!((value - (1.0 + 2.0 * share).powi(2)).abs() < 1e-12);
        }
        assert_eq!(part_of([2.0; 3], [0.1, 0.2], 1.0), [2.0; 3]);
    }
}
