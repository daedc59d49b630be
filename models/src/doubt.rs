//! From logits to an answer, or to none: probabilities that are frequencies, and two reasons to
//! doubt. An answer is *uncertain* when no class is probable enough, and a picture *unfamiliar* when
//! it does not look like those the network was trained on.

use serde::{Deserialize, Serialize};

/// How probabilities are corrected after training, and when no answer is given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// The logits are divided by it (Guo et al. 2017, <https://arxiv.org/abs/1706.04599>).
    pub temperature: f64,
    /// The probability from which an answer is given at all.
    pub threshold: Option<f64>,
    /// The share of wrong answers among those given for which the threshold was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_error: Option<f64>,
    /// What pictures must look like to be answered at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub familiarity: Option<Familiarity>,
}

/// Why no answer is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// No class is probable enough.
    Uncertain,
    /// The picture does not look like those the network was trained on.
    Unfamiliar,
}

impl Doubt {
    /// In one word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Uncertain => "uncertain",
            Self::Unfamiliar => "unfamiliar",
        }
    }
}

impl Calibration {
    /// Checks what may come from anybody.
    ///
    /// # Errors
    /// The first value out of its range.
    pub fn check(&self) -> Result<(), String> {
        let temperature = self.temperature;
        if !(temperature.is_finite() && temperature > 0.0) {
            return Err(format!("its temperature is {temperature}, not above 0"));
        }
        let shares = [
            ("threshold", self.threshold),
            ("target_error", self.target_error),
        ];
        for (name, share) in shares {
            if let Some(share) = share
                && !(0.0..=1.0).contains(&share)
            {
                return Err(format!("its {name} is {share}, not from 0 to 1"));
            }
        }
        self.familiarity.as_ref().map_or(Ok(()), Familiarity::check)
    }

    /// Why a picture with this largest probability and these statistics gets no answer; `None`: it
    /// gets one.
    pub fn doubt(&self, largest: f64, statistics: &[f64]) -> Option<Doubt> {
        let unfamiliar = |familiarity: &Familiarity| !familiarity.knows(statistics);
        if self.familiarity.as_ref().is_some_and(unfamiliar) {
            Some(Doubt::Unfamiliar)
        } else if self.threshold.is_some_and(|threshold| largest < threshold) {
            Some(Doubt::Uncertain)
        } else {
            None
        }
    }
}

/// Softmax of `logits / temperature`, with the largest taken out before the exponential so that
/// nothing overflows.
pub fn softmax(logits: &[f32], temperature: f64) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weights: Vec<f64> = logits
        .iter()
        .map(|&logit| ((f64::from(logit) - f64::from(largest)) / temperature).exp())
        .collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

/// Below this deviation a statistic counts as never changing; its deviation is then this.
const LEAST_DEVIATION: f64 = 0.01;

/// The most statistics that are taken from a file.
const MOST_STATISTICS: usize = 1024;

/// What the training pictures look like: a normal distribution of a few statistics of each picture,
/// and how far from it a picture may be (Mahalanobis 1936; as a test for inputs of another kind, Lee
/// et al. 2018, <https://arxiv.org/abs/1807.03888>).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Familiarity {
    /// The statistics' names.
    pub statistics: Vec<String>,
    /// The mean of each.
    pub mean: Vec<f64>,
    /// The deviation of each.
    pub deviation: Vec<f64>,
    /// The Cholesky factor of their correlations, the lower triangle row by row.
    pub factor: Vec<Vec<f64>>,
    /// The largest distance at which a picture is still familiar.
    pub limit: f64,
}

impl Familiarity {
    /// The distribution of the training pictures' statistics, one row each. `None` without a row,
    /// or if a value is not finite.
    ///
    /// The correlations are drawn towards zero as if there were one more picture for each statistic
    /// without any correlation: few pictures cannot tell what goes together (Ledoit and Wolf 2004,
    /// <https://doi.org/10.1016/S0047-259X(03)00096-4>). No distance is too large until
    /// [`limit`](Self::limit) is set.
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
                    .max(LEAST_DEVIATION)
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

    /// How far a picture is from the training pictures: the Mahalanobis distance, where a picture of
    /// the training set is about the square root of the number of statistics away. Infinite if the
    /// statistics are others.
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

    /// Whether a picture with these statistics looks like the training pictures.
    pub fn knows(&self, statistics: &[f64]) -> bool {
        self.distance(statistics) <= self.limit
    }

    /// Checks what may come from anybody, so that a distance can be computed.
    fn check(&self) -> Result<(), String> {
        let count = self.statistics.len();
        if !(1..=MOST_STATISTICS).contains(&count) {
            return Err(format!(
                "its familiarity has {count} statistics, not 1 to {MOST_STATISTICS}"
            ));
        }
        let lengths = [
            ("mean", self.mean.len()),
            ("deviation", self.deviation.len()),
            ("factor", self.factor.len()),
        ];
        for (name, length) in lengths {
            if length != count {
                return Err(format!(
                    "its familiarity has {count} statistics, but a {name} of {length}"
                ));
            }
        }
        for (place, row) in self.factor.iter().enumerate() {
            if row.len() != place + 1 {
                return Err(format!(
                    "row {place} of its familiarity's factor has {} values, not {}",
                    row.len(),
                    place + 1
                ));
            }
        }
        let values = self.mean.iter().chain(self.factor.iter().flatten());
        if let Some(value) = values.into_iter().find(|value| !value.is_finite()) {
            return Err(format!(
                "its familiarity holds {value}, not a finite number"
            ));
        }
        let diagonal = self.factor.iter().filter_map(|row| row.last());
        let positive = self.deviation.iter().chain(diagonal).chain([&self.limit]);
        for value in positive {
            if !(value.is_finite() && *value > 0.0) {
                return Err(format!(
                    "its familiarity holds {value} where a number above 0 is needed"
                ));
            }
        }
        Ok(())
    }
}

/// The lower triangle L with L * L^T = the symmetric matrix of these entries; `None` if it is not
/// positive definite.
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn softmax_of_known_values() {
        // e^0 : e^ln2 : e^ln5 = 1 : 2 : 5
        let probabilities = softmax(&[0.0, 2f32.ln(), 5f32.ln()], 1.0);
        for (probability, expected) in probabilities.iter().zip([0.125, 0.25, 0.625]) {
            assert!((probability - expected).abs() < 1e-7, "{probabilities:?}");
        }
        // A temperature of 2 takes the square root of each ratio.
        let cooler = softmax(&[0.0, 4f32.ln()], 2.0);
        assert!((cooler[1] - 2.0 / 3.0).abs() < 1e-7, "{cooler:?}");
    }

    #[test]
    fn softmax_of_extreme_logits_still_sums_to_one() {
        for logits in [[-3e38, 0.0, 3e38], [1e4, 1e4, 1e4], [-1e30, -1e30, -1e30]] {
            let probabilities = softmax(&logits, 0.01);
            let sum: f64 = probabilities.iter().sum();
            assert!((sum - 1.0).abs() < 1e-12, "{logits:?}: {probabilities:?}");
        }
    }

    /// Two statistics with deviations 2 and 1 and a correlation of 0.6.
    fn known() -> Familiarity {
        Familiarity {
            statistics: vec!["a".into(), "b".into()],
            mean: vec![1.0, -1.0],
            deviation: vec![2.0, 1.0],
            factor: vec![vec![1.0], vec![0.6, 0.8]],
            limit: 3.0,
        }
    }

    #[test]
    fn distances_by_hand() {
        let familiarity = known();
        assert_eq!(familiarity.distance(&[1.0, -1.0]), 0.0);
        // Standardised (1, 0): 1 / (1 - 0.6^2) = 1.5625, the square of 1.25.
        assert!((familiarity.distance(&[3.0, -1.0]) - 1.25).abs() < 1e-12);
        // Along the correlation it is nearer: (1, 0.6) is 1 away.
        assert!((familiarity.distance(&[3.0, -0.4]) - 1.0).abs() < 1e-12);
        assert_eq!(familiarity.distance(&[1.0]), f64::INFINITY);
        assert_eq!(familiarity.distance(&[f64::NAN, 0.0]), f64::INFINITY);
        assert!(familiarity.knows(&[3.0, -1.0]) && !familiarity.knows(&[1e9, -1.0]));
    }

    #[test]
    fn doubt_asks_for_familiarity_first() {
        let calibration = Calibration {
            temperature: 1.0,
            threshold: Some(0.8),
            target_error: Some(0.03),
            familiarity: Some(known()),
        };
        assert_eq!(calibration.check(), Ok(()));
        assert_eq!(calibration.doubt(0.8, &[1.0, -1.0]), None);
        assert_eq!(
            calibration.doubt(0.79, &[1.0, -1.0]),
            Some(Doubt::Uncertain)
        );
        assert_eq!(calibration.doubt(1.0, &[1e9, 0.0]), Some(Doubt::Unfamiliar));
    }

    #[test]
    fn what_cannot_be_computed_with_is_refused() {
        type Change = fn(&mut Familiarity);
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
            let mut familiarity = known();
            change(&mut familiarity);
            let reason = familiarity.check().unwrap_err();
            assert!(reason.contains(part), "{reason}");
        }
    }

    #[test]
    fn a_fit_needs_rows_of_finite_numbers() {
        assert_eq!(Familiarity::fit(&["a"], &[]), None);
        assert_eq!(Familiarity::fit(&["a"], &[vec![f64::NAN]]), None);
        assert_eq!(Familiarity::fit(&["a"], &[vec![1.0, 2.0]]), None);
        // What never changes gets the least deviation.
        let fit = Familiarity::fit(&["a", "b"], &vec![vec![2.0, 3.0]; 5]).unwrap();
        assert!((fit.distance(&[2.02, 3.0]) - 2.0).abs() < 1e-9);
    }

    proptest! {
        /// The mean squared distance of the rows that were fitted is the number of statistics, less
        /// what the correlations are drawn towards zero.
        #[test]
        fn fitted_rows_are_near(values in prop::collection::vec((-5.0f64..5.0, -5.0f64..5.0), 30..60)) {
            let rows: Vec<Vec<f64>> = values.iter().map(|(a, b)| vec![*a, a + 0.3 * b]).collect();
            let fit = Familiarity::fit(&["a", "b"], &rows).unwrap();
            prop_assert_eq!(fit.check().is_ok(), true);
            let square = rows.iter().map(|row| fit.distance(row).powi(2)).sum::<f64>() / rows.len() as f64;
            prop_assert!(square > 0.9 && square < 2.0 + 1e-9, "{}", square);
        }
    }
}
