//! The matrix product inside the convolutions and recurrent layers: small, unpacked on the left, vectors on the
//! right.

use aligned_vec::{AVec, ConstAlign};
use pulp::Simd;

use crate::matrix::Matrix;
use crate::simd::Level;

/// The widest panel, in registers: with 32 registers 6 x 4 sums stay in them, with 16 registers 6 x 2.
pub(crate) const fn panel_vectors(register_count: usize) -> usize {
    if register_count >= 32 { 4 } else { 2 }
}

/// The left matrix, `[m, k]`: element `(row, step)` is at `row * row_stride + step * step_stride`.
#[derive(Clone, Copy)]
pub(crate) struct Left<'a> {
    pub values: &'a [f32],
    pub row_stride: usize,
    pub step_stride: usize,
}

/// How the right matrix, `[k, n]`, lies in memory.
#[derive(Clone, Copy)]
pub(crate) enum RightLayout {
    /// Column panels one after the other, each `[k, width of the panel]`.
    Panels,
    /// Rows of this many values.
    Rows(usize),
}

/// `out[m, n] = left[m, k] * right[k, n]`, or `+=`. `n` is a multiple of the lanes; the rows of `out` are
/// `out_stride` apart.
#[inline(always)]
#[allow(clippy::too_many_arguments)] // the sizes of a matrix product
pub(crate) fn multiply<S: Simd>(
    simd: S,
    [m, k, n]: [usize; 3],
    left: Left<'_>,
    right: &[f32],
    layout: RightLayout,
    out: &mut [f32],
    out_stride: usize,
    accumulate: bool,
) {
    let lanes = S::F32_LANES;
    let widest = panel_vectors(S::REGISTER_COUNT);
    let vectors = n / lanes;
    let mut first = 0;
    while first < vectors {
        let width = widest.min(vectors - first);
        let column = first * lanes;
        let (start, step) = match layout {
            RightLayout::Panels => (column * k, width * lanes),
            RightLayout::Rows(stride) => (column, stride),
        };
        let right = &right[start..];
        let mut row = 0;
        while row < m {
            let block = Block {
                k,
                left: Left {
                    values: &left.values[row * left.row_stride..],
                    ..left
                },
                right,
                right_step: step,
                out_stride,
                accumulate,
            };
            let out = &mut out[row * out_stride + column..];
            let rest = m - row;
            row += match width {
                4 => match rest {
                    6.. => block.run::<S, 6, 4>(simd, out),
                    4.. => block.run::<S, 4, 4>(simd, out),
                    2.. => block.run::<S, 2, 4>(simd, out),
                    _ => block.run::<S, 1, 4>(simd, out),
                },
                3 => match rest {
                    8.. => block.run::<S, 8, 3>(simd, out),
                    4.. => block.run::<S, 4, 3>(simd, out),
                    2.. => block.run::<S, 2, 3>(simd, out),
                    _ => block.run::<S, 1, 3>(simd, out),
                },
                2 if S::REGISTER_COUNT >= 32 && rest >= 12 => block.run::<S, 12, 2>(simd, out),
                2 => match rest {
                    6.. => block.run::<S, 6, 2>(simd, out),
                    4.. => block.run::<S, 4, 2>(simd, out),
                    2.. => block.run::<S, 2, 2>(simd, out),
                    _ => block.run::<S, 1, 2>(simd, out),
                },
                _ => match rest {
                    8.. => block.run::<S, 8, 1>(simd, out),
                    4.. => block.run::<S, 4, 1>(simd, out),
                    _ => block.run::<S, 1, 1>(simd, out),
                },
            };
        }
        first += width;
    }
}

/// A right matrix, `[k, n]`, packed once for many products, with columns of zeros up to whole registers.
pub(crate) struct Panels {
    values: AVec<f32, ConstAlign<64>>,
    width: usize,
}

impl Panels {
    /// For products at this level.
    pub(crate) fn pack(level: Level, [k, n]: [usize; 2], matrix: Matrix<'_>) -> Self {
        let lanes = level.lanes();
        let width = n.next_multiple_of(lanes);
        let widest = level.panel_vectors() * lanes;
        let mut values = AVec::new(64);
        values.resize(k * width, 0.0);
        for first in (0..n).step_by(widest) {
            let panel = widest.min(width - first);
            let lines = values[first * k..].chunks_exact_mut(panel);
            for (row, line) in lines.take(k).enumerate() {
                for (value, column) in line.iter_mut().zip(first..n) {
                    *value = matrix.values[row * matrix.row_stride + column * matrix.column_stride];
                }
            }
        }
        Self { values, width }
    }

    /// Columns, with those of zeros: how far apart the rows of a product are.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// `out[m, width] = left[m, k] * self`, or `+=`; the rows of `left` are `stride` apart.
    #[inline(always)]
    pub(crate) fn multiply<S: Simd>(
        &self,
        simd: S,
        [m, k]: [usize; 2],
        left: &[f32],
        stride: usize,
        out: &mut [f32],
        accumulate: bool,
    ) {
        let left = Left {
            values: left,
            row_stride: stride,
            step_stride: 1,
        };
        multiply(
            simd,
            [m, k, self.width],
            left,
            &self.values,
            RightLayout::Panels,
            out,
            self.width,
            accumulate,
        );
    }
}

/// What a block of `ROWS x VECTORS` registers needs.
struct Block<'a> {
    k: usize,
    left: Left<'a>,
    right: &'a [f32],
    right_step: usize,
    out_stride: usize,
    accumulate: bool,
}

impl Block<'_> {
    /// One block; says how many rows it did.
    #[inline(always)]
    fn run<S: Simd, const ROWS: usize, const VECTORS: usize>(
        &self,
        simd: S,
        out: &mut [f32],
    ) -> usize {
        let Self { k, left, right, .. } = *self;
        let lanes = S::F32_LANES;
        let mut sums = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
        if k > 0 {
            let last_left = (ROWS - 1) * left.row_stride + (k - 1) * left.step_stride;
            let last_right = (k - 1) * self.right_step + VECTORS * lanes;
            assert!(last_left < left.values.len() && last_right <= right.len());
        }
        for step in 0..k {
            // SAFETY: `step < k`, so this stays within what the assertion above has checked; one check for
            // the whole block instead of ROWS + 1 in every step is what makes the loop run at full speed.
            #[allow(unsafe_code)]
            let row = unsafe {
                let start = step * self.right_step;
                right.get_unchecked(start..start + VECTORS * lanes)
            };
            let mut vectors = [simd.splat_f32s(0.0); VECTORS];
            for (vector, value) in vectors.iter_mut().zip(S::as_simd_f32s(row).0) {
                *vector = *value;
            }
            for (i, sums) in sums.iter_mut().enumerate() {
                let index = i * left.row_stride + step * left.step_stride;
                // SAFETY: as above.
                #[allow(unsafe_code)]
                let value = simd.splat_f32s(unsafe { *left.values.get_unchecked(index) });
                for (sum, vector) in sums.iter_mut().zip(vectors) {
                    *sum = simd.mul_add_e_f32s(value, vector, *sum);
                }
            }
        }
        for (i, sums) in sums.iter().enumerate() {
            let out = &mut out[i * self.out_stride..][..VECTORS * lanes];
            let out = S::as_mut_simd_f32s(out).0;
            for (out, sum) in out.iter_mut().zip(sums) {
                *out = if self.accumulate {
                    simd.add_f32s(*out, *sum)
                } else {
                    *sum
                };
            }
        }
        ROWS
    }
}
