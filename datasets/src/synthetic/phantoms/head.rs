//! A head: tissues, anatomy, vessels and the mass.

use std::f32::consts::{FRAC_PI_2, PI, TAU};

use rand::{Rng, RngExt};

use super::levels::Levels;
use super::mass::Mass;
use super::shapes::{Blob, Outline, Texture, mix, step};
use super::tumour::Tumour;

/// The part of the head's radius that is brain; outside are skull and scalp.
const BRAIN_RIM: f32 = 0.84;

/// A head in its own coordinates: x to one side, y towards the base, in units of half its width.
pub(super) struct Head {
    levels: Levels,
    /// Ratio of height to width.
    elongation: f32,
    outline: Outline,
    texture: Texture,
    folds: f32,
    cortex: f32,
    /// Painted over the brain in this order.
    anatomy: Vec<Blob>,
    tumour: Tumour,
    /// Painted over everything, including the tumour.
    vessels: Vec<Blob>,
    /// Muscle and fat outside the skull.
    outside: Vec<Blob>,
}

impl Head {
    pub(super) fn random(mass: Mass, rng: &mut impl Rng) -> Self {
        let levels = Levels::random(rng);
        let elongation = rng.random_range(1.05f32..1.28);
        let outline = Outline::random(4, 0.025, rng);
        let rim = |angle: f32, part: f32| {
            let (y, x) = angle.sin_cos();
            let radius = part * BRAIN_RIM * outline.radius(x, y);
            [x * radius, y * radius * elongation]
        };
        let sella = [
            rng.random_range(-0.02f32..0.02),
            elongation * rng.random_range(0.40f32..0.48),
        ];
        let anatomy = anatomy(&levels, elongation, sella, rng);
        let tumour = Tumour::random(mass, &levels, sella, &rim, rng);
        let vessels = vessels(&levels, &rim, rng);
        let outside = outside(&levels, elongation, rng);
        Self {
            levels,
            elongation,
            outline,
            texture: Texture::random(rng),
            folds: rng.random_range(5.0f32..8.0),
            cortex: rng.random_range(0.09f32..0.16),
            anatomy,
            tumour,
            vessels,
            outside,
        }
    }

    /// Returns the signal at a position, about 0 to 1.
    pub(super) fn signal(&self, x: f32, y: f32) -> f32 {
        let upright = y / self.elongation;
        let radius = x.hypot(upright) / self.outline.radius(x, upright);
        if radius > 1.25 {
            return 0.0;
        }
        let surroundings = self
            .outside
            .iter()
            .fold(0.0, |signal, blob| blob.paint(signal, x, y));
        let shell = self.shell(radius, surroundings, x, y);
        let inside = 1.0 - step(BRAIN_RIM - 0.012, BRAIN_RIM + 0.012, radius);
        if inside == 0.0 {
            return shell;
        }
        let brain = self.tissue(x, y, radius);
        let brain = self
            .anatomy
            .iter()
            .fold(brain, |signal, blob| blob.paint(signal, x, y));
        let brain = self.tumour.paint(brain, x, y, radius, &self.texture);
        let brain = self
            .vessels
            .iter()
            .fold(brain, |signal, blob| blob.paint(signal, x, y));
        mix(shell, brain, inside)
    }

    /// Returns the signal of air, scalp, and the skull with its marrow.
    fn shell(&self, radius: f32, surroundings: f32, x: f32, y: f32) -> f32 {
        let patchy = 1.0 + 0.25 * self.texture.at(x, y, 3.0);
        let scalp = mix(
            self.levels.fat * patchy,
            surroundings,
            step(0.985, 1.015, radius),
        );
        let table = step(0.925, 0.945, radius);
        let marrow = self.levels.bone + 0.12 * patchy * step(0.03, 0.005, (radius - 0.905).abs());
        let bone = mix(marrow, scalp, table);
        mix(self.levels.fluid, bone, step(0.855, 0.87, radius))
    }

    /// Returns the signal of grey and white matter, and of the fluid in the sulci.
    fn tissue(&self, x: f32, y: f32, radius: f32) -> f32 {
        let depth = BRAIN_RIM - radius;
        let fine = self.texture.at(x + 3.0, y, self.folds);
        let finer = self.texture.at(x, y + 5.0, self.folds * 2.1);
        let ribbon = self.cortex * (1.0 + 0.9 * fine + 0.4 * finer);
        let white = step(ribbon - 0.02, ribbon + 0.03, depth);
        let cloud = 0.035 * self.texture.at(x, y, 4.0) + 0.02 * finer;
        let matter = mix(self.levels.grey, self.levels.white, white) + cloud;
        let furrow = step(0.16, 0.04, (fine + 0.35 * finer).abs()) * step(0.24, 0.1, depth);
        let midline = step(0.022, 0.008, x.abs()) * step(0.05, -0.1, y);
        let covered = mix(matter, self.levels.fluid, 0.8 * furrow.max(midline));
        mix(self.levels.fluid, covered, step(0.0, 0.02, depth))
    }
}

/// Draws ventricles, deep grey matter, the base of the skull with the sella and a normal gland, and sometimes orbits and a
/// harmless dark cyst. The distribution is the same for all classes.
fn anatomy(levels: &Levels, elongation: f32, sella: [f32; 2], rng: &mut impl Rng) -> Vec<Blob> {
    let mut blobs = Vec::new();
    let width = rng.random_range(0.05f32..0.12);
    let length = rng.random_range(0.16f32..0.3);
    let lift = rng.random_range(-0.22f32..-0.05) * elongation;
    for side in [-1.0, 1.0] {
        let at = |x: f32, y: f32| [side * x, y];
        let nucleus = mix(levels.grey, levels.white, 0.3);
        blobs.push(Blob::new(
            at(0.24, lift + 0.16),
            [0.15, 0.2],
            side * 0.3,
            nucleus,
        ));
        let tilt = side * (FRAC_PI_2 + rng.random_range(-0.5f32..-0.2));
        blobs.push(Blob::new(
            at(0.06 + width, lift),
            [length, width],
            tilt,
            levels.fluid,
        ));
        if rng.random_bool(0.5) {
            let plexus = levels.enhancing(rng);
            let spot = rng.random_range(0.02f32..0.045);
            blobs.push(Blob::new(
                at(0.07 + width, lift + 0.08),
                [spot, spot * 1.5],
                0.0,
                plexus,
            ));
        }
        // The fissure between the frontal and the temporal lobe.
        blobs.push(Blob::new(
            at(0.62, 0.14),
            [0.16, 0.018],
            side * -0.35,
            levels.fluid,
        ));
    }
    blobs.push(Blob::new(
        [0.0, lift + 0.22],
        [0.022, 0.12],
        0.0,
        levels.fluid,
    ));
    blobs.extend(base(levels, elongation, sella, rng));
    if rng.random_bool(0.3) {
        let size = rng.random_range(0.08f32..0.2);
        let angle = rng.random_range(0.0..TAU);
        let place = [0.5 * angle.cos(), 0.5 * angle.sin()];
        let shape = [size, size * rng.random_range(0.7f32..1.0)];
        blobs.push(Blob::new(
            place,
            shape,
            angle,
            levels.fluid * rng.random_range(0.9f32..1.5),
        ));
    }
    blobs
}

/// Draws the base of the skull: sinus, clivus, the sella with its gland and the two carotids; in half of the phantoms also
/// the orbits.
fn base(levels: &Levels, elongation: f32, sella: [f32; 2], rng: &mut impl Rng) -> Vec<Blob> {
    let mut blobs = Vec::new();
    let below = |depth: f32| [sella[0], sella[1] + depth * elongation];
    let marrow = mix(levels.bone, levels.fat, rng.random_range(0.1f32..0.7));
    blobs.push(Blob::new(below(0.24), [0.3, 0.16], 0.0, marrow));
    let air = [
        rng.random_range(0.1f32..0.2),
        rng.random_range(0.06f32..0.12),
    ];
    blobs.push(Blob::new(below(0.2), air, 0.0, levels.bone));
    if rng.random_bool(0.5) {
        let size = rng.random_range(0.13f32..0.18);
        for side in [-1.0, 1.0] {
            let place = [side * rng.random_range(0.4f32..0.46), elongation * 0.6];
            blobs.push(Blob::new(place, [size, size], 0.0, levels.fat));
            blobs.push(Blob::new(
                place,
                [size * 0.72, size * 0.72],
                0.0,
                levels.fluid * 1.3,
            ));
        }
    }
    blobs.push(Blob::new(sella, [0.13, 0.07], 0.0, levels.fluid));
    let flow_void = rng.random_bool(0.5);
    let carotid = if flow_void {
        levels.bone
    } else {
        levels.enhancing(rng)
    };
    for side in [-1.0, 1.0] {
        let place = [
            sella[0] + side * rng.random_range(0.13f32..0.17),
            sella[1] + 0.02,
        ];
        blobs.push(Blob::new(place, [0.035, 0.04], 0.0, carotid));
    }
    let gland = [
        rng.random_range(0.05f32..0.085),
        rng.random_range(0.025f32..0.045),
    ];
    blobs.push(Blob::new(below(0.02), gland, 0.0, levels.enhancing(rng)));
    blobs
}

/// Draws the sagittal sinus and vessels in the brain and on its rim, as bright spots and short lines.
fn vessels(levels: &Levels, rim: &impl Fn(f32, f32) -> [f32; 2], rng: &mut impl Rng) -> Vec<Blob> {
    let mut blobs = Vec::new();
    if rng.random_bool(0.7) {
        let size = rng.random_range(0.03f32..0.07);
        blobs.push(Blob::new(
            rim(-FRAC_PI_2, 0.96),
            [size, size],
            0.0,
            levels.enhancing(rng),
        ));
    }
    for _ in 0..rng.random_range(1..6) {
        let place = rim(rng.random_range(0.0..TAU), rng.random_range(0.15f32..0.98));
        let thick = rng.random_range(0.012f32..0.03);
        let length = thick * rng.random_range(1.0f32..6.0);
        let angle = rng.random_range(0.0..PI);
        blobs.push(Blob::new(
            place,
            [length, thick],
            angle,
            levels.enhancing(rng),
        ));
    }
    // Meninges also take up contrast: bright stretches of the rim, thinner than a meningioma.
    for _ in 0..rng.random_range(0..3) {
        let angle = rng.random_range(0.0..TAU);
        let shape = [
            rng.random_range(0.1f32..0.25),
            rng.random_range(0.02f32..0.04),
        ];
        blobs.push(Blob::new(
            rim(angle, 0.98),
            shape,
            angle + FRAC_PI_2,
            levels.enhancing(rng),
        ));
    }
    blobs
}

/// Draws muscles, ears and neck, bright matter outside the skull.
fn outside(levels: &Levels, elongation: f32, rng: &mut impl Rng) -> Vec<Blob> {
    let mut blobs = Vec::new();
    for side in [-1.0, 1.0] {
        if rng.random_bool(0.6) {
            let place = [side * 0.98, elongation * rng.random_range(-0.1f32..0.3)];
            let shape = [
                rng.random_range(0.05f32..0.12),
                rng.random_range(0.15f32..0.4),
            ];
            blobs.push(Blob::new(
                place,
                shape,
                0.0,
                levels.fat * rng.random_range(0.5f32..1.0),
            ));
        }
    }
    if rng.random_bool(0.6) {
        let shape = [
            rng.random_range(0.3f32..0.6),
            rng.random_range(0.15f32..0.3),
        ];
        let level = levels.fat * rng.random_range(0.4f32..0.9);
        blobs.push(Blob::new([0.0, elongation * 0.98], shape, 0.0, level));
    }
    blobs
}
