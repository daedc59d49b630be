//! Dense layers against Burn's.

use burn::nn::LinearConfig;
use burn::tensor::{Device, Tensor, module};
use kernels::Rectifier;

use crate::reference::{self, draw, relative_error};
use crate::support::{
    RECTIFIERS, assert_same, assert_same_end, clear_of_bounds, devices, difference, rectify,
    tensor, values,
};

/// Batch, inputs, outputs.
const SHAPES: [[usize; 3]; 7] = [
    [1, 1, 1],
    [1, 784, 10],
    [3, 5, 7],
    [17, 33, 65],
    [32, 200, 100],
    [128, 784, 128],
    [301, 9, 65],
];

struct Inputs {
    inputs: Vec<f32>,
    weights: Vec<f32>,
    bias: Vec<f32>,
    gradient: Vec<f32>,
}

fn draw_inputs([batch, from, to]: [usize; 3]) -> Inputs {
    Inputs {
        inputs: draw(batch * from, 1.0, 1),
        weights: draw(from * to, 9.0 / (from as f32).sqrt(), 2),
        bias: draw(to, 1.0, 3),
        gradient: draw(batch * to, 1.0, 4),
    }
}

/// The output and the gradients for inputs, weights and bias.
fn run(
    [batch, from, to]: [usize; 3],
    values_in: &Inputs,
    has_bias: bool,
    device: &Device,
    operation: impl FnOnce(Tensor<2>, Tensor<2>, Option<Tensor<1>>) -> Tensor<2>,
) -> [Vec<f32>; 4] {
    let device = device.clone().autodiff();
    let inputs = tensor(&values_in.inputs, [batch, from], &device).require_grad();
    let weights = tensor(&values_in.weights, [from, to], &device).require_grad();
    let bias = has_bias.then(|| tensor(&values_in.bias, [to], &device).require_grad());
    let output = operation(inputs.clone(), weights.clone(), bias.clone());
    assert_eq!(output.dims(), [batch, to]);
    let gradient = tensor(&values_in.gradient, [batch, to], &device);
    let gradients = (output.clone() * gradient).sum().backward();
    [
        values(output),
        values(inputs.grad(&gradients).unwrap()),
        values(weights.grad(&gradients).unwrap()),
        bias.map_or(vec![], |bias| values(bias.grad(&gradients).unwrap())),
    ]
}

/// `[batch, from] * [from, to] + [to]` in f64.
fn sums([batch, from, to]: [usize; 3], inputs: &Inputs, has_bias: bool) -> Vec<f64> {
    let mut sums = Vec::with_capacity(batch * to);
    for row in inputs.inputs.chunks(from) {
        for column in 0..to {
            let bias = if has_bias {
                f64::from(inputs.bias[column])
            } else {
                0.0
            };
            let products = row.iter().enumerate().map(|(index, value)| {
                f64::from(*value) * f64::from(inputs.weights[index * to + column])
            });
            sums.push(bias + products.sum::<f64>());
        }
    }
    sums
}

#[test]
fn outputs_and_gradients_are_burns() {
    let mut worst = 0.0f64;
    for shape in SHAPES {
        for rectifier in RECTIFIERS {
            for has_bias in [false, true] {
                let mut inputs = draw_inputs(shape);
                let sums = sums(shape, &inputs, has_bias);
                clear_of_bounds(&sums, &mut inputs.gradient, rectifier);
                let [flex, ndarray] = devices().map(|device| {
                    run(
                        shape,
                        &inputs,
                        has_bias,
                        &device,
                        |inputs, weights, bias| kernels::dense(inputs, weights, bias, rectifier),
                    )
                });
                assert_eq!(flex, ndarray);
                let burns = run(
                    shape,
                    &inputs,
                    has_bias,
                    &Device::flex(),
                    |inputs, weights, bias| {
                        rectify(module::linear(inputs, weights, bias), rectifier)
                    },
                );
                let exact = reference::rectify(&sums, rectifier);
                worst = worst.max(relative_error(&flex[0], &exact));
                for (ours, burns) in flex.iter().zip(&burns) {
                    worst = worst.max(difference(ours, burns));
                }
                assert!(
                    worst <= 1e-5,
                    "{worst:.1e} for {shape:?} {rectifier:?} {has_bias}"
                );
            }
        }
    }
    println!("largest error: {worst:.1e}");
}

#[test]
fn the_parameters_of_burns_module_give_its_answers() {
    for device in devices() {
        let linear = LinearConfig::new(30, 20).init(&device);
        let inputs = tensor(&draw(4 * 30, 1.0, 5), [4, 30], &device);
        let bias = linear.bias.as_ref().map(|bias| bias.val());
        let ours = kernels::dense(inputs.clone(), linear.weight.val(), bias, Rectifier::None);
        assert!(difference(&values(ours), &values(linear.forward(inputs))) <= 1e-6);
    }
}

#[test]
fn nan_and_infinities_are_not_hidden() {
    let shape = [6, 20, 18];
    let device = Device::flex();
    for hostile in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for rectifier in RECTIFIERS {
            for of in 0..3 {
                let mut inputs = draw_inputs(shape);
                let to = [&mut inputs.inputs, &mut inputs.weights, &mut inputs.bias];
                for (index, to) in to.into_iter().enumerate() {
                    if index == of {
                        to[11] = hostile;
                    }
                }
                let ours = run(shape, &inputs, true, &device, |inputs, weights, bias| {
                    kernels::dense(inputs, weights, bias, rectifier)
                });
                let burns = run(shape, &inputs, true, &device, |inputs, weights, bias| {
                    rectify(module::linear(inputs, weights, bias), rectifier)
                });
                for (part, (ours, burns)) in ours.iter().zip(&burns).enumerate() {
                    let what = format!("{part} of {hostile} in {of}, {rectifier:?}");
                    assert_same(ours, burns, &what);
                }
            }
        }
    }
}

#[test]
fn sizes_that_do_not_fit_end_as_burns_do() {
    // Inputs, weights, bias.
    let hostile = [
        ([0, 5], [5, 3], 3), // nobody asks
        ([2, 0], [0, 3], 3), // nothing goes in
        ([2, 5], [5, 0], 0), // nothing comes out
        ([2, 5], [4, 3], 3), // other inputs than the weights
        ([2, 4], [5, 3], 3),
        ([2, 5], [5, 3], 2), // another bias than outputs
        ([2, 5], [5, 3], 4),
    ];
    for device in devices() {
        for (inputs, weights, bias) in hostile {
            let (inputs, weights) = (
                Tensor::ones(inputs, &device),
                Tensor::ones(weights, &device),
            );
            let bias = Some(Tensor::ones([bias], &device));
            let arguments = (inputs.clone(), weights.clone(), bias.clone());
            assert_same_end(
                || kernels::dense(inputs, weights, bias, Rectifier::Relu),
                || module::linear(arguments.0, arguments.1, arguments.2),
            );
        }
    }
}
