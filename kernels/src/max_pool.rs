//! Max-pooling over square windows that do not overlap.
//!
//! ```text
//! forward    y[i] = max over k in window of x[size i + k]        argmax[i] = the first k that reaches it
//! backward   dx[size i + k] = dy[i] where k = argmax[i], else 0
//! ```
//!
//! NaN wins over every number, so that it is seen and not pooled away.

use std::mem::MaybeUninit;
use std::ops::Deref;

use burn::tensor::ops::MaxPoolOptions;
use burn::tensor::{Shape, Tensor, module};
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::dispatch::{apply, is_supported};
use crate::operation::{Backward, Forward, Kept, Operation};
use crate::simd::Level;
use crate::uninit;

/// Applies max-pooling over windows of `size x size` that do not overlap. Rows and columns that fill no window are left
/// out.
///
/// # Shapes
/// - `images`: `[batch, channels, height, width]`
/// - output: `[batch, channels, height / size, width / size]`
///
/// # Examples
/// ```
/// use burn::tensor::{Device, Tensor, TensorData};
///
/// let images = Tensor::from_data([[[[1.0, 2.0, 9.0], [3.0, 4.0, 9.0]]]], &Device::flex());
/// let output = kernels::max_pool2d(images, 2);
/// assert_eq!(output.into_data(), TensorData::from([[[[4.0f32]]]]));
/// ```
pub fn max_pool2d(images: Tensor<4>, size: usize) -> Tensor<4> {
    let [batch, channels, height, width] = images.dims();
    let operation = MaxPool {
        planes: batch * channels,
        input: [height, width],
        size,
    };
    if !operation.is_valid() || !is_supported(&images) {
        let options = MaxPoolOptions::new([size; 2]).with_stride([size; 2]);
        return module::max_pool2d(images, options);
    }
    let [output] = apply(operation, [images.into_dispatch()]);
    Tensor::from_dispatch(output)
}

/// The operation of [`max_pool2d`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct MaxPool {
    /// Number of images times number of channels.
    pub planes: usize,
    /// Height and width of a plane.
    pub input: [usize; 2],
    /// The side of a window, from 1 to 16, so that a place in it fits a byte.
    pub size: usize,
}

impl MaxPool {
    /// Returns the height and width of the output.
    fn output(&self) -> [usize; 2] {
        self.input.map(|length| length / self.size)
    }

    fn is_valid(&self) -> bool {
        (1..=16).contains(&self.size) && self.planes > 0 && self.output().iter().all(|&n| n > 0)
    }
}

impl Operation<1> for MaxPool {
    /// The place of each largest value in its window, row by row.
    type Saved = Vec<u8>;

    fn kept(&self) -> Kept<1> {
        Kept {
            inputs: [false],
            output: false,
        }
    }

    fn output_shape(&self, [images]: [&Shape; 1]) -> Shape {
        let [height, width] = self.output();
        Shape::new([images[0], images[1], height, width])
    }

    fn forward(&self, level: Level, [images]: [&[f32]; 1]) -> Forward<Vec<u8>> {
        let [height, width] = self.output();
        let plane = height * width;
        let input = self.input[0] * self.input[1];
        assert_eq!(images.len(), self.planes * input);
        let mut output = vec![0.0; self.planes * plane];
        let mut argmax = vec![0; self.planes * plane];
        output
            .par_chunks_mut(plane)
            .zip(argmax.par_chunks_mut(plane))
            .zip(images.par_chunks(input))
            .for_each(|((output, argmax), image)| {
                level.run(PoolPlane {
                    shape: self,
                    image,
                    output,
                    argmax,
                });
            });
        Forward::new(output, argmax)
    }

    fn backward<T: Deref<Target = [f32]>>(
        &self,
        level: Level,
        pass: Backward<'_, T, Vec<u8>, 1>,
    ) -> [Option<Vec<f32>>; 1] {
        let (argmax, gradient) = (&pass.saved, &*pass.gradient);
        let [height, width] = self.output();
        let plane = height * width;
        let input = self.input[0] * self.input[1];
        assert_eq!(argmax.len(), self.planes * plane);
        assert_eq!(gradient.len(), self.planes * plane);
        let write = |images: &mut [MaybeUninit<f32>]| {
            images
                .par_chunks_mut(input)
                .zip(argmax.par_chunks(plane))
                .zip(gradient.par_chunks(plane))
                .for_each(|((image, argmax), gradient)| {
                    level.run(UnpoolPlane {
                        shape: self,
                        argmax,
                        gradient,
                        image,
                    });
                });
        };
        // SAFETY: the assertions above give each plane of the images its places and gradients, and `UnpoolPlane`
        // writes all of its plane.
        #[allow(unsafe_code)]
        let images = unsafe { uninit::vec(self.planes * input, write) };
        [Some(images)]
    }
}

/// Pools one plane.
struct PoolPlane<'a> {
    shape: &'a MaxPool,
    image: &'a [f32],
    output: &'a mut [f32],
    argmax: &'a mut [u8],
}

impl WithSimd for PoolPlane<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (width, size) = (self.shape.input[1], self.shape.size);
        let columns = self.shape.output()[1];
        let lines = self.output.chunks_exact_mut(columns);
        let argmax = self.argmax.chunks_exact_mut(columns);
        for ((line, argmax), rows) in lines.zip(argmax).zip(self.image.chunks_exact(size * width)) {
            line.fill(f32::NEG_INFINITY);
            for y in 0..size {
                let row = &rows[y * width..][..columns * size];
                if size == 2 {
                    let (pairs, _) = row.as_chunks::<2>();
                    let first = 2 * y as u8;
                    for ((value, place), pair) in line.iter_mut().zip(argmax.iter_mut()).zip(pairs)
                    {
                        let right = is_larger(pair[1], pair[0]);
                        let best = if right { pair[1] } else { pair[0] };
                        let take = is_larger(best, *value);
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
                        .zip(argmax.iter_mut())
                        .zip(row.chunks_exact(size))
                    {
                        for (x, candidate) in window.iter().enumerate() {
                            if is_larger(*candidate, *value) {
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

/// Returns whether the candidate is larger. NaN is larger than every number.
#[inline(always)]
fn is_larger(candidate: f32, value: f32) -> bool {
    (candidate > value) | candidate.is_nan()
}

/// Writes the gradient of one plane.
struct UnpoolPlane<'a> {
    shape: &'a MaxPool,
    argmax: &'a [u8],
    gradient: &'a [f32],
    image: &'a mut [MaybeUninit<f32>],
}

impl WithSimd for UnpoolPlane<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let size = self.shape.size;
        let [height, width] = self.shape.output();
        let columns = self.shape.input[1];
        let (pooled, rest) = self.image.split_at_mut(height * size * columns);
        rest.fill(MaybeUninit::new(0.0));
        for (y, row) in pooled.chunks_exact_mut(columns).enumerate() {
            let first = (y % size * size) as u8;
            let argmax = &self.argmax[y / size * width..][..width];
            let gradient = &self.gradient[y / size * width..][..width];
            let (row, rest) = row.split_at_mut(width * size);
            rest.fill(MaybeUninit::new(0.0));
            if size == 2 {
                let (pairs, _) = row.as_chunks_mut::<2>();
                for ((pair, place), gradient) in pairs.iter_mut().zip(argmax).zip(gradient) {
                    pair[0].write(if *place == first { *gradient } else { 0.0 });
                    pair[1].write(if *place == first + 1 { *gradient } else { 0.0 });
                }
            } else {
                let windows = row.chunks_exact_mut(size);
                for ((window, place), gradient) in windows.zip(argmax).zip(gradient) {
                    for (value, here) in window.iter_mut().zip(first..=u8::MAX) {
                        value.write(if *place == here { *gradient } else { 0.0 });
                    }
                }
            }
        }
    }
}
