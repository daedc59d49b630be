//! The study of a perceptron: passes over labelled points, and whether they converge.

use anyhow::Result;
use figures::{Axis, Mark, Plot, Series, around, plot};
use neurons::learning::{LabPerceptron, Perceptron, Separation, separation};
use neurons::vector::{dot, norm};
use serde::Serialize;

use crate::report::figure;
use crate::report::finished::Finished;
use crate::report::screen;
use crate::tasks::job::StudyJob;
use crate::tasks::studies::toy_data::LabelledPoints;

/// A perceptron of the chapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The class of figure 10.2, with a bias as the first weight.
    Chapter,
    /// The perceptron of Lab 2, with a constant last coordinate of -1.
    Lab,
}

/// The result of a perceptron on one set of points, with the convergence theorem's bound.
#[derive(Clone, Debug, Serialize)]
pub struct PerceptronResult {
    /// Name of the points.
    pub points: String,
    /// Number of points.
    pub n: usize,
    /// Names of the features.
    pub features: Vec<String>,
    /// Labels for which the perceptron should stay silent, and fire.
    pub classes: [String; 2],
    /// Learning rate.
    pub learning_rate: f64,
    /// Final weights, with the chapter's bias first or the lab's threshold last.
    pub weights: Vec<f64>,
    /// Number of points that are classified correctly in the end.
    pub right: usize,
    /// Number of updates in all passes.
    pub updates: usize,
    /// First pass without an update.
    pub settled_in: Option<usize>,
    /// First pass with updates that ends with the weights it began with: all later passes repeat it.
    pub cycles_from: Option<usize>,
    /// Whether a hyperplane separates the classes.
    pub separable: bool,
    /// R: length of the longest point in homogeneous form.
    pub radius: Option<f64>,
    /// gamma: largest margin of a hyperplane.
    pub margin: Option<f64>,
    /// Novikoff's bound on the number of updates, (R / gamma)^2.
    pub bound: Option<f64>,
    /// All passes.
    pub passes: Vec<Pass>,
}

/// One pass over the points.
#[derive(Clone, Debug, Serialize)]
pub struct Pass {
    /// Number of the pass, from 1.
    pub pass: usize,
    /// Number of updates.
    pub updates: usize,
    /// Weights after the pass.
    pub weights: Vec<f64>,
}

impl Rule {
    /// Returns the chapter's number of passes and learning rate.
    fn defaults(self) -> (usize, f64) {
        match self {
            Self::Chapter => (Perceptron::PASSES, Perceptron::RATE),
            Self::Lab => (LabPerceptron::PASSES, LabPerceptron::RATE),
        }
    }

    /// Appends the constant coordinate that stands for the bias.
    fn homogeneous(self, point: &[f64]) -> Vec<f64> {
        match self {
            Self::Chapter => [&[1.0], point].concat(),
            Self::Lab => [point, &[-1.0]].concat(),
        }
    }

    /// Returns a function that makes one pass over the points and returns the number of updates and the weights.
    fn passes<'a>(
        self,
        points: &'a [Vec<f64>],
        fires: &'a [bool],
        rate: f64,
    ) -> Box<dyn FnMut() -> (usize, Vec<f64>) + 'a> {
        let size = points.first().map_or(0, Vec::len);
        match self {
            Self::Chapter => {
                let mut neuron = Perceptron::new(size, rate);
                Box::new(move || (neuron.pass(points, fires), neuron.weights.clone()))
            }
            Self::Lab => {
                let points: Vec<_> = points.iter().map(|point| self.homogeneous(point)).collect();
                let mut neuron = LabPerceptron::new(size + 1, rate);
                Box::new(move || (neuron.pass(&points, fires), neuron.weights.clone()))
            }
        }
    }

    /// Returns the bias and the weights of the hyperplane bias + w . x = 0.
    fn plane(self, weights: &[f64]) -> (f64, &[f64]) {
        match (self, weights) {
            (Self::Chapter, [bias, weights @ ..]) => (*bias, weights),
            (Self::Lab, [weights @ .., threshold]) => (-threshold, weights),
            (_, []) => (0.0, &[]),
        }
    }

    /// Returns bias + w . x.
    fn height(self, weights: &[f64], point: &[f64]) -> f64 {
        let (bias, weights) = self.plane(weights);
        dot(point, weights) + bias
    }

    /// Returns the names of the weights in order.
    fn names(self, features: &[String]) -> Vec<String> {
        let weights = features.iter().map(|feature| format!("w({feature})"));
        match self {
            Self::Chapter => std::iter::once("bias".to_owned()).chain(weights).collect(),
            Self::Lab => weights.chain(["threshold".to_owned()]).collect(),
        }
    }
}

/// Trains a perceptron on each set of points: the user's table, or those of the experiment.
///
/// # Errors
/// If the user's table cannot be used, or a file cannot be written.
pub fn study(
    job: &StudyJob<'_>,
    rule: Rule,
    points: fn(u64) -> Vec<LabelledPoints>,
) -> Result<Finished> {
    let options = job.options;
    let tables = match &options.data.csv {
        Some(path) => vec![LabelledPoints::read(path)?],
        None => points(options.seed),
    };
    let (passes, rate) = rule.defaults();
    let passes = options
        .recipe
        .epochs
        .map_or(passes, |epochs| epochs as usize);
    let rate = options.recipe.learning_rate.unwrap_or(rate);
    let results = (tables.iter())
        .map(|table| train(table, rule, rate, passes))
        .collect::<Result<Vec<_>>>()?;
    let plots = (tables.iter().zip(&results))
        .map(|(table, result)| draw(table, result, rule))
        .collect::<Result<Vec<_>>>()?;
    figure::write(&job.folder, "lessons", &plot::draw(&plots, 2)?)?;
    let texts: Vec<_> = results.iter().map(|result| summary(result, rule)).collect();
    job.finish(&texts.join("\n\n"), &Findings { lessons: results })
}

/// What `result.json` holds.
#[derive(Serialize)]
struct Findings {
    lessons: Vec<PerceptronResult>,
}

/// Trains a perceptron on one set of points.
fn train(table: &LabelledPoints, rule: Rule, rate: f64, passes: usize) -> Result<PerceptronResult> {
    let (classes, fires) = table.two_classes()?;
    let mut next_pass = rule.passes(&table.points, &fires, rate);
    let passes: Vec<Pass> = (1..=passes)
        .map(|pass| {
            let (updates, weights) = next_pass();
            Pass {
                pass,
                updates,
                weights,
            }
        })
        .collect();
    let weights = passes
        .last()
        .map_or_else(Vec::new, |pass| pass.weights.clone());
    let right = (table.points.iter().zip(&fires))
        .filter(|(point, fires)| (rule.height(&weights, point) > 0.0) == **fires)
        .count();
    let homogeneous: Vec<_> = (table.points.iter().map(|point| rule.homogeneous(point))).collect();
    let separation = separation(&homogeneous, &fires);
    let (radius, margin) = match separation {
        Separation::Separable { radius, margin } => (Some(radius), Some(margin)),
        Separation::Inseparable => (None, None),
    };
    Ok(PerceptronResult {
        points: table.name.clone(),
        n: table.points.len(),
        features: table.features.clone(),
        classes,
        learning_rate: rate,
        weights,
        right,
        updates: passes.iter().map(|pass| pass.updates).sum(),
        settled_in: passes
            .iter()
            .find(|pass| pass.updates == 0)
            .map(|pass| pass.pass),
        cycles_from: (passes.windows(2))
            .find(|pair| pair[1].updates > 0 && pair[0].weights == pair[1].weights)
            .map(|pair| pair[1].pass),
        separable: separation.bound().is_some(),
        radius,
        margin,
        bound: separation.bound(),
        passes,
    })
}

/// Largest number of printed passes, besides the last.
const ROWS: usize = 20;

/// Returns the summary for the screen.
fn summary(result: &PerceptronResult, rule: Rule) -> String {
    let PerceptronResult { n, right, .. } = result;
    let mut header = vec!["pass".to_owned(), "updates".to_owned()];
    header.extend(rule.names(&result.features));
    let until = (result.settled_in.or(result.cycles_from)).unwrap_or(result.passes.len());
    let rows = (result.passes.iter())
        .filter(|pass| pass.pass <= until.min(ROWS) || pass.pass == until)
        .map(|pass| {
            let numbers = pass.weights.iter().map(|weight| screen::number(*weight));
            let start = [pass.pass.to_string(), pass.updates.to_string()];
            start.into_iter().chain(numbers).collect()
        });
    format!(
        "{}: {n} points, silent for {}, fires for {}\n{}\n{}; {right} of {n} points are on the right side",
        result.points,
        result.classes[0],
        result.classes[1],
        screen::table(header, rows),
        verdict(result)
    )
}

/// Compares the updates with the perceptron convergence theorem.
fn verdict(result: &PerceptronResult) -> String {
    let (updates, passes) = (result.updates, result.passes.len());
    match (result.radius, result.margin, result.bound) {
        (Some(radius), Some(margin), Some(bound)) => {
            let bound = format!(
                "at most {bound:.0} by Novikoff's bound (R / gamma)^2 with R {radius:.4}, gamma {margin:.4}"
            );
            match result.settled_in {
                Some(pass) => format!(
                    "separable: pass {pass} changed nothing any more; {updates} updates, {bound}"
                ),
                None => format!(
                    "separable, but not settled in {passes} passes: {updates} updates so far, {bound}; give more --epochs"
                ),
            }
        }
        _ => {
            let round = result.cycles_from.map_or(String::new(), |pass| {
                format!("; from pass {pass} on they go round in a circle")
            });
            format!(
                "not separable: no line divides the classes, and the weights never settle ({updates} updates in {passes} passes{round})"
            )
        }
    }
}

/// Plots points of two features with the line after each pass (thin) and the final one, or else each point's distance
/// from the hyperplane.
fn draw(table: &LabelledPoints, result: &PerceptronResult, rule: Rule) -> Result<Plot> {
    let (classes, fires) = table.two_classes()?;
    let is_flat = table.features.len() == 2;
    let (_, normal) = rule.plane(&result.weights);
    let length = norm(normal).max(f64::MIN_POSITIVE);
    let places: Vec<(f64, f64)> = (table.points.iter().enumerate())
        .map(|(number, point)| match point[..] {
            [x, y] => (x, y),
            _ => (
                (number + 1) as f64,
                rule.height(&result.weights, point) / length,
            ),
        })
        .collect();
    let x = around(places.iter().map(|(x, _)| *x), 0.15);
    let y = around(places.iter().map(|(_, y)| *y), 0.15);
    let y = y.start..y.end + 0.3 * (y.end - y.start); // room for the legend
    let mut series = Vec::new();
    if is_flat {
        let line = |weights: &[f64]| match rule.plane(weights) {
            (bias, [a, b]) => across_box([*a, *b, bias], [&x, &y]),
            _ => Vec::new(),
        };
        series.extend(
            (result.passes.iter())
                .map(|pass| Series::line("", line(&pass.weights), 6).marked(Mark::Thin)),
        );
        series.push(Series::line("", line(&result.weights), 6));
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
    let title = match result.bound {
        Some(_) => result.points.clone(),
        None => format!("{} (not separable)", result.points),
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
