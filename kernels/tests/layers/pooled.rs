//! Convolution, rectifier and max-pooling in one operation against Burn's three.

use burn::tensor::module;
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{Device, Distribution, Tensor, activation};
use kernels::{Rectifier, conv2d_max_pool2d};
use proptest::prelude::*;

use crate::support::{random_numbers, tensor, values};

/// Values nearer than this to one another, or to a bound of the rectifier, count as a tie.
const TIE: f32 = 1e-3;

/// Returns the norm of the difference, as a share of the norm.
fn norm_difference<const D: usize>(ours: Tensor<D>, burns: Tensor<D>) -> f32 {
    let norm = |tensor: Tensor<D>| tensor.square().sum().into_scalar::<f32>().sqrt();
    norm(ours - burns.clone()) / norm(burns).max(1e-6)
}

/// Returns 1 for each window of 2 x 2 sums in which rounding cannot change which sum passes the gradient: the largest
/// rectified sum lies away from the others and from the bounds of the rectifier. Returns 0 for all other windows.
fn without_ties(sums: Tensor<4>) -> Tensor<4> {
    let [batch, channels, height, width] = sums.dims();
    let [rows, columns] = [height / 2, width / 2];
    let values = values(sums.inner());
    let mut regular = Vec::with_capacity(batch * channels * rows * columns);
    for plane in values.chunks_exact(height * width) {
        for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |x| (row, x))) {
            let first = 2 * row * width + 2 * column;
            let window = [0, 1, width, width + 1].map(|place| plane[first + place]);
            let mut rectified = window.map(|sum| sum.clamp(0.0, 6.0));
            rectified.sort_by(f32::total_cmp);
            let is_tied = rectified[3] - rectified[2] < TIE;
            let near = |sum: &f32| sum.abs() < TIE || (sum - 6.0).abs() < TIE;
            let is_regular = !is_tied && !window.iter().any(near);
            regular.push(f32::from(u8::from(is_regular)));
        }
    }
    tensor(
        &regular,
        [batch, channels, rows, columns],
        &Device::flex().autodiff(),
    )
}

fn agrees(
    batch: usize,
    [inputs, outputs]: [usize; 2],
    size: [usize; 2],
    padding: usize,
    seed: u64,
) {
    let _turn = random_numbers();
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
    let regular = without_ties(sums.clone());
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
    let difference = norm_difference(ours.clone(), burns.clone());
    assert!(difference < 1e-4, "output {difference}");

    let weights = Tensor::<4>::random(ours.dims(), Distribution::Default, &device) * regular;
    let ours = (ours * weights.clone()).sum().backward();
    let burns = (burns * weights).sum().backward();
    let check = |name: &str, difference: f32| assert!(difference < 1e-4, "{name} {difference}");
    let [for_images, expected] = [&ours, &burns].map(|all| images.grad(all).unwrap());
    check("images", norm_difference(for_images, expected));
    let [for_weight, expected] = [&ours, &burns].map(|all| weight.grad(all).unwrap());
    check("weight", norm_difference(for_weight, expected));
    let [for_bias, expected] = [&ours, &burns].map(|all| bias.grad(all).unwrap());
    check("bias", norm_difference(for_bias, expected));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn pooled_convolutions_of_any_size_are_burns(
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
