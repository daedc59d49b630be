//! ROC curves, each class against the rest.

use crate::axis::Axis;
use crate::canvas::svg;
use crate::error::FigureError;
use crate::plot::{Plot, draw_plot};
use crate::series::{Mark, Series};

/// Width and height of the figure, in pixels.
const SIZE: (u32, u32) = (620, 600);

/// ROC curve of one class.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// Name of the class.
    pub class: String,
    /// Area under the curve, from 0 to 1.
    pub area: f64,
    /// False and true positive rates, both ascending.
    pub points: Vec<[f64; 2]>,
}

/// Draws a curve for each class, named with its area, and the diagonal of chance, and returns the SVG.
///
/// # Errors
/// When drawing fails.
///
/// # Examples
/// ```
/// use figures::roc::{Curve, draw};
///
/// let points = vec![[0.0, 0.0], [0.1, 0.9], [1.0, 1.0]];
/// let svg = draw(&[Curve { class: "glioma".to_owned(), area: 0.9, points }])?;
/// assert!(svg.contains("glioma  0.900"));
/// # Ok::<(), figures::FigureError>(())
/// ```
pub fn draw(curves: &[Curve]) -> Result<String, FigureError> {
    svg(SIZE, |area| {
        draw_plot(area, &plot("ROC, each class against the rest", curves))
    })
}

/// Plots ROC curves under a title, each named with its class and its area.
pub fn plot(title: &str, curves: &[Curve]) -> Plot {
    let lines = curves.iter().enumerate().map(|(number, curve)| {
        let points = curve.points.iter().map(|[x, y]| (*x, *y)).collect();
        Series::line(
            format!("{}  {:.3}", curve.class, curve.area),
            points,
            number,
        )
    });
    let chance = Series::line("", vec![(0.0, 0.0), (1.0, 1.0)], 0).marked(Mark::Reference);
    Plot::new(
        title,
        Axis::new("false positive rate").range(0.0..1.0).percent(),
        // A curve at 1 is drawn in full.
        Axis::new("true positive rate").range(0.0..1.005).percent(),
        std::iter::once(chance).chain(lines).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::COLOURS;
    use plotters::style::Color;

    fn curves(classes: usize) -> Vec<Curve> {
        let curve = |class: usize| Curve {
            class: format!("class {class}"),
            area: 1.0 - class as f64 / 100.0,
            points: vec![[0.0, 0.0], [class as f64 / 100.0, 1.0], [1.0, 1.0]],
        };
        (0..classes).map(curve).collect()
    }

    #[test]
    fn each_class_has_a_curve_with_its_area() {
        let svg = draw(&curves(3)).unwrap();
        for text in ["class 0  1.000", "class 2  0.980", "40 %"] {
            assert!(svg.contains(text), "{text} in {svg}");
        }
    }

    #[test]
    fn ten_classes_have_ten_colours() {
        let svg = draw(&curves(10)).unwrap();
        for colour in COLOURS {
            let (red, green, blue) = colour.rgb();
            let hex = format!("stroke=\"#{red:02X}{green:02X}{blue:02X}\"");
            let lines = svg.lines().filter(|line| line.contains(&hex));
            // The curve, and its line in the legend.
            assert_eq!(lines.count(), 2, "{hex} in {svg}");
        }
    }
}
