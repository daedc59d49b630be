//! Matrix products of any layout, by the crate `gemm`.

use gemm::Parallelism;

use crate::fresh::Fresh;

/// A matrix in memory: element `(row, column)` is at `row * row_stride + column * column_stride`.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    pub values: &'a [f32],
    pub row_stride: usize,
    pub column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// Row by row, each of `width` values.
    pub(crate) fn rows(values: &'a [f32], width: usize) -> Self {
        Self {
            values,
            row_stride: width,
            column_stride: 1,
        }
    }

    /// The transpose of [`rows`](Self::rows).
    pub(crate) fn transposed(values: &'a [f32], width: usize) -> Self {
        Self {
            values,
            row_stride: 1,
            column_stride: width,
        }
    }

    /// The transpose of [`rows`](Self::rows).
    pub(crate) fn turned(values: &'a [f32], width: usize) -> Self {
        Self::transposed(values, width)
    }
}

/// Where the product goes: a matrix row by row.
pub(crate) enum Out<'a> {
    /// It is written to new memory.
    Write(&'a mut [Fresh<f32>]),
    /// It is written over other values.
    Overwrite(&'a mut [f32]),
    /// It is added to what is there.
    Add(&'a mut [f32]),
}

/// How many threads take part.
#[derive(Clone, Copy)]
pub(crate) enum Threads {
    /// The calling one: the work around is parallel already.
    One,
    /// All.
    All,
}

/// `out[m, n] = left[m, k] * right[k, n]`, or `+=`. With [`Out::Write`] and [`Out::Overwrite`], all of `out[..m * n]` is written.
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
    let last = |matrix: Matrix<'_>, [rows, columns]: [usize; 2]| {
        (rows - 1) * matrix.row_stride + (columns - 1) * matrix.column_stride
    };
    assert!(k > 0 && length >= m * n);
    assert!(last(left, [m, k]) < left.values.len() && last(right, [k, n]) < right.values.len());
    // SAFETY: the assertions above keep every element of the three matrices inside of its slice, and `out`
    // is borrowed mutably, so that it overlaps neither of the others. Elements are at most `isize::MAX`
    // bytes apart, as in any slice. What is not yet written is only written, not read: `accumulate` is off.
    #[allow(unsafe_code)]
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
                Threads::One => Parallelism::None,
                Threads::All => Parallelism::Rayon(0),
            },
        );
    }
}
