//! Hostile sizes: nothing, windows larger than the image, shapes that do not match, numbers that overflow. Every
//! operation ends as its definition does: with an output of the same shape, or with a panic.

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::tensor::ops::ConvOptions;
use burn::tensor::{DType, Device, Int, Tensor};

use crate::adam::AdamStep;
use crate::rectifier::Rectifier;
use crate::{RecurrentUnit, Reset, SpikeParameters, Surrogate};

/// Where and of what type the tensors are: the operations of this crate take `f32`, and `f64` is the definition.
type Kind<'a> = (&'a Device, DType);

/// Returns the shape of an output, or nothing after a panic.
fn end(operation: &dyn Fn(Kind<'_>) -> Vec<usize>, kind: Kind<'_>) -> Option<Vec<usize>> {
    catch_unwind(AssertUnwindSafe(|| operation(kind))).ok()
}

#[track_caller]
#[allow(deprecated)] // ndarray: users ask for it by name
fn assert_same_end(what: &str, operation: impl Fn(Kind<'_>) -> Vec<usize>) {
    for device in [Device::flex(), Device::ndarray()] {
        assert_same_end_on(&device, what, &operation);
    }
}

#[track_caller]
fn assert_same_end_on(device: &Device, what: &str, operation: &dyn Fn(Kind<'_>) -> Vec<usize>) {
    let definition = end(operation, (device, DType::F64));
    let found = end(operation, (device, DType::F32));
    assert_eq!(found, definition, "{what} on {device:?}");
}

fn ones<const D: usize>(shape: [usize; D], (device, dtype): Kind<'_>) -> Tensor<D> {
    Tensor::ones(shape, (device, dtype))
}

#[test]
fn convolutions_of_hostile_sizes() {
    let options = |stride, padding, dilation, groups| {
        ConvOptions::new([stride; 2], [padding; 2], [dilation; 2], groups)
    };
    const HUGE: usize = usize::MAX / 2;
    // Images, weights, bias, options.
    let hostile = [
        ([0, 3, 8, 8], [4, 3, 3, 3], 4, options(1, 0, 1, 1)),
        ([0, 8, 8, 8], [8, 8, 3, 3], 8, options(1, 0, 1, 1)),
        ([2, 3, 0, 8], [4, 3, 3, 3], 4, options(1, 0, 1, 1)),
        ([2, 3, 8, 8], [0, 3, 3, 3], 0, options(1, 0, 1, 1)),
        // A window larger than the image, or just as large.
        ([2, 3, 2, 8], [4, 3, 3, 3], 4, options(1, 0, 1, 1)),
        ([2, 8, 2, 2], [8, 8, 3, 3], 8, options(1, 0, 1, 1)),
        ([2, 8, 8, 8], [8, 8, 3, 3], 8, options(1, 0, 4, 1)),
        ([1, 1, 1, 1], [1, 1, 1, 1], 1, options(1, 0, 1, 1)),
        ([1, 8, 1, 1], [8, 8, 3, 3], 8, options(1, 1, 1, 1)),
        // Other channels than the weights, another bias than outputs.
        ([2, 4, 8, 8], [4, 3, 3, 3], 4, options(1, 0, 1, 1)),
        ([2, 9, 8, 8], [8, 8, 3, 3], 8, options(1, 0, 1, 1)),
        ([2, 3, 8, 8], [4, 3, 3, 3], 5, options(1, 0, 1, 1)),
        ([2, 8, 8, 8], [8, 8, 3, 3], 7, options(1, 0, 1, 1)),
        // Strides and dilations beyond the image, and beyond all numbers.
        ([2, 3, 8, 8], [4, 3, 3, 3], 4, options(1000, 0, 1, 1)),
        ([2, 3, 8, 8], [4, 3, 3, 3], 4, options(HUGE, 0, 1, 1)),
        ([2, 3, 8, 8], [4, 3, 3, 3], 4, options(1, 0, 1000, 1)),
    ];
    for (images, weights, bias, options) in hostile {
        for pooled in [false, true] {
            let what = format!("{images:?} by {weights:?}, {bias}, {options:?}");
            let is_bias_fitting = bias == weights[0];
            let operation = |kind: Kind<'_>| {
                let (images, weights) = (ones(images, kind), ones(weights, kind));
                let (bias, options) = (Some(ones([bias], kind)), options.clone());
                let output = if pooled {
                    crate::conv2d_max_pool2d(images, weights, bias, options, Rectifier::Relu, 2)
                } else {
                    crate::conv2d(images, weights, bias, options, Rectifier::Relu)
                };
                output.dims().into()
            };
            // Burn's convolution on NdArray reads past the end of a bias that is too short.
            if is_bias_fitting {
                assert_same_end(&what, operation);
            } else {
                assert_same_end_on(&Device::flex(), &what, &operation);
            }
        }
    }
}

#[test]
fn dense_layers_and_max_pooling_of_hostile_sizes() {
    // Inputs, weights, bias.
    for (inputs, weights, bias) in [
        ([0, 5], [5, 3], 3),
        ([2, 0], [0, 3], 3),
        ([2, 5], [5, 0], 0),
        ([1, 1], [1, 1], 1),
        ([2, 5], [4, 3], 3),
        ([2, 5], [5, 3], 2),
        ([2, 5], [5, 3], 4),
    ] {
        assert_same_end(&format!("{inputs:?} by {weights:?}, {bias}"), |kind| {
            let bias = Some(ones([bias], kind));
            let (inputs, weights) = (ones(inputs, kind), ones(weights, kind));
            crate::dense(inputs, weights, bias, Rectifier::Relu)
                .dims()
                .into()
        });
    }
    for (images, size) in [
        ([0, 2, 4, 4], 2),
        ([2, 0, 4, 4], 2),
        ([2, 2, 1, 4], 2),
        ([2, 2, 4, 0], 2),
        ([2, 2, 4, 4], 0),
        ([1, 1, 1, 1], 1),
        ([1, 1, 40, 40], 17),
        ([1, 1, 4, 4], 1000),
    ] {
        assert_same_end(&format!("{images:?}, {size}"), |kind| {
            crate::max_pool2d(ones(images, kind), size).dims().into()
        });
    }
}

#[test]
fn normalisation_and_adam_of_hostile_sizes() {
    // Values, gamma.
    for (values, gamma) in [
        ([0, 3, 4, 4], 3),
        ([2, 0, 4, 4], 0),
        ([2, 3, 0, 4], 3),
        ([1, 1, 1, 1], 1),
        ([2, 3, 4, 4], 2),
        ([2, 3, 4, 4], 4),
    ] {
        assert_same_end(&format!("{values:?}, {gamma}"), |kind| {
            let gamma = ones([gamma], kind);
            let values = ones(values, kind);
            let normed = crate::batch_norm(values, gamma.clone(), gamma, 1e-5, Rectifier::None);
            normed.output.dims().into()
        });
    }
    let step = AdamStep {
        learning_rate: 0.1,
        beta_1: 0.9,
        beta_2: 0.999,
        epsilon: 1e-7,
        weight_decay: 0.1,
        time: usize::MAX,
    };
    for (parameters, gradient) in [([0, 3], [0, 3]), ([1, 1], [1, 1]), ([2, 3], [3, 2])] {
        assert_same_end(&format!("{parameters:?}, {gradient:?}"), |kind| {
            let parameters = ones(parameters, kind);
            let moments = [parameters.clone(), parameters.clone()];
            let gradient = ones(gradient, kind);
            crate::adam_step(parameters, gradient, moments, step)
                .0
                .dims()
                .into()
        });
    }
}

#[test]
fn recurrent_and_spiking_layers_of_hostile_sizes() {
    // Steps, batch, units of the inputs, units of the state.
    for [steps, batch, units, state] in [
        [0, 2, 3, 3],
        [2, 0, 3, 3],
        [2, 2, 0, 0],
        [1, 1, 1, 1],
        [2, 2, 3, 4],
    ] {
        for unit in [
            RecurrentUnit::Elman,
            RecurrentUnit::Gru,
            RecurrentUnit::Lstm,
        ] {
            let what = format!("{unit:?}, {steps} x {batch} x {units}, {state}");
            assert_same_end(&what, |kind| {
                let gates = unit.gates() * units;
                let states = crate::recurrent(
                    unit,
                    ones([steps, batch, gates], kind),
                    ones([units, gates], kind),
                    ones([gates], kind),
                    ones([batch, unit.states() * state], kind),
                );
                states.dims().into()
            });
        }
    }
    let spiking = SpikeParameters {
        threshold: 1.0,
        reset: Reset::Subtract,
        surrogate: Surrogate::ARCTANGENT,
    };
    // Steps of the currents, batch, units, units of the decay, steps.
    for [given, batch, units, decay, steps] in [
        [0, 2, 3, 3, 0],
        [1, 2, 3, 3, 0],
        [2, 0, 3, 3, 2],
        [2, 2, 0, 0, 2],
        [1, 1, 1, 1, 1],
        [2, 2, 3, 3, 3],
        [3, 2, 3, 4, 3],
    ] {
        let what = format!("{given} x {batch} x {units}, {decay}, {steps} steps");
        assert_same_end(&what, |kind| {
            let (currents, decay) = (ones([given, batch, units], kind), ones([decay], kind));
            crate::leaky_integrate_and_fire(currents, decay, steps, spiking)
                .dims()
                .into()
        });
    }
}

/// Returns how a cross-entropy of `[rows, classes]` ends: its shape, or the message of its panic.
fn cross_entropy_end(
    [rows, classes]: [usize; 2],
    targets: &[i64],
    kind: Kind<'_>,
) -> Result<Vec<usize>, String> {
    let run = AssertUnwindSafe(|| {
        let targets = Tensor::<1, Int>::from_data(targets, kind.0);
        let found = crate::cross_entropy_rows(ones([rows, classes], kind), targets, 9, 0.1);
        found.losses.dims().to_vec()
    });
    catch_unwind(run).map_err(|panic| *panic.downcast::<String>().unwrap_or_default())
}

/// A target that is no class is refused with the same message, whether the fast operation runs or Burn's.
#[test]
#[allow(deprecated)] // ndarray: users ask for it by name
fn targets_that_are_no_class_are_refused() {
    let message = |target: i64| {
        Err(format!(
            "the target of row 1 is {target}, but there are 3 classes"
        ))
    };
    for device in [Device::flex(), Device::ndarray()] {
        for dtype in [DType::F32, DType::F64] {
            let kind = (&device, dtype);
            for target in [3, 8, 10, -1, i64::from(i32::MAX), i64::from(i32::MIN)] {
                let end = cross_entropy_end([2, 3], &[0, target], kind);
                assert_eq!(end, message(target), "{dtype:?} on {device:?}");
            }
            assert_eq!(cross_entropy_end([2, 3], &[0, 9], kind), Ok(vec![2]));
            assert_eq!(cross_entropy_end([2, 3], &[9, 9], kind), Ok(vec![2]));
            assert_eq!(cross_entropy_end([1, 1], &[0], kind), Ok(vec![1]));
            assert!(cross_entropy_end([2, 3], &[0], kind).is_err());
            assert!(cross_entropy_end([2, 0], &[0, 0], kind).is_err());
        }
    }
}
