//! Codes in their principal plane, coloured by class.

use std::ops::Range;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use crate::axis::{Axis, around};
use crate::canvas::{Area, DrawResult, svg};
use crate::chart::{Chart, chart};
use crate::error::FigureError;
use crate::style::{CAPTION_SIZE, Colour, INK, LABEL_SIZE, text_on, text_style};
use crate::text::truncate_start;

/// Width and height of the figure, in pixels.
const SIZE: (u32, u32) = (900, 640);

/// Width of the legend, and the place and height of its entries, in pixels.
const LEGEND_WIDTH: u32 = 170;
const LEGEND_TOP: i32 = 70;
const ROW: i32 = 26;

/// Radius of the disc of a class, in pixels.
const RADIUS: i32 = 10;

/// Maximum number of codes that are drawn.
const MAX_CODES: usize = 3_000;

/// Fraction of codes outside of the frame, on each of its four sides.
const TAIL: f64 = 0.002;

/// Codes that are projected onto a plane.
#[derive(Clone, Copy, Debug)]
pub struct Plane<'a> {
    /// Text above the figure.
    pub title: &'a str,
    /// Coordinates along the first and the second principal component.
    pub points: &'a [[f64; 2]],
    /// Class of each point.
    pub labels: &'a [usize],
    /// Names of the classes.
    pub class_names: &'a [String],
    /// Fraction of the variance along both components.
    pub explained: [f64; 2],
}

/// Draws a dot for each code, and a disc with a key at the median of each class, and returns the SVG.
///
/// # Errors
/// When drawing fails.
pub fn draw(plane: &Plane<'_>) -> Result<String, FigureError> {
    let ranges = [0, 1].map(|axis| frame(plane.points.iter().map(|point| point[axis])));
    let [x, y] = [0, 1].map(|axis| {
        let number = ["first", "second"][axis];
        let share = 100.0 * plane.explained[axis];
        Axis::new(format!(
            "{number} principal component ({share:.0} % of the variance)"
        ))
    });
    let step = plane.points.len().div_ceil(MAX_CODES).max(1);
    svg(SIZE, |area| {
        let (panel, legend) = area.split_horizontally(SIZE.0 - LEGEND_WIDTH);
        let [across, up] = ranges;
        let mut chart = chart(&panel, plane.title, [(&x, across), (&y, up)])?;
        let shown = plane.points.iter().zip(plane.labels).step_by(step);
        chart.draw_series(shown.map(|([x, y], class)| {
            let colour = Colour::Series(*class).rgb();
            Circle::new((*x, *y), 2, colour.mix(0.65).filled())
        }))?;
        let mut row = 0;
        let keys = keys(plane.class_names);
        for (class, (name, key)) in plane.class_names.iter().zip(&keys).enumerate() {
            let own = plane.points.iter().zip(plane.labels);
            let own = own.filter(|(_, label)| **label == class);
            let own: Vec<&[f64; 2]> = own.map(|(point, _)| point).collect();
            if own.is_empty() {
                continue;
            }
            let [x, y] = [0, 1].map(|axis| median(own.iter().map(|point| point[axis])));
            draw_disc(&mut chart, (x, y), class, key)?;
            draw_entry(&legend, row, (class, name, key))?;
            row += 1;
        }
        Ok(())
    })
}

fn draw_disc(chart: &mut Chart<'_, '_>, at: (f64, f64), class: usize, key: &str) -> DrawResult {
    let colour = Colour::Series(class).rgb();
    let ink = text_on(colour);
    chart.draw_series([Circle::new(at, RADIUS, colour.filled())])?;
    chart.draw_series([Circle::new(at, RADIUS, WHITE.stroke_width(2))])?;
    let style = text_style(LABEL_SIZE - 1, ink, HPos::Center, VPos::Center);
    chart.draw_series([Text::new(key.to_owned(), at, style)])?;
    Ok(())
}

fn draw_entry(legend: &Area<'_>, row: i32, (class, name, key): (usize, &str, &str)) -> DrawResult {
    let y = LEGEND_TOP + ROW * row;
    let colour = Colour::Series(class).rgb();
    legend.draw(&Circle::new((RADIUS, y), RADIUS - 1, colour.filled()))?;
    let style = text_style(CAPTION_SIZE, text_on(colour), HPos::Center, VPos::Center);
    legend.draw_text(key, &style, (RADIUS, y))?;
    let style = text_style(LABEL_SIZE, INK, HPos::Left, VPos::Center);
    let left = 2 * RADIUS + 6;
    let name = truncate_start(name, LABEL_SIZE, LEGEND_WIDTH - left as u32 - 8);
    legend.draw_text(&name, &style, (left, y))?;
    Ok(())
}

/// Returns a key for each class that fits a disc: its first character, if these differ and every font has them, else a
/// letter, else its number.
fn keys(names: &[String]) -> Vec<String> {
    let initials: Vec<char> = names
        .iter()
        .filter_map(|name| name.chars().next())
        .collect();
    let are_different = (0..initials.len()).all(|one| !initials[..one].contains(&initials[one]));
    let are_plain = initials.iter().all(char::is_ascii_alphanumeric);
    if are_plain && are_different && initials.len() == names.len() {
        return initials.into_iter().map(String::from).collect();
    }
    let letters = ('A'..='Z').map(String::from);
    if names.len() <= 26 {
        letters.take(names.len()).collect()
    } else {
        (1..=names.len()).map(|number| number.to_string()).collect()
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Returns a range that contains nearly all of the values.
fn frame(values: impl Iterator<Item = f64>) -> Range<f64> {
    let mut values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1) as f64;
    let ends = [TAIL, 1.0 - TAIL].map(|share| values.get((share * last).round() as usize));
    around(ends.into_iter().flatten().copied(), 0.06)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_with_codes_has_its_dots_and_its_name() {
        let points: Vec<[f64; 2]> = (0..100)
            .map(|code| [code, code * 7 % 13].map(f64::from))
            .collect();
        let labels: Vec<usize> = (0..100).map(|code| code % 2).collect();
        let names = ["glioma", "meningioma", "absent"].map(str::to_owned);
        let plane = Plane {
            title: "Codes",
            points: &points,
            labels: &labels,
            class_names: &names,
            explained: [0.5, 0.25],
        };
        let svg = draw(&plane).unwrap();
        // A circle for each code, and for each class one in the legend and two in the chart.
        assert_eq!(svg.matches("<circle").count(), 100 + 2 * 3);
        assert!(svg.contains("meningioma") && !svg.contains("absent"));
        assert!(svg.contains("second principal component (25 %"));
    }

    #[test]
    fn keys_are_short_and_different() {
        let keys =
            |names: &[&str]| keys(&names.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(keys(&["0", "1", "9"]), ["0", "1", "9"]);
        assert_eq!(keys(&["glioma", "none"]), ["g", "n"]);
        assert_eq!(keys(&["mass", "none", "mild"]), ["A", "B", "C"]);
        assert_eq!(keys(&["正常", "肿瘤"]), ["A", "B"]);
        assert_eq!(keys(&[""; 30])[29], "30");
    }
}
