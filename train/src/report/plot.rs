//! Plots of series on two axes.

use std::ops::Range;

use anyhow::Result;
use plotters::prelude::*;

use super::figure::{self, Area, COLOURS, DrawResult};

/// Mark that a series is drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A line.
    Line,
    /// A thin, pale line, for earlier states.
    Thin,
    /// A dashed line.
    Dashes,
    /// A dot at each point.
    Dots,
    /// A ring at each point.
    Rings,
    /// A small dot at each point, for large numbers of them.
    Specks,
}

/// Points that are drawn alike.
#[derive(Clone, Debug)]
pub struct Series {
    /// Name in the legend; not in it if empty.
    pub name: String,
    /// Points in the units of the axes.
    pub points: Vec<(f64, f64)>,
    /// Mark that the points are drawn with.
    pub mark: Mark,
    /// Index into [`COLOURS`], which repeat.
    pub colour: usize,
}

impl Series {
    /// Creates a line; `colour` is an index into [`COLOURS`].
    pub fn line(name: impl Into<String>, points: Vec<(f64, f64)>, colour: usize) -> Self {
        Self {
            name: name.into(),
            points,
            mark: Mark::Line,
            colour,
        }
    }

    /// Returns this series with another mark.
    pub fn marked(self, mark: Mark) -> Self {
        Self { mark, ..self }
    }
}

/// One pair of axes.
#[derive(Clone, Debug, Default)]
pub struct Plot {
    /// Text above the plot.
    pub title: String,
    /// Description of the horizontal axis.
    pub across: String,
    /// Description of the vertical axis.
    pub up: String,
    /// Series that are drawn; points that are not finite are left out.
    pub series: Vec<Series>,
    /// Whether the horizontal axis is logarithmic.
    pub logarithmic: bool,
    /// Whether the horizontal axis has labels at integers only, as for epochs.
    pub whole: bool,
    /// Ranges of the axes; `None` for the range of the data.
    pub ranges: [Option<Range<f64>>; 2],
}

/// Width and height of one plot, in pixels.
const SIZE: (u32, u32) = (520, 430);

/// Draws plots side by side, `columns` in a row.
///
/// # Errors
/// When drawing fails.
pub fn draw(plots: &[Plot], columns: usize) -> Result<String> {
    let columns = columns.clamp(1, plots.len().max(1));
    let rows = plots.len().div_ceil(columns).max(1);
    let size = (SIZE.0 * columns as u32, SIZE.1 * rows as u32);
    let svg = figure::svg(size, |area| {
        for (panel, plot) in area.split_evenly((rows, columns)).iter().zip(plots) {
            draw_one(panel, plot)?;
        }
        Ok(())
    })?;
    Ok(svg)
}

/// Returns the range of the values, widened on both sides by `margin` times its width.
///
/// Values that are not finite are left out. Around a single value the range has at least half its size on both sides;
/// without a value it is 0 to 1.
pub fn around(values: impl IntoIterator<Item = f64>, margin: f64) -> Range<f64> {
    let (low, high) = (values.into_iter().filter(|value| value.is_finite()))
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
    match high - low {
        width if width > 0.0 => low - margin * width..high + margin * width,
        _ if low.is_finite() => low - low.abs().max(1.0) / 2.0..high + high.abs().max(1.0) / 2.0,
        _ => 0.0..1.0,
    }
}

fn draw_one(panel: &Area<'_>, plot: &Plot) -> DrawResult {
    let place = |(x, y): (f64, f64)| (if plot.logarithmic { x.log10() } else { x }, y);
    let points = |series: &Series| -> Vec<(f64, f64)> {
        let placed = series.points.iter().copied().map(place);
        placed
            .filter(|(x, y)| x.is_finite() && y.is_finite())
            .collect()
    };
    let all: Vec<(f64, f64)> = plot.series.iter().flat_map(points).collect();
    let [across, up] = plot.ranges.clone();
    let across = across.unwrap_or_else(|| around(all.iter().map(|(x, _)| *x), 0.03));
    let up = up.unwrap_or_else(|| around(all.iter().map(|(_, y)| *y), 0.06));
    let [digits_across, digits_up] = [&across, &up].map(digits);
    let (logarithmic, whole) = (plot.logarithmic, plot.whole);
    let mut chart = figure::chart(
        panel,
        &plot.title,
        [(&plot.across, across), (&plot.up, up)],
        [
            &move |x| {
                if logarithmic {
                    format!("{:.0e}", 10_f64.powf(*x))
                } else if whole && x.fract() != 0.0 {
                    String::new()
                } else if whole {
                    format!("{x:.0}")
                } else {
                    format!("{x:.digits_across$}")
                }
            },
            &move |y| format!("{y:.digits_up$}"),
        ],
    )?;
    for series in &plot.series {
        let colour = COLOURS[series.colour % COLOURS.len()];
        let points = points(series);
        let stroke = match series.mark {
            Mark::Thin => colour.mix(0.35).stroke_width(1),
            _ => colour.stroke_width(2),
        };
        let filled = match series.mark {
            Mark::Dots => colour.filled(),
            Mark::Specks => colour.mix(0.6).filled(),
            _ => stroke,
        };
        let drawn = match series.mark {
            Mark::Line | Mark::Thin => chart.draw_series(LineSeries::new(points, stroke))?,
            Mark::Dashes => chart.draw_series(DashedLineSeries::new(points, 6, 4, stroke))?,
            Mark::Dots | Mark::Rings | Mark::Specks => {
                let radius = if series.mark == Mark::Specks { 2 } else { 4 };
                let dots = points
                    .into_iter()
                    .map(|point| Circle::new(point, radius, filled));
                chart.draw_series(dots)?
            }
        };
        if series.name.is_empty() {
            continue;
        }
        drawn.label(&series.name);
        match series.mark {
            Mark::Dots | Mark::Rings | Mark::Specks => {
                drawn.legend(move |(x, y)| Circle::new((x + 9, y), 4, filled))
            }
            Mark::Dashes => drawn.legend(move |(x, y)| {
                let dash = |from, to| PathElement::new([(from, 0), (to, 0)], stroke);
                EmptyElement::at((x, y)) + dash(0, 7) + dash(11, 18)
            }),
            _ => drawn.legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], stroke)),
        };
    }
    if plot.series.iter().any(|series| !series.name.is_empty()) {
        figure::legend(&mut chart, SeriesLabelPosition::UpperRight)?;
    }
    Ok(())
}

/// Returns the number of decimals that distinguish the labels of an axis.
fn digits(range: &Range<f64>) -> usize {
    let step = (range.end - range.start) / 6.0;
    (-step.log10()).ceil().clamp(0.0, 9.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finite_point_is_drawn() {
        let plot = Plot {
            title: "Loss".to_owned(),
            series: vec![
                Series::line("sgd", vec![(1e-4, 2.0), (1e-3, 1.0), (1e-2, f64::NAN)], 0),
                Series::line("", vec![(1e-3, 1.0), (0.0, 1.0)], 1).marked(Mark::Dots),
            ],
            logarithmic: true,
            ..Plot::default()
        };
        let svg = draw(&[plot.clone(), plot], 2).unwrap();
        assert_eq!(svg.matches("<circle").count(), 2);
        assert!(svg.contains("Loss") && svg.contains("1e-3"), "{svg}");
    }

    #[test]
    fn a_range_holds_every_value() {
        assert_eq!(around([1.0, 3.0, f64::NAN], 0.5), 0.0..4.0);
        assert_eq!(around([4.0], 0.5), 2.0..6.0);
        assert_eq!(around([], 0.5), 0.0..1.0);
        assert_eq!(digits(&(0.0..6.0)), 0);
        assert_eq!(digits(&(0.0..0.5)), 2);
    }
}
