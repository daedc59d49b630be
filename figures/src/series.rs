//! Series of a plot, and the marks that they are drawn with.

use std::ops::Range;

use plotters::prelude::*;

use crate::axis::Axis;
use crate::canvas::DrawResult;
use crate::chart::Chart;
use crate::legend::Swatch;
use crate::style::{Colour, LINE, MUTED, dash};

/// Maximum number of points of a line per pixel of the chart's width. Of more, the lowest and the highest of each of
/// half as many equal stretches are drawn, so that no peak is lost.
const POINTS_PER_PIXEL: f64 = 4.0;

/// Mark that a series is drawn with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mark {
    /// A line.
    Line,
    /// A line with a dot at each point.
    Joined,
    /// A thin, pale line, for earlier states.
    Thin,
    /// A thin, dark line, for recordings.
    Trace,
    /// A dashed line.
    Dashes,
    /// A thin dashed line in grey, for what data are compared with: chance, a target.
    Reference,
    /// A dot at each point.
    Dots,
    /// A ring at each point.
    Rings,
    /// A small dot at each point, for large numbers of them.
    Specks,
    /// A bar of this width around each point, from 0.
    Bars(f64),
}

/// Points that are drawn alike.
#[derive(Clone, Debug)]
pub struct Series {
    /// Name in the legend; not in it if empty.
    pub name: String,
    /// Points in the units of the axes; those that are not finite are left out.
    pub points: Vec<(f64, f64)>,
    /// Mark that the points are drawn with.
    pub mark: Mark,
    /// Number of the colour, of which there are ten. The lines of further numbers have the same colours in dashes.
    pub colour: usize,
}

impl Series {
    /// Creates a line.
    pub fn line(name: impl Into<String>, points: Vec<(f64, f64)>, colour: usize) -> Self {
        Self {
            name: name.into(),
            points,
            mark: Mark::Line,
            colour,
        }
    }

    /// Creates a histogram from the heights of its bins, which divide `range` evenly.
    pub fn bars(
        name: impl Into<String>,
        heights: &[f64],
        range: Range<f64>,
        colour: usize,
    ) -> Self {
        let width = (range.end - range.start) / heights.len().max(1) as f64;
        let bins = (0..).map(|bin| range.start + (f64::from(bin) + 0.5) * width);
        let points = bins.zip(heights.iter().copied()).collect();
        Self::line(name, points, colour).marked(Mark::Bars(width))
    }

    /// Returns this series with another mark.
    pub fn marked(self, mark: Mark) -> Self {
        Self { mark, ..self }
    }
}

/// A series whose points are finite positions on the axes.
pub(crate) struct Drawn<'a> {
    pub(crate) name: &'a str,
    pub(crate) mark: Mark,
    points: Vec<(f64, f64)>,
    colour: RGBColor,
    dash: Option<i32>,
}

impl<'a> Drawn<'a> {
    /// Returns a series on a chart of `width` pixels.
    pub(crate) fn new(series: &'a Series, [x, y]: [&Axis; 2], width: f64) -> Self {
        let points = series.points.iter();
        let points = points.map(|point| (x.position(point.0), y.position(point.1)));
        let points = points.filter(|(x, y)| x.is_finite() && y.is_finite());
        let mut drawn = Self {
            name: &series.name,
            points: points.collect(),
            mark: series.mark,
            colour: Colour::Series(series.colour).rgb(),
            dash: dash(series.colour),
        };
        match series.mark {
            Mark::Dashes => drawn.dash = Some(6),
            Mark::Reference => (drawn.dash, drawn.colour) = (Some(5), MUTED),
            Mark::Trace => drawn.colour = LINE,
            _ => {}
        }
        if drawn.is_line() {
            let most = (POINTS_PER_PIXEL * width) as usize;
            drawn.points = thinned(drawn.points, most);
        }
        drawn
    }

    fn is_line(&self) -> bool {
        matches!(
            self.mark,
            Mark::Line | Mark::Thin | Mark::Trace | Mark::Dashes | Mark::Reference
        )
    }

    /// Returns points whose range is that of the series.
    pub(crate) fn extent(&self) -> Vec<(f64, f64)> {
        match self.mark {
            Mark::Bars(width) => {
                let sides = |(x, y): &(f64, f64)| [(x - width / 2.0, 0.0), (x + width / 2.0, *y)];
                self.points.iter().flat_map(sides).collect()
            }
            _ => self.points.clone(),
        }
    }

    /// Returns points along the marks, at most 8 pixels apart, in pixels from the upper left of a chart.
    pub(crate) fn samples(&self, ranges: [&Range<f64>; 2], size: [f64; 2]) -> Vec<[f64; 2]> {
        let place = |(x, y): (f64, f64)| {
            let [across, up] = [(x, ranges[0]), (y, ranges[1])]
                .map(|(value, range)| (value - range.start) / (range.end - range.start));
            [across * size[0], (1.0 - up) * size[1]]
        };
        let between = |from: [f64; 2], to: [f64; 2]| {
            let steps = ((to[0] - from[0]).abs().max((to[1] - from[1]).abs()) / 8.0).ceil();
            let steps = steps.clamp(1.0, 1000.0);
            (0..=steps as usize).map(move |step| {
                let share = step as f64 / steps;
                [0, 1].map(|axis| from[axis] + share * (to[axis] - from[axis]))
            })
        };
        let points = self.points.iter();
        match self.mark {
            Mark::Bars(_) => points
                .flat_map(|&(x, y)| between(place((x, 0.0)), place((x, y))))
                .collect(),
            _ if self.is_line() || self.mark == Mark::Joined => (self.points.windows(2))
                .flat_map(|ends| between(place(ends[0]), place(ends[1])))
                .collect(),
            _ => points.map(|point| place(*point)).collect(),
        }
    }

    fn style(&self) -> ShapeStyle {
        match self.mark {
            Mark::Thin => self.colour.mix(0.35).stroke_width(1),
            Mark::Trace | Mark::Reference => self.colour.stroke_width(1),
            Mark::Dots => self.colour.filled(),
            Mark::Specks => self.colour.mix(0.6).filled(),
            Mark::Bars(_) => self.colour.mix(0.55).filled(),
            Mark::Line | Mark::Joined | Mark::Dashes | Mark::Rings => self.colour.stroke_width(2),
        }
    }

    pub(crate) fn swatch(&self) -> Swatch {
        match self.mark {
            Mark::Dots | Mark::Rings | Mark::Specks => Swatch::Circle(self.style()),
            Mark::Bars(_) => Swatch::Bar(self.style()),
            _ => Swatch::Line(self.style(), self.dash),
        }
    }

    pub(crate) fn draw(self, chart: &mut Chart<'_, '_>) -> DrawResult {
        let (style, colour) = (self.style(), self.colour.filled());
        match self.mark {
            Mark::Dots | Mark::Rings => circles(chart, self.points, 4, style),
            Mark::Specks => circles(chart, self.points, 2, style),
            Mark::Bars(width) => {
                let bars = self.points.into_iter().map(|(x, y)| {
                    Rectangle::new([(x - width / 2.0, 0.0), (x + width / 2.0, y)], style)
                });
                chart.draw_series(bars)?;
                Ok(())
            }
            // A line through a single point is invisible.
            _ if self.points.len() == 1 => circles(chart, self.points, 3, colour),
            Mark::Joined => {
                line(chart, self.points.clone(), style, self.dash)?;
                circles(chart, self.points, 3, colour)
            }
            Mark::Line | Mark::Thin | Mark::Trace | Mark::Dashes | Mark::Reference => {
                line(chart, self.points, style, self.dash)
            }
        }
    }
}

fn line(
    chart: &mut Chart<'_, '_>,
    points: Vec<(f64, f64)>,
    style: ShapeStyle,
    dash: Option<i32>,
) -> DrawResult {
    match dash {
        None => chart.draw_series(LineSeries::new(points, style))?,
        Some(dash) => chart.draw_series(DashedLineSeries::new(points, dash, 4, style))?,
    };
    Ok(())
}

fn circles(
    chart: &mut Chart<'_, '_>,
    points: Vec<(f64, f64)>,
    radius: i32,
    style: ShapeStyle,
) -> DrawResult {
    let circles = points.into_iter();
    chart.draw_series(circles.map(|point| Circle::new(point, radius, style)))?;
    Ok(())
}

/// Thins the points of a line to at most `most`: to the lowest and the highest of equal stretches, or, if x is not
/// ascending, to every n-th point.
fn thinned(points: Vec<(f64, f64)>, most: usize) -> Vec<(f64, f64)> {
    if points.len() <= most {
        return points;
    }
    if !points.is_sorted_by(|a, b| a.0 <= b.0) {
        let every = points.len().div_ceil(most.max(1));
        return points.into_iter().step_by(every).collect();
    }
    let stretches = points.chunks(points.len().div_ceil((most / 2).max(1)));
    let ends = stretches.flat_map(|stretch| {
        let by_height = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let ends = [
            stretch.iter().min_by(by_height),
            stretch.iter().max_by(by_height),
        ];
        let mut ends: Vec<(f64, f64)> = ends.into_iter().flatten().copied().collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        ends
    });
    ends.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_fill_their_bins() {
        let bars = Series::bars("", &[0.25, 0.75], 0.0..1.0, 0);
        assert_eq!(bars.points, [(0.25, 0.25), (0.75, 0.75)]);
        assert_eq!(bars.mark, Mark::Bars(0.5));
    }

    #[test]
    fn thinning_keeps_every_peak() {
        let mut points: Vec<(f64, f64)> = (0..100_000).map(|time| (f64::from(time), 0.0)).collect();
        points[77_777].1 = 40.0;
        points[12_345].1 = -80.0;
        let thin = thinned(points, 4000);
        assert!(thin.len() <= 4000);
        assert!(thin.contains(&(77_777.0, 40.0)) && thin.contains(&(12_345.0, -80.0)));
        assert!(thin.windows(2).all(|pair| pair[0].0 <= pair[1].0));
        assert_eq!(thinned(vec![(0.0, 1.0); 3], 4000).len(), 3);
        // A path that turns back keeps its order.
        let path: Vec<(f64, f64)> = (0..9)
            .map(|time| (f64::from(time % 3), f64::from(time)))
            .collect();
        assert_eq!(
            thinned(path, 5),
            [0, 2, 4, 6, 8].map(|time| (f64::from(time % 3), f64::from(time)))
        );
    }
}
