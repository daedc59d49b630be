//! The chapter's two perceptrons (Rosenblatt 1958, <https://doi.org/10.1037/h0042519>).
//!
//! - [`Perceptron`], the class of figure 10.2: it fires iff w . x + bias > 0, and each example changes the weights by
//!   rate (label - prediction) x.
//! - [`LabPerceptron`], the algorithm of Lab 2: the points have a constant last coordinate in place of a bias, and w
//!   changes by eta y x where y (w . x) <= 0, with y = 1 or -1.

use crate::vector::dot;

/// The perceptron of figure 10.2.
///
/// ```
/// use neurons::learning::Perceptron;
///
/// let points = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]].map(Vec::from);
/// let and = [false, false, false, true];
/// let mut unit = Perceptron::new(2, Perceptron::RATE);
/// while unit.pass(&points, &and) > 0 {}
/// assert!(unit.predict(&[1.0, 1.0]) && !unit.predict(&[1.0, 0.0]));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Perceptron {
    /// The bias, then one weight per input.
    pub weights: Vec<f64>,
    /// The learning rate.
    pub rate: f64,
}

impl Perceptron {
    /// The chapter's number of passes, which its code calls `threshold`.
    pub const PASSES: usize = 100;
    /// The chapter's learning rate.
    pub const RATE: f64 = 0.01;

    /// Creates a perceptron with all weights zero.
    pub fn new(inputs: usize, rate: f64) -> Self {
        Self {
            weights: vec![0.0; inputs + 1],
            rate,
        }
    }

    /// Returns whether the perceptron fires.
    pub fn predict(&self, inputs: &[f64]) -> bool {
        dot(inputs, &self.weights[1..]) + self.weights[0] > 0.0
    }

    /// Makes one pass over the examples in order and returns the number of updates.
    ///
    /// # Shapes
    /// - points: one list of coordinates per example
    /// - labels: one per example, whether the perceptron should fire
    pub fn pass(&mut self, points: &[Vec<f64>], labels: &[bool]) -> usize {
        let mut updates = 0;
        for (inputs, label) in points.iter().zip(labels) {
            let prediction = self.predict(inputs);
            let step = self.rate * (f64::from(u8::from(*label)) - f64::from(u8::from(prediction)));
            for (weight, input) in self.weights[1..].iter_mut().zip(inputs) {
                *weight += step * input;
            }
            self.weights[0] += step;
            updates += usize::from(prediction != *label);
        }
        updates
    }
}

/// The perceptron of Lab 2, for points in homogeneous form.
#[derive(Clone, Debug, PartialEq)]
pub struct LabPerceptron {
    /// One weight per coordinate; the last one is the threshold if the points end in -1.
    pub weights: Vec<f64>,
    /// The learning rate.
    pub rate: f64,
}

impl LabPerceptron {
    /// The lab's number of passes.
    pub const PASSES: usize = 20;
    /// The lab's learning rate.
    pub const RATE: f64 = 1.0;

    /// Creates a perceptron with all weights zero.
    pub fn new(coordinates: usize, rate: f64) -> Self {
        Self {
            weights: vec![0.0; coordinates],
            rate,
        }
    }

    /// Makes one pass over the examples in order and returns the number of updates.
    ///
    /// # Shapes
    /// - points: one list of coordinates per example
    /// - labels: one per example, whether the perceptron should fire
    pub fn pass(&mut self, points: &[Vec<f64>], labels: &[bool]) -> usize {
        let mut updates = 0;
        for (point, label) in points.iter().zip(labels) {
            let sign = if *label { 1.0 } else { -1.0 };
            if dot(point, &self.weights) * sign <= 0.0 {
                for (weight, value) in self.weights.iter_mut().zip(point) {
                    *weight += self.rate * value * sign;
                }
                updates += 1;
            }
        }
        updates
    }
}

/// Returns the five points of Lab 2 in homogeneous form, and their labels.
pub fn lab_points() -> (Vec<Vec<f64>>, Vec<bool>) {
    let points = [[-2.0, 4.0], [4.0, 1.0], [1.0, 6.0], [2.0, 4.0], [6.0, 2.0]];
    let points = points.map(|[x, y]| vec![x, y, -1.0]).to_vec();
    (points, vec![false, false, true, true, true])
}

#[cfg(test)]
mod tests {
    use super::*;

    // Printed by `neurons/tests/reference/perceptron.py`, which runs the chapter's programs in NumPy.
    const CHAPTER_AND: [f64; 3] = [-0.02, 0.02, 0.01];
    const CHAPTER_OR: [f64; 3] = [0.0, 0.01, 0.01];
    const CHAPTER_XOR: [f64; 3] = [0.01, -0.01, 0.0];
    const CHAPTER_CLOUD: [f64; 3] = [-0.01, 0.04750000000000002, -0.0325];
    const LAB: [[f64; 3]; 20] = [
        [5.0, 3.0, 0.0],
        [4.0, 4.0, 1.0],
        [3.0, 5.0, 2.0],
        [2.0, 6.0, 3.0],
        [2.0, 5.0, 4.0],
        [1.0, 6.0, 5.0],
        [0.0, 7.0, 6.0],
        [0.0, 6.0, 7.0],
        [5.0, 9.0, 7.0],
        [3.0, 4.0, 9.0],
        [2.0, 5.0, 10.0],
        [1.0, 6.0, 11.0],
        [0.0, 7.0, 12.0],
        [2.0, 3.0, 13.0],
        [2.0, 3.0, 13.0],
        [2.0, 3.0, 13.0],
        [2.0, 3.0, 13.0],
        [2.0, 3.0, 13.0],
        [2.0, 3.0, 13.0],
        [2.0, 3.0, 13.0],
    ];

    fn learned(points: &[Vec<f64>], labels: &[bool]) -> Vec<f64> {
        let mut unit = Perceptron::new(points[0].len(), Perceptron::RATE);
        for _ in 0..Perceptron::PASSES {
            unit.pass(points, labels);
        }
        unit.weights
    }

    #[test]
    fn weights_equal_the_chapters_program_bit_for_bit() {
        let corners: Vec<Vec<f64>> = [[0, 0], [0, 1], [1, 0], [1, 1]]
            .map(|corner| corner.map(f64::from).to_vec())
            .to_vec();
        let label = |wanted: [u8; 4]| wanted.map(|label| label == 1);
        assert_eq!(learned(&corners, &label([0, 0, 0, 1])), CHAPTER_AND);
        assert_eq!(learned(&corners, &label([0, 1, 1, 1])), CHAPTER_OR);
        assert_eq!(learned(&corners, &label([0, 1, 1, 0])), CHAPTER_XOR);
        let points: Vec<Vec<f64>> = (0..40)
            .map(|i| {
                let i = f64::from(i);
                vec![(i * 7.0) % 11.0 / 4.0 - 1.0, (i * 5.0) % 13.0 / 8.0 - 0.5]
            })
            .collect();
        let labels: Vec<bool> = (points.iter().map(|p| 1.5 * p[0] - p[1] > 0.3)).collect();
        assert_eq!(learned(&points, &labels), CHAPTER_CLOUD);
    }

    /// The weights of the lab's program after each pass.
    #[test]
    fn weights_equal_the_program_of_lab_2_after_each_pass() {
        let (points, labels) = lab_points();
        let mut unit = LabPerceptron::new(3, LabPerceptron::RATE);
        for expected in LAB {
            unit.pass(&points, &labels);
            assert_eq!(unit.weights, expected);
        }
    }
}
