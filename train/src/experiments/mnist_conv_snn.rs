//! Digits with convolutions of spikes (chapter, section "Spiking Neural Network").

use datasets::Augmentation;
use models::SpikingNetConfig;

use super::Experiment;
use crate::data::Pictures;
use crate::fit::recipe::Recipe;

/// 12 and 64 maps, as in snnTorch's sixth tutorial.
pub fn experiment() -> Experiment {
    Experiment::classify_spiking(
        "mnist-conv-snn",
        "handwritten digits with two convolutions of spiking units",
        SpikingNetConfig::mnist_conv,
        10,
        Pictures::mnist(),
        Recipe::adam(2e-3, 128, 8)
            .cosine()
            .augmented(Augmentation::DIGITS),
    )
}
