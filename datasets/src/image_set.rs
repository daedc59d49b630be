//! A set of equally sized pictures with their classes, held in memory once, as bytes.

use std::fmt;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::duplicates::Look;
use crate::preprocess::{Preprocess, Scaling};

/// Deviations below this (on values of 0 to 1) mark a channel that is the same in every picture.
const CONSTANT_CHANNEL: f64 = 1e-6;

/// Pictures after preprocessing, with labels and origins.
#[derive(Clone, Debug)]
pub struct ImageSet {
    /// What the set is called, as in "mnist".
    pub name: String,
    /// Whether the pictures were generated and stand in for real ones.
    pub generated: bool,
    /// Names of the classes; a label is an index into them.
    pub class_names: Vec<String>,
    /// What made the pixels, and how they are scaled for a network.
    pub preprocess: Preprocess,
    /// All pictures, one after the other, each `preprocess.bytes()` long, planar
    /// `[channel, row, column]`. The only copy.
    pub pixels: Vec<u8>,
    /// The class of each picture.
    pub labels: Vec<usize>,
    /// Where each picture came from.
    pub origins: Vec<Origin>,
    /// What each picture looked like before it was prepared, to find copies; empty where only the
    /// prepared pictures are known.
    pub looks: Vec<Look>,
    /// Files that were passed over.
    pub skipped: Vec<Skipped>,
}

/// Where a picture came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Path relative to the set's folder with `/` between names, or "train/123" where there are
    /// no single files.
    pub path: String,
    /// SHA-256 of the file, or of the pixels where there is no file; hexadecimal.
    pub sha256: String,
    /// The part the set's publisher put it into.
    pub official: Option<Official>,
}

/// A part of a split made by the publisher of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Official {
    /// Training.
    Train,
    /// Validation.
    Valid,
    /// Test.
    Test,
}

impl fmt::Display for Official {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Train => "train",
            Self::Valid => "valid",
            Self::Test => "test",
        })
    }
}

/// A file that was passed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Path relative to the set's folder.
    pub path: String,
    /// Why it cannot be used.
    pub reason: String,
}

impl ImageSet {
    /// Number of pictures.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no picture.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The bytes of picture `index`, planar `[channel, row, column]`.
    ///
    /// # Panics
    /// If `index` is not below [`len`](Self::len), as with a slice.
    pub fn image(&self, index: usize) -> &[u8] {
        let bytes = self.preprocess.bytes();
        &self.pixels[index * bytes..(index + 1) * bytes]
    }

    /// How many of the pictures at `indices` belong to each class.
    ///
    /// # Panics
    /// If an index is not below [`len`](Self::len).
    pub fn class_counts(&self, indices: &[usize]) -> Vec<usize> {
        let mut counts = vec![0; self.class_names.len()];
        for &index in indices {
            counts[self.labels[index]] += 1;
        }
        counts
    }

    /// SHA-256, hexadecimal, over the class names and every picture's label and origin hash. The
    /// order of the pictures and the names of their files do not matter.
    pub fn fingerprint(&self) -> String {
        let mut examples: Vec<(usize, &str)> = (self.labels.iter().copied())
            .zip(self.origins.iter().map(|origin| origin.sha256.as_str()))
            .collect();
        examples.sort_unstable();

        let mut hasher = Sha256::new();
        // The length before each text keeps ["ab", "c"] and ["a", "bc"] apart.
        for name in &self.class_names {
            hasher.update((name.len() as u64).to_le_bytes());
            hasher.update(name.as_bytes());
        }
        for (label, sha256) in examples {
            hasher.update((label as u64).to_le_bytes());
            hasher.update((sha256.len() as u64).to_le_bytes());
            hasher.update(sha256.as_bytes());
        }
        hex(&hasher.finalize())
    }

    /// Sets the scaling to [`Scaling::Standardize`] with the mean and (population) deviation of
    /// each channel over the pictures at `training`, so that nothing leaks from the others. A
    /// channel that never changes keeps deviation 1. Without a picture the scaling stays.
    ///
    /// # Panics
    /// If an index is not below [`len`](Self::len).
    pub fn standardize(&mut self, training: &[usize]) {
        if training.is_empty() {
            return;
        }
        let [channels, height, width] = self.preprocess.shape();
        let plane = height * width;
        let count = (training.len() * plane) as f64;

        // Whole numbers: the sums do not depend on how the threads divide the pictures.
        let sums = (training.par_iter())
            .map(|&index| {
                let planes = self.image(index).chunks_exact(plane);
                planes.map(plane_sums).collect::<Vec<_>>()
            })
            .reduce(|| vec![(0, 0); channels], add_sums);

        let (mean, std) = (sums.into_iter())
            .map(|(sum, squares)| {
                let mean = sum as f64 / count / 255.0;
                let square = squares as f64 / count / (255.0 * 255.0);
                let std = (square - mean * mean).max(0.0).sqrt();
                let std = if std < CONSTANT_CHANNEL { 1.0 } else { std };
                (mean as f32, std as f32)
            })
            .unzip();
        self.preprocess.scaling = Scaling::Standardize { mean, std };
    }
}

/// Sum and sum of squares of the bytes of one plane.
fn plane_sums(plane: &[u8]) -> (u64, u64) {
    plane.iter().fold((0, 0), |(sum, squares), &value| {
        let value = u64::from(value);
        (sum + value, squares + value * value)
    })
}

fn add_sums(mut total: Vec<(u64, u64)>, part: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    for ((sum, squares), (more, more_squares)) in total.iter_mut().zip(part) {
        *sum += more;
        *squares += more_squares;
    }
    total
}

/// SHA-256 of `bytes`, hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hexadecimal digits of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}
