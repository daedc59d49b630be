//! A dense (fully connected) layer with a rectifier.
//!
//! For inputs `X [batch, in]`, weights `W [in, out]`, a bias `b [out]` and a rectifier `f`:
//!
//! ```text
//! forward    S = X W + b        Y = f(S)
//! backward   dS = f'(S) dY      dX = dS W^T      dW = X^T dS      db = sum of the rows of dS
//! ```
//!
//! `f'(S)` is read off `Y`, so that `S` need not be kept.

use std::mem::MaybeUninit;
use std::ops::Deref;

use burn::tensor::{Shape, Tensor, module};
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::dispatch::{apply, bias_or_zeros, is_supported};
use crate::matrix::{Matrix, Out, Threads, multiply_any};
use crate::operation::{Backward, Forward, Kept, Operation, not_kept};
use crate::rectifier::{Rectifier, rectify, stop_gradients};
use crate::simd::Level;
use crate::sums::{rows_per_task, sum_rows};
use crate::uninit;

/// Applies a dense layer and a rectifier.
///
/// On flex and ndarray this is one operation; elsewhere, and for other types than `f32`, it is Burn's linear layer and
/// activation.
///
/// # Shapes
/// - `inputs`: `[batch, in]`
/// - `weight`: `[in, out]`
/// - `bias`: `[out]`
/// - output: `[batch, out]`
///
/// # Examples
/// ```
/// use burn::tensor::{Device, Tensor, TensorData};
/// use kernels::Rectifier;
///
/// let device = Device::flex();
/// let inputs = Tensor::from_data([[1.0, 2.0]], &device);
/// let weight = Tensor::from_data([[1.0, -1.0], [0.5, -0.5]], &device);
/// let output = kernels::dense(inputs, weight, None, Rectifier::Relu);
/// assert_eq!(output.into_data(), TensorData::from([[2.0f32, 0.0]]));
/// ```
pub fn dense(
    inputs: Tensor<2>,
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
    rectifier: Rectifier,
) -> Tensor<2> {
    let [batch, features] = inputs.dims();
    let [rows, columns] = weight.dims();
    let is_empty = batch == 0 || rows == 0 || columns == 0;
    let fits = features == rows && bias.as_ref().is_none_or(|bias| bias.dims() == [columns]);
    if is_empty || !fits || !is_supported(&inputs) || !is_supported(&weight) {
        return rectify(module::linear(inputs, weight, bias), rectifier);
    }
    let bias = bias_or_zeros(bias, columns, &inputs.device());
    let [output] = apply(
        Dense {
            batch,
            inputs: rows,
            outputs: columns,
            rectifier,
        },
        [
            inputs.into_dispatch(),
            weight.into_dispatch(),
            bias.into_dispatch(),
        ],
    );
    Tensor::from_dispatch(output)
}

/// The operation of [`dense`], on the inputs, the weights and the bias.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dense {
    /// Rows of the input and of the output.
    pub batch: usize,
    /// Columns of the input.
    pub inputs: usize,
    /// Columns of the output.
    pub outputs: usize,
    pub rectifier: Rectifier,
}

impl Operation<3> for Dense {
    type Saved = ();

    fn kept(&self) -> Kept<3> {
        Kept {
            inputs: [true, true, false],
            output: true,
        }
    }

    fn output_shape(&self, _: [&Shape; 3]) -> Shape {
        Shape::new([self.batch, self.outputs])
    }

    fn forward(&self, level: Level, [inputs, weight, bias]: [&[f32]; 3]) -> Forward<()> {
        let Self {
            batch,
            inputs: rows,
            outputs: columns,
            rectifier,
        } = *self;
        assert_eq!(bias.len(), columns);
        let mut output = multiply(
            [batch, rows, columns],
            Matrix::rows(inputs, rows),
            Matrix::rows(weight, columns),
        );
        let finish = |output: &mut [f32]| {
            level.run(AddBias {
                output,
                bias,
                rectifier,
            });
        };
        let task = rows_per_task(columns) * columns;
        if output.len() <= task {
            finish(&mut output);
        } else {
            output.par_chunks_mut(task).for_each(finish);
        }
        Forward::new(output, ())
    }

    fn overwrites_gradient(&self, [_, _, bias]: [bool; 3]) -> bool {
        bias || self.rectifier != Rectifier::None
    }

    fn backward<T: Deref<Target = [f32]>>(
        &self,
        level: Level,
        pass: Backward<'_, T, (), 3>,
    ) -> [Option<Vec<f32>>; 3] {
        let Backward {
            inputs: [Some(inputs), Some(weight), _],
            output: Some(output),
            mut gradient,
            wanted,
            ..
        } = pass
        else {
            not_kept()
        };
        let (rows, columns) = (self.inputs, self.outputs);
        let bias = gradient.exclusive().map(|gradient| {
            self.stop(level, &output, gradient);
            sum_rows(level, gradient, columns)
        });
        drop(output);
        let for_weight = wanted[1].then(|| {
            multiply(
                [rows, self.batch, columns],
                Matrix::transposed(&inputs, rows),
                Matrix::rows(&gradient, columns),
            )
        });
        drop(inputs);
        let for_inputs = wanted[0].then(|| {
            multiply(
                [self.batch, columns, rows],
                Matrix::rows(&gradient, columns),
                Matrix::transposed(&weight, columns),
            )
        });
        [for_inputs, for_weight, bias]
    }
}

impl Dense {
    /// Multiplies the gradient of the output by the derivative of the rectifier.
    fn stop(&self, level: Level, output: &[f32], gradient: &mut [f32]) {
        assert_eq!(output.len(), gradient.len());
        let stop = |(gradient, output): (&mut [f32], &[f32])| {
            stop_gradients(level, self.rectifier, output, gradient);
        };
        if self.rectifier == Rectifier::None {
            return;
        }
        let task = rows_per_task(self.outputs) * self.outputs;
        if gradient.len() <= task {
            stop((gradient, output));
        } else {
            (gradient.par_chunks_mut(task))
                .zip(output.par_chunks(task))
                .for_each(stop);
        }
    }
}

/// Multiplies matrices, `[m, k]` by `[k, n]`, with all threads.
fn multiply(sizes: [usize; 3], left: Matrix<'_>, right: Matrix<'_>) -> Vec<f32> {
    let write = |out: &mut [MaybeUninit<f32>]| {
        multiply_any(sizes, left, right, Out::Write(out), Threads::All);
    };
    // SAFETY: `multiply_any` writes all of its `m * n` values.
    #[allow(unsafe_code)]
    unsafe {
        uninit::vec(sizes[0] * sizes[2], write)
    }
}

/// Adds the bias to each row and rectifies.
struct AddBias<'a> {
    output: &'a mut [f32],
    bias: &'a [f32],
    rectifier: Rectifier,
}

impl WithSimd for AddBias<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for row in self.output.chunks_exact_mut(self.bias.len()) {
            for (value, bias) in row.iter_mut().zip(self.bias) {
                *value = self.rectifier.apply(*value + bias);
            }
        }
    }
}
