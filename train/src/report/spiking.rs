//! Figures of a spiking network: `raster` and `membranes` of one test example, `steps` of the test part.

use anyhow::Result;
use figures::raster::{self, Evidence, Raster};
use figures::{Axis, Mark, Plot, Series, plot};
use metrics::spikes::SpikeMetrics;
use models::Activity;

use super::figure;
use crate::run_folder::RunFolder;

/// Number of units per layer whose membrane is drawn.
const TRACES: usize = 4;

/// One test example whose activity is drawn.
pub struct Shown<'a> {
    /// Activity of the network's units.
    pub activity: &'a Activity,
    /// Names of the classes.
    pub class_names: &'a [String],
    /// Name of the true class.
    pub label: &'a str,
}

/// Writes the figures.
///
/// # Errors
/// When a figure cannot be drawn or written.
pub fn write(folder: &RunFolder, metrics: &SpikeMetrics, shown: &Shown<'_>) -> Result<()> {
    let title = format!("The first test example ({}), layer by layer", shown.label);
    let example = shown.activity.example(0);
    let layers: Vec<_> = (example.layers.iter())
        .map(|layer| Raster::new(&layer.name, layer.units, &layer.spikes))
        .collect();
    let evidence = Evidence {
        name: shown.activity.logits_name().to_owned(),
        classes: shown.class_names.to_vec(),
        values: example.logits,
    };
    figure::write(folder, "raster", &raster::draw(&title, &layers, &evidence)?)?;
    let membranes = membranes(shown.activity);
    figure::write(folder, "membranes", &plot::draw(&membranes, 2)?)?;
    figure::write(
        folder,
        "steps",
        &plot::draw(&[accuracy_by_steps(metrics)], 1)?,
    )
}

/// Plots the membranes of some units of each layer.
fn membranes(activity: &Activity) -> Vec<Plot> {
    let [steps, ..] = activity.logits.dims();
    let driven = activity
        .layers
        .iter()
        .filter_map(|layer| Some((layer, layer.drive.as_ref()?)));
    driven
        .map(|(layer, drive)| {
            let membranes = drive.membranes(steps);
            let [_, _, units] = membranes.dims();
            let membranes: Vec<f32> = membranes.into_data().iter::<f32>().collect();
            let of_unit = |unit: usize| membranes.iter().skip(unit).step_by(units).copied();
            let trace = |(colour, unit): (usize, usize)| {
                let points = of_unit(unit).enumerate();
                let points = points.map(|(step, membrane)| (step as f64 + 1.0, membrane.into()));
                Series::line(format!("unit {unit}"), points.collect(), colour)
            };
            let threshold = drive.firing.map(|firing| firing.threshold);
            let shown = shown_units(units, |unit| match threshold {
                Some(threshold) => of_unit(unit).filter(|value| *value > threshold).count() as f32,
                None => of_unit(unit).last().unwrap_or(0.0),
            });
            let mut series: Vec<_> = shown.into_iter().enumerate().map(trace).collect();
            if let Some(level) = threshold.map(f64::from) {
                let line = vec![(1.0, level), (steps as f64, level)];
                series.push(Series::line("threshold", line, 6).marked(Mark::Dashes));
            }
            Plot::new(
                format!("{}, the most active units first", layer.name),
                Axis::new("step").integers(),
                Axis::new("membrane"),
                series,
            )
        })
        .collect()
}

/// Returns [`TRACES`] of the units whose strength is above 0, evenly spread from the strongest down.
fn shown_units(units: usize, strength: impl Fn(usize) -> f32) -> Vec<usize> {
    let mut order: Vec<(usize, f32)> = (0..units).map(|unit| (unit, strength(unit))).collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    let some = order.iter().filter(|(_, strength)| *strength > 0.0).count();
    let count = some.max(1).min(order.len());
    let places = (0..TRACES.min(count)).map(|place| place * count / TRACES.min(count));
    places.map(|place| order[place].0).collect()
}

/// Plots the accuracy if the evidence is read out after each step.
fn accuracy_by_steps(metrics: &SpikeMetrics) -> Plot {
    let points = (metrics.accuracy_by_step.iter().enumerate())
        .map(|(step, accuracy)| (step as f64 + 1.0, *accuracy));
    Plot::new(
        "Accuracy if stopped after fewer steps",
        Axis::new("steps").integers(),
        Axis::new("test accuracy"),
        vec![Series::line("", points.collect(), 0)],
    )
}
