//! Principal components by Jacobi's method: the eigenvectors of the covariance, largest variance first (Golub and Van
//! Loan, *Matrix Computations*, section 8.5).

use crate::vector::dot;

/// Returns the mean of the points.
///
/// # Shapes
/// - points: lists of coordinates, all of the same length
pub fn mean(points: &[Vec<f64>]) -> Vec<f64> {
    let mut mean = vec![0.0; points.first().map_or(0, Vec::len)];
    for point in points {
        for (mean, value) in mean.iter_mut().zip(point) {
            *mean += value / points.len() as f64;
        }
    }
    mean
}

/// Returns the variance (in squared units of the points) and the unit vector of each principal component, the largest
/// variance first.
///
/// # Shapes
/// - points: lists of coordinates, all of the same length
/// - output: one component per coordinate, each with one value per coordinate
///
/// ```
/// let points = [[1.0, 1.0], [-1.0, -1.0], [0.5, -0.5], [-0.5, 0.5]].map(Vec::from);
/// let components = neurons::learning::principal_components(&points);
/// assert!((components[0].0 - 1.0).abs() < 1e-12);
/// assert!((components[0].1[0].abs() - 0.5_f64.sqrt()).abs() < 1e-12);
/// ```
pub fn principal_components(points: &[Vec<f64>]) -> Vec<(f64, Vec<f64>)> {
    let mean = mean(points);
    let size = mean.len();
    // Transposed, so that a covariance is a scalar product.
    let columns: Vec<Vec<f64>> = (0..size)
        .map(|i| points.iter().map(|point| point[i] - mean[i]).collect())
        .collect();
    let mut matrix: Vec<Vec<f64>> = (0..size)
        .map(|i| {
            let with = |j: usize| dot(&columns[i], &columns[j]) / points.len() as f64;
            (0..size).map(with).collect()
        })
        .collect();
    let mut vectors: Vec<Vec<f64>> = (0..size)
        .map(|i| (0..size).map(|j| f64::from(u8::from(i == j))).collect())
        .collect();
    let total: f64 = (0..size).map(|i| matrix[i][i]).sum();
    for _ in 0..MAX_SWEEPS {
        let mut off = 0.0_f64;
        for p in 0..size {
            for q in p + 1..size {
                off = off.max(matrix[p][q].abs());
                rotate(&mut matrix, &mut vectors, p, q);
            }
        }
        if off <= 1e-15 * total {
            break;
        }
    }
    let mut components: Vec<(f64, Vec<f64>)> =
        (0..size).map(|i| matrix[i][i]).zip(vectors).collect();
    components.sort_by(|a, b| b.0.total_cmp(&a.0));
    components
}

/// Maximum number of sweeps, far more than needed: Jacobi's method converges quadratically.
const MAX_SWEEPS: usize = 60;

/// Rotates axes `p` and `q` so that their covariance becomes zero; row i of `vectors` is axis i.
fn rotate(matrix: &mut [Vec<f64>], vectors: &mut [Vec<f64>], p: usize, q: usize) {
    if matrix[p][q] == 0.0 {
        return;
    }
    let theta = (matrix[q][q] - matrix[p][p]) / (2.0 * matrix[p][q]);
    let tangent = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = tangent * cosine;
    for row in matrix.iter_mut() {
        let (at_p, at_q) = (row[p], row[q]);
        row[p] = cosine * at_p - sine * at_q;
        row[q] = sine * at_p + cosine * at_q;
    }
    for rows in [matrix, vectors] {
        let (head, tail) = rows.split_at_mut(q);
        for (at_p, at_q) in head[p].iter_mut().zip(&mut tail[0]) {
            (*at_p, *at_q) = (cosine * *at_p - sine * *at_q, sine * *at_p + cosine * *at_q);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: variance 20/6 along (1, 1), 4/6 along (1, -1), around the mean (5, -1).
    #[test]
    fn components_by_hand() {
        let points = [
            [1.0, 1.0],
            [-1.0, -1.0],
            [2.0, 2.0],
            [-2.0, -2.0],
            [1.0, -1.0],
            [-1.0, 1.0],
        ];
        let points: Vec<Vec<f64>> = points.map(|[x, y]| vec![x + 5.0, y - 1.0]).to_vec();
        let components = principal_components(&points);
        assert!(
            (components[0].0 - 20.0 / 6.0).abs() < 1e-12,
            "{components:?}"
        );
        assert!(
            (components[1].0 - 4.0 / 6.0).abs() < 1e-12,
            "{components:?}"
        );
        let diagonal = [0.5_f64.sqrt(); 2];
        assert!((dot(&components[0].1, &diagonal).abs() - 1.0).abs() < 1e-12);
    }

    /// The covariance times each component is the component times its variance; the variances sum to the trace.
    #[test]
    fn components_are_eigenvectors() {
        let points: Vec<Vec<f64>> = (0..60)
            .map(|i| {
                (0..5)
                    .map(|j| f64::from((i * (7 + 3 * j) + j * j) % (11 + j)))
                    .collect()
            })
            .collect();
        let centre = mean(&points);
        let total: f64 = (points.iter().flat_map(|point| point.iter().zip(&centre)))
            .map(|(value, mean)| (value - mean).powi(2) / 60.0)
            .sum();
        let components = principal_components(&points);
        let sum: f64 = components.iter().map(|(variance, _)| variance).sum();
        assert!((sum - total).abs() < 1e-9 * total);
        for (variance, axis) in &components {
            let covariance = |j: usize| -> f64 {
                let along = |point: &Vec<f64>| -> f64 {
                    point
                        .iter()
                        .zip(&centre)
                        .zip(axis)
                        .map(|((x, m), a)| (x - m) * a)
                        .sum()
                };
                points
                    .iter()
                    .map(|point| (point[j] - centre[j]) * along(point) / 60.0)
                    .sum()
            };
            for (j, value) in axis.iter().enumerate() {
                assert!((covariance(j) - variance * value).abs() < 1e-9 * total);
            }
        }
    }
}
