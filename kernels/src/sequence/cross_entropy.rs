//! Cross-entropy of many classes, row by row.
//!
//! With the logits x of a row, C classes, the target c and the smoothing e:
//!
//! ```text
//! L = ln sum_j exp(x_j)
//! loss = (1 - e) (L - x_c) + e (L - mean_j x_j)
//! d loss / d x_j = exp(x_j - L) - e / C - (1 - e) [j = c]
//! ```

use std::mem::MaybeUninit;
use std::ops::Deref;
use std::sync::Arc;

use burn::tensor::{Int, Shape, Tensor, activation};
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::dispatch::{apply, is_supported};
use crate::elementary::exp;
use crate::operation::{Backward, Forward, Kept, Operation, not_kept};
use crate::simd::Level;
use crate::uninit;

/// Cross-entropies of rows, `[rows]` each; zero for an ignored row.
#[derive(Debug)]
pub struct RowCrossEntropy {
    /// Cross-entropy with the smoothed target, to be minimised.
    pub losses: Tensor<1>,
    /// Negative log-likelihood of the target's class, without gradients.
    pub nll: Tensor<1>,
}

/// Computes the cross-entropy of each row of logits with its class, in nats. A share `smoothing` of the target is
/// spread evenly over all classes (label smoothing, Szegedy et al. 2016, <https://arxiv.org/abs/1512.00567>, as in
/// PyTorch). Rows whose class is `ignored` are zero and have no gradient.
///
/// On flex and ndarray this is one operation; elsewhere, and for other types than `f32`, it is written in Burn's
/// operations. (Burn's own loss writes every intermediate result to memory: with thousands of classes most of a step.)
///
/// # Shapes
/// - `logits`: `[rows, classes]`
/// - `targets`: `[rows]`
///
/// # Panics
/// If there is not one target per row, or a target is neither a class nor `ignored`.
pub fn cross_entropy_rows(
    logits: Tensor<2>,
    targets: Tensor<1, Int>,
    ignored: usize,
    smoothing: f64,
) -> RowCrossEntropy {
    let [rows, classes] = logits.dims();
    assert_eq!(targets.dims(), [rows], "one target per row");
    let classes_of_rows = classes_of_rows(&targets, ignored, classes);
    if rows == 0 || classes == 0 || !is_supported(&logits) {
        return composed(logits, targets, ignored, smoothing);
    }
    let operation = CrossEntropyRows {
        targets: classes_of_rows.into(),
        classes,
        smoothing: smoothing as f32,
    };
    let [losses, nll] = apply(operation, [logits.into_dispatch()]);
    RowCrossEntropy {
        losses: Tensor::from_dispatch(losses),
        nll: Tensor::from_dispatch(nll),
    }
}

/// Returns the class of each row, or none for an ignored row.
///
/// # Panics
/// If a target is neither a class nor `ignored`.
fn classes_of_rows(targets: &Tensor<1, Int>, ignored: usize, classes: usize) -> Vec<Option<usize>> {
    let targets = targets.to_data();
    let class = |(row, target): (usize, i64)| match usize::try_from(target) {
        Ok(class) if class == ignored => None,
        Ok(class) if class < classes => Some(class),
        _ => panic!("the target of row {row} is {target}, but there are {classes} classes"),
    };
    targets.iter::<i64>().enumerate().map(class).collect()
}

/// Computes the cross-entropies with Burn's operations, on any device. The targets have been checked.
fn composed(
    logits: Tensor<2>,
    targets: Tensor<1, Int>,
    ignored: usize,
    smoothing: f64,
) -> RowCrossEntropy {
    let is_ignored = targets.clone().equal_elem(ignored as i64);
    let classes = targets.mask_fill(is_ignored.clone(), 0);
    let log_probabilities = activation::log_softmax(logits, 1);
    let nll = -log_probabilities
        .clone()
        .gather(1, classes.unsqueeze_dim(1))
        .squeeze_dim(1);
    let spread = -log_probabilities.mean_dim(1).squeeze_dim(1);
    let losses: Tensor<1> = nll.clone() * (1.0 - smoothing) + spread * smoothing;
    RowCrossEntropy {
        losses: losses.mask_fill(is_ignored.clone(), 0.0),
        nll: nll.mask_fill(is_ignored, 0.0).detach(),
    }
}

/// The operation of [`cross_entropy_rows`], on the logits.
#[derive(Clone, Debug)]
pub(crate) struct CrossEntropyRows {
    /// Class of each row, or none for an ignored row.
    pub targets: Arc<[Option<usize>]>,
    /// Number of classes.
    pub classes: usize,
    /// Share of the target that is spread evenly over all classes.
    pub smoothing: f32,
}

impl Operation<1> for CrossEntropyRows {
    /// Logarithm of the sum of the exponentials of each row.
    type Saved = Vec<f32>;

    fn kept(&self) -> Kept<1> {
        Kept {
            inputs: [true],
            output: false,
        }
    }

    fn output_shape(&self, _: [&Shape; 1]) -> Shape {
        Shape::new([self.targets.len()])
    }

    fn forward(&self, level: Level, [logits]: [&[f32]; 1]) -> Forward<Vec<f32>> {
        let rows = self.rows(level, logits);
        let column = |value: fn(&Row) -> f32| rows.iter().map(value).collect::<Vec<f32>>();
        Forward {
            output: column(|row| row.loss),
            extras: vec![column(|row| row.nll)],
            saved: column(|row| row.log_sum),
        }
    }

    fn backward<T: Deref<Target = [f32]>>(
        &self,
        level: Level,
        pass: Backward<'_, T, Vec<f32>, 1>,
    ) -> [Option<Vec<f32>>; 1] {
        let Backward {
            inputs: [Some(logits)],
            saved,
            gradient,
            ..
        } = pass
        else {
            not_kept()
        };
        [Some(self.logit_gradient(level, &logits, &saved, &gradient))]
    }
}

/// Outcome of one row; all zero for an ignored row.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Row {
    /// Cross-entropy with the smoothed target.
    pub loss: f32,
    /// Negative log-likelihood of the target's class.
    pub nll: f32,
    /// Logarithm of the sum of the exponentials of the logits.
    pub log_sum: f32,
}

impl CrossEntropyRows {
    /// Panics unless there is one logit per row and class.
    fn check(&self, logits: &[f32]) {
        assert!(!self.targets.is_empty() && self.classes > 0);
        assert_eq!(logits.len(), self.targets.len() * self.classes);
    }

    /// Returns the outcome of every row.
    fn rows(&self, level: Level, logits: &[f32]) -> Vec<Row> {
        self.check(logits);
        (logits.par_chunks_exact(self.classes))
            .zip(&self.targets[..])
            .map(|(logits, target)| match target {
                None => Row::default(),
                Some(class) => {
                    let [log_sum, mean] = level.run(LogSumAndMean { logits });
                    let nll = log_sum - logits[*class];
                    let smoothing = self.smoothing;
                    Row {
                        loss: (1.0 - smoothing) * nll + smoothing * (log_sum - mean),
                        nll,
                        log_sum,
                    }
                }
            })
            .collect()
    }

    /// Returns the gradient of the logits, given that of each row's loss.
    fn logit_gradient(
        &self,
        level: Level,
        logits: &[f32],
        log_sums: &[f32],
        gradient: &[f32],
    ) -> Vec<f32> {
        self.check(logits);
        let rows = self.targets.len();
        assert!(log_sums.len() == rows && gradient.len() == rows);
        let write = |output: &mut [MaybeUninit<f32>]| {
            (output.par_chunks_exact_mut(self.classes))
                .zip(logits.par_chunks_exact(self.classes))
                .zip(&self.targets[..])
                .zip(log_sums)
                .zip(gradient)
                .for_each(|((((output, logits), target), log_sum), gradient)| {
                    level.run(Gradient {
                        output,
                        logits,
                        log_sum: *log_sum,
                        target: *target,
                        smoothing: self.smoothing,
                        gradient: *gradient,
                    });
                });
        };
        // SAFETY: the output has `rows` rows of `classes` values, by the assertions above; so have the logits, and there
        // are `rows` targets, logarithms and gradients, so that `zip` drops no row. `Gradient` writes all of its row.
        #[allow(unsafe_code)]
        unsafe {
            uninit::vec(logits.len(), write)
        }
    }
}

/// Number of partial sums: as many as the values of the widest register.
const LANES: usize = 16;

/// Logarithm of the sum of the exponentials of a row of logits, and their mean.
struct LogSumAndMean<'a> {
    logits: &'a [f32],
}

impl WithSimd for LogSumAndMean<'_> {
    type Output = [f32; 2];

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> [f32; 2] {
        let (blocks, rest) = self.logits.as_chunks::<LANES>();
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
        // Without NaN, which reaches the result through the exponentials.
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
        [top + total.ln(), sum / self.logits.len() as f32]
    }
}

/// Gradient of the logits of one row.
struct Gradient<'a> {
    output: &'a mut [MaybeUninit<f32>],
    logits: &'a [f32],
    log_sum: f32,
    target: Option<usize>,
    smoothing: f32,
    /// Gradient of the row's loss.
    gradient: f32,
}

impl WithSimd for Gradient<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        assert_eq!(self.output.len(), self.logits.len());
        let Some(class) = self.target else {
            self.output.fill(MaybeUninit::new(0.0));
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
