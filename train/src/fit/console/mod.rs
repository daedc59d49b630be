//! Progress of a training: Burn's dashboard on a terminal, otherwise one line per epoch.

mod dashboard;
mod lines;

use std::io::{IsTerminal, Write};

use burn::train::Interrupter;
use burn::train::renderer::MetricsRenderer;
use indicatif::ProgressBar;

use self::dashboard::Dashboard;
pub use self::lines::progress_bar;
use self::lines::{LineRenderer, line};
use crate::fit::history::EpochListener;
use crate::fit::terminal;

/// Where the progress of a run is shown.
#[derive(Clone, Debug)]
pub enum Console {
    /// Burn's dashboard.
    Dashboard,
    /// One line per epoch on standard error, with a progress bar if that is a terminal.
    Lines(ProgressBar),
}

impl Console {
    /// Chooses the dashboard if standard output is a terminal with a keyboard, unless `no_tui`.
    pub fn choose(no_tui: bool) -> Self {
        if !no_tui && std::io::stdout().is_terminal() && terminal::has_keyboard() {
            Self::Dashboard
        } else {
            Self::Lines(progress_bar(0, "epoch 1"))
        }
    }

    /// Creates a console of the same kind for another training.
    pub fn fresh(&self) -> Self {
        match self {
            Self::Dashboard => Self::Dashboard,
            Self::Lines(_) => Self::Lines(progress_bar(0, "epoch 1")),
        }
    }

    /// Returns the renderer for Burn's training; `resumed` is the last epoch of the earlier run.
    ///
    /// While it exists, a signal stops `interrupter` instead of ending the process.
    pub fn renderer(
        &self,
        interrupter: &Interrupter,
        resumed: Option<usize>,
    ) -> Box<dyn MetricsRenderer> {
        match self {
            Self::Dashboard => Box::new(Dashboard::open(interrupter, resumed)),
            Self::Lines(bar) => Box::new(LineRenderer::new(bar.clone(), interrupter, resumed)),
        }
    }

    /// Returns a listener that prints each epoch's figures, unless the dashboard shows them.
    pub fn listener(&self, epochs: usize) -> Option<EpochListener> {
        match self {
            Self::Dashboard => None,
            Self::Lines(bar) => {
                let bar = bar.clone();
                Some(Box::new(move |epoch| {
                    let line = line(epoch, epochs);
                    // The training goes on when the reader of the lines has gone.
                    bar.suspend(|| drop(writeln!(std::io::stderr(), "{line}")))
                }))
            }
        }
    }
}
