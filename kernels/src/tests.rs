//! Tests of every operation. A [table](operations) lists the operations, and each file goes through all of it.

mod agreement;
mod case;
mod kinks;
mod levels;
mod non_finite;
mod operations;
#[path = "../tests/layers/reference.rs"]
mod reference;
mod sizes;
mod threads;

use crate::conv::{Conv, ConvShape};
use crate::operation::{Backward, Forward, Gradient, Operation};
use crate::rectifier::Rectifier;
use crate::simd::Level;
use reference::{Convolution, draw};

/// Every rectifier; Miri, which takes a second for what otherwise takes a millisecond, runs the one with both bounds.
const RECTIFIERS: &[Rectifier] = if cfg!(miri) {
    &[Rectifier::Relu6]
} else {
    &[Rectifier::None, Rectifier::Relu, Rectifier::Relu6]
};

/// The results of both passes of an operation.
#[derive(Debug)]
struct Passes<const N: usize> {
    output: Vec<f32>,
    extras: Vec<Vec<f32>>,
    gradients: [Vec<f32>; N],
}

impl<const N: usize> Passes<N> {
    /// Runs both passes, with a gradient of the output.
    fn run<O: Operation<N>>(
        operation: &O,
        level: Level,
        inputs: [&[f32]; N],
        gradient: &[f32],
    ) -> Self {
        let Forward {
            output,
            extras,
            saved,
        } = operation.forward(level, inputs);
        let wanted = [true; N];
        let kept = operation.kept();
        let mut gradient = gradient.to_vec();
        let gradients = operation.backward(
            level,
            Backward {
                inputs: std::array::from_fn(|i| kept.inputs[i].then_some(inputs[i])),
                output: kept.output.then_some(&output[..]),
                saved,
                gradient: if operation.overwrites_gradient(wanted) {
                    Gradient::Exclusive(&mut gradient)
                } else {
                    Gradient::Shared(&gradient)
                },
                wanted,
            },
        );
        Self {
            output,
            extras,
            gradients: gradients.map(|gradient| gradient.expect("a gradient for each input")),
        }
    }

    /// All values, to be compared with those of another run.
    fn into_vecs(self) -> Vec<Vec<f32>> {
        let mut all = vec![self.output];
        all.extend(self.extras);
        all.extend(self.gradients);
        all
    }
}

/// A convolution without pooling.
fn conv(shape: ConvShape, rectifier: Rectifier) -> Conv {
    Conv {
        shape,
        rectifier,
        pooled: false,
    }
}

/// The values of one convolution.
struct Values {
    images: Vec<f32>,
    weights: Vec<f32>,
    bias: Vec<f32>,
    /// The gradient of the sums.
    gradient: Vec<f32>,
}

impl Values {
    fn inputs(&self) -> [&[f32]; 3] {
        [&self.images, &self.weights, &self.bias]
    }

    fn new(shape: &ConvShape) -> Self {
        let [inputs, outputs] = shape.channels;
        let window = inputs * shape.kernel[0] * shape.kernel[1];
        Self {
            images: draw(shape.batch * shape.image_len(), 1.0, 1),
            weights: draw(shape.weight_len(), 9.0 / (window as f32).sqrt(), 2),
            bias: draw(outputs, 1.0, 3),
            gradient: draw(shape.batch * outputs * shape.plane_len(), 1.0, 4),
        }
    }
}

/// The same sizes, for the reference.
fn definition(shape: &ConvShape) -> Convolution {
    Convolution {
        batch: shape.batch,
        channels: shape.channels,
        input: shape.input,
        kernel: shape.kernel,
        stride: shape.stride,
        dilation: shape.dilation,
        padding: shape.padding,
        groups: 1,
    }
}

/// 3 x 3 windows with stride 1.
fn winograd_shape(channels: [usize; 2], input: [usize; 2], padding: [[usize; 2]; 2]) -> ConvShape {
    ConvShape {
        batch: 3,
        channels,
        input,
        kernel: [3, 3],
        stride: [1, 1],
        dilation: [1, 1],
        padding,
    }
}

/// Other windows, with gaps.
fn direct_shape(
    channels: [usize; 2],
    input: [usize; 2],
    kernel: usize,
    stride: usize,
) -> ConvShape {
    ConvShape {
        kernel: [kernel; 2],
        stride: [stride, 1],
        dilation: [1, 2],
        ..winograd_shape(channels, input, [[1, 2], [4, 0]])
    }
}
