//! Linear separability of two classes, and Novikoff's bound on the updates of a perceptron.
//!
//! Novikoff (1962, Symposium on the Mathematical Theory of Automata): if no point is longer than R and some unit vector
//! w has y (w . x) >= gamma > 0 for all points, a perceptron that starts at zero updates its weights at most
//! (R / gamma)^2 times, whatever the order of the points and the learning rate. The largest gamma is the distance from
//! the origin to the convex hull of the points y x; the classes are inseparable iff the hull contains the origin.

use crate::vector::{dot, norm};

/// Whether a hyperplane through the origin separates two classes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Separation {
    /// A hyperplane through the origin separates them.
    Separable {
        /// R: length of the longest point.
        radius: f64,
        /// gamma: distance of the nearest point from the best hyperplane.
        margin: f64,
    },
    /// No hyperplane separates them with a margin above a millionth of R.
    Inseparable,
}

impl Separation {
    /// Returns Novikoff's bound on the number of updates, (R / gamma)^2, or `None` if the classes are inseparable.
    pub fn bound(&self) -> Option<f64> {
        match self {
            Self::Separable { radius, margin } => Some((radius / margin).powi(2)),
            Self::Inseparable => None,
        }
    }
}

/// Maximum work of the search, in steps times values: it bounds the time on points that converge slowly.
const MAX_WORK: usize = 400_000_000;

/// Margins below this fraction of the radius count as zero.
const MIN_MARGIN: f64 = 1e-6;

/// Finds the hyperplane of largest margin by the algorithm of Mitchell, Dem'yanov and Malozemov (1974,
/// <https://doi.org/10.1137/0312003>): the point of the hull nearest to the origin is a convex combination of the points,
/// and weight moves from its highest point to the lowest one along its direction.
///
/// # Shapes
/// - points: lists of coordinates, all of the same length; a bias is a constant coordinate
/// - labels: one per point, whether it belongs to the second class
///
/// ```
/// use neurons::learning::{Separation, separation};
///
/// let points = [vec![3.0, 4.0], vec![-3.0, -4.0]];
/// let found = separation(&points, &[true, false]);
/// assert_eq!(found, Separation::Separable { radius: 5.0, margin: 5.0 });
/// assert_eq!(found.bound(), Some(1.0));
/// ```
pub fn separation(points: &[Vec<f64>], labels: &[bool]) -> Separation {
    let signed: Vec<Vec<f64>> = (points.iter().zip(labels))
        .map(|(point, label)| {
            let sign = if *label { 1.0 } else { -1.0 };
            point.iter().map(|value| sign * value).collect()
        })
        .collect();
    let radius = signed.iter().map(|point| norm(point)).fold(0.0, f64::max);
    let Some(first) = signed.first() else {
        return Separation::Inseparable;
    };
    let mut nearest = first.clone();
    let mut shares = vec![0.0; signed.len()];
    shares[0] = 1.0;
    let mut best = 0.0_f64;
    for _ in 0..MAX_WORK / (signed.len() * first.len()).max(1) {
        let length = norm(&nearest);
        if length <= MIN_MARGIN * radius {
            break;
        }
        let heights: Vec<f64> = signed.iter().map(|point| dot(&nearest, point)).collect();
        let low = extreme(&heights, |_| true, |a, b| a < b);
        let high = extreme(&heights, |i| shares[i] > 0.0, |a, b| a > b);
        best = best.max(heights[low] / length);
        // The true distance lies between that of the lowest point and the length of the current one.
        if heights[low] >= length * length * (1.0 - 1e-9) {
            break;
        }
        let direction: Vec<f64> = (signed[low].iter().zip(&signed[high]))
            .map(|(low, high)| low - high)
            .collect();
        let whole = (heights[high] - heights[low]) / dot(&direction, &direction);
        let step = whole.min(shares[high]);
        if step <= 0.0 || !step.is_finite() {
            break;
        }
        shares[low] += step;
        shares[high] = if whole < shares[high] {
            shares[high] - step
        } else {
            0.0
        };
        for (value, along) in nearest.iter_mut().zip(direction) {
            *value += step * along;
        }
    }
    if best > MIN_MARGIN * radius {
        Separation::Separable {
            radius,
            margin: best,
        }
    } else {
        Separation::Inseparable
    }
}

/// Returns the first index of the extreme value among those that `counts` admits.
fn extreme(values: &[f64], counts: impl Fn(usize) -> bool, beats: fn(f64, f64) -> bool) -> usize {
    let places = (0..values.len()).filter(|place| counts(*place));
    places
        .reduce(|best, place| {
            if beats(values[place], values[best]) {
                place
            } else {
                best
            }
        })
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::perceptron::lab_points;
    use super::*;

    /// AND with a bias of 1: the best line is x + y = 1.5, w = (-1.5, 1, 1), and the nearest points have
    /// |w . x| = 1/2, so gamma = 0.5 / sqrt(4.25); R^2 = 3, and the bound is 3 * 17 = 51.
    #[test]
    fn the_margin_of_and_by_hand() {
        let points: Vec<Vec<f64>> = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
            .map(|[x, y]| vec![1.0, x, y])
            .to_vec();
        let found = separation(&points, &[false, false, false, true]);
        let bound = found.bound().unwrap_or(f64::NAN);
        assert!((bound - 51.0).abs() < 1e-5, "{found:?}: {bound}");
        let xor = separation(&points, &[false, true, true, false]);
        assert_eq!((xor, xor.bound()), (Separation::Inseparable, None));
    }

    #[test]
    fn lab_2_is_separable() {
        let (points, labels) = lab_points();
        assert!(separation(&points, &labels).bound().is_some());
    }

    #[test]
    fn one_point_and_no_points() {
        let one = separation(&[vec![3.0, 4.0]], &[true]);
        assert_eq!(one.bound(), Some(1.0));
        assert_eq!(separation(&[], &[]), Separation::Inseparable);
        let twice = [vec![3.0, 4.0], vec![3.0, 4.0]];
        assert_eq!(separation(&twice, &[true, false]), Separation::Inseparable);
    }
}
