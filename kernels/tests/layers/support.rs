//! Helpers: tensors, rectifiers, comparisons.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

use burn::tensor::{Device, Tensor, TensorData, activation};
use kernels::Rectifier;

use crate::reference::{bounds, relative_error};

pub const RECTIFIERS: [Rectifier; 3] = [Rectifier::None, Rectifier::Relu, Rectifier::Relu6];

/// Both backends that the operations are for.
#[allow(deprecated)] // ndarray: users ask for it by name
pub fn devices() -> [Device; 2] {
    [Device::flex(), Device::ndarray()]
}

pub fn tensor<const D: usize>(values: &[f32], shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
}

pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

/// The rectifier as Burn has it.
pub fn rectify<const D: usize>(sums: Tensor<D>, rectifier: Rectifier) -> Tensor<D> {
    match rectifier {
        Rectifier::None => sums,
        Rectifier::Relu => activation::relu(sums),
        Rectifier::Relu6 => activation::relu(sums).clamp_max(6.0),
    }
}

/// A gradient before a rectifier: what belongs to sums outside of the bounds is lost.
pub fn rectify_gradient(sums: &[f64], gradient: &[f32], rectifier: Rectifier) -> Vec<f64> {
    let [low, high] = bounds(rectifier);
    let passes = |sum: f64| low < sum && sum < high;
    let pairs = sums.iter().zip(gradient);
    pairs
        .map(|(sum, gradient)| {
            if passes(*sum) {
                f64::from(*gradient)
            } else {
                0.0
            }
        })
        .collect()
}

/// Clears the gradient where a sum is within rounding of a bound, so that both sides of it are right.
pub fn clear_of_bounds(sums: &[f64], gradient: &mut [f32], rectifier: Rectifier) {
    for (sum, gradient) in sums.iter().zip(gradient) {
        if bounds(rectifier)
            .iter()
            .any(|bound| (sum - bound).abs() < 1e-3)
        {
            *gradient = 0.0;
        }
    }
}

/// The largest difference, relative to the largest value expected.
pub fn difference(values: &[f32], expected: &[f32]) -> f64 {
    let expected: Vec<f64> = expected.iter().copied().map(f64::from).collect();
    relative_error(values, &expected)
}

/// Where `expected` is no finite number, neither are the values.
#[track_caller]
pub fn assert_shows(values: &[f32], expected: &[f32], what: &str) {
    assert_eq!(values.len(), expected.len(), "{what}");
    for (index, (value, expected)) in values.iter().zip(expected).enumerate() {
        let shown = if expected.is_nan() {
            value.is_nan()
        } else {
            !value.is_finite()
        };
        assert!(
            expected.is_finite() || shown,
            "{what}: {value} at {index}, not {expected}"
        );
    }
}

/// The same values, up to rounding, where they are finite, and the same others.
#[track_caller]
pub fn assert_same(values: &[f32], expected: &[f32], what: &str) {
    assert_eq!(values.len(), expected.len(), "{what}");
    let finite = expected.iter().filter(|value| value.is_finite());
    let largest = finite.fold(0.0f32, |largest, value| largest.max(value.abs()));
    for (index, (value, expected)) in values.iter().zip(expected).enumerate() {
        let same = value == expected
            || value.is_nan() && expected.is_nan()
            || (value - expected).abs() <= 1e-5 * largest;
        assert!(same, "{what}: {value} at {index}, not {expected}");
    }
}

/// Asserts that two operations end the same way: with the same shape, or with the same panic.
#[track_caller]
pub fn assert_same_end<const D: usize>(
    ours: impl FnOnce() -> Tensor<D>,
    burns: impl FnOnce() -> Tensor<D>,
) {
    let end = |result: std::thread::Result<Tensor<D>>| match result {
        Ok(tensor) => format!("{:?}", tensor.dims()),
        Err(panic) => match panic.downcast::<String>() {
            Ok(message) => *message,
            Err(panic) => panic
                .downcast::<&str>()
                .map_or(String::new(), |text| text.to_string()),
        },
    };
    let ours = end(catch_unwind(AssertUnwindSafe(ours)));
    assert_eq!(ours, end(catch_unwind(AssertUnwindSafe(burns))));
}

/// The devices' random numbers are one stream per process: tests that seed it take turns.
pub fn random_numbers() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}
