//! Max-pooling over square windows that do not overlap.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::fresh::{self, Fresh};
use crate::simd::Level;

/// The sizes of one max-pooling: planes of `input` rows and columns, windows of `size x size`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolShape {
    /// Pictures times channels.
    pub planes: usize,
    /// Height and width of a plane.
    pub input: [usize; 2],
    /// The side of a window, from 1 to 16.
    pub size: usize,
}

impl PoolShape {
    /// Height and width after pooling; rows and columns that fill no window are left out.
    pub fn output(&self) -> [usize; 2] {
        self.input.map(|length| length / self.size)
    }

    /// Whether there is something to compute, and the place in a window fits a byte.
    pub(crate) fn is_valid(&self) -> bool {
        (1..=16).contains(&self.size) && self.planes > 0 && self.output().iter().all(|&n| n > 0)
    }
}

/// The largest value of each window, and its place in the window, row by row.
pub(crate) fn forward(level: Level, shape: &PoolShape, images: &[f32]) -> (Vec<f32>, Vec<u8>) {
    let [height, width] = shape.output();
    let plane = height * width;
    let mut output = vec![0.0; shape.planes * plane];
    let mut places = vec![0; shape.planes * plane];
    let input = shape.input[0] * shape.input[1];
    output
        .par_chunks_mut(plane)
        .zip(places.par_chunks_mut(plane))
        .zip(images.par_chunks(input))
        .for_each(|((output, places), image)| {
            level.run(Forward {
                shape,
                image,
                output,
                places,
            });
        });
    (output, places)
}

struct Forward<'a> {
    shape: &'a PoolShape,
    image: &'a [f32],
    output: &'a mut [f32],
    places: &'a mut [u8],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (width, size) = (self.shape.input[1], self.shape.size);
        let columns = self.shape.output()[1];
        let lines = self.output.chunks_exact_mut(columns);
        let places = self.places.chunks_exact_mut(columns);
        for ((line, places), rows) in lines.zip(places).zip(self.image.chunks_exact(size * width)) {
            line.fill(f32::NEG_INFINITY);
            for y in 0..size {
                let row = &rows[y * width..][..columns * size];
                if size == 2 {
                    let (pairs, _) = row.as_chunks::<2>();
                    let first = 2 * y as u8;
                    for ((value, place), pair) in line.iter_mut().zip(places.iter_mut()).zip(pairs)
                    {
                        let right = larger(pair[1], pair[0]);
                        let best = if right { pair[1] } else { pair[0] };
                        let take = larger(best, *value);
                        *place = if take {
                            first + u8::from(right)
                        } else {
                            *place
                        };
                        *value = if take { best } else { *value };
                    }
                } else {
                    for ((value, place), window) in line
                        .iter_mut()
                        .zip(places.iter_mut())
                        .zip(row.chunks_exact(size))
                    {
                        for (x, candidate) in window.iter().enumerate() {
                            if larger(*candidate, *value) {
                                *value = *candidate;
                                *place = (y * size + x) as u8;
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Whether the candidate wins. NaN wins over numbers, so that it is seen and not pooled away.
#[inline(always)]
fn larger(candidate: f32, value: f32) -> bool {
    (candidate > value) | candidate.is_nan()
}

/// The gradient for the images: each goes to the place its value came from.
pub(crate) fn backward(
    level: Level,
    shape: &PoolShape,
    places: &[u8],
    gradient: &[f32],
) -> Vec<f32> {
    let [height, width] = shape.output();
    let plane = height * width;
    let input = shape.input[0] * shape.input[1];
    let write = |result: &mut [Fresh<f32>]| {
        result
            .par_chunks_mut(input)
            .zip(places.par_chunks(plane))
            .zip(gradient.par_chunks(plane))
            .for_each(|((image, places), gradient)| {
                level.run(Backward {
                    shape,
                    places,
                    gradient,
                    image,
                });
            });
    };
    // SAFETY: there is a plane of places and gradients for each plane of the result, and all of it is written.
    #[allow(unsafe_code)]
    unsafe {
        fresh::vector(shape.planes * input, write)
    }
}

struct Backward<'a> {
    shape: &'a PoolShape,
    places: &'a [u8],
    gradient: &'a [f32],
    image: &'a mut [Fresh<f32>],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let size = self.shape.size;
        let [height, width] = self.shape.output();
        let columns = self.shape.input[1];
        let (pooled, rest) = self.image.split_at_mut(height * size * columns);
        rest.fill(Fresh::new(0.0));
        for (y, row) in pooled.chunks_exact_mut(columns).enumerate() {
            let first = (y % size * size) as u8;
            let places = &self.places[y / size * width..][..width];
            let gradient = &self.gradient[y / size * width..][..width];
            let (row, rest) = row.split_at_mut(width * size);
            rest.fill(Fresh::new(0.0));
            if size == 2 {
                let (pairs, _) = row.as_chunks_mut::<2>();
                for ((pair, place), gradient) in pairs.iter_mut().zip(places).zip(gradient) {
                    pair[0].write(if *place == first { *gradient } else { 0.0 });
                    pair[1].write(if *place == first + 1 { *gradient } else { 0.0 });
                }
            } else {
                let windows = row.chunks_exact_mut(size);
                for ((window, place), gradient) in windows.zip(places).zip(gradient) {
                    for (value, here) in window.iter_mut().zip(first..=u8::MAX) {
                        value.write(if *place == here { *gradient } else { 0.0 });
                    }
                }
            }
        }
    }
}
