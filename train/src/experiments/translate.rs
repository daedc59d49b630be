//! From English to French: an encoder and a decoder with attention (chapter, section on sequence to sequence).

use models::TranslatorConfig;

use super::Experiment;
use crate::data::Sentences;
use crate::fit::recipe::Recipe;

/// Adam with a cosine, gradients of a length of at most 1, a tenth of the target spread over all tokens.
pub fn experiment() -> Experiment {
    let recipe = Recipe {
        label_smoothing: 0.1,
        clip_norm: Some(1.0),
        ..Recipe::adam(2e-3, 128, 8).cosine()
    };
    let stand_ins = Recipe {
        epochs: 6,
        batch_size: 64,
        ..recipe.clone()
    };
    Experiment::translate(
        "translate",
        "English sentences to French ones, with attention",
        |[source, target]| TranslatorConfig::new(source, target),
        Sentences::english_french(),
        recipe,
    )
    .with_stand_in_recipe(stand_ins)
}
