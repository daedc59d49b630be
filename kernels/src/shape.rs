//! The sizes of one convolution.

/// A rectifier applied to the sum, as part of the convolution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rectifier {
    /// The sum as it is.
    #[default]
    None,
    /// `max(x, 0)`
    Relu,
    /// `min(max(x, 0), 6)`
    Relu6,
}

impl Rectifier {
    /// The lowest and the highest value that comes out.
    #[inline(always)]
    pub(crate) fn bounds(self) -> (f32, f32) {
        match self {
            Self::None => (f32::NEG_INFINITY, f32::INFINITY),
            Self::Relu => (0.0, f32::INFINITY),
            Self::Relu6 => (0.0, 6.0),
        }
    }

    /// What comes out for a sum. NaN stays NaN.
    #[inline(always)]
    pub(crate) fn apply(self, sum: f32) -> f32 {
        let (low, high) = self.bounds();
        let sum = if sum < low { low } else { sum };
        if sum > high { high } else { sum }
    }

    /// The values from which on, downwards and upwards, no gradient passes; NaN, to which every comparison is
    /// false, where there is none. Outputs that are no numbers let it pass.
    pub(crate) fn stops(self) -> (f32, f32) {
        match self {
            Self::None => (f32::NAN, f32::NAN),
            Self::Relu => (0.0, f32::NAN),
            Self::Relu6 => (0.0, 6.0),
        }
    }
}

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
