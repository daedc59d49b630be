//! A data set of pictures of one size, held in memory once, as bytes.

use std::path::Path;

use rayon::prelude::*;

use crate::dataset::{Dataset, Metadata, Origin, Skipped};
use crate::error::Result;
use crate::images::classes::{ClassChoice, classes};
use crate::images::fingerprint::Fingerprint;
use crate::images::preprocessing::{ImagePreprocessing, Scaling};
use crate::preprocessing::Preprocessing;

/// Maximum standard deviation (of values of 0 to 1) of a channel that counts as constant.
const MAX_CONSTANT_STD: f64 = 1e-6;

/// Preprocessed pictures with labels and origins.
#[derive(Clone, Debug)]
pub struct ImageSet {
    /// Name of the set, for example "mnist".
    pub name: String,
    /// Whether the pictures were generated as stand-ins for real ones.
    pub generated: bool,
    /// Names of the classes; a label is an index into them.
    pub class_names: Vec<String>,
    /// How the pixels were made and how a network scales them.
    pub preprocessing: ImagePreprocessing,
    /// All pictures, one after the other, each `preprocessing.bytes()` long, planar `[channel, row, column]`.
    pub pixels: Vec<u8>,
    /// Label of each picture.
    pub labels: Vec<usize>,
    /// Origin of each picture.
    pub origins: Vec<Origin>,
    /// Fingerprint of each original picture, by which duplicates are found; empty if only the preprocessed pictures are
    /// known.
    pub fingerprints: Vec<Fingerprint>,
    /// Files that were skipped.
    pub skipped: Vec<Skipped>,
    /// What is worth knowing about how it was read, a line each.
    pub notes: Vec<String>,
    /// What a table of labels says about the pictures beside their labels.
    pub annotations: Annotations,
}

/// What a table of labels says about pictures beside their labels.
#[derive(Clone, Debug, Default)]
pub struct Annotations {
    /// Group of each picture: pictures of one patient share one.
    pub groups: Option<Vec<usize>>,
    /// Weight of each picture in the loss of a classifier.
    pub weights: Option<Vec<f32>>,
}

impl ImageSet {
    /// Returns the number of pictures.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether the set has no pictures.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Returns the bytes of picture `index`, planar `[channel, row, column]`.
    ///
    /// # Panics
    /// If `index` is not below [`len`](Self::len).
    pub fn image(&self, index: usize) -> &[u8] {
        let bytes = self.preprocessing.bytes();
        &self.pixels[index * bytes..(index + 1) * bytes]
    }

    /// Merges the classes, and keeps only some of them, as the user chose.
    ///
    /// # Errors
    /// [`Error::ClassChoice`](crate::Error::ClassChoice) if there is no such class,
    /// [`Error::Layout`](crate::Error::Layout) if fewer than two are left.
    pub fn choose_classes(&mut self, choice: &ClassChoice) -> Result<()> {
        if choice.is_empty() {
            return Ok(());
        }
        let found: Vec<_> = self
            .class_names
            .iter()
            .map(|name| (name.clone(), None))
            .collect();
        let classes = classes(Path::new(&self.name), &found, None, choice)?;
        let label = |old: usize| classes.labels.get(&found[old].0).copied().flatten();
        let bytes = self.preprocessing.bytes();
        let mut kept = 0;
        for index in 0..self.len() {
            let Some(label) = label(self.labels[index]) else {
                continue;
            };
            let pixels = index * bytes..(index + 1) * bytes;
            self.pixels.copy_within(pixels, kept * bytes);
            self.labels[kept] = label;
            self.origins.swap(kept, index);
            (self.annotations.groups.iter_mut()).for_each(|groups| groups.swap(kept, index));
            (self.annotations.weights.iter_mut()).for_each(|weights| weights.swap(kept, index));
            if !self.fingerprints.is_empty() {
                self.fingerprints.swap(kept, index);
            }
            kept += 1;
        }
        self.pixels.truncate(kept * bytes);
        self.labels.truncate(kept);
        self.origins.truncate(kept);
        self.fingerprints.truncate(kept);
        (self.annotations.groups.iter_mut()).for_each(|groups| groups.truncate(kept));
        (self.annotations.weights.iter_mut()).for_each(|weights| weights.truncate(kept));
        self.class_names = classes.names;
        self.notes.extend(classes.notes);
        Ok(())
    }

    /// Sets the scaling to [`Scaling::Standardize`] with the mean and (population) standard deviation of each channel over
    /// the pictures at `training`, so that nothing leaks from the others. A constant channel gets the deviation 1. If
    /// `training` is empty, the scaling stays as it is.
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

        // Integers, so that the sums do not depend on how the threads divide the pictures.
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
                let std = if std < MAX_CONSTANT_STD { 1.0 } else { std };
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
            notes: &self.notes,
        }
    }

    fn preprocessing(&self) -> Preprocessing {
        self.preprocessing.clone().into()
    }
}

/// Returns the sum and the sum of squares of the bytes of a plane.
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
