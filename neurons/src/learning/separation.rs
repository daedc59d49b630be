//! Whether a plane through the origin separates two classes, and how many updates a perceptron then
//! makes at most.
//!
//! Novikoff (1962, Symposium on the Mathematical Theory of Automata): if every point is no longer than
//! R and some unit vector has y (w . x) >= gamma > 0 for all of them, a perceptron that starts at zero
//! changes its weights at most (R / gamma)^2 times, whatever the order and the learning rate. The
//! largest gamma is the distance from the origin to the convex hull of the points y x; the classes
//! cannot be separated iff the origin lies in it.

use super::{dot, norm};

/// How two classes lie to one another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Separation {
    /// A plane through the origin separates them.
    Separable {
        /// The length of the longest point, R.
        radius: f64,
        /// The distance of the nearest point from the best plane, gamma.
        margin: f64,
    },
    /// No plane does with a margin above a millionth of R.
    Inseparable,
}

impl Separation {
    /// Novikoff's bound on the updates, (R / gamma)^2; `None` where no plane separates.
    pub fn bound(&self) -> Option<f64> {
        match self {
            Self::Separable { radius, margin } => Some((radius / margin).powi(2)),
            Self::Inseparable => None,
        }
    }
}

/// Steps times values that the search takes at most.
const WORK: usize = 400_000_000;

/// Margins below this share of the radius count as none.
const LEAST: f64 = 1e-6;

/// Finds the best plane by moving weight between the farthest and the nearest point of the hull's point
/// nearest to the origin (Mitchell, Dem'yanov and Malozemov 1974, <https://doi.org/10.1137/0312003>).
///
/// # Shapes
/// - points: one list of coordinates each, all of one length; a bias is a constant coordinate
/// - labels: whether it is of the second class
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
    for _ in 0..WORK / (signed.len() * first.len()).max(1) {
        let length = norm(&nearest);
        if length <= LEAST * radius {
            break;
        }
        let heights: Vec<f64> = signed.iter().map(|point| dot(&nearest, point)).collect();
        let low = extreme(&heights, |_| true, |a, b| a < b);
        let high = extreme(&heights, |i| shares[i] > 0.0, |a, b| a > b);
        best = best.max(heights[low] / length);
        // The true distance lies between the lowest point's and the length of what was found.
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
    if best > LEAST * radius {
        Separation::Separable {
            radius,
            margin: best,
        }
    } else {
        Separation::Inseparable
    }
}

/// The first place of the extreme value among those that count.
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

    /// AND with a bias of 1: the best plane is x + y = 1.5, w = (-1.5, 1, 1), and the nearest points have
    /// height 1/2, so gamma = 0.5 / sqrt(4.25); R^2 = 3, and the bound is 3 * 17 = 51.
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
    fn one_point_and_none() {
        let one = separation(&[vec![3.0, 4.0]], &[true]);
        assert_eq!(one.bound(), Some(1.0));
        assert_eq!(separation(&[], &[]), Separation::Inseparable);
        let twice = [vec![3.0, 4.0], vec![3.0, 4.0]];
        assert_eq!(separation(&twice, &[true, false]), Separation::Inseparable);
    }
}
