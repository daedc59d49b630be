//! Products of matrices of any layout, by the crate `gemm`.

use std::mem::MaybeUninit;

/// A matrix in memory: element `(row, column)` is at `row * row_stride + column * column_stride`.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    pub values: &'a [f32],
    pub row_stride: usize,
    pub column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// Returns the matrix whose rows of `width` values follow each other.
    pub(crate) fn rows(values: &'a [f32], width: usize) -> Self {
        Self {
            values,
            row_stride: width,
            column_stride: 1,
        }
    }

    /// Returns the transpose of the matrix whose rows of `width` values follow each other.
    pub(crate) fn transposed(values: &'a [f32], width: usize) -> Self {
        Self {
            values,
            row_stride: 1,
            column_stride: width,
        }
    }

    /// Returns the largest offset of an element, for a matrix of this many rows and columns.
    fn last(&self, [rows, columns]: [usize; 2]) -> usize {
        (rows - 1) * self.row_stride + (columns - 1) * self.column_stride
    }
}

/// The memory of a product: a matrix row by row.
pub(crate) enum Out<'a> {
    /// New memory, which is initialised.
    Write(&'a mut [MaybeUninit<f32>]),
    /// Values that are overwritten.
    Overwrite(&'a mut [f32]),
    /// Values to which the product is added.
    Add(&'a mut [f32]),
}

/// How many threads compute a product. It changes no bit of the result.
#[derive(Clone, Copy)]
pub(crate) enum Threads {
    /// The calling thread: the work around is parallel already.
    One,
    /// All threads.
    All,
}

/// Computes `out[m, n] = left[m, k] * right[k, n]`, or `+=`. With [`Out::Write`], all of `out[..m * n]` is initialised.
///
/// # Panics
/// If a matrix does not lie inside its slice, or `k` is 0.
pub(crate) fn multiply_any(
    [m, k, n]: [usize; 3],
    left: Matrix<'_>,
    right: Matrix<'_>,
    out: Out<'_>,
    threads: Threads,
) {
    let (out, length, accumulate) = match out {
        Out::Write(values) => (values.as_mut_ptr().cast::<f32>(), values.len(), false),
        Out::Overwrite(values) => (values.as_mut_ptr(), values.len(), false),
        Out::Add(values) => (values.as_mut_ptr(), values.len(), true),
    };
    if m == 0 || n == 0 {
        return;
    }
    assert!(k > 0 && length >= m * n);
    assert!(left.last([m, k]) < left.values.len() && right.last([k, n]) < right.values.len());
    // SAFETY: the assertions above keep every element of the three matrices inside of its slice, and `out` is borrowed
    // mutably, so that it overlaps neither of the others. New memory is only written, not read: `accumulate` is off.
    #[allow(unsafe_code)]
    unsafe {
        multiply_raw([m, k, n], left, right, out, accumulate, threads);
    }
}

/// Multiplies by the crate `gemm`.
///
/// # Safety
/// The elements of `left` and `right` must lie inside their slices, and `out` must point to `m * n` values that may be
/// written, overlap neither slice, and are initialised if `accumulate` is set.
#[cfg(not(miri))]
#[allow(unsafe_code)]
unsafe fn multiply_raw(
    [m, k, n]: [usize; 3],
    left: Matrix<'_>,
    right: Matrix<'_>,
    out: *mut f32,
    accumulate: bool,
    threads: Threads,
) {
    // SAFETY: as the caller promises. Elements are at most `isize::MAX` bytes apart, as in any slice.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out,
            1,
            n as isize,
            accumulate,
            left.values.as_ptr(),
            left.column_stride as isize,
            left.row_stride as isize,
            right.values.as_ptr(),
            right.column_stride as isize,
            right.row_stride as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            match threads {
                Threads::One => gemm::Parallelism::None,
                Threads::All => gemm::Parallelism::Rayon(0),
            },
        );
    }
}

/// Multiplies by the definition: Miri does not run the vector instructions of the crate `gemm`.
///
/// # Safety
/// As for the function above.
#[cfg(miri)]
#[allow(unsafe_code)]
unsafe fn multiply_raw(
    [m, k, n]: [usize; 3],
    left: Matrix<'_>,
    right: Matrix<'_>,
    out: *mut f32,
    accumulate: bool,
    _: Threads,
) {
    for row in 0..m {
        for column in 0..n {
            let at = |matrix: Matrix<'_>, row, column| {
                matrix.values[row * matrix.row_stride + column * matrix.column_stride]
            };
            let product = (0..k).map(|step| at(left, row, step) * at(right, step, column));
            let sum = product.sum::<f32>();
            // SAFETY: as the caller promises.
            unsafe {
                let out = out.add(row * n + column);
                out.write(if accumulate { out.read() + sum } else { sum });
            }
        }
    }
}
