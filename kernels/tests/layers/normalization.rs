//! Batch normalisation against Burn's, and in f64.

use burn::tensor::{Device, Tensor, module};
use kernels::Rectifier;

use crate::reference::{bounds, draw};
use crate::support::{
    RECTIFIERS, assert_same_end, clear_of_bounds, devices, difference, rectify, tensor, values,
};

const EPSILON: f64 = 1e-5;

/// Output, mean, variance, and the gradients for values, gamma and beta.
type Found = [Vec<f32>; 6];

/// Values and parameters of a layer, and the gradient that comes back to it.
struct Case<const D: usize> {
    shape: [usize; D],
    values: Vec<f32>,
    gamma: Vec<f32>,
    beta: Vec<f32>,
    gradient: Vec<f32>,
}

impl<const D: usize> Case<D> {
    fn new(shape: [usize; D], offset: f32, seed: u64) -> Self {
        let length = shape.iter().product();
        let moved = |value: f32| value + offset;
        Self {
            shape,
            values: draw(length, 1.0, seed).into_iter().map(moved).collect(),
            gamma: draw(shape[1], 1.0, seed + 1),
            beta: draw(shape[1], 1.0, seed + 2),
            gradient: draw(length, 1.0, seed + 3),
        }
    }

    fn run(
        &self,
        device: &Device,
        operation: impl FnOnce(Tensor<D>, Tensor<1>, Tensor<1>) -> (Tensor<D>, [Tensor<1>; 2]),
    ) -> Found {
        let device = device.clone().autodiff();
        let images = tensor(&self.values, self.shape, &device).require_grad();
        let channels = [self.shape[1]];
        let gamma = tensor(&self.gamma, channels, &device).require_grad();
        let beta = tensor(&self.beta, channels, &device).require_grad();
        let (output, [mean, variance]) = operation(images.clone(), gamma.clone(), beta.clone());
        let gradient = tensor(&self.gradient, self.shape, &device);
        let gradients = (output.clone() * gradient).sum().backward();
        [
            values(output),
            values(mean),
            values(variance),
            values(images.grad(&gradients).unwrap()),
            values(gamma.grad(&gradients).unwrap()),
            values(beta.grad(&gradients).unwrap()),
        ]
    }

    fn ours(&self, device: &Device, rectifier: Rectifier) -> Found {
        self.run(device, |x, gamma, beta| {
            let normed = kernels::batch_norm(x, gamma, beta, EPSILON, rectifier);
            (normed.output, [normed.mean, normed.variance])
        })
    }

    fn burns(&self, rectifier: Rectifier) -> Found {
        self.run(&Device::flex(), |x, gamma, beta| {
            let normed = module::batch_norm_train(x, gamma, beta, EPSILON);
            let output = rectify(normed.output, rectifier);
            (output, [normed.mean, normed.variance])
        })
    }

    /// The sums before the rectifier, in f64, and the mean and variance of each channel.
    fn in_f64(&self) -> [Vec<f64>; 3] {
        let channels = self.shape[1];
        let plane: usize = self.shape[2..].iter().product();
        let channel = |index: usize| index / plane % channels;
        let count = (self.values.len() / channels) as f64;
        let per_channel = |of: &dyn Fn(usize) -> f64| {
            let mut sums = vec![0.0; channels];
            for index in 0..self.values.len() {
                sums[channel(index)] += of(index) / count;
            }
            sums
        };
        let value = |index: usize| f64::from(self.values[index]);
        let mean = per_channel(&value);
        let variance = per_channel(&|index| (value(index) - mean[channel(index)]).powi(2));
        let sums = (0..self.values.len()).map(|index| {
            let c = channel(index);
            let normed = (value(index) - mean[c]) / (variance[c] + EPSILON).sqrt();
            normed * f64::from(self.gamma[c]) + f64::from(self.beta[c])
        });
        [sums.collect(), mean, variance]
    }
}

fn assert_burns<const D: usize>(mut case: Case<D>, rectifier: Rectifier, device: &Device) {
    let [sums, mean, variance] = case.in_f64();
    clear_of_bounds(&sums, &mut case.gradient, rectifier);
    let ours = case.ours(device, rectifier);
    let burns = case.burns(rectifier);
    let names = [
        "output", "mean", "variance", "d values", "d gamma", "d beta",
    ];
    for ((name, ours), burns) in names.iter().zip(&ours).zip(&burns) {
        let difference = difference(ours, burns);
        assert!(
            difference < 2e-5,
            "{name} of {:?}: {difference}",
            case.shape
        );
    }
    for (ours, exact) in ours[1].iter().zip(mean) {
        assert!((f64::from(*ours) - exact).abs() <= 1e-6 * (1.0 + exact.abs()));
    }
    for (ours, exact) in ours[2].iter().zip(variance) {
        assert!(
            (f64::from(*ours) - exact).abs() <= 1e-5 * exact,
            "{ours} for {exact}"
        );
    }
}

#[test]
fn output_statistics_and_gradients_are_burns() {
    let shapes = [
        [2, 1, 1, 2],
        [3, 5, 7, 4],
        [32, 3, 16, 16],
        [1, 4, 33, 31],
        [70, 40, 2, 2],
    ];
    for device in devices() {
        for rectifier in RECTIFIERS {
            for (seed, shape) in shapes.into_iter().enumerate() {
                assert_burns(Case::new(shape, 0.3, seed as u64), rectifier, &device);
            }
            for shape in [[64, 10], [5, 300]] {
                assert_burns(Case::new(shape, -1.0, 7), rectifier, &device);
            }
        }
    }
}

/// The gradients against central differences, in f64, of the definition.
#[test]
fn gradients_are_those_of_differences() {
    const STEP: f32 = 1e-3;
    for rectifier in RECTIFIERS {
        let mut case = Case::new([3, 2, 2, 3], 0.3, 11);
        let [sums, ..] = case.in_f64();
        clear_of_bounds(&sums, &mut case.gradient, rectifier);
        let loss = |case: &Case<4>| -> f64 {
            let [sums, ..] = case.in_f64();
            let [low, high] = bounds(rectifier);
            let terms = sums.iter().zip(&case.gradient);
            terms
                .map(|(sum, gradient)| sum.clamp(low, high) * f64::from(*gradient))
                .sum()
        };
        let of_values: fn(&mut Case<4>) -> &mut Vec<f32> = |case| &mut case.values;
        let [_, _, _, values, gamma, beta] = case.ours(&Device::flex(), rectifier);
        for (found, part) in [
            (values, of_values),
            (gamma, |case| &mut case.gamma),
            (beta, |case| &mut case.beta),
        ] {
            for (place, found) in found.iter().enumerate() {
                let value = part(&mut case)[place];
                // The step that f32 really takes.
                let [up, down] = [value + STEP, value - STEP];
                let mut at = |value: f32| {
                    part(&mut case)[place] = value;
                    loss(&case)
                };
                let expected = (at(up) - at(down)) / (f64::from(up) - f64::from(down));
                at(value);
                let difference = (f64::from(*found) - expected).abs();
                assert!(
                    difference < 2e-3,
                    "{rectifier:?} {place}: {found} for {expected}"
                );
            }
        }
    }
}

/// Squares summed around zero would leave nothing of a variance of 1/3 at 3,000.
#[test]
fn a_channel_far_from_zero_keeps_its_variance() {
    let case = Case::new([16, 3, 8, 8], 3000.0, 1);
    let [_, _, variance] = case.in_f64();
    let [_, _, ours, ..] = case.ours(&Device::flex(), Rectifier::None);
    for (ours, exact) in ours.iter().zip(variance) {
        assert!(
            (f64::from(*ours) / exact - 1.0).abs() < 1e-3,
            "{ours} for {exact}"
        );
    }
}

#[test]
fn nan_reaches_all_of_its_channel() {
    let mut case = Case::new([2, 2, 3, 3], 0.0, 4);
    case.values[4] = f32::NAN;
    for rectifier in RECTIFIERS {
        let [output, ..] = case.ours(&Device::flex(), rectifier);
        assert!(output[..9].iter().all(|value| value.is_nan()));
        assert!(output[9..18].iter().all(|value| value.is_finite()));
    }
}

#[test]
fn sizes_that_do_not_fit_end_as_burns_do() {
    for device in devices() {
        for channels in [2, 4] {
            let values = Tensor::<4>::ones([2, 3, 4, 4], &device);
            let gamma = Tensor::<1>::ones([channels], &device);
            let same = (values.clone(), gamma.clone());
            assert_same_end(
                || {
                    kernels::batch_norm(values, gamma.clone(), gamma, EPSILON, Rectifier::None)
                        .output
                },
                || module::batch_norm_train(same.0, same.1.clone(), same.1, EPSILON).output,
            );
        }
    }
}
