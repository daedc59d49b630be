//! Passive properties of a membrane: resting potential, resistance and time constant.
//!
//! After a step of the current to I, the potential relaxes as V(t) = V_inf + (V_0 - V_inf) exp(-t / tau) with
//! V_inf = E + R I: the equation of [`lif`](crate::spiking::lif) below its threshold. E and R enter linearly and follow
//! from least squares for each tau, so that only tau is searched for.

use crate::error::{Error, Result};

/// The response of the potential to a constant current.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Relaxation<'a> {
    /// The current, in pA.
    pub current: f64,
    /// Samples from shortly after the onset of the current, in mV.
    pub samples: &'a [f64],
}

/// Passive properties of a membrane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Passive {
    /// E: resting potential, in mV; extrapolated if the cell fires without a current.
    pub resting: f64,
    /// R: input resistance, in GOhm (mV/pA).
    pub resistance: f64,
    /// tau: membrane time constant, in ms.
    pub time_constant: f64,
    /// Root mean squared error of the fit, in mV.
    pub error: f64,
}

impl Passive {
    /// Returns the capacitance C = tau / R, in pF.
    pub fn capacitance(&self) -> f64 {
        self.time_constant / self.resistance
    }

    /// Returns the conductance 1 / R, in nS.
    pub fn conductance(&self) -> f64 {
        1.0 / self.resistance
    }

    /// Returns the potential in mV at `time` ms after a step of the current to `current` pA; it was `start` at the step.
    pub fn relaxation(&self, start: f64, current: f64, time: f64) -> f64 {
        let end = self.resting + self.resistance * current;
        end + (start - end) * (-time / self.time_constant).exp()
    }

    /// Fits the passive properties to responses with `rate` samples per ms.
    ///
    /// # Errors
    /// [`Error::Passive`] if there are fewer than two different currents, or if no positive resistance explains them.
    pub fn fit(relaxations: &[Relaxation<'_>], rate: f64) -> Result<Self> {
        let currents = relaxations.iter().map(|one| one.current);
        let currents: Vec<f64> = (currents.zip(relaxations))
            .filter(|(_, one)| one.samples.len() > 1)
            .map(|(current, _)| current)
            .collect();
        if currents
            .iter()
            .all(|current| Some(current) == currents.first())
        {
            return Err(Error::Passive(format!(
                "{} steps without a spike are of {} amplitude: a resistance needs two; give a recording with weaker or negative currents",
                currents.len(),
                if currents.is_empty() { "no" } else { "one" }
            )));
        }
        // tau from 0.1 ms to 10 s: first on a logarithmic grid, then by golden-section search.
        let tau = |number: f64| 0.1 * 10.0_f64.powf(5.0 * number / f64::from(GRID));
        let at = |number: f64| least_squares(relaxations, rate, tau(number));
        let errors = (0..=GRID).map(|number| (number, at(f64::from(number)).error));
        let best = errors.min_by(|one, other| one.1.total_cmp(&other.1));
        let best = best.map_or(0.0, |(number, _)| f64::from(number));
        let found = at(golden_section(
            |number| at(number).error,
            [best - 1.0, best + 1.0],
        ));
        if found.resistance > 0.0 && found.resistance.is_finite() && found.resting.is_finite() {
            Ok(found)
        } else {
            Err(Error::Passive(format!(
                "the steps without a spike have a resistance of {:.3} GOhm: give the protocol of this recording",
                found.resistance
            )))
        }
    }
}

/// Intervals of the grid of time constants: 12 per decade.
const GRID: i32 = 60;

/// Returns E and R for a given tau: the normal equations of V - V_0 e = E (1 - e) + R I (1 - e) with e = exp(-t / tau).
fn least_squares(relaxations: &[Relaxation<'_>], rate: f64, time_constant: f64) -> Passive {
    let decay = (-1.0 / (rate * time_constant)).exp();
    let [mut ones, mut firsts, mut seconds, mut left, mut right] = [0.0; 5];
    let for_each_sample = |act: &mut dyn FnMut(f64, f64, f64)| {
        for Relaxation { current, samples } in relaxations {
            let start = samples.first().copied().unwrap_or_default();
            let mut rest = 1.0;
            for value in *samples {
                act(*current, 1.0 - rest, value - start * rest);
                rest *= decay;
            }
        }
    };
    for_each_sample(&mut |current, risen, value| {
        let square = risen * risen;
        ones += square;
        firsts += square * current;
        seconds += square * current * current;
        left += risen * value;
        right += risen * current * value;
    });
    let determinant = ones * seconds - firsts * firsts;
    let resting = (left * seconds - right * firsts) / determinant;
    let resistance = (right * ones - left * firsts) / determinant;
    let (mut squares, mut count) = (0.0, 0.0);
    for_each_sample(&mut |current, risen, value| {
        squares += (value - risen * (resting + resistance * current)).powi(2);
        count += 1.0;
    });
    let error = (squares / f64::max(count, 1.0)).sqrt();
    Passive {
        resting,
        resistance,
        time_constant,
        // A tau far beyond the samples leaves E and R undetermined.
        error: if error.is_finite() {
            error
        } else {
            f64::INFINITY
        },
    }
}

/// Returns the minimum of a unimodal function by golden-section search.
fn golden_section(function: impl Fn(f64) -> f64, [mut low, mut high]: [f64; 2]) -> f64 {
    let share = (5.0_f64.sqrt() - 1.0) / 2.0;
    for _ in 0..40 {
        let width = share * (high - low);
        if function(high - width) < function(low + width) {
            high = low + width;
        } else {
            low = high - width;
        }
    }
    (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relaxation(start: f64, end: f64, tau: f64, noise: f64) -> Vec<f64> {
        let value = |sample: u32| {
            let decay = (-f64::from(sample) / 10.0 / tau).exp();
            // Deterministic, of mean 0.
            let noise = noise * f64::from(sample * 7919 % 101).mul_add(0.02, -1.0);
            end + (start - end) * decay + noise
        };
        (0..5000).map(value).collect()
    }

    #[test]
    fn a_known_membrane_is_recovered() {
        // E -60 mV, R 0.2 GOhm, tau 17 ms: at -100 pA -80 mV, at 50 pA -50 mV.
        for (noise, bound) in [(0.0, 1e-5), (1.0, 1e-2)] {
            let traces = [
                relaxation(-62.0, -80.0, 17.0, noise),
                relaxation(-80.0, -50.0, 17.0, noise),
                relaxation(-55.0, -60.0, 17.0, noise),
            ];
            let currents = [-100.0, 50.0, 0.0];
            let relaxations: Vec<_> = (traces.iter().zip(currents))
                .map(|(samples, current)| Relaxation { current, samples })
                .collect();
            let found = Passive::fit(&relaxations, 10.0).unwrap();
            assert!((found.resting + 60.0).abs() < 60.0 * bound, "{found:?}");
            assert!((found.resistance / 0.2 - 1.0).abs() < bound, "{found:?}");
            assert!(
                (found.time_constant / 17.0 - 1.0).abs() < 10.0 * bound,
                "{found:?}"
            );
            assert!((found.capacitance() / 85.0 - 1.0).abs() < 10.0 * bound);
        }
    }

    #[test]
    fn responses_without_a_resistance_are_refused() {
        let trace = relaxation(-62.0, -80.0, 17.0, 0.0);
        let one = Relaxation {
            current: -50.0,
            samples: &trace,
        };
        let error = Passive::fit(&[one, one], 10.0).unwrap_err().to_string();
        assert!(
            error.contains("2 steps") && error.contains("one amplitude"),
            "{error}"
        );
        assert!(
            Passive::fit(&[], 10.0)
                .unwrap_err()
                .to_string()
                .contains("no amplitude")
        );
        let risen = relaxation(-62.0, -40.0, 17.0, 0.0);
        let other = Relaxation {
            current: -90.0,
            samples: &risen,
        };
        let error = Passive::fit(&[one, other], 10.0).unwrap_err().to_string();
        assert!(error.contains("give the protocol"), "{error}");
    }
}
