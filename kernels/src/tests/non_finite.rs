//! NaN and infinities in an input or a gradient: everything that they reach in the definition shows them.

use super::case::{Case, Outcome, Reach};
use super::operations::{Size, operations};
use crate::simd::Level;

/// Lists the parts that hide what is not finite in the definition, after `cause` was put in.
fn hidden(case: &Case, found: &Outcome<f32>, definition: &Outcome<f64>, cause: f32) -> Vec<String> {
    let reach = case.agreement.reach;
    let is_shown = found.iter().flatten().any(|value| !value.is_finite());
    if reach == Reach::Gates && !cause.is_nan() && is_shown {
        return Vec::new();
    }
    let mut failures = Vec::new();
    for (index, (values, expected)) in found.iter().zip(definition).enumerate() {
        let wrong = (values.iter().zip(expected)).position(|(value, expected)| {
            let is_hidden = !expected.is_finite() && value.is_finite();
            let is_same = value.is_nan() == expected.is_nan();
            is_hidden || cause.is_nan() && reach != Reach::Tiles && !is_same
        });
        if let Some(place) = wrong {
            let (value, expected) = (values[place], expected[place]);
            let part = case.part(index, found.len());
            failures.push(format!(
                "{value} instead of {expected} at {place} of the {part}"
            ));
        }
    }
    failures
}

/// Runs a row with one value replaced: of the input of this index, or of the gradient.
fn check(case: &mut Case, index: usize, place: usize, value: f32) -> Vec<String> {
    let before = std::mem::replace(&mut case.values_mut(index)[place], value);
    let definition = case.definition();
    let mut failures = Vec::new();
    for level in Level::available() {
        let found = hidden(case, &case.on_slices(level), &definition, value);
        let what = format!("{level:?}, {value} at {place} of input {index}");
        failures.extend(
            found
                .into_iter()
                .map(|failure| format!("{what}: {failure}")),
        );
    }
    case.values_mut(index)[place] = before;
    failures
}

#[test]
fn nan_and_infinities_are_not_hidden() {
    let mut failures = Vec::new();
    for mut case in operations(Size::Tiny) {
        case.clear_kinks();
        let inputs = case.inputs.len() + usize::from(case.has_gradients);
        for index in 0..inputs {
            for place in [0, case.values_mut(index).len() - 1] {
                for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                    failures.extend(check(&mut case, index, place, value));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
