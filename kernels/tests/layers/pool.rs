//! Max-pooling against Burn's.

use burn::tensor::ops::MaxPoolOptions;
use burn::tensor::{Device, Tensor, module};

use crate::reference::draw;
use crate::support::{assert_same_end, devices, tensor, values};

fn burns(images: Tensor<4>, size: usize) -> Tensor<4> {
    module::max_pool2d(
        images,
        MaxPoolOptions::new([size; 2]).with_stride([size; 2]),
    )
}

/// The output, and the gradient for the images.
fn run(
    images: &[f32],
    shape: [usize; 4],
    device: &Device,
    operation: impl FnOnce(Tensor<4>) -> Tensor<4>,
) -> [Vec<f32>; 2] {
    let device = device.clone().autodiff();
    let images = tensor(images, shape, &device).require_grad();
    let output = operation(images.clone());
    let gradient = tensor(
        &draw(output.dims().iter().product(), 1.0, 9),
        output.dims(),
        &device,
    );
    let gradients = (output.clone() * gradient).sum().backward();
    [values(output), values(images.grad(&gradients).unwrap())]
}

/// Bits, so that NaN equals NaN.
fn bits(outcome: [Vec<f32>; 2]) -> [Vec<u32>; 2] {
    outcome.map(|values| values.into_iter().map(f32::to_bits).collect())
}

#[track_caller]
fn assert_burns(images: &[f32], shape: [usize; 4], size: usize) {
    for device in devices() {
        let ours = run(images, shape, &device, |images| {
            kernels::max_pool2d(images, size)
        });
        let theirs = run(images, shape, &Device::flex(), |images| burns(images, size));
        assert_eq!(
            bits(ours),
            bits(theirs),
            "{shape:?} by {size} on {device:?}"
        );
    }
}

/// Even and odd, of one window and of many.
fn shapes(size: usize) -> [[usize; 4]; 4] {
    [
        [1, 1, size, size],
        [2, 3, 2 * size, 3 * size],
        [1, 2, 5 * size + size / 2, 4 * size + size - 1],
        [3, 1, 37, 29],
    ]
}

#[test]
fn outputs_and_gradients_are_burns() {
    for size in [1, 2, 3, 4, 5, 16] {
        for shape in shapes(size) {
            assert_burns(&draw(shape.iter().product(), 1.0, size as u64), shape, size);
        }
    }
}

#[test]
fn the_first_of_equal_values_takes_the_gradient() {
    for size in 1..=5 {
        for shape in shapes(size) {
            let length = shape.iter().product();
            let few: Vec<f32> = draw(length, 1.5, 4)
                .iter()
                .map(|value| value.round())
                .collect();
            assert_burns(&few, shape, size);
            assert_burns(&vec![0.0; length], shape, size);
            assert_burns(&vec![f32::NEG_INFINITY; length], shape, size);
        }
    }
    let device = Device::flex();
    let [_, gradient] = run(&[1.0, 5.0, 5.0, 5.0], [1, 1, 2, 2], &device, |images| {
        kernels::max_pool2d(images, 2)
    });
    assert_eq!(
        gradient
            .iter()
            .map(|value| *value != 0.0)
            .collect::<Vec<_>>(),
        [false, true, false, false]
    );
}

#[test]
fn nan_is_larger_than_every_number() {
    for size in 1..=5 {
        for place in 0..size * size {
            let mut images = draw(size * size, 1.0, 6);
            images[place] = f32::NAN;
            assert_burns(&images, [1, 1, size, size], size);
            let pooled =
                kernels::max_pool2d(tensor(&images, [1, 1, size, size], &Device::flex()), size);
            assert!(
                values(pooled)[0].is_nan(),
                "NaN at {place} of {size} x {size}"
            );
        }
    }
}

#[test]
fn nan_and_infinities_are_pooled_as_burns_does() {
    let hostile = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.5];
    for size in 1..=5 {
        for shape in shapes(size) {
            let mut images = draw(shape.iter().product(), 1.0, 7);
            let choices = draw(images.len(), 6.0, 8);
            for (value, choice) in images.iter_mut().zip(choices) {
                if (0.0..4.0).contains(&choice) {
                    *value = hostile[choice as usize];
                }
            }
            assert_burns(&images, shape, size);
        }
    }
}

#[test]
fn sizes_that_do_not_fit_end_as_burns_do() {
    let hostile = [
        ([0, 2, 4, 4], 2),
        ([2, 0, 4, 4], 2),
        ([2, 2, 1, 4], 2),
        ([2, 2, 4, 0], 2),
        ([2, 2, 4, 4], 0),
        ([1, 1, 40, 40], 17),
    ];
    for device in devices() {
        for (shape, size) in hostile {
            let images: Tensor<4> = Tensor::ones(shape, &device);
            let same = images.clone();
            assert_same_end(|| kernels::max_pool2d(images, size), || burns(same, size));
        }
    }
}
