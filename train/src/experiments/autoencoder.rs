//! Autoencoders (chapter, section "Autoencoder") of digits, or of scans with `--dataset brain-tumor-mri`.

use datasets::{Channels, Noise};
use models::{Activation, AutoencoderConfig};

use super::experiment::Experiment;
use crate::data::{DatasetName, Pictures, SplitPlan};
use crate::fit::objective::Penalty;
use crate::fit::recipe::Recipe;
use crate::tasks::reconstruct::ReconstructionTask;

pub fn experiments() -> Vec<Experiment> {
    vec![plain(), sparse(), denoising(), variational()]
}

/// The chapter's 784-15-784, with Adam, a batch of 256 and 20 epochs as in the chapter, but with a cosine from 1e-2
/// where Keras stays at 1e-3 (`--schedule constant`).
fn plain() -> Experiment {
    Experiment::new(
        "autoencoder",
        "digits (or scans) through a code of 15 (or 64) units and back",
        digits(|_| AutoencoderConfig::mnist()),
        Recipe::adam(1e-2, 256, 20).cosine(),
    )
    .with_other_recipe(Recipe::adam(1e-3, 256, 20))
    .with_variant(scans(|_| AutoencoderConfig::scans(64)), scan_recipe(30))
}

/// A wider code with an L1 penalty; `--penalty kl:WEIGHT:ACTIVITY` is Ng's, with a code of sigmoids. The same network
/// without the penalty is trained beside it for comparison.
fn sparse() -> Experiment {
    Experiment::new(
        "autoencoder-sparse",
        "digits (or scans) through a wider code with a sparsity penalty",
        digits(|recipe| with_non_negative_code(AutoencoderConfig::new([1, 28, 28], 32), recipe)),
        Recipe::adam(1e-2, 256, 20)
            .cosine()
            .penalized(Penalty::l1(5e-4)),
    )
    .with_other_recipe(Recipe::adam(1e-3, 256, 20))
    .with_variant(
        scans(|recipe| with_non_negative_code(AutoencoderConfig::scans(128), recipe)),
        scan_recipe(30).penalized(Penalty::l1(1e-4)),
    )
}

/// Noisy images in, clean ones out (Vincent et al. 2008, <https://doi.org/10.1145/1390156.1390294>). The noise is drawn
/// anew in every epoch; `--noise salt-and-pepper:0.3` is the other kind.
fn denoising() -> Experiment {
    Experiment::new(
        "autoencoder-denoising",
        "clean digits (or scans) from noisy ones, with convolutions",
        digits(|_| AutoencoderConfig::convolutional_digits(64)),
        Recipe::adam(2e-3, 128, 8)
            .cosine()
            .disturbed(Noise::Gaussian { sigma: 0.5 }),
    )
    .with_variant(
        scans(|_| AutoencoderConfig::scans(128)),
        scan_recipe(30).disturbed(Noise::Gaussian { sigma: 0.2 }),
    )
}

/// Codes with a distribution, from which new images are drawn (Kingma and Welling 2014,
/// <https://arxiv.org/abs/1312.6114>). The network for digits is the paper's, 784-400-20, but for the width.
fn variational() -> Experiment {
    Experiment::new(
        "autoencoder-variational",
        "digits (or scans) through a code of 20 (or 32) normally distributed values",
        digits(|_| {
            AutoencoderConfig::new([1, 28, 28], 20)
                .with_hidden(vec![400])
                .with_variational(true)
        }),
        Recipe::adam(2e-3, 128, 20).cosine(),
    )
    .with_variant(
        scans(|_| AutoencoderConfig::scans(32).with_variational(true)),
        scan_recipe(40),
    )
}

fn digits(network: fn(&Recipe) -> AutoencoderConfig) -> ReconstructionTask {
    ReconstructionTask {
        source: Pictures::mnist(),
        network,
    }
}

/// Grey scans of 64x64, divided by 255, so that every pixel is a probability.
fn scans(network: fn(&Recipe) -> AutoencoderConfig) -> ReconstructionTask {
    ReconstructionTask {
        source: Pictures::scans(
            DatasetName::BrainTumorMri,
            64,
            Channels::Grey,
            SplitPlan::SCANS,
        ),
        network,
    }
}

fn scan_recipe(epochs: usize) -> Recipe {
    Recipe::adam(2e-3, 32, epochs).cosine()
}

/// Gives the code an activation that the penalty is defined for: neither is below zero.
fn with_non_negative_code(network: AutoencoderConfig, recipe: &Recipe) -> AutoencoderConfig {
    network.with_code_activation(match &recipe.penalty {
        Some(penalty) if penalty.kl > 0.0 => Activation::Sigmoid,
        _ => Activation::Relu,
    })
}
