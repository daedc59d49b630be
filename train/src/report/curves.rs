//! Figure of loss and accuracy of training and validation over the epochs (figures 10.9 and 10.10 of the chapter).

use anyhow::Result;
use figures::{Axis, Mark, Plot, Series, plot};

use crate::fit::history::Epoch;

/// Panels: name of the metric and title. Each is drawn if its metric was recorded, a cross-entropy only if the loss has
/// other terms.
const PANELS: [(&str, &str); 4] = [
    ("loss", "Loss"),
    ("accuracy", "Accuracy"),
    ("bce", "Binary cross-entropy"),
    ("cross-entropy", "Cross-entropy per token"),
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
    let panels = PANELS.iter().filter(|(name, _)| is_drawn(name));
    let plots: Vec<Plot> = panels
        .map(|(name, title)| panel(name, title, epochs))
        .collect();
    Ok(Some(plot::draw(&plots, plots.len())?))
}

fn panel(name: &str, title: &str, epochs: &[Epoch]) -> Plot {
    let curve = |part: &str, value: &dyn Fn(&Epoch) -> Option<f64>, colour| {
        let points = epochs.iter();
        let points = points.filter_map(|epoch| Some((epoch.epoch as f64, value(epoch)?)));
        Series::line(part, points.collect(), colour).marked(Mark::Joined)
    };
    let series = vec![
        curve("training", &|epoch| epoch.train.get(name).copied(), 0),
        curve("validation", &|epoch| epoch.valid.get(name).copied(), 1),
    ];
    Plot::new(title, Axis::new("epoch").integers(), Axis::new(""), series)
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
