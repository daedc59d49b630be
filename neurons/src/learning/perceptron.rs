//! The chapter's two perceptrons (Rosenblatt 1958, <https://doi.org/10.1037/h0042519>).
//!
//! [`Perceptron`] is the class of figure 10.2: `w[0]` is a bias, it fires iff the sum is above 0, and every
//! example changes the weights by rate (label - prediction) x. [`LabPerceptron`] is Lab 2's: the points
//! bring a constant last coordinate instead of a bias, and w changes by eta y x where y (w . x) <= 0.

use super::dot;

/// The class of figure 10.2.
#[derive(Clone, Debug, PartialEq)]
pub struct Perceptron {
    /// The bias, then one weight for each input.
    pub weights: Vec<f64>,
    /// The learning rate; 0.01 in the chapter.
    pub rate: f64,
}

impl Perceptron {
    /// The passes of the chapter, which calls them `threshold`.
    pub const PASSES: usize = 100;
    /// The learning rate of the chapter.
    pub const RATE: f64 = 0.01;

    /// All weights zero.
    pub fn new(inputs: usize, rate: f64) -> Self {
        Self {
            weights: vec![0.0; inputs + 1],
            rate,
        }
    }

    /// Whether it fires.
    pub fn predict(&self, inputs: &[f64]) -> bool {
        dot(inputs, &self.weights[1..]) + self.weights[0] > 0.0
    }

    /// One pass over the examples, in their order; gives how many changed the weights.
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

/// Lab 2's.
#[derive(Clone, Debug, PartialEq)]
pub struct LabPerceptron {
    /// One for each coordinate; the last one's is the threshold where the points end in -1.
    pub weights: Vec<f64>,
    /// The learning rate; 1 in the lab.
    pub rate: f64,
}

impl LabPerceptron {
    /// The passes of the lab.
    pub const PASSES: usize = 20;
    /// The learning rate of the lab.
    pub const RATE: f64 = 1.0;

    /// All weights zero.
    pub fn new(coordinates: usize, rate: f64) -> Self {
        Self {
            weights: vec![0.0; coordinates],
            rate,
        }
    }

    /// One pass over the examples, in their order; gives how many changed the weights.
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

/// Lab 2's points, homogeneous, and their labels.
pub fn lab_points() -> (Vec<Vec<f64>>, Vec<bool>) {
    let points = [[-2.0, 4.0], [4.0, 1.0], [1.0, 6.0], [2.0, 4.0], [6.0, 2.0]];
    let points = points.map(|[x, y]| vec![x, y, -1.0]).to_vec();
    (points, vec![false, false, true, true, true])
}

#[cfg(test)]
mod tests {
    use super::*;

    // Printed by `neurons/tests/reference/perceptron.py`, which runs the chapter's own programs in NumPy.
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
    fn the_chapters_weights_are_numpys_bit_for_bit() {
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

    /// The lab's program as it stands, its weights after every pass.
    #[test]
    fn lab_2_gives_the_weights_of_its_program() {
        let (points, labels) = lab_points();
        let mut unit = LabPerceptron::new(3, LabPerceptron::RATE);
        for expected in LAB {
            unit.pass(&points, &labels);
            assert_eq!(unit.weights, expected);
        }
    }
}
