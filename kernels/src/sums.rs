//! Sums of many values or arrays in parallel, always added in the same order, so that the number of threads changes
//! no bit of them.

use std::ops::Range;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::simd::Level;

/// Number of parts into which [`sum_in_parts`] divides its work. It must not depend on the number of threads, because
/// the order of the sum depends on it. 16 parts keep 16 threads busy; fewer parts made no step of
/// `brain-tumor-cnn` faster.
const PARTS: usize = 16;

/// Largest number of values in memory for parts that are not yet added to the sum, 2 GiB. The parts of every network of
/// the zoo are computed at once, with less than a tenth of that; the 16 parts of a convolution of 4096 x 4096 channels
/// with kernels of 3 x 3 would take 9.7 GB, and are computed three at a time.
const MAX_PARTS_LEN: usize = 1 << 29;

/// Sums the `length` values that `add` adds up for each unit in `0..units`, one range of units at a time, in parallel.
/// `part_len` is the number of values of working memory that each of these calls needs, `length` or more.
pub(crate) fn sum_in_parts(
    units: usize,
    length: usize,
    part_len: usize,
    add: impl Fn(Range<usize>, &mut [f32]) + Sync,
) -> Vec<f32> {
    sum_in_waves(units, length, parts_at_once(part_len), add)
}

/// Returns how many parts are computed at once.
fn parts_at_once(part_len: usize) -> usize {
    (MAX_PARTS_LEN / part_len.max(1)).clamp(1, PARTS)
}

/// [`sum_in_parts`] with so many parts at once, on which no bit of the sum depends.
fn sum_in_waves(
    units: usize,
    length: usize,
    at_once: usize,
    add: impl Fn(Range<usize>, &mut [f32]) + Sync,
) -> Vec<f32> {
    let part = units.div_ceil(PARTS).max(1);
    let parts = units.div_ceil(part);
    let mut sum = vec![0.0; length];
    for first in (0..parts).step_by(at_once) {
        let arrays: Vec<Vec<f32>> = (first..parts.min(first + at_once))
            .into_par_iter()
            .map(|index| {
                let mut sum = vec![0.0; length];
                add(index * part..units.min((index + 1) * part), &mut sum);
                sum
            })
            .collect();
        add_arrays(&mut sum, &arrays);
    }
    sum
}

/// Adds arrays to a sum, from first to last.
fn add_arrays(sum: &mut [f32], arrays: &[Vec<f32>]) {
    /// Values of a task: 16 KiB, which stay in the first-level cache while all arrays are added to them.
    const TASK_LEN: usize = 4096;
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
}

/// Returns how many rows of `width` values make a parallel task.
pub(crate) fn rows_per_task(width: usize) -> usize {
    /// Minimum number of values per task: the activations of a batch of `mnist-mlp` (128 examples of 128 units), which
    /// one thread finishes sooner than it could share them.
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
        sum_in_parts(rows, width, width, add)
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

#[cfg(test)]
mod tests {
    use super::{MAX_PARTS_LEN, PARTS, parts_at_once, sum_in_waves};

    /// Adds numbers of very different sizes, so that another order of the sum would change its bits.
    fn sum(units: usize, at_once: usize) -> Vec<u32> {
        let sum = sum_in_waves(units, 5000, at_once, |range, sum| {
            for unit in range {
                for (index, value) in sum.iter_mut().enumerate() {
                    *value +=
                        ((unit * 31 + index * 17) % 101) as f32 * 1.7f32.powi(unit as i32 % 37);
                }
            }
        });
        sum.into_iter().map(f32::to_bits).collect()
    }

    #[test]
    fn the_number_of_parts_at_once_changes_no_bit() {
        for units in [1, 15, 16, 17, 100] {
            let expected = sum(units, PARTS);
            for at_once in 1..PARTS {
                assert_eq!(
                    sum(units, at_once),
                    expected,
                    "{units} units, {at_once} parts"
                );
            }
        }
    }

    #[test]
    fn the_memory_of_the_parts_is_bounded() {
        // The weights of convolutions of 64, 512 and 4096 channels with kernels of 3 x 3.
        let lens = [64usize, 512, 4096].map(|channels| 9 * channels * channels);
        assert_eq!(lens.map(parts_at_once), [PARTS, PARTS, 3]);
        for len in lens {
            assert!(parts_at_once(len) * len <= MAX_PARTS_LEN);
        }
        assert_eq!(parts_at_once(usize::MAX), 1);
        assert_eq!(parts_at_once(0), PARTS);
    }
}
