//! Sums of many values or arrays in parallel, always added in the same order, so that the number of threads changes
//! no bit of them.

use std::ops::Range;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::simd::Level;

/// Into how many parts [`sum_in_parts`] divides its work. It must not depend on the number of threads, on which the
/// order of the sum would depend then. 16 parts keep 16 threads busy; fewer made no step faster (README, "How fast").
const PARTS: usize = 16;

/// Sums the `length` values that `add` adds up for each unit in `0..units`, one range of units at a time, in
/// parallel.
pub(crate) fn sum_in_parts(
    units: usize,
    length: usize,
    add: impl Fn(Range<usize>, &mut [f32]) + Sync,
) -> Vec<f32> {
    let part = units.div_ceil(PARTS).max(1);
    let parts: Vec<Vec<f32>> = (0..units.div_ceil(part))
        .into_par_iter()
        .map(|index| {
            let mut sum = vec![0.0; length];
            add(index * part..units.min((index + 1) * part), &mut sum);
            sum
        })
        .collect();
    sum_arrays(&parts, length)
}

/// Sums arrays of `length` values, from first to last.
fn sum_arrays(arrays: &[Vec<f32>], length: usize) -> Vec<f32> {
    /// Values of a task: 16 KiB, which stay in the first-level cache while all arrays are added to them.
    const TASK_LEN: usize = 4096;
    let mut sum = vec![0.0; length];
    sum.par_chunks_mut(TASK_LEN)
        .enumerate()
        .for_each(|(index, sum)| {
            for array in arrays {
                let values = &array[index * TASK_LEN..][..sum.len()];
                for (sum, value) in sum.iter_mut().zip(values) {
                    *sum += value;
                }
            }
        });
    sum
}

/// Returns how many rows of `width` values make a parallel task.
pub(crate) fn rows_per_task(width: usize) -> usize {
    /// Minimum number of values per task. A batch of `mnist-mlp` (128 examples of 128 units) is one task: that much
    /// is added in about the time that another thread takes to wake.
    const MIN_TASK_LEN: usize = 16_384;
    (MIN_TASK_LEN / width.max(1)).max(1)
}

/// Sums the rows of a matrix, `[rows, width]` to `[width]`.
pub(crate) fn sum_rows(level: Level, values: &[f32], width: usize) -> Vec<f32> {
    let add = |rows: Range<usize>, sum: &mut [f32]| {
        let rows = &values[rows.start * width..rows.end * width];
        level.run(AddRows { rows, sum });
    };
    let rows = values.len() / width;
    if rows <= rows_per_task(width) {
        let mut sum = vec![0.0; width];
        add(0..rows, &mut sum);
        sum
    } else {
        sum_in_parts(rows, width, add)
    }
}

/// Adds each row to `sum`.
struct AddRows<'a> {
    rows: &'a [f32],
    sum: &'a mut [f32],
}

impl WithSimd for AddRows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for row in self.rows.chunks_exact(self.sum.len()) {
            for (sum, value) in self.sum.iter_mut().zip(row) {
                *sum += value;
            }
        }
    }
}
