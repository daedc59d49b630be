//! Learning where two neurons fire together (chapter, section on Hebb's rule).
//!
//! - Hebb: dw_ij = eta y_i x_j (Hebb 1949, *The Organization of Behavior*)
//! - Oja: dw = eta y (x - y w) with y = w . x; w turns towards the first principal component and its
//!   length towards 1 (Oja 1982, <https://doi.org/10.1007/BF00275687>)
//! - Sanger: dw_i = eta y_i (x - sum over k <= i of y_k w_k); unit i turns towards the i-th component
//!   (Sanger 1989, <https://doi.org/10.1016/0893-6080(89)90044-0>)

use super::{dot, norm};

/// Linear units that learn by Hebb's rule which pattern goes with which.
#[derive(Clone, Debug, PartialEq)]
pub struct Associator {
    /// `weights[post][pre]`
    pub weights: Vec<Vec<f64>>,
}

impl Associator {
    /// Nothing learned yet: so many units behind so many inputs.
    pub fn new(pre: usize, post: usize) -> Self {
        Self {
            weights: vec![vec![0.0; pre]; post],
        }
    }

    /// One step of Hebb's rule: what fires together wires together.
    ///
    /// # Shapes
    /// - pre: one value for each input
    /// - post: one value for each unit
    pub fn learn(&mut self, pre: &[f64], post: &[f64], rate: f64) {
        for (row, post) in self.weights.iter_mut().zip(post) {
            for (weight, pre) in row.iter_mut().zip(pre) {
                *weight += rate * post * pre;
            }
        }
    }

    /// What the units answer: the sums of their weighted inputs.
    pub fn recall(&self, pre: &[f64]) -> Vec<f64> {
        self.weights.iter().map(|row| dot(row, pre)).collect()
    }
}

/// One linear unit with Oja's rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Oja {
    /// One for each input.
    pub weights: Vec<f64>,
}

impl Oja {
    /// A unit that starts with these weights; they must not all be 0.
    pub fn new(weights: Vec<f64>) -> Self {
        Self { weights }
    }

    /// One step on one pattern; gives what the unit answered before it.
    pub fn learn(&mut self, pattern: &[f64], rate: f64) -> f64 {
        let answer = dot(&self.weights, pattern);
        for (weight, value) in self.weights.iter_mut().zip(pattern) {
            *weight += rate * answer * (value - answer * *weight);
        }
        answer
    }

    /// The length of the weight vector, 1 once it has converged.
    pub fn length(&self) -> f64 {
        norm(&self.weights)
    }
}

/// Several linear units with Sanger's rule, the generalised Hebbian algorithm.
#[derive(Clone, Debug, PartialEq)]
pub struct Sanger {
    /// `weights[unit][input]`
    pub weights: Vec<Vec<f64>>,
}

impl Sanger {
    /// Units that start with these weights; no unit's must all be 0.
    pub fn new(weights: Vec<Vec<f64>>) -> Self {
        Self { weights }
    }

    /// One step on one pattern. Each unit sees what the units before it leave of the pattern, all of
    /// them as they were before the step.
    pub fn learn(&mut self, pattern: &[f64], rate: f64) {
        let mut rest = pattern.to_vec();
        for weights in &mut self.weights {
            let answer = dot(weights, pattern);
            for (rest, weight) in rest.iter_mut().zip(weights) {
                *rest -= answer * *weight;
                *weight += rate * answer * *rest;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: W = post pre^T, so orthogonal patterns are recalled times their squared length.
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
        // Sanger's first unit is Oja's; the second has y = 2 and sees [1, 2] - 0.5 [0.5, 0] - 2 [0, 1]
        // = [0.75, 0], so dw = 0.1 * 2 * [0.75, 0].
        let mut units = Sanger::new(vec![vec![0.5, 0.0], vec![0.0, 1.0]]);
        units.learn(&[1.0, 2.0], 0.1);
        close(&units.weights[0], [0.5375, 0.1]);
        close(&units.weights[1], [0.15, 1.0]);
    }
}
