//! What the codes of an autoencoder are like: how active, how sparse, what they keep.

use std::cmp::Ordering;

use rayon::prelude::*;
use serde::Serialize;

use crate::classification::wilson;

/// A unit is active where it is above this share of the largest value of all.
const ACTIVE: f32 = 0.01;

/// Neighbours that vote.
pub const NEIGHBOURS: usize = 5;

/// Codes that a covariance is worked out from at most.
const MOST_CODES: usize = 10_000;

/// Steps towards a principal component at most; it is found when its direction changes by less than
/// the tolerance.
const STEPS: usize = 2_000;
const TOLERANCE: f64 = 1e-10;

/// The codes of a part, one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Codes {
    /// The units of each.
    pub units: usize,
    /// `[n][units]` row by row.
    pub values: Vec<f32>,
}

/// How active the codes of a part are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Activity {
    /// The units of the code.
    pub units: usize,
    /// The mean of |c| over units and pictures. It changes with the scale of the code, which the
    /// decoder may undo.
    pub mean: f64,
    /// The share of values above a hundredth of the largest, which does not.
    pub active: f64,
    /// The sparseness of a picture's code, mean over the pictures: 0 where all units are equally
    /// active, 1 where one alone is. S = (1 - a) / (1 - 1 / n) with a = mean(|c|)^2 / mean(c^2) over
    /// the n units (Rolls and Tovee 1995; Vinje and Gallant 2000,
    /// <https://doi.org/10.1126/science.287.5456.1273>).
    pub sparseness: f64,
    /// Units that are active for no picture.
    pub dead_units: usize,
}

/// How many test pictures have a class that their neighbours among the training codes tell.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Neighbours {
    /// How many neighbours vote, the nearest deciding between equals.
    pub k: usize,
    /// Share of right votes.
    pub accuracy: f64,
    /// Wilson's 95 % interval of it.
    pub interval: [f64; 2],
    /// Test pictures.
    pub n: usize,
}

impl Codes {
    /// How many codes.
    pub fn len(&self) -> usize {
        self.values.len() / self.units.max(1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Each code.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.units.max(1))
    }

    /// The value from which a unit counts as active.
    fn threshold(&self) -> f32 {
        let largest = self.values.iter().fold(0.0f32, |most, c| most.max(c.abs()));
        (ACTIVE * largest).max(f32::MIN_POSITIVE)
    }

    /// Its activity.
    pub fn activity(&self) -> Activity {
        let threshold = self.threshold();
        let (mut sum, mut active, mut sparseness) = (0.0, 0usize, 0.0);
        let mut alive = vec![false; self.units];
        for row in self.rows() {
            for (value, alive) in row.iter().zip(&mut alive) {
                let is_active = value.abs() >= threshold;
                active += usize::from(is_active);
                *alive |= is_active;
            }
            sum += row.iter().map(|c| f64::from(c.abs())).sum::<f64>();
            sparseness += sparseness_of(row);
        }
        let n = self.values.len().max(1) as f64;
        Activity {
            units: self.units,
            mean: sum / n,
            active: active as f64 / n,
            sparseness: sparseness / self.len().max(1) as f64,
            dead_units: alive.iter().filter(|alive| !**alive).count(),
        }
    }

    /// The mean of |c| of each unit, the largest first.
    pub fn mean_by_unit(&self) -> Vec<f64> {
        let mut means = vec![0.0; self.units];
        for row in self.rows() {
            for (mean, value) in means.iter_mut().zip(row) {
                *mean += f64::from(value.abs()) / self.len() as f64;
            }
        }
        means.sort_by(|a, b| b.total_cmp(a));
        means
    }

    /// The two directions in which these codes differ most.
    pub fn principal_plane(&self) -> Plane {
        let units = self.units;
        let step = self.len().div_ceil(MOST_CODES).max(1);
        let rows: Vec<&[f32]> = self.rows().step_by(step).collect();
        let count = rows.len().max(1) as f64;
        let mut mean = vec![0.0; units];
        for row in &rows {
            for (mean, value) in mean.iter_mut().zip(*row) {
                *mean += f64::from(*value) / count;
            }
        }
        let covariance: Vec<f64> = (0..units)
            .into_par_iter()
            .flat_map_iter(|i| {
                let mut line = vec![0.0; units];
                for row in &rows {
                    let away = f64::from(row[i]) - mean[i];
                    for ((sum, value), mean) in line.iter_mut().zip(*row).zip(&mean) {
                        *sum += away * (f64::from(*value) - mean) / count;
                    }
                }
                line
            })
            .collect();
        let total: f64 = (0..units).map(|i| covariance[i * units + i]).sum();
        let mut plane = Plane {
            mean,
            axes: Vec::new(),
            explained: Vec::new(),
        };
        for _ in 0..2 {
            let (axis, variance) = leading(&covariance, units, &plane.axes);
            plane.axes.push(axis);
            let share = if total > 0.0 { variance / total } else { 0.0 };
            plane.explained.push(share);
        }
        plane
    }
}

/// The sparseness of one code.
fn sparseness_of(code: &[f32]) -> f64 {
    let n = code.len() as f64;
    let sum: f64 = code.iter().map(|c| f64::from(c.abs())).sum();
    let squares: f64 = code.iter().map(|c| f64::from(*c).powi(2)).sum();
    if code.len() < 2 || squares == 0.0 {
        return 0.0;
    }
    (1.0 - sum * sum / (n * squares)) / (1.0 - 1.0 / n)
}

/// A plane through the mean of codes along their first two principal components.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane {
    mean: Vec<f64>,
    axes: Vec<Vec<f64>>,
    /// The share of the variance along each axis.
    pub explained: Vec<f64>,
}

impl Plane {
    /// Where each code lies on the plane.
    pub fn project(&self, codes: &Codes) -> Vec<[f64; 2]> {
        let along = |row: &[f32], axis: &[f64]| -> f64 {
            let away = row.iter().zip(&self.mean).zip(axis);
            away.map(|((value, mean), axis)| (f64::from(*value) - mean) * axis)
                .sum()
        };
        codes
            .rows()
            .map(|row| [along(row, &self.axes[0]), along(row, &self.axes[1])])
            .collect()
    }
}

/// The eigenvector with the largest eigenvalue at right angles to those before, and the eigenvalue,
/// by power iteration. Its largest entry is positive.
fn leading(matrix: &[f64], n: usize, before: &[Vec<f64>]) -> (Vec<f64>, f64) {
    let apart = |vector: &mut Vec<f64>| {
        for other in before {
            let along: f64 = vector.iter().zip(other).map(|(a, b)| a * b).sum();
            for (value, other) in vector.iter_mut().zip(other) {
                *value -= along * other;
            }
        }
        let length = vector.iter().map(|value| value * value).sum::<f64>().sqrt();
        if length > 0.0 {
            vector.iter_mut().for_each(|value| *value /= length);
        }
        length
    };
    // Any start will do that is not at right angles to it: all entries differ.
    let mut axis: Vec<f64> = (0..n).map(|i| 1.0 + (i as f64 * 0.7).sin()).collect();
    apart(&mut axis);
    let mut variance = 0.0;
    for _ in 0..STEPS {
        let mut next: Vec<f64> = matrix
            .chunks_exact(n.max(1))
            .map(|line| line.iter().zip(&axis).map(|(a, b)| a * b).sum())
            .collect();
        variance = apart(&mut next);
        if variance == 0.0 {
            return (vec![0.0; n], 0.0);
        }
        let change: f64 = next.iter().zip(&axis).map(|(a, b)| (a - b).powi(2)).sum();
        axis = next;
        if change < TOLERANCE * TOLERANCE {
            break;
        }
    }
    let largest = axis
        .iter()
        .copied()
        .max_by(|a, b| a.abs().total_cmp(&b.abs()));
    if largest.is_some_and(|largest| largest < 0.0) {
        axis.iter_mut().for_each(|value| *value = -*value);
    }
    (axis, variance)
}

impl Neighbours {
    /// Of `right` right votes among `n`.
    pub fn new(right: usize, n: usize) -> Self {
        Self {
            k: NEIGHBOURS,
            accuracy: right as f64 / n.max(1) as f64,
            interval: wilson(right, n),
            n,
        }
    }
}

/// How many rows of `distances`, one distance for each of the `labels`, have their truth voted for.
pub fn right_votes(distances: &[f32], labels: &[usize], truths: &[usize]) -> usize {
    let rows = distances.par_chunks_exact(labels.len().max(1));
    rows.zip(truths)
        .filter(|(row, truth)| vote(&nearest(row), labels) == Some(**truth))
        .count()
}

/// The places of the smallest distances, the smallest first; the first among equals.
fn nearest(distances: &[f32]) -> Vec<usize> {
    let mut best: Vec<usize> = Vec::with_capacity(NEIGHBOURS + 1);
    for (place, distance) in distances.iter().enumerate() {
        let full = best.len() == NEIGHBOURS;
        if full
            && best
                .last()
                .is_some_and(|last| *distance >= distances[*last])
        {
            continue;
        }
        let at = best.partition_point(|other| distances[*other] <= *distance);
        best.insert(at, place);
        best.truncate(NEIGHBOURS);
    }
    best
}

/// The class that most of these have; among equals that of the nearest.
fn vote(nearest: &[usize], labels: &[usize]) -> Option<usize> {
    let classes: Vec<usize> = nearest.iter().map(|place| labels[*place]).collect();
    let votes = |class: &usize| classes.iter().filter(|other| *other == class).count();
    let mut best: Option<usize> = None;
    for class in &classes {
        let more = best.is_none_or(|best| votes(class).cmp(&votes(&best)) == Ordering::Greater);
        if more {
            best = Some(*class);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn codes(units: usize, values: &[f32]) -> Codes {
        Codes {
            units,
            values: values.to_vec(),
        }
    }

    /// By hand: one unit of four alone has a = (1/4)^2 / (1/4) = 1/4, so S = 1; all equal: a = 1,
    /// S = 0; two of four: a = 1/2, S = (1/2) / (3/4) = 2/3.
    #[test]
    fn sparseness_by_hand() {
        assert_eq!(sparseness_of(&[0.0, 2.0, 0.0, 0.0]), 1.0);
        assert_eq!(sparseness_of(&[3.0; 4]), 0.0);
        assert!((sparseness_of(&[1.0, -1.0, 0.0, 0.0]) - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(sparseness_of(&[0.0; 4]), 0.0);
        assert_eq!(sparseness_of(&[5.0]), 0.0);
    }

    #[test]
    fn activity_by_hand() {
        let activity = codes(2, &[4.0, 0.0, -2.0, 0.02, 0.0, 0.0]).activity();
        assert!((activity.mean - 6.02 / 6.0).abs() < 1e-6);
        assert_eq!((activity.active, activity.dead_units), (2.0 / 6.0, 1));
        assert_eq!(codes(2, &[4.0, 1.0, 2.0, 1.0]).mean_by_unit(), [3.0, 1.0]);
        let silent = codes(3, &[0.0; 6]).activity();
        assert_eq!(
            (silent.mean, silent.active, silent.dead_units),
            (0.0, 0.0, 3)
        );
    }

    /// NumPy: `np.linalg.eigh(np.cov([[-2, 2, 0, 0], [0, 0, -1, 1]], bias=True))` has the
    /// eigenvalues 0.5 and 2 along the axes.
    #[test]
    fn the_principal_plane_of_a_cross() {
        let cross = codes(2, &[-2.0, 0.0, 2.0, 0.0, 0.0, -1.0, 0.0, 1.0]);
        let plane = cross.principal_plane();
        assert!((plane.explained[0] - 0.8).abs() < 1e-9, "{plane:?}");
        assert!((plane.explained[1] - 0.2).abs() < 1e-9, "{plane:?}");
        let at = plane.project(&cross);
        assert!(
            (at[1][0] - 2.0).abs() < 1e-6 && at[1][1].abs() < 1e-6,
            "{at:?}"
        );
        assert!((at[3][1] - 1.0).abs() < 1e-6, "{at:?}");
        // Codes that are all alike have no direction.
        let flat = codes(3, &[1.0; 9]).principal_plane();
        assert_eq!(flat.explained, [0.0, 0.0]);
        assert_eq!(flat.project(&codes(3, &[1.0; 3])), [[0.0, 0.0]]);
    }

    #[test]
    fn neighbours_vote_and_the_nearest_decides_between_equals() {
        let labels = [0, 0, 1, 1, 2];
        assert_eq!(nearest(&[5.0, 1.0, 4.0, 1.0, 3.0, 2.0]), [1, 3, 5, 4, 2]);
        assert_eq!(vote(&[4, 0, 1], &labels), Some(0));
        assert_eq!(vote(&[2, 0, 1, 3, 4], &labels), Some(1));
        assert_eq!(vote(&[], &labels), None);
    }

    proptest! {
        /// Sparseness is from 0 to 1.
        #[test]
        fn sparseness_is_a_share(values in prop::collection::vec(-3.0f32..3.0, 40)) {
            prop_assert!((0.0..=1.0 + 1e-9).contains(&codes(4, &values).activity().sparseness));
        }

        /// Turning codes does not change how much the plane explains, and its axes are at right angles.
        #[test]
        fn the_plane_turns_with_the_codes(
            values in prop::collection::vec(-3.0f32..3.0, 60), angle in 0.0f32..6.0
        ) {
            let (sine, cosine) = angle.sin_cos();
            let turned: Vec<f32> = values.chunks(3)
                .flat_map(|c| [cosine * c[0] - sine * c[1], sine * c[0] + cosine * c[1], c[2]])
                .collect();
            let (a, b) = (codes(3, &values).principal_plane(), codes(3, &turned).principal_plane());
            prop_assert!(a.explained.iter().zip(&b.explained).all(|(a, b)| (a - b).abs() < 1e-3));
            let product: f64 = a.axes[0].iter().zip(&a.axes[1]).map(|(a, b)| a * b).sum();
            prop_assert!(product.abs() < 1e-6);
        }
    }
}
