//! A classifier's results as its figures take them.

use figures::reliability::{self, Reliability};
use figures::roc::Curve;
use metrics::calibration::{Bin, expected_calibration_error};
use metrics::classification::roc_curve;
use metrics::{ClassificationMetrics, Predictions};

/// Returns the ROC curve of each class that has one.
pub(super) fn roc_curves(predictions: &Predictions, metrics: &ClassificationMetrics) -> Vec<Curve> {
    let classes = metrics.per_class.iter().enumerate();
    let curves = classes.filter_map(|(class, of_class)| {
        Some(Curve {
            class: of_class.class.clone(),
            area: of_class.auroc?,
            points: roc_curve(predictions, class),
        })
    });
    curves.collect()
}

/// Returns bins with their calibration error.
pub(super) fn reliability(bins: &[Bin]) -> Reliability {
    let bin = |bin: &Bin| reliability::Bin {
        ends: [bin.low, bin.high],
        count: bin.n,
        confidence: bin.confidence,
        accuracy: bin.accuracy,
    };
    Reliability {
        bins: bins.iter().map(bin).collect(),
        error: expected_calibration_error(bins),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use figures::roc;
    use metrics::calibration::reliability_bins;

    #[test]
    fn each_class_with_examples_has_a_roc_curve() {
        let mut predictions = Predictions::new(3);
        for example in 0..3000u32 {
            let score = (f64::from(example) * 0.7).sin() + f64::from(example % 2);
            predictions.push(&[0.0, score, -9.0], example as usize % 2);
        }
        let names = ["a", "b", "never"].map(String::from);
        let metrics = ClassificationMetrics::new(&predictions, &names, None);
        let curves = roc_curves(&predictions, &metrics);
        assert_eq!(curves.len(), 2);
        let svg = roc::draw(&curves).unwrap();
        for class in &metrics.per_class[..2] {
            assert!(
                svg.contains(&format!("{}  {:.3}", class.class, class.auroc.unwrap())),
                "{svg}"
            );
        }
        assert!(!svg.contains("never"));
    }

    #[test]
    fn the_reliability_diagram_has_both_errors() {
        let mut predictions = Predictions::new(2);
        (0..50).for_each(|n| predictions.push(&[2.0, 0.0], usize::from(n % 4 == 0)));
        let after = predictions.with_temperature(2.0);
        let [before, after] =
            [&predictions, &after].map(|predictions| reliability(&reliability_bins(predictions)));
        let svg = reliability::draw(&before, &after, 2.0).unwrap();
        // A confidence of 88 % and an accuracy of 74 %; at half the logits the confidence is 73 %.
        for text in ["error 0.141", "error 0.009", "temperature 2.00", "50"] {
            assert!(svg.contains(text), "{text} is missing: {svg}");
        }
    }
}
