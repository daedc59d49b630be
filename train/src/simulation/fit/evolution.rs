//! Differential evolution (Storn and Price 1997, <https://doi.org/10.1023/A:1008202821328>), its two constants adapted as
//! it goes (Brest et al. 2006, <https://doi.org/10.1109/TEVC.2006.872133>): a search for the maximum of a function without
//! a gradient, of which many maxima are local, as spikes that come and go make them.
//!
//! Written here because the optimiser crates that are kept well have no such search, or bring a linear algebra along.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// How a search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Search {
    /// How many candidates there are at a time; four at least.
    pub candidates: usize,
    /// How often each is challenged.
    pub generations: usize,
    /// Another number, another course.
    pub seed: u64,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Between 0 and 1 each.
    pub place: Vec<f64>,
    /// The function there.
    pub value: f64,
    /// The best value before the first and after every generation.
    pub course: Vec<f64>,
    /// How often the function was asked.
    pub evaluations: usize,
}

#[derive(Clone)]
struct Candidate {
    place: Vec<f64>,
    value: f64,
    /// F and CR of the publications.
    scale: f64,
    crossing: f64,
}

/// How often a candidate draws its constants anew.
const RENEWAL: f64 = 0.1;

impl Search {
    /// Searches the unit cube of so many dimensions. A value that is no number counts as worst.
    pub fn maximum(&self, dimensions: usize, function: impl Fn(&[f64]) -> f64 + Sync) -> Found {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        let judge = |candidates: &mut Vec<Candidate>| {
            candidates.par_iter_mut().for_each(|candidate| {
                let value = function(&candidate.place);
                candidate.value = if value.is_nan() {
                    f64::NEG_INFINITY
                } else {
                    value
                };
            });
        };
        let mut all: Vec<Candidate> = (0..self.candidates.max(4))
            .map(|_| Candidate {
                place: (0..dimensions)
                    .map(|_| random.random_range(0.0..1.0))
                    .collect(),
                value: f64::NEG_INFINITY,
                scale: 0.5,
                crossing: 0.9,
            })
            .collect();
        judge(&mut all);
        let mut course = vec![best(&all).value];
        for _ in 0..self.generations {
            let mut challengers: Vec<Candidate> = (0..all.len())
                .map(|number| challenger(&all, number, &mut random))
                .collect();
            judge(&mut challengers);
            for (candidate, challenger) in all.iter_mut().zip(challengers) {
                if challenger.value >= candidate.value {
                    *candidate = challenger;
                }
            }
            course.push(best(&all).value);
        }
        let found = best(&all);
        Found {
            place: found.place.clone(),
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

/// Another candidate plus the scaled difference of two more, crossed with the one it challenges.
fn challenger(all: &[Candidate], number: usize, random: &mut ChaCha8Rng) -> Candidate {
    let mut others = [number; 4];
    for place in 1..4 {
        while others[..place].contains(&others[place]) {
            others[place] = random.random_range(0..all.len());
        }
    }
    let [own, base, one, other] = others.map(|number| &all[number]);
    let mut drawn = |usual: f64, range: std::ops::Range<f64>| {
        let renews = random.random_range(0.0..1.0) < RENEWAL;
        let fresh = random.random_range(range);
        if renews { fresh } else { usual }
    };
    let (scale, crossing) = (drawn(own.scale, 0.1..1.0), drawn(own.crossing, 0.0..1.0));
    let certain = random.random_range(0..own.place.len().max(1));
    let place = (0..own.place.len())
        .map(|dimension| {
            let crosses = random.random_range(0.0..1.0) < crossing;
            if !crosses && dimension != certain {
                return own.place[dimension];
            }
            let moved =
                base.place[dimension] + scale * (one.place[dimension] - other.place[dimension]);
            // Half way to the wall that it would pass.
            if moved < 0.0 {
                base.place[dimension] / 2.0
            } else if moved > 1.0 {
                (base.place[dimension] + 1.0) / 2.0
            } else {
                moved
            }
        })
        .collect();
    Candidate {
        place,
        value: f64::NEG_INFINITY,
        scale,
        crossing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    const SEARCH: Search = Search {
        candidates: 40,
        generations: 300,
        seed: 1,
    };

    /// Rosenbrock's valley bends; Rastrigin's function has 10^4 maxima, of which one counts.
    #[test]
    fn known_maxima_are_found() {
        let valley = |place: &[f64]| {
            let [x, y] = [4.0 * place[0] - 2.0, 4.0 * place[1] - 2.0];
            -((1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2))
        };
        let found = SEARCH.maximum(2, valley);
        assert!(found.value > -1e-9, "{found:?}");
        assert!((found.place[0] - 0.75).abs() < 1e-4);
        let waves = |place: &[f64]| {
            let each = place.iter().map(|at| {
                let x = 10.0 * at - 6.0;
                x * x + 10.0 - 10.0 * (TAU * x).cos()
            });
            -each.sum::<f64>()
        };
        let found = SEARCH.maximum(4, waves);
        assert!(found.value > -1e-6, "{found:?}");
        assert_eq!(found.evaluations, 40 * 301);
        assert!(found.course.is_sorted(), "the best never gets worse");
        assert_eq!(found, SEARCH.maximum(4, waves));
    }

    #[test]
    fn what_is_no_number_never_wins() {
        let half = |place: &[f64]| if place[0] < 0.5 { f64::NAN } else { -place[0] };
        let found = SEARCH.maximum(1, half);
        assert!((found.place[0] - 0.5).abs() < 1e-6, "{found:?}");
    }
}
