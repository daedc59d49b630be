//! Rasters: which unit fired when, layer by layer, and what a network would have answered so far.

use anyhow::Result;
use plotters::element::{Circle, PathElement, Rectangle};
use plotters::series::LineSeries;
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBColor};

use super::{Area, COLOURS, Drawn, FAINT, INK, LABEL, TITLE, chart, letters, svg};

/// The spikes of one layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Raster {
    /// The layer's name.
    pub name: String,
    /// How many units it has.
    pub units: usize,
    /// The step and the unit of each spike, from 0.
    pub spikes: Vec<(usize, usize)>,
}

/// What the last layer would have answered after each step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// What it is: counts, or a membrane.
    pub name: String,
    /// The classes.
    pub classes: Vec<String>,
    /// `[steps][classes]`
    pub values: Vec<Vec<f64>>,
}

const WIDTH: u32 = 1100;
const HEAD: u32 = 40;
/// Pixels of one layer, and of the evidence below.
const LAYER: u32 = 190;
const BELOW: u32 = 260;

/// So many units get a row of their own; of more, as many are drawn, evenly spread, which the label says.
const MOST_ROWS: usize = 150;

const SPIKE: RGBColor = RGBColor(40, 60, 90);

impl Raster {
    /// The spikes `[steps][units]`, 0 or 1, of one example.
    pub fn new(name: &str, units: usize, spikes: &[f32]) -> Self {
        let fired = spikes.iter().enumerate().filter(|(_, spike)| **spike > 0.0);
        Self {
            name: name.to_owned(),
            units,
            spikes: fired
                .map(|(at, _)| (at / units.max(1), at % units.max(1)))
                .collect(),
        }
    }

    /// The units that are drawn.
    fn rows(&self) -> usize {
        self.units.clamp(1, MOST_ROWS)
    }

    /// The row in which a unit is drawn, if it is.
    fn row(&self, unit: usize) -> Option<usize> {
        let rows = self.rows();
        let row = unit * rows / self.units.max(1);
        // The first unit of those that would share the row.
        ((row * self.units).div_ceil(rows) == unit).then_some(row)
    }

    fn label(&self) -> String {
        if self.units > MOST_ROWS {
            format!("{} ({MOST_ROWS} of {} units)", self.name, self.units)
        } else {
            format!("{} ({} units)", self.name, self.units)
        }
    }
}

/// Every layer's raster from the input down, and what the classes have for them.
///
/// # Errors
/// When drawing fails.
pub fn draw(title: &str, layers: &[Raster], evidence: &Evidence) -> Result<String> {
    let steps = evidence.values.len();
    let height = HEAD + LAYER * layers.len() as u32 + BELOW;
    svg((WIDTH, height), |area| {
        let style = letters(TITLE, INK, HPos::Left, VPos::Center);
        area.draw_text(title, &style, (16, HEAD as i32 / 2))?;
        let (_, mut below) = area.split_vertically(HEAD);
        for layer in layers {
            let (panel, rest) = below.split_vertically(LAYER);
            ticks(&panel, layer, steps)?;
            below = rest;
        }
        told(&below, evidence)
    })
}

fn ticks(area: &Area<'_>, layer: &Raster, steps: usize) -> Drawn {
    let rows = layer.rows() as f64;
    let mut chart = chart(
        area,
        &layer.label(),
        [("", 0.0..steps as f64), ("", 0.0..rows)],
        [&|x| format!("{x:.0}"), &|_| String::new()],
    )?;
    // A few wide steps: a rectangle fills its place; many: a dot would hide its neighbours.
    let width = if steps > 60 { 1.0 } else { 0.7 };
    chart.draw_series(layer.spikes.iter().filter_map(|&(step, unit)| {
        let row = layer.row(unit)? as f64;
        let (left, low) = (step as f64 + (1.0 - width) / 2.0, rows - 1.0 - row);
        let corners = [(left, low + 0.1), (left + width, low + 0.9)];
        Some(Rectangle::new(corners, SPIKE.filled()))
    }))?;
    Ok(())
}

/// Lines of the classes, the highest of the end named.
fn told(area: &Area<'_>, evidence: &Evidence) -> Drawn {
    let steps = evidence.values.len();
    let all = evidence.values.iter().flatten().copied();
    let (low, high) = all.fold((0.0f64, 1e-6f64), |(low, high), value| {
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
    for (place, class) in order.into_iter().enumerate().rev() {
        let points = (evidence.values.iter().enumerate())
            .map(|(step, values)| (step as f64 + 1.0, values[class]));
        let colour = if place < 3 { COLOURS[place] } else { FAINT };
        let stroke = colour.stroke_width(if place == 0 { 3 } else { 1 });
        let drawn = chart.draw_series(LineSeries::new(points.clone(), stroke))?;
        if place < 3 {
            drawn
                .label(evidence.classes.get(class).map_or("", |name| name))
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], stroke));
        }
        if steps == 1 {
            chart.draw_series(points.map(|point| Circle::new(point, 3, colour.filled())))?;
        }
    }
    chart
        .configure_series_labels()
        .position(plotters::chart::SeriesLabelPosition::UpperLeft)
        .label_font(letters(LABEL, INK, HPos::Left, VPos::Top))
        .draw()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spike_of_a_drawn_unit_is_there() {
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
        let silent = Raster {
            spikes: vec![],
            units: 3,
            name: "hidden 1".into(),
        };
        let without = draw("a digit", &[silent, empty], &evidence).unwrap();
        let count = |svg: &str| svg.matches("<rect").count();
        assert_eq!(count(&with) - count(&without), 3);
        assert!(with.contains("hidden 1 (3 units)") && with.contains("seven &amp; co"));
    }

    #[test]
    fn of_many_units_some_are_drawn_and_the_label_says_so() {
        let layer = Raster::new("hidden 1", 1000, &[1.0; 1000]);
        let rows: Vec<_> = (0..1000).filter_map(|unit| layer.row(unit)).collect();
        assert_eq!(rows, (0..150).collect::<Vec<_>>());
        assert_eq!(layer.label(), "hidden 1 (150 of 1000 units)");
        assert!(draw("", &[Raster::default()], &Evidence::default()).is_ok());
    }
}
