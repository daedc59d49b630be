//! Figure of anomaly detection by the reconstruction error: its histograms and its ROC curve.

use figures::roc::{self, Curve};
use figures::{Axis, FigureError, Plot, Series, plot};
use metrics::ranking::Ranking;
use metrics::reconstruction::AnomalyDetection;

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
    let is_anomaly: Vec<bool> = labels
        .iter()
        .map(|label| class_names.get(*label) != Some(&detection.normal))
        .collect();
    let curve = detection.auroc.map(|area| Curve {
        class: "AUROC".to_owned(),
        area,
        points: Ranking::new(errors).roc_curve(&is_anomaly),
    });
    let roc = roc::plot("ROC of the error as a score", curve.as_slice());
    let histograms = histograms(&detection.normal, errors, &is_anomaly);
    plot::draw(&[histograms, roc], 2)
}

fn histograms(normal: &str, errors: &[f64], is_anomaly: &[bool]) -> Plot {
    let mut sorted = errors.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1) as f64;
    let high = sorted.get(((1.0 - TAIL) * last) as usize).copied();
    let high = high.unwrap_or(1.0).max(1e-6);
    let bars = |name: String, wanted: bool, colour| {
        let own = errors.iter().zip(is_anomaly);
        let own = own.filter(|(_, is_anomaly)| **is_anomaly == wanted);
        let count = own.clone().count() as f64;
        let mut shares = [0.0; BINS];
        for (error, _) in own {
            let bin = ((error / high * BINS as f64) as usize).min(BINS - 1);
            shares[bin] += 1.0 / count;
        }
        Series::bars(name, &shares, 0.0..high, colour)
    };
    Plot::new(
        "Error of the test pictures",
        Axis::new("mean squared error"),
        Axis::new("share of the pictures").percent(),
        vec![
            bars(format!("{normal} (trained on)"), false, 0),
            bars("all others".to_owned(), true, 1),
        ],
    )
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
        let area = format!("AUROC  {:.3}", detection.auroc.unwrap());
        assert!(
            svg.contains("no_tumor (trained on)") && svg.contains(&area),
            "{svg}"
        );
    }
}
