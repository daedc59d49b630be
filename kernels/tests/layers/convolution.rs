//! Convolution: random shapes, both backends, NaN and infinities, sizes that do not match.

use std::cell::RefCell;

use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor, module};
use kernels::Rectifier;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};

use crate::reference::{self, Convolution, draw, relative_error};
use crate::support::{
    self, RECTIFIERS, assert_same, assert_same_end, assert_shows, devices, difference, rectify,
    tensor, values,
};

/// What the matrix product and the minimal filtering may be off by, relative to the largest value.
const DIRECT: f64 = 1e-5;
const WINOGRAD: f64 = 1e-4;

/// One call.
#[derive(Clone, Debug)]
struct Case {
    shape: Convolution,
    rectifier: Rectifier,
    has_bias: bool,
    seed: u64,
}

/// The values that go in.
struct Inputs {
    images: Vec<f32>,
    weights: Vec<f32>,
    bias: Vec<f32>,
    /// The gradient of the output.
    gradient: Vec<f32>,
}

/// What comes out: the output and the gradients for images, weights and bias.
type Outcome = [Vec<f32>; 4];

const NAMES: [&str; 4] = [
    "output",
    "gradient for the images",
    "for the weights",
    "for the bias",
];

impl Case {
    fn inputs(&self) -> Inputs {
        let length = |shape: [usize; 4]| shape.iter().product();
        let shape = &self.shape;
        // Sums of a standard deviation of 3, so that both ends of the rectifiers are reached.
        let window: usize = shape.weights_shape()[1..].iter().product();
        let scale = 9.0 / (window as f32).sqrt();
        Inputs {
            images: draw(length(shape.images_shape()), 1.0, self.seed),
            weights: draw(length(shape.weights_shape()), scale, self.seed + 1),
            bias: draw(
                shape.channels[1],
                f32::from(u8::from(self.has_bias)),
                self.seed + 2,
            ),
            gradient: draw(length(shape.output_shape()), 1.0, self.seed + 3),
        }
    }

    fn options(&self) -> ConvOptions<2> {
        let shape = &self.shape;
        let padding = shape.padding.map(|[before, after]| (before, after));
        ConvOptions::new_with_padding(shape.stride, padding, shape.dilation, shape.groups)
    }

    /// Whether minimal filtering is meant to take it; `kernels` does not say.
    fn is_winograd(&self) -> bool {
        let shape = &self.shape;
        shape.groups == 1
            && (shape.kernel, shape.stride, shape.dilation) == ([3; 2], [1; 2], [1; 2])
            && shape.padding.iter().flatten().all(|border| *border <= 2)
            && shape.channels.iter().all(|channels| *channels >= 8)
    }

    fn bound(&self) -> f64 {
        if self.is_winograd() { WINOGRAD } else { DIRECT }
    }

    /// Forward and backward by one of the two convolutions.
    fn run(
        &self,
        inputs: &Inputs,
        device: &Device,
        operation: impl FnOnce(Tensor<4>, Tensor<4>, Option<Tensor<1>>) -> Tensor<4>,
    ) -> Outcome {
        let device = device.clone().autodiff();
        let images = tensor(&inputs.images, self.shape.images_shape(), &device).require_grad();
        let weights = tensor(&inputs.weights, self.shape.weights_shape(), &device).require_grad();
        let bias = self
            .has_bias
            .then(|| tensor(&inputs.bias, [inputs.bias.len()], &device).require_grad());
        let output = operation(images.clone(), weights.clone(), bias.clone());
        assert_eq!(output.dims(), self.shape.output_shape());
        let gradient = tensor(&inputs.gradient, self.shape.output_shape(), &device);
        let gradients = (output.clone() * gradient).sum().backward();
        [
            values(output),
            values(images.grad(&gradients).unwrap()),
            values(weights.grad(&gradients).unwrap()),
            bias.map_or(vec![], |bias| values(bias.grad(&gradients).unwrap())),
        ]
    }

    fn ours(&self, inputs: &Inputs, device: &Device) -> Outcome {
        self.run(inputs, device, |images, weights, bias| {
            kernels::conv2d(images, weights, bias, self.options(), self.rectifier)
        })
    }

    fn burns(&self, inputs: &Inputs, device: &Device) -> Outcome {
        self.run(inputs, device, |images, weights, bias| {
            rectify(
                module::conv2d(images, weights, bias, self.options()),
                self.rectifier,
            )
        })
    }

    /// By the definition; the gradient of the output is cleared near the bounds of the rectifier.
    fn exact(&self, inputs: &mut Inputs) -> [Vec<f64>; 4] {
        let sums = self
            .shape
            .forward(&inputs.images, &inputs.weights, &inputs.bias);
        support::clear_of_bounds(&sums, &mut inputs.gradient, self.rectifier);
        let gradient = support::rectify_gradient(&sums, &inputs.gradient, self.rectifier);
        let gradients = self
            .shape
            .gradients(&inputs.images, &inputs.weights, &gradient);
        let bias = if self.has_bias {
            gradients.bias
        } else {
            vec![]
        };
        [
            reference::rectify(&sums, self.rectifier),
            gradients.images,
            gradients.weights,
            bias,
        ]
    }
}

fn pair<T: Strategy + Clone>(value: T) -> [T; 2] {
    [value.clone(), value]
}

/// Shapes with these windows; the picture grows until a window fits.
fn shapes(
    channels: impl Strategy<Value = [usize; 2]>,
    groups: impl Strategy<Value = usize>,
    [kernels, strides, dilations, borders]: [std::ops::RangeInclusive<usize>; 4],
) -> impl Strategy<Value = Convolution> {
    let sizes = (1..=4usize, channels, pair(1..=18usize), groups);
    let padding = [pair(borders.clone()), pair(borders)];
    let windows = (pair(kernels), pair(strides), pair(dilations), padding);
    (sizes, windows).prop_map(|((batch, channels, input, groups), windows)| {
        let (kernel, stride, dilation, padding) = windows;
        let mut shape = Convolution {
            batch,
            channels: channels.map(|channels| channels * groups),
            input,
            kernel,
            stride,
            dilation,
            padding,
            groups,
        };
        for axis in 0..2 {
            let window = dilation[axis] * (kernel[axis] - 1) + 1;
            let least = window.saturating_sub(padding[axis].iter().sum());
            shape.input[axis] = input[axis].max(least);
        }
        shape
    })
}

fn cases() -> impl Strategy<Value = Case> {
    let any = shapes(pair(1..=40usize), Just(1), [1..=5, 1..=3, 1..=2, 0..=4]);
    let winograd = shapes(pair(8..=40usize), Just(1), [3..=3, 1..=1, 1..=1, 0..=2]);
    let grouped = shapes(pair(1..=10usize), 2..=4usize, [1..=5, 1..=3, 1..=2, 0..=4]);
    let shape = prop_oneof![4 => any, 3 => winograd, 1 => grouped];
    let rectifier = prop::sample::select(&RECTIFIERS[..]);
    (shape, rectifier, any_bool(), any_seed()).prop_map(|(shape, rectifier, has_bias, seed)| Case {
        shape,
        rectifier,
        has_bias,
        seed,
    })
}

fn any_bool() -> impl Strategy<Value = bool> {
    proptest::bool::ANY
}

fn any_seed() -> impl Strategy<Value = u64> {
    0..1u64 << 40
}

#[test]
fn random_shapes_agree_with_the_definition_and_with_burn() {
    let config = Config {
        cases: 500,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(42),
        ..Config::default()
    };
    let device = Device::flex();
    // Of matrix product, minimal filtering, and Burn's own.
    let worst = RefCell::new([0.0f64; 3]);
    let check = |case: Case| {
        let mut inputs = case.inputs();
        let exact = case.exact(&mut inputs);
        let ours = case.ours(&inputs, &device);
        let burns = case.burns(&inputs, &device);
        for (((name, ours), burns), exact) in NAMES.iter().zip(&ours).zip(&burns).zip(&exact) {
            let error = relative_error(ours, exact);
            let burns_error = relative_error(burns, exact);
            let mut worst = worst.borrow_mut();
            let way = usize::from(case.is_winograd());
            worst[way] = worst[way].max(error);
            worst[2] = worst[2].max(burns_error);
            let bound = case.bound();
            prop_assert!(
                error <= bound,
                "{name}: off by {error:.2e}, Burn by {burns_error:.2e}"
            );
            let difference = difference(ours, burns);
            prop_assert!(difference <= bound, "{name}: {difference:.2e} from Burn's");
        }
        Ok::<_, TestCaseError>(())
    };
    let result = TestRunner::new(config).run(&cases(), check);
    let [direct, winograd, burns] = worst.into_inner();
    println!("largest errors: product {direct:.1e}, winograd {winograd:.1e}, Burn {burns:.1e}");
    if let Err(error) = result {
        panic!("{error}");
    }
}

fn case(channels: [usize; 2], kernel: usize, stride: usize, rectifier: Rectifier) -> Case {
    Case {
        shape: Convolution {
            batch: 2,
            channels,
            input: [9, 11],
            kernel: [kernel; 2],
            stride: [stride; 2],
            dilation: [1, 1],
            padding: [[1, 0], [1, 2]],
            groups: 1,
        },
        rectifier,
        has_bias: true,
        seed: 7,
    }
}

/// One for minimal filtering, and two for the matrix product.
fn fixed_cases() -> impl Iterator<Item = Case> {
    RECTIFIERS.into_iter().flat_map(|rectifier| {
        [
            case([9, 12], 3, 1, rectifier),
            case([3, 8], 3, 1, rectifier),
            case([5, 7], 4, 2, rectifier),
        ]
    })
}

#[test]
fn every_backend_gives_the_same() {
    for case in fixed_cases() {
        let mut inputs = case.inputs();
        let exact = case.exact(&mut inputs);
        let [flex, ndarray] = devices().map(|device| case.ours(&inputs, &device));
        assert_eq!(flex, ndarray, "{case:?}");
        for (name, (values, exact)) in NAMES.iter().zip(flex.iter().zip(&exact)) {
            let error = relative_error(values, exact);
            assert!(error <= case.bound(), "{name}: {error:.2e} in {case:?}");
        }
    }
}

#[test]
fn views_that_are_not_contiguous_are_read_in_their_order() {
    for device in devices() {
        for case in fixed_cases() {
            let inputs = case.inputs();
            let outcome = case.run(&inputs, &device, |images, weights, bias| {
                let turn = |values: Tensor<4>| {
                    // In memory as [.., width, height], seen as [.., height, width].
                    let turned = values.swap_dims(2, 3).inner().into_data();
                    Tensor::from_inner(Tensor::from_data(turned, &device)).swap_dims(2, 3)
                };
                let output = kernels::conv2d(
                    turn(images.clone()),
                    turn(weights.clone()),
                    bias.clone(),
                    case.options(),
                    case.rectifier,
                );
                let straight =
                    kernels::conv2d(images, weights, bias, case.options(), case.rectifier);
                assert_eq!(values(output), values(straight.clone()), "{case:?}");
                straight
            });
            assert_eq!(outcome, case.ours(&inputs, &device));
        }
    }
}

/// The matrix product shows what Burn's convolution shows. Minimal filtering spreads it over a tile of 4 x 4
/// outputs, and infinity becomes NaN there; it does not lose it.
#[track_caller]
fn assert_not_hidden(case: &Case, inputs: &Inputs, what: &str) {
    let device = Device::flex();
    let ours = case.ours(inputs, &device);
    let burns = case.burns(inputs, &device);
    for ((name, ours), burns) in NAMES.iter().zip(&ours).zip(&burns) {
        let what = format!("{name}, {what} in {case:?}");
        if case.is_winograd() {
            assert_shows(ours, burns, &what);
        } else {
            assert_same(ours, burns, &what);
        }
    }
}

#[test]
fn nan_and_infinities_are_not_hidden() {
    for hostile in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for case in fixed_cases() {
            let mut pixel = case.inputs();
            let middle = pixel.images.len() / 2 + 5;
            pixel.images[middle] = hostile;
            assert_not_hidden(&case, &pixel, &format!("{hostile} in a pixel"));
            let mut weight = case.inputs();
            weight.weights[2] = hostile;
            assert_not_hidden(&case, &weight, &format!("{hostile} in a weight"));
            let mut bias = case.inputs();
            bias.bias[2] = hostile;
            assert_not_hidden(&case, &bias, &format!("{hostile} in the bias"));
            let mut gradient = case.inputs();
            gradient.gradient[20] = hostile;
            assert_not_hidden(&case, &gradient, &format!("{hostile} in the gradient"));
        }
    }
}

#[test]
fn sizes_that_do_not_fit_end_as_burns_do() {
    let plain = || ConvOptions::new([1, 1], [0, 0], [1, 1], 1);
    let wide = || ConvOptions::new([1, 1], [0, 0], [4, 4], 1);
    // Images, weights, bias, options.
    let hostile = [
        ([0, 3, 8, 8], [4, 3, 3, 3], 4, plain()), // no picture
        ([0, 8, 8, 8], [8, 8, 3, 3], 8, plain()),
        ([2, 3, 2, 8], [4, 3, 3, 3], 4, plain()), // a window larger than the picture
        ([2, 8, 2, 2], [8, 8, 3, 3], 8, plain()),
        ([2, 8, 8, 8], [8, 8, 3, 3], 8, wide()),
        ([2, 3, 0, 8], [4, 3, 3, 3], 4, plain()), // nothing to see
        ([2, 4, 8, 8], [4, 3, 3, 3], 4, plain()), // other channels than the weights
        ([2, 2, 8, 8], [4, 3, 3, 3], 4, plain()),
        ([2, 9, 8, 8], [8, 8, 3, 3], 8, plain()),
        ([2, 3, 8, 8], [4, 3, 3, 3], 5, plain()), // another bias than outputs
        ([2, 8, 8, 8], [8, 8, 3, 3], 7, plain()),
    ];
    for device in devices() {
        for (images, weights, bias, options) in hostile.clone() {
            let (images, weights) = (
                Tensor::ones(images, &device),
                Tensor::ones(weights, &device),
            );
            let bias = Some(Tensor::ones([bias], &device));
            let arguments = (
                images.clone(),
                weights.clone(),
                bias.clone(),
                options.clone(),
            );
            assert_same_end(
                || kernels::conv2d(images, weights, bias, options, Rectifier::Relu),
                || module::conv2d(arguments.0, arguments.1, arguments.2, arguments.3),
            );
        }
    }
}
