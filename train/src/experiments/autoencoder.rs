//! The chapter's autoencoder (section "Autoencoder"): 784-15-784 on MNIST.

use datasets::Channels;
use models::AutoencoderConfig;

use super::{Experiment, Training};
use crate::data::{Pictures, Set, SplitPlan};
use crate::fit::recipe::Recipe;

/// Grey scans of 64 x 64, divided by 255: every pixel is a probability.
pub(super) fn scans() -> Pictures {
    Pictures::scans(Set::BrainTumorMri, 64, Channels::Grey, SplitPlan::SCANS)
}

/// Adam, batch 256, 20 epochs as in the chapter, with a cosine from 1e-2 where Keras stays at 1e-3
/// (`--schedule constant`). Scans: convolutions around a code of 64.
pub fn experiment() -> Experiment {
    Experiment::reconstruct(
        "autoencoder",
        "digits (or scans) through a code of 15 (or 64) units and back",
        |_| AutoencoderConfig::mnist(),
        Pictures::mnist(),
        Recipe::adam(1e-2, 256, 20).cosine(),
    )
    .with_other_recipe(Recipe::adam(1e-3, 256, 20))
    .or_on(Training::reconstruct(
        |_| AutoencoderConfig::scans(64),
        scans(),
        Recipe::adam(2e-3, 32, 30).cosine(),
    ))
}
