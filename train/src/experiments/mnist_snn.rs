//! Digits with spikes (chapter, section "Spiking Neural Network").

use datasets::Augmentation;
use models::SpikingNetConfig;

use super::Experiment;
use crate::data::Pictures;
use crate::fit::recipe::Recipe;

/// 784 - 1000 - 10 over 25 steps, as in snnTorch's fifth tutorial.
pub fn experiment() -> Experiment {
    Experiment::classify_spiking(
        "mnist-snn",
        "handwritten digits with a layer of 1,000 spiking units over 25 steps",
        SpikingNetConfig::mnist,
        10,
        Pictures::mnist(),
        Recipe::adam(1e-3, 128, 8)
            .cosine()
            .augmented(Augmentation::DIGITS),
    )
}
