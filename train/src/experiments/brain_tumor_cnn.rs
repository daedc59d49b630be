//! The chapter's brain-tumour network: nine convolutions on 150x150x3 (figure 10.7).

use datasets::Channels;
use datasets::split::SplitKind;
use models::TumorCnnConfig;

use super::Experiment;
use crate::data::{Pictures, Set, SplitPlan};
use crate::fit::recipe::Recipe;

/// Adam with a cosine from 4e-4, 5 epochs; a tenth of all pictures is the test and three in a hundred choose,
/// so that about as many learn as in the chapter. Inputs are standardised: see [`TumorCnnConfig`] for why. The
/// chapter's batch of 32 gives 375 steps in five epochs, too few for nine convolutions under six dropouts: it
/// is 8 here.
pub fn experiment() -> Experiment {
    let split = SplitPlan {
        kind: SplitKind::Grouped,
        valid: 0.03,
        test: 0.10,
    };
    Experiment::classify(
        "brain-tumor-cnn",
        "four kinds of scan with the chapter's nine convolutions on 150x150x3",
        |classes| TumorCnnConfig::new().with_classes(classes),
        4,
        Pictures::scans(Set::BrainTumorMri, 150, Channels::Rgb, split).standardized(),
        Recipe::adam(4e-4, 8, 5).cosine(),
    )
}
