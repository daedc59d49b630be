//! Hebbian learning: an associator, Oja's rule and Sanger's rule (chapter, section on Hebb's rule).

use std::f64::consts::PI;

use anyhow::{Result, ensure};
use figures::{Axis, Mark, Plot, Series, plot};
use neurons::learning::principal::mean;
use neurons::learning::{Associator, Oja, Sanger, principal_components};
use neurons::vector::{cosine, dot, norm};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::report::figure;
use crate::report::finished::Finished;
use crate::report::screen;
use crate::tasks::job::StudyJob;
use crate::tasks::studies::toy_data::{LabelledPoints, cloud};

/// Default number of passes, and learning rate of the first pass for points with a mean square length of 1.
const DEFAULTS: (usize, f64) = (100, 0.005);

/// Number of Sanger's units, if there are as many features.
const UNITS: usize = 3;

/// What `result.json` holds.
#[derive(Serialize)]
struct Findings {
    associator: Associations,
    oja: Convergence,
    sanger: Convergence,
}

#[derive(Serialize)]
struct Associations {
    weights: Vec<Vec<f64>>,
    pairs: Vec<Pair>,
}

#[derive(Serialize)]
struct Pair {
    pattern: Vec<f64>,
    target: Vec<f64>,
    recalled: Vec<f64>,
    /// Output for the pattern with its first value negated.
    recalled_from_damaged: Vec<f64>,
}

/// Convergence of units to principal components.
#[derive(Serialize)]
struct Convergence {
    points: String,
    n: usize,
    features: Vec<String>,
    learning_rate: f64,
    /// Variances along the components, in squared units of the points.
    variances: Vec<f64>,
    components: Vec<Vec<f64>>,
    weights: Vec<Vec<f64>>,
    /// Final absolute cosine of each unit's weights with its component.
    cosines: Vec<f64>,
    /// The state before the first and after each pass.
    passes: Vec<PassState>,
}

#[derive(Serialize)]
struct PassState {
    pass: usize,
    cosines: Vec<f64>,
    length: f64,
    first: Vec<f64>,
}

/// Learns associations by Hebb's rule, and principal components by Oja's rule on a cloud of two features and by Sanger's
/// rule on one of five, or by both on a user's points.
///
/// # Errors
/// If the table of points cannot be used, or a file cannot be written.
pub fn run(job: &StudyJob<'_>) -> Result<Finished> {
    let options = job.options;
    let seed = options.seed;
    let (flat, deep) = match &options.data.csv {
        Some(path) => {
            let table = LabelledPoints::read(path)?;
            (table.clone(), table)
        }
        None => (
            cloud("a cloud of two features", &[2.0, 0.6], 500, seed),
            cloud(
                "a cloud of five features",
                &[3.0, 2.0, 1.3, 0.7, 0.4],
                500,
                seed,
            ),
        ),
    };
    let (passes, rate) = DEFAULTS;
    let passes = options
        .recipe
        .epochs
        .map_or(passes, |epochs| epochs as usize);
    let rate = options.recipe.learning_rate.unwrap_or(rate);
    let findings = Findings {
        associator: associate(),
        oja: converge(&flat, 1, passes, rate, seed)?,
        sanger: converge(&deep, UNITS, passes, rate, seed)?,
    };
    let plots = [plane(&flat, &findings.oja), angles(&findings)];
    figure::write(&job.folder, "hebb", &plot::draw(&plots, 2)?)?;
    job.finish(&words(&findings), &findings)
}

/// Associates three orthogonal patterns of eight values with their targets.
fn associate() -> Associations {
    let patterns = [0b0101_0101_u8, 0b0011_0011, 0b0000_1111];
    let sign = |bits: u8, place: usize| if bits >> place & 1 == 1 { -1.0 } else { 1.0 };
    let pairs = patterns.map(|bits| (0..8).map(|place| sign(bits, place)).collect::<Vec<f64>>());
    let targets = [[1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]];
    let mut units = Associator::new(8, 2);
    for (pattern, target) in pairs.iter().zip(targets) {
        // Patterns have length sqrt 8: each recalls 8 eta times its target.
        units.learn(pattern, &target, 1.0 / 8.0);
    }
    let pairs = (pairs.into_iter().zip(targets))
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

/// Trains units by Sanger's rule (a single one by Oja's) on the points, centred and scaled to a mean square length of 1,
/// in a new order in each pass. The rate of pass p, from 0, is `rate / (1 + p / 20)`: the sum of the rates diverges and
/// that of their squares converges, as convergence requires (Robbins and Monro 1951).
fn converge(
    table: &LabelledPoints,
    units: usize,
    passes: usize,
    rate: f64,
    seed: u64,
) -> Result<Convergence> {
    let size = table.features.len();
    ensure!(
        size >= 2,
        "{}: has {size} feature; principal components need two at least",
        table.name
    );
    let centre = mean(&table.points);
    let mut points: Vec<Vec<f64>> = (table.points.iter())
        .map(|point| {
            point
                .iter()
                .zip(&centre)
                .map(|(value, mean)| value - mean)
                .collect()
        })
        .collect();
    let square = points.iter().map(|point| dot(point, point)).sum::<f64>() / points.len() as f64;
    ensure!(
        square > 0.0,
        "{}: all points are the same; give different ones",
        table.name
    );
    (points.iter_mut().flatten()).for_each(|value| *value /= square.sqrt());

    let components: Vec<(f64, Vec<f64>)> = principal_components(&points);
    let units = units.min(size);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let start = (0..units).map(|_| {
        let weights: Vec<f64> = (0..size).map(|_| random.random_range(-1.0..1.0)).collect();
        let length = 2.0 * norm(&weights).max(f64::MIN_POSITIVE);
        weights.into_iter().map(|weight| weight / length).collect()
    });
    let mut neurons = LinearUnits::new(start.collect());
    let mut turns = vec![pass_state(0, neurons.weights(), &components)];
    for pass in 1..=passes {
        points.shuffle(&mut random);
        let rate = rate / (1.0 + (pass - 1) as f64 / 20.0);
        points.iter().for_each(|point| neurons.learn(point, rate));
        turns.push(pass_state(pass, neurons.weights(), &components));
    }
    Ok(Convergence {
        points: table.name.clone(),
        n: points.len(),
        features: table.features.clone(),
        learning_rate: rate,
        variances: components
            .iter()
            .map(|(variance, _)| variance * square)
            .collect(),
        components: components
            .iter()
            .take(units)
            .map(|(_, axis)| axis.clone())
            .collect(),
        cosines: turns
            .last()
            .map_or_else(Vec::new, |turn| turn.cosines.clone()),
        weights: neurons.weights().to_vec(),
        passes: turns,
    })
}

/// A unit with Oja's rule, or several with Sanger's.
enum LinearUnits {
    Oja(Oja),
    Sanger(Sanger),
}

impl LinearUnits {
    fn new(mut weights: Vec<Vec<f64>>) -> Self {
        match weights.len() {
            1 => Self::Oja(Oja::new(weights.swap_remove(0))),
            _ => Self::Sanger(Sanger::new(weights)),
        }
    }

    fn learn(&mut self, point: &[f64], rate: f64) {
        match self {
            Self::Oja(unit) => _ = unit.learn(point, rate),
            Self::Sanger(units) => units.learn(point, rate),
        }
    }

    fn weights(&self) -> &[Vec<f64>] {
        match self {
            Self::Oja(unit) => std::slice::from_ref(&unit.weights),
            Self::Sanger(units) => &units.weights,
        }
    }
}

/// Compares the weights with the components after a pass.
fn pass_state(pass: usize, weights: &[Vec<f64>], components: &[(f64, Vec<f64>)]) -> PassState {
    let cosines =
        (weights.iter().zip(components)).map(|(unit, (_, axis))| cosine(unit, axis).abs());
    let first = weights[0].clone();
    PassState {
        pass,
        cosines: cosines.collect(),
        length: norm(&first),
        first,
    }
}

fn words(findings: &Findings) -> String {
    let numbers = |values: &[f64]| {
        let values: Vec<_> = values.iter().map(|value| screen::number(*value)).collect();
        values.join(" ")
    };
    let header = ["pattern", "target", "recalled", "first value turned"].map(str::to_owned);
    let rows = findings.associator.pairs.iter().map(|pair| {
        let parts = [
            &pair.pattern,
            &pair.target,
            &pair.recalled,
            &pair.recalled_from_damaged,
        ];
        parts.map(|part| numbers(part)).to_vec()
    });
    let mut parts = vec![format!(
        "Hebb's associator, dw = eta post pre, after one pass:\n{}",
        screen::table(header.to_vec(), rows)
    )];
    for (rule, found) in [("Oja", &findings.oja), ("Sanger", &findings.sanger)] {
        let units = found.weights.len();
        let mut header = vec!["pass".to_owned()];
        header.extend((1..=units).map(|unit| format!("cosine {unit}")));
        header.push("length of w1".to_owned());
        let last = found.passes.len() - 1;
        // 0, 1, 2, 5, 10, 20, 50, ... and the last.
        let is_shown = |pass: usize| {
            let digits = pass.to_string();
            let round = digits[1..].bytes().all(|digit| digit == b'0');
            pass == last || round && ["0", "1", "2", "5"].contains(&&digits[..1])
        };
        let rows = found
            .passes
            .iter()
            .filter(|turn| is_shown(turn.pass))
            .map(|turn| {
                let cosines = turn.cosines.iter().map(|cosine| format!("{cosine:.6}"));
                std::iter::once(turn.pass.to_string())
                    .chain(cosines)
                    .chain([format!("{:.4}", turn.length)])
                    .collect()
            });
        let weights: Vec<_> = found
            .weights
            .iter()
            .map(|unit| format!("[{}]", numbers(unit)))
            .collect();
        parts.push(format!(
            "{rule}'s rule on {} ({} points, variances {}): cosine with the principal component\n{}\nweights {}",
            found.points,
            found.n,
            numbers(&found.variances),
            screen::table(header, rows),
            weights.join(" ")
        ));
    }
    parts.join("\n\n")
}

/// Plots the points, the axis of the first component, and the path of Oja's weight vector. Points of more than two
/// features are projected on the first two components.
fn plane(table: &LabelledPoints, found: &Convergence) -> Plot {
    let centre = mean(&table.points);
    let components = principal_components(&table.points);
    let flat = table.features.len() == 2;
    let place = |vector: &[f64]| match vector {
        [x, y] => (*x, *y),
        _ => (dot(vector, &components[0].1), dot(vector, &components[1].1)),
    };
    let about = |point: &Vec<f64>| -> Vec<f64> {
        point
            .iter()
            .zip(&centre)
            .map(|(value, mean)| value - mean)
            .collect()
    };
    let points: Vec<(f64, f64)> = table
        .points
        .iter()
        .map(|point| place(&about(point)))
        .collect();
    // A weight vector of length 1 is drawn two standard deviations long.
    let scale = 2.0 * components[0].0.sqrt();
    let long = |(x, y): (f64, f64), by: f64| (by * x, by * y);
    let axis = place(&components[0].1);
    let way: Vec<(f64, f64)> = found
        .passes
        .iter()
        .map(|turn| long(place(&turn.first), scale))
        .collect();
    let end = way.last().copied().unwrap_or_default();
    let reach = (points.iter().flat_map(|(x, y)| [x.abs(), y.abs()])).fold(scale, f64::max) * 1.1;
    let axes = if flat {
        [0, 1].map(|feature| format!("{} - mean", table.features[feature]))
    } else {
        ["first component", "second component"].map(str::to_owned)
    };
    let [x, y] = axes.map(|axis| Axis::new(axis).range(-reach..reach));
    Plot::new(
        "Oja's weight vector",
        x,
        y,
        vec![
            Series::line("", points, 5).marked(Mark::Specks),
            Series::line(
                "first principal component",
                vec![long(axis, -reach), long(axis, reach)],
                6,
            )
            .marked(Mark::Dashes),
            Series::line("its way, pass by pass", way, 4).marked(Mark::Joined),
            Series::line("w in the end", vec![(0.0, 0.0), end], 1),
        ],
    )
}

/// Plots the angle between each unit's weights and its component.
fn angles(findings: &Findings) -> Plot {
    let angle = |found: &Convergence, unit: usize| {
        let degrees = |turn: &PassState| turn.cosines[unit].min(1.0).acos() * 180.0 / PI;
        (found.passes.iter())
            .map(|turn| (turn.pass as f64, degrees(turn)))
            .collect::<Vec<_>>()
    };
    let mut series = vec![Series::line("Oja", angle(&findings.oja, 0), 1)];
    series.extend((0..findings.sanger.weights.len()).map(|unit| {
        let name = format!("Sanger, unit {}", unit + 1);
        Series::line(name, angle(&findings.sanger, unit), [0, 2, 3][unit % 3])
    }));
    Plot::new(
        "Angle to the principal component",
        Axis::new("pass").integers(),
        Axis::new("degrees"),
        series,
    )
}
