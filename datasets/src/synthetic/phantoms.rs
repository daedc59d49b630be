//! Head phantoms: slices of a made-up head with a tumour of one of three kinds, or without.
//!
//! In the spirit of Shepp and Logan's phantom (IEEE Trans. Nucl. Sci. 21:21, 1974) the head is made of
//! ellipses, here with irregular outlines, texture and the faults of a scanner: a bias field, a gamma,
//! blur, and noise on both channels of a magnitude image (Gudbjartsson and Patz, Magn. Reson. Med.
//! 34:910, 1995). What tells the classes apart is the shape and the place of the mass, as in
//! contrast-enhanced T1 scans: a glioma is an irregular bright ring with a dark core inside the brain, a
//! meningioma a bright even mass on the rim, a pituitary tumour a mass at the sella, on the midline near the
//! base. Vessels, orbits, a normal gland, cysts and muscle are there in every class, so that brightness
//! alone tells nothing. They are teaching material: nothing about patients can be learned from them.

use std::f32::consts::{FRAC_PI_2, PI, TAU};
use std::path::{Path, PathBuf};

use image::{DynamicImage, GrayImage, Luma};
use indicatif::ParallelProgressIterator;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, Normal};
use rayon::prelude::*;

use super::{Outline, generator, origin};
use crate::error::{Error, Result};
use crate::images::ImagePreprocessing;
use crate::images::ImageSet;
use crate::progress;

/// Width and height of a phantom in pixels.
pub const PHANTOM_SIZE: usize = 256;
/// From this many phantoms on, drawing them takes long enough to be shown.
const MANY: usize = 200;

/// The part of the head's radius that is brain; outside are skull and scalp.
const BRAIN_RIM: f32 = 0.84;

/// The kind of mass a phantom has, in the order of the classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mass {
    /// An irregular, ring-enhancing mass with a dark core inside the brain.
    Glioma,
    /// A bright, even, round mass on the brain's rim.
    Meningioma,
    /// No mass.
    None,
    /// A mass at the sella: on the midline, near the base.
    Pituitary,
}

impl Mass {
    /// Every kind, in the order of the classes.
    pub const ALL: [Self; 4] = [Self::Glioma, Self::Meningioma, Self::None, Self::Pituitary];

    /// The class name, as the folders of the public data set have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Glioma => "glioma_tumor",
            Self::Meningioma => "meningioma_tumor",
            Self::None => "no_tumor",
            Self::Pituitary => "pituitary_tumor",
        }
    }
}

/// `count` phantoms, the four classes in turn, passed through `preprocessing`.
///
/// # Errors
/// Where `preprocessing` is invalid.
pub fn phantoms(count: usize, preprocessing: &ImagePreprocessing, seed: u64) -> Result<ImageSet> {
    preprocessing.validate()?;
    let bar = progress::bar(count, "drawing phantoms", count >= MANY);
    let drawn = (0..count)
        .into_par_iter()
        .progress_with(bar)
        .map(|index| preprocessing.apply(&DynamicImage::ImageLuma8(numbered(index, seed))))
        .collect::<Result<Vec<Vec<u8>>>>()?;
    Ok(ImageSet {
        name: "phantoms".into(),
        generated: true,
        class_names: Mass::ALL
            .iter()
            .map(|mass| mass.name().to_string())
            .collect(),
        preprocessing: preprocessing.clone(),
        labels: (0..count).map(|index| index % Mass::ALL.len()).collect(),
        origins: drawn
            .iter()
            .enumerate()
            .map(|(index, pixels)| origin("phantoms", index, pixels))
            .collect(),
        pixels: drawn.concat(),
        fingerprints: Vec::new(),
        skipped: Vec::new(),
    })
}

/// Writes `per_class` phantoms of each class as `DIR/<class>/<class>-<number>.png` and returns their paths,
/// to try `infer` on. A seed that no network was trained with makes pictures that it has not seen.
///
/// # Errors
/// Where a folder or a file cannot be written.
pub fn write_phantoms(dir: &Path, per_class: usize, seed: u64) -> Result<Vec<PathBuf>> {
    for mass in Mass::ALL {
        let folder = dir.join(mass.name());
        std::fs::create_dir_all(&folder).map_err(|source| Error::io("create", &folder, source))?;
    }
    (0..per_class * Mass::ALL.len())
        .into_par_iter()
        .map(|index| {
            let name = Mass::ALL[index % Mass::ALL.len()].name();
            let number = index / Mass::ALL.len();
            let path = dir.join(name).join(format!("{name}-{number:04}.png"));
            match numbered(index, seed).save(&path) {
                Ok(()) => Ok(path),
                Err(source) => Err(Error::io("write", path, std::io::Error::other(source))),
            }
        })
        .collect()
}

/// Phantom `index` of the series of `seed`.
fn numbered(index: usize, seed: u64) -> GrayImage {
    phantom(
        Mass::ALL[index % Mass::ALL.len()],
        &mut generator(seed, index),
    )
}

/// One phantom of 256 x 256 grey pixels.
pub fn phantom(mass: Mass, rng: &mut impl Rng) -> GrayImage {
    let pose = Pose::random(rng);
    let head = Head::random(mass, rng);
    let clean: Vec<f32> = (0..PHANTOM_SIZE * PHANTOM_SIZE)
        .map(|index| {
            let [x, y] = pose.in_head(index % PHANTOM_SIZE, index / PHANTOM_SIZE);
            head.signal(x, y)
        })
        .collect();
    Scanner::random(rng).picture(clean, rng)
}

/// Where the head lies in the picture.
struct Pose {
    centre: [f32; 2],
    half_width: f32,
    sin: f32,
    cos: f32,
    mirrored: bool,
}

impl Pose {
    fn random(rng: &mut impl Rng) -> Self {
        let (sin, cos) = rng.random_range(-0.5f32..0.5).sin_cos();
        Self {
            centre: [
                rng.random_range(-0.12f32..0.12),
                rng.random_range(-0.10f32..0.10),
            ],
            half_width: rng.random_range(0.62f32..0.82),
            sin,
            cos,
            mirrored: rng.random_bool(0.5),
        }
    }

    /// The place of a pixel's centre in the head: the origin is the head's middle, the unit its half width.
    fn in_head(&self, column: usize, row: usize) -> [f32; 2] {
        let place = |pixel: usize| (pixel as f32 + 0.5) * 2.0 / PHANTOM_SIZE as f32 - 1.0;
        let (x, y) = (place(column) - self.centre[0], place(row) - self.centre[1]);
        let across = (self.cos * x + self.sin * y) / self.half_width;
        let down = (self.cos * y - self.sin * x) / self.half_width;
        [if self.mirrored { -across } else { across }, down]
    }
}

/// From 0 to 1 as `value` goes from `low` to `high`, with soft ends.
fn step(low: f32, high: f32, value: f32) -> f32 {
    let t = ((value - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

fn mix(from: f32, to: f32, part: f32) -> f32 {
    from + (to - from) * part
}

/// Smooth noise: random values on a grid, blended in between.
struct Texture(Vec<f32>);

impl Texture {
    const SIDE: usize = 64;

    fn random(rng: &mut impl Rng) -> Self {
        Self(
            (0..Self::SIDE * Self::SIDE)
                .map(|_| rng.random_range(-1.0f32..1.0))
                .collect(),
        )
    }

    /// The noise at a place, within -1..1, with `cells` grid cells to a unit of length.
    fn at(&self, x: f32, y: f32, cells: f32) -> f32 {
        let (x, y) = (x * cells + 1000.0, y * cells + 1000.0);
        let (column, row) = (x as usize, y as usize);
        let (across, down) = (step(0.0, 1.0, x.fract()), step(0.0, 1.0, y.fract()));
        let knot =
            |column: usize, row: usize| self.0[row % Self::SIDE * Self::SIDE + column % Self::SIDE];
        mix(
            mix(knot(column, row), knot(column + 1, row), across),
            mix(knot(column, row + 1), knot(column + 1, row + 1), across),
            down,
        )
    }
}

/// An ellipse of one brightness with a soft edge.
struct Blob {
    centre: [f32; 2],
    radii: [f32; 2],
    /// Sine and cosine of its rotation.
    turn: (f32, f32),
    level: f32,
    /// Width of the edge, as part of the radius.
    edge: f32,
}

impl Blob {
    fn new(centre: [f32; 2], radii: [f32; 2], angle: f32, level: f32) -> Self {
        let edge = (0.03 / radii[0].min(radii[1])).clamp(0.08, 0.8);
        Self {
            centre,
            radii,
            turn: angle.sin_cos(),
            level,
            edge,
        }
    }

    fn paint(&self, signal: f32, x: f32, y: f32) -> f32 {
        let (x, y) = (x - self.centre[0], y - self.centre[1]);
        let reach = self.radii[0].max(self.radii[1]) * (1.0 + self.edge);
        if x.abs() > reach || y.abs() > reach {
            return signal;
        }
        let (sin, cos) = self.turn;
        let along = (cos * x + sin * y) / self.radii[0];
        let across = (cos * y - sin * x) / self.radii[1];
        let inside = 1.0 - step(1.0 - self.edge, 1.0 + self.edge, along.hypot(across));
        mix(signal, self.level, inside)
    }
}

/// The brightness of the tissues in one phantom, 0 to 1.
struct Levels {
    fluid: f32,
    grey: f32,
    white: f32,
    fat: f32,
    bone: f32,
}

impl Levels {
    fn random(rng: &mut impl Rng) -> Self {
        let grey = rng.random_range(0.32f32..0.46);
        Self {
            fluid: rng.random_range(0.08f32..0.2),
            grey,
            white: grey + rng.random_range(0.05f32..0.16),
            fat: rng.random_range(0.5f32..0.95),
            bone: rng.random_range(0.03f32..0.1),
        }
    }

    /// Tissue that takes up contrast agent: vessels, meninges, tumours.
    fn enhancing(&self, rng: &mut impl Rng) -> f32 {
        (self.white + rng.random_range(0.12f32..0.4)).min(1.0)
    }
}

/// A head in its own coordinates: x to one side, y towards the base, in half widths.
struct Head {
    levels: Levels,
    /// Height over width.
    elongation: f32,
    outline: Outline,
    texture: Texture,
    folds: f32,
    cortex: f32,
    /// Painted over the brain, one after the other.
    anatomy: Vec<Blob>,
    tumour: Tumour,
    /// Painted over all: what may lie on a tumour.
    vessels: Vec<Blob>,
    /// Muscle and fat outside the skull.
    outside: Vec<Blob>,
}

impl Head {
    fn random(mass: Mass, rng: &mut impl Rng) -> Self {
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

    /// The signal at a place, about 0 to 1.
    fn signal(&self, x: f32, y: f32) -> f32 {
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

    /// Air, scalp, and the skull with its marrow.
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

    /// Grey and white matter, and the fluid in the furrows between the folds.
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

/// Ventricles, deep grey matter, the base of the skull with the sella and a normal gland, and, sometimes,
/// orbits and a harmless dark cyst. The same in every class.
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
        // The furrow between frontal and temporal lobe.
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

/// The base of the skull: sinus, clivus, the sella with its gland and the two carotids; orbits in half of
/// the phantoms.
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

/// Bright spots and short lines: the sagittal sinus, vessels in the brain and on its rim.
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
    // Meninges take up contrast too: bright stretches of the rim, thinner than a meningioma.
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

/// Muscles, ears and neck: bright matter outside the skull.
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

/// The mass that makes the class.
struct Tumour {
    mass: Mass,
    centre: [f32; 2],
    size: f32,
    outline: Outline,
    level: f32,
    core: f32,
    /// How thick a glioma's ring is, as part of its radius.
    ring: f32,
    /// Swelling around the mass: how dark, and how far it reaches.
    swelling: (f32, f32),
}

impl Tumour {
    fn random(
        mass: Mass,
        levels: &Levels,
        sella: [f32; 2],
        rim: &impl Fn(f32, f32) -> [f32; 2],
        rng: &mut impl Rng,
    ) -> Self {
        let (centre, size) = match mass {
            Mass::None => ([0.0, 0.0], 0.0),
            Mass::Glioma => {
                // Anywhere in the brain but at the base, and clear of the rim.
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

    /// Paints the mass over the `signal` of the brain at a place whose distance from the head's middle is
    /// `head_radius`.
    fn paint(&self, signal: f32, x: f32, y: f32, head_radius: f32, texture: &Texture) -> f32 {
        let (x, y) = (x - self.centre[0], y - self.centre[1]);
        if self.mass == Mass::None || x.abs().max(y.abs()) > 2.5 * self.size {
            return signal;
        }
        // A pituitary tumour is higher than wide, with a waist where it leaves the sella.
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
                // The dura beside a meningioma is thickened: its "tail".
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

/// What the scanner adds: uneven sensitivity, contrast, blur and noise.
struct Scanner {
    /// Sensitivity: slopes in x and y, and curvature.
    bias: [f32; 3],
    gain: f32,
    gamma: f32,
    blur: f32,
    noise: f32,
}

impl Scanner {
    fn random(rng: &mut impl Rng) -> Self {
        Self {
            bias: [
                rng.random_range(-0.2f32..0.2),
                rng.random_range(-0.2f32..0.2),
                rng.random_range(-0.25f32..0.1),
            ],
            gain: rng.random_range(0.75f32..1.15),
            gamma: rng.random_range(0.8f32..1.3),
            blur: rng.random_range(0.0f32..0.9),
            noise: rng.random_range(0.008f32..0.045),
        }
    }

    fn picture(&self, clean: Vec<f32>, rng: &mut impl Rng) -> GrayImage {
        let blurred = self.blurred(&clean);
        // A deviation of 0 would be the only fault, and it is out of the range drawn.
        let noise = Normal::new(0.0f32, self.noise).ok();
        let mut draw = || noise.map_or(0.0, |noise| noise.sample(rng));
        GrayImage::from_fn(PHANTOM_SIZE as u32, PHANTOM_SIZE as u32, |column, row| {
            let place = |pixel: u32| (pixel as f32 + 0.5) * 2.0 / PHANTOM_SIZE as f32 - 1.0;
            let (x, y) = (place(column), place(row));
            let [across, down, round] = self.bias;
            let sensitivity = 1.0 + across * x + down * y + round * (x * x + y * y);
            let signal = blurred[row as usize * PHANTOM_SIZE + column as usize];
            let signal = (signal * sensitivity).max(0.0).powf(self.gamma) * self.gain;
            let magnitude = (signal + draw()).hypot(draw());
            Luma([(magnitude.clamp(0.0, 1.0) * 255.0).round() as u8])
        })
    }

    /// A three-tap blur along rows, then along columns.
    fn blurred(&self, clean: &[f32]) -> Vec<f32> {
        let side = self.blur / (1.0 + 2.0 * self.blur);
        let pass = |from: &[f32], stride: usize| -> Vec<f32> {
            let at = |index: usize| from.get(index).copied().unwrap_or(0.0);
            (0..from.len())
                .map(|index| {
                    let beside = at(index.wrapping_sub(stride)) + at(index + stride);
                    at(index) * (1.0 - 2.0 * side) + side * beside
                })
                .collect()
        };
        pass(&pass(clean, 1), PHANTOM_SIZE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn step_and_mix_by_hand() {
        assert_eq!(
            [
                step(1.0, 3.0, 0.0),
                step(1.0, 3.0, 2.0),
                step(1.0, 3.0, 9.0)
            ],
            [0.0, 0.5, 1.0]
        );
        assert_eq!(
            [step(3.0, 1.0, 0.0), step(3.0, 1.0, 9.0)],
            [1.0, 0.0],
            "falling"
        );
        assert_eq!(mix(2.0, 4.0, 0.25), 2.5);
    }

    #[test]
    fn texture_meets_its_knots_and_stays_in_range() {
        let texture = Texture::random(&mut generator(1, 0));
        // Coordinates are shifted by 1000 cells, which is column and row 1000 % 64 = 40.
        assert_eq!(
            texture.at(0.0, 0.0, 1.0),
            texture.0[40 * Texture::SIDE + 40]
        );
        for step in 0..1000 {
            let value = texture.at(step as f32 * 0.013 - 5.0, step as f32 * 0.007, 3.0);
            assert!((-1.0..=1.0).contains(&value), "{value}");
        }
    }

    #[test]
    fn a_blob_paints_inside_and_nowhere_else() {
        let blob = Blob::new([0.5, 0.0], [0.2, 0.1], 0.0, 0.9);
        let painted = |x, y| (blob.paint(0.1, x, y) * 100.0).round();
        assert_eq!(painted(0.5, 0.0), 90.0);
        assert_eq!(painted(0.5, 0.15), 10.0);
        assert_eq!(painted(0.62, 0.0), 90.0, "the long axis lies along x");
        assert_eq!(painted(0.5, 0.12), painted(0.5, -0.12));
    }

    #[test]
    fn blur_keeps_the_sum() {
        let mut clean = vec![0.0; PHANTOM_SIZE * PHANTOM_SIZE];
        clean[100 * PHANTOM_SIZE + 100] = 1.0;
        let scanner = Scanner {
            blur: 0.7,
            ..Scanner::random(&mut generator(2, 0))
        };
        let blurred = scanner.blurred(&clean);
        assert!((blurred.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        assert!(blurred[100 * PHANTOM_SIZE + 100] < 0.3);
    }
}
