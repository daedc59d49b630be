//! Hebbian learning rules for linear units y = w . x (chapter, section on Hebb's rule).
//!
//! - Hebb: dw_ij = eta y_i x_j (Hebb 1949, *The Organization of Behavior*)
//! - Oja: dw = eta y (x - y w); w converges to the first principal component, with length 1 (Oja 1982,
//!   <https://doi.org/10.1007/BF00275687>)
//! - Sanger: dw_i = eta y_i (x - sum over k <= i of y_k w_k); w_i converges to the i-th principal component (Sanger
//!   1989, <https://doi.org/10.1016/0893-6080(89)90044-0>)

use crate::vector::{dot, norm};

/// A linear associator: units that learn pairs of patterns by Hebb's rule.
///
/// ```
/// use neurons::learning::Associator;
///
/// let mut associator = Associator::new(2, 1);
/// associator.learn(&[1.0, -1.0], &[1.0], 0.5);
/// assert_eq!(associator.recall(&[1.0, -1.0]), [1.0]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Associator {
    /// Weights from each input to each unit: `weights[post][pre]`.
    pub weights: Vec<Vec<f64>>,
}

impl Associator {
    /// Creates `post` units of `pre` inputs each, with all weights zero.
    pub fn new(pre: usize, post: usize) -> Self {
        Self {
            weights: vec![vec![0.0; pre]; post],
        }
    }

    /// Applies Hebb's rule to one pair of patterns.
    ///
    /// # Shapes
    /// - pre: one value per input
    /// - post: one value per unit
    pub fn learn(&mut self, pre: &[f64], post: &[f64], rate: f64) {
        for (row, post) in self.weights.iter_mut().zip(post) {
            for (weight, pre) in row.iter_mut().zip(pre) {
                *weight += rate * post * pre;
            }
        }
    }

    /// Returns the outputs of the units: their weighted sums of the inputs.
    ///
    /// # Shapes
    /// - pre: one value per input
    /// - output: one value per unit
    pub fn recall(&self, pre: &[f64]) -> Vec<f64> {
        self.weights.iter().map(|row| dot(row, pre)).collect()
    }
}

/// A linear unit that learns by Oja's rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Oja {
    /// One weight per input.
    pub weights: Vec<f64>,
}

impl Oja {
    /// Creates a unit with initial weights, which must not all be 0: the rule never leaves 0.
    pub fn new(weights: Vec<f64>) -> Self {
        Self { weights }
    }

    /// Applies Oja's rule to one pattern and returns the unit's output before the update.
    pub fn learn(&mut self, pattern: &[f64], rate: f64) -> f64 {
        let output = dot(&self.weights, pattern);
        for (weight, value) in self.weights.iter_mut().zip(pattern) {
            *weight += rate * output * (value - output * *weight);
        }
        output
    }

    /// Returns the length of the weight vector, 1 after convergence.
    pub fn length(&self) -> f64 {
        norm(&self.weights)
    }
}

/// Linear units that learn by Sanger's rule, the generalised Hebbian algorithm.
#[derive(Clone, Debug, PartialEq)]
pub struct Sanger {
    /// Weights of each unit: `weights[unit][input]`.
    pub weights: Vec<Vec<f64>>,
}

impl Sanger {
    /// Creates units with initial weights; no unit's weights may all be 0.
    pub fn new(weights: Vec<Vec<f64>>) -> Self {
        Self { weights }
    }

    /// Applies Sanger's rule to one pattern. Each unit learns from the pattern minus its reconstruction by the units
    /// before it, all with their weights before the update.
    pub fn learn(&mut self, pattern: &[f64], rate: f64) {
        let mut rest = pattern.to_vec();
        for weights in &mut self.weights {
            let output = dot(weights, pattern);
            for (rest, weight) in rest.iter_mut().zip(weights) {
                *rest -= output * *weight;
                *weight += rate * output * *rest;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: W = eta post pre^T, so an orthogonal pattern is recalled times eta and its squared length.
    #[test]
    fn orthogonal_patterns_are_recalled() {
        let (a, b) = ([1.0, 1.0, -1.0, -1.0], [1.0, -1.0, 1.0, -1.0]);
        let mut units = Associator::new(4, 2);
        units.learn(&a, &[1.0, -1.0], 0.25);
        units.learn(&b, &[-1.0, -1.0], 0.25);
        assert_eq!(units.weights[0], [0.0, 0.5, -0.5, 0.0]);
        assert_eq!(units.recall(&a), [1.0, -1.0]);
        assert_eq!(units.recall(&b), [-1.0, -1.0]);
    }

    /// By hand: y = 0.5, dw = 0.1 * 0.5 * ([1, 2] - 0.5 * [0.5, 0]) = [0.0375, 0.1].
    #[test]
    fn one_step_of_oja_and_of_sanger() {
        let mut unit = Oja::new(vec![0.5, 0.0]);
        assert_eq!(unit.learn(&[1.0, 2.0], 0.1), 0.5);
        let close = |got: &[f64], expected: [f64; 2]| {
            let errors = got.iter().zip(expected).map(|(a, b)| (a - b).abs());
            assert!(errors.into_iter().all(|error| error < 1e-15), "{got:?}");
        };
        close(&unit.weights, [0.5375, 0.1]);
        // Sanger's first unit is Oja's; the second has y = 2 and learns from [1, 2] - 0.5 [0.5, 0] - 2 [0, 1]
        // = [0.75, 0], so dw = 0.1 * 2 * [0.75, 0].
        let mut units = Sanger::new(vec![vec![0.5, 0.0], vec![0.0, 1.0]]);
        units.learn(&[1.0, 2.0], 0.1);
        close(&units.weights[0], [0.5375, 0.1]);
        close(&units.weights[1], [0.15, 1.0]);
    }
}
