//! Sparsity penalties on the activity of an autoencoder's code.

use std::fmt;
use std::str::FromStr;

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

/// Distance that mean activities keep from 0 and 1, where the divergence is infinite.
const MARGIN: f64 = 1e-6;

/// Largest accepted weight.
const MAX_WEIGHT: f64 = 1e3;

/// A penalty on the activity of the code, added to the loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Penalty {
    /// Weight of the sum of |c| over the units, as a mean over the pictures (Keras's `activity_regularizer=l1(weight)`).
    pub l1: f64,
    /// Weight of the divergence KL(rho || rho_j) of each unit's mean activity rho_j over the batch from the target rho,
    /// summed over the units (Ng, CS294A lecture notes, Stanford 2011, section 3). The code's activation must be a
    /// sigmoid.
    pub kl: f64,
    /// Target of the mean activity, rho.
    pub activity: f64,
}

impl Penalty {
    /// Creates an L1 penalty.
    pub fn l1(weight: f64) -> Self {
        Self {
            l1: weight,
            ..Self::default()
        }
    }

    /// Returns whether it is always 0.
    pub fn is_none(&self) -> bool {
        self.l1 == 0.0 && self.kl == 0.0
    }

    /// Checks weights and target.
    ///
    /// # Errors
    /// When one of them is out of range.
    pub fn check(&self) -> Result<(), BadPenalty> {
        let weight = |weight: f64| (0.0..=MAX_WEIGHT).contains(&weight);
        let activity = self.kl == 0.0 || self.activity > 0.0 && self.activity < 1.0;
        if weight(self.l1) && weight(self.kl) && activity {
            Ok(())
        } else {
            Err(BadPenalty(self.to_string()))
        }
    }

    /// Returns the penalty of a batch of codes.
    ///
    /// # Shapes
    /// - `code`: `[batch, units]`, values from 0 to 1 if the divergence has a weight
    /// - output: `[1]`
    pub fn cost(&self, code: &Tensor<2>) -> Tensor<1> {
        let mut cost = Tensor::zeros([1], (&code.device(), code.dtype()));
        if self.l1 > 0.0 {
            let sums = code.clone().abs().sum_dim(1);
            cost = cost + sums.mean() * self.l1;
        }
        if self.kl > 0.0 {
            let rho = self.activity;
            let mean = code.clone().mean_dim(0).clamp(MARGIN, 1.0 - MARGIN);
            let entropy = rho * rho.ln() + (1.0 - rho) * (1.0 - rho).ln();
            let cross = mean.clone().log() * rho + (-mean + 1.0).log() * (1.0 - rho);
            cost = cost + (-cross + entropy).sum() * self.kl;
        }
        cost
    }
}

impl fmt::Display for Penalty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let l1 = (self.l1 != 0.0).then(|| format!("l1:{}", self.l1));
        let kl = (self.kl != 0.0).then(|| format!("kl:{}:{}", self.kl, self.activity));
        let parts: Vec<String> = [l1, kl].into_iter().flatten().collect();
        if parts.is_empty() {
            f.write_str("none")
        } else {
            f.write_str(&parts.join("+"))
        }
    }
}

/// A penalty that cannot be parsed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "unknown penalty '{0}': give none, l1:WEIGHT, kl:WEIGHT:ACTIVITY, or l1:WEIGHT+kl:WEIGHT:ACTIVITY, with weights above 0 and up to 1000 and an activity between 0 and 1"
)]
pub struct BadPenalty(String);

impl FromStr for Penalty {
    type Err = BadPenalty;

    /// Parses `none`, `l1:1e-4`, `kl:0.01:0.05` or `l1:1e-4+kl:0.01:0.05`.
    fn from_str(text: &str) -> Result<Self, BadPenalty> {
        let bad = || BadPenalty(text.to_owned());
        let mut penalty = Self::default();
        if text == "none" {
            return Ok(penalty);
        }
        let number = |text: &str| -> Result<f64, BadPenalty> {
            let number = text.parse::<f64>().map_err(|_| bad())?;
            if number > 0.0 { Ok(number) } else { Err(bad()) }
        };
        for part in text.split('+') {
            match *part.split(':').collect::<Vec<_>>() {
                ["l1", weight] if penalty.l1 == 0.0 => penalty.l1 = number(weight)?,
                ["kl", weight, activity] if penalty.kl == 0.0 => {
                    penalty.kl = number(weight)?;
                    penalty.activity = number(activity)?;
                }
                _ => return Err(bad()),
            }
        }
        penalty.check().map_err(|_| bad())?;
        Ok(penalty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;
    use proptest::prelude::*;

    #[test]
    fn penalties_are_parsed_and_invalid_ones_refused() {
        for text in ["none", "l1:0.001", "kl:0.01:0.05", "l1:0.5+kl:2:0.1"] {
            assert_eq!(text.parse::<Penalty>().unwrap().to_string(), text);
        }
        for bad in [
            "",
            "l1",
            "l1:",
            "l1:0",
            "l1:-1",
            "l1:nan",
            "l1:inf",
            "l1:2000",
            "kl:1",
            "kl:1:0",
            "kl:1:1",
            "kl:1:2",
            "l2:1",
            "l1:1+l1:1",
            "l1:1,kl:1:0.1",
            "none+l1:1",
        ] {
            let message = bad.parse::<Penalty>().unwrap_err().to_string();
            assert!(message.contains(&format!("'{bad}'")), "{message}");
        }
    }

    /// Sums of |c| are 0.9 and 0.3, mean 0.6. Mean activities are 0.2 and 0.4, their target 0.05:
    /// KL = 0.05 ln(0.05/0.2) + 0.95 ln(0.95/0.8) = 0.093943,
    /// and 0.05 ln(0.05/0.4) + 0.95 ln(0.95/0.6) = 0.332585.
    #[test]
    fn costs_agree_with_hand_computed_ones() {
        let code = Tensor::<2>::from_floats([[0.3, 0.6], [0.1, 0.2]], &Device::flex());
        let cost = |text: &str| -> f32 {
            let penalty: Penalty = text.parse().unwrap();
            penalty.cost(&code).into_scalar()
        };
        assert_eq!(cost("none"), 0.0);
        assert!((cost("l1:0.5") - 0.3).abs() < 1e-6);
        let kl = 0.093_943 + 0.332_585;
        assert!(
            (cost("kl:1:0.05") - kl).abs() < 1e-5,
            "{}",
            cost("kl:1:0.05")
        );
        assert!((cost("l1:0.5+kl:2:0.05") - 0.3 - 2.0 * kl).abs() < 1e-5);
    }

    proptest! {
        /// It is never negative, 0 at the target, and finite at 0 and 1.
        #[test]
        fn the_divergence_is_least_at_the_target(
            rho in 0.01f64..0.99, values in prop::collection::vec(0.0f32..=1.0, 6)
        ) {
            let penalty = Penalty { kl: 1.0, activity: rho, ..Penalty::default() };
            let cost = |values: &[f32]| -> f32 {
                let data = burn::tensor::TensorData::new(values.to_vec(), [2, 3]);
                penalty.cost(&Tensor::from_data(data, &Device::flex())).into_scalar()
            };
            let least = cost(&[rho as f32; 6]);
            prop_assert!(least.abs() < 1e-4, "{}", least);
            prop_assert!(cost(&values) >= -1e-4);
            prop_assert!(cost(&[0.0; 6]).is_finite() && cost(&[1.0; 6]).is_finite());
        }
    }
}
