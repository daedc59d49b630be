//! Leaky integrate-and-fire units against their definition, and surrogates against their formulas.

use burn::tensor::{Device, Tensor};
use kernels::{Reset, SpikeParameters, Surrogate};

use crate::reference::draw;
use crate::support::{devices, difference, tensor, values};

const SURROGATES: [Surrogate; 3] = [
    Surrogate::FAST_SIGMOID,
    Surrogate::ARCTANGENT,
    Surrogate::TRIANGULAR,
];

/// Steps, batch, units.
const SHAPES: [[usize; 3]; 5] = [
    [1, 1, 1],
    [4, 3, 5],
    [25, 7, 33],
    [10, 64, 130],
    [90, 2, 17],
];

/// Spikes, and the gradients for currents and decay.
fn outcome(
    layer: fn(Tensor<3>, Tensor<1>, usize, SpikeParameters) -> Tensor<3>,
    [steps, batch, units]: [usize; 3],
    constant: bool,
    firing: SpikeParameters,
    device: &Device,
) -> [Vec<f32>; 3] {
    let given = if constant { 1 } else { steps };
    let currents = draw(given * batch * units, 1.5, 1);
    let decay: Vec<f32> = draw(units, 0.5, 2).iter().map(|half| half + 0.5).collect();
    let currents = tensor(&currents, [given, batch, units], device).require_grad();
    let decay = tensor(&decay, [units], device).require_grad();
    let spikes = layer(currents.clone(), decay.clone(), steps, firing);
    assert_eq!(spikes.dims(), [steps, batch, units]);
    let gradient = draw(steps * batch * units, 1.0, 3);
    let gradient = tensor(&gradient, [steps, batch, units], device);
    let gradients = (spikes.clone() * gradient).sum().backward();
    [
        values(spikes),
        values(currents.grad(&gradients).unwrap()),
        // A single step has no decay.
        (decay.grad(&gradients)).map_or_else(|| vec![0.0; units], values),
    ]
}

#[test]
fn the_layer_is_its_definition_with_its_gradients() {
    for shape in SHAPES {
        for (surrogate, reset, constant) in SURROGATES.into_iter().flat_map(|surrogate| {
            [Reset::Subtract, Reset::Zero]
                .into_iter()
                .flat_map(move |reset| [false, true].map(|constant| (surrogate, reset, constant)))
        }) {
            let firing = SpikeParameters {
                threshold: 0.8,
                reset,
                surrogate,
            };
            for device in devices() {
                let device = device.autodiff();
                let defined = |currents, decay, steps, firing| {
                    kernels::leaky_membranes(currents, decay, steps, firing).0
                };
                let expected = outcome(defined, shape, constant, firing, &device);
                let layer = kernels::leaky_integrate_and_fire;
                let found = outcome(layer, shape, constant, firing, &device);
                assert_eq!(found[0], expected[0], "spikes of {shape:?}, {firing:?}");
                for (found, expected) in found.iter().zip(&expected).skip(1) {
                    let error = difference(found, expected);
                    assert!(error < 1e-5, "{error:.1e} in {shape:?}, {firing:?}");
                }
            }
        }
    }
}

/// A decay of 1/2, a current of 0.6 at each step and a threshold of 1: 0.6, 0.9, 1.05 fires; then 0.125, 0.6625,
/// 0.93125, 1.065625 by subtraction, and 0.6, 0.9, 1.05, 0.6 from zero.
#[test]
fn a_membrane_step_by_step() {
    for (reset, expected, fires) in [
        (
            Reset::Subtract,
            [0.6, 0.9, 1.05, 0.125, 0.6625, 0.93125, 1.065625],
            [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        ),
        (
            Reset::Zero,
            [0.6, 0.9, 1.05, 0.6, 0.9, 1.05, 0.6],
            [0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0],
        ),
    ] {
        let firing = SpikeParameters {
            threshold: 1.0,
            reset,
            surrogate: Surrogate::ARCTANGENT,
        };
        for device in devices() {
            let currents = tensor(&[0.6], [1, 1, 1], &device);
            let decay = tensor(&[0.5], [1], &device);
            let (spikes, membranes) =
                kernels::leaky_membranes(currents.clone(), decay.clone(), 7, firing);
            for (membrane, expected) in values(membranes).into_iter().zip(expected) {
                assert!(
                    (membrane - expected).abs() < 1e-6,
                    "{membrane} for {expected}"
                );
            }
            assert_eq!(values(spikes), fires);
            let spikes = kernels::leaky_integrate_and_fire(currents, decay, 7, firing);
            assert_eq!(values(spikes), fires);
        }
    }
}

/// What each surrogate is the derivative of, from minus infinity or zero on.
fn primitive(surrogate: Surrogate, x: f64) -> f64 {
    match surrogate {
        Surrogate::FastSigmoid { slope } => x / (1.0 + f64::from(slope) * x.abs()),
        Surrogate::Arctangent { slope } => {
            (std::f64::consts::FRAC_PI_2 * f64::from(slope) * x).atan() / std::f64::consts::PI
        }
        Surrogate::Triangular { width } => {
            let width = f64::from(width);
            let inside = x.clamp(-width, width);
            inside - inside * inside.abs() / (2.0 * width)
        }
    }
}

#[test]
fn surrogates_are_the_derivatives_of_their_primitives_and_the_forward_pass_is_the_step() {
    let points: Vec<f32> = (-60..=60).map(|at| at as f32 / 37.0).collect();
    let others = [
        Surrogate::FastSigmoid { slope: 3.0 },
        Surrogate::Arctangent { slope: 0.7 },
        Surrogate::Triangular { width: 0.4 },
    ];
    for surrogate in SURROGATES.into_iter().chain(others) {
        for device in devices() {
            let x = tensor(&points, [points.len()], &device.autodiff()).require_grad();
            let spikes = surrogate.step(x.clone());
            let gradients = spikes.clone().sum().backward();
            let spikes = values(spikes);
            let gradient = values(x.grad(&gradients).unwrap());
            for ((x, spike), gradient) in points.iter().zip(spikes).zip(gradient) {
                assert_eq!(spike, f32::from(u8::from(*x > 0.0)), "the step at {x}");
                assert!((gradient - surrogate.derivative(*x)).abs() < 1e-6);
                let (x, h) = (f64::from(*x), 1e-7);
                let slope = (primitive(surrogate, x + h) - primitive(surrogate, x - h)) / (2.0 * h);
                let error = (f64::from(gradient) - slope).abs();
                assert!(error < 2e-5, "{surrogate:?} at {x}: {gradient} for {slope}");
            }
        }
    }
}

/// A unit whose membrane potential is NaN or infinite is NaN from that step on, spikes and gradients alike: neither
/// silent nor firing.
#[test]
fn nan_and_infinities_are_spikes_that_are_nan() {
    let [steps, batch, units] = [6, 2, 3];
    for invalid in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for (surrogate, reset) in (SURROGATES.into_iter())
            .flat_map(|surrogate| [Reset::Subtract, Reset::Zero].map(|reset| (surrogate, reset)))
        {
            let spiking = SpikeParameters {
                threshold: 0.8,
                reset,
                surrogate,
            };
            let mut currents = draw(steps * batch * units, 1.5, 1);
            // The second step of the last unit of the first example.
            currents[batch * units + 2] = invalid;
            for device in devices() {
                let device = device.autodiff();
                let run = |layer: fn(_, _, _, _) -> Tensor<3>| {
                    let currents = tensor(&currents, [steps, batch, units], &device).require_grad();
                    let decay = tensor(&[0.9, 0.5, 0.7], [units], &device).require_grad();
                    let spikes = layer(currents.clone(), decay.clone(), steps, spiking);
                    let gradient =
                        tensor(&draw(steps * batch * units, 1.0, 3), spikes.dims(), &device);
                    let gradients = (spikes.clone() * gradient).sum().backward();
                    [
                        values(spikes),
                        values(currents.grad(&gradients).unwrap()),
                        values(decay.grad(&gradients).unwrap()),
                    ]
                };
                let found = run(kernels::leaky_integrate_and_fire);
                let defined = run(|currents, decay, steps, spiking| {
                    kernels::leaky_membranes(currents, decay, steps, spiking).0
                });
                for (at, spike) in found[0].iter().enumerate() {
                    let [step, unit] = [at / (batch * units), at % (batch * units)];
                    assert_eq!(spike.is_nan(), step > 0 && unit == 2, "{spike} at {at}");
                }
                for (found, defined) in found.iter().zip(&defined) {
                    let are_nan = |values: &Vec<f32>| -> Vec<bool> {
                        values.iter().map(|value| value.is_nan()).collect()
                    };
                    assert_eq!(are_nan(found), are_nan(defined), "{invalid}, {spiking:?}");
                }
            }
        }
    }
}
