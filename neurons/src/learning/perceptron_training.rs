//! The training of a perceptron, compared with the perceptron convergence theorem ([`mod@super::separation`]).

use super::perceptron::{LabPerceptron, Perceptron};
use super::separation::{Separation, separation};
use crate::vector::dot;
use serde::Serialize;

/// One of the chapter's two perceptrons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PerceptronRule {
    /// [`Perceptron`], whose first weight is the bias.
    Chapter,
    /// [`LabPerceptron`], for points with a constant last coordinate of -1; its last weight is the threshold.
    Lab,
}

/// The perceptron after one pass over the points.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pass {
    /// Number of the pass, from 1.
    pub pass: usize,
    /// Number of updates in the pass.
    pub updates: usize,
    /// Weights after the pass.
    pub weights: Vec<f64>,
}

/// The result of a training.
#[derive(Clone, Debug, PartialEq)]
pub struct PerceptronTraining {
    /// All passes; one at least.
    pub passes: Vec<Pass>,
    /// Number of points that the final weights classify correctly.
    pub correct: usize,
    /// Whether a hyperplane separates the classes.
    pub separation: Separation,
}

impl PerceptronRule {
    /// Returns the chapter's number of passes and learning rate.
    pub fn defaults(self) -> (usize, f64) {
        match self {
            Self::Chapter => (Perceptron::PASSES, Perceptron::RATE),
            Self::Lab => (LabPerceptron::PASSES, LabPerceptron::RATE),
        }
    }

    /// Trains a perceptron from weights of zero.
    ///
    /// # Shapes
    /// - points: lists of coordinates, all of the same length, without a constant one
    /// - labels: one per point, whether the perceptron should fire
    ///
    /// ```
    /// use neurons::learning::PerceptronRule;
    ///
    /// let points = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]].map(Vec::from);
    /// let and = PerceptronRule::Chapter.train(&points, &[false, false, false, true], 100, 0.01);
    /// assert!(and.converged_in().is_some());
    /// assert!(and.updates() as f64 <= and.separation.bound().unwrap_or(0.0));
    /// ```
    pub fn train(
        self,
        points: &[Vec<f64>],
        labels: &[bool],
        passes: usize,
        rate: f64,
    ) -> PerceptronTraining {
        let size = points.first().map_or(0, Vec::len);
        let homogeneous: Vec<_> = points.iter().map(|point| self.homogeneous(point)).collect();
        let passes = match self {
            Self::Chapter => {
                let mut unit = Perceptron::new(size, rate);
                record(passes, || (unit.pass(points, labels), unit.weights.clone()))
            }
            Self::Lab => {
                let mut unit = LabPerceptron::new(size + 1, rate);
                record(passes, || {
                    (unit.pass(&homogeneous, labels), unit.weights.clone())
                })
            }
        };
        let weights = passes.last().map_or(&[][..], |pass| &pass.weights);
        let correct = points.iter().zip(labels);
        let correct = correct.filter(|(point, label)| (self.sum(weights, point) > 0.0) == **label);
        PerceptronTraining {
            correct: correct.count(),
            separation: separation(&homogeneous, labels),
            passes,
        }
    }

    /// Returns the bias and the normal vector of the hyperplane bias + w . x = 0.
    pub fn hyperplane(self, weights: &[f64]) -> (f64, &[f64]) {
        match (self, weights) {
            (Self::Chapter, [bias, normal @ ..]) => (*bias, normal),
            (Self::Lab, [normal @ .., threshold]) => (-threshold, normal),
            (_, []) => (0.0, &[]),
        }
    }

    /// Returns bias + w . x, which is positive where the perceptron fires.
    pub fn sum(self, weights: &[f64], point: &[f64]) -> f64 {
        let (bias, normal) = self.hyperplane(weights);
        dot(point, normal) + bias
    }

    /// Appends the constant coordinate that stands for the bias.
    fn homogeneous(self, point: &[f64]) -> Vec<f64> {
        match self {
            Self::Chapter => [&[1.0], point].concat(),
            Self::Lab => [point, &[-1.0]].concat(),
        }
    }
}

impl PerceptronTraining {
    /// Returns the final weights.
    pub fn weights(&self) -> &[f64] {
        self.passes.last().map_or(&[], |pass| &pass.weights)
    }

    /// Returns the number of updates in all passes.
    pub fn updates(&self) -> usize {
        self.passes.iter().map(|pass| pass.updates).sum()
    }

    /// Returns the number of the first pass without an update, after which the weights stay the same.
    pub fn converged_in(&self) -> Option<usize> {
        let converged = self.passes.iter().find(|pass| pass.updates == 0);
        converged.map(|pass| pass.pass)
    }

    /// Returns the number of the first pass with updates that ends with the weights it began with: all later passes
    /// repeat it.
    pub fn cycles_from(&self) -> Option<usize> {
        let cycle = (self.passes.windows(2))
            .find(|pair| pair[1].updates > 0 && pair[0].weights == pair[1].weights);
        cycle.map(|pair| pair[1].pass)
    }
}

/// Calls `pass`, which returns the number of updates and the weights, `count` times.
fn record(count: usize, mut pass: impl FnMut() -> (usize, Vec<f64>)) -> Vec<Pass> {
    let passes = (1..=count).map(|number| {
        let (updates, weights) = pass();
        Pass {
            pass: number,
            updates,
            weights,
        }
    });
    passes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corners() -> Vec<Vec<f64>> {
        [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
            .map(Vec::from)
            .to_vec()
    }

    #[test]
    fn both_perceptrons_converge_on_separable_points() {
        let and = [false, false, false, true];
        for rule in [PerceptronRule::Chapter, PerceptronRule::Lab] {
            let (_, rate) = rule.defaults();
            let found = rule.train(&corners(), &and, 100, rate);
            let converged = found.converged_in().unwrap();
            assert!(
                found.passes[converged - 1..]
                    .iter()
                    .all(|pass| pass.updates == 0)
            );
            assert_eq!((found.correct, found.cycles_from()), (4, None), "{rule:?}");
            assert!(found.updates() as f64 <= found.separation.bound().unwrap());
        }
    }

    #[test]
    fn xor_ends_in_a_cycle() {
        let xor = [false, true, true, false];
        let found = PerceptronRule::Chapter.train(&corners(), &xor, 100, 0.01);
        assert_eq!(found.converged_in(), None);
        let from = found.cycles_from().unwrap();
        let weights = &found.passes[from - 1].weights;
        assert!(
            found.passes[from..]
                .iter()
                .all(|pass| &pass.weights == weights)
        );
        assert_eq!(found.separation, Separation::Inseparable);
    }

    #[test]
    fn the_hyperplane_is_where_the_sum_vanishes() {
        for (rule, weights) in [
            (PerceptronRule::Chapter, [-3.0, 1.0, 2.0]),
            (PerceptronRule::Lab, [1.0, 2.0, 3.0]),
        ] {
            assert_eq!(rule.hyperplane(&weights), (-3.0, &[1.0, 2.0][..]));
            assert_eq!(rule.sum(&weights, &[1.0, 1.0]), 0.0);
            assert_eq!(rule.hyperplane(&[]), (0.0, &[][..]));
        }
    }
}
