//! Noise for denoising autoencoders, which learn to restore the clean picture (Vincent et al. 2008,
//! <https://doi.org/10.1145/1390156.1390294>).

use std::fmt;
use std::str::FromStr;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Noise on pictures with values of 0 to 1. The results are clipped to this range.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Noise {
    /// Adds a normally distributed number to each value.
    Gaussian {
        /// Standard deviation, as a fraction of white.
        sigma: f64,
    },
    /// Replaces values by black or white, with equal probability.
    SaltAndPepper {
        /// Fraction of the values that are replaced.
        share: f64,
    },
}

impl Noise {
    /// Checks the strength, which may come from a file or from the command line.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a strength out of range.
    pub fn validate(&self) -> Result<()> {
        let fine = match *self {
            Self::Gaussian { sigma } => sigma > 0.0 && sigma <= 10.0,
            Self::SaltAndPepper { share } => share > 0.0 && share <= 1.0,
        };
        if fine {
            Ok(())
        } else {
            Err(unknown(&self.to_string()))
        }
    }

    /// Adds noise to pictures. Each picture has its own seed, so that its noise does not depend on the others of the batch.
    ///
    /// # Shapes
    /// - `values`: as many pictures as seeds, one after the other, all of one length
    pub(super) fn apply(&self, values: &mut [f32], seeds: &[u64]) {
        let length = values.len() / seeds.len().max(1);
        if length == 0 {
            return;
        }
        (values.par_chunks_exact_mut(length).zip(seeds))
            .for_each(|(picture, seed)| self.apply_to_one(picture, *seed));
    }

    fn apply_to_one(&self, picture: &mut [f32], seed: u64) {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        match *self {
            Self::Gaussian { sigma } => {
                let Ok(normal) = Normal::new(0.0, sigma as f32) else {
                    return; // refused by `validate`
                };
                for value in picture {
                    *value = (*value + normal.sample(&mut generator)).clamp(0.0, 1.0);
                }
            }
            Self::SaltAndPepper { share } => {
                for value in picture {
                    let draw: f64 = generator.random();
                    if draw < share {
                        *value = f32::from(u8::from(draw < share / 2.0));
                    }
                }
            }
        }
    }
}

impl fmt::Display for Noise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gaussian { sigma } => write!(f, "gaussian:{sigma}"),
            Self::SaltAndPepper { share } => write!(f, "salt-and-pepper:{share}"),
        }
    }
}

fn unknown(text: &str) -> Error {
    Error::Unknown {
        what: "noise",
        value: text.to_owned(),
        choices: "gaussian:SIGMA (above 0, at most 10), salt-and-pepper:SHARE (above 0, at most 1)",
    }
}

impl FromStr for Noise {
    type Err = Error;

    /// Parses `gaussian:0.5` or `salt-and-pepper:0.2`.
    fn from_str(text: &str) -> Result<Self> {
        let strength = |strength: &str| strength.parse().map_err(|_| unknown(text));
        let noise = match text.split_once(':') {
            Some(("gaussian", sigma)) => Self::Gaussian {
                sigma: strength(sigma)?,
            },
            Some(("salt-and-pepper", share)) => Self::SaltAndPepper {
                share: strength(share)?,
            },
            _ => return Err(unknown(text)),
        };
        noise.validate().map_err(|_| unknown(text))?;
        Ok(noise)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn noise_is_parsed_as_it_is_displayed_and_nonsense_is_refused() {
        for text in ["gaussian:0.5", "salt-and-pepper:0.2"] {
            assert_eq!(text.parse::<Noise>().unwrap().to_string(), text);
        }
        for bad in [
            "",
            "gaussian",
            "gaussian:",
            "gaussian:0",
            "gaussian:-1",
            "gaussian:nan",
            "gaussian:inf",
            "salt-and-pepper:1.1",
            "salt:0.1",
        ] {
            let message = bad.parse::<Noise>().unwrap_err().to_string();
            assert!(
                message.contains(&format!("'{bad}'")) && message.contains("SIGMA"),
                "{message}"
            );
        }
    }

    /// Values of 0.5 are clipped beyond five deviations only, so mean and deviation are those requested within four standard
    /// errors.
    #[test]
    fn gaussian_noise_has_its_deviation() {
        let mut values = vec![0.5; 100_000];
        Noise::Gaussian { sigma: 0.1 }.apply(&mut values, &(0..10).collect::<Vec<_>>());
        let n = values.len() as f64;
        let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
        let square = values.iter().map(|v| (f64::from(*v) - mean).powi(2));
        let deviation = (square.sum::<f64>() / n).sqrt();
        assert!((mean - 0.5).abs() < 4.0 * 0.1 / n.sqrt(), "{mean}");
        assert!(
            (deviation - 0.1).abs() < 4.0 * 0.1 / (2.0 * n).sqrt(),
            "{deviation}"
        );
    }

    #[test]
    fn salt_and_pepper_replaces_its_share_half_by_white() {
        let mut values = vec![0.5; 100_000];
        Noise::SaltAndPepper { share: 0.2 }.apply(&mut values, &[7]);
        let count = |wanted: f32| values.iter().filter(|value| **value == wanted).count();
        // Binomial: 10,000 each, deviation 95.
        assert!(count(0.0).abs_diff(10_000) < 400, "{}", count(0.0));
        assert!(count(1.0).abs_diff(10_000) < 400, "{}", count(1.0));
        assert_eq!(count(0.0) + count(1.0) + count(0.5), values.len());
    }

    proptest! {
        /// Values stay in range, and the noise of a picture depends on its own seed only.
        #[test]
        fn noise_stays_in_range_and_with_its_seed(
            sigma in 0.01f64..10.0, share in 0.0f64..1.0, seeds in prop::array::uniform2(any::<u64>())
        ) {
            for noise in [Noise::Gaussian { sigma }, Noise::SaltAndPepper { share }] {
                let picture: Vec<f32> = (0..30).map(|i| i as f32 / 29.0).collect();
                let mut both = picture.repeat(2);
                noise.apply(&mut both, &seeds);
                prop_assert!(both.iter().all(|value| (0.0..=1.0).contains(value)));
                let mut second = picture;
                noise.apply(&mut second, &seeds[1..]);
                prop_assert_eq!(&both[30..], &second[..]);
            }
        }
    }
}
