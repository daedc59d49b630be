//! A perceptron's lesson: passes over labelled points until it errs no more, if it ever does.

use anyhow::Result;
use neurons::learning::{LabPerceptron, Perceptron, Separation, norm, separation};
use serde::Serialize;

use crate::experiments::{Finished, StudyJob};
use crate::points::Points;
use crate::report::figure;
use crate::report::plot::{self, Mark, Plot, Series, around};
use crate::report::screen;

/// The options that mean something to a perceptron.
pub const TAKES: &[&str] = &["csv", "epochs", "learning-rate"];

/// Which of the chapter's two perceptrons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The class of figure 10.2: a bias first.
    Chapter,
    /// Lab 2's: a constant -1 last.
    Lab,
}

/// What a perceptron learned, and what the theory says of it.
#[derive(Clone, Debug, Serialize)]
pub struct Lesson {
    /// The points' name.
    pub points: String,
    /// How many there are.
    pub n: usize,
    /// The features' names.
    pub features: Vec<String>,
    /// The label it stays silent for, and the one it fires for.
    pub classes: [String; 2],
    /// The learning rate.
    pub learning_rate: f64,
    /// The weights in the end: the chapter's bias first, the lab's threshold last.
    pub weights: Vec<f64>,
    /// Points on the right side in the end.
    pub right: usize,
    /// Changes of the weights in all passes.
    pub updates: usize,
    /// The first pass that changed nothing.
    pub settled_in: Option<usize>,
    /// The first pass after which the weights are those before it, although it changed them: all later
    /// passes go the same round.
    pub cycles_from: Option<usize>,
    /// Whether a plane separates the classes.
    pub separable: bool,
    /// The length of the longest homogeneous point, R.
    pub radius: Option<f64>,
    /// The largest distance that a plane keeps from every point, gamma.
    pub margin: Option<f64>,
    /// Novikoff's bound on the updates, (R / gamma)^2.
    pub bound: Option<f64>,
    /// Every pass.
    pub passes: Vec<Pass>,
}

/// One pass over the points.
#[derive(Clone, Debug, Serialize)]
pub struct Pass {
    /// Counted from 1.
    pub pass: usize,
    /// Changes of the weights in it.
    pub updates: usize,
    /// The weights after it.
    pub weights: Vec<f64>,
}

impl Rule {
    /// Passes and learning rate of the chapter.
    fn defaults(self) -> (usize, f64) {
        match self {
            Self::Chapter => (Perceptron::PASSES, Perceptron::RATE),
            Self::Lab => (LabPerceptron::PASSES, LabPerceptron::RATE),
        }
    }

    /// With the constant coordinate that stands for the bias.
    fn homogeneous(self, point: &[f64]) -> Vec<f64> {
        match self {
            Self::Chapter => [&[1.0], point].concat(),
            Self::Lab => [point, &[-1.0]].concat(),
        }
    }

    /// A pass over the points, again and again.
    fn neuron<'a>(
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

    /// Bias and weights of the plane 0 = bias + w . x.
    fn plane(self, weights: &[f64]) -> (f64, &[f64]) {
        match (self, weights) {
            (Self::Chapter, [bias, weights @ ..]) => (*bias, weights),
            (Self::Lab, [weights @ .., threshold]) => (-threshold, weights),
            (_, []) => (0.0, &[]),
        }
    }

    fn height(self, weights: &[f64], point: &[f64]) -> f64 {
        let (bias, weights) = self.plane(weights);
        neurons::learning::dot(point, weights) + bias
    }

    /// What the weights are called, in their order.
    fn names(self, features: &[String]) -> Vec<String> {
        let weights = features.iter().map(|feature| format!("w({feature})"));
        match self {
            Self::Chapter => std::iter::once("bias".to_owned()).chain(weights).collect(),
            Self::Lab => weights.chain(["threshold".to_owned()]).collect(),
        }
    }
}

/// Teaches a perceptron each set of points: the user's, or those of the experiment.
///
/// # Errors
/// When the user's table cannot be used or the disk refuses.
pub fn teach(job: &StudyJob<'_>, rule: Rule, points: fn(u64) -> Vec<Points>) -> Result<Finished> {
    let arguments = job.arguments;
    let tables = match &arguments.csv {
        Some(path) => vec![Points::read(path)?],
        None => points(arguments.seed),
    };
    let (passes, rate) = rule.defaults();
    let passes = arguments
        .recipe
        .epochs
        .map_or(passes, |epochs| epochs as usize);
    let rate = arguments.recipe.learning_rate.unwrap_or(rate);
    let lessons = (tables.iter())
        .map(|table| learn(table, rule, rate, passes))
        .collect::<Result<Vec<_>>>()?;
    let plots = (tables.iter().zip(&lessons))
        .map(|(table, lesson)| draw(table, lesson, rule))
        .collect::<Result<Vec<_>>>()?;
    figure::write(&job.folder, "lessons", &plot::draw(&plots, 2)?)?;
    let words: Vec<_> = lessons.iter().map(|lesson| words(lesson, rule)).collect();
    job.finish(&words.join("\n\n"), &Lessons { lessons })
}

/// What `result.json` holds.
#[derive(Serialize)]
struct Lessons {
    lessons: Vec<Lesson>,
}

fn learn(table: &Points, rule: Rule, rate: f64, passes: usize) -> Result<Lesson> {
    let (classes, fires) = table.two_classes()?;
    let mut neuron = rule.neuron(&table.points, &fires, rate);
    let passes: Vec<Pass> = (1..=passes)
        .map(|pass| {
            let (updates, weights) = neuron();
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
    Ok(Lesson {
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

/// Rows of the table of passes that are printed at most.
const ROWS: usize = 20;

fn words(lesson: &Lesson, rule: Rule) -> String {
    let Lesson { n, right, .. } = lesson;
    let mut header = vec!["pass".to_owned(), "updates".to_owned()];
    header.extend(rule.names(&lesson.features));
    let until = (lesson.settled_in.or(lesson.cycles_from)).unwrap_or(lesson.passes.len());
    let rows = (lesson.passes.iter())
        .filter(|pass| pass.pass <= until.min(ROWS) || pass.pass == until)
        .map(|pass| {
            let numbers = pass.weights.iter().map(|weight| screen::number(*weight));
            let start = [pass.pass.to_string(), pass.updates.to_string()];
            start.into_iter().chain(numbers).collect()
        });
    format!(
        "{}: {n} points, silent for {}, fires for {}\n{}\n{}; {right} of {n} points are on the right side",
        lesson.points,
        lesson.classes[0],
        lesson.classes[1],
        screen::table(header, rows),
        verdict(lesson)
    )
}

/// What the perceptron convergence theorem says, and what happened.
fn verdict(lesson: &Lesson) -> String {
    let (updates, passes) = (lesson.updates, lesson.passes.len());
    match (lesson.radius, lesson.margin, lesson.bound) {
        (Some(radius), Some(margin), Some(bound)) => {
            let bound = format!(
                "at most {bound:.0} by Novikoff's bound (R / gamma)^2 with R {radius:.4}, gamma {margin:.4}"
            );
            match lesson.settled_in {
                Some(pass) => format!(
                    "separable: pass {pass} changed nothing any more; {updates} updates, {bound}"
                ),
                None => format!(
                    "separable, but not settled in {passes} passes: {updates} updates so far, {bound}; give more --epochs"
                ),
            }
        }
        _ => {
            let round = lesson.cycles_from.map_or(String::new(), |pass| {
                format!("; from pass {pass} on they go round in a circle")
            });
            format!(
                "not separable: no line divides the classes, and the weights never settle ({updates} updates in {passes} passes{round})"
            )
        }
    }
}

/// Two features: the points, the line after every pass (thin) and in the end. Else: how far each point
/// lies from the plane.
fn draw(table: &Points, lesson: &Lesson, rule: Rule) -> Result<Plot> {
    let (classes, fires) = table.two_classes()?;
    let is_flat = table.features.len() == 2;
    let (_, normal) = rule.plane(&lesson.weights);
    let length = norm(normal).max(f64::MIN_POSITIVE);
    let places: Vec<(f64, f64)> = (table.points.iter().enumerate())
        .map(|(number, point)| match point[..] {
            [x, y] => (x, y),
            _ => (
                (number + 1) as f64,
                rule.height(&lesson.weights, point) / length,
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
            (lesson.passes.iter())
                .map(|pass| Series::line("", line(&pass.weights), 6).marked(Mark::Thin)),
        );
        series.push(Series::line("", line(&lesson.weights), 6));
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
    let title = match lesson.bound {
        Some(_) => lesson.points.clone(),
        None => format!("{} (not separable)", lesson.points),
    };
    let axes = if is_flat {
        table.features.clone()
    } else {
        vec!["point".to_owned(), "distance from the plane".to_owned()]
    };
    Ok(Plot {
        title,
        across: axes[0].clone(),
        up: axes[1].clone(),
        series,
        ranges: [Some(x), Some(y)],
        ..Plot::default()
    })
}

/// The part of the line a x + b y + c = 0 that lies in the box.
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
    fn a_line_is_cut_at_the_box() {
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
