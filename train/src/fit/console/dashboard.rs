//! Burn's dashboard, as one that signals reach and that always gives the terminal back.

use std::error::Error;
use std::thread::sleep;
use std::time::{Duration, Instant};

use burn::train::logger::{EvaluationProgressLogger, TrainingProgressLogger};
use burn::train::metric::MetricDefinition;
use burn::train::renderer::tui::TuiMetricsRendererWrapper;
use burn::train::renderer::{
    EvaluationName, MetricState, MetricsRenderer, MetricsRendererEvaluation,
    MetricsRendererTraining,
};
use burn::train::{Interrupter, LearnerSummary};

use crate::fit::interrupt::{self, Signal, Training};
use crate::fit::terminal::{self, Cover};

/// Message of the panic by which Burn kills a training (`q`, then `k`).
const KILLED: &str = "Killing training from user input.";

/// Burn's dashboard.
///
/// Burn's own takes Ctrl-C as a key without effect, forgets at the end that it was interrupted, and panics to kill the
/// training. This one delivers Ctrl-C as a signal, keeps the interruption in [`interrupt`], and ends the process.
pub(super) struct Dashboard {
    /// Burn's renderer; `None` when it is closed.
    renderer: Option<TuiMetricsRendererWrapper>,
    cover: Option<Cover>,
    training: Option<Training>,
}

impl Dashboard {
    /// Opens the dashboard; `resumed` is the last epoch of the earlier run.
    pub(super) fn open(interrupter: &Interrupter, resumed: Option<usize>) -> Self {
        let keys = Interrupter::new();
        let cover = Cover::begin();
        let mut renderer = TuiMetricsRendererWrapper::new(keys.clone(), resumed);
        if is_drawing(&mut renderer, &keys) {
            // Burn's hook leaves the alternate screen at any panic, and draws on.
            drop(std::panic::take_hook());
            std::panic::set_hook(Box::new(|panic| {
                if panic.payload_as_str() == Some(KILLED) {
                    interrupt::quit(Signal::Interrupt);
                }
            }));
            #[cfg(unix)]
            // Without it, Ctrl-C is a key without effect; `q` still stops the training.
            let _ = terminal::deliver_ctrl_c();
        }
        keys.reset();
        Self {
            renderer: Some(renderer),
            cover: Some(cover),
            training: Some(Training::begin(interrupter, Some(&keys))),
        }
    }
}

/// Waits until Burn's thread has taken over the terminal and set its panic hook, and returns whether it has.
///
/// The thread does not tell, but it resets the interrupter at the end of a training.
fn is_drawing(renderer: &mut TuiMetricsRendererWrapper, keys: &Interrupter) -> bool {
    let end = Instant::now() + terminal::PATIENCE;
    while Instant::now() < end {
        if renderer.on_train_end(None).is_err() {
            return false;
        }
        keys.stop(None);
        sleep(Duration::from_millis(1));
        if !keys.should_stop() {
            return true;
        }
    }
    false
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        if let Some(renderer) = self.renderer.take() {
            // Burn's closes itself only on a thread that does not panic, and waits for ever if the terminal has gone.
            terminal::with_patience(move || drop(renderer));
        }
        self.cover = None;
        self.training = None;
        interrupt::announce_evaluation();
    }
}

impl TrainingProgressLogger for Dashboard {
    fn start(&mut self, epochs: usize, first: usize, items: Option<usize>, label: Option<&str>) {
        if let Some(renderer) = &mut self.renderer {
            renderer.start(epochs, first, items, label);
        }
    }

    fn update_epoch(&mut self, epoch: usize) {
        if let Some(renderer) = &mut self.renderer {
            renderer.update_epoch(epoch);
        }
    }

    fn start_split(&mut self, split: &str, total_items: usize) {
        if let Some(renderer) = &mut self.renderer {
            renderer.start_split(split, total_items);
        }
    }

    fn update_split(&mut self, items_processed: usize) {
        // Passes the key `q` on to the training.
        interrupt::requested();
        if let Some(renderer) = &mut self.renderer {
            renderer.update_split(items_processed);
        }
    }

    fn end_split(&mut self) {
        if let Some(renderer) = &mut self.renderer {
            renderer.end_split();
        }
    }

    fn end(&mut self) {}

    fn log_event_training(&mut self, event: String) {
        if let Some(renderer) = &mut self.renderer {
            renderer.log_event_training(event);
        }
    }
}

impl MetricsRendererTraining for Dashboard {
    fn update_train(&mut self, state: MetricState) {
        if let Some(renderer) = &mut self.renderer {
            renderer.update_train(state);
        }
    }

    fn update_valid(&mut self, state: MetricState) {
        if let Some(renderer) = &mut self.renderer {
            renderer.update_valid(state);
        }
    }

    fn on_train_end(&mut self, summary: Option<LearnerSummary>) -> Result<(), Box<dyn Error>> {
        // Before Burn's forgets it.
        interrupt::requested();
        match &mut self.renderer {
            Some(renderer) => renderer.on_train_end(summary),
            None => Ok(()),
        }
    }
}

impl MetricsRenderer for Dashboard {
    fn manual_close(&mut self) {}

    fn register_metric(&mut self, definition: MetricDefinition) {
        if let Some(renderer) = &mut self.renderer {
            renderer.register_metric(definition);
        }
    }
}

// As for the lines: `tasks::evaluation` evaluates, and these are never called.
impl EvaluationProgressLogger for Dashboard {
    fn start_global_progress(&mut self, _total_tests: usize) {}
    fn start_test(&mut self, _name: &str, _total_items: usize) {}
    fn update_test_progress(&mut self, _items_processed: usize) {}
    fn end_test(&mut self) {}
    fn end_global_progress(&mut self) {}
    fn log_event_evaluation(&mut self, _event: String) {}
}

impl MetricsRendererEvaluation for Dashboard {
    fn update_test(&mut self, _name: EvaluationName, _state: MetricState) {}
}
