//! Steps of Adam and AdamW against Burn's.

use burn::optim::{AdamConfig, AdamWConfig, Optimizer};
use burn::tensor::{Device, Tensor};
use kernels::AdamStep;

use crate::reference::draw;
use crate::support::{devices, difference, tensor, values};

const SHAPE: [usize; 2] = [130, 257];
const STEPS: usize = 50;
const RATE: f64 = 0.01;

/// The gradient of one step, which shrinks from column to column over many orders of magnitude.
fn gradient(step: usize, device: &Device) -> Tensor<2> {
    let mut values = draw(SHAPE[0] * SHAPE[1], 1.0, step as u64);
    for row in values.chunks_mut(SHAPE[1]) {
        for (column, value) in row.iter_mut().enumerate() {
            *value *= 0.95f32.powi(column as i32);
        }
    }
    tensor(&values, SHAPE, device)
}

fn parameters(device: &Device) -> Tensor<2> {
    tensor(&draw(SHAPE[0] * SHAPE[1], 1.0, 99), SHAPE, device)
}

/// The parameters and both means after every step.
fn ours(decay: f32, device: &Device) -> [Vec<f32>; 3] {
    let mut stepped = parameters(device);
    let mut moments = [stepped.zeros_like(), stepped.zeros_like()];
    for step in 1..=STEPS {
        let numbers = AdamStep {
            learning_rate: RATE as f32,
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-7,
            weight_decay: decay,
            time: step,
        };
        (stepped, moments) = kernels::adam_step(stepped, gradient(step, device), moments, numbers);
    }
    let [means, squares] = moments.map(values);
    [values(stepped), means, squares]
}

/// The same by an optimiser of Burn.
fn burns<O: Optimizer>(
    optimizer: &O,
    moments: impl Fn(O::State<2>) -> [Tensor<2>; 2],
    device: &Device,
) -> [Vec<f32>; 3] {
    let mut stepped = parameters(device);
    let mut state = None;
    for step in 1..=STEPS {
        (stepped, state) = optimizer.step(RATE, stepped, gradient(step, device), state);
    }
    let [means, squares] = moments(state.unwrap()).map(values);
    [values(stepped), means, squares]
}

#[track_caller]
fn assert_close(ours: &[Vec<f32>; 3], burns: &[Vec<f32>; 3]) {
    let errors: Vec<f64> = ours
        .iter()
        .zip(burns)
        .map(|(ours, burns)| difference(ours, burns))
        .collect();
    println!("largest errors of parameters, means, squares: {errors:?}");
    assert!(errors.iter().all(|error| *error <= 1e-6), "{errors:?}");
}

#[test]
fn fifty_steps_without_decay_are_burns_adam() {
    for device in devices() {
        let adam = AdamConfig::new().with_epsilon(1e-7).build();
        let moments =
            |state: burn::optim::AdamState<2>| [state.momentum.moment_1, state.momentum.moment_2];
        assert_close(&ours(0.0, &device), &burns(&adam, moments, &device));
    }
}

#[test]
fn fifty_steps_with_decay_are_burns_adam_w() {
    for device in devices() {
        for decay in [0.0, 0.01, 0.5] {
            let adam = AdamWConfig::new()
                .with_epsilon(1e-7)
                .with_weight_decay(decay)
                .build();
            let moments = |state: burn::optim::AdamWState<2>| {
                [state.momentum.moment_1, state.momentum.moment_2]
            };
            assert_close(&ours(decay, &device), &burns(&adam, moments, &device));
        }
    }
}

#[test]
fn tensors_that_others_share_are_not_changed() {
    for device in devices() {
        let before = parameters(&device);
        let moments = [before.clone() * 0.5, before.clone() * before.clone()];
        let kept = [before.clone(), moments[0].clone(), moments[1].clone()];
        let held = kept.clone().map(values);
        let numbers = AdamStep {
            learning_rate: 0.1,
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-7,
            weight_decay: 0.1,
            time: 3,
        };
        let (after, [mean, _]) = kernels::adam_step(before, gradient(1, &device), moments, numbers);
        assert_eq!(kept.map(values), held);
        assert_ne!(values(after), held[0]);
        assert_ne!(values(mean), held[1]);
    }
}
