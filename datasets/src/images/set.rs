//! A set of equally sized pictures with their classes, held in memory once, as bytes.

use rayon::prelude::*;

use crate::dataset::{Dataset, Metadata, Origin, Skipped};
use crate::images::fingerprint::Fingerprint;
use crate::images::preprocessing::{ImagePreprocessing, Scaling};
use crate::preprocessing::Preprocessing;

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
    pub preprocessing: ImagePreprocessing,
    /// All pictures, one after the other, each `preprocessing.bytes()` long, planar
    /// `[channel, row, column]`. The only copy.
    pub pixels: Vec<u8>,
    /// The class of each picture.
    pub labels: Vec<usize>,
    /// Where each picture came from.
    pub origins: Vec<Origin>,
    /// What each picture looked like before it was prepared, to find copies; empty where only the
    /// prepared pictures are known.
    pub fingerprints: Vec<Fingerprint>,
    /// Files that were passed over.
    pub skipped: Vec<Skipped>,
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
        let bytes = self.preprocessing.bytes();
        &self.pixels[index * bytes..(index + 1) * bytes]
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
        let [channels, height, width] = self.preprocessing.shape();
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
        self.preprocessing.scaling = Scaling::Standardize { mean, std };
    }
}

impl Dataset for ImageSet {
    fn metadata(&self) -> Metadata<'_> {
        Metadata {
            name: &self.name,
            noun: "pictures",
            group_noun: "copies",
            generated: self.generated,
            class_names: &self.class_names,
            labels: &self.labels,
            origins: &self.origins,
            skipped: &self.skipped,
        }
    }

    fn preprocessing(&self) -> Preprocessing {
        self.preprocessing.clone().into()
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
