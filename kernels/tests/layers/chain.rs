//! A small network from end to end, as training has it, against the same of Burn's own operations.

use burn::nn::DropoutConfig;
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor, module};
use kernels::Rectifier;

use crate::reference::draw;
use crate::support::{devices, difference, random_numbers, rectify, tensor, values};

const BATCH: usize = 5;
const CLASSES: usize = 7;
/// Of the values that go into the dense layer: 16 channels of 3 x 3.
const FEATURES: usize = 16 * 3 * 3;

/// Weights and bias of two convolutions and a dense layer.
struct Parameters {
    first: Tensor<4>,
    first_bias: Tensor<1>,
    second: Tensor<4>,
    second_bias: Tensor<1>,
    dense: Tensor<2>,
    dense_bias: Tensor<1>,
}

impl Parameters {
    fn new(device: &Device) -> Self {
        fn weights<const D: usize>(shape: [usize; D], scale: f32, device: &Device) -> Tensor<D> {
            let length = shape.iter().product();
            tensor(&draw(length, scale, length as u64), shape, device).require_grad()
        }
        Self {
            first: weights([9, 3, 5, 5], 1.0, device),
            first_bias: weights([9], 1.0, device),
            second: weights([16, 9, 3, 3], 0.5, device),
            second_bias: weights([16], 1.0, device),
            dense: weights([FEATURES, CLASSES], 0.3, device),
            dense_bias: weights([CLASSES], 1.0, device),
        }
    }
}

fn options(padding: usize) -> ConvOptions<2> {
    ConvOptions::new([1, 1], [padding; 2], [1, 1], 1)
}

/// By the crate's operations.
fn ours(images: Tensor<4>, with: &Parameters) -> Tensor<2> {
    let bias = |bias: &Tensor<1>| Some(bias.clone());
    let relu6 = Rectifier::Relu6;
    let maps = kernels::conv2d(
        images,
        with.first.clone(),
        bias(&with.first_bias),
        options(2),
        relu6,
    );
    let maps = kernels::max_pool2d(maps, 2);
    let maps = kernels::conv2d(
        maps,
        with.second.clone(),
        bias(&with.second_bias),
        options(1),
        relu6,
    );
    let maps = kernels::dropout(
        kernels::max_pool2d(maps, 2),
        &DropoutConfig::new(0.25).init(),
    );
    let features = maps.reshape([BATCH, FEATURES]);
    kernels::dense(
        features,
        with.dense.clone(),
        bias(&with.dense_bias),
        Rectifier::None,
    )
}

/// By Burn's, with the mask that the crate's dropout draws.
fn burns(images: Tensor<4>, with: &Parameters, mask: Tensor<4>) -> Tensor<2> {
    let bias = |bias: &Tensor<1>| Some(bias.clone());
    let halves = || MaxPoolOptions::new([2; 2]).with_stride([2; 2]);
    let maps = module::conv2d(
        images,
        with.first.clone(),
        bias(&with.first_bias),
        options(2),
    );
    let maps = module::max_pool2d(rectify(maps, Rectifier::Relu6), halves());
    let maps = module::conv2d(
        maps,
        with.second.clone(),
        bias(&with.second_bias),
        options(1),
    );
    let maps = module::max_pool2d(rectify(maps, Rectifier::Relu6), halves());
    let features = (maps * mask).reshape([BATCH, FEATURES]);
    module::linear(features, with.dense.clone(), bias(&with.dense_bias))
}

/// The output and the gradients for the images and all parameters.
fn outcome(
    device: &Device,
    network: impl FnOnce(Tensor<4>, &Parameters) -> Tensor<2>,
) -> Vec<Vec<f32>> {
    let with = Parameters::new(device);
    let shape = [BATCH, 3, 13, 14];
    let images = tensor(&draw(shape.iter().product(), 1.0, 1), shape, device).require_grad();
    let output = network(images.clone(), &with);
    let gradients = (output.clone().square() * 0.5).mean().backward();
    vec![
        values(output),
        values(images.grad(&gradients).unwrap()),
        values(with.first.grad(&gradients).unwrap()),
        values(with.first_bias.grad(&gradients).unwrap()),
        values(with.second.grad(&gradients).unwrap()),
        values(with.second_bias.grad(&gradients).unwrap()),
        values(with.dense.grad(&gradients).unwrap()),
        values(with.dense_bias.grad(&gradients).unwrap()),
    ]
}

#[test]
fn a_networks_gradients_are_burns() {
    let _turn = random_numbers();
    for device in devices() {
        let device = device.autodiff();
        device.seed(11);
        let mask = kernels::dropout(
            Tensor::ones([BATCH, 16, 3, 3], &device),
            &DropoutConfig::new(0.25).init(),
        );
        let burns = outcome(&device, |images, with| burns(images, with, mask));
        device.seed(11);
        let ours = outcome(&device, ours);
        let errors: Vec<f64> = ours
            .iter()
            .zip(&burns)
            .map(|(ours, burns)| difference(ours, burns))
            .collect();
        println!("largest errors: {errors:?}");
        assert!(errors.iter().all(|error| *error <= 1e-5), "{errors:?}");
    }
}

/// The sum of two layers over the same images, one of them used twice: what flows back to one path must not
/// change what flows to the others.
fn branches(
    images: Tensor<4>,
    [one, other]: &[Tensor<4>; 2],
    convolve: impl Fn(Tensor<4>, Tensor<4>) -> Tensor<4>,
) -> Tensor<4> {
    let first = convolve(images.clone(), one.clone());
    let second = convolve(images, other.clone());
    let both = first.clone() + second;
    both.clone() + convolve(both, one.clone()) + first
}

#[test]
fn gradients_of_shared_parts_add_up() {
    let shape = [2, 8, 6, 7];
    let weights = [8, 8, 3, 3];
    for device in devices() {
        let device = device.autodiff();
        let run = |convolve: fn(Tensor<4>, Tensor<4>) -> Tensor<4>| {
            let length = shape.iter().product();
            let images = tensor(&draw(length, 1.0, 1), shape, &device).require_grad();
            let weights = [2, 3].map(|seed| {
                let length = weights.iter().product();
                tensor(&draw(length, 0.5, seed), weights, &device).require_grad()
            });
            let output = branches(images.clone(), &weights, convolve);
            // Its gradient is one number for all, laid out over the shape.
            let gradients = output.clone().sum().backward();
            [
                values(output),
                values(images.grad(&gradients).unwrap()),
                values(weights[0].grad(&gradients).unwrap()),
                values(weights[1].grad(&gradients).unwrap()),
            ]
        };
        let ours = run(|images, weight| {
            kernels::conv2d(images, weight, None, options(1), Rectifier::Relu)
        });
        let burns = run(|images, weight| {
            rectify(
                module::conv2d(images, weight, None, options(1)),
                Rectifier::Relu,
            )
        });
        for (ours, burns) in ours.iter().zip(&burns) {
            assert!(difference(ours, burns) <= 1e-5);
        }
    }
}

#[test]
fn only_what_asks_for_a_gradient_gets_one() {
    for device in devices() {
        let device = device.autodiff();
        for asked in 0..8u8 {
            let ask = |tensor: Tensor<4>, bit: u8| {
                if asked & bit != 0 {
                    tensor.require_grad()
                } else {
                    tensor
                }
            };
            let images = ask(Tensor::ones([1, 2, 5, 5], &device), 1);
            let weight = ask(Tensor::ones([3, 2, 2, 2], &device), 2);
            let dense: Tensor<2> = Tensor::ones([3 * 2 * 2, 4], &device);
            let dense = if asked & 4 != 0 {
                dense.require_grad()
            } else {
                dense
            };
            let (rectifier, no_padding) = (Rectifier::Relu, options(0));
            let maps = kernels::conv2d(images.clone(), weight.clone(), None, no_padding, rectifier);
            let features = kernels::max_pool2d(maps, 2).reshape([1, 12]);
            let output = kernels::dense(features, dense.clone(), None, Rectifier::None);
            assert_eq!(values(output.clone()), [12.0 * 8.0; 4]);
            if asked == 0 {
                continue;
            }
            let gradients = output.sum().backward();
            assert_eq!(images.grad(&gradients).is_some(), asked & 1 != 0);
            assert_eq!(weight.grad(&gradients).is_some(), asked & 2 != 0);
            assert_eq!(dense.grad(&gradients).is_some(), asked & 4 != 0);
        }
    }
}
