//! Threshold units ([`neurons::learning::threshold`]): truth tables, and XOR by three units.

use anyhow::Result;
use figures::{Axis, Mark, Plot, Series, plot};
use neurons::learning::threshold::inputs;
use neurons::learning::{Circuit, ThresholdUnit};
use serde::Serialize;

use crate::report::figure;
use crate::report::finished::Finished;
use crate::report::screen;
use crate::tasks::job::StudyJob;

/// Number of Boolean functions of two inputs.
const FUNCTIONS: usize = 16;

/// The contents of `result.json`.
#[derive(Serialize)]
struct Findings {
    units: Vec<Unit>,
    xor: Xor,
    functions_of_two_inputs: usize,
    computed_by_one_unit: usize,
}

#[derive(Serialize)]
struct Unit {
    name: &'static str,
    weights: Vec<f64>,
    threshold: f64,
    truth_table: Vec<(Vec<bool>, bool)>,
}

#[derive(Serialize)]
struct Xor {
    single_unit: Option<Vec<f64>>,
    units: usize,
    truth_table: Vec<(Vec<bool>, bool)>,
}

/// Evaluates units with given weights; nothing is learned.
///
/// # Errors
/// If a file cannot be written.
pub fn run(job: &StudyJob<'_>) -> Result<Finished> {
    let units = [
        ("AND", ThresholdUnit::and(2)),
        ("OR", ThresholdUnit::or(2)),
        ("NAND", ThresholdUnit::nand(2)),
        ("NOT", ThresholdUnit::not()),
        ("majority", ThresholdUnit::majority(3)),
    ];
    let xor = Circuit::xor();
    let functions = (0..FUNCTIONS).map(|number| [8, 4, 2, 1].map(|bit| number & bit != 0));
    let computed = functions.filter(|table| ThresholdUnit::search(*table).is_some());
    let findings = Findings {
        xor: Xor {
            single_unit: ThresholdUnit::search([false, true, true, false]).map(|unit| unit.weights),
            units: xor.units().count(),
            truth_table: truth_table(2, |row| xor.fires(row)),
        },
        functions_of_two_inputs: FUNCTIONS,
        computed_by_one_unit: computed.count(),
        units: units.clone().map(Unit::new).into(),
    };
    figure::write(&job.folder, "units", &plot::draw(&plots(&units, &xor), 2)?)?;
    job.finish(&summary(&findings, &xor), &findings)
}

impl Unit {
    fn new((name, unit): (&'static str, ThresholdUnit)) -> Self {
        Self {
            name,
            truth_table: truth_table(unit.weights.len(), |row| unit.fires(row)),
            weights: unit.weights,
            threshold: unit.threshold,
        }
    }

    /// Returns the unit's inequality and its truth table for the screen.
    fn summary(&self) -> String {
        let terms = self.weights.iter().enumerate();
        let terms = terms.map(|(index, weight)| format!("{weight} x{}", index + 1));
        let inputs = (1..=self.weights.len()).map(|number| format!("x{number}"));
        let rows = self.truth_table.iter();
        let rows = rows.map(|(row, fires)| row.iter().chain([fires]).map(bit).collect());
        format!(
            "{}: fires iff {} >= {}\n{}",
            self.name,
            terms.collect::<Vec<_>>().join(" + "),
            self.threshold,
            screen::table(inputs.chain(["fires".to_owned()]), rows)
        )
    }
}

/// Returns the inputs and the output of each row of a truth table.
fn truth_table(count: usize, fires: impl Fn(&[bool]) -> bool) -> Vec<(Vec<bool>, bool)> {
    let row = |row: Vec<bool>| (row.clone(), fires(&row));
    inputs(count).map(row).collect()
}

/// Returns the summary for the screen.
fn summary(findings: &Findings, xor: &Circuit) -> String {
    let mut parts: Vec<String> = findings.units.iter().map(Unit::summary).collect();
    let header = ["x1", "x2", "OR", "NAND", "XOR"];
    let rows = inputs(2).map(|row| row.iter().chain(&xor.activity(&row)).map(bit).collect());
    parts.push(format!(
        "XOR: AND of OR and NAND, {} units\n{}",
        findings.xor.units,
        screen::table(header, rows)
    ));
    parts.push(format!(
        "One unit computes {} of the {} functions of two inputs. XOR is not one of them: it would need 0 < theta, w1 >= theta\n\
         and w2 >= theta, hence w1 + w2 >= 2 theta > theta; but for 1, 1 it would need w1 + w2 < theta.",
        findings.computed_by_one_unit, findings.functions_of_two_inputs
    ));
    parts.join("\n\n")
}

/// Formats a binary value.
fn bit(is_on: &bool) -> String {
    u8::from(*is_on).to_string()
}

/// Plots each unit of two inputs, and the circuit.
fn plots(units: &[(&'static str, ThresholdUnit)], xor: &Circuit) -> Vec<Plot> {
    let of_two = units.iter().filter(|(_, unit)| unit.weights.len() == 2);
    let mut plots: Vec<Plot> = of_two
        .map(|(name, unit)| square(name, &[unit], |row| unit.fires(row)))
        .collect();
    // The last unit of the circuit reads the other two, not the inputs.
    let lines: Vec<&ThresholdUnit> = xor.units().take(2).collect();
    plots.push(square("XOR: between OR and NAND", &lines, |row| {
        xor.fires(row)
    }));
    plots
}

/// Plots the corners of the unit square, and the line at which each of `lines` begins to fire.
fn square(name: &str, lines: &[&ThresholdUnit], fires: impl Fn(&[bool]) -> bool) -> Plot {
    // Half a step below the threshold: between the corners that fire and those that do not.
    let line = |(number, unit): (usize, &&ThresholdUnit)| {
        let height = unit.threshold - 0.5;
        let ends = [-0.4, 1.4].map(|x| (x, (height - unit.weights[0] * x) / unit.weights[1]));
        Series::line("", ends.to_vec(), 5 + number)
    };
    let mut series: Vec<Series> = lines.iter().enumerate().map(line).collect();
    for (class, (name, mark)) in [("silent", Mark::Rings), ("fires", Mark::Dots)]
        .into_iter()
        .enumerate()
    {
        let rows = inputs(2).filter(|row| usize::from(fires(row)) == class);
        let place = |row: Vec<bool>| (f64::from(u8::from(row[0])), f64::from(u8::from(row[1])));
        series.push(Series::line(name, rows.map(place).collect(), class).marked(mark));
    }
    let (x, y) = (Axis::new("x1"), Axis::new("x2"));
    Plot::new(name, x.range(-0.4..1.4), y.range(-0.4..1.7), series)
}
