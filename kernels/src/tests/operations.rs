//! The table of operations. A new operation has a row here, and all tests of this folder go through it.

use burn::tensor::ops::ConvOptions;
use burn::tensor::{DType, Int, Tensor, TensorData};

use super::case::{Agreement, Case, Input, Leaves, Reach};
use super::kinks::{away_from_bounds, without_ties};
use super::{RECTIFIERS, conv, direct_shape, winograd_shape};
use crate::adam::{AdamStep, step_in_place};
use crate::batch_norm::BatchNorm;
use crate::conv::{Conv, ConvShape};
use crate::dense::Dense;
use crate::dispatch::apply;
use crate::dropout::KeyedDropout;
use crate::max_pool::MaxPool;
use crate::operation::Operation;
use crate::rectifier::Rectifier;
use crate::sequence::{CrossEntropyRows, LeakyIntegrateAndFire, Recurrent};
use crate::simd::Level;
use crate::{RecurrentUnit, Reset, SpikeParameters, Surrogate};

/// Sizes of the inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Some hundred values: for differences of every one of them, and for Miri.
    Tiny,
    /// Rests of registers, blocks and tasks.
    Small,
    /// Several tasks for each thread.
    Large,
}

/// Returns every operation, with inputs of these sizes.
pub fn operations(size: Size) -> Vec<Case> {
    let mut cases = Vec::new();
    cases.extend(convolutions(size));
    cases.extend(dense_layers(size));
    cases.extend(max_pools(size));
    cases.extend(batch_norms(size));
    cases.push(dropout(size));
    cases.push(adam(size));
    cases.extend(recurrent_layers(size));
    cases.extend(spiking_layers(size));
    cases.extend(cross_entropies(size));
    cases
}

/// The same bits from every set of instructions: nothing is fused or reordered.
const fn same_bits(tolerance: f64) -> Agreement {
    Agreement {
        tolerance,
        same_bits: true,
        reach: Reach::Same,
    }
}

/// Rounded differently by every set of instructions.
const fn rounded(tolerance: f64) -> Agreement {
    Agreement {
        same_bits: false,
        ..same_bits(tolerance)
    }
}

/// Sizes of convolutions, through tiles and through products.
fn conv_shapes(size: Size) -> Vec<ConvShape> {
    let one = |shape: ConvShape| ConvShape { batch: 1, ..shape };
    let many = |shape: ConvShape| ConvShape { batch: 37, ..shape };
    match size {
        Size::Tiny => vec![
            one(winograd_shape([8, 9], [3, 5], [[1, 1], [1, 0]])),
            one(direct_shape([2, 3], [4, 5], 3, 2)),
        ],
        Size::Small => vec![
            winograd_shape([9, 17], [9, 7], [[1, 1], [2, 0]]),
            direct_shape([5, 7], [9, 8], 3, 2),
            direct_shape([3, 17], [9, 9], 4, 1),
        ],
        Size::Large => vec![
            winograd_shape([8, 8], [5, 5], [[1, 1], [1, 1]]),
            winograd_shape([16, 33], [28, 28], [[0, 0], [0, 0]]),
            winograd_shape([32, 64], [75, 61], [[1, 1], [1, 1]]),
            one(winograd_shape([32, 32], [80, 80], [[1, 1], [1, 1]])),
            many(winograd_shape([9, 12], [9, 9], [[2, 1], [0, 1]])),
            direct_shape([1, 3], [5, 5], 1, 1),
            direct_shape([3, 32], [75, 61], 5, 1),
            direct_shape([32, 40], [60, 50], 4, 2),
            one(direct_shape([16, 40], [90, 90], 5, 2)),
            many(direct_shape([5, 7], [9, 9], 3, 1)),
        ],
    }
}

fn convolutions(size: Size) -> impl Iterator<Item = Case> {
    let rectifiers = match size {
        Size::Large => &[Rectifier::Relu6][..],
        _ => RECTIFIERS,
    };
    conv_shapes(size).into_iter().flat_map(move |shape| {
        rectifiers.iter().flat_map(move |&rectifier| {
            let plain = conv(shape, rectifier);
            let pooled = plain.by_tiles().then_some(Conv {
                pooled: true,
                ..plain
            });
            [Some(plain), pooled].into_iter().flatten().map(convolution)
        })
    })
}

fn convolution(operation: Conv) -> Case {
    let Conv {
        shape,
        rectifier,
        pooled,
    } = operation;
    let [inputs, outputs] = shape.channels;
    // Sums of a standard deviation of 3, so that both bounds of the rectifiers are reached.
    let scale = 9.0 / (shape.window_len() as f32).sqrt();
    let inputs = [
        Input::draw(
            &[shape.batch, inputs, shape.input[0], shape.input[1]],
            1.0,
            1,
        ),
        Input::draw(
            &[outputs, inputs, shape.kernel[0], shape.kernel[1]],
            scale,
            2,
        ),
        Input::draw(&[outputs], 1.0, 3),
    ];
    let agreement = if operation.by_tiles() {
        Agreement {
            reach: Reach::Tiles,
            ..rounded(1e-4)
        }
    } else {
        rounded(1e-5)
    };
    let padding = shape.padding.map(|[before, after]| (before, after));
    let options = ConvOptions::new_with_padding(shape.stride, padding, shape.dilation, 1);
    let on_tensors = move |leaves: &Leaves| {
        let (images, weight, bias) = (leaves.get(0), leaves.get(1), Some(leaves.get(2)));
        let options = options.clone();
        let output = if pooled {
            crate::conv2d_max_pool2d(images, weight, bias, options, rectifier, 2)
        } else {
            crate::conv2d(images, weight, bias, options, rectifier)
        };
        vec![output.flatten(0, 3)]
    };
    let regular = move |inputs: &[Input]| is_regular_conv(&operation, inputs);
    Case::new(operation, inputs, agreement, on_tensors).regular_at(regular)
}

/// Returns where a convolution is smooth.
fn is_regular_conv(operation: &Conv, inputs: &[Input]) -> Vec<bool> {
    let Conv {
        shape,
        rectifier,
        pooled,
    } = *operation;
    let inputs = [0, 1, 2].map(|index| &inputs[index].values[..]);
    let linear = conv(shape, Rectifier::None);
    let sums = linear.forward(Level::Scalar, inputs).output;
    let away = away_from_bounds(&sums, rectifier);
    if !pooled {
        return away;
    }
    let rectified: Vec<f32> = sums.iter().map(|sum| rectifier.apply(*sum)).collect();
    let ties = without_ties(&rectified, shape.output(), 2);
    let near: Vec<f32> = (away.into_iter())
        .map(|away| f32::from(u8::from(!away)))
        .collect();
    let window = MaxPool {
        planes: shape.batch * shape.channels[1],
        input: shape.output(),
        size: 2,
    };
    let near = window.forward(Level::Scalar, [&near]).output;
    let pairs = ties.into_iter().zip(near);
    pairs
        .map(|(regular, near)| regular && near == 0.0)
        .collect()
}

fn dense_layers(size: Size) -> impl Iterator<Item = Case> {
    let shapes: &[[usize; 3]] = match size {
        Size::Tiny => &[[3, 5, 4]],
        Size::Small => &[[1, 1, 1], [17, 33, 65]],
        // The last ones are of a size that is shared between threads.
        Size::Large => &[
            [1, 784, 128],
            [32, 33, 10],
            [128, 784, 128],
            [128, 128, 10],
            [31, 3137, 257],
            [256, 1024, 512],
        ],
    };
    let rectifiers = match size {
        Size::Large => &[Rectifier::Relu][..],
        _ => RECTIFIERS,
    };
    shapes.iter().flat_map(move |&[batch, inputs, outputs]| {
        rectifiers.iter().map(move |&rectifier| {
            let operation = Dense {
                batch,
                inputs,
                outputs,
                rectifier,
            };
            let values = [
                Input::draw(&[batch, inputs], 1.0, 1),
                Input::draw(&[inputs, outputs], 9.0 / (inputs as f32).sqrt(), 2),
                Input::draw(&[outputs], 1.0, 3),
            ];
            let on_tensors = move |leaves: &Leaves| {
                let bias = Some(leaves.get(2));
                let output = crate::dense(leaves.get(0), leaves.get(1), bias, rectifier);
                vec![output.flatten(0, 1)]
            };
            let regular = move |inputs: &[Input]| {
                let inputs = [0, 1, 2].map(|index| &inputs[index].values[..]);
                let linear = Dense {
                    rectifier: Rectifier::None,
                    ..operation
                };
                away_from_bounds(&linear.forward(Level::Scalar, inputs).output, rectifier)
            };
            Case::new(operation, values, same_bits(1e-5), on_tensors).regular_at(regular)
        })
    })
}

fn max_pools(size: Size) -> impl Iterator<Item = Case> {
    let (channels, input) = match size {
        Size::Tiny => (1, [7, 6]),
        Size::Small => (3, [17, 21]),
        Size::Large => (33, [29, 31]),
    };
    (1..=5).map(move |window| {
        let operation = MaxPool {
            planes: 2 * channels,
            input,
            size: window,
        };
        let images = Input::draw(&[2, channels, input[0], input[1]], 1.0, 1);
        let on_tensors =
            move |leaves: &Leaves| vec![crate::max_pool2d(leaves.get(0), window).flatten(0, 3)];
        let regular = move |inputs: &[Input]| without_ties(&inputs[0].values, input, window);
        Case::new(operation, [images], same_bits(1e-7), on_tensors).regular_at(regular)
    })
}

fn batch_norms(size: Size) -> impl Iterator<Item = Case> {
    let shapes: &[[usize; 4]] = match size {
        Size::Tiny => &[[3, 2, 2, 3]],
        Size::Small => &[[3, 5, 7, 4], [5, 33, 1, 1]],
        Size::Large => &[[32, 3, 16, 16], [3, 40, 75, 61], [70, 40, 2, 2]],
    };
    shapes.iter().flat_map(|&shape| {
        RECTIFIERS.iter().map(move |&rectifier| {
            let [batch, channels, height, width] = shape;
            let operation = BatchNorm {
                batch,
                channels,
                plane: height * width,
                epsilon: 1e-5,
                rectifier,
            };
            let inputs = [
                Input::draw(&shape, 1.0, 1).map(|value| value + 0.3),
                Input::draw(&[channels], 3.0, 2),
                Input::draw(&[channels], 3.0, 3),
            ];
            let on_tensors = move |leaves: &Leaves| {
                let values: Tensor<4> = leaves.get(0);
                let epsilon = f64::from(operation.epsilon);
                let normed =
                    crate::batch_norm(values, leaves.get(1), leaves.get(2), epsilon, rectifier);
                vec![normed.output.flatten(0, 3), normed.mean, normed.variance]
            };
            let regular = move |inputs: &[Input]| {
                let inputs = [0, 1, 2].map(|index| &inputs[index].values[..]);
                let linear = BatchNorm {
                    rectifier: Rectifier::None,
                    ..operation
                };
                away_from_bounds(&linear.forward(Level::Scalar, inputs).output, rectifier)
            };
            Case::new(operation, inputs, same_bits(2e-5), on_tensors).regular_at(regular)
        })
    })
}

/// The mask is that of the operation; `tests/layers/dropout.rs` checks how it is drawn.
fn dropout(size: Size) -> Case {
    let length = match size {
        Size::Tiny => 40,
        Size::Small => 2 * (1 << 11) + 3,
        // Several chunks, and a rest.
        Size::Large => 100_003,
    };
    let operation = KeyedDropout { rate: 0.3, key: 77 };
    let on_tensors = move |leaves: &Leaves| {
        let values: Tensor<1> = leaves.get(0);
        if leaves.dtype == DType::F32 {
            let [output] = apply(operation, [values.into_dispatch()]);
            return vec![Tensor::from_dispatch(output)];
        }
        let mask = operation
            .forward(Level::Scalar, [&vec![1.0; length]])
            .output;
        let scale = mask.iter().copied().fold(0.0, f32::max);
        let mask = Tensor::<1>::from_data(TensorData::new(mask, [length]), &leaves.device);
        vec![(values * scale).mask_fill(mask.equal_elem(0.0), 0.0)]
    };
    let values = Input::draw(&[length], 1.0, 1);
    Case::new(operation, [values], same_bits(1e-6), on_tensors)
}

fn adam(size: Size) -> Case {
    let shape = match size {
        Size::Tiny => [5, 8],
        Size::Small => [41, 401],
        // Several chunks, and a rest.
        Size::Large => [29, 3449],
    };
    let step = AdamStep {
        learning_rate: 0.01,
        beta_1: 0.9,
        beta_2: 0.999,
        epsilon: 1e-7,
        weight_decay: 0.01,
        time: 3,
    };
    let means = Input::draw(&shape, 0.1, 2);
    let squares = means.clone().map(|mean| mean * mean);
    let inputs = vec![
        Input::draw(&shape, 1.0, 1),
        Input::draw(&shape, 1.0, 3),
        means,
        squares,
    ];
    let on_slices = move |level: Level, inputs: &[&[f32]]| {
        let mut stepped = inputs[1].to_vec();
        let [mut means, mut squares] = [2, 3].map(|index| inputs[index].to_vec());
        let moments = [&mut means[..], &mut squares[..]];
        step_in_place(level, &step, inputs[0], &mut stepped, moments);
        vec![stepped, means, squares]
    };
    let on_tensors = move |leaves: &Leaves| {
        let moments: [Tensor<2>; 2] = [leaves.get(2), leaves.get(3)];
        let (parameters, [means, squares]) =
            crate::adam_step(leaves.get(0), leaves.get(1), moments, step);
        [parameters, means, squares]
            .map(|values| values.flatten(0, 1))
            .into()
    };
    Case::forward_only("Adam", inputs, same_bits(1e-6), on_slices, on_tensors)
}

fn recurrent_layers(size: Size) -> impl Iterator<Item = Case> {
    let shapes: &[[usize; 3]] = match size {
        Size::Tiny => &[[3, 2, 3]],
        Size::Small => &[[1, 1, 1], [6, 35, 16], [4, 7, 33]],
        Size::Large => &[[12, 64, 48], [5, 131, 33], [9, 3, 130]],
    };
    let units = [
        RecurrentUnit::Elman,
        RecurrentUnit::Gru,
        RecurrentUnit::Lstm,
    ];
    shapes.iter().flat_map(move |&[steps, batch, units_count]| {
        units.into_iter().map(move |unit| {
            let units = units_count;
            let operation = Recurrent {
                unit,
                steps,
                batch,
                units,
            };
            let (gates, states) = (unit.gates() * units, unit.states() * units);
            let inputs = [
                Input::draw(&[steps, batch, gates], 1.0, 1),
                Input::draw(&[units, gates], 2.0 / (units as f32).sqrt(), 2),
                Input::draw(&[gates], 1.0, 4),
                Input::draw(&[batch, states], 1.0, 3),
            ];
            let on_tensors = move |leaves: &Leaves| {
                let (inputs, weight) = (leaves.get(0), leaves.get(1));
                let states = crate::recurrent(unit, inputs, weight, leaves.get(2), leaves.get(3));
                vec![states.flatten(0, 2)]
            };
            let agreement = Agreement {
                reach: Reach::Gates,
                ..rounded(1e-5)
            };
            Case::new(operation, inputs, agreement, on_tensors)
        })
    })
}

fn spiking_layers(size: Size) -> Vec<Case> {
    let [steps, batch, units] = match size {
        Size::Tiny => [4, 2, 3],
        Size::Small => [10, 7, 33],
        Size::Large => [9, 23, 70],
    };
    let surrogates = [
        Surrogate::FAST_SIGMOID,
        Surrogate::ARCTANGENT,
        Surrogate::TRIANGULAR,
    ];
    let mut cases = Vec::new();
    for surrogate in surrogates {
        for reset in [Reset::Subtract, Reset::Zero] {
            for constant in [false, true] {
                let spiking = SpikeParameters {
                    threshold: 0.8,
                    reset,
                    surrogate,
                };
                let operation = LeakyIntegrateAndFire {
                    steps,
                    batch,
                    units,
                    constant,
                    spiking,
                };
                let given = if constant { 1 } else { steps };
                let inputs = [
                    Input::draw(&[given, batch, units], 1.5, 1),
                    Input::draw(&[units], 0.5, 2).map(|half| half + 0.5),
                ];
                let on_tensors = move |leaves: &Leaves| {
                    let (currents, decay) = (leaves.get(0), leaves.get(1));
                    let spikes = crate::leaky_integrate_and_fire(currents, decay, steps, spiking);
                    vec![spikes.flatten(0, 2)]
                };
                let mut case = Case::new(operation, inputs, same_bits(1e-5), on_tensors);
                case.is_differentiable = false;
                cases.push(case);
            }
        }
    }
    cases
}

fn cross_entropies(size: Size) -> impl Iterator<Item = Case> {
    let shapes: &[[usize; 2]] = match size {
        Size::Tiny => &[[4, 5]],
        Size::Small => &[[1, 3], [7, 33], [5, 16]],
        Size::Large => &[[130, 1000]],
    };
    shapes.iter().flat_map(|&[rows, classes]| {
        [0.0, 0.1].map(|smoothing| {
            // The second row is ignored.
            let ignored = classes;
            let target = move |row: usize| match row {
                1 => ignored,
                _ => (row * 7 + 1) % classes,
            };
            let operation = CrossEntropyRows {
                targets: (0..rows)
                    .map(|row| Some(target(row)).filter(|class| *class != ignored))
                    .collect(),
                classes,
                smoothing: smoothing as f32,
            };
            let logits = Input::draw(&[rows, classes], 20.0, 5);
            let on_tensors = move |leaves: &Leaves| {
                let targets: Vec<i64> = (0..rows).map(|row| target(row) as i64).collect();
                let data = TensorData::new(targets, [rows]);
                let targets = Tensor::<1, Int>::from_data(data, &leaves.device);
                let logits = leaves.get(0);
                let found = crate::cross_entropy_rows(logits, targets, ignored, smoothing);
                vec![found.losses, found.nll]
            };
            Case::new(operation, [logits], same_bits(1e-5), on_tensors)
        })
    })
}
