//! One line per epoch, and a progress bar.

use std::error::Error;
use std::time::Duration;

use burn::train::logger::{EvaluationProgressLogger, TrainingProgressLogger};
use burn::train::metric::MetricDefinition;
use burn::train::renderer::{
    EvaluationName, MetricState, MetricsRenderer, MetricsRendererEvaluation,
    MetricsRendererTraining,
};
use burn::train::{Interrupter, LearnerSummary};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::fit::history::Epoch;
use crate::fit::interrupt::Training;

/// Creates a progress bar on standard error, hidden if that is no terminal.
pub fn progress_bar(length: u64, message: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{msg:12} {wide_bar} {pos}/{len} {eta}") {
        bar.set_style(style);
    }
    bar.set_message(message.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Formats one epoch: `epoch 2/6  loss 0.1623  accuracy 0.9536  valid loss 0.1420  valid accuracy 0.9595  lr 1e-3  1.4 s`
pub(super) fn line(epoch: &Epoch, epochs: usize) -> String {
    let mut parts = vec![format!("epoch {}/{epochs}", epoch.epoch)];
    for (prefix, figures) in [("", &epoch.train), ("valid ", &epoch.valid)] {
        // The loss first, as is usual.
        let mut names: Vec<_> = figures.keys().collect();
        names.sort_by_key(|name| (name.as_str() != "loss", name.as_str()));
        parts.extend(
            names
                .iter()
                .map(|name| format!("{prefix}{name} {:.4}", figures[*name])),
        );
    }
    parts.push(format!("lr {:.2e}", epoch.learning_rate));
    parts.push(format!("{:.1} s", epoch.seconds));
    parts.join("  ")
}

/// Shows progress by a bar over the batches.
pub(super) struct LineRenderer {
    bar: ProgressBar,
    epoch: usize,
    epochs: usize,
    _training: Training,
}

impl LineRenderer {
    /// Creates a renderer; `resumed` is the last epoch of the earlier run.
    pub(super) fn new(bar: ProgressBar, interrupter: &Interrupter, resumed: Option<usize>) -> Self {
        Self {
            bar,
            epoch: resumed.unwrap_or(0) + 1,
            epochs: 0,
            _training: Training::begin(interrupter, None),
        }
    }
}

impl TrainingProgressLogger for LineRenderer {
    fn start(&mut self, epochs: usize, _first: usize, _items: Option<usize>, _label: Option<&str>) {
        self.epochs = epochs;
    }

    fn update_epoch(&mut self, epoch: usize) {
        self.epoch = epoch + 1;
    }

    fn start_split(&mut self, split: &str, total_items: usize) {
        self.bar.set_length(total_items as u64);
        self.bar.set_position(0);
        self.bar.set_message(match split {
            "train" => format!("epoch {}/{}", self.epoch, self.epochs),
            other => other.to_owned(),
        });
    }

    fn update_split(&mut self, items_processed: usize) {
        self.bar.set_position(items_processed as u64);
    }

    fn end_split(&mut self) {}

    fn end(&mut self) {
        self.bar.finish_and_clear();
    }

    fn log_event_training(&mut self, _event: String) {}
}

impl MetricsRendererTraining for LineRenderer {
    fn update_train(&mut self, _state: MetricState) {}

    fn update_valid(&mut self, _state: MetricState) {}

    fn on_train_end(&mut self, _summary: Option<LearnerSummary>) -> Result<(), Box<dyn Error>> {
        Ok(())
    }
}

// Burn evaluates only on request, and `tasks::evaluation` does that here, so these are never called.
impl EvaluationProgressLogger for LineRenderer {
    fn start_global_progress(&mut self, _total_tests: usize) {}
    fn start_test(&mut self, _name: &str, _total_items: usize) {}
    fn update_test_progress(&mut self, _items_processed: usize) {}
    fn end_test(&mut self) {}
    fn end_global_progress(&mut self) {}
    fn log_event_evaluation(&mut self, _event: String) {}
}

impl MetricsRendererEvaluation for LineRenderer {
    fn update_test(&mut self, _name: EvaluationName, _state: MetricState) {}
}

impl MetricsRenderer for LineRenderer {
    fn manual_close(&mut self) {}

    fn register_metric(&mut self, _definition: MetricDefinition) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_every_figure_the_loss_first() {
        let figures = |loss, accuracy| {
            [("accuracy".to_owned(), accuracy), ("loss".to_owned(), loss)]
                .into_iter()
                .collect()
        };
        let epoch = Epoch {
            epoch: 2,
            train: figures(0.16234, 0.9536),
            valid: figures(0.142, 0.9595),
            learning_rate: 1e-3,
            seconds: 1.44,
        };
        insta::assert_snapshot!(line(&epoch, 6), @"epoch 2/6  loss 0.1623  accuracy 0.9536  valid loss 0.1420  valid accuracy 0.9595  lr 1.00e-3  1.4 s");
    }
}
