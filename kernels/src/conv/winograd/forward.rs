//! The convolution, with bias, rectifier, and max-pooling if asked for.

use std::mem::MaybeUninit;

use aligned_vec::AVec;
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::tiles::{Maps, Tiles};
use super::transforms::{Filters, POSITIONS, StripLayout, TILE, TransformFilters, output_tile};
use crate::bands::bands;
use crate::conv::shape::ConvShape;
use crate::microkernel::{Layout, Left, Product, Right, multiply};
use crate::rectifier::Rectifier;
use crate::scratch::Scratch;
use crate::simd::Level;
use crate::transpose::Transposer;
use crate::uninit;

/// Computes the convolution: images `[n, in, h, w]`, weights `[out, in, 3, 3]` and bias `[out]` to `[n, out, h', w']`.
pub(crate) fn forward(
    level: Level,
    shape: &ConvShape,
    [images, weights, bias]: [&[f32]; 3],
    rectifier: Rectifier,
) -> Vec<f32> {
    shape.assert_lengths(images, weights, bias);
    Convolution {
        level,
        tiles: Tiles::new(shape, shape.output(), level),
        batch: shape.batch,
        maps: Maps::Plain(images),
        filters: Filters::forward(weights, shape),
        bias,
        rectifier,
    }
    .run(Vec::new())
}

/// Computes the convolution and max-pools it over windows of 2 x 2. What is pooled away is never written to memory.
/// The second result are the places of the largest values, as in [`Maps::Pooled`].
pub(crate) fn forward_pooled(
    level: Level,
    shape: &ConvShape,
    [images, weights, bias]: [&[f32]; 3],
    rectifier: Rectifier,
) -> (Vec<f32>, Vec<u8>) {
    shape.assert_lengths(images, weights, bias);
    let tiles = Tiles::new(shape, shape.even_output(), level);
    let [height, width] = tiles.output.map(|length| length / 2);
    let row = width * tiles.padded[1];
    let mut values = Vec::new();
    let write = |argmax: &mut [MaybeUninit<u8>]| {
        let mut rows: Vec<&mut [MaybeUninit<u8>]> = Vec::with_capacity(shape.batch * tiles.grid[0]);
        for image in argmax.chunks_exact_mut(height * row) {
            rows.extend(image.chunks_mut(TILE / 2 * row));
        }
        let convolution = Convolution {
            level,
            tiles,
            batch: shape.batch,
            maps: Maps::Plain(images),
            filters: Filters::forward(weights, shape),
            bias,
            rectifier,
        };
        values = convolution.run(rows);
    };
    // SAFETY: `rows` has one part of `argmax` for each row of tiles, `run` gives each row of tiles its part, and
    // `pool` writes all of it.
    #[allow(unsafe_code)]
    let argmax = unsafe { uninit::vec(shape.batch * height * row, write) };
    (values, argmax)
}

/// A convolution by tiles.
pub(crate) struct Convolution<'a> {
    pub level: Level,
    pub tiles: Tiles,
    pub batch: usize,
    pub maps: Maps<'a>,
    pub filters: Filters<'a>,
    pub bias: &'a [f32],
    pub rectifier: Rectifier,
}

impl Convolution<'_> {
    /// Computes the output. It is max-pooled if there are rows of `argmax` to write, one for each row of tiles.
    pub fn run(self, argmax: Vec<&mut [MaybeUninit<u8>]>) -> Vec<f32> {
        let tiles = self.tiles;
        let [from, to] = tiles.channels;
        let mut panels = AVec::<f32>::new(64);
        panels.resize(POSITIONS * from * tiles.padded[1], 0.0);
        self.level.run(TransformFilters {
            filters: self.filters,
            channels: [from, to],
            panels: &mut panels,
        });
        let mut bias = vec![0.0; tiles.padded[1]];
        bias[..to].copy_from_slice(self.bias);

        let count = self.batch * tiles.grid[0];
        assert!(argmax.is_empty() || argmax.len() == count);
        let shrink = if argmax.is_empty() { 1 } else { 2 };
        let [height, width] = tiles.output.map(|length| length / shrink);
        let plane = height * width;
        let write = |output: &mut [MaybeUninit<f32>]| {
            let mut rows: Vec<TileRow<'_>> = bands(output, [to, plane], TILE / shrink * width)
                .into_iter()
                .map(|planes| TileRow {
                    planes,
                    argmax: None,
                })
                .collect();
            for (row, argmax) in rows.iter_mut().zip(argmax) {
                row.argmax = Some(argmax);
            }
            rows.par_chunks_mut(tiles.rows)
                .enumerate()
                .for_each(|(index, rows)| {
                    Scratch::with(|scratch| {
                        self.level.run(Block {
                            tiles,
                            maps: self.maps,
                            panels: &panels,
                            bias: &bias,
                            bounds: self.rectifier.bounds(),
                            first: index * tiles.rows,
                            rows,
                            scratch,
                        });
                    });
                });
        };
        // SAFETY: the rows of tiles cover every plane, and each block writes every line of its rows.
        #[allow(unsafe_code)]
        unsafe {
            uninit::vec(self.batch * to * plane, write)
        }
    }
}

/// The output of one row of tiles.
struct TileRow<'a> {
    /// Its lines in every output plane.
    planes: Vec<&'a mut [MaybeUninit<f32>]>,
    /// The places of the largest values if the output is pooled, `[row, column, channel]`.
    argmax: Option<&'a mut [MaybeUninit<u8>]>,
}

/// Some rows of tiles.
struct Block<'a, 'b> {
    tiles: Tiles,
    maps: Maps<'a>,
    panels: &'a [f32],
    bias: &'a [f32],
    bounds: (f32, f32),
    /// The number of the first row, among those of all images.
    first: usize,
    rows: &'a mut [TileRow<'b>],
    scratch: &'a mut Scratch,
}

impl WithSimd for Block<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let tiles = &self.tiles;
        let [input_len, output_len] = tiles.transformed_len();
        let strip_len = tiles.strip_len();
        let [inputs, outputs, strip, line] =
            (self.scratch).take([input_len, output_len, strip_len, strip_len]);
        let rows = self.first..self.first + self.rows.len();
        tiles.transform_inputs(simd, self.maps, rows, [strip, line], inputs);
        let count = self.rows.len() * tiles.grid[1];
        let [from, to] = tiles.padded;
        let strides = [from, to].map(|channels| Tiles::position_stride(count, channels));
        let channels = tiles.channels[0];
        for position in 0..POSITIONS {
            let left = Left {
                values: &inputs[position * strides[0]..][..strides[0]],
                row_stride: from,
                step_stride: 1,
            };
            let right = Right {
                values: &self.panels[position * channels * to..][..channels * to],
                layout: Layout::Panels,
            };
            let product = Product {
                values: &mut outputs[position * strides[1]..][..strides[1]],
                stride: to,
                accumulate: false,
            };
            multiply(simd, [count, channels, to], left, right, product);
        }
        let transposer = Transposer::new(S::F32_LANES);
        for (slot, row) in self.rows.iter_mut().enumerate() {
            let outputs = &outputs[slot * tiles.grid[1] * to..];
            for tile in 0..tiles.grid[1] {
                let layout = StripLayout {
                    columns: tiles.grid[1] * TILE,
                    left: tile * TILE,
                    channels: to,
                };
                let transformed = &outputs[tile * to..];
                output_tile(
                    simd,
                    transformed,
                    strides[1],
                    self.bias,
                    self.bounds,
                    strip,
                    layout,
                );
            }
            row.write(tiles, transposer, strip, line);
        }
    }
}

impl TileRow<'_> {
    /// Writes the output from a strip of it, `[row, column, channel]`.
    #[inline(always)]
    fn write(&mut self, tiles: &Tiles, transposer: Transposer, strip: &[f32], line: &mut [f32]) {
        let channels = tiles.padded[1];
        let stride = tiles.grid[1] * TILE * channels;
        let width = tiles.output[1];
        match &mut self.argmax {
            None => {
                transposer.channels_first(strip, [stride, channels], &mut self.planes, width);
            }
            Some(argmax) => {
                let width = width / 2;
                pool(strip, [stride, channels], line, argmax, width);
                let stride = width * channels;
                transposer.channels_first(line, [stride, channels], &mut self.planes, width);
            }
        }
    }
}

/// Writes the largest of each 2 x 2 pixels of `[row, column, channel]`, and its place. NaN wins over numbers.
#[inline(always)]
fn pool(
    strip: &[f32],
    [stride, channels]: [usize; 2],
    pooled: &mut [f32],
    argmax: &mut [MaybeUninit<u8>],
    width: usize,
) {
    let row = width * channels;
    let rows = argmax.len() / row;
    // So that all of `argmax` is written.
    assert!(argmax.len() == rows * row && pooled.len() >= rows * row);
    assert!(stride >= 2 * row && strip.len() >= 2 * stride * rows);
    let lines = pooled
        .chunks_exact_mut(row)
        .zip(argmax.chunks_exact_mut(row));
    for ((line, argmax), rows) in lines.zip(strip.chunks_exact(2 * stride)) {
        let (upper, lower) = rows.split_at(stride);
        let pixels = upper
            .chunks_exact(2 * channels)
            .zip(lower.chunks_exact(2 * channels));
        let windows = line
            .chunks_exact_mut(channels)
            .zip(argmax.chunks_exact_mut(channels));
        for ((values, argmax), (upper, lower)) in windows.zip(pixels) {
            let (a, b) = upper.split_at(channels);
            let (c, d) = lower.split_at(channels);
            for (channel, (value, place)) in values.iter_mut().zip(argmax).enumerate() {
                let mut best = (a[channel], 0);
                for candidate in [(b[channel], 1), (c[channel], 2), (d[channel], 3)] {
                    let wins = (candidate.0 > best.0) | candidate.0.is_nan();
                    best = if wins { candidate } else { best };
                }
                *value = best.0;
                place.write(best.1);
            }
        }
    }
}
