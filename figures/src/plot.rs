//! Plots of series on two axes.

use crate::axis::Axis;
use crate::canvas::{Area, DrawResult, svg};
use crate::chart::{chart, inner_size};
use crate::error::FigureError;
use crate::legend::{Corner, Legend};
use crate::series::{Drawn, Mark, Series};

/// Width and height of one plot, in pixels.
const SIZE: (u32, u32) = (520, 430);

/// One pair of axes with series.
///
/// The legend stands in the corner in which it hides least. If it would hide a point in each of them, and the vertical
/// axis has no range of its own, the axis is extended above the data, and the legend stands there in columns.
#[derive(Clone, Debug)]
pub struct Plot {
    /// Text above the plot.
    pub title: String,
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis.
    pub y: Axis,
    /// Series, in the order in which they are drawn.
    pub series: Vec<Series>,
}

impl Plot {
    /// Creates a plot.
    pub fn new(title: impl Into<String>, x: Axis, y: Axis, series: Vec<Series>) -> Self {
        let title = title.into();
        Self {
            title,
            x,
            y,
            series,
        }
    }
}

/// Draws plots side by side, `columns` in a row, and returns the SVG.
///
/// # Errors
/// When drawing fails.
///
/// # Examples
/// ```
/// use figures::{Axis, Plot, Series, plot};
///
/// let rates = Series::line("cell", vec![(0.0, 0.0), (1.0, 20.0)], 0);
/// let plot = Plot::new("f-I curve", Axis::new("nA"), Axis::new("Hz"), vec![rates]);
/// assert!(plot::draw(&[plot], 1)?.contains("f-I curve"));
/// # Ok::<(), figures::FigureError>(())
/// ```
pub fn draw(plots: &[Plot], columns: usize) -> Result<String, FigureError> {
    let columns = columns.clamp(1, plots.len().max(1));
    let rows = plots.len().div_ceil(columns).max(1);
    let size = (SIZE.0 * columns as u32, SIZE.1 * rows as u32);
    svg(size, |area| {
        for (panel, plot) in area.split_evenly((rows, columns)).iter().zip(plots) {
            draw_plot(panel, plot)?;
        }
        Ok(())
    })
}

/// Draws one plot on an area.
pub(crate) fn draw_plot(area: &Area<'_>, plot: &Plot) -> DrawResult {
    let size = inner_size(area);
    let axes = [&plot.x, &plot.y];
    let series = plot.series.iter();
    let series: Vec<Drawn<'_>> = series.map(|one| Drawn::new(one, axes, size[0])).collect();
    let extent: Vec<(f64, f64)> = series.iter().flat_map(Drawn::extent).collect();
    let x = plot.x.positions(extent.iter().map(|point| point.0), 0.03);
    let mut y = plot.y.positions(extent.iter().map(|point| point.1), 0.06);
    let has_bars = series.iter().any(|one| matches!(one.mark, Mark::Bars(_)));
    if has_bars && plot.y.range.is_none() && extent.iter().all(|point| point.1 >= 0.0) {
        y.start = 0.0;
    }
    let named = series.iter().filter(|one| !one.name.is_empty());
    let entries = named
        .map(|one| (one.name.to_owned(), one.swatch()))
        .collect();
    let mut legend = Legend::new(entries, size);
    let samples: Vec<[f64; 2]> = (series.iter())
        .flat_map(|one| one.samples([&x, &y], size))
        .collect();
    let (mut corner, hidden) = best_corner(&legend, &samples, size);
    if hidden > 0 && plot.y.range.is_none() && !legend.is_empty() {
        legend = legend.spread(size[0]);
        // At most half of the chart is left to the legend.
        let free = (1.0 - f64::from(legend.size()[1]) / size[1]).max(0.5);
        y.end = y.start + (y.end - y.start) / free;
        corner = Corner::UpperRight;
    }
    let mut chart = chart(area, &plot.title, [(&plot.x, x), (&plot.y, y)])?;
    for one in series {
        one.draw(&mut chart)?;
    }
    legend.draw(&chart.plotting_area().strip_coord_spec(), corner)
}

/// Returns the corner in which a legend hides the fewest of the samples, and how many it hides there.
fn best_corner(legend: &Legend, samples: &[[f64; 2]], size: [f64; 2]) -> (Corner, usize) {
    let hidden = |corner: &Corner| {
        let origin = legend.origin(*corner, size).map(f64::from);
        let sides = legend.size().map(f64::from);
        let is_inside = |sample: &&[f64; 2]| {
            let mut axes = (0..2).map(|axis| sample[axis] - origin[axis]).zip(sides);
            axes.all(|(place, side)| (0.0..side).contains(&place))
        };
        samples.iter().filter(is_inside).count()
    };
    let counted = Corner::ALL.map(|corner| (corner, hidden(&corner)));
    let best = counted.into_iter().min_by_key(|(_, hidden)| *hidden);
    best.unwrap_or((Corner::UpperRight, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finite_point_is_drawn() {
        let series = vec![
            Series::line("sgd", vec![(1e-4, 2.0), (1e-3, 1.0), (1e-2, f64::NAN)], 0),
            Series::line("", vec![(1e-3, 1.0), (0.0, 1.0)], 1).marked(Mark::Dots),
        ];
        let x = Axis::new("learning rate").logarithmic();
        let plot = Plot::new("Loss", x, Axis::new("loss"), series);
        let svg = draw(&[plot.clone(), plot], 2).unwrap();
        assert_eq!(svg.matches("<circle").count(), 2);
        assert!(svg.contains("Loss") && svg.contains("1e-3"), "{svg}");
    }

    #[test]
    fn every_mark_is_drawn_and_named() {
        let marks = [
            (Mark::Line, "<polyline"),
            (Mark::Joined, "<circle"),
            (Mark::Thin, "<polyline"),
            (Mark::Trace, "<polyline"),
            (Mark::Dashes, "<polyline"),
            (Mark::Reference, "#969696"),
            (Mark::Dots, "<circle"),
            (Mark::Rings, "<circle"),
            (Mark::Specks, "<circle"),
            (Mark::Bars(0.5), "<rect"),
        ];
        for (mark, element) in marks {
            let points = |count: u8| -> Vec<_> {
                (0..count)
                    .map(|point| (point.into(), point.into()))
                    .collect()
            };
            let drawn = |count| {
                let series = Series::line("its name", points(count), 12).marked(mark);
                let axis = || Axis::default().range(-1.0..9.0);
                draw(&[Plot::new("", axis(), axis(), vec![series])], 1).unwrap()
            };
            let count = |svg: &str| svg.matches(element).count();
            let (full, empty) = (drawn(8), drawn(0));
            assert!(count(&full) > count(&empty), "{mark:?}: {full}");
            assert!(full.contains("its name"), "{mark:?}: {full}");
        }
    }

    #[test]
    fn the_legend_hides_nothing() {
        let rising = (0..50).map(|x| (f64::from(x), f64::from(x))).collect();
        let zigzag = (0..50).map(|x| (f64::from(x), f64::from(x % 2))).collect();
        for points in [rising, zigzag] {
            let plot = Plot::new(
                "",
                Axis::default(),
                Axis::default(),
                vec![Series::line("a name", points, 0)],
            );
            let svg = draw(std::slice::from_ref(&plot), 1).unwrap();
            // The border of the legend, and the line, in pixels of the figure.
            let border = svg.lines().find(|line| line.contains("#D2D2D2")).unwrap();
            let number = |name: &str| -> f64 {
                let value = border.split(&format!(" {name}=\"")).nth(1).unwrap();
                value.split('"').next().unwrap().parse().unwrap()
            };
            let [x, y, width, height] = ["x", "y", "width", "height"].map(number);
            let line = svg.lines().find(|line| line.contains("#0072B2")).unwrap();
            let points = line.split("points=\"").nth(1).unwrap();
            let points = points.split('"').next().unwrap().split_whitespace();
            for point in points {
                let (across, down) = point.split_once(',').unwrap();
                let [across, down] = [across, down].map(|place| place.parse::<f64>().unwrap());
                let is_hidden = (x..x + width).contains(&across) && (y..y + height).contains(&down);
                assert!(!is_hidden, "{point}: {border}");
            }
        }
    }
}
