//! Every activation function and its derivative (chapter, section on activation functions).

use anyhow::Result;
use burn::tensor::{Device, Tensor};
use figures::{Axis, Mark, Plot, Series, plot};
use models::Activation;
use serde::Serialize;

use crate::report::figure;
use crate::report::finished::Finished;
use crate::report::screen;
use crate::tasks::job::StudyJob;

/// Range of x.
const RANGE: [f32; 2] = [-6.0, 8.0];

/// Number of points: a step of a twentieth.
const POINTS: usize = 281;

/// The contents of `result.json`.
#[derive(Serialize)]
struct Findings {
    x: Vec<f32>,
    activations: Vec<Curve>,
}

/// An activation function and its derivative at every x.
#[derive(Serialize)]
struct Curve {
    name: String,
    y: Vec<f32>,
    derivative: Vec<f32>,
}

/// Evaluates every activation and its derivative, as training would compute them; nothing is trained.
///
/// # Errors
/// If a file cannot be written.
pub fn run(job: &StudyJob<'_>) -> Result<Finished> {
    let step = (RANGE[1] - RANGE[0]) / (POINTS - 1) as f32;
    let x: Vec<f32> = (0..POINTS)
        .map(|point| RANGE[0] + step * point as f32)
        .collect();
    let activations = (Activation::named())
        .filter(|(_, activation)| *activation != Activation::Identity)
        .map(|(name, activation)| evaluate(name, activation, &x))
        .collect::<Result<_>>()?;
    let findings = Findings { activations, x };
    let plots = findings.activations.iter();
    let plots: Vec<Plot> = plots.map(|curve| draw(curve, &findings.x)).collect();
    figure::write(&job.folder, "activations", &plot::draw(&plots, 3)?)?;
    job.finish(&summary(&findings), &findings)
}

/// Evaluates a function and, by backward differentiation, its derivative.
fn evaluate(name: &str, activation: Activation, x: &[f32]) -> Result<Curve> {
    let input = Tensor::<1>::from_floats(x, &Device::flex().autodiff()).require_grad();
    let output = activation.forward(input.clone());
    let gradients = output.clone().sum().backward();
    let derivative = match input.grad(&gradients) {
        Some(derivative) => derivative.into_data().try_to_vec::<f32>()?,
        None => vec![0.0; x.len()],
    };
    Ok(Curve {
        name: name.to_owned(),
        y: output.into_data().try_to_vec::<f32>()?,
        derivative,
    })
}

/// Plots a function and its derivative.
fn draw(curve: &Curve, x: &[f32]) -> Plot {
    let points = |values: &[f32]| {
        let points = x.iter().zip(values);
        let points = points.map(|(x, y)| (f64::from(*x), f64::from(*y)));
        points.filter(|(_, y)| (-2.5..=7.0).contains(y)).collect()
    };
    Plot::new(
        &curve.name,
        Axis::new("x").range(-6.2..8.2),
        Axis::new("").range(-2.7..9.5),
        vec![
            Series::line("f(x)", points(&curve.y), 0),
            Series::line("f'(x)", points(&curve.derivative), 1).marked(Mark::Dashes),
        ],
    )
}

/// Points of the printed table.
const PRINTED: [f32; 5] = [-4.0, -1.0, 0.0, 1.0, 7.0];

/// Returns the summary for the screen.
fn summary(findings: &Findings) -> String {
    let mut header = vec!["activation".to_owned()];
    header.extend(PRINTED.map(|x| format!("f({x})")));
    header.extend(PRINTED.map(|x| format!("f'({x})")));
    let at = |values: &[f32], x: f32| {
        let index = findings.x.iter().position(|point| (point - x).abs() < 1e-3);
        index.map_or("-".to_owned(), |index| format!("{:.3}", values[index]))
    };
    let rows = findings.activations.iter().map(|one| {
        let mut row = vec![one.name.clone()];
        row.extend(PRINTED.map(|x| at(&one.y, x)));
        row.extend(PRINTED.map(|x| at(&one.derivative, x)));
        row
    });
    format!(
        "{}\n\nWhere f' is 0, a unit does not learn; where it is far from 1, the gradient vanishes or explodes from layer to layer.",
        screen::table(header, rows)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Central differences of the same `f32` functions, away from their kinks.
    #[test]
    fn derivatives_equal_central_differences() {
        const STEP: f32 = 1e-2;
        let x = [-4.0, -1.5, -0.3, 0.4, 1.3, 5.0];
        for (name, activation) in Activation::named() {
            let curve = evaluate(name, activation, &x).unwrap();
            let moved = [STEP, -STEP]
                .map(|step| evaluate(name, activation, &x.map(|x| x + step)).unwrap().y);
            for (index, derivative) in curve.derivative.iter().enumerate() {
                let expected = (moved[0][index] - moved[1][index]) / (2.0 * STEP);
                assert!(
                    (derivative - expected).abs() < 1e-3,
                    "{name} at {}: {derivative} instead of {expected}",
                    x[index]
                );
            }
        }
    }
}
