//! The first two principal components of codes.

use rayon::prelude::*;

use crate::codes::Codes;

/// Maximum number of codes that a covariance is computed from. It bounds the time, which grows with codes x units²; the
/// value was not tuned.
const MAX_CODES: usize = 10_000;

/// Maximum number of power iterations. Eigenvalues so close that these do not separate them belong to directions that
/// explain nearly the same variance, so any of them will do.
const MAX_ITERATIONS: usize = 2_000;

/// The power iteration has converged when the direction changes by less than this: far less than a picture shows, and
/// more than the rounding errors of `f64`.
const TOLERANCE: f64 = 1e-10;

/// The plane through the mean of codes along their first two principal components.
///
/// # Examples
/// ```
/// use metrics::codes::Codes;
/// use metrics::principal_plane::PrincipalPlane;
///
/// let codes = Codes { units: 2, values: vec![-2.0, 0.0, 2.0, 0.0, 0.0, -1.0, 0.0, 1.0] };
/// let plane = PrincipalPlane::fit(&codes);
/// assert!((plane.explained[0] - 0.8).abs() < 1e-9);
/// assert!((plane.project(&codes)[1][0] - 2.0).abs() < 1e-6);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PrincipalPlane {
    mean: Vec<f64>,
    axes: [Vec<f64>; 2],
    /// Fraction of the variance along each axis, from 0 to 1; 0 where codes do not vary.
    pub explained: [f64; 2],
}

impl PrincipalPlane {
    /// Finds the two directions along which `codes` vary most (principal component analysis).
    ///
    /// Every k-th code is used, so that there are at most 10,000. Axes are zero where codes do not vary, as without a
    /// code. With a `NaN` among the codes, coordinates are `NaN` and fractions 0.
    pub fn fit(codes: &Codes) -> Self {
        let step = codes.len().div_ceil(MAX_CODES).max(1);
        let rows: Vec<&[f32]> = codes.rows().step_by(step).collect();
        let mean = mean(&rows, codes.units);
        let covariance = covariance(&rows, &mean);
        let total: f64 = (0..codes.units)
            .map(|i| covariance[i * codes.units + i])
            .sum();
        let share = |variance: f64| if total > 0.0 { variance / total } else { 0.0 };
        let (first, first_variance) = leading_eigenvector(&covariance, codes.units, None);
        let (second, second_variance) = leading_eigenvector(&covariance, codes.units, Some(&first));
        Self {
            mean,
            axes: [first, second],
            explained: [share(first_variance), share(second_variance)],
        }
    }

    /// Returns the coordinates of each code in the plane.
    pub fn project(&self, codes: &Codes) -> Vec<[f64; 2]> {
        let along = |row: &[f32], axis: &[f64]| -> f64 {
            let terms = row.iter().zip(&self.mean).zip(axis);
            terms
                .map(|((value, mean), axis)| (f64::from(*value) - mean) * axis)
                .sum()
        };
        codes
            .rows()
            .map(|row| [along(row, &self.axes[0]), along(row, &self.axes[1])])
            .collect()
    }
}

/// Returns the mean of each unit.
fn mean(rows: &[&[f32]], units: usize) -> Vec<f64> {
    let count = rows.len().max(1) as f64;
    let mut mean = vec![0.0; units];
    for row in rows {
        for (mean, value) in mean.iter_mut().zip(*row) {
            *mean += f64::from(*value) / count;
        }
    }
    mean
}

/// Returns the covariance matrix of the units, `[units, units]` row by row.
fn covariance(rows: &[&[f32]], mean: &[f64]) -> Vec<f64> {
    let count = rows.len().max(1) as f64;
    (0..mean.len())
        .into_par_iter()
        .flat_map_iter(|i| {
            let mut line = vec![0.0; mean.len()];
            for row in rows {
                let deviation = f64::from(row[i]) - mean[i];
                for ((sum, value), mean) in line.iter_mut().zip(*row).zip(mean) {
                    *sum += deviation * (f64::from(*value) - mean) / count;
                }
            }
            line
        })
        .collect()
}

/// Returns the eigenvector with the largest eigenvalue among those orthogonal to `previous`, and the eigenvalue, by
/// power iteration. The entry of largest absolute value is positive.
fn leading_eigenvector(matrix: &[f64], n: usize, previous: Option<&[f64]>) -> (Vec<f64>, f64) {
    // Any start that is not orthogonal to the eigenvector will do: all entries differ.
    let mut axis: Vec<f64> = (0..n).map(|i| 1.0 + (i as f64 * 0.7).sin()).collect();
    orthonormalise(&mut axis, previous);
    let mut eigenvalue = 0.0;
    for _ in 0..MAX_ITERATIONS {
        let mut next: Vec<f64> = matrix
            .chunks_exact(n.max(1))
            .map(|line| line.iter().zip(&axis).map(|(a, b)| a * b).sum())
            .collect();
        eigenvalue = orthonormalise(&mut next, previous);
        if eigenvalue == 0.0 {
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
    (axis, eigenvalue)
}

/// Subtracts the projection on `previous`, scales to unit length, and returns the length before.
fn orthonormalise(vector: &mut [f64], previous: Option<&[f64]>) -> f64 {
    if let Some(previous) = previous {
        let along: f64 = vector.iter().zip(previous).map(|(a, b)| a * b).sum();
        for (value, previous) in vector.iter_mut().zip(previous) {
            *value -= along * previous;
        }
    }
    let length = vector.iter().map(|value| value * value).sum::<f64>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value /= length);
    }
    length
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

    /// NumPy: `np.linalg.eigh(np.cov([[-2, 2, 0, 0], [0, 0, -1, 1]], bias=True))` has the
    /// eigenvalues 0.5 and 2 along the axes.
    #[test]
    fn the_principal_plane_of_a_cross() {
        let cross = codes(2, &[-2.0, 0.0, 2.0, 0.0, 0.0, -1.0, 0.0, 1.0]);
        let plane = PrincipalPlane::fit(&cross);
        assert!((plane.explained[0] - 0.8).abs() < 1e-9, "{plane:?}");
        assert!((plane.explained[1] - 0.2).abs() < 1e-9, "{plane:?}");
        let at = plane.project(&cross);
        assert!(
            (at[1][0] - 2.0).abs() < 1e-6 && at[1][1].abs() < 1e-6,
            "{at:?}"
        );
        assert!((at[3][1] - 1.0).abs() < 1e-6, "{at:?}");
        // Codes that are all equal have no direction.
        let flat = PrincipalPlane::fit(&codes(3, &[1.0; 9]));
        assert_eq!(flat.explained, [0.0, 0.0]);
        assert_eq!(flat.project(&codes(3, &[1.0; 3])), [[0.0, 0.0]]);
    }

    #[test]
    fn empty_and_nan_codes_explain_nothing() {
        assert_eq!(PrincipalPlane::fit(&Codes::default()).explained, [0.0; 2]);
        let diverged = codes(2, &[f32::NAN, 0.0, 1.0, 2.0]);
        let plane = PrincipalPlane::fit(&diverged);
        assert_eq!(plane.explained, [0.0; 2]);
        assert!(plane.project(&diverged)[1][0].is_nan());
    }

    proptest! {
        /// A rotation of the codes leaves the explained variance unchanged, and the axes are orthogonal.
        #[test]
        fn the_explained_variance_is_invariant_under_rotation(
            values in prop::collection::vec(-3.0f32..3.0, 60), angle in 0.0f32..6.0
        ) {
            let (sine, cosine) = angle.sin_cos();
            let rotated: Vec<f32> = values.chunks(3)
                .flat_map(|c| [cosine * c[0] - sine * c[1], sine * c[0] + cosine * c[1], c[2]])
                .collect();
            let [a, b] = [&values, &rotated].map(|values| PrincipalPlane::fit(&codes(3, values)));
            prop_assert!(a.explained.iter().zip(&b.explained).all(|(a, b)| (a - b).abs() < 1e-3));
            let product: f64 = a.axes[0].iter().zip(&a.axes[1]).map(|(a, b)| a * b).sum();
            prop_assert!(product.abs() < 1e-6);
        }
    }
}
