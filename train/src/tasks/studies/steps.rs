//! Integration steps of simulated neurons: progress over them, and errors about a step that is too large.

use indicatif::ProgressBar;
use neurons::Error;
use neurons::spiking::Times;

use crate::fit::console::progress_bar;
use crate::wrong_arguments::WrongArguments;

/// Creates a progress bar over the steps of `neurons` neurons.
pub(super) fn progress(neurons: usize, times: Times, message: &str) -> ProgressBar {
    let steps = (times.duration / times.step).ceil();
    progress_bar((neurons as f64 * steps) as u64, message)
}

/// Converts an error of a simulation: a step that is too large is a wrong argument.
pub(super) fn simulation_error(error: Error) -> anyhow::Error {
    match error {
        Error::Step { .. } | Error::UnstableStep { .. } | Error::Diverged { .. } => {
            WrongArguments::new(format!("--step: {error}")).into()
        }
        other => other.into(),
    }
}
