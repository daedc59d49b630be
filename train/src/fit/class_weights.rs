//! Weights of classes in the loss, and how often an epoch draws them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// Weights of classes in the loss: written as `balanced`, or as `glioma=2,healthy=0.5`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ClassWeights {
    /// The inverse of the frequency in training: `n / (classes * n of the class)`, as in scikit-learn.
    Balanced,
    /// Weights of some classes; those of the others are 1.
    Given(BTreeMap<String, f64>),
}

impl ClassWeights {
    /// Returns the weight of each class, given the number of its training examples. A class without any has 1.
    ///
    /// # Errors
    /// If a weight is of a class that is not there.
    pub fn of(&self, class_names: &[String], counts: &[usize]) -> Result<Vec<f64>, String> {
        match self {
            Self::Balanced => {
                let present = counts.iter().filter(|count| **count > 0).count();
                let total: usize = counts.iter().sum();
                let weight = |count: &usize| match count {
                    0 => 1.0,
                    count => total as f64 / (present * count) as f64,
                };
                Ok(counts.iter().map(weight).collect())
            }
            Self::Given(weights) => {
                if let Some(unknown) = weights.keys().find(|name| !class_names.contains(name)) {
                    return Err(format!(
                        "--class-weights {self}: there is no class {unknown}; there are {}",
                        class_names.join(", ")
                    ));
                }
                let weight = |name: &String| weights.get(name).copied().unwrap_or(1.0);
                Ok(class_names.iter().map(weight).collect())
            }
        }
    }
}

impl fmt::Display for ClassWeights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Balanced => f.write_str("balanced"),
            Self::Given(weights) => {
                let pairs: Vec<_> = (weights.iter())
                    .map(|(class, weight)| format!("{class}={weight}"))
                    .collect();
                f.write_str(&pairs.join(","))
            }
        }
    }
}

impl FromStr for ClassWeights {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "balanced" {
            return Ok(Self::Balanced);
        }
        let pair = |pair: &str| {
            let (class, weight) = pair.rsplit_once('=')?;
            let weight: f64 = weight.trim().parse().ok()?;
            let is_allowed = (1e-6..=1e6).contains(&weight) && !class.trim().is_empty();
            is_allowed.then(|| (class.trim().to_owned(), weight))
        };
        let pairs: Option<BTreeMap<_, _>> = text.split(',').map(pair).collect();
        pairs.map(Self::Given).ok_or_else(|| {
            "write balanced, or weights above 0 of classes, as glioma=2,healthy=0.5".to_owned()
        })
    }
}

impl TryFrom<String> for ClassWeights {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<ClassWeights> for String {
    fn from(weights: ClassWeights) -> Self {
        weights.to_string()
    }
}

/// Which examples an epoch draws.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Sampling {
    /// Each example once
    #[default]
    Once,
    /// As many examples, each class equally often
    Balanced,
}

impl Sampling {
    /// Whether each example is drawn once.
    pub fn is_usual(&self) -> bool {
        *self == Self::Once
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_parsed_as_they_are_displayed() {
        for text in ["balanced", "a=2", "a b=0.5,c=3"] {
            let weights: ClassWeights = text.parse().unwrap();
            assert_eq!(weights.to_string(), text);
            let json = serde_json::to_string(&weights).unwrap();
            assert_eq!(json, format!("\"{text}\""));
            assert_eq!(
                serde_json::from_str::<ClassWeights>(&json).unwrap(),
                weights
            );
        }
        for wrong in ["", "a", "a=", "a=0", "a=-1", "=2", "a=2,", "a=nan", "a=inf"] {
            assert!(wrong.parse::<ClassWeights>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn balanced_weights_give_every_class_the_same_sum() {
        let names = ["a", "b", "c"].map(String::from);
        let weights = ClassWeights::Balanced.of(&names, &[30, 10, 0]).unwrap();
        assert_eq!(weights, [40.0 / 60.0, 2.0, 1.0]);
        let given: ClassWeights = "b=2".parse().unwrap();
        assert_eq!(given.of(&names, &[1, 1, 1]).unwrap(), [1.0, 2.0, 1.0]);
        let wrong: ClassWeights = "d=2".parse().unwrap();
        let message = wrong.of(&names, &[1, 1, 1]).unwrap_err();
        assert_eq!(
            message,
            "--class-weights d=2: there is no class d; there are a, b, c"
        );
    }
}
