//! How a convolution is cut into tiles, and the values under them.

use std::ops::Range;

use pulp::Simd;

use super::transforms::{PATCH, POSITIONS, StripLayout, TILE, input_tile};
use crate::conv::shape::ConvShape;
use crate::simd::Level;
use crate::transpose::Transposer;

/// Transformed values of one block of tiles, input and output channels together: 1 MB. A block goes through 36 matrix
/// products, so that it has to stay in the second-level cache. Blocks of 1.6 MB made no difference to the step of
/// `brain-tumor-cnn`.
const BLOCK_LEN: usize = 250_000;

/// Minimum number of tiles of a block, so that the products have rows enough for their widest panels (6 to 12 rows)
/// even with many channels.
const MIN_TILES: usize = 8;

/// Images, or the gradient of images, `[n, channel, height, width]`.
#[derive(Clone, Copy)]
pub(crate) enum Maps<'a> {
    /// All values.
    Plain(&'a [f32]),
    /// The gradient of max-pooled images, half as high and wide: each value belongs to the largest pixel of its window
    /// of 2 x 2, and the other three are zero.
    Pooled {
        values: &'a [f32],
        /// The place of each largest pixel in its window, 0 to 3 row by row: `[n, height / 2, width / 2, channel]`,
        /// with the channels in whole registers.
        argmax: &'a [u8],
    },
}

/// The tiles of the output of a convolution, and the sizes of the matrices that it becomes.
#[derive(Clone, Copy)]
pub(crate) struct Tiles {
    /// Numbers of input and output channels.
    pub channels: [usize; 2],
    /// The same in whole registers, counted in values.
    pub padded: [usize; 2],
    /// Height and width of the input.
    pub input: [usize; 2],
    /// Height and width of the output.
    pub output: [usize; 2],
    /// Rows of zeros above the input and columns of zeros to its left.
    pub padding: [usize; 2],
    /// Number of rows of tiles, and of tiles in a row.
    pub grid: [usize; 2],
    /// Number of rows of tiles in a block.
    pub rows: usize,
}

impl Tiles {
    pub fn new(shape: &ConvShape, output: [usize; 2], level: Level) -> Self {
        let lanes = level.lanes();
        let padded = shape.channels.map(|n| n.next_multiple_of(lanes));
        let grid = output.map(|n| n.div_ceil(TILE));
        let values_per_tile = POSITIONS * (padded[0] + padded[1]);
        let tiles = (BLOCK_LEN / values_per_tile).max(MIN_TILES);
        Self {
            channels: shape.channels,
            padded,
            input: shape.input,
            output,
            padding: shape.padding.map(|[before, _]| before),
            grid,
            rows: (tiles / grid[1]).max(1),
        }
    }

    /// Returns the distance from one position to the next of so many transformed tiles. It is a cache line more than
    /// needed: at a power of two, the 36 positions would share a few sets of the cache.
    pub fn position_stride(tiles: usize, channels: usize) -> usize {
        const CACHE_LINE: usize = 16;
        tiles * channels + CACHE_LINE
    }

    /// Returns the number of values of the transformed tiles of one block, for input and output channels.
    pub fn transformed_len(&self) -> [usize; 2] {
        self.padded
            .map(|channels| POSITIONS * Self::position_stride(self.rows * self.grid[1], channels))
    }

    /// Returns the number of values of a strip: of the input rows under one row of tiles, or of its output rows,
    /// whichever are more.
    pub fn strip_len(&self) -> usize {
        let width = self.grid[1] * TILE;
        let input = PATCH * (width + 2) * self.padded[0];
        let output = TILE * width * self.padded[1];
        input.max(output)
    }

    /// Transforms the input under some rows of tiles, `B^T d B`; `rows` counts the rows of tiles of all images.
    #[inline(always)]
    pub fn transform_inputs<S: Simd>(
        &self,
        simd: S,
        images: Maps<'_>,
        rows: Range<usize>,
        [strip, line]: [&mut [f32]; 2],
        transformed: &mut [f32],
    ) {
        let columns = self.grid[1] * TILE + 2;
        let stride = Self::position_stride(rows.len() * self.grid[1], self.padded[0]);
        let transposer = Transposer::new(S::F32_LANES);
        for (slot, row) in rows.enumerate() {
            let (image, row) = (row / self.grid[0], row % self.grid[0]);
            let window = Window {
                size: self.input,
                top: (row * TILE) as isize - self.padding[0] as isize,
                left: -(self.padding[1] as isize),
                rows: PATCH,
                columns,
                channels: self.channels[0],
                padded: self.padded[0],
            };
            window.channels_last(transposer, images, image, strip, line);
            for tile in 0..self.grid[1] {
                let first = (slot * self.grid[1] + tile) * self.padded[0];
                let layout = StripLayout {
                    columns,
                    left: tile * TILE,
                    channels: self.padded[0],
                };
                input_tile(simd, strip, layout, &mut transformed[first..], stride);
            }
        }
    }
}

/// A part of an image; what lies outside of the image is zero.
pub(crate) struct Window {
    /// Height and width of the image.
    pub size: [usize; 2],
    /// The first row and column.
    pub top: isize,
    pub left: isize,
    pub rows: usize,
    pub columns: usize,
    pub channels: usize,
    /// The channels in whole registers, counted in values.
    pub padded: usize,
}

impl Window {
    /// Copies this part of image number `image` to `strip`, `[row, column, channel]`. `line` is working memory.
    #[inline(always)]
    pub fn channels_last(
        &self,
        transposer: Transposer,
        maps: Maps<'_>,
        image: usize,
        strip: &mut [f32],
        line: &mut [f32],
    ) {
        let [height, width] = self.size;
        let padded = self.padded;
        let before = (-self.left).clamp(0, self.columns as isize) as usize;
        let end = (width as isize - self.left).clamp(before as isize, self.columns as isize);
        let length = end as usize - before;
        let pixels = strip.chunks_exact_mut(self.columns * padded);
        for (row, pixels) in pixels.take(self.rows).enumerate() {
            let y = self.top + row as isize;
            if y < 0 || y >= height as isize {
                pixels.fill(0.0);
                continue;
            }
            let y = y as usize;
            pixels[..before * padded].fill(0.0);
            pixels[(before + length) * padded..].fill(0.0);
            let pixels = &mut pixels[before * padded..][..length * padded];
            match maps {
                Maps::Plain(values) => {
                    let values = &values[image * self.channels * height * width..];
                    let start = (y * width)
                        .wrapping_add_signed(self.left)
                        .wrapping_add(before);
                    let layout = [height * width, start];
                    transposer.channels_last(values, layout, self.channels, pixels, padded);
                }
                Maps::Pooled { values, argmax } => {
                    self.unpool_row(transposer, (values, argmax), [image, y], line, pixels);
                }
            }
        }
    }

    /// Writes row `y` of the gradient of an image from the gradient of the max-pooled image.
    #[inline(always)]
    fn unpool_row(
        &self,
        transposer: Transposer,
        (values, argmax): (&[f32], &[u8]),
        [image, y]: [usize; 2],
        line: &mut [f32],
        pixels: &mut [f32],
    ) {
        let [height, width] = self.size.map(|length| length / 2);
        let padded = self.padded;
        let values = &values[image * self.channels * height * width..];
        let line = &mut line[..width * padded];
        let layout = [height * width, y / 2 * width];
        transposer.channels_last(values, layout, self.channels, line, padded);
        let argmax = &argmax[(image * height + y / 2) * width * padded..];
        let first = 2 * (y % 2) as u8;
        let pooled = line.chunks_exact(padded).zip(argmax.chunks_exact(padded));
        for (pair, (values, argmax)) in pixels.chunks_exact_mut(2 * padded).zip(pooled) {
            let (left, right) = pair.split_at_mut(padded);
            let values = values.iter().zip(argmax);
            for ((left, right), (value, place)) in left.iter_mut().zip(right).zip(values) {
                *left = if *place == first { *value } else { 0.0 };
                *right = if *place == first + 1 { *value } else { 0.0 };
            }
        }
    }
}
