//! Every operation against its definition in `f64`: all sets of instructions, both backends, all layouts in memory, and
//! gradients against differences.

use burn::tensor::Device;

use super::case::{Case, Layout, Outcome, bits};
use super::operations::{Size, operations};
use super::reference::relative_error;
use crate::simd::Level;

/// Both backends that the operations are for.
#[allow(deprecated)] // ndarray: users ask for it by name
fn devices() -> [Device; 2] {
    [Device::flex(), Device::ndarray()]
}

/// Lists where a row is further from its definition than it may be.
fn errors(case: &Case, found: &Outcome<f32>, exact: &Outcome<f64>, what: &str) -> Vec<String> {
    assert_eq!(found.len(), exact.len(), "{}", case.name);
    let parts = found.iter().zip(exact).enumerate();
    parts
        .filter_map(|(index, (values, exact))| {
            let error = relative_error(values, exact);
            let part = case.part(index, found.len());
            (error > case.agreement.tolerance)
                .then(|| format!("{what}: off by {error:.1e}: {part}"))
        })
        .collect()
}

#[track_caller]
fn assert_none(failures: &[String]) {
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_set_of_instructions_computes_the_definition() {
    let mut failures = Vec::new();
    for mut case in [Size::Tiny, Size::Small].into_iter().flat_map(operations) {
        case.clear_kinks();
        let exact = case.definition();
        let scalar = case.on_slices(Level::Scalar);
        for level in Level::available() {
            let found = case.on_slices(level);
            failures.extend(errors(&case, &found, &exact, &format!("{level:?}")));
            if case.agreement.same_bits && bits(&found) != bits(&scalar) {
                failures.push(format!(
                    "{level:?}: not the bits of the scalar level: {}",
                    case.name
                ));
            }
        }
    }
    assert_none(&failures);
}

#[test]
fn both_backends_and_all_layouts_give_the_bits_of_the_slices() {
    let mut failures = Vec::new();
    for case in [Size::Tiny, Size::Small].into_iter().flat_map(operations) {
        let expected = bits(&case.on_slices(Level::detect()));
        for device in devices() {
            for layout in [Layout::Contiguous, Layout::Transposed, Layout::Sliced] {
                let found = bits(&case.on_tensors(&device, layout));
                for (index, (values, slices)) in found.iter().zip(&expected).enumerate() {
                    if values != slices {
                        let part = case.part(index, found.len());
                        failures.push(format!("{layout:?} on {device:?}: {part}"));
                    }
                }
            }
        }
    }
    assert_none(&failures);
}

/// Central differences of the definition, in `f64`.
#[test]
fn gradients_are_those_of_differences() {
    const STEP: f64 = 1e-5;
    let mut failures = Vec::new();
    for mut case in operations(Size::Tiny) {
        if !case.is_differentiable {
            continue;
        }
        case.clear_kinks();
        let outcome = case.on_slices(Level::detect());
        let outputs = outcome.len() - case.inputs.len();
        let mut inputs: Vec<Vec<f64>> = (case.inputs.iter())
            .map(|input| input.values.iter().copied().map(f64::from).collect())
            .collect();
        for (index, gradient) in outcome[outputs..].iter().enumerate() {
            let mut exact = Vec::with_capacity(gradient.len());
            for place in 0..gradient.len() {
                let value = inputs[index][place];
                let mut loss = |value: f64| {
                    inputs[index][place] = value;
                    case.loss(&inputs)
                };
                exact.push((loss(value + STEP) - loss(value - STEP)) / (2.0 * STEP));
                inputs[index][place] = value;
            }
            let error = relative_error(gradient, &exact);
            if error > case.agreement.tolerance.max(1e-5) {
                failures.push(format!(
                    "off by {error:.1e}: gradient of input {index}, {}",
                    case.name
                ));
            }
        }
    }
    assert_none(&failures);
}
