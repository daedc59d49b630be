//! Detection of inputs unlike the training data, by the Mahalanobis distance of a few statistics.
//!
//! d(x) = sqrt((x - m)^T S^-1 (x - m)), with the mean m and the covariance S of the training data's statistics
//! (Mahalanobis 1936; as a test for out-of-distribution inputs, Lee et al. 2018,
//! <https://arxiv.org/abs/1807.03888>). S is stored as standard deviations and the Cholesky factor of the correlations.

use serde::{Deserialize, Serialize};

use super::error::CalibrationError;

/// Smallest standard deviation of a statistic. One that never changes in the training data would otherwise make
/// every other value infinitely far away; the statistics of pictures and signals are of the order of 1.
const MIN_DEVIATION: f64 = 0.01;

/// Largest number of statistics accepted from a file: far more than any experiment has, and few enough that the
/// factor of a hostile file stays small.
const MAX_STATISTICS: usize = 1024;

/// Distribution of the training data's statistics, and the largest distance from it that is accepted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OodDetector {
    /// Names of the statistics.
    pub statistics: Vec<String>,
    /// Mean of each statistic.
    pub mean: Vec<f64>,
    /// Standard deviation of each statistic.
    pub deviation: Vec<f64>,
    /// Cholesky factor of the correlations, the lower triangle row by row.
    pub factor: Vec<Vec<f64>>,
    /// Largest distance of an input that is in distribution.
    pub limit: f64,
}

impl OodDetector {
    /// Fits the detector to the statistics of the training data, one row per example.
    ///
    /// Returns `None` without a row, for a row of another length than `names`, or if a value is not finite.
    ///
    /// The correlations are shrunk towards zero as if there were one more, uncorrelated, example for each
    /// statistic: few examples do not determine a correlation matrix (Ledoit and Wolf 2004,
    /// <https://doi.org/10.1016/S0047-259X(03)00096-4>). The [`limit`](Self::limit) accepts every distance until
    /// the caller sets it.
    pub fn fit(names: &[&str], rows: &[Vec<f64>]) -> Option<Self> {
        let (count, n) = (names.len(), rows.len() as f64);
        let fits = |row: &Vec<f64>| row.len() == count && row.iter().all(|x| x.is_finite());
        if rows.is_empty() || !rows.iter().all(fits) {
            return None;
        }
        let mean_of =
            |value: &dyn Fn(&[f64]) -> f64| rows.iter().map(|row| value(row)).sum::<f64>() / n;
        let mean: Vec<f64> = (0..count).map(|i| mean_of(&|row| row[i])).collect();
        let deviation: Vec<f64> = (0..count)
            .map(|i| {
                mean_of(&|row| (row[i] - mean[i]).powi(2))
                    .sqrt()
                    .max(MIN_DEVIATION)
            })
            .collect();
        let kept = n / (n + count as f64);
        let correlation = |i: usize, j: usize| {
            if i == j {
                return 1.0;
            }
            let [di, dj] = [deviation[i], deviation[j]];
            kept * mean_of(&|row| (row[i] - mean[i]) / di * (row[j] - mean[j]) / dj)
        };
        Some(Self {
            statistics: names.iter().map(|name| (*name).to_owned()).collect(),
            factor: cholesky(count, correlation)?,
            mean,
            deviation,
            limit: f64::MAX,
        })
    }

    /// Computes the Mahalanobis distance of an input from the training data.
    ///
    /// A training example is about the square root of the number of statistics away. The distance is infinite if
    /// the number of statistics differs or one of them is NaN.
    pub fn distance(&self, statistics: &[f64]) -> f64 {
        if statistics.len() != self.mean.len() {
            return f64::INFINITY;
        }
        // Solves factor * y = standardised statistics.
        let mut solved: Vec<f64> = Vec::with_capacity(self.mean.len());
        for (i, row) in self.factor.iter().enumerate() {
            let standard = (statistics[i] - self.mean[i]) / self.deviation[i];
            let known: f64 = row.iter().zip(&solved).map(|(a, b)| a * b).sum();
            solved.push((standard - known) / row[i]);
        }
        let distance = solved.iter().map(|value| value * value).sum::<f64>().sqrt();
        if distance.is_nan() {
            f64::INFINITY
        } else {
            distance
        }
    }

    /// Returns whether an input with these statistics is within the [`limit`](Self::limit).
    pub fn is_in_distribution(&self, statistics: &[f64]) -> bool {
        self.distance(statistics) <= self.limit
    }

    /// Checks every value of a detector from an untrusted file, so that a distance can be computed.
    pub(super) fn check(&self) -> Result<(), CalibrationError> {
        let count = self.statistics.len();
        if !(1..=MAX_STATISTICS).contains(&count) {
            return Err(CalibrationError::StatisticCount {
                count,
                most: MAX_STATISTICS,
            });
        }
        let lengths = [
            ("mean", self.mean.len()),
            ("deviation", self.deviation.len()),
            ("factor", self.factor.len()),
        ];
        for (name, length) in lengths {
            if length != count {
                return Err(CalibrationError::ListLength {
                    name,
                    count,
                    length,
                });
            }
        }
        for (row, values) in self.factor.iter().enumerate() {
            if values.len() != row + 1 {
                return Err(CalibrationError::RowLength {
                    row,
                    length: values.len(),
                    expected: row + 1,
                });
            }
        }
        let mut values = self.mean.iter().chain(self.factor.iter().flatten());
        if let Some(value) = values.find(|value| !value.is_finite()) {
            return Err(CalibrationError::NotFinite(*value));
        }
        let diagonal = self.factor.iter().filter_map(|row| row.last());
        let mut positive = self.deviation.iter().chain(diagonal).chain([&self.limit]);
        match positive.find(|value| !(value.is_finite() && **value > 0.0)) {
            Some(value) => Err(CalibrationError::NotPositive(*value)),
            None => Ok(()),
        }
    }
}

/// Computes the lower triangle L with L L^T equal to the symmetric matrix of these entries.
///
/// Returns `None` if the matrix is not positive definite.
fn cholesky(size: usize, entry: impl Fn(usize, usize) -> f64) -> Option<Vec<Vec<f64>>> {
    let mut factor: Vec<Vec<f64>> = Vec::with_capacity(size);
    for i in 0..size {
        let mut row: Vec<f64> = Vec::with_capacity(i + 1);
        for (j, above) in factor.iter().enumerate() {
            let known: f64 = row.iter().zip(above).map(|(a, b)| a * b).sum();
            row.push((entry(i, j) - known) / above[j]);
        }
        let rest = entry(i, i) - row.iter().map(|value| value * value).sum::<f64>();
        if rest.is_nan() || rest <= 0.0 {
            return None;
        }
        row.push(rest.sqrt());
        factor.push(row);
    }
    Some(factor)
}

#[cfg(test)]
impl OodDetector {
    /// Two statistics with standard deviations of 2 and 1 and a correlation of 0.6.
    pub(super) fn example() -> Self {
        Self {
            statistics: vec!["a".into(), "b".into()],
            mean: vec![1.0, -1.0],
            deviation: vec![2.0, 1.0],
            factor: vec![vec![1.0], vec![0.6, 0.8]],
            limit: 3.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn distances_by_hand() {
        let detector = OodDetector::example();
        assert_eq!(detector.distance(&[1.0, -1.0]), 0.0);
        // Standardised (1, 0): 1 / (1 - 0.6^2) = 1.5625, the square of 1.25.
        assert!((detector.distance(&[3.0, -1.0]) - 1.25).abs() < 1e-12);
        // Along the correlation it is nearer: (1, 0.6) is 1 away.
        assert!((detector.distance(&[3.0, -0.4]) - 1.0).abs() < 1e-12);
        assert_eq!(detector.distance(&[1.0]), f64::INFINITY);
        assert_eq!(detector.distance(&[f64::NAN, 0.0]), f64::INFINITY);
        assert!(
            detector.is_in_distribution(&[3.0, -1.0]) && !detector.is_in_distribution(&[1e9, -1.0])
        );
    }

    #[test]
    fn detectors_without_a_distance_are_refused() {
        type Change = fn(&mut OodDetector);
        let cases: [(Change, &str); 8] = [
            (|f| f.limit = 0.0, "above 0"),
            (|f| f.limit = f64::INFINITY, "above 0"),
            (|f| f.deviation[1] = -1.0, "above 0"),
            (|f| f.factor[1][1] = 0.0, "above 0"),
            (|f| f.factor[1][0] = f64::NAN, "finite"),
            (|f| f.mean.push(0.0), "a mean of 3"),
            (|f| f.factor[0].push(0.0), "row 0"),
            (|f| f.statistics.clear(), "0 statistics"),
        ];
        for (change, part) in cases {
            let mut detector = OodDetector::example();
            change(&mut detector);
            let reason = detector.check().unwrap_err().to_string();
            assert!(reason.contains(part), "{reason}");
        }
    }

    #[test]
    fn fitting_needs_rows_of_finite_numbers() {
        assert_eq!(OodDetector::fit(&["a"], &[]), None);
        assert_eq!(OodDetector::fit(&["a"], &[vec![f64::NAN]]), None);
        assert_eq!(OodDetector::fit(&["a"], &[vec![1.0, 2.0]]), None);
        // A statistic that never changes gets the smallest deviation.
        let fit = OodDetector::fit(&["a", "b"], &vec![vec![2.0, 3.0]; 5]).unwrap();
        assert!((fit.distance(&[2.02, 3.0]) - 2.0).abs() < 1e-9);
    }

    proptest! {
        /// Without shrinkage, the mean squared distance of the fitted rows is the number of statistics.
        #[test]
        fn fitted_rows_are_in_distribution(values in prop::collection::vec((-5.0f64..5.0, -5.0f64..5.0), 30..60)) {
            let rows: Vec<Vec<f64>> = values.iter().map(|(a, b)| vec![*a, a + 0.3 * b]).collect();
            let fit = OodDetector::fit(&["a", "b"], &rows).unwrap();
            prop_assert_eq!(fit.check().is_ok(), true);
            let square = rows.iter().map(|row| fit.distance(row).powi(2)).sum::<f64>() / rows.len() as f64;
            prop_assert!(square > 0.9 && square < 2.0 + 1e-9, "{}", square);
        }
    }
}
