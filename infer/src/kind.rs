//! What all kinds of models and of answers have in common.

use std::io;

use serde::Serialize;

use crate::arguments::Arguments;
use crate::error::{Outcomes, Result};
use crate::info::ModelInfo;
use crate::terminal::Terminal;

/// An answer about one input. Its serialisation is what `--json` prints.
pub(crate) trait Answer: Serialize {
    /// Prints the answer as text.
    fn print(&self, terminal: &mut Terminal) -> io::Result<()>;

    /// Returns the row of the table of `--csv`.
    fn row(&self) -> Vec<String>;
}

/// A model of one kind: what it reads and how it answers.
pub(crate) trait Kind {
    /// An input. Its answer may consist of several, for example one for each piece of a recording.
    type Input;
    /// An answer.
    type Answer: Answer;

    /// Number of inputs that are answered together.
    const BATCH: usize;
    /// Summary of inputs that failed, after their number: `pictures could not be answered`.
    const FAILED: &'static str;

    /// Returns the description of the model.
    fn info(&self) -> &ModelInfo;

    /// Finds the inputs that the arguments name.
    ///
    /// # Errors
    /// If the arguments do not fit together. An input that cannot be read is an outcome.
    fn read(&self, arguments: &Arguments) -> Result<Outcomes<Self::Input>>;

    /// Answers at most [`BATCH`](Self::BATCH) inputs, in their order.
    ///
    /// # Errors
    /// If the model cannot answer, or a file cannot be written. An input that cannot be read is an outcome.
    fn answer(&mut self, inputs: &[Self::Input]) -> Result<Outcomes<Self::Answer>>;

    /// Returns the header of the table of `--csv`.
    fn columns(&self) -> Vec<String>;

    /// Writes what is made of all answers together.
    ///
    /// # Errors
    /// If a file cannot be written.
    fn finish(&mut self) -> Result<()> {
        Ok(())
    }

    /// Prints how many of several answers were of each sort.
    fn print_counts(&self, _terminal: &mut Terminal) -> io::Result<()> {
        Ok(())
    }

    /// Returns the name and the value of the figure that sums up the model's quality.
    fn quality(&self) -> (&'static str, String);
}
