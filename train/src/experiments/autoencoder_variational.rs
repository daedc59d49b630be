//! A variational autoencoder: codes have a distribution, from which new pictures can be drawn
//! (Kingma and Welling 2014, <https://arxiv.org/abs/1312.6114>).

use models::AutoencoderConfig;

use super::autoencoder::scans;
use super::{Experiment, Training};
use crate::data::Pictures;
use crate::fit::recipe::Recipe;

/// 784-400-20 on digits, as in the paper but for the width; convolutions around a code of 32 on
/// scans.
pub fn experiment() -> Experiment {
    Experiment::reconstruct(
        "autoencoder-variational",
        "digits (or scans) as draws from 20 (or 32) normal numbers",
        |_| {
            AutoencoderConfig::new([1, 28, 28], 20)
                .with_hidden(vec![400])
                .with_variational(true)
        },
        Pictures::mnist(),
        Recipe::adam(2e-3, 128, 20).cosine(),
    )
    .or_on(Training::reconstruct(
        |_| AutoencoderConfig::scans(32).with_variational(true),
        scans(),
        Recipe::adam(2e-3, 32, 40).cosine(),
    ))
}
