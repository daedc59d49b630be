//! Figure of ROC curves, each class against the rest.

use metrics::classification::roc_curve;
use metrics::{ClassificationMetrics, Predictions};
use plotters::prelude::*;

use super::figure::{self, COLOURS, FigureError, MUTED};

/// Width and height of the figure, in pixels.
const SIZE: (u32, u32) = (620, 600);

/// Smallest distance of two points that are both drawn, as a rate: less than a pixel.
const MIN_DISTANCE: f64 = 1e-3;

/// Draws a curve for each class that has one, with its area.
///
/// # Errors
/// When drawing fails.
pub fn draw(
    predictions: &Predictions,
    metrics: &ClassificationMetrics,
) -> Result<String, FigureError> {
    figure::svg(SIZE, |area| {
        let mut chart = figure::chart(
            area,
            "ROC, each class against the rest",
            [
                ("false positive rate", 0.0..1.0),
                ("true positive rate", 0.0..1.005),
            ],
            [&figure::percent, &figure::percent],
        )?;
        figure::diagonal(&mut chart, MUTED)?;
        for (class, of_class) in metrics.per_class.iter().enumerate() {
            let Some(area) = of_class.auroc else { continue };
            let colour = COLOURS[class % COLOURS.len()];
            let points = visible(roc_curve(predictions, class));
            chart
                .draw_series(LineSeries::new(points, colour.stroke_width(2)))?
                .label(format!("{}  {area:.3}", of_class.class))
                .legend(move |(x, y)| {
                    PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2))
                });
        }
        figure::legend(&mut chart, SeriesLabelPosition::LowerRight)
    })
}

/// Returns the points that are at least [`MIN_DISTANCE`] apart, and the last point.
fn visible(curve: Vec<[f64; 2]>) -> Vec<(f64, f64)> {
    let mut points: Vec<(f64, f64)> = Vec::new();
    let count = curve.len();
    for (place, [x, y]) in curve.into_iter().enumerate() {
        let far = (points.last()).is_none_or(|last| (x - last.0).max(y - last.1) >= MIN_DISTANCE);
        if far || place + 1 == count {
            points.push((x, y));
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_has_a_curve_with_its_area() {
        let mut predictions = Predictions::new(3);
        for example in 0..3000u32 {
            let score = (f64::from(example) * 0.7).sin() + f64::from(example % 2);
            predictions.push(&[0.0, score, -9.0], example as usize % 2);
        }
        let names = ["a", "b", "never"].map(String::from);
        let metrics = ClassificationMetrics::new(&predictions, &names, None);
        let svg = draw(&predictions, &metrics).unwrap();
        for class in &metrics.per_class[..2] {
            assert!(
                svg.contains(&format!("{}  {:.3}", class.class, class.auroc.unwrap())),
                "{svg}"
            );
        }
        assert!(
            !svg.contains("never"),
            "a class without examples has no curve"
        );
        assert!(visible(roc_curve(&predictions, 0)).len() <= 2001);
    }
}
