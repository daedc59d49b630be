//! What cannot be seen from outside: every set of instructions, and every number of threads.

mod levels;
#[path = "../tests/layers/reference.rs"]
mod reference;
mod threads;

use crate::shape::{ConvShape, Rectifier};
use reference::{Convolution, draw};

const RECTIFIERS: [Rectifier; 3] = [Rectifier::None, Rectifier::Relu, Rectifier::Relu6];

/// The values of one convolution.
struct Values {
    images: Vec<f32>,
    weights: Vec<f32>,
    bias: Vec<f32>,
    /// The gradient of the sums.
    gradient: Vec<f32>,
}

impl Values {
    fn new(shape: &ConvShape) -> Self {
        let [inputs, outputs] = shape.channels;
        let window = inputs * shape.kernel[0] * shape.kernel[1];
        Self {
            images: draw(shape.batch * shape.picture(), 1.0, 1),
            weights: draw(shape.weights(), 9.0 / (window as f32).sqrt(), 2),
            bias: draw(outputs, 1.0, 3),
            gradient: draw(shape.batch * outputs * shape.plane(), 1.0, 4),
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
