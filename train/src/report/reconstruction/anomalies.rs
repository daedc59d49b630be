//! Figure of anomaly detection by the reconstruction error: its histograms and its ROC curve.

use metrics::ranking::Ranking;
use metrics::reconstruction::AnomalyDetection;
use plotters::prelude::*;

use crate::report::figure::{self, Area, COLOURS, DrawResult, FigureError, MUTED};

/// Width and height of the figure, in pixels.
const SIZE: (u32, u32) = (1080, 480);

/// Number of bins of the histograms.
const BINS: usize = 40;

/// Fraction of the largest errors that the histograms gather in their last bin.
const TAIL: f64 = 0.01;

/// Draws histograms and ROC curve; `errors` and `labels` are those of the test pictures.
///
/// # Errors
/// When drawing fails.
pub fn draw(
    detection: &AnomalyDetection,
    errors: &[f64],
    labels: &[usize],
    class_names: &[String],
) -> Result<String, FigureError> {
    let is_normal: Vec<bool> = labels
        .iter()
        .map(|label| class_names.get(*label) == Some(&detection.normal))
        .collect();
    figure::svg(SIZE, |area| {
        let (left, right) = area.split_horizontally(SIZE.0 as i32 - SIZE.1 as i32 - 20);
        histograms(&left, detection, errors, &is_normal)?;
        curve(&right, detection, errors, &is_normal)
    })
}

fn histograms(
    panel: &Area<'_>,
    detection: &AnomalyDetection,
    errors: &[f64],
    is_normal: &[bool],
) -> DrawResult {
    let mut sorted = errors.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1) as f64;
    let high = sorted.get(((1.0 - TAIL) * last) as usize).copied();
    let high = high.unwrap_or(1.0).max(1e-6);
    let width = high / BINS as f64;
    let shares = |wanted: bool| {
        let own = errors.iter().zip(is_normal);
        let own: Vec<f64> = own
            .filter(|(_, normal)| **normal == wanted)
            .map(|(error, _)| *error)
            .collect();
        let mut bins = vec![0.0; BINS];
        for error in &own {
            let bin = ((error / width) as usize).min(BINS - 1);
            bins[bin] += 1.0 / own.len() as f64;
        }
        bins
    };
    let series = [
        (
            format!("{} (trained on)", detection.normal),
            shares(true),
            COLOURS[0],
        ),
        ("all others".to_owned(), shares(false), COLOURS[1]),
    ];
    let highest = series.iter().flat_map(|(_, bins, _)| bins);
    let highest = highest.copied().fold(1e-3, f64::max);
    let mut chart = figure::chart(
        panel,
        "Error of the test pictures",
        [
            ("mean squared error", 0.0..high),
            ("share of the pictures", 0.0..1.12 * highest),
        ],
        [&|x| format!("{x:.3}"), &figure::percent],
    )?;
    for (name, bins, colour) in series {
        let bars = bins.into_iter().enumerate().map(|(bin, share)| {
            let left = bin as f64 * width;
            Rectangle::new(
                [(left, 0.0), (left + width, share)],
                colour.mix(0.55).filled(),
            )
        });
        chart.draw_series(bars)?.label(name).legend(move |(x, y)| {
            Rectangle::new([(x, y - 5), (x + 18, y + 5)], colour.mix(0.55).filled())
        });
    }
    figure::legend(&mut chart, SeriesLabelPosition::UpperRight)
}

fn curve(
    panel: &Area<'_>,
    detection: &AnomalyDetection,
    errors: &[f64],
    is_normal: &[bool],
) -> DrawResult {
    let is_anomaly: Vec<bool> = is_normal.iter().map(|normal| !normal).collect();
    let mut chart = figure::chart(
        panel,
        "ROC of the error as a score",
        [
            ("normal pictures called", 0.0..1.0),
            ("anomalies found", 0.0..1.005),
        ],
        [&figure::percent, &figure::percent],
    )?;
    figure::diagonal(&mut chart, MUTED)?;
    let points = Ranking::new(errors).roc_curve(&is_anomaly);
    let label = detection
        .auroc
        .map_or("-".to_owned(), |area| format!("AUROC {area:.3}"));
    chart
        .draw_series(LineSeries::new(
            points.into_iter().map(|[x, y]| (x, y)),
            COLOURS[0].stroke_width(2),
        ))?
        .label(label)
        .legend(|(x, y)| PathElement::new([(x, y), (x + 18, y)], COLOURS[0].stroke_width(2)));
    figure::legend(&mut chart, SeriesLabelPosition::LowerRight)
}

#[cfg(test)]
mod tests {
    use super::*;
    use metrics::reconstruction::Reconstructions;

    #[test]
    fn the_normal_class_and_the_area_are_named() {
        let reconstructions = Reconstructions {
            errors: (0..60).map(|i| f64::from(i % 20) * 1e-3).collect(),
            ..Reconstructions::default()
        };
        let names = ["no_tumor", "glioma"].map(str::to_owned);
        let labels: Vec<usize> = (0..60).map(|i| i / 30).collect();
        let groups: Vec<usize> = (0..60).collect();
        let detection = reconstructions.detect_anomalies(0, &labels, &groups, &names);
        let svg = draw(&detection, &reconstructions.errors, &labels, &names).unwrap();
        let area = format!("AUROC {:.3}", detection.auroc.unwrap());
        assert!(
            svg.contains("no_tumor (trained on)") && svg.contains(&area),
            "{svg}"
        );
    }
}
