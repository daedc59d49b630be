//! Spike rasters: which unit of which layer fired at which step, and the evidence for each class so far.

use plotters::element::Rectangle;
use plotters::style::Color;

use crate::axis::Axis;
use crate::canvas::{Area, DrawResult, TITLE_HEIGHT, svg, titled};
use crate::chart::chart;
use crate::error::FigureError;
use crate::plot::{Plot, draw_plot};
use crate::series::{Mark, Series};
use crate::style::LINE;

/// Width of the figure, in pixels.
const WIDTH: u32 = 1100;

/// Height of one layer, in pixels.
const LAYER_HEIGHT: u32 = 190;

/// Height of the evidence, in pixels.
const EVIDENCE_HEIGHT: u32 = 260;

/// Maximum number of units drawn per layer, each in a row of its own that is at least one pixel high. Of a larger layer
/// as many evenly spaced units are drawn, and its label says so.
const MAX_ROWS: usize = 150;

/// Number of classes with the most evidence that are named and coloured.
const NAMED_CLASSES: usize = 3;

/// Colour of the lines of the other classes, a grey.
const OTHER_COLOUR: usize = 6;

/// Number of steps up to which spikes are drawn with a gap between them.
const SPACED_STEPS: usize = 60;

/// The spikes of one layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Raster {
    /// Name of the layer.
    pub name: String,
    /// Number of units.
    pub units: usize,
    /// Step and unit of each spike, both from 0.
    pub spikes: Vec<(usize, usize)>,
}

/// The evidence for each class after each step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Name of the quantity: spike counts, or a membrane potential.
    pub name: String,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Evidence, `[steps][classes]`.
    pub values: Vec<Vec<f64>>,
}

impl Raster {
    /// Creates the raster of one example from `spikes`, `[steps, units]` row by row, where values above 0 are spikes.
    pub fn new(name: &str, units: usize, spikes: &[f32]) -> Self {
        let fired = spikes.iter().enumerate().filter(|(_, spike)| **spike > 0.0);
        Self {
            name: name.to_owned(),
            units,
            spikes: fired
                .map(|(index, _)| (index / units.max(1), index % units.max(1)))
                .collect(),
        }
    }

    /// Returns the number of rows that are drawn.
    fn rows(&self) -> usize {
        self.units.clamp(1, MAX_ROWS)
    }

    /// Returns the row in which a unit is drawn, if it is: the first of the units that would share the row.
    fn row(&self, unit: usize) -> Option<usize> {
        let rows = self.rows();
        let row = unit * rows / self.units.max(1);
        ((row * self.units).div_ceil(rows) == unit).then_some(row)
    }

    fn label(&self) -> String {
        if self.units > MAX_ROWS {
            format!("{} ({MAX_ROWS} of {} units)", self.name, self.units)
        } else {
            format!("{} ({} units)", self.name, self.units)
        }
    }
}

/// Draws the raster of each layer from the top down and the evidence below, and returns the SVG.
///
/// # Errors
/// When drawing fails.
///
/// # Examples
/// ```
/// use figures::raster::{Evidence, Raster, draw};
///
/// let hidden = Raster::new("hidden", 2, &[0.0, 1.0, 1.0, 0.0]);
/// let evidence = Evidence {
///     name: "spike counts".to_owned(),
///     classes: vec!["zero".to_owned(), "one".to_owned()],
///     values: vec![vec![0.0, 1.0], vec![1.0, 1.0]],
/// };
/// let svg = draw("a digit", &[hidden], &evidence)?;
/// assert!(svg.contains("hidden (2 units)"));
/// # Ok::<(), figures::FigureError>(())
/// ```
pub fn draw(title: &str, layers: &[Raster], evidence: &Evidence) -> Result<String, FigureError> {
    let steps = evidence.values.len();
    let height = TITLE_HEIGHT + LAYER_HEIGHT * layers.len() as u32 + EVIDENCE_HEIGHT;
    svg((WIDTH, height), |area| {
        let mut below = titled(area, title)?;
        for layer in layers {
            let (panel, rest) = below.split_vertically(LAYER_HEIGHT);
            draw_spikes(&panel, layer, steps)?;
            below = rest;
        }
        draw_plot(&below, &evidence.plot())
    })
}

fn draw_spikes(area: &Area<'_>, layer: &Raster, steps: usize) -> DrawResult {
    let rows = layer.rows() as f64;
    let (x, y) = (Axis::new("").integers(), Axis::new("").hidden());
    let axes = [(&x, 0.0..steps as f64), (&y, 0.0..rows)];
    let mut chart = chart(area, &layer.label(), axes)?;
    let width = if steps > SPACED_STEPS { 1.0 } else { 0.7 };
    chart.draw_series(layer.spikes.iter().filter_map(|&(step, unit)| {
        let row = layer.row(unit)? as f64;
        let (left, bottom) = (step as f64 + (1.0 - width) / 2.0, rows - 1.0 - row);
        let corners = [(left, bottom + 0.1), (left + width, bottom + 0.9)];
        Some(Rectangle::new(corners, LINE.filled()))
    }))?;
    Ok(())
}

impl Evidence {
    /// Plots a line for each class; those with the most evidence after the last step are named, and drawn last.
    fn plot(&self) -> Plot {
        let last = self.values.last().map_or(&[][..], |last| &last[..]);
        let mut order: Vec<usize> = (0..last.len()).collect();
        order.sort_by(|a, b| last[*b].total_cmp(&last[*a]));
        let line = |(rank, class): (usize, usize)| {
            let points = (self.values.iter().enumerate())
                .map(|(step, values)| (step as f64 + 1.0, values[class]));
            let name = self.classes.get(class).map_or("", |name| name);
            if rank < NAMED_CLASSES {
                Series::line(name, points.collect(), rank)
            } else {
                Series::line("", points.collect(), OTHER_COLOUR).marked(Mark::Thin)
            }
        };
        Plot {
            title: self.name.clone(),
            x: Axis::new("step")
                .range(0.0..self.values.len() as f64)
                .integers(),
            y: Axis::new(""),
            series: order.into_iter().enumerate().rev().map(line).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spike_is_a_rectangle() {
        let spikes = [0.0, 1.0, 0.0, 1.0, 1.0, 0.0];
        let layer = Raster::new("hidden 1", 3, &spikes);
        assert_eq!(layer.spikes, [(0, 1), (1, 0), (1, 1)]);
        let evidence = Evidence {
            name: "counts".into(),
            classes: vec!["seven & co".into(), "one".into()],
            values: vec![vec![0.0, 1.0], vec![2.0, 1.0]],
        };
        let empty = Raster::new("output", 2, &[0.0; 4]);
        let with = draw("a digit", &[layer, empty.clone()], &evidence).unwrap();
        let without_spikes = Raster {
            spikes: vec![],
            units: 3,
            name: "hidden 1".into(),
        };
        let without = draw("a digit", &[without_spikes, empty], &evidence).unwrap();
        let count = |svg: &str| svg.matches("<rect").count();
        assert_eq!(count(&with) - count(&without), 3);
        assert!(with.contains("hidden 1 (3 units)") && with.contains("seven &amp; co"));
    }

    #[test]
    fn a_large_layer_shows_evenly_spaced_units_and_says_so() {
        let layer = Raster::new("hidden 1", 1000, &[1.0; 1000]);
        let rows: Vec<_> = (0..1000).filter_map(|unit| layer.row(unit)).collect();
        assert_eq!(rows, (0..150).collect::<Vec<_>>());
        assert_eq!(layer.label(), "hidden 1 (150 of 1000 units)");
        assert!(draw("", &[Raster::default()], &Evidence::default()).is_ok());
    }
}
