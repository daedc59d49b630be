//! The sizes of a convolution.

/// The sizes of a convolution with one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConvShape {
    /// Number of images.
    pub batch: usize,
    /// Numbers of input and output channels.
    pub channels: [usize; 2],
    /// Height and width of the input.
    pub input: [usize; 2],
    /// Height and width of the kernel.
    pub kernel: [usize; 2],
    /// Rows and columns from one position of the kernel to the next.
    pub stride: [usize; 2],
    /// Rows and columns from one weight of the kernel to the next.
    pub dilation: [usize; 2],
    /// Rows of zeros above and below, columns of zeros left and right.
    pub padding: [[usize; 2]; 2],
}

impl ConvShape {
    /// Returns the height and width of the output; 0 where the kernel does not fit.
    pub fn output(&self) -> [usize; 2] {
        std::array::from_fn(|axis| {
            // Saturating: the options of a convolution may be any numbers.
            let gaps = self.kernel[axis].saturating_sub(1);
            let extent = self.dilation[axis].saturating_mul(gaps).saturating_add(1);
            let [before, after] = self.padding[axis];
            let padded = self.input[axis]
                .saturating_add(before)
                .saturating_add(after);
            match padded.checked_sub(extent) {
                Some(rest) => rest / self.stride[axis] + 1,
                None => 0,
            }
        })
    }

    /// Returns the height and width of the output without an odd last row or column: what max-pooling over windows
    /// of 2 x 2 reads.
    pub fn even_output(&self) -> [usize; 2] {
        self.output().map(|length| length / 2 * 2)
    }

    /// Returns whether there is something to compute and the kernel fits.
    pub fn is_valid(&self) -> bool {
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

    /// Returns the number of values of one input image.
    pub fn image_len(&self) -> usize {
        self.channels[0] * self.input[0] * self.input[1]
    }

    /// Returns the number of values of one channel of the output.
    pub fn plane_len(&self) -> usize {
        let [height, width] = self.output();
        height * width
    }

    /// Returns the number of weights.
    pub fn weight_len(&self) -> usize {
        self.channels[1] * self.window_len()
    }

    /// Returns the number of input values under the kernel, all channels.
    pub fn window_len(&self) -> usize {
        self.channels[0] * self.kernel[0] * self.kernel[1]
    }

    /// Panics if the images, the weights or the bias are not as long as these sizes say.
    pub fn assert_lengths(&self, images: &[f32], weights: &[f32], bias: &[f32]) {
        assert_eq!(
            images.len(),
            self.batch * self.image_len(),
            "images of {self:?}"
        );
        assert_eq!(weights.len(), self.weight_len(), "weights of {self:?}");
        assert_eq!(bias.len(), self.channels[1], "bias of {self:?}");
    }
}
