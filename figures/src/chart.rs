//! The frame of a chart: title, axes and grid.

use std::ops::Range;

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use crate::axis::Axis;
use crate::canvas::{Area, DrawResult};
use crate::style::{INK, LABEL_SIZE, MUTED, TITLE_SIZE, text_style};
use crate::text::truncate_start;

/// A chart with two axes of numbers.
pub(crate) type Chart<'a, 'b> =
    ChartContext<'b, SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Colour of the grid.
const GRID: RGBColor = RGBColor(228, 228, 228);

/// Space around a chart, in pixels; numbers at the right end of an axis need more.
const MARGIN: u32 = 14;
const RIGHT_MARGIN: u32 = 22;

/// Width of the numbers at the vertical axis, and height of those at the horizontal one, each with the description, in
/// pixels.
const Y_LABELS: u32 = 58;
const X_LABELS: u32 = 44;

/// Draws a title and two labelled axes on a faint grid, and returns the chart that series are drawn on.
///
/// - `title`: text above the chart; none if empty
/// - `axes`: both axes, each with its range in positions
pub(crate) fn chart<'a, 'b>(
    area: &'b Area<'a>,
    title: &str,
    [x, y]: [(&Axis, Range<f64>); 2],
) -> DrawResult<Chart<'a, 'b>> {
    let mut builder = ChartBuilder::on(area);
    if !title.is_empty() {
        let width = area.dim_in_pixel().0.saturating_sub(MARGIN + RIGHT_MARGIN);
        let title = truncate_start(title, TITLE_SIZE, width);
        builder.caption(title, text_style(TITLE_SIZE, INK, HPos::Left, VPos::Top));
    }
    let mut chart = builder
        .margin(MARGIN)
        .margin_right(RIGHT_MARGIN)
        .x_label_area_size(X_LABELS)
        .y_label_area_size(Y_LABELS)
        .build_cartesian_2d(x.1.clone(), y.1.clone())?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(MUTED)
        .label_style(text_style(LABEL_SIZE - 1, INK, HPos::Center, VPos::Center))
        .axis_desc_style(text_style(LABEL_SIZE, INK, HPos::Center, VPos::Top))
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(&|position| x.0.number(*position, &x.1))
        .y_label_formatter(&|position| y.0.number(*position, &y.1))
        .x_desc(&x.0.label)
        .y_desc(&y.0.label)
        .draw()?;
    Ok(chart)
}

/// Returns the size of the part of an area that series are drawn on, in pixels, about.
pub(crate) fn inner_size(area: &Area<'_>) -> [f64; 2] {
    let (width, height) = area.dim_in_pixel();
    let width = width.saturating_sub(MARGIN + RIGHT_MARGIN + Y_LABELS);
    let height = height.saturating_sub(2 * MARGIN + X_LABELS + TITLE_SIZE);
    [width.max(1).into(), height.max(1).into()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::svg;

    #[test]
    fn a_chart_has_its_title_and_its_axes() {
        let (x, y) = (Axis::new("confidence").percent(), Axis::new("accuracy"));
        let draw = |title: &str| {
            let frame = svg((400, 300), |area| {
                chart(area, title, [(&x, 0.0..1.0), (&y, 0.0..1.0)])?;
                Ok(())
            });
            frame.unwrap()
        };
        let titled = draw("a & b");
        for text in ["a &amp; b", "confidence", "accuracy", "100 %", "0.2"] {
            assert!(titled.contains(text), "{text} in {titled}");
        }
        let texts = |svg: &str| svg.matches("<text").count();
        assert_eq!(texts(&titled), texts(&draw("")) + 1);
    }
}
