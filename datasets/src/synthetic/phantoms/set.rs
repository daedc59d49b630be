//! Sets of head phantoms, and their files.

use std::path::{Path, PathBuf};

use image::{DynamicImage, GrayImage, ImageError};
use indicatif::ParallelProgressIterator;
use rand::{Rng, RngExt};
use rayon::prelude::*;

use super::head::Head;
use super::mass::Mass;
use super::scanner::{PHANTOM_SIZE, Scanner};
use crate::error::{Error, Result};
use crate::images::{ImagePreprocessing, ImageSet};
use crate::progress;
use crate::synthetic::generator::{generator, origin};

/// Minimum number of phantoms for a progress bar: drawing fewer takes too little time to show one.
const MIN_SHOWN: usize = 200;

/// Generates `count` phantoms, of the four classes in turn, and preprocesses them.
///
/// # Errors
/// [`Error::Preprocessing`] if a field of `preprocessing` is out of range.
pub fn phantoms(count: usize, preprocessing: &ImagePreprocessing, seed: u64) -> Result<ImageSet> {
    preprocessing.validate()?;
    let bar = progress::bar(count, "drawing phantoms", count >= MIN_SHOWN);
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
        notes: Vec::new(),
        annotations: crate::images::Annotations::default(),
    })
}

/// Writes `per_class` phantoms of each class as `DIR/<class>/<class>-<number>.png` and returns their paths. With a seed that
/// no network was trained with, the pictures are new to all networks.
///
/// # Errors
/// [`Error::Io`] if a folder or a file cannot be written.
pub fn write_phantoms(dir: &Path, per_class: usize, seed: u64) -> Result<Vec<PathBuf>> {
    for mass in Mass::ALL {
        let folder = dir.join(mass.name());
        std::fs::create_dir_all(&folder).map_err(|error| Error::io("create", &folder, error))?;
    }
    (0..per_class * Mass::ALL.len())
        .into_par_iter()
        .map(|index| {
            let name = Mass::ALL[index % Mass::ALL.len()].name();
            let number = index / Mass::ALL.len();
            let path = dir.join(name).join(format!("{name}-{number:04}.png"));
            match numbered(index, seed).save(&path) {
                Ok(()) => Ok(path),
                Err(ImageError::IoError(error)) => Err(Error::io("write", path, error)),
                Err(error) => Err(Error::io("write", path, std::io::Error::other(error))),
            }
        })
        .collect()
}

/// Draws phantom `index` of the series of `seed`.
fn numbered(index: usize, seed: u64) -> GrayImage {
    phantom(
        Mass::ALL[index % Mass::ALL.len()],
        &mut generator(seed, index),
    )
}

/// Draws a phantom of 256 x 256 grey pixels.
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

/// The position of the head in the picture.
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

    /// Returns the position of a pixel's centre in the coordinates of the head: the origin is its middle, the unit half of its
    /// width.
    fn in_head(&self, column: usize, row: usize) -> [f32; 2] {
        let place = |pixel: usize| (pixel as f32 + 0.5) * 2.0 / PHANTOM_SIZE as f32 - 1.0;
        let (x, y) = (place(column) - self.centre[0], place(row) - self.centre[1]);
        let across = (self.cos * x + self.sin * y) / self.half_width;
        let down = (self.cos * y - self.sin * x) / self.half_width;
        [if self.mirrored { -across } else { across }, down]
    }
}
