//! Activity and sparseness of an autoencoder's codes.

use serde::Serialize;

/// A unit is active where its absolute value is above this fraction of the largest one of the part.
const ACTIVE: f32 = 0.01;

/// The codes of one part of the data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Codes {
    /// Number of units of each code.
    pub units: usize,
    /// Activations, `[n, units]` row by row.
    pub values: Vec<f32>,
}

/// How active the codes of a part are.
///
/// All figures are 0 without a code.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CodeActivity {
    /// Number of units of a code.
    pub units: usize,
    /// Mean of |c| over units and pictures. It depends on the scale of the code, which the decoder can undo.
    pub mean: f64,
    /// Fraction of activations that are at least a hundredth of the largest one, from 0 to 1; independent of the scale.
    pub active: f64,
    /// Mean sparseness of the pictures' codes, from 0 (all units equally active) to 1 (a single active unit).
    ///
    /// S = (1 - a) / (1 - 1 / n) with a = mean(|c|)² / mean(c²) over the n units (Rolls and Tovee 1995; Vinje and
    /// Gallant 2000, <https://doi.org/10.1126/science.287.5456.1273>). 0 for a code that is all zeros or has one unit.
    pub sparseness: f64,
    /// Number of units that are active for no picture.
    pub dead_units: usize,
}

impl Codes {
    /// Returns the number of codes.
    pub fn len(&self) -> usize {
        self.values.len() / self.units.max(1)
    }

    /// Returns whether there are no codes.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Returns each code.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.units.max(1))
    }

    /// Returns the absolute value from which a unit is active.
    fn active_threshold(&self) -> f32 {
        let largest = self.values.iter().fold(0.0f32, |most, c| most.max(c.abs()));
        (ACTIVE * largest).max(f32::MIN_POSITIVE)
    }

    /// Computes how active these codes are.
    ///
    /// # Examples
    /// ```
    /// use metrics::codes::Codes;
    ///
    /// let codes = Codes { units: 2, values: vec![1.0, 0.0, 3.0, 0.0] };
    /// let activity = codes.activity();
    /// assert_eq!((activity.mean, activity.active), (1.0, 0.5));
    /// assert_eq!((activity.sparseness, activity.dead_units), (1.0, 1));
    /// ```
    pub fn activity(&self) -> CodeActivity {
        let threshold = self.active_threshold();
        let (mut sum, mut active, mut sparseness_sum) = (0.0, 0usize, 0.0);
        let mut was_active = vec![false; self.units];
        for row in self.rows() {
            for (value, was_active) in row.iter().zip(&mut was_active) {
                let is_active = value.abs() >= threshold;
                active += usize::from(is_active);
                *was_active |= is_active;
            }
            sum += row.iter().map(|c| f64::from(c.abs())).sum::<f64>();
            sparseness_sum += sparseness(row);
        }
        let n = self.values.len().max(1) as f64;
        CodeActivity {
            units: self.units,
            mean: sum / n,
            active: active as f64 / n,
            sparseness: sparseness_sum / self.len().max(1) as f64,
            dead_units: was_active.iter().filter(|active| !**active).count(),
        }
    }

    /// Returns the mean of |c| of each unit, in descending order.
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
}

/// Returns the sparseness of one code, as defined at [`CodeActivity::sparseness`].
fn sparseness(code: &[f32]) -> f64 {
    let n = code.len() as f64;
    let sum: f64 = code.iter().map(|c| f64::from(c.abs())).sum();
    let squares: f64 = code.iter().map(|c| f64::from(*c).powi(2)).sum();
    if code.len() < 2 || squares == 0.0 {
        return 0.0;
    }
    (1.0 - sum * sum / (n * squares)) / (1.0 - 1.0 / n)
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

    /// By hand: a single active unit of four has a = (1/4)^2 / (1/4) = 1/4, so S = 1; all equal: a = 1,
    /// S = 0; two of four: a = 1/2, S = (1/2) / (3/4) = 2/3.
    #[test]
    fn sparseness_by_hand() {
        assert_eq!(sparseness(&[0.0, 2.0, 0.0, 0.0]), 1.0);
        assert_eq!(sparseness(&[3.0; 4]), 0.0);
        assert!((sparseness(&[1.0, -1.0, 0.0, 0.0]) - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(sparseness(&[0.0; 4]), 0.0);
        assert_eq!(sparseness(&[5.0]), 0.0);
    }

    #[test]
    fn activity_by_hand() {
        let activity = codes(2, &[4.0, 0.0, -2.0, 0.02, 0.0, 0.0]).activity();
        assert!((activity.mean - 6.02 / 6.0).abs() < 1e-6);
        assert_eq!((activity.active, activity.dead_units), (2.0 / 6.0, 1));
        assert_eq!(codes(2, &[4.0, 1.0, 2.0, 1.0]).mean_by_unit(), [3.0, 1.0]);
        let zeros = codes(3, &[0.0; 6]).activity();
        assert_eq!((zeros.mean, zeros.active, zeros.dead_units), (0.0, 0.0, 3));
    }

    #[test]
    fn no_codes_have_no_activity() {
        let empty = Codes::default().activity();
        assert_eq!(
            (empty.mean, empty.active, empty.sparseness),
            (0.0, 0.0, 0.0)
        );
        assert!(codes(2, &[f32::NAN, 0.0]).activity().mean.is_nan());
    }

    proptest! {
        #[test]
        fn sparseness_is_between_zero_and_one(values in prop::collection::vec(-3.0f32..3.0, 40)) {
            prop_assert!((0.0..=1.0 + 1e-9).contains(&codes(4, &values).activity().sparseness));
        }
    }
}
