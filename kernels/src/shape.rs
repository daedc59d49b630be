//! The sizes of one convolution.

pub use crate::rectifier::Rectifier;

/// The sizes of one convolution with one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvShape {
    /// Pictures.
    pub batch: usize,
    /// `[input, output]`
    pub channels: [usize; 2],
    /// Height and width of the input.
    pub input: [usize; 2],
    /// Height and width of the window.
    pub kernel: [usize; 2],
    /// Rows and columns from one window to the next.
    pub stride: [usize; 2],
    /// Rows and columns from one weight of a window to the next.
    pub dilation: [usize; 2],
    /// Rows of zeros above and below, columns of zeros left and right.
    pub padding: [[usize; 2]; 2],
}

impl ConvShape {
    /// Height and width of the output; 0 where the window does not fit.
    pub fn output(&self) -> [usize; 2] {
        std::array::from_fn(|axis| {
            let window = self.dilation[axis] * (self.kernel[axis] - 1) + 1;
            let padded = self.input[axis] + self.padding[axis][0] + self.padding[axis][1];
            match padded.checked_sub(window) {
                Some(rest) => rest / self.stride[axis] + 1,
                None => 0,
            }
        })
    }

    /// Whether there is something to compute, and every window fits.
    pub(crate) fn is_valid(&self) -> bool {
        let sizes = [
            self.channels,
            self.input,
            self.kernel,
            self.stride,
            self.dilation,
        ];
        self.batch > 0
            && sizes.iter().flatten().all(|&size| size > 0)
            && self.output().iter().all(|&size| size > 0)
    }

    /// Values of one input picture.
    pub(crate) fn picture(&self) -> usize {
        self.channels[0] * self.input[0] * self.input[1]
    }

    /// Values of one output plane.
    pub(crate) fn plane(&self) -> usize {
        let [height, width] = self.output();
        height * width
    }

    /// Values of the weights.
    pub(crate) fn weights(&self) -> usize {
        self.channels[0] * self.channels[1] * self.kernel[0] * self.kernel[1]
    }
}
