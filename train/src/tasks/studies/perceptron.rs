//! The chapter's two perceptrons on labelled points: the class of figure 10.2, and the perceptron of Lab 2. Their rules and
//! the convergence theorem stand in [`neurons::learning`].

use anyhow::Result;
use figures::{Axis, Mark, Plot, Series, around, plot};
use neurons::learning::perceptron::lab_points;
use neurons::learning::{Pass, PerceptronRule, Separation};
use neurons::vector::norm;
use serde::Serialize;

use crate::report::figure;
use crate::report::finished::Finished;
use crate::report::screen;
use crate::tasks::job::StudyJob;
use crate::tasks::studies::toy_data::{LabelledPoints, corners, two_clouds};

/// The contents of `result.json`.
#[derive(Serialize)]
struct Findings {
    lessons: Vec<Trained>,
}

/// A perceptron that was trained on one set of points.
#[derive(Serialize)]
struct Trained {
    /// Name of the points.
    points: String,
    n: usize,
    features: Vec<String>,
    /// Labels for which the perceptron should stay silent, and fire.
    classes: [String; 2],
    learning_rate: f64,
    /// Final weights, with the chapter's bias first or the lab's threshold last.
    weights: Vec<f64>,
    /// Number of points that are classified correctly in the end.
    right: usize,
    updates: usize,
    /// First pass without an update.
    settled_in: Option<usize>,
    /// First pass with updates that ends with the weights it began with.
    cycles_from: Option<usize>,
    separable: bool,
    /// R: length of the longest point in homogeneous form.
    radius: Option<f64>,
    /// gamma: largest margin of a hyperplane.
    margin: Option<f64>,
    /// Novikoff's bound on the number of updates, (R / gamma)^2.
    bound: Option<f64>,
    passes: Vec<Pass>,
}

/// Trains the chapter's perceptron on AND, OR and two separable clouds, and on XOR, which is not separable, or on the
/// user's points.
///
/// # Errors
/// If the table of points cannot be used, or a file cannot be written.
pub fn run(job: &StudyJob<'_>) -> Result<Finished> {
    study(job, PerceptronRule::Chapter, || {
        vec![
            corners("AND", [false, false, false, true]),
            corners("OR", [false, true, true, true]),
            two_clouds(job.options.seed),
            corners("XOR", [false, true, true, false]),
        ]
    })
}

/// Trains the perceptron of Lab 2 on the lab's five points, or on the user's.
///
/// # Errors
/// If the table of points cannot be used, or a file cannot be written.
pub fn run_lab(job: &StudyJob<'_>) -> Result<Finished> {
    study(job, PerceptronRule::Lab, || {
        let (points, labels) = lab_points();
        let features = points.into_iter().map(|point| point[..2].to_vec());
        let signs = labels.iter().map(|fires| if *fires { "1" } else { "-1" });
        vec![LabelledPoints {
            labels: signs.map(str::to_owned).collect(),
            ..LabelledPoints::new("Lab 2", features.collect(), &labels)
        }]
    })
}

/// Trains a perceptron on each set of points: the user's table, or those of the chapter.
fn study(
    job: &StudyJob<'_>,
    rule: PerceptronRule,
    chapter: impl Fn() -> Vec<LabelledPoints>,
) -> Result<Finished> {
    let tables = match &job.options.data.csv {
        Some(path) => vec![LabelledPoints::read(path)?],
        None => chapter(),
    };
    let (passes, rate) = rule.defaults();
    let recipe = &job.options.recipe;
    let passes = recipe.epochs.map_or(passes, |epochs| epochs as usize);
    let rate = recipe.learning_rate.unwrap_or(rate);
    let lessons = (tables.iter())
        .map(|table| train(table, rule, rate, passes))
        .collect::<Result<Vec<_>>>()?;
    let plots = (tables.iter().zip(&lessons))
        .map(|(table, trained)| draw(table, trained, rule))
        .collect::<Result<Vec<_>>>()?;
    figure::write(&job.folder, "lessons", &plot::draw(&plots, 2)?)?;
    let summaries: Vec<_> = lessons
        .iter()
        .map(|trained| summary(trained, rule))
        .collect();
    job.finish(&summaries.join("\n\n"), &Findings { lessons })
}

/// Trains a perceptron on one set of points.
fn train(
    table: &LabelledPoints,
    rule: PerceptronRule,
    rate: f64,
    passes: usize,
) -> Result<Trained> {
    let (classes, fires) = table.two_classes()?;
    let training = rule.train(&table.points, &fires, passes, rate);
    let (radius, margin) = match training.separation {
        Separation::Separable { radius, margin } => (Some(radius), Some(margin)),
        Separation::Inseparable => (None, None),
    };
    Ok(Trained {
        points: table.name.clone(),
        n: table.points.len(),
        features: table.features.clone(),
        classes,
        learning_rate: rate,
        weights: training.weights().to_vec(),
        right: training.correct,
        updates: training.updates(),
        settled_in: training.converged_in(),
        cycles_from: training.cycles_from(),
        separable: training.separation.bound().is_some(),
        radius,
        margin,
        bound: training.separation.bound(),
        passes: training.passes,
    })
}

/// Returns the names of the weights in order.
fn weight_names(rule: PerceptronRule, features: &[String]) -> Vec<String> {
    let weights = features.iter().map(|feature| format!("w({feature})"));
    match rule {
        PerceptronRule::Chapter => std::iter::once("bias".to_owned()).chain(weights).collect(),
        PerceptronRule::Lab => weights.chain(["threshold".to_owned()]).collect(),
    }
}

/// Largest number of printed passes, besides the last.
const ROWS: usize = 20;

/// Returns the summary for the screen.
fn summary(trained: &Trained, rule: PerceptronRule) -> String {
    let Trained { n, right, .. } = trained;
    let mut header = vec!["pass".to_owned(), "updates".to_owned()];
    header.extend(weight_names(rule, &trained.features));
    let until = (trained.settled_in.or(trained.cycles_from)).unwrap_or(trained.passes.len());
    let rows = (trained.passes.iter())
        .filter(|pass| pass.pass <= until.min(ROWS) || pass.pass == until)
        .map(|pass| {
            let numbers = pass.weights.iter().map(|weight| screen::number(*weight));
            let start = [pass.pass.to_string(), pass.updates.to_string()];
            start.into_iter().chain(numbers).collect()
        });
    format!(
        "{}: {n} points, silent for {}, fires for {}\n{}\n{}; {right} of {n} points are classified correctly",
        trained.points,
        trained.classes[0],
        trained.classes[1],
        screen::table(header, rows),
        verdict(trained)
    )
}

/// Compares the updates with the perceptron convergence theorem.
fn verdict(trained: &Trained) -> String {
    let (updates, passes) = (trained.updates, trained.passes.len());
    match (trained.radius, trained.margin, trained.bound) {
        (Some(radius), Some(margin), Some(bound)) => {
            let bound = format!(
                "at most {bound:.0} by Novikoff's bound (R / gamma)^2 with R {radius:.4}, gamma {margin:.4}"
            );
            match trained.settled_in {
                Some(pass) => format!(
                    "separable: pass {pass} is the first one without an update; {updates} updates, {bound}"
                ),
                None => format!(
                    "separable, but not converged in {passes} passes: {updates} updates so far, {bound}; give more --epochs"
                ),
            }
        }
        _ => {
            let cycle = trained.cycles_from.map_or(String::new(), |pass| {
                format!("; every pass from {pass} on repeats the same updates")
            });
            format!(
                "not separable: no line separates the classes, and the weights never converge ({updates} updates in {passes} passes{cycle})"
            )
        }
    }
}

/// Plots points of two features with the line after each pass (thin) and the final one, or else each point's distance
/// from the hyperplane.
fn draw(table: &LabelledPoints, trained: &Trained, rule: PerceptronRule) -> Result<Plot> {
    let (classes, fires) = table.two_classes()?;
    let is_flat = table.features.len() == 2;
    let (_, normal) = rule.hyperplane(&trained.weights);
    let length = norm(normal).max(f64::MIN_POSITIVE);
    let places: Vec<(f64, f64)> = (table.points.iter().enumerate())
        .map(|(number, point)| match point[..] {
            [x, y] => (x, y),
            _ => (
                (number + 1) as f64,
                rule.sum(&trained.weights, point) / length,
            ),
        })
        .collect();
    let x = around(places.iter().map(|(x, _)| *x), 0.15);
    let y = around(places.iter().map(|(_, y)| *y), 0.15);
    let y = y.start..y.end + 0.3 * (y.end - y.start); // room for the legend
    let mut series = Vec::new();
    if is_flat {
        let line = |weights: &[f64]| match rule.hyperplane(weights) {
            (bias, [a, b]) => across_box([*a, *b, bias], [&x, &y]),
            _ => Vec::new(),
        };
        series.extend(
            (trained.passes.iter())
                .map(|pass| Series::line("", line(&pass.weights), 6).marked(Mark::Thin)),
        );
        series.push(Series::line("", line(&trained.weights), 6));
    } else {
        series.push(Series::line("", vec![(x.start, 0.0), (x.end, 0.0)], 6));
    }
    for (class, name) in classes.into_iter().enumerate() {
        let of_class =
            (places.iter().zip(&fires)).filter(|(_, fires)| usize::from(**fires) == class);
        let points = of_class.map(|(place, _)| *place).collect();
        let mark = [Mark::Rings, Mark::Dots][class];
        series.push(Series::line(name, points, class).marked(mark));
    }
    let title = match trained.bound {
        Some(_) => trained.points.clone(),
        None => format!("{} (not separable)", trained.points),
    };
    let axes = if is_flat {
        table.features.clone()
    } else {
        vec!["point".to_owned(), "distance from the plane".to_owned()]
    };
    let (x, y) = (Axis::new(&axes[0]).range(x), Axis::new(&axes[1]).range(y));
    Ok(Plot::new(title, x, y, series))
}

/// Returns the part of the line a x + b y + c = 0 inside the box.
fn across_box([a, b, c]: [f64; 3], [x, y]: [&std::ops::Range<f64>; 2]) -> Vec<(f64, f64)> {
    let mut ends: Vec<(f64, f64)> = Vec::new();
    if b != 0.0 {
        ends.extend([x.start, x.end].map(|x| (x, -(a * x + c) / b)));
    }
    if a != 0.0 {
        ends.extend([y.start, y.end].map(|y| (-(b * y + c) / a, y)));
    }
    let inside = |range: &std::ops::Range<f64>, value| (range.start..=range.end).contains(&value);
    ends.retain(|(at, up)| inside(x, *at) && inside(y, *up));
    ends.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1)));
    match ends[..] {
        [first, .., last] => vec![first, last],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_clipped_to_the_box() {
        let square = [&(0.0..1.0), &(0.0..1.0)];
        assert_eq!(
            across_box([1.0, 1.0, -1.0], square),
            [(0.0, 1.0), (1.0, 0.0)]
        );
        assert_eq!(
            across_box([1.0, 0.0, -0.5], square),
            [(0.5, 0.0), (0.5, 1.0)]
        );
        assert_eq!(across_box([0.0, 0.0, 1.0], square), []);
        assert_eq!(across_box([1.0, 1.0, -5.0], square), []);
    }
}
