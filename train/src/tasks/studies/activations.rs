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

/// Where they are drawn.
const RANGE: [f32; 2] = [-6.0, 8.0];

/// How many places are drawn: every twentieth.
const PLACES: usize = 281;

/// What `result.json` holds.
#[derive(Serialize)]
struct Findings {
    x: Vec<f32>,
    activations: Vec<Drawn>,
}

/// One function at every x.
#[derive(Serialize)]
struct Drawn {
    name: String,
    y: Vec<f32>,
    derivative: Vec<f32>,
}

/// Evaluates every activation and its derivative, as training would compute them; nothing is trained.
///
/// # Errors
/// If a file cannot be written.
pub fn run(job: &StudyJob<'_>) -> Result<Finished> {
    let step = (RANGE[1] - RANGE[0]) / (PLACES - 1) as f32;
    let x: Vec<f32> = (0..PLACES)
        .map(|place| RANGE[0] + step * place as f32)
        .collect();
    let activations =
        Activation::named().filter(|(_, activation)| *activation != Activation::Identity);
    let activations = activations.map(|(name, activation)| draw(name, activation, &x));
    let findings = Findings {
        activations: activations.collect::<Result<_>>()?,
        x,
    };
    let plots: Vec<Plot> = findings
        .activations
        .iter()
        .map(|one| drawn(one, &findings.x))
        .collect();
    figure::write(&job.folder, "activations", &plot::draw(&plots, 3)?)?;
    job.finish(&words(&findings), &findings)
}

/// The function and, by backward differentiation, its derivative.
fn draw(name: &str, activation: Activation, x: &[f32]) -> Result<Drawn> {
    let input = Tensor::<1>::from_floats(x, &Device::flex().autodiff()).require_grad();
    let output = activation.forward(input.clone());
    let gradients = output.clone().sum().backward();
    let derivative = match input.grad(&gradients) {
        Some(derivative) => derivative.into_data().try_to_vec::<f32>()?,
        None => vec![0.0; x.len()],
    };
    Ok(Drawn {
        name: name.to_owned(),
        y: output.into_data().try_to_vec::<f32>()?,
        derivative,
    })
}

fn drawn(one: &Drawn, x: &[f32]) -> Plot {
    let points = |values: &[f32]| {
        let points = x
            .iter()
            .zip(values)
            .map(|(x, y)| (f64::from(*x), f64::from(*y)));
        points.filter(|(_, y)| (-2.5..=7.0).contains(y)).collect()
    };
    Plot::new(
        &one.name,
        Axis::new("x").range(-6.2..8.2),
        Axis::new("").range(-2.7..9.5),
        vec![
            Series::line("f(x)", points(&one.y), 0),
            Series::line("f'(x)", points(&one.derivative), 1).marked(Mark::Dashes),
        ],
    )
}

/// Places of the table.
const SHOWN: [f32; 5] = [-4.0, -1.0, 0.0, 1.0, 7.0];

fn words(findings: &Findings) -> String {
    let mut header = vec!["activation".to_owned()];
    header.extend(SHOWN.map(|x| format!("f({x})")));
    header.extend(SHOWN.map(|x| format!("f'({x})")));
    let at = |values: &[f32], x: f32| {
        let place = findings.x.iter().position(|there| (there - x).abs() < 1e-3);
        place.map_or("-".to_owned(), |place| format!("{:.3}", values[place]))
    };
    let rows = findings.activations.iter().map(|one| {
        let mut row = vec![one.name.clone()];
        row.extend(SHOWN.map(|x| at(&one.y, x)));
        row.extend(SHOWN.map(|x| at(&one.derivative, x)));
        row
    });
    format!(
        "{}\n\nWhere f' is 0 a unit does not learn; where it is far from 1, layer upon layer lets the gradient vanish or grow.",
        screen::table(header, rows)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Central differences in `f64` would need other functions: these are `f32`'s own, away from the kinks.
    #[test]
    fn derivatives_are_those_of_differences() {
        const STEP: f32 = 1e-2;
        let x = [-4.0, -1.5, -0.3, 0.4, 1.3, 5.0];
        for (name, activation) in Activation::named() {
            let drawn = draw(name, activation, &x).unwrap();
            let moved =
                [STEP, -STEP].map(|step| draw(name, activation, &x.map(|x| x + step)).unwrap().y);
            for (place, derivative) in drawn.derivative.iter().enumerate() {
                let expected = (moved[0][place] - moved[1][place]) / (2.0 * STEP);
                assert!(
                    (derivative - expected).abs() < 1e-3,
                    "{name} at {}: {derivative} for {expected}",
                    x[place]
                );
            }
        }
    }
}
