//! Convergence of Sanger's units to the principal components of points; a single unit learns by Oja's rule.

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::hebbian::Sanger;
use super::principal::{mean, principal_components};
use crate::error::{Error, Result};
use crate::vector::{cosine, dot, norm};

/// Passes after which the learning rate has halved.
const HALVING_PASSES: f64 = 20.0;

/// Settings of a training.
///
/// ```
/// use neurons::learning::PrincipalTraining;
///
/// let points = [[2.0, 2.0], [-2.0, -2.0], [0.5, -0.5], [-0.5, 0.5]].map(Vec::from);
/// let training = PrincipalTraining { units: 1, passes: 200, rate: 0.05, seed: 1 };
/// let found = training.run(&points)?;
/// assert!(found.cosines[0] > 0.999);
/// # Ok::<(), neurons::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PrincipalTraining {
    /// Number of units; there are at most as many as coordinates.
    pub units: usize,
    /// Number of passes over the points.
    pub passes: usize,
    /// Learning rate of the first pass, for points with a mean square length of 1.
    pub rate: f64,
    /// Seed of the initial weights and of the order of the points.
    pub seed: u64,
}

/// The result of a training.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Convergence {
    /// Learning rate of the first pass.
    pub learning_rate: f64,
    /// Variances along all components, in squared units of the points.
    pub variances: Vec<f64>,
    /// The principal component of each unit, as a unit vector.
    pub components: Vec<Vec<f64>>,
    /// Final weights of each unit.
    pub weights: Vec<Vec<f64>>,
    /// Final absolute cosine of each unit's weights with its component.
    pub cosines: Vec<f64>,
    /// The units before the first and after each pass.
    pub passes: Vec<PassState>,
}

/// The units after a pass.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PassState {
    /// Number of the pass, from 1; 0 before the first.
    pub pass: usize,
    /// Absolute cosine of each unit's weights with its component.
    pub cosines: Vec<f64>,
    /// Length of the first unit's weights.
    pub length: f64,
    /// Weights of the first unit.
    pub first: Vec<f64>,
}

impl PrincipalTraining {
    /// Trains the units on the points, centred and scaled to a mean square length of 1, in a new order in each pass. The
    /// rate of pass p, from 0, is `rate / (1 + p / 20)`: the sum of the rates diverges and that of their squares
    /// converges, as convergence requires (Robbins and Monro 1951, <https://doi.org/10.1214/aoms/1177729586>).
    ///
    /// # Shapes
    /// - points: lists of coordinates, all of the same length
    ///
    /// # Errors
    /// [`Error::Points`] if the points have fewer than two coordinates, or are all the same.
    pub fn run(&self, points: &[Vec<f64>]) -> Result<Convergence> {
        let (mut points, scale) = standardised(points)?;
        let components = principal_components(&points);
        let size = components.len();
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        let mut units = Sanger::new(initial_weights(self.units.min(size), size, &mut random));
        let mut passes = vec![state(0, &units.weights, &components)];
        for pass in 1..=self.passes {
            points.shuffle(&mut random);
            let rate = self.rate / (1.0 + (pass - 1) as f64 / HALVING_PASSES);
            points.iter().for_each(|point| units.learn(point, rate));
            passes.push(state(pass, &units.weights, &components));
        }
        Ok(Convergence {
            learning_rate: self.rate,
            variances: (components.iter())
                .map(|(variance, _)| variance * scale)
                .collect(),
            components: (components.into_iter().take(units.weights.len()))
                .map(|(_, axis)| axis)
                .collect(),
            cosines: passes[self.passes].cosines.clone(),
            weights: units.weights,
            passes,
        })
    }
}

/// Returns the points around their mean and with a mean square length of 1, and the mean square length that they had.
fn standardised(points: &[Vec<f64>]) -> Result<(Vec<Vec<f64>>, f64)> {
    let centre = mean(points);
    let size = centre.len();
    if size < 2 {
        let plural = if size == 1 { "" } else { "s" };
        return Err(Error::Points(format!(
            "has {size} feature{plural}; principal components need two at least"
        )));
    }
    let mut centred: Vec<Vec<f64>> = (points.iter())
        .map(|point| {
            (point.iter().zip(&centre))
                .map(|(value, mean)| value - mean)
                .collect()
        })
        .collect();
    let square = centred.iter().map(|point| dot(point, point)).sum::<f64>() / centred.len() as f64;
    if square <= 0.0 {
        let reason = "all points are the same; give different ones";
        return Err(Error::Points(reason.to_owned()));
    }
    (centred.iter_mut().flatten()).for_each(|value| *value /= square.sqrt());
    Ok((centred, square))
}

/// Draws the initial weights of each unit: a random direction with a length of 0.5.
fn initial_weights(units: usize, size: usize, random: &mut ChaCha8Rng) -> Vec<Vec<f64>> {
    let unit = |_| {
        let weights: Vec<f64> = (0..size).map(|_| random.random_range(-1.0..1.0)).collect();
        let length = 2.0 * norm(&weights).max(f64::MIN_POSITIVE);
        weights.into_iter().map(|weight| weight / length).collect()
    };
    (0..units).map(unit).collect()
}

/// Compares the weights with the components after a pass.
fn state(pass: usize, weights: &[Vec<f64>], components: &[(f64, Vec<f64>)]) -> PassState {
    let cosines = weights.iter().zip(components);
    PassState {
        pass,
        cosines: cosines
            .map(|(unit, (_, axis))| cosine(unit, axis).abs())
            .collect(),
        length: norm(&weights[0]),
        first: weights[0].clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learning::Oja;

    const TRAINING: PrincipalTraining = PrincipalTraining {
        units: 2,
        passes: 300,
        rate: 0.02,
        seed: 3,
    };

    /// 25 points on a grid with variances of 4 times 2 and 1 times 2 along orthogonal axes.
    fn grid() -> Vec<Vec<f64>> {
        let steps = || (-2..=2).map(f64::from);
        let points = steps().flat_map(|x| steps().map(move |y| [2.0 * x, y]));
        points
            .map(|[x, y]| vec![0.6 * x - 0.8 * y + 5.0, 0.8 * x + 0.6 * y - 1.0])
            .collect()
    }

    #[test]
    fn units_converge_to_known_axes() {
        let found = TRAINING.run(&grid()).unwrap();
        for (variance, expected) in found.variances.iter().zip([8.0, 2.0]) {
            assert!((variance - expected).abs() < 1e-9, "{:?}", found.variances);
        }
        let [axis, second] = [[0.6, 0.8], [-0.8, 0.6]];
        assert!(cosine(&found.weights[0], &axis).abs() > 0.999, "{found:?}");
        assert!(
            cosine(&found.weights[1], &second).abs() > 0.999,
            "{found:?}"
        );
        let last = &found.passes[300];
        assert_eq!((found.passes.len(), last.pass), (301, 300));
        assert!((last.length - 1.0).abs() < 1e-2, "{last:?}");
    }

    #[test]
    fn one_unit_of_sangers_is_ojas() {
        let mut oja = Oja::new(vec![0.3, -0.4]);
        let mut sanger = Sanger::new(vec![vec![0.3, -0.4]]);
        for point in grid() {
            oja.learn(&point, 0.01);
            sanger.learn(&point, 0.01);
        }
        assert_eq!(sanger.weights, [oja.weights]);
    }

    #[test]
    fn points_without_components_are_refused() {
        for (points, reason) in [
            (vec![vec![1.0], vec![2.0]], "has 1 feature;"),
            (vec![vec![1.0, 2.0]; 3], "all points are the same"),
        ] {
            let error = TRAINING.run(&points).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
