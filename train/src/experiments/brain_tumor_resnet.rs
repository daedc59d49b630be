//! Four kinds of scan with a residual network that weights what it sees by attention.

use datasets::{Augmentation, Channels};
use models::networks::tumor_resnet::TumorResNetConfig;

use super::Experiment;
use crate::data::{Pictures, Set, SplitPlan};
use crate::fit::recipe::Recipe;

/// Side of the images, as in `brain-tumor`.
const SIDE: usize = 128;

/// The data of `brain-tumor` and its optimiser, for a comparison of the networks; the rate, the batch and the epochs were
/// not tuned.
pub fn experiment() -> Experiment {
    Experiment::classify(
        "brain-tumor-resnet",
        "four kinds of scan with a residual network and attention pooling on 128x128",
        |classes| {
            TumorResNetConfig::new()
                .with_classes(classes)
                .with_input([1, SIDE, SIDE])
        },
        4,
        Pictures::scans(Set::BrainTumorMri, SIDE, Channels::Grey, SplitPlan::SCANS).standardized(),
        Recipe::adam(1e-3, 16, 40)
            .decayed(0.05)
            .averaged(0.999)
            .cosine()
            .augmented(Augmentation::SCANS),
    )
    .with_stand_in_recipe(Recipe::adam(1e-3, 32, 12).cosine())
}
