//! Spike rasters: which unit of which layer fired at which step, and the evidence for each class so far.

use plotters::chart::SeriesLabelPosition;
use plotters::element::{Circle, PathElement, Rectangle};
use plotters::series::LineSeries;
use plotters::style::Color;
use plotters::style::text_anchor::{HPos, VPos};

use crate::canvas::{Area, DrawResult, svg};
use crate::chart::chart;
use crate::error::FigureError;
use crate::style::{COLOURS, INK, LABEL_SIZE, LINE, MUTED, TITLE_SIZE, text_style};

/// Width of the figure, in pixels.
const WIDTH: u32 = 1100;

/// Height of the title, in pixels.
const TITLE_HEIGHT: u32 = 40;

/// Height of one layer, in pixels.
const LAYER_HEIGHT: u32 = 190;

/// Height of the evidence, in pixels.
const EVIDENCE_HEIGHT: u32 = 260;

/// Maximum number of units drawn per layer, each in a row of its own that is at least one pixel high. Of a larger layer
/// as many evenly spaced units are drawn, and its label says so.
const MAX_ROWS: usize = 150;

/// Number of classes with the most evidence that are named and coloured.
const NAMED_CLASSES: usize = 3;

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
        let style = text_style(TITLE_SIZE, INK, HPos::Left, VPos::Center);
        area.draw_text(title, &style, (16, TITLE_HEIGHT as i32 / 2))?;
        let (_, mut below) = area.split_vertically(TITLE_HEIGHT);
        for layer in layers {
            let (panel, rest) = below.split_vertically(LAYER_HEIGHT);
            draw_spikes(&panel, layer, steps)?;
            below = rest;
        }
        draw_evidence(&below, evidence)
    })
}

fn draw_spikes(area: &Area<'_>, layer: &Raster, steps: usize) -> DrawResult {
    let rows = layer.rows() as f64;
    let mut chart = chart(
        area,
        &layer.label(),
        [("", 0.0..steps as f64), ("", 0.0..rows)],
        [&|x| format!("{x:.0}"), &|_| String::new()],
    )?;
    let width = if steps > SPACED_STEPS { 1.0 } else { 0.7 };
    chart.draw_series(layer.spikes.iter().filter_map(|&(step, unit)| {
        let row = layer.row(unit)? as f64;
        let (left, bottom) = (step as f64 + (1.0 - width) / 2.0, rows - 1.0 - row);
        let corners = [(left, bottom + 0.1), (left + width, bottom + 0.9)];
        Some(Rectangle::new(corners, LINE.filled()))
    }))?;
    Ok(())
}

/// Draws a line for each class; those with the most evidence after the last step are named.
fn draw_evidence(area: &Area<'_>, evidence: &Evidence) -> DrawResult {
    let steps = evidence.values.len();
    let values = evidence.values.iter().flatten().copied();
    let (low, high) = values.fold((0.0f64, 1e-6f64), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    let margin = 0.05 * (high - low);
    let mut chart = chart(
        area,
        &evidence.name,
        [
            ("step", 0.0..steps as f64),
            ("", low - margin..high + margin),
        ],
        [&|x| format!("{x:.0}"), &|y| format!("{y:.1}")],
    )?;
    let last = evidence.values.last().map_or(&[][..], |last| &last[..]);
    let mut order: Vec<usize> = (0..last.len()).collect();
    order.sort_by(|a, b| last[*b].total_cmp(&last[*a]));
    for (rank, class) in order.into_iter().enumerate().rev() {
        let points = (evidence.values.iter().enumerate())
            .map(|(step, values)| (step as f64 + 1.0, values[class]));
        let is_named = rank < NAMED_CLASSES;
        let colour = if is_named { COLOURS[rank] } else { MUTED };
        let stroke = colour.stroke_width(if rank == 0 { 3 } else { 1 });
        let series = chart.draw_series(LineSeries::new(points.clone(), stroke))?;
        if is_named {
            series
                .label(evidence.classes.get(class).map_or("", |name| name))
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], stroke));
        }
        // A line through a single point is invisible.
        if steps == 1 {
            chart.draw_series(points.map(|point| Circle::new(point, 3, colour.filled())))?;
        }
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .label_font(text_style(LABEL_SIZE, INK, HPos::Left, VPos::Top))
        .draw()?;
    Ok(())
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
