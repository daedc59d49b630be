//! The end of a run: `result.json`, and the summary for the screen.

use anyhow::Result;
use serde::Serialize;

use super::result::{RunResult, TaskResults};
use super::{card, summary};
use crate::run_folder::RunFolder;

/// Version of the layout of `result.json`, raised when a field is renamed or removed.
pub const RESULT_FORMAT: u32 = 1;

/// Outcome of a finished run.
pub struct Finished {
    /// Summary for the screen.
    pub summary: String,
    /// Text of `result.json`.
    pub json: String,
}

impl Finished {
    /// Writes `card.md` and `result.json` of a training or an evaluation, and makes the run of a training the latest.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn training<R: TaskResults>(result: &RunResult<R>, folder: &RunFolder) -> Result<Self> {
        let RunResult { run, results, .. } = result;
        folder.write("card.md", card::card(run, results))?;
        // `result.json` is the last change: a run that has it is complete.
        if run.evaluation.is_none() {
            folder.make_latest()?;
        }
        Self::write(summary::summary(run, results), result, folder)
    }

    /// Writes `result.json`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(summary: String, result: &impl Serialize, folder: &RunFolder) -> Result<Self> {
        let json = serde_json::to_string_pretty(result)?;
        folder.write("result.json", format!("{json}\n"))?;
        Ok(Self { summary, json })
    }
}
