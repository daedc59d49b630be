//! A picture as a few numbers that are known for all eight of its flips and rotations at once.

use std::f32::consts::PI;

use fast_image_resize::PixelType;

use crate::error::Result;
use crate::images::{FINGERPRINT_SIDE as SIDE, Fingerprint};
use crate::images::{Filter, resize};

pub(super) const PIXELS: usize = SIDE * SIDE;
/// Number of frequencies of the cosine transform that are kept in each direction.
const LOW: usize = 8;
/// Length of a key: all kept coefficients except the mean.
pub(super) const KEY_LEN: usize = LOW * LOW - 1;
/// Rows and columns of a difference hash.
const HASH_SIDE: usize = 16;
/// Minimum standard deviation of the grey levels, of 255: a picture below it has no content to compare.
const BLANK: f32 = 1.0;

/// One of the eight flips and rotations of a square: optionally transposed, then turned upside down, then mirrored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn(u8);

impl Turn {
    pub(super) const NONE: Self = Self(0);
    pub(super) const ALL: [Self; 8] = [
        Self(0),
        Self(1),
        Self(2),
        Self(3),
        Self(4),
        Self(5),
        Self(6),
        Self(7),
    ];

    fn transposes(self) -> bool {
        self.0 & 1 != 0
    }

    fn flips_vertically(self) -> bool {
        self.0 & 2 != 0
    }

    fn mirrors(self) -> bool {
        self.0 & 4 != 0
    }

    /// Turns a square picture of `side` pixels.
    pub(super) fn apply<T: Copy>(self, picture: &[T], side: usize) -> Vec<T> {
        let mut turned = Vec::with_capacity(picture.len());
        for row in 0..side {
            let row = if self.flips_vertically() {
                side - 1 - row
            } else {
                row
            };
            let at = |column: usize| {
                let (row, column) = if self.transposes() {
                    (column, row)
                } else {
                    (row, column)
                };
                picture[row * side + column]
            };
            if self.mirrors() {
                turned.extend((0..side).rev().map(at));
            } else {
                turned.extend((0..side).map(at));
            }
        }
        turned
    }
}

/// What the search compares instead of pictures.
pub(super) struct Descriptor {
    /// Mean of the thumbnail.
    pub mean: f32,
    /// Euclidean norm of the thumbnail minus its mean.
    pub length: f32,
    /// Lowest frequencies (orthonormal cosine transform) of the thumbnail with mean 0 and norm 1.
    low: [f32; LOW * LOW],
    /// Numbers that are the same for a picture and its seven flips and rotations, and never farther from another key than
    /// the two pictures are from each other in any orientation. A flip changes signs, which the absolute values ignore; a
    /// transposition swaps two coefficients, which sorting ignores.
    pub key: [f32; KEY_LEN],
    /// Difference hashes of the eight orientations.
    pub hashes: [[u64; 4]; 8],
}

impl Descriptor {
    pub(super) fn new(fingerprint: &Fingerprint) -> Result<Self> {
        let thumbnail = &fingerprint.thumbnail;
        let mean = thumbnail.iter().map(|&value| f32::from(value)).sum::<f32>() / PIXELS as f32;
        let squares = thumbnail
            .iter()
            .map(|&value| (f32::from(value) - mean).powi(2));
        let length = squares.sum::<f32>().sqrt();
        let low = low_frequencies(&unit(thumbnail, mean, length));
        let mut hashes = [[0; 4]; 8];
        for (hash, turn) in hashes.iter_mut().zip(Turn::ALL) {
            *hash = difference_hash(&turn.apply(thumbnail, SIDE))?;
        }
        Ok(Self {
            mean,
            length,
            low,
            key: key(&low),
            hashes,
        })
    }

    /// Whether the picture has no content to compare.
    pub(super) fn is_blank(&self) -> bool {
        self.length < BLANK * SIDE as f32
    }

    /// Returns the thumbnail with mean 0 and norm 1.
    pub(super) fn unit(&self, thumbnail: &[u8]) -> Vec<f32> {
        unit(thumbnail, self.mean, self.length)
    }

    /// Returns the turn of `other` that is nearest to `self` in the low frequencies, and its distance.
    pub(super) fn nearest_turn(&self, other: &Self) -> (Turn, f32) {
        let transposed: [f32; LOW * LOW] =
            std::array::from_fn(|at| other.low[at % LOW * LOW + at / LOW]);
        let mut best = (Turn::NONE, f32::INFINITY);
        for turn in Turn::ALL {
            let low = if turn.transposes() {
                &transposed
            } else {
                &other.low
            };
            let mut sum = 0.0;
            for (at, (mine, theirs)) in self.low.iter().zip(low).enumerate() {
                // A flip changes the sign of the odd frequencies in its direction.
                let odd = turn.flips_vertically() && at / LOW % 2 == 1;
                let changed = odd != (turn.mirrors() && at % 2 == 1);
                let theirs = if changed { -theirs } else { *theirs };
                sum += (mine - theirs).powi(2);
            }
            if sum < best.1 {
                best = (turn, sum);
            }
        }
        (best.0, best.1.sqrt())
    }

    /// Returns the number of bits (of 256) in which the hashes differ, in the orientation where they differ least.
    pub(super) fn differing_bits(&self, other: &Self) -> u32 {
        let distances = (other.hashes.iter()).map(|hash| differing_bits(&self.hashes[0], hash));
        distances.min().unwrap_or(u32::MAX)
    }
}

/// Returns the number of bits in which two hashes differ.
pub(super) fn differing_bits(one: &[u64; 4], other: &[u64; 4]) -> u32 {
    let differences = one.iter().zip(other).map(|(one, other)| one ^ other);
    differences.map(u64::count_ones).sum()
}

fn unit(thumbnail: &[u8], mean: f32, length: f32) -> Vec<f32> {
    let length = length.max(f32::MIN_POSITIVE);
    let values = thumbnail
        .iter()
        .map(|&value| (f32::from(value) - mean) / length);
    values.collect()
}

fn low_frequencies(picture: &[f32]) -> [f32; LOW * LOW] {
    let wave = |frequency: usize, place: usize| {
        let scale = if frequency == 0 { 1.0 } else { 2.0 };
        let angle = PI / SIDE as f32 * (place as f32 + 0.5) * frequency as f32;
        (scale / SIDE as f32).sqrt() * angle.cos()
    };
    let waves: [[f32; SIDE]; LOW] =
        std::array::from_fn(|frequency| std::array::from_fn(|place| wave(frequency, place)));
    let dot = |one: &[f32], other: &[f32]| -> f32 {
        one.iter().zip(other).map(|(one, other)| one * other).sum()
    };
    let mut low = [0.0; LOW * LOW];
    for (row, pixels) in picture.chunks_exact(SIDE).enumerate() {
        let along: [f32; LOW] = std::array::from_fn(|column| dot(pixels, &waves[column]));
        for (down, wave) in waves.iter().enumerate() {
            for (column, along) in along.iter().enumerate() {
                low[down * LOW + column] += wave[row] * along;
            }
        }
    }
    low
}

fn key(low: &[f32; LOW * LOW]) -> [f32; KEY_LEN] {
    let pairs = (0..LOW).flat_map(|down| (down..LOW).map(move |across| (down, across)));
    let mut key = [0.0; KEY_LEN];
    let mut at = 0;
    for (down, across) in pairs.skip(1) {
        let one = low[down * LOW + across].abs();
        let other = low[across * LOW + down].abs();
        key[at] = one.max(other);
        at += 1;
        if down != across {
            key[at] = one.min(other);
            at += 1;
        }
    }
    key
}

/// Returns whether the picture gets brighter to the right, at 16x16 places (N. Krawetz, "Kind of like that", 2013).
/// Neighbouring bits go to different words, so that each word covers the whole picture.
fn difference_hash(thumbnail: &[u8]) -> Result<[u64; 4]> {
    let size = (HASH_SIDE as u32 + 1, HASH_SIDE as u32);
    let side = SIDE as u32;
    let tiny = resize(
        thumbnail,
        (side, side),
        size,
        PixelType::U8,
        Filter::Bilinear,
    )?;
    let mut hash = [0; 4];
    let pairs = tiny
        .chunks_exact(HASH_SIDE + 1)
        .flat_map(|row| row.windows(2));
    for (bit, pair) in pairs.enumerate() {
        hash[bit % 4] |= u64::from(pair[0] < pair[1]) << (bit / 4);
    }
    Ok(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the fingerprint of a picture that is smooth and different in every orientation.
    fn fingerprint(seed: u32) -> Fingerprint {
        let place = |at: usize| (at % SIDE) as f32 / SIDE as f32 + seed as f32;
        let thumbnail = (0..PIXELS).map(|at| {
            let (x, y) = (place(at), place(at / SIDE));
            (127.0 + 60.0 * (5.0 * x + 2.0 * y * y).sin() + 60.0 * (3.0 * y).cos() * x.sin()) as u8
        });
        Fingerprint {
            width: 64,
            height: 64,
            pixels: [0; 32],
            thumbnail: thumbnail.collect(),
        }
    }

    #[test]
    fn a_key_is_the_same_in_every_orientation_and_the_turn_is_found() {
        let upright = fingerprint(1);
        let descriptor = Descriptor::new(&upright).unwrap();
        for turn in Turn::ALL {
            let turned = Fingerprint {
                thumbnail: turn.apply(&upright.thumbnail, SIDE),
                ..upright.clone()
            };
            let other = Descriptor::new(&turned).unwrap();
            for (one, other) in descriptor.key.iter().zip(&other.key) {
                assert!((one - other).abs() < 1e-4, "{turn:?}: {one} {other}");
            }
            let (found, distance) = other.nearest_turn(&descriptor);
            assert!(distance < 1e-3, "{turn:?}: {distance}");
            assert_eq!(found, turn);
            assert_eq!(descriptor.differing_bits(&other), 0);
        }
    }

    #[test]
    fn keys_are_no_farther_apart_than_pictures() {
        let fingerprints = [fingerprint(1), fingerprint(2), fingerprint(5)];
        for one in &fingerprints {
            for other in &fingerprints {
                let (a, b) = (
                    Descriptor::new(one).unwrap(),
                    Descriptor::new(other).unwrap(),
                );
                let distance = |one: &[f32], other: &[f32]| -> f32 {
                    let squares = one.iter().zip(other).map(|(a, b)| (a - b).powi(2));
                    squares.sum::<f32>().sqrt()
                };
                let pictures = distance(&a.unit(&one.thumbnail), &b.unit(&other.thumbnail));
                assert!(distance(&a.key, &b.key) <= pictures + 1e-5);
            }
        }
    }
}
