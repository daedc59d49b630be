//! The validation metric by which the best epoch is chosen.

use burn::train::metric::store::Direction;

use crate::fit::history::Epoch;

/// The validation metric by which the best epoch is chosen.
///
/// Among epochs with the same value, the one with the lowest validation loss is the best; among equals, the first.
#[derive(Clone, Copy)]
pub struct Monitor {
    /// Name of the metric in the history.
    pub metric: &'static str,
    /// Whether higher or lower is better.
    pub direction: Direction,
}

/// Name of the loss in the history.
const LOSS: &str = "loss";

impl Monitor {
    /// Highest validation accuracy.
    pub const ACCURACY: Self = Self {
        metric: "accuracy",
        direction: Direction::Highest,
    };

    /// Lowest validation loss.
    pub const LOSS: Self = Self {
        metric: LOSS,
        direction: Direction::Lowest,
    };

    /// Returns the monitor that a user names, or the first one; `None` if no monitor has this name.
    pub fn choose(monitors: &[Self], name: Option<&str>) -> Option<Self> {
        let mut monitors = monitors.iter();
        let chosen = match name {
            Some(name) => monitors.find(|monitor| monitor.metric == name),
            None => monitors.next(),
        };
        chosen.copied()
    }

    /// Returns the number of the best epoch, from 1; `None` if none has the metric.
    pub fn best(&self, epochs: &[Epoch]) -> Option<usize> {
        let cost = |epoch: &Epoch| {
            let value = *epoch.valid.get(self.metric)?;
            let cost = match self.direction {
                Direction::Highest => -value,
                Direction::Lowest => value,
            };
            let loss = epoch.valid.get(LOSS).copied().unwrap_or(f64::INFINITY);
            // NaN is worse than every number.
            Some([cost, loss].map(|cost| if cost.is_nan() { f64::INFINITY } else { cost }))
        };
        let costs = epochs
            .iter()
            .filter_map(|epoch| Some((epoch.epoch, cost(epoch)?)));
        let best = costs.min_by(|(_, a), (_, b)| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
        best.map(|(epoch, _)| epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epochs(figures: &[[f64; 2]]) -> Vec<Epoch> {
        let epochs = figures.iter().zip(1..);
        let epoch = |([accuracy, loss], epoch): (&[f64; 2], usize)| Epoch {
            epoch,
            valid: [("accuracy".to_owned(), *accuracy), (LOSS.to_owned(), *loss)].into(),
            ..Epoch::default()
        };
        epochs.map(epoch).collect()
    }

    #[test]
    fn ties_go_to_the_lower_loss_then_to_the_first() {
        let history = epochs(&[
            [0.8, 0.1],
            [0.9, 0.4],
            [0.9, 0.2],
            [0.9, 0.2],
            [0.9, f64::NAN],
        ]);
        assert_eq!(Monitor::ACCURACY.best(&history), Some(3));
        assert_eq!(Monitor::LOSS.best(&history), Some(1));
        assert_eq!(Monitor::LOSS.best(&[]), None);
    }

    #[test]
    fn a_monitor_is_chosen_by_the_name_of_its_metric() {
        let monitors = [Monitor::ACCURACY, Monitor::LOSS];
        let chosen = |name| Monitor::choose(&monitors, name).map(|monitor| monitor.metric);
        assert_eq!(chosen(None), Some("accuracy"));
        assert_eq!(chosen(Some("loss")), Some("loss"));
        assert_eq!(chosen(Some("Loss")), None);
    }

    #[test]
    fn an_epoch_without_a_figure_is_never_the_best() {
        let history = epochs(&[[f64::NAN, 0.1], [0.2, 0.4]]);
        assert_eq!(Monitor::ACCURACY.best(&history), Some(2));
        let other = Monitor {
            metric: "bleu",
            direction: Direction::Highest,
        };
        assert_eq!(other.best(&history), None);
    }
}
