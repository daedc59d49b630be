//! Figure of loss and accuracy of training and validation over the epochs (figures 10.9 and 10.10 of the chapter).

use anyhow::Result;
use plotters::prelude::*;

use super::figure::{self, Area, COLOURS, DrawResult};
use crate::fit::history::Epoch;

/// Width and height of a panel, in pixels.
const PANEL: (u32, u32) = (500, 420);

/// Panels, each drawn if its metric was recorded: name of the metric, title, and the position where a legend hides least.
/// A cross-entropy is drawn only if the loss has other terms.
const PANELS: [(&str, &str, SeriesLabelPosition); 4] = [
    ("loss", "Loss", SeriesLabelPosition::UpperRight),
    ("accuracy", "Accuracy", SeriesLabelPosition::LowerRight),
    (
        "bce",
        "Binary cross-entropy",
        SeriesLabelPosition::UpperRight,
    ),
    (
        "cross-entropy",
        "Cross-entropy per token",
        SeriesLabelPosition::UpperRight,
    ),
];

/// Draws the curves; `None` if no epoch finished.
///
/// # Errors
/// When drawing fails.
pub fn draw(epochs: &[Epoch]) -> Result<Option<String>> {
    let Some(last) = epochs.last() else {
        return Ok(None);
    };
    let is_drawn = |name: &str| {
        last.train.contains_key(name)
            && (["loss", "accuracy"].contains(&name)
                || last.train.get(name) != last.train.get("loss"))
    };
    let shown: Vec<_> = PANELS.iter().filter(|(name, ..)| is_drawn(name)).collect();
    let size = (PANEL.0 * shown.len().max(1) as u32, PANEL.1);
    let svg = figure::svg(size, |area| {
        let panels = area.split_evenly((1, shown.len().max(1)));
        for (panel, (name, title, legend)) in panels.iter().zip(&shown) {
            draw_panel(panel, (name, title), legend, epochs)?;
        }
        Ok(())
    })?;
    Ok(Some(svg))
}

fn draw_panel(
    panel: &Area<'_>,
    (name, title): (&str, &str),
    legend: &SeriesLabelPosition,
    epochs: &[Epoch],
) -> DrawResult {
    let points = |part: &dyn Fn(&Epoch) -> Option<f64>| -> Vec<(f64, f64)> {
        let points = epochs
            .iter()
            .filter_map(|epoch| Some((epoch.epoch as f64, part(epoch)?)));
        points.filter(|(_, value)| value.is_finite()).collect()
    };
    let series = [
        ("training", points(&|epoch| epoch.train.get(name).copied())),
        (
            "validation",
            points(&|epoch| epoch.valid.get(name).copied()),
        ),
    ];
    let values = series
        .iter()
        .flat_map(|(_, points)| points.iter().map(|(_, y)| *y));
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
    let margin = ((high - low) * 0.08).max(1e-3);
    let first = epochs[0].epoch as f64;
    let last = epochs[epochs.len() - 1].epoch as f64;
    let digits = if high - low < 0.05 { 3 } else { 2 };

    let mut chart = figure::chart(
        panel,
        title,
        [
            ("epoch", first - 0.2..last + 0.2),
            ("", low - margin..high + margin),
        ],
        // Epochs are integers.
        [
            &|x| {
                if x.fract() == 0.0 {
                    format!("{x:.0}")
                } else {
                    String::new()
                }
            },
            &move |y| format!("{y:.digits$}"),
        ],
    )?;
    for ((label, points), colour) in series.into_iter().zip(COLOURS) {
        chart
            .draw_series(LineSeries::new(points.clone(), colour.stroke_width(2)))?
            .label(label)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
        let dots = points
            .into_iter()
            .map(|point| Circle::new(point, 3, colour.filled()));
        chart.draw_series(dots)?;
    }
    figure::legend(&mut chart, legend.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_panels_and_every_finite_point_are_drawn() {
        let epoch = |number, loss: f64| Epoch {
            epoch: number,
            train: [
                ("loss".to_owned(), loss),
                ("accuracy".to_owned(), 1.0 - loss),
            ]
            .into(),
            valid: [
                ("loss".to_owned(), loss + 0.1),
                ("accuracy".to_owned(), f64::NAN),
            ]
            .into(),
            learning_rate: 1e-3,
            seconds: 1.0,
        };
        let svg = draw(&[epoch(1, 0.5), epoch(2, 0.25)]).unwrap().unwrap();
        assert!(svg.contains("Loss") && svg.contains("Accuracy"));
        // Two points each for training loss, validation loss, training accuracy; NaN is left out.
        assert_eq!(svg.matches("<circle").count(), 6);
        assert_eq!(draw(&[]).unwrap(), None);
    }
}
