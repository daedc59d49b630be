//! Convolution, rectifier and max-pooling in one are what Burn's three operations are.
#![allow(clippy::unwrap_used)]

use burn::tensor::module;
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{Device, Distribution, Tensor, activation};
use kernels::{Rectifier, conv2d_max_pool2d};
use proptest::prelude::*;

/// The norm of the difference, as a share of the norm.
fn difference<const D: usize>(ours: Tensor<D>, burns: Tensor<D>) -> f32 {
    let norm = |tensor: Tensor<D>| tensor.square().sum().into_scalar::<f32>().sqrt();
    norm(ours - burns.clone()) / norm(burns).max(1e-6)
}

fn agrees(
    batch: usize,
    [inputs, outputs]: [usize; 2],
    size: [usize; 2],
    padding: usize,
    seed: u64,
) {
    let device = Device::flex().autodiff();
    device.seed(seed);
    let random = |shape: [usize; 4]| {
        Tensor::<4>::random(shape, Distribution::Uniform(-1.0, 1.0), &device).require_grad()
    };
    let images = random([batch, inputs, size[0], size[1]]);
    let weight = random([outputs, inputs, 3, 3]);
    let bias = Tensor::<1>::random([outputs], Distribution::Default, &device).require_grad();
    let options = ConvOptions::new([1, 1], [padding, padding], [1, 1], 1);

    let sums = module::conv2d(
        images.clone(),
        weight.clone(),
        Some(bias.clone()),
        options.clone(),
    );
    let maps = activation::relu6(sums);
    let burns = module::max_pool2d(maps, MaxPoolOptions::new([2, 2]).with_stride([2, 2]));
    let ours = conv2d_max_pool2d(
        images.clone(),
        weight.clone(),
        Some(bias.clone()),
        options,
        Rectifier::Relu6,
        2,
    );
    assert_eq!(ours.dims(), burns.dims());
    let difference_of_outputs = difference(ours.clone(), burns.clone());
    assert!(
        difference_of_outputs < 1e-4,
        "output {difference_of_outputs}"
    );

    let weights = Tensor::<4>::random(ours.dims(), Distribution::Default, &device);
    let ours = (ours * weights.clone()).sum().backward();
    let burns = (burns * weights).sum().backward();
    let pairs = [
        (
            "images",
            difference(images.grad(&ours).unwrap(), images.grad(&burns).unwrap()),
        ),
        (
            "weight",
            difference(weight.grad(&ours).unwrap(), weight.grad(&burns).unwrap()),
        ),
        (
            "bias",
            difference(bias.grad(&ours).unwrap(), bias.grad(&burns).unwrap()),
        ),
    ];
    for (name, difference) in pairs {
        // Two candidates within rounding may change places: rare, and then a gradient moves by a pixel.
        assert!(difference < 5e-2, "{name} {difference}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn any_size(
        batch in 1usize..4,
        inputs in 8usize..20,
        outputs in 8usize..40,
        height in 4usize..24,
        width in 4usize..40,
        padding in 0usize..3,
        seed in 0u64..1000,
    ) {
        agrees(batch, [inputs, outputs], [height, width], padding, seed);
    }
}
