//! Reference implementation of convolution in `f64`, and reproducible inputs.

use super::Rectifier;

/// The sizes of a convolution; see `burn::tensor::ops::ConvOptions`.
#[derive(Clone, Debug)]
pub struct Convolution {
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
    /// Zeros above and below, left and right.
    pub padding: [[usize; 2]; 2],
    /// Into how many groups the channels fall.
    pub groups: usize,
}

/// The gradients of a convolution.
pub struct Gradients {
    pub images: Vec<f64>,
    pub weights: Vec<f64>,
    pub bias: Vec<f64>,
}

impl Convolution {
    /// Height and width of the output. Every window must fit.
    pub fn output(&self) -> [usize; 2] {
        std::array::from_fn(|axis| {
            let window = self.dilation[axis] * (self.kernel[axis] - 1) + 1;
            let padded = self.input[axis] + self.padding[axis][0] + self.padding[axis][1];
            (padded - window) / self.stride[axis] + 1
        })
    }

    /// `[batch, in, height, width]`
    pub fn images_shape(&self) -> [usize; 4] {
        [self.batch, self.channels[0], self.input[0], self.input[1]]
    }

    /// `[out, in / groups, kernel height, kernel width]`
    pub fn weights_shape(&self) -> [usize; 4] {
        let [inputs, outputs] = self.channels;
        [
            outputs,
            inputs / self.groups,
            self.kernel[0],
            self.kernel[1],
        ]
    }

    /// `[batch, out, height', width']`
    pub fn output_shape(&self) -> [usize; 4] {
        let [height, width] = self.output();
        [self.batch, self.channels[1], height, width]
    }

    /// Visits every product of the sums, by the index of its output, of its pixel and of its weight.
    fn products(&self, mut visit: impl FnMut(usize, usize, usize)) {
        let [batch, outputs, height, width] = self.output_shape();
        let [_, per_group, kernel_height, kernel_width] = self.weights_shape();
        let [_, inputs, input_height, input_width] = self.images_shape();
        let at = |axis: usize, output: usize, weight: usize| {
            let place = output * self.stride[axis] + weight * self.dilation[axis];
            place
                .checked_sub(self.padding[axis][0])
                .filter(|place| *place < self.input[axis])
        };
        for (image, to) in (0..batch).flat_map(|image| (0..outputs).map(move |to| (image, to))) {
            let first = to / (outputs / self.groups) * per_group;
            for (row, column) in (0..height).flat_map(|row| (0..width).map(move |x| (row, x))) {
                let output = ((image * outputs + to) * height + row) * width + column;
                for from in 0..per_group {
                    let plane = (image * inputs + first + from) * input_height;
                    let window = (to * per_group + from) * kernel_height;
                    for y in 0..kernel_height {
                        let Some(line) = at(0, row, y) else { continue };
                        for x in 0..kernel_width {
                            let Some(pixel) = at(1, column, x) else {
                                continue;
                            };
                            let weight = (window + y) * kernel_width + x;
                            visit(output, (plane + line) * input_width + pixel, weight);
                        }
                    }
                }
            }
        }
    }

    /// The channel of an output.
    fn channel(&self, output: usize) -> usize {
        let [_, outputs, height, width] = self.output_shape();
        output / (height * width) % outputs
    }

    /// The sums, before any rectifier.
    pub fn forward(&self, images: &[f32], weights: &[f32], bias: &[f32]) -> Vec<f64> {
        let length = self.output_shape().iter().product();
        let mut sums: Vec<f64> = (0..length)
            .map(|output| f64::from(bias[self.channel(output)]))
            .collect();
        self.products(|output, pixel, weight| {
            sums[output] += f64::from(images[pixel]) * f64::from(weights[weight]);
        });
        sums
    }

    /// The gradients, given the gradient of the sums.
    pub fn gradients(&self, images: &[f32], weights: &[f32], gradient: &[f64]) -> Gradients {
        let mut result = Gradients {
            images: vec![0.0; images.len()],
            weights: vec![0.0; weights.len()],
            bias: vec![0.0; self.channels[1]],
        };
        self.products(|output, pixel, weight| {
            result.images[pixel] += gradient[output] * f64::from(weights[weight]);
            result.weights[weight] += gradient[output] * f64::from(images[pixel]);
        });
        for (output, gradient) in gradient.iter().enumerate() {
            result.bias[self.channel(output)] += gradient;
        }
        result
    }
}

/// The bounds between which a rectifier leaves a sum as it is.
pub fn bounds(rectifier: Rectifier) -> [f64; 2] {
    match rectifier {
        Rectifier::None => [f64::NEG_INFINITY, f64::INFINITY],
        Rectifier::Relu => [0.0, f64::INFINITY],
        Rectifier::Relu6 => [0.0, 6.0],
    }
}

/// Sums after a rectifier.
pub fn rectify(sums: &[f64], rectifier: Rectifier) -> Vec<f64> {
    let [low, high] = bounds(rectifier);
    sums.iter().map(|sum| sum.clamp(low, high)).collect()
}

/// The largest error, relative to the largest value of the reference.
///
/// # Panics
/// If the lengths differ or a value is not finite.
pub fn relative_error(values: &[f32], reference: &[f64]) -> f64 {
    assert_eq!(values.len(), reference.len());
    assert!(
        values.iter().all(|value| value.is_finite()),
        "a value is not finite"
    );
    let errors = values
        .iter()
        .zip(reference)
        .map(|(value, exact)| (f64::from(*value) - exact).abs());
    let error = errors.fold(0.0, f64::max);
    let largest = reference
        .iter()
        .fold(0.0, |largest: f64, exact| largest.max(exact.abs()));
    if error == 0.0 { 0.0 } else { error / largest }
}

/// Values from -`scale` to `scale`, the same for the same seed (SplitMix64).
pub fn draw(length: usize, scale: f32, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0xD134_2543_DE82_EF95);
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) >> 40
    };
    let half = (1u64 << 23) as f32;
    (0..length)
        .map(|_| scale * (next() as f32 / half - 1.0))
        .collect()
}
