//! The mass in a phantom.

use std::f32::consts::{FRAC_PI_2, PI};

use rand::{Rng, RngExt};

use super::levels::Levels;
use super::mass::Mass;
use super::shapes::{Outline, Texture, mix, step};

/// The mass that determines the class.
pub(super) struct Tumour {
    mass: Mass,
    centre: [f32; 2],
    size: f32,
    outline: Outline,
    level: f32,
    core: f32,
    /// Thickness of a glioma's ring, as a fraction of its radius.
    ring: f32,
    /// Darkness and reach of the oedema around the mass.
    swelling: (f32, f32),
}

impl Tumour {
    pub(super) fn random(
        mass: Mass,
        levels: &Levels,
        sella: [f32; 2],
        rim: &impl Fn(f32, f32) -> [f32; 2],
        rng: &mut impl Rng,
    ) -> Self {
        let (centre, size) = match mass {
            Mass::None => ([0.0, 0.0], 0.0),
            Mass::Glioma => {
                // Anywhere in the brain except at the base, and clear of the rim.
                let size = rng.random_range(0.17f32..0.30);
                let angle = -FRAC_PI_2 + rng.random_range(-0.72f32..0.72) * PI;
                (rim(angle, rng.random_range(0.25f32..0.94 - size)), size)
            }
            Mass::Meningioma => {
                let size = rng.random_range(0.14f32..0.27);
                let angle = -FRAC_PI_2 + rng.random_range(-0.75f32..0.75) * PI;
                (
                    rim(angle, 1.0 - size * rng.random_range(0.45f32..0.85)),
                    size,
                )
            }
            Mass::Pituitary => {
                let size = rng.random_range(0.13f32..0.21);
                ([sella[0], sella[1] - 0.5 * size], size)
            }
        };
        let (waves, strength) = match mass {
            Mass::Glioma => (5, 0.22),
            Mass::Meningioma | Mass::None => (3, 0.06),
            Mass::Pituitary => (3, 0.12),
        };
        Self {
            mass,
            centre,
            size,
            outline: Outline::random(waves, strength, rng),
            level: levels.enhancing(rng),
            core: levels.fluid + rng.random_range(0.0f32..0.12),
            ring: rng.random_range(0.22f32..0.42),
            swelling: (
                rng.random_range(0.0f32..0.35),
                rng.random_range(1.2f32..1.8),
            ),
        }
    }

    /// Paints the mass over the `signal` of the brain at a position whose distance from the middle of the head is
    /// `head_radius`.
    pub(super) fn paint(
        &self,
        signal: f32,
        x: f32,
        y: f32,
        head_radius: f32,
        texture: &Texture,
    ) -> f32 {
        let (x, y) = (x - self.centre[0], y - self.centre[1]);
        if self.mass == Mass::None || x.abs().max(y.abs()) > 2.5 * self.size {
            return signal;
        }
        // A pituitary tumour is taller than wide, with a waist where it leaves the sella.
        let (x, y) = match self.mass {
            Mass::Pituitary => (
                x * (1.0 + 0.35 * step(0.25, 0.0, (y / self.size).abs())),
                y * 0.8,
            ),
            _ => (x, y),
        };
        let edge = 0.02 / self.size;
        let radius = x.hypot(y) / (self.size * self.outline.radius(x, y));
        let (dark, reach) = self.swelling;
        let swollen = signal * (1.0 - dark * step(reach, 1.0, radius));
        let inside = step(1.0 + edge, 1.0 - edge, radius);
        let grain = texture.at(x + 7.0, y + 7.0, 9.0);
        match self.mass {
            Mass::Glioma => {
                let hollow = 1.0 - self.ring * (1.0 + 0.5 * grain);
                let core = self.core + 0.04 * grain;
                let ring = self.level * (1.0 + 0.12 * grain);
                mix(
                    swollen,
                    mix(core, ring, step(hollow - 0.1, hollow + 0.1, radius)),
                    inside,
                )
            }
            _ => {
                let even = self.level * (1.0 + 0.05 * grain);
                // The dura beside a meningioma is thickened (the dural tail).
                let near = step(1.9, 1.3, radius) * step(0.79, 0.82, head_radius);
                let tail = if self.mass == Mass::Meningioma {
                    near
                } else {
                    0.0
                };
                mix(swollen, even, inside.max(0.8 * tail))
            }
        }
    }
}
