//! Charts with two axes.

use std::ops::Range;

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::FontFamily;
use plotters::style::text_anchor::{HPos, VPos};

use crate::canvas::{Area, DrawResult};
use crate::style::{INK, LABEL_SIZE, MUTED, TITLE_SIZE, text_style};

/// Two axes of numbers.
pub type Axes = Cartesian2d<RangedCoordf64, RangedCoordf64>;

/// Colour of the grid.
const GRID: RGBColor = RGBColor(228, 228, 228);

/// Colour of a legend's border.
const BORDER: RGBColor = RGBColor(210, 210, 210);

/// Draws a title and two labelled axes on a faint grid, and returns the chart that series are drawn on.
///
/// - `title`: text above the chart; none if empty
/// - `[x, y]`: description and range of each axis
/// - `[x_label, y_label]`: format of each axis's numbers
///
/// # Errors
/// When drawing fails.
pub fn chart<'a, 'b>(
    area: &'b Area<'a>,
    title: &str,
    [x, y]: [(&str, Range<f64>); 2],
    [x_label, y_label]: [&dyn Fn(&f64) -> String; 2],
) -> Result<ChartContext<'b, SVGBackend<'a>, Axes>, Box<dyn std::error::Error>> {
    let mut builder = ChartBuilder::on(area);
    if !title.is_empty() {
        builder.caption(title, text_style(TITLE_SIZE, INK, HPos::Left, VPos::Top));
    }
    let mut chart = builder
        .margin(14)
        .margin_right(22)
        .x_label_area_size(44)
        .y_label_area_size(58)
        .build_cartesian_2d(x.1, y.1)?;
    let description = text_style(LABEL_SIZE, INK, HPos::Center, VPos::Top);
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(MUTED)
        .label_style(
            (FontFamily::SansSerif, f64::from(LABEL_SIZE) - 1.0)
                .into_font()
                .color(&INK),
        )
        .axis_desc_style(description)
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(x_label)
        .y_label_formatter(y_label)
        .x_desc(x.0)
        .y_desc(y.0)
        .draw()?;
    Ok(chart)
}

/// Draws a dashed line from (0, 0) to (1, 1): chance in a ROC curve, perfect calibration in a reliability diagram.
///
/// # Errors
/// When drawing fails.
pub fn diagonal<'a, 'b: 'a>(
    chart: &mut ChartContext<'a, SVGBackend<'b>, Axes>,
    colour: RGBColor,
) -> DrawResult {
    let ends = [(0.0, 0.0), (1.0, 1.0)];
    chart.draw_series(DashedLineSeries::new(ends, 5, 4, colour.stroke_width(1)))?;
    Ok(())
}

/// Draws the legend of the chart's labelled series.
///
/// # Errors
/// When drawing fails.
pub fn legend<'a, 'b: 'a>(
    chart: &mut ChartContext<'a, SVGBackend<'b>, Axes>,
    position: SeriesLabelPosition,
) -> DrawResult {
    chart
        .configure_series_labels()
        .position(position)
        .margin(10)
        .label_font(text_style(LABEL_SIZE, INK, HPos::Left, VPos::Top))
        .border_style(BORDER)
        .background_style(WHITE.mix(0.92))
        .draw()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::svg;
    use crate::style::COLOURS;
    use crate::text::percent;

    #[test]
    fn a_chart_has_title_axes_diagonal_and_legend() {
        let svg = svg((400, 300), |area| {
            let mut chart = chart(
                area,
                "a & b",
                [("confidence", 0.0..1.0), ("accuracy", 0.0..1.0)],
                [&percent, &|y| format!("{y:.1}")],
            )?;
            diagonal(&mut chart, MUTED)?;
            let points = [(0.0, 0.2), (1.0, 0.9)];
            chart
                .draw_series(LineSeries::new(points, COLOURS[0].stroke_width(2)))?
                .label("measured");
            legend(&mut chart, SeriesLabelPosition::LowerRight)
        })
        .unwrap();
        for text in ["a &amp; b", "confidence", "accuracy", "measured", "100 %"] {
            assert!(svg.contains(text), "{text} in {svg}");
        }
        assert!(svg.contains("#0072B2"), "the series in {svg}");
        assert!(svg.matches("#969696").count() > 10, "the dashes in {svg}");
    }

    #[test]
    fn an_empty_title_is_left_out() {
        let axes = || [("x", 0.0..1.0), ("y", 0.0..1.0)];
        let draw = |title: &str| {
            svg((200, 200), |area| {
                chart(area, title, axes(), [&percent, &percent])?;
                Ok(())
            })
        };
        let texts = |svg: String| svg.matches("<text").count();
        assert_eq!(texts(draw("title").unwrap()), texts(draw("").unwrap()) + 1);
    }
}
