//! Differential evolution (Storn and Price 1997, <https://doi.org/10.1023/A:1008202821328>) with self-adapting constants
//! (Brest et al. 2006, <https://doi.org/10.1109/TEVC.2006.872133>): it maximises a function without a gradient and with
//! many local maxima, such as the agreement of two spike trains.
//!
//! The maintained optimisation crates have no such search, or depend on a linear-algebra library.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Settings of a search.
///
/// ```
/// use neurons::fitting::Evolution;
///
/// let evolution = Evolution { candidates: 20, generations: 60, seed: 1 };
/// let found = evolution.maximise(1, |position| -(position[0] - 0.3).powi(2));
/// assert!((found.position[0] - 0.3).abs() < 1e-3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evolution {
    /// Number of candidates in a generation, at least four.
    pub candidates: usize,
    /// Number of generations.
    pub generations: usize,
    /// Seed of the random numbers.
    pub seed: u64,
}

/// The result of a search.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Position of the maximum, each coordinate from 0 to 1.
    pub position: Vec<f64>,
    /// Value of the function at the maximum.
    pub value: f64,
    /// Best value before the first and after each generation.
    pub course: Vec<f64>,
    /// Number of evaluations of the function.
    pub evaluations: usize,
}

#[derive(Clone)]
struct Candidate {
    position: Vec<f64>,
    value: f64,
    /// F: factor of the difference.
    scale: f64,
    /// CR: probability of a crossover.
    crossover: f64,
}

/// Probability with which a candidate draws each of its constants anew (Brest et al.).
const RENEWAL: f64 = 0.1;

impl Evolution {
    /// Maximises `function` over the unit cube. `NaN` counts as the worst value.
    pub fn maximise(&self, dimensions: usize, function: impl Fn(&[f64]) -> f64 + Sync) -> Found {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        let evaluate = |candidates: &mut Vec<Candidate>| {
            candidates.par_iter_mut().for_each(|candidate| {
                let value = function(&candidate.position);
                candidate.value = if value.is_nan() {
                    f64::NEG_INFINITY
                } else {
                    value
                };
            });
        };
        let mut all: Vec<Candidate> = (0..self.candidates.max(4))
            .map(|_| Candidate {
                position: (0..dimensions)
                    .map(|_| random.random_range(0.0..1.0))
                    .collect(),
                value: f64::NEG_INFINITY,
                scale: 0.5,
                crossover: 0.9,
            })
            .collect();
        evaluate(&mut all);
        let mut course = vec![best(&all).value];
        for _ in 0..self.generations {
            let mut challengers: Vec<Candidate> = (0..all.len())
                .map(|number| challenger(&all, number, &mut random))
                .collect();
            evaluate(&mut challengers);
            for (candidate, challenger) in all.iter_mut().zip(challengers) {
                if challenger.value >= candidate.value {
                    *candidate = challenger;
                }
            }
            course.push(best(&all).value);
        }
        let found = best(&all);
        Found {
            position: found.position.clone(),
            value: found.value,
            course,
            evaluations: all.len() * (self.generations + 1),
        }
    }
}

fn best(candidates: &[Candidate]) -> &Candidate {
    let mut best = &candidates[0];
    for candidate in candidates {
        if candidate.value > best.value {
            best = candidate;
        }
    }
    best
}

/// Creates the challenger of candidate `number`: a third candidate plus the scaled difference of two more, crossed with
/// the candidate.
fn challenger(all: &[Candidate], number: usize, random: &mut ChaCha8Rng) -> Candidate {
    let mut others = [number; 4];
    for index in 1..4 {
        while others[..index].contains(&others[index]) {
            others[index] = random.random_range(0..all.len());
        }
    }
    let [own, base, one, other] = others.map(|number| &all[number]);
    let mut adapted = |current: f64, range: std::ops::Range<f64>| {
        let renews = random.random_range(0.0..1.0) < RENEWAL;
        let fresh = random.random_range(range);
        if renews { fresh } else { current }
    };
    let (scale, crossover) = (
        adapted(own.scale, 0.1..1.0),
        adapted(own.crossover, 0.0..1.0),
    );
    let certain = random.random_range(0..own.position.len().max(1));
    let position = (0..own.position.len())
        .map(|dimension| {
            let crosses = random.random_range(0.0..1.0) < crossover;
            if !crosses && dimension != certain {
                return own.position[dimension];
            }
            let moved = base.position[dimension]
                + scale * (one.position[dimension] - other.position[dimension]);
            // Outside the cube: half way to the boundary.
            if moved < 0.0 {
                base.position[dimension] / 2.0
            } else if moved > 1.0 {
                (base.position[dimension] + 1.0) / 2.0
            } else {
                moved
            }
        })
        .collect();
    Candidate {
        position,
        value: f64::NEG_INFINITY,
        scale,
        crossover,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    const EVOLUTION: Evolution = Evolution {
        candidates: 40,
        generations: 300,
        seed: 1,
    };

    /// Rosenbrock's function has a curved valley; Rastrigin's has 10^4 local maxima.
    #[test]
    fn known_maxima_are_found() {
        let valley = |position: &[f64]| {
            let [x, y] = [4.0 * position[0] - 2.0, 4.0 * position[1] - 2.0];
            -((1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2))
        };
        let found = EVOLUTION.maximise(2, valley);
        assert!(found.value > -1e-9, "{found:?}");
        assert!((found.position[0] - 0.75).abs() < 1e-4);
        let waves = |position: &[f64]| {
            let each = position.iter().map(|at| {
                let x = 10.0 * at - 6.0;
                x * x + 10.0 - 10.0 * (TAU * x).cos()
            });
            -each.sum::<f64>()
        };
        let found = EVOLUTION.maximise(4, waves);
        assert!(found.value > -1e-6, "{found:?}");
        assert_eq!(found.evaluations, 40 * 301);
        assert!(found.course.is_sorted(), "the best never gets worse");
        assert_eq!(found, EVOLUTION.maximise(4, waves));
    }

    #[test]
    fn nan_never_wins() {
        let half = |position: &[f64]| {
            if position[0] < 0.5 {
                f64::NAN
            } else {
                -position[0]
            }
        };
        let found = EVOLUTION.maximise(1, half);
        assert!((found.position[0] - 0.5).abs() < 1e-6, "{found:?}");
    }
}
