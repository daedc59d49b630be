//! A sparse autoencoder: a wider code, of which only few units may answer to a picture (chapter,
//! section "Autoencoder").

use models::{Activation, AutoencoderConfig};

use super::autoencoder::scans;
use super::{Experiment, Training};
use crate::data::Pictures;
use crate::fit::objective::Penalty;
use crate::fit::recipe::Recipe;

/// An L1 penalty; `--penalty kl:WEIGHT:ACTIVITY` is Ng's, with a code of sigmoids. The same network
/// without the penalty is trained beside it, to be compared with.
pub fn experiment() -> Experiment {
    Experiment::reconstruct(
        "autoencoder-sparse",
        "the same through a wider code whose activity is penalised",
        |recipe| coded(AutoencoderConfig::new([1, 28, 28], 32), recipe),
        Pictures::mnist(),
        Recipe::adam(1e-2, 256, 20)
            .cosine()
            .penalized(Penalty::l1(5e-4)),
    )
    .with_other_recipe(Recipe::adam(1e-3, 256, 20))
    .or_on(Training::reconstruct(
        |recipe| coded(AutoencoderConfig::scans(128), recipe),
        scans(),
        Recipe::adam(2e-3, 32, 30)
            .cosine()
            .penalized(Penalty::l1(1e-4)),
    ))
}

/// The code's activation that the penalty needs: none is below zero.
fn coded(network: AutoencoderConfig, recipe: &Recipe) -> AutoencoderConfig {
    network.with_code_activation(match &recipe.penalty {
        Some(penalty) if penalty.kl > 0.0 => Activation::Sigmoid,
        _ => Activation::Relu,
    })
}
