//! The default experiment: our own network for four kinds of scan.

use datasets::{Augmentation, Channels};
use models::TumorNetConfig;

use super::Experiment;
use crate::data::{Pictures, Set, SplitPlan};
use crate::fit::recipe::Recipe;

/// The side of the pictures.
const SIDE: usize = 128;

/// Farther from the picture than [`Augmentation::SCANS`]: sixty passes would remember what changes little.
const ALTERED: Augmentation = Augmentation {
    zoom: 0.15,
    contrast: 0.25,
    noise: 0.02,
    ..Augmentation::SCANS
};

/// AdamW with a cosine schedule, batch 16, 40 epochs on pictures altered in every pass, averaged weights; two
/// networks that answer together, on 128x128 grey, standardised. What was tried before it, and what each try
/// gave, is in `docs/brain-tumor.md`.
pub fn experiment() -> Experiment {
    Experiment::classify(
        "brain-tumor",
        "four kinds of scan with our own convolutional network on 128x128",
        |classes| {
            TumorNetConfig::new()
                .with_classes(classes)
                .with_input([1, SIDE, SIDE])
                .with_members(2)
        },
        4,
        Pictures::scans(Set::BrainTumorMri, SIDE, Channels::Grey, SplitPlan::SCANS).standardized(),
        Recipe::adam(1e-3, 16, 40)
            .decayed(0.05)
            .averaged(0.999)
            .cosine()
            .augmented(ALTERED),
    )
    .with_stand_in_recipe(Recipe::adam(1e-3, 32, 12).cosine())
}
