//! One call of the command: answers all inputs, and prints and writes the answers as they come.

use std::io::Write;
use std::process::ExitCode;

use models::layers::thousands;

use crate::arguments::Arguments;
use crate::document::Document;
use crate::error::{Error, Failure, Outcomes, Result};
use crate::kind::{Answer, Kind};
use crate::summary;
use crate::table::Table;
use crate::terminal::{Terminal, note};

/// Answers all inputs that the arguments name.
///
/// The inputs are answered in batches, so that the first answers of a large folder are there at once and its pictures
/// are never all in memory.
///
/// # Errors
/// If the model cannot answer, the answers cannot be written, or an input failed and the user wants to stop there.
pub(crate) fn answer_all<K: Kind>(
    mut model: K,
    arguments: &Arguments,
    table: Option<Table>,
) -> Result<ExitCode> {
    let inputs = model.read(arguments)?;
    let total = inputs.ok.len() + inputs.failed.len();
    let mut failures = Failures::new(arguments.strict);
    failures.add(inputs.failed)?;
    let mut outputs = Outputs::new(&model, arguments, table)?;
    for batch in inputs.ok.chunks(K::BATCH) {
        let Outcomes { ok, failed } = model.answer(batch)?;
        failures.add(failed)?;
        outputs.write(&ok)?;
    }
    model.finish()?;
    outputs.finish(&model, &failures.all)?;
    Ok(failures.exit_code(total, K::FAILED))
}

/// Outputs that the user asked for.
struct Outputs {
    text: Option<Terminal>,
    document: Option<Document>,
    table: Option<Table>,
    /// Number of answers so far.
    answers: usize,
}

impl Outputs {
    fn new(model: &impl Kind, arguments: &Arguments, mut table: Option<Table>) -> Result<Self> {
        if let Some(table) = &mut table {
            table.row(model.columns())?;
        }
        let document = arguments.json.then(|| Document::stdout(model.info()));
        Ok(Self {
            text: (arguments.prints_text()).then(|| Terminal::stdout(arguments.top)),
            document: document.transpose()?,
            table,
            answers: 0,
        })
    }

    /// Prints and writes answers.
    fn write(&mut self, answers: &[impl Answer]) -> Result<()> {
        self.answers += answers.len();
        for answer in answers {
            if let Some(terminal) = &mut self.text {
                answer.print(terminal)?;
            }
            if let Some(document) = &mut self.document {
                document.answer(answer)?;
            }
            if let Some(table) = &mut self.table {
                table.row(answer.row())?;
            }
        }
        if let Some(terminal) = &mut self.text {
            terminal.flush()?;
        }
        self.document.as_mut().map_or(Ok(()), Document::flush)
    }

    fn finish(self, model: &impl Kind, failed: &[Failure]) -> Result<()> {
        self.table.map_or(Ok(()), Table::finish)?;
        if let Some(document) = self.document {
            document.finish(failed)?;
        }
        if let Some(mut terminal) = self.text.filter(|_| self.answers > 0) {
            model.print_counts(&mut terminal)?;
            summary::print(&mut terminal, model.info(), model.quality())?;
            terminal.flush()?;
        }
        Ok(())
    }
}

/// Inputs without an answer.
struct Failures {
    is_strict: bool,
    all: Vec<Failure>,
}

impl Failures {
    fn new(is_strict: bool) -> Self {
        Self {
            is_strict,
            all: Vec::new(),
        }
    }

    /// Reports failures on standard error; with `--strict` the first one ends the call.
    fn add(&mut self, failures: Vec<Failure>) -> Result<()> {
        if let Some(first) = failures.first().filter(|_| self.is_strict) {
            return Err(Error::Strict(first.clone()));
        }
        failures
            .iter()
            .for_each(|failure| note(&failure.to_string()));
        self.all.extend(failures);
        Ok(())
    }

    /// Sums the failures up on standard error, and returns the exit code after `total` inputs.
    fn exit_code(&self, total: usize, what: &str) -> ExitCode {
        let failed = self.all.len();
        if failed == 0 {
            return ExitCode::SUCCESS;
        }
        if total > 1 {
            let (failed, total) = (thousands(failed), thousands(total));
            note(&format!("{failed} of {total} {what}"));
        }
        ExitCode::FAILURE
    }
}
