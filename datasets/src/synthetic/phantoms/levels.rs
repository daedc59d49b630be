//! Brightness of tissues.

use rand::{Rng, RngExt};

/// The brightness of the tissues in a phantom, 0 to 1.
pub(super) struct Levels {
    pub fluid: f32,
    pub grey: f32,
    pub white: f32,
    pub fat: f32,
    pub bone: f32,
}

impl Levels {
    pub(super) fn random(rng: &mut impl Rng) -> Self {
        let grey = rng.random_range(0.32f32..0.46);
        Self {
            fluid: rng.random_range(0.08f32..0.2),
            grey,
            white: grey + rng.random_range(0.05f32..0.16),
            fat: rng.random_range(0.5f32..0.95),
            bone: rng.random_range(0.03f32..0.1),
        }
    }

    /// Draws the level of tissue that takes up contrast agent: vessels, meninges, tumours.
    pub(super) fn enhancing(&self, rng: &mut impl Rng) -> f32 {
        (self.white + rng.random_range(0.12f32..0.4)).min(1.0)
    }
}
