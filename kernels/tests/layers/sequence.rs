//! Recurrent units over sequences and the loss of rows against Burn's own.

use burn::nn::GruConfig;
use burn::tensor::activation::log_softmax;
use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use kernels::RecurrentUnit;

use crate::reference::draw;
use crate::support::{devices, difference, tensor, values};

/// Steps, batch, units, inputs.
const SHAPES: [[usize; 4]; 5] = [
    [1, 1, 1, 1],
    [3, 2, 5, 4],
    [7, 33, 16, 9],
    [12, 64, 48, 32],
    [2, 17, 130, 3],
];

/// Weights of the three gates in turn, the same numbers for both.
struct Gates {
    inputs: Vec<f32>,
    initial: Vec<f32>,
    weights: [Vec<f32>; 3],
    states: [Vec<f32>; 3],
    biases: [[Vec<f32>; 2]; 3],
    gradient: Vec<f32>,
}

fn draw_gates([steps, batch, units, width]: [usize; 4]) -> Gates {
    let scale = 2.0 / (units as f32).sqrt();
    let of = |length: usize, seed: u64| {
        std::array::from_fn(|gate| draw(length, scale, seed + gate as u64))
    };
    Gates {
        inputs: draw(steps * batch * width, 1.0, 1),
        initial: draw(batch * units, 1.0, 2),
        weights: of(width * units, 10),
        states: of(units * units, 20),
        biases: std::array::from_fn(|gate| {
            [30, 40].map(|seed| draw(units, 1.0, seed + gate as u64))
        }),
        gradient: draw(steps * batch * units, 1.0, 3),
    }
}

/// The states, and the gradients for inputs, initial state, and each gate's recurrent weights and bias.
fn ours(shape: [usize; 4], of: &Gates, device: &Device) -> Vec<Vec<f32>> {
    let [steps, batch, units, width] = shape;
    let leaf = |values: &[f32], shape: [usize; 2]| tensor(values, shape, device).require_grad();
    let inputs = tensor(&of.inputs, [steps, batch, width], device).require_grad();
    let initial = leaf(&of.initial, [batch, units]);
    let weights = [0, 1, 2].map(|gate| leaf(&of.weights[gate], [width, units]));
    let states = [0, 1, 2].map(|gate| leaf(&of.states[gate], [units, units]));
    let bias = |side: usize| {
        [0, 1, 2].map(|gate| tensor(&of.biases[gate][side], [units], device).require_grad())
    };
    let (input_bias, bias) = (bias(0), bias(1));
    let projected = inputs
        .clone()
        .reshape([steps * batch, width])
        .matmul(Tensor::cat(weights.to_vec(), 1))
        + Tensor::cat(input_bias.to_vec(), 0).unsqueeze();
    let output = kernels::recurrent(
        RecurrentUnit::Gru,
        projected.reshape([steps, batch, 3 * units]),
        Tensor::cat(states.to_vec(), 1),
        Tensor::cat(bias.to_vec(), 0),
        initial.clone(),
    );
    assert_eq!(output.dims(), [steps, batch, units]);
    let gradient = tensor(&of.gradient, [steps, batch, units], device);
    let gradients = (output.clone() * gradient).sum().backward();
    let mut found = vec![
        values(output),
        values(inputs.grad(&gradients).unwrap()),
        values(initial.grad(&gradients).unwrap()),
    ];
    found.extend(states.map(|weight| values(weight.grad(&gradients).unwrap())));
    found.extend(bias.map(|bias| values(bias.grad(&gradients).unwrap())));
    found
}

fn burns(shape: [usize; 4], of: &Gates, device: &Device) -> Vec<Vec<f32>> {
    let [steps, batch, units, width] = shape;
    let mut unit = GruConfig::new(width, units, true).init(device);
    let gates = [
        &mut unit.reset_gate,
        &mut unit.update_gate,
        &mut unit.new_gate,
    ];
    let with = |param: burn::module::Param<Tensor<2>>, values: &[f32], shape: [usize; 2]| {
        param.map(|_| tensor(values, shape, device).require_grad())
    };
    let biased = |param: Option<burn::module::Param<Tensor<1>>>, values: &[f32]| {
        param.map(|param| param.map(|_| tensor(values, [units], device).require_grad()))
    };
    for (index, gate) in gates.into_iter().enumerate() {
        let input = &mut gate.input_transform;
        input.weight = with(input.weight.clone(), &of.weights[index], [width, units]);
        input.bias = biased(input.bias.clone(), &of.biases[index][0]);
        let hidden = &mut gate.hidden_transform;
        hidden.weight = with(hidden.weight.clone(), &of.states[index], [units, units]);
        hidden.bias = biased(hidden.bias.clone(), &of.biases[index][1]);
    }
    let inputs = tensor(&of.inputs, [steps, batch, width], device).require_grad();
    let initial = tensor(&of.initial, [batch, units], device).require_grad();
    let output = unit.forward(inputs.clone().swap_dims(0, 1), Some(initial.clone()));
    let output = output.swap_dims(0, 1);
    let gradient = tensor(&of.gradient, [steps, batch, units], device);
    let gradients = (output.clone() * gradient).sum().backward();
    let gates = [&unit.reset_gate, &unit.update_gate, &unit.new_gate];
    let mut found = vec![
        values(output),
        values(inputs.grad(&gradients).unwrap()),
        values(initial.grad(&gradients).unwrap()),
    ];
    found.extend(gates.iter().map(|gate| {
        let weight = gate.hidden_transform.weight.val();
        values(weight.grad(&gradients).unwrap())
    }));
    found.extend(gates.iter().map(|gate| {
        let bias = gate.hidden_transform.bias.as_ref().unwrap().val();
        values(bias.grad(&gradients).unwrap())
    }));
    found
}

#[test]
fn a_gated_recurrent_unit_is_burns_with_its_gradients() {
    for shape in SHAPES {
        let gates = draw_gates(shape);
        let expected = burns(shape, &gates, &Device::flex().autodiff());
        for device in devices() {
            let found = ours(shape, &gates, &device.autodiff());
            for (part, (found, expected)) in found.iter().zip(&expected).enumerate() {
                let error = difference(found, expected);
                assert!(error < 1e-5, "{error:.1e} in part {part} of {shape:?}");
            }
        }
    }
}

/// States and the gradients of all that goes in, by the definition in f64 (which no kernel takes), or by the kernel.
fn layer(
    unit: RecurrentUnit,
    [steps, batch, units]: [usize; 3],
    kind: DType,
    device: &Device,
) -> Vec<Vec<f64>> {
    let (sums, state) = (unit.gates() * units, unit.states() * units);
    let scale = 2.0 / (units as f32).sqrt();
    let data = |length, scale, seed| -> Vec<f64> {
        draw(length, scale, seed)
            .into_iter()
            .map(f64::from)
            .collect()
    };
    let inputs = Tensor::<3>::from_data(
        TensorData::new(data(steps * batch * sums, 1.0, 1), [steps, batch, sums]),
        (device, kind),
    )
    .require_grad();
    let matrix = |rows: usize, columns: usize, scale: f32, seed: u64| {
        let values = TensorData::new(data(rows * columns, scale, seed), [rows, columns]);
        Tensor::<2>::from_data(values, (device, kind)).require_grad()
    };
    let weight = matrix(units, sums, scale, 2);
    let initial = matrix(batch, state, 1.0, 3);
    let bias = TensorData::new(data(sums, 1.0, 4), [sums]);
    let bias = Tensor::<1>::from_data(bias, (device, kind)).require_grad();
    let output = kernels::recurrent(
        unit,
        inputs.clone(),
        weight.clone(),
        bias.clone(),
        initial.clone(),
    );
    assert_eq!(output.dims(), [steps, batch, state]);
    let gradient = TensorData::new(data(steps * batch * state, 1.0, 5), [steps, batch, state]);
    let gradient = Tensor::<3>::from_data(gradient, (device, kind));
    let gradients = (output.clone() * gradient).sum().backward();
    [
        output.into_data(),
        inputs.grad(&gradients).unwrap().into_data(),
        weight.grad(&gradients).unwrap().into_data(),
        bias.grad(&gradients).unwrap().into_data(),
        initial.grad(&gradients).unwrap().into_data(),
    ]
    .map(|data| data.iter::<f64>().collect())
    .into()
}

#[test]
fn every_unit_is_its_definition_with_its_gradients() {
    for unit in [
        RecurrentUnit::Elman,
        RecurrentUnit::Gru,
        RecurrentUnit::Lstm,
    ] {
        for shape in [[1, 1, 1], [3, 2, 5], [6, 35, 16], [9, 17, 40], [4, 131, 33]] {
            let expected = layer(unit, shape, DType::F64, &Device::flex().autodiff());
            for device in devices() {
                let found = layer(unit, shape, DType::F32, &device.autodiff());
                for (part, (found, expected)) in found.iter().zip(&expected).enumerate() {
                    let largest = expected.iter().fold(1e-3, |most: f64, x| most.max(x.abs()));
                    let error = (found.iter().zip(expected))
                        .map(|(found, expected)| (found - expected).abs() / largest)
                        .fold(0.0, f64::max);
                    assert!(
                        error < 1e-5,
                        "{unit:?}: {error:.1e} in part {part} of {shape:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn nan_reaches_all_later_states() {
    let shape = [4, 1, 3, 3];
    for device in devices() {
        let mut gates = draw_gates(shape);
        gates.inputs[5] = f32::NAN;
        let device = device.autodiff();
        let states = &ours(shape, &gates, &device)[0];
        assert!(states[..3].iter().all(|value| value.is_finite()));
        assert!(states[3..].iter().all(|value| value.is_nan()));
    }
}

const IGNORED: usize = 2;

/// Losses, surprises and the gradient for the logits.
fn entropies(logits: &[f32], targets: &[i32], smoothing: f64, device: &Device) -> [Vec<f32>; 3] {
    let rows = targets.len();
    let logits = tensor(logits, [rows, logits.len() / rows], device).require_grad();
    let targets = Tensor::<1, Int>::from_data(TensorData::new(targets.to_vec(), [rows]), device);
    let found = kernels::cross_entropy_rows(logits.clone(), targets, IGNORED, smoothing);
    let gradient = tensor(&draw(rows, 1.0, 9), [rows], device);
    let gradients = (found.losses.clone() * gradient).sum().backward();
    [
        values(found.losses),
        values(found.nll),
        values(logits.grad(&gradients).unwrap()),
    ]
}

#[test]
fn the_cross_entropy_of_rows_is_that_of_its_definition() {
    for [rows, classes] in [[1, 3], [5, 16], [7, 33], [40, 1000]] {
        let logits = draw(rows * classes, 20.0, 5);
        let targets: Vec<i32> = (0..rows)
            .map(|row| ((row * 7 + 1) % classes) as i32)
            .collect();
        for smoothing in [0.0, 0.1] {
            let device = Device::flex().autodiff();
            let leaf = tensor(&logits, [rows, classes], &device).require_grad();
            let logarithms = log_softmax(leaf.clone(), 1);
            let index =
                Tensor::<1, Int>::from_data(TensorData::new(targets.clone(), [rows]), &device);
            let counts = index.clone().not_equal_elem(IGNORED as i32).float();
            let own = -logarithms
                .clone()
                .gather(1, index.unsqueeze_dim(1))
                .squeeze_dim::<1>(1);
            let spread = -logarithms.mean_dim(1).squeeze_dim::<1>(1);
            let losses = (own.clone() * (1.0 - smoothing) + spread * smoothing) * counts.clone();
            let gradient = tensor(&draw(rows, 1.0, 9), [rows], &device);
            let gradients = (losses.clone() * gradient).sum().backward();
            let expected = [
                values(losses),
                values(own * counts),
                values(leaf.grad(&gradients).unwrap()),
            ];
            for device in devices() {
                let found = entropies(&logits, &targets, smoothing, &device.autodiff());
                for (part, (found, expected)) in found.iter().zip(&expected).enumerate() {
                    let error = difference(found, expected);
                    assert!(
                        error < 1e-5,
                        "{error:.1e} in part {part} of {rows} x {classes}, {smoothing}"
                    );
                }
            }
        }
    }
}

/// By hand: ln(e^1 + e^2 + e^4) - 2, and ln(1 + 1 + 1) for the even row; the ignored one is nothing.
#[test]
fn the_cross_entropy_of_three_rows() {
    let logits = [1.0, 2.0, 4.0, 0.0, 0.0, 0.0, 5.0, -5.0, 0.0];
    for device in devices() {
        let [losses, _, gradient] = entropies(&logits, &[1, 0, 2], 0.0, &device.autodiff());
        let expected = [2.169_846, 3.0f32.ln(), 0.0];
        for (loss, expected) in losses.iter().zip(expected) {
            assert!((loss - expected).abs() < 1e-6, "{loss} for {expected}");
        }
        assert_eq!(gradient[6..], [0.0; 3]);
    }
}
