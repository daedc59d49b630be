//! The chapter's "Neuroscience Example Code": tumour or healthy from a 70x70 grey picture.

use datasets::Channels;
use datasets::split::SplitKind;
use models::MlpConfig;

use super::Experiment;
use crate::data::{Pictures, Set, SplitPlan};
use crate::fit::recipe::Recipe;

/// SGD from 0.1, batch 32, 15 epochs, with a cosine: at the chapter's constant rate
/// (`--schedule constant`) the validation accuracy jumps by ten points between epochs; a quarter of all pictures is the test, as in the chapter. The
/// chapter chose by looking at the test; here a tenth of the pictures is held out to choose with.
pub fn experiment() -> Experiment {
    let split = SplitPlan {
        kind: SplitKind::Grouped,
        valid: 0.10,
        test: 0.25,
    };
    Experiment::classify(
        "brain-tumor-mlp",
        "tumour or healthy with four hidden layers on 70x70 grey scans",
        |classes| MlpConfig {
            classes,
            ..MlpConfig::brain_tumor()
        },
        2,
        Pictures::scans(Set::BrainTumor2Class, 70, Channels::Grey, split),
        Recipe::sgd(0.1, 32, 15).cosine(),
    )
}
