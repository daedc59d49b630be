//! Dropout: the share of zeroed values, the scale of the others, and the gradient.

use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig};
use burn::tensor::{Device, Tensor};

use crate::support::{devices, random_numbers, tensor, values};

const LENGTH: usize = 200_000;

fn module(rate: f64) -> Dropout {
    DropoutConfig::new(rate).init()
}

fn ones(device: &Device) -> Tensor<2> {
    Tensor::ones([200, LENGTH / 200], device)
}

#[test]
fn as_many_are_dropped_as_asked_and_the_mean_stays() {
    let _turn = random_numbers();
    for device in devices() {
        let device = device.autodiff();
        device.seed(1);
        for rate in [0.05, 0.2, 0.25, 0.5, 0.9] {
            let dropped = values(kernels::dropout(ones(&device), &module(rate)));
            let zeros = dropped.iter().filter(|value| **value == 0.0).count() as f64;
            let expected = rate * LENGTH as f64;
            let deviation = (expected * (1.0 - rate)).sqrt();
            let off = (zeros - expected).abs() / deviation;
            assert!(
                off < 4.0,
                "{zeros} dropped at {rate}: off by {off:.1} standard deviations"
            );
            let kept = dropped.iter().filter(|value| **value != 0.0);
            let scale = 1.0 / (1.0 - rate);
            // The rate is kept to 1 in 65,536.
            let close = |value: &f32| (f64::from(*value) / scale - 1.0).abs() < 1e-4;
            assert!(
                kept.into_iter().all(close),
                "what stays at {rate} is not times {scale}"
            );
            let mean = dropped.iter().map(|value| f64::from(*value)).sum::<f64>() / LENGTH as f64;
            let bound = 4.0 * deviation * scale / LENGTH as f64;
            assert!((mean - 1.0).abs() < bound, "a mean of {mean} at {rate}");
        }
    }
}

#[test]
fn neighbours_are_dropped_independently() {
    let _turn = random_numbers();
    let device = Device::flex().autodiff();
    device.seed(2);
    let dropped = values(kernels::dropout(ones(&device), &module(0.5)));
    for apart in [1, 2, 256, 1 << 14] {
        let pairs = dropped.iter().zip(&dropped[apart..]);
        let both = pairs
            .filter(|(one, other)| **one == 0.0 && **other == 0.0)
            .count() as f64;
        let count = (LENGTH - apart) as f64;
        let off = (both - count / 4.0).abs() / (count * 3.0 / 16.0).sqrt();
        assert!(
            off < 5.0,
            "{apart} apart: off by {off:.1} standard deviations"
        );
    }
}

#[test]
fn the_gradient_passes_where_the_value_did() {
    let _turn = random_numbers();
    for device in devices() {
        let device = device.autodiff();
        device.seed(3);
        let inputs = ones(&device).require_grad();
        let output = kernels::dropout(inputs.clone(), &module(0.3));
        let gradients = output.clone().sum().backward();
        assert_eq!(values(inputs.grad(&gradients).unwrap()), values(output));
    }
}

#[test]
fn a_view_that_is_not_contiguous_is_masked_in_its_order() {
    let _turn = random_numbers();
    for device in devices() {
        let device = device.autodiff();
        let straight = tensor(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [2, 3], &device);
        device.seed(4);
        let turned = kernels::dropout(straight.clone().transpose(), &module(0.5));
        device.seed(4);
        let copied = tensor(&values(straight.transpose()), [3, 2], &device);
        assert_eq!(
            values(turned),
            values(kernels::dropout(copied, &module(0.5)))
        );
    }
}

#[test]
fn the_seed_repeats_the_mask() {
    let _turn = random_numbers();
    let masks = devices().map(|device| {
        let device = device.autodiff();
        device.seed(5);
        let [first, second] = [0; 2].map(|_| values(kernels::dropout(ones(&device), &module(0.5))));
        assert_ne!(first, second, "every call draws its own mask");
        device.seed(5);
        assert_eq!(values(kernels::dropout(ones(&device), &module(0.5))), first);
        device.seed(6);
        assert_ne!(values(kernels::dropout(ones(&device), &module(0.5))), first);
        first
    });
    assert_ne!(masks[0], vec![0.0; LENGTH]);
}

#[test]
fn without_gradients_nothing_is_dropped() {
    let _turn = random_numbers();
    for device in devices() {
        let inputs = tensor(&[1.0, -2.0, f32::INFINITY], [3], &device);
        assert_eq!(
            values(kernels::dropout(inputs.clone(), &module(0.9))),
            values(inputs)
        );
        let device = device.autodiff();
        let inputs = tensor(&[1.0, -2.0, f32::INFINITY], [3], &device);
        assert_eq!(
            values(kernels::dropout(inputs.clone(), &module(0.0))),
            values(inputs)
        );
        let none: Tensor<2> = Tensor::ones([0, 4], &device);
        assert_eq!(kernels::dropout(none, &module(0.5)).dims(), [0, 4]);
    }
}

#[test]
fn a_frozen_module_passes_its_input_through_as_burns_does() {
    let _turn = random_numbers();
    for device in devices() {
        let device = device.autodiff();
        let inputs = tensor(&[1.0, -2.0, f32::INFINITY], [3], &device);
        let frozen = module(0.9).freeze();
        assert_eq!(
            values(kernels::dropout(inputs.clone(), &frozen)),
            values(frozen.forward(inputs.clone()))
        );
        assert_eq!(
            values(kernels::dropout(inputs.clone(), &frozen)),
            values(inputs.clone())
        );
        let thawed = frozen.unfreeze();
        let ones = ones(&device);
        assert_ne!(
            values(kernels::dropout(ones.clone(), &thawed)),
            values(ones)
        );
    }
}
