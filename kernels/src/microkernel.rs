//! A matrix product for the inside of convolutions and recurrent layers, on one thread: the left matrix is read as it
//! lies in memory, the right one in vectors, and the sums of a block stay in registers.

use aligned_vec::{AVec, ConstAlign};
use pulp::Simd;

use crate::matrix::Matrix;
use crate::simd::{Level, panel_vectors};

/// The left matrix, `[m, k]`: element `(row, step)` is at `row * row_stride + step * step_stride`.
#[derive(Clone, Copy)]
pub(crate) struct Left<'a> {
    pub values: &'a [f32],
    pub row_stride: usize,
    pub step_stride: usize,
}

/// The right matrix, `[k, n]`.
#[derive(Clone, Copy)]
pub(crate) struct Right<'a> {
    pub values: &'a [f32],
    pub layout: Layout,
}

/// How a right matrix lies in memory.
#[derive(Clone, Copy)]
pub(crate) enum Layout {
    /// Column panels one after the other, each `[k, width of the panel]`.
    Panels,
    /// Rows of this many values.
    Rows(usize),
}

/// The product, `[m, n]`.
pub(crate) struct Product<'a> {
    pub values: &'a mut [f32],
    /// The distance from one row to the next.
    pub stride: usize,
    /// Whether the product is added to what is there.
    pub accumulate: bool,
}

/// Multiplies `left[m, k]` by `right[k, n]`. `n` is a multiple of the lanes of a register.
#[inline(always)]
pub(crate) fn multiply<S: Simd>(
    simd: S,
    [m, k, n]: [usize; 3],
    left: Left<'_>,
    right: Right<'_>,
    out: Product<'_>,
) {
    let lanes = S::F32_LANES;
    let widest = panel_vectors(S::REGISTER_COUNT);
    let vectors = n / lanes;
    let mut first = 0;
    while first < vectors {
        let width = widest.min(vectors - first);
        let column = first * lanes;
        let (start, step) = match right.layout {
            Layout::Panels => (column * k, width * lanes),
            Layout::Rows(stride) => (column, stride),
        };
        let mut row = 0;
        while row < m {
            let block = Block {
                k,
                left: Left {
                    values: &left.values[row * left.row_stride..],
                    ..left
                },
                right: &right.values[start..],
                right_step: step,
                out_stride: out.stride,
                accumulate: out.accumulate,
            };
            let out = &mut out.values[row * out.stride + column..];
            row += block.run_widest(simd, width, m - row, out);
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
    /// Packs a matrix for products at this level.
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

    /// Returns the number of columns, with those of zeros: the distance between the rows of a product.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Computes `out[m, width] = left[m, k] * self`, or `+=`; the rows of `left` are `stride` apart.
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
        let right = Right {
            values: &self.values,
            layout: Layout::Panels,
        };
        let out = Product {
            values: out,
            stride: self.width,
            accumulate,
        };
        multiply(simd, [m, k, self.width], left, right, out);
    }
}

/// The arguments of a block of `ROWS x VECTORS` registers.
struct Block<'a> {
    k: usize,
    left: Left<'a>,
    right: &'a [f32],
    right_step: usize,
    out_stride: usize,
    accumulate: bool,
}

impl Block<'_> {
    /// Computes as many of the remaining rows as fit the registers, `width` vectors wide. Returns how many.
    #[inline(always)]
    fn run_widest<S: Simd>(&self, simd: S, width: usize, rows: usize, out: &mut [f32]) -> usize {
        match width {
            4 => match rows {
                6.. => self.run::<S, 6, 4>(simd, out),
                4.. => self.run::<S, 4, 4>(simd, out),
                2.. => self.run::<S, 2, 4>(simd, out),
                _ => self.run::<S, 1, 4>(simd, out),
            },
            3 => match rows {
                8.. => self.run::<S, 8, 3>(simd, out),
                4.. => self.run::<S, 4, 3>(simd, out),
                2.. => self.run::<S, 2, 3>(simd, out),
                _ => self.run::<S, 1, 3>(simd, out),
            },
            2 if S::REGISTER_COUNT >= 32 && rows >= 12 => self.run::<S, 12, 2>(simd, out),
            2 => match rows {
                6.. => self.run::<S, 6, 2>(simd, out),
                4.. => self.run::<S, 4, 2>(simd, out),
                2.. => self.run::<S, 2, 2>(simd, out),
                _ => self.run::<S, 1, 2>(simd, out),
            },
            _ => match rows {
                8.. => self.run::<S, 8, 1>(simd, out),
                4.. => self.run::<S, 4, 1>(simd, out),
                _ => self.run::<S, 1, 1>(simd, out),
            },
        }
    }

    /// Computes `ROWS` rows, `VECTORS` wide. Returns how many rows.
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
            // SAFETY: the range ends at `last_right` at the latest, because `step < k`, and the assertion above has
            // checked that one. One check for the whole block instead of ROWS + 1 in every step is what makes the loop
            // run at full speed.
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
                // SAFETY: `index` is at most `last_left`, because `i < ROWS` and `step < k`, and the assertion above
                // has checked that one.
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
