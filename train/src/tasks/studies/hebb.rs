//! Hebbian learning: an associator, Oja's rule and Sanger's rule ([`neurons::learning::hebbian`]).

use std::f64::consts::PI;

use anyhow::{Result, anyhow};
use figures::{Axis, Mark, Plot, Series, plot};
use neurons::learning::principal::mean;
use neurons::learning::{
    Associator, Convergence, PassState, PrincipalTraining, principal_components,
};
use neurons::vector::dot;
use serde::Serialize;

use crate::report::figure;
use crate::report::finished::Finished;
use crate::report::screen;
use crate::tasks::job::StudyJob;
use crate::tasks::studies::toy_data::{LabelledPoints, cloud};

/// Default number of passes, and learning rate of the first pass for points with a mean square length of 1.
pub const DEFAULTS: (usize, f64) = (100, 0.005);

/// Number of Sanger's units, if there are as many features.
const UNITS: usize = 3;

/// The contents of `result.json`.
#[derive(Serialize)]
struct Findings {
    associator: Associations,
    oja: Trained,
    sanger: Trained,
}

/// The associator, and what it recalls.
#[derive(Serialize)]
struct Associations {
    weights: Vec<Vec<f64>>,
    pairs: Vec<Pair>,
}

/// A pattern with its target.
#[derive(Serialize)]
struct Pair {
    pattern: Vec<f64>,
    target: Vec<f64>,
    recalled: Vec<f64>,
    /// Output for the pattern with its first value negated.
    recalled_from_damaged: Vec<f64>,
}

/// Units that were trained on points: by Oja's rule if there is one, otherwise by Sanger's.
#[derive(Serialize)]
struct Trained {
    points: String,
    n: usize,
    features: Vec<String>,
    #[serde(flatten)]
    convergence: Convergence,
}

/// Learns associations by Hebb's rule, and principal components by Oja's rule on a cloud of two features and by Sanger's
/// rule on one of five, or by both on a user's points.
///
/// # Errors
/// If the table of points cannot be used, or a file cannot be written.
pub fn run(job: &StudyJob<'_>) -> Result<Finished> {
    let options = job.options;
    let seed = options.seed;
    let (two, five) = match &options.data.csv {
        Some(path) => {
            let table = LabelledPoints::read(path)?;
            (table.clone(), table)
        }
        None => {
            let deviations = [3.0, 2.0, 1.3, 0.7, 0.4];
            (
                cloud("a cloud of two features", &[2.0, 0.6], 500, seed),
                cloud("a cloud of five features", &deviations, 500, seed),
            )
        }
    };
    let (passes, rate) = DEFAULTS;
    let recipe = &options.recipe;
    let training = |units| PrincipalTraining {
        units,
        passes: recipe.epochs.map_or(passes, |epochs| epochs as usize),
        rate: recipe.learning_rate.unwrap_or(rate),
        seed,
    };
    let findings = Findings {
        associator: associate(),
        oja: converge(&two, training(1))?,
        sanger: converge(&five, training(UNITS))?,
    };
    let plots = [plane(&two, &findings.oja), angles(&findings)];
    figure::write(&job.folder, "hebb", &plot::draw(&plots, 2)?)?;
    job.finish(&summary(&findings), &findings)
}

/// Associates three orthogonal patterns of eight values with their targets.
fn associate() -> Associations {
    let sign = |bits: u8, bit: usize| if bits >> bit & 1 == 1 { -1.0 } else { 1.0 };
    let patterns = [0b0101_0101_u8, 0b0011_0011, 0b0000_1111]
        .map(|bits| (0..8).map(|bit| sign(bits, bit)).collect::<Vec<f64>>());
    let targets = [[1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]];
    let mut units = Associator::new(8, 2);
    for (pattern, target) in patterns.iter().zip(targets) {
        // Patterns have length sqrt 8: each recalls 8 eta times its target.
        units.learn(pattern, &target, 1.0 / 8.0);
    }
    let pairs = (patterns.into_iter().zip(targets))
        .map(|(pattern, target)| {
            let mut damaged = pattern.clone();
            damaged[0] = -damaged[0];
            Pair {
                recalled: units.recall(&pattern),
                recalled_from_damaged: units.recall(&damaged),
                target: target.to_vec(),
                pattern,
            }
        })
        .collect();
    Associations {
        weights: units.weights,
        pairs,
    }
}

/// Trains units on the points.
fn converge(table: &LabelledPoints, training: PrincipalTraining) -> Result<Trained> {
    let convergence =
        (training.run(&table.points)).map_err(|error| anyhow!("{}: {error}", table.name))?;
    Ok(Trained {
        points: table.name.clone(),
        n: table.points.len(),
        features: table.features.clone(),
        convergence,
    })
}

/// Returns the summary for the screen.
fn summary(findings: &Findings) -> String {
    [
        associations(&findings.associator),
        convergence("Oja", &findings.oja),
        convergence("Sanger", &findings.sanger),
    ]
    .join("\n\n")
}

/// Returns the table of the associator's patterns for the screen.
fn associations(associator: &Associations) -> String {
    let header = ["pattern", "target", "recalled", "first value negated"];
    let rows = associator.pairs.iter().map(|pair| {
        [
            &pair.pattern,
            &pair.target,
            &pair.recalled,
            &pair.recalled_from_damaged,
        ]
        .map(|values| numbers(values))
        .to_vec()
    });
    format!(
        "Hebb's associator, dw = eta post pre, after one pass:\n{}",
        screen::table(header, rows)
    )
}

/// Returns the table of the passes of units for the screen.
fn convergence(rule: &str, trained: &Trained) -> String {
    let Convergence {
        passes,
        weights,
        variances,
        ..
    } = &trained.convergence;
    let mut header = vec!["pass".to_owned()];
    header.extend((1..=weights.len()).map(|unit| format!("cosine {unit}")));
    header.push("length of w1".to_owned());
    let last = passes.len() - 1;
    let shown = (passes.iter()).filter(|state| state.pass == last || is_round(state.pass));
    let rows = shown.map(|state| {
        let cosines = state.cosines.iter().map(|cosine| format!("{cosine:.6}"));
        std::iter::once(state.pass.to_string())
            .chain(cosines)
            .chain([format!("{:.4}", state.length)])
            .collect()
    });
    let weights = weights.iter().map(|unit| format!("[{}]", numbers(unit)));
    format!(
        "{rule}'s rule on {} ({} points, variances {}): cosine with the principal component\n{}\nweights {}",
        trained.points,
        trained.n,
        numbers(variances),
        screen::table(header, rows),
        weights.collect::<Vec<_>>().join(" ")
    )
}

/// Returns whether a pass is one of 0, 1, 2, 5, 10, 20, 50, ...
fn is_round(pass: usize) -> bool {
    let digits = pass.to_string();
    let (first, rest) = digits.split_at(1);
    ["0", "1", "2", "5"].contains(&first) && rest.bytes().all(|digit| digit == b'0')
}

/// Formats numbers with spaces between them.
fn numbers(values: &[f64]) -> String {
    let values: Vec<_> = values.iter().map(|value| screen::number(*value)).collect();
    values.join(" ")
}

/// Plots the points, the axis of the first component, and the path of Oja's weight vector. Points of more than two
/// features are projected on the first two components.
fn plane(table: &LabelledPoints, trained: &Trained) -> Plot {
    let centre = mean(&table.points);
    let components = principal_components(&table.points);
    let project = |vector: &[f64]| match vector {
        [x, y] => (*x, *y),
        _ => (dot(vector, &components[0].1), dot(vector, &components[1].1)),
    };
    let centred = table.points.iter().map(|point| -> Vec<f64> {
        let values = point.iter().zip(&centre);
        values.map(|(value, mean)| value - mean).collect()
    });
    let points: Vec<(f64, f64)> = centred.map(|point| project(&point)).collect();
    // A weight vector of length 1 is drawn two standard deviations long.
    let scale = 2.0 * components[0].0.sqrt();
    let scaled = |(x, y): (f64, f64), by: f64| (by * x, by * y);
    let passes = trained.convergence.passes.iter();
    let path: Vec<(f64, f64)> = passes
        .map(|state| scaled(project(&state.first), scale))
        .collect();
    let end = path.last().copied().unwrap_or_default();
    let furthest = points.iter().flat_map(|(x, y)| [x.abs(), y.abs()]);
    let reach = furthest.fold(scale, f64::max) * 1.1;
    let axis = project(&components[0].1);
    let axis = vec![scaled(axis, -reach), scaled(axis, reach)];
    let names = match &table.features[..] {
        [x, y] => [x, y].map(|feature| format!("{feature} - mean")),
        _ => ["first component", "second component"].map(str::to_owned),
    };
    let [x, y] = names.map(|name| Axis::new(name).range(-reach..reach));
    let series = vec![
        Series::line("", points, 5).marked(Mark::Specks),
        Series::line("first principal component", axis, 6).marked(Mark::Dashes),
        Series::line("w, pass by pass", path, 4).marked(Mark::Joined),
        Series::line("final w", vec![(0.0, 0.0), end], 1),
    ];
    Plot::new("Oja's weight vector", x, y, series)
}

/// Plots the angle between each unit's weights and its component.
fn angles(findings: &Findings) -> Plot {
    let angles = |trained: &Trained, unit: usize| -> Vec<(f64, f64)> {
        let degrees = |state: &PassState| state.cosines[unit].min(1.0).acos() * 180.0 / PI;
        let passes = trained.convergence.passes.iter();
        passes
            .map(|state| (state.pass as f64, degrees(state)))
            .collect()
    };
    let mut series = vec![Series::line("Oja", angles(&findings.oja, 0), 1)];
    series.extend((0..findings.sanger.convergence.weights.len()).map(|unit| {
        let name = format!("Sanger, unit {}", unit + 1);
        Series::line(name, angles(&findings.sanger, unit), [0, 2, 3][unit % 3])
    }));
    let (x, y) = (Axis::new("pass").integers(), Axis::new("degrees"));
    Plot::new("Angle to the principal component", x, y, series)
}
