//! Legends of charts.

use plotters::element::{Circle, PathElement, Rectangle};
use plotters::prelude::WHITE;
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBColor, ShapeStyle};

use crate::canvas::{Area, DrawResult};
use crate::fonts::text_width;
use crate::style::{INK, LABEL_SIZE, text_style};
use crate::text::truncate_start;

/// Colour of the border.
const BORDER: RGBColor = RGBColor(210, 210, 210);

/// Height of an entry, in pixels.
const ROW: i32 = 20;

/// Space between the border and the entries, and between the legend and the chart's border, in pixels.
const PADDING: i32 = 8;

/// Width of a swatch, and of the space beside it, in pixels.
const SWATCH: i32 = 18;
const GAP: i32 = 10;

/// What stands beside a name.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Swatch {
    /// A line with the length of its dashes, if it has any.
    Line(ShapeStyle, Option<i32>),
    /// A disc or a ring.
    Circle(ShapeStyle),
    /// A filled rectangle.
    Bar(ShapeStyle),
    /// Nothing: the entry is a remark.
    Remark,
}

/// Corner of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Corner {
    UpperRight,
    LowerRight,
    UpperLeft,
    LowerLeft,
}

impl Corner {
    /// Every corner, the preferred one first.
    pub(crate) const ALL: [Self; 4] = [
        Self::UpperRight,
        Self::LowerRight,
        Self::UpperLeft,
        Self::LowerLeft,
    ];
}

/// Names of a chart's series.
#[derive(Debug, Default)]
pub(crate) struct Legend {
    entries: Vec<(String, Swatch)>,
    /// Number of columns that the entries stand in.
    columns: usize,
}

impl Legend {
    /// Creates a legend that fits a chart of `width` by `height` pixels: of more names, the last entry says how many.
    pub(crate) fn new(mut entries: Vec<(String, Swatch)>, [width, height]: [f64; 2]) -> Self {
        let most = ((height as i32 - 4 * PADDING) / ROW).max(1) as usize;
        if entries.len() > most {
            let more = entries.len() + 1 - most;
            entries.truncate(most - 1);
            entries.push((format!("and {more} more"), Swatch::Remark));
        }
        let most = width as u32 * 2 / 3;
        for (name, _) in &mut entries {
            *name = truncate_start(name, LABEL_SIZE, most);
        }
        let columns = 1;
        Self { entries, columns }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Arranges the entries in as many columns as fit a chart of `width` pixels.
    pub(crate) fn spread(self, width: f64) -> Self {
        let fits = |columns: &usize| {
            let spread = *columns as i32 * self.column_width() - 2 * GAP + 4 * PADDING;
            f64::from(spread) <= width
        };
        let columns = (1..=self.entries.len()).rev().find(fits).unwrap_or(1);
        Self { columns, ..self }
    }

    fn column_width(&self) -> i32 {
        let widths = (self.entries.iter()).map(|(name, _)| text_width(name, LABEL_SIZE));
        SWATCH + 3 * GAP + widths.fold(0.0, f64::max).ceil() as i32
    }

    fn rows(&self) -> usize {
        self.entries.len().div_ceil(self.columns.max(1))
    }

    /// Returns the width and the height with the space around, in pixels.
    pub(crate) fn size(&self) -> [i32; 2] {
        let width = self.columns as i32 * self.column_width() - 2 * GAP;
        [width, self.rows() as i32 * ROW].map(|side| side + 4 * PADDING)
    }

    /// Returns the upper left corner with the space around, in a chart of `width` by `height` pixels.
    pub(crate) fn origin(&self, corner: Corner, [width, height]: [f64; 2]) -> [i32; 2] {
        let [right, bottom] = self.size();
        let (right, bottom) = (width as i32 - right, height as i32 - bottom);
        match corner {
            Corner::UpperRight => [right, 0],
            Corner::LowerRight => [right, bottom],
            Corner::UpperLeft => [0, 0],
            Corner::LowerLeft => [0, bottom],
        }
    }

    /// Draws the legend in a corner of the part of a chart that its series are drawn on.
    pub(crate) fn draw(&self, area: &Area<'_>, corner: Corner) -> DrawResult {
        if self.is_empty() {
            return Ok(());
        }
        let (width, height) = area.dim_in_pixel();
        let [left, top] = self.origin(corner, [width.into(), height.into()]);
        let [width, height] = self.size();
        let border = [
            (left + PADDING, top + PADDING),
            (left + width - PADDING, top + height - PADDING),
        ];
        area.draw(&Rectangle::new(border, WHITE.mix(0.92).filled()))?;
        area.draw(&Rectangle::new(border, BORDER.stroke_width(1)))?;
        let text = text_style(LABEL_SIZE, INK, HPos::Left, VPos::Center);
        for (place, (name, swatch)) in self.entries.iter().enumerate() {
            let [column, row] = [place / self.rows(), place % self.rows()].map(|at| at as i32);
            let x = left + 2 * PADDING + column * self.column_width();
            let y = top + 2 * PADDING + row * ROW + ROW / 2;
            draw_swatch(area, *swatch, (x, y))?;
            area.draw_text(name, &text, (x + SWATCH + GAP, y))?;
        }
        Ok(())
    }
}

fn draw_swatch(area: &Area<'_>, swatch: Swatch, (x, y): (i32, i32)) -> DrawResult {
    match swatch {
        Swatch::Line(style, dash) => {
            let dash = dash.unwrap_or(SWATCH).clamp(2, SWATCH);
            for start in (0..SWATCH).step_by(dash as usize + 4) {
                let end = (start + dash).min(SWATCH);
                area.draw(&PathElement::new([(x + start, y), (x + end, y)], style))?;
            }
        }
        Swatch::Circle(style) => area.draw(&Circle::new((x + SWATCH / 2, y), 4, style))?,
        Swatch::Bar(style) => {
            area.draw(&Rectangle::new([(x, y - 5), (x + SWATCH, y + 5)], style))?;
        }
        Swatch::Remark => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_legend_fits_its_chart() {
        let entries = |count: usize| -> Vec<_> {
            let names = (0..count).map(|class| (format!("class {class}"), Swatch::Remark));
            names.collect()
        };
        let size = [400.0, 300.0];
        assert_eq!(Legend::new(entries(10), size).entries.len(), 10);
        let long = Legend::new(entries(100), size);
        assert!(long.size()[1] <= 300, "{:?}", long.size());
        let last = &long.entries[long.entries.len() - 1].0;
        assert_eq!(*last, format!("and {} more", 101 - long.entries.len()));
        // Side by side they are lower.
        let spread = Legend::new(entries(9), size).spread(size[0]);
        assert!(
            spread.size()[0] <= 400 && spread.size()[1] < 100,
            "{:?}",
            spread.size()
        );
        let wide = vec![("x".repeat(900), Swatch::Remark)];
        assert!(Legend::new(wide, size).size()[0] <= 400);
    }
}
