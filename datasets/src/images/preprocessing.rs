//! Preprocessing of pictures: from a picture of any size to the input of a network.

use burn::tensor::{Device, Tensor, TensorData};
use fast_image_resize::PixelType;
use image::{DynamicImage, GrayImage, RgbImage};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::images::decode::flatten;
use crate::images::digit;
use crate::images::resize::{Filter, resize};

/// Maximum width and height of a preprocessed picture, in pixels.
const MAX_SIDE: usize = 4096;

/// Minimum number of values that are scaled on all cores.
const MIN_PARALLEL_LEN: usize = 1 << 20;

/// How a picture becomes the input of a network. The value is used in training, stored in the model's file, and used again
/// for every answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImagePreprocessing {
    /// Width of the result, in pixels.
    pub width: usize,
    /// Height of the result, in pixels.
    pub height: usize,
    /// Grey or colour.
    pub channels: Channels,
    /// Resampling kernel.
    pub filter: Filter,
    /// Whether the aspect ratio is kept.
    pub fit: Fit,
    /// How bytes are scaled for the network.
    pub scaling: Scaling,
    /// Kind of picture expected.
    pub source: ImageSource,
}

/// The colour channels of a preprocessed picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channels {
    /// Luma.
    Grey,
    /// Red, green, blue.
    Rgb,
}

impl Channels {
    /// Returns the number of channels.
    pub fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
        }
    }
}

/// How a picture is fitted to the size of the network's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// Stretched, without regard to its aspect ratio.
    Stretch,
    /// Scaled with its aspect ratio kept, and padded with black.
    Pad,
}

/// How bytes are scaled for a network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Scaling {
    /// Not at all: 0 to 255.
    Raw,
    /// Divided by 255: 0 to 1.
    Unit,
    /// Standardised: `(x / 255 - mean) / std`, with one mean and standard deviation per channel.
    Standardize {
        /// Mean of each channel, for values of 0 to 1.
        mean: Vec<f32>,
        /// Standard deviation of each channel, for values of 0 to 1.
        std: Vec<f32>,
    },
}

/// The kind of picture that is preprocessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageSource {
    /// Any picture, used as a whole.
    Picture,
    /// A handwritten digit, possibly on a photograph. It is cut out and centred like MNIST's digits (LeCun, Cortes and
    /// Burges, The MNIST database: 20 pixels high or wide, placed in 28x28 by the centre of mass). A 28x28 picture, light
    /// on dark, is used as a whole.
    Digit,
}

impl ImagePreprocessing {
    /// Returns the shape of a preprocessed picture, `[channels, height, width]`.
    pub fn shape(&self) -> [usize; 3] {
        [self.channels.count(), self.height, self.width]
    }

    /// Returns the number of bytes of a preprocessed picture.
    pub fn bytes(&self) -> usize {
        self.channels.count() * self.height * self.width
    }

    /// Checks all values, because a model's file may come from anywhere.
    ///
    /// # Errors
    /// [`Error::Preprocessing`] with the first field out of range.
    pub fn validate(&self) -> Result<()> {
        for (field, side) in [("width", self.width), ("height", self.height)] {
            if !(1..=MAX_SIDE).contains(&side) {
                return Err(out_of_range(field, side, format!("1 to {MAX_SIDE}")));
            }
        }
        if let Scaling::Standardize { mean, std } = &self.scaling {
            let channels = self.channels.count();
            for (field, values) in [("mean", mean), ("std", std)] {
                if values.len() != channels {
                    let found = format!("{} values long", values.len());
                    return Err(out_of_range(field, found, format!("{channels} values")));
                }
                if let Some(value) = values.iter().find(|value| !value.is_finite()) {
                    return Err(out_of_range(field, value, "finite".into()));
                }
            }
            if let Some(value) = std.iter().find(|&&value| value < f32::MIN_POSITIVE) {
                return Err(out_of_range("std", value, "above 0".into()));
            }
        }
        let digit_size = (self.width, self.height, self.channels);
        if self.source == ImageSource::Digit
            && digit_size != (digit::SIDE, digit::SIDE, Channels::Grey)
        {
            let found = format!("{}x{} {:?}", self.width, self.height, self.channels);
            return Err(out_of_range("size of a digit", found, "28x28 Grey".into()));
        }
        Ok(())
    }

    /// Preprocesses a picture. Returns [`bytes`](Self::bytes) bytes, planar `[channel, row, column]`.
    ///
    /// # Errors
    /// - [`Error::Preprocessing`] if a field is out of range
    /// - [`Error::Picture`] for a picture without pixels
    /// - [`Error::NotADigit`] for [`ImageSource::Digit`] and a picture without exactly one digit
    pub fn apply(&self, picture: &DynamicImage) -> Result<Vec<u8>> {
        self.validate()?;
        if picture.width() == 0 || picture.height() == 0 {
            let reason = format!("{}x{} pixels", picture.width(), picture.height());
            return Err(Error::picture("empty picture", reason));
        }
        let flat = match picture {
            DynamicImage::ImageLuma8(_) | DynamicImage::ImageRgb8(_) => None,
            other => Some(flatten(other.clone())),
        };
        let picture = flat.as_ref().unwrap_or(picture);

        if self.source == ImageSource::Digit {
            return digit::extract(&picture.to_luma8());
        }
        match (self.channels, picture) {
            (Channels::Grey, DynamicImage::ImageLuma8(grey)) => {
                self.fit(grey.as_raw(), grey.dimensions(), PixelType::U8)
            }
            (Channels::Grey, colour) => {
                let grey = colour.to_luma8();
                self.fit(grey.as_raw(), grey.dimensions(), PixelType::U8)
            }
            // The three planes of a grey picture are one plane three times.
            (Channels::Rgb, DynamicImage::ImageLuma8(grey)) => Ok(self
                .fit(grey.as_raw(), grey.dimensions(), PixelType::U8)?
                .repeat(3)),
            (Channels::Rgb, colour) => {
                let size = (colour.width(), colour.height());
                let pixels = match colour {
                    DynamicImage::ImageRgb8(rgb) => self.fit(rgb, size, PixelType::U8x3)?,
                    other => self.fit(&other.to_rgb8(), size, PixelType::U8x3)?,
                };
                Ok(planar(&pixels))
            }
        }
    }

    /// Resizes interleaved pixels to the size of the network's input, stretched or padded.
    fn fit(&self, pixels: &[u8], size: (u32, u32), kind: PixelType) -> Result<Vec<u8>> {
        let target = (self.width as u32, self.height as u32);
        if self.fit == Fit::Stretch {
            return resize(pixels, size, target, kind, self.filter);
        }
        let inner = inside(size, target);
        let small = resize(pixels, size, inner, kind, self.filter)?;
        let depth = kind.size();
        let left = (target.0 - inner.0) as usize / 2 * depth;
        let top = (target.1 - inner.1) as usize / 2;
        let (row, inner_row) = (self.width * depth, inner.0 as usize * depth);
        let mut padded = vec![0; row * self.height];
        let rows = padded.chunks_exact_mut(row).skip(top);
        for (to, from) in rows.zip(small.chunks_exact(inner_row)) {
            to[left..left + inner_row].copy_from_slice(from);
        }
        Ok(padded)
    }

    /// Scales preprocessed pictures and returns them as one tensor.
    ///
    /// # Shapes
    /// `n` pictures of [`bytes`](Self::bytes) bytes each → `[n, channels, height, width]`.
    ///
    /// # Panics
    /// If a picture has another length than [`apply`](Self::apply) returns, or if the scaling has fewer values than channels
    /// (see [`validate`](Self::validate)).
    pub fn tensor<'a>(
        &self,
        images: impl IntoIterator<Item = &'a [u8]>,
        device: &Device,
    ) -> Tensor<4> {
        let images: Vec<&[u8]> = images.into_iter().collect();
        let [channels, height, width] = self.shape();
        let bytes = self.bytes();
        let mut values = vec![0.0f32; images.len() * bytes];
        if values.len() > MIN_PARALLEL_LEN {
            (values.par_chunks_exact_mut(bytes).zip(&images))
                .for_each(|(values, image)| self.scale(image, values));
        } else if bytes > 0 {
            for (values, image) in values.chunks_exact_mut(bytes).zip(&images) {
                self.scale(image, values);
            }
        }
        let shape = [images.len(), channels, height, width];
        Tensor::from_data(TensorData::new(values, shape), device)
    }

    /// Converts values of 0 to 1 to the bytes of pictures, one after the other. Values outside this range are clipped.
    ///
    /// # Shapes
    /// `[n, channels, height, width]` → `n` pictures of [`bytes`](Self::bytes) bytes each.
    pub fn bytes_of(&self, values: Tensor<4>) -> Vec<u8> {
        let values = values.into_data();
        let byte = |value: f32| (255.0 * value.clamp(0.0, 1.0)).round() as u8;
        values.iter::<f32>().map(byte).collect()
    }

    /// Converts a preprocessed picture to a picture.
    ///
    /// # Errors
    /// [`Error::Picture`] if the number of bytes is not [`bytes`](Self::bytes).
    pub fn picture(&self, bytes: &[u8]) -> Result<DynamicImage> {
        let (width, height) = (self.width as u32, self.height as u32);
        let picture = match self.channels {
            Channels::Grey => {
                GrayImage::from_raw(width, height, bytes.to_vec()).map(DynamicImage::from)
            }
            Channels::Rgb => {
                let plane = bytes.len() / 3;
                let pixels =
                    (0..plane).flat_map(|i| [bytes[i], bytes[plane + i], bytes[2 * plane + i]]);
                RgbImage::from_raw(width, height, pixels.collect()).map(DynamicImage::from)
            }
        };
        let expected = self.bytes();
        picture.filter(|_| bytes.len() == expected).ok_or_else(|| {
            let reason = format!("{} bytes where {expected} are needed", bytes.len());
            Error::picture("preprocessed picture", reason)
        })
    }

    /// Scales the bytes of one picture.
    fn scale(&self, image: &[u8], values: &mut [f32]) {
        assert_eq!(image.len(), values.len(), "bytes of a preprocessed picture");
        let plane = self.height * self.width;
        for (channel, (values, image)) in (values
            .chunks_exact_mut(plane)
            .zip(image.chunks_exact(plane)))
        .enumerate()
        {
            let pixels = values.iter_mut().zip(image);
            match &self.scaling {
                Scaling::Raw => pixels.for_each(|(to, &from)| *to = f32::from(from)),
                Scaling::Unit => pixels.for_each(|(to, &from)| *to = f32::from(from) / 255.0),
                Scaling::Standardize { mean, std } => {
                    let (mean, std) = (mean[channel], std[channel]);
                    pixels.for_each(|(to, &from)| *to = (f32::from(from) / 255.0 - mean) / std);
                }
            }
        }
    }
}

fn out_of_range(field: &'static str, value: impl ToString, expected: String) -> Error {
    Error::Preprocessing {
        field,
        value: value.to_string(),
        expected,
    }
}

/// Returns the largest size within `target` that has the aspect ratio of `size`, at least 1x1.
fn inside(size: (u32, u32), target: (u32, u32)) -> (u32, u32) {
    let across = f64::from(target.0) / f64::from(size.0);
    let down = f64::from(target.1) / f64::from(size.1);
    let factor = across.min(down);
    let side = |from: u32, most: u32| ((f64::from(from) * factor).round() as u32).clamp(1, most);
    (side(size.0, target.0), side(size.1, target.1))
}

/// Converts interleaved RGB to three planes.
fn planar(pixels: &[u8]) -> Vec<u8> {
    let plane = pixels.len() / 3;
    let mut planes = vec![0; plane * 3];
    for (channel, to) in planes.chunks_exact_mut(plane).enumerate() {
        for (to, from) in to.iter_mut().zip(pixels.chunks_exact(3)) {
            *to = from[channel];
        }
    }
    planes
}
