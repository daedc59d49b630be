//! Loss and accuracy of training and validation over the epochs, as one SVG (the chapter's figures
//! 10.9 and 10.10).

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::prelude::*;

use crate::history::Epoch;
use crate::run_folder::write_atomically;

/// Width and height in pixels.
const SIZE: (u32, u32) = (1000, 420);
/// Okabe and Ito's blue and vermilion: told apart by colour-blind readers too.
const TRAIN: RGBColor = RGBColor(0, 114, 178);
const VALID: RGBColor = RGBColor(213, 94, 0);

/// Draws the curves; nothing is written when no epoch finished.
///
/// # Errors
/// When drawing or the disk fails.
pub fn write(path: &Path, epochs: &[Epoch]) -> Result<()> {
    if epochs.is_empty() {
        return Ok(());
    }
    let mut svg = String::new();
    draw(&mut svg, epochs).map_err(|error| anyhow!("{}: {error}", path.display()))?;
    write_atomically(path, svg.as_bytes())
}

fn draw(svg: &mut String, epochs: &[Epoch]) -> Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let panels = root.split_evenly((1, 2));
    for (panel, name) in panels.iter().zip(["loss", "accuracy"]) {
        draw_panel(panel, name, epochs)?;
    }
    root.present()?;
    Ok(())
}

fn draw_panel(
    panel: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    name: &str,
    epochs: &[Epoch],
) -> Result<(), Box<dyn std::error::Error>> {
    let series: Vec<_> = [("training", TRAIN), ("validation", VALID)]
        .into_iter()
        .map(|(label, colour)| {
            let points: Vec<(f64, f64)> = epochs
                .iter()
                .filter_map(|epoch| {
                    let figures = if label == "training" {
                        &epoch.train
                    } else {
                        &epoch.valid
                    };
                    Some((epoch.epoch as f64, *figures.get(name)?))
                })
                .filter(|(_, value)| value.is_finite())
                .collect();
            (label, colour, points)
        })
        .collect();
    let values = series
        .iter()
        .flat_map(|(_, _, points)| points.iter().map(|(_, y)| *y));
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
    let margin = ((high - low) * 0.08).max(1e-3);
    let first = epochs[0].epoch as f64;
    let last = epochs[epochs.len() - 1].epoch as f64;

    let mut chart = ChartBuilder::on(panel)
        .caption(name, ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(56)
        .build_cartesian_2d(first - 0.2..last + 0.2, low - margin..high + margin)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_labels(epochs.len().min(10))
        .x_label_formatter(&|x| format!("{x:.0}"))
        .x_desc("epoch")
        .draw()?;
    for (label, colour, points) in series {
        chart
            .draw_series(LineSeries::new(points.clone(), colour.stroke_width(2)))?
            .label(label)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
        chart.draw_series(
            points
                .into_iter()
                .map(|point| Circle::new(point, 3, colour.filled())),
        )?;
    }
    chart
        .configure_series_labels()
        .position(if name == "loss" {
            SeriesLabelPosition::UpperRight
        } else {
            SeriesLabelPosition::LowerRight
        })
        .border_style(BLACK.mix(0.3))
        .background_style(WHITE)
        .draw()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_svg_holds_both_panels_and_every_point() {
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
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("curves.svg");
        write(&path, &[epoch(1, 0.5), epoch(2, 0.25)]).unwrap();
        let svg = std::fs::read_to_string(path).unwrap();
        assert!(svg.contains("loss") && svg.contains("accuracy"));
        // Two points each for training loss, validation loss, training accuracy; NaN is left out.
        assert_eq!(svg.matches("<circle").count(), 6);
    }
}
