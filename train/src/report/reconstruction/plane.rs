//! Figure of the test pictures' codes in their principal plane, coloured by class.

use metrics::codes::Codes;
use metrics::principal_plane::PrincipalPlane;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use crate::report::figure::{self, COLOURS, FigureError, INK, text_style};

/// Width and height of the figure, in pixels.
const SIZE: (u32, u32) = (900, 640);

/// Maximum number of codes that are drawn.
const MAX_CODES: usize = 3_000;

/// Fraction of codes outside of the frame, on each of its four sides.
const TAIL: f64 = 0.002;

/// Additional colours, so that ten digits have one each.
const MORE: [RGBColor; 3] = [
    RGBColor(120, 60, 180),
    RGBColor(140, 86, 40),
    RGBColor(200, 190, 40),
];

fn colour(class: usize) -> RGBColor {
    let count = COLOURS.len() + MORE.len();
    let class = class % count;
    COLOURS
        .get(class)
        .or_else(|| MORE.get(class - COLOURS.len()))
        .copied()
        .unwrap_or(INK)
}

/// Draws codes with their classes `labels`, and a disc at the median of each class.
///
/// # Errors
/// When drawing fails.
pub fn draw(
    plane: &PrincipalPlane,
    codes: &Codes,
    labels: &[usize],
    class_names: &[String],
) -> Result<String, FigureError> {
    let points = plane.project(codes);
    let [across, down] = [0, 1].map(|axis| frame(points.iter().map(|point| point[axis])));
    let of_axis = |axis: usize| {
        let number = ["first", "second"][axis];
        let share = 100.0 * plane.explained.get(axis).copied().unwrap_or_default();
        format!("{number} principal component ({share:.0} % of the variance)")
    };
    let step = points.len().div_ceil(MAX_CODES).max(1);
    figure::svg(SIZE, |area| {
        let (panel, legend) = area.split_horizontally(SIZE.0 - 170);
        let mut chart = figure::chart(
            &panel,
            "Codes of the test pictures",
            [(&of_axis(0), across), (&of_axis(1), down)],
            [&|x| format!("{x:.1}"), &|y| format!("{y:.1}")],
        )?;
        let shown = points.iter().zip(labels).step_by(step);
        chart
            .draw_series(shown.map(|([x, y], class)| {
                Circle::new((*x, *y), 2, colour(*class).mix(0.65).filled())
            }))?;
        for (class, name) in class_names.iter().enumerate() {
            let own = points
                .iter()
                .zip(labels)
                .filter(|(_, label)| **label == class);
            let own: Vec<&[f64; 2]> = own.map(|(point, _)| point).collect();
            if own.is_empty() {
                continue;
            }
            let y = 70 + 26 * class as i32;
            legend.draw(&Circle::new((8, y), 6, colour(class).filled()))?;
            let style = text_style(14, INK, HPos::Left, VPos::Center);
            legend.draw_text(&figure::truncate_start(name, 14, 140), &style, (22, y))?;
            let middle = [0, 1].map(|axis| median(own.iter().map(|point| point[axis])));
            let at = (middle[0], middle[1]);
            chart.draw_series([Circle::new(at, 10, colour(class).filled())])?;
            chart.draw_series([Circle::new(at, 10, WHITE.stroke_width(2))])?;
            let style = text_style(13, WHITE, HPos::Center, VPos::Center);
            let letter: String = name.chars().take(1).collect();
            chart.draw_series([Text::new(letter, at, style)])?;
        }
        Ok(())
    })
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Returns a range that contains nearly all of the values.
fn frame(values: impl Iterator<Item = f64>) -> std::ops::Range<f64> {
    let mut values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1) as f64;
    let at = |share: f64| values.get((share * last).round() as usize).copied();
    let (low, high) = (
        at(TAIL).unwrap_or_default(),
        at(1.0 - TAIL).unwrap_or_default(),
    );
    let margin = (0.06 * (high - low)).max(1e-3);
    low - margin..high + margin
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_with_codes_has_its_dots_and_its_name() {
        let codes = Codes {
            units: 3,
            values: (0..300u16).map(|i| f32::from(i) * 0.37 % 5.0).collect(),
        };
        let labels: Vec<usize> = (0..100).map(|i| i % 2).collect();
        let names = ["glioma", "meningioma", "absent"].map(str::to_owned);
        let svg = draw(&PrincipalPlane::fit(&codes), &codes, &labels, &names).unwrap();
        // A circle per code, and per class one in the legend and two in the chart.
        assert_eq!(svg.matches("<circle").count(), 100 + 2 * 3);
        assert!(svg.contains("meningioma") && !svg.contains("absent"));
        assert!((0..10).all(|a| (0..a).all(|b| colour(a) != colour(b))));
    }
}
