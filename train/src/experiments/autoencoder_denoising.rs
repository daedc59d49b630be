//! A denoising autoencoder: a disturbed picture goes in, the clean one comes out (chapter, section
//! "Autoencoder"; Vincent et al. 2008, <https://doi.org/10.1145/1390156.1390294>).

use datasets::Noise;
use models::AutoencoderConfig;

use super::autoencoder::scans;
use super::{Experiment, Training};
use crate::data::Pictures;
use crate::fit::recipe::Recipe;

/// Gaussian noise of deviation 0.5 on digits and 0.2 on scans, drawn anew in every pass;
/// `--noise salt-and-pepper:0.3` is the other kind.
pub fn experiment() -> Experiment {
    Experiment::reconstruct(
        "autoencoder-denoising",
        "noisy digits (or scans) through convolutions to clean ones",
        |_| AutoencoderConfig::convolutional_digits(64),
        Pictures::mnist(),
        Recipe::adam(2e-3, 128, 8)
            .cosine()
            .disturbed(Noise::Gaussian { sigma: 0.5 }),
    )
    .or_on(Training::reconstruct(
        |_| AutoencoderConfig::scans(128),
        scans(),
        Recipe::adam(2e-3, 32, 30)
            .cosine()
            .disturbed(Noise::Gaussian { sigma: 0.2 }),
    ))
}
