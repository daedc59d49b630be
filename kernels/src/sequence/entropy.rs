//! The cross-entropy of many classes, row by row, forward and backward.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::elementary::exp;
use crate::fresh::{self, Fresh};
use crate::simd::Level;

/// What the rows are compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct Targets {
    /// The class of each row; none where the row does not count.
    pub classes: Vec<Option<usize>>,
    /// The share of the target that is spread over all classes.
    pub smoothing: f32,
}

/// What the forward pass gives for each row: the cross-entropy with the smoothed target, that with the class
/// alone, and the logarithm of the sum of exponentials.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Row {
    pub loss: f32,
    pub surprise: f32,
    pub log_sum: f32,
}

/// Every row of `logits [rows, classes]`.
pub(crate) fn forward(level: Level, logits: &[f32], targets: &Targets) -> Vec<Row> {
    let classes = logits.len() / targets.classes.len().max(1);
    (logits.par_chunks_exact(classes))
        .zip(&targets.classes)
        .map(|(row, target)| match target {
            None => Row::default(),
            Some(class) => {
                let [log_sum, mean] = level.run(Sums(row));
                let surprise = log_sum - row[*class];
                let smoothing = targets.smoothing;
                Row {
                    loss: (1.0 - smoothing) * surprise + smoothing * (log_sum - mean),
                    surprise,
                    log_sum,
                }
            }
        })
        .collect()
}

/// How many sums run side by side.
const LANES: usize = 16;

/// The logarithm of the sum of exponentials of a row, and the row's mean.
struct Sums<'a>(&'a [f32]);

impl WithSimd for Sums<'_> {
    type Output = [f32; 2];

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> [f32; 2] {
        let row = self.0;
        let (blocks, rest) = row.as_chunks::<LANES>();
        let mut largest = [f32::NEG_INFINITY; LANES];
        let mut sums = [0.0f32; LANES];
        for block in blocks {
            for lane in 0..LANES {
                let value = block[lane];
                largest[lane] = if value > largest[lane] {
                    value
                } else {
                    largest[lane]
                };
                sums[lane] += value;
            }
        }
        let mut sum: f32 = sums.iter().sum();
        let mut top = largest.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        for value in rest {
            top = top.max(*value);
            sum += value;
        }
        let mut exponentials = [0.0f32; LANES];
        for block in blocks {
            for lane in 0..LANES {
                exponentials[lane] += exp(block[lane] - top);
            }
        }
        let mut total: f32 = exponentials.iter().sum();
        for value in rest {
            total += exp(value - top);
        }
        [top + total.ln(), sum / row.len() as f32]
    }
}

/// The gradient for the logits, from that for each row's loss.
pub(crate) fn backward(
    level: Level,
    logits: &[f32],
    log_sums: &[f32],
    targets: &Targets,
    gradient: &[f32],
) -> Vec<f32> {
    let classes = logits.len() / targets.classes.len().max(1);
    let write = |output: &mut [Fresh<f32>]| {
        (output.par_chunks_exact_mut(classes))
            .zip(logits.par_chunks_exact(classes))
            .zip(&targets.classes)
            .zip(log_sums)
            .zip(gradient)
            .for_each(|((((output, logits), target), log_sum), gradient)| {
                level.run(Gradient {
                    output,
                    logits,
                    log_sum: *log_sum,
                    target: *target,
                    smoothing: targets.smoothing,
                    gradient: *gradient,
                });
            });
    };
    // SAFETY: rows of the output and of the logits are as many, and `Gradient` writes all of its row.
    #[allow(unsafe_code)]
    unsafe {
        fresh::vector(logits.len(), write)
    }
}

struct Gradient<'a> {
    output: &'a mut [Fresh<f32>],
    logits: &'a [f32],
    log_sum: f32,
    target: Option<usize>,
    smoothing: f32,
    gradient: f32,
}

impl WithSimd for Gradient<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Some(class) = self.target else {
            self.output.fill(Fresh::new(0.0));
            return;
        };
        let spread = self.smoothing / self.logits.len() as f32;
        for (output, logit) in self.output.iter_mut().zip(self.logits) {
            output.write(self.gradient * (exp(logit - self.log_sum) - spread));
        }
        let own = exp(self.logits[class] - self.log_sum) - spread - (1.0 - self.smoothing);
        self.output[class].write(self.gradient * own);
    }
}
