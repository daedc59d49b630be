//! The command, from its arguments to its exit code.

use std::ffi::OsString;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::panic;
use std::process::ExitCode;

use crate::answer::{Answer, BATCH, answer, refuse_failures};
use crate::arguments::{Arguments, Request, parse};
use crate::error::{Failed, Result};
use crate::inputs::{Inputs, collect};
use crate::model::{Model, find};
use crate::report::{self, Report};
use crate::table::Table;
use crate::text::printable;
use crate::{json, show};
use models::Doubt;
use models::device::DeviceChoice;
use models::layers::thousands;

/// Runs the command with the arguments, the program's name first.
///
/// # Errors
/// Nothing could be answered, or the answers could not be written.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<ExitCode> {
    match parse(arguments)? {
        Request::Print(text) => {
            writeln!(io::stdout(), "{}", text.trim_end())?;
            Ok(ExitCode::SUCCESS)
        }
        Request::Answer(arguments, device) => answer_all(&arguments, &device),
    }
}

/// Runs the command so that a fault of ours is told in one line, too; `RUST_BACKTRACE` shows more.
pub fn guard(command: impl FnOnce() -> ExitCode + panic::UnwindSafe) -> ExitCode {
    if std::env::var_os("RUST_BACKTRACE").is_none() {
        panic::set_hook(Box::new(|fault| {
            let place = fault
                .location()
                .map(ToString::to_string)
                .unwrap_or_default();
            let reason = fault.payload_as_str().unwrap_or("unknown reason");
            let line = format!(
                "infer: internal error at {place}: {reason} (RUST_BACKTRACE=1 shows more; please report it)"
            );
            let _ = writeln!(io::stderr(), "{}", printable(&line));
        }));
    }
    panic::catch_unwind(command).unwrap_or(ExitCode::FAILURE)
}

fn answer_all(arguments: &Arguments, choice: &DeviceChoice) -> Result<ExitCode> {
    let inputs = collect(&arguments.inputs)?;
    let path = find(arguments.model.as_deref(), &arguments.runs)?;
    let mut table = arguments.csv.as_deref().map(Table::create).transpose()?;
    let selected = models::device::select(choice).map_err(crate::Error::Device)?;
    if let Some(notice) = &selected.notice {
        tell(notice);
    }
    let model = Model::load(path, &selected.device)?;
    if let Some(table) = &mut table {
        table.header(&model.card.class_names, model.notice.as_deref())?;
    }

    let printer = Printer::new(arguments, &model);
    let total = inputs.pictures.len() + inputs.failed.len();
    let Answered {
        kept,
        doubts,
        failed,
    } = answer_batches(arguments, &model, inputs, printer, &mut table)?;
    if let Some(table) = table {
        table.finish()?;
    }
    let mut out = BufWriter::new(io::stdout());
    if arguments.json {
        json::write(&mut out, &model, &selected.description, &kept, &failed)?;
    } else if !arguments.csv_on_stdout() && failed.len() < total {
        report::tally(&mut out, &doubts)?;
        report::model(&mut out, &model, &selected.description)?;
    }
    out.flush()?;
    if failed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    if total > 1 {
        tell(&format!(
            "{} of {} pictures could not be answered",
            thousands(failed.len()),
            thousands(total)
        ));
    }
    Ok(ExitCode::FAILURE)
}

/// What became of the pictures.
struct Answered {
    /// The answers, where `--json` needs them together.
    kept: Vec<Answer>,
    /// Of each answer, why it is none.
    doubts: Vec<Option<Doubt>>,
    /// The pictures that could not be read.
    failed: Vec<Failed>,
}

/// Answers batch by batch, so that a large folder's first answers are there at once and its
/// pictures never all in memory.
fn answer_batches(
    arguments: &Arguments,
    model: &Model,
    inputs: Inputs,
    mut printer: Printer,
    table: &mut Option<Table>,
) -> Result<Answered> {
    let (mut kept, mut doubts) = (Vec::new(), Vec::new());
    let mut failed = Vec::new();
    let mut fail = |failures: Vec<Failed>| -> Result<()> {
        if arguments.strict {
            refuse_failures(&failures)?;
        }
        failures
            .iter()
            .for_each(|failure| tell(&failure.to_string()));
        failed.extend(failures);
        Ok(())
    };
    fail(inputs.failed)?;
    for batch in inputs.pictures.chunks(BATCH) {
        let (answers, failures) = answer(model, batch, printer.draws)?;
        fail(failures)?;
        printer.print(&answers)?;
        if let Some(table) = table {
            answers
                .iter()
                .try_for_each(|answer| table.row(answer, &model.card.class_names))?;
        }
        doubts.extend(answers.iter().map(|answer| answer.doubt));
        if arguments.json {
            kept.extend(answers);
        }
    }
    Ok(Answered {
        kept,
        doubts,
        failed,
    })
}

/// Prints answers for a person, unless standard output belongs to a program.
struct Printer {
    report: Option<Report>,
    draws: bool,
    out: BufWriter<Stdout>,
}

impl Printer {
    fn new(arguments: &Arguments, model: &Model) -> Self {
        let for_person = !arguments.json && !arguments.csv_on_stdout();
        let report = for_person.then(|| Report::new(model, arguments.top));
        let draws = arguments.show && for_person && io::stdout().is_terminal();
        if arguments.show && !draws {
            tell(
                "--show draws only where the answers are printed on a terminal: no picture is drawn",
            );
        }
        Self {
            report,
            draws,
            out: BufWriter::new(io::stdout()),
        }
    }

    fn print(&mut self, answers: &[Answer]) -> Result<()> {
        let Some(report) = &self.report else {
            return Ok(());
        };
        for answer in answers {
            report.path(&mut self.out, answer)?;
            if let Some(picture) = &answer.picture {
                self.out.flush()?;
                if let Err(error) = show::draw(picture, report.look.width) {
                    tell(&format!("cannot draw {}: {error}", answer.path));
                }
            }
            report.answer(&mut self.out, answer)?;
        }
        Ok(self.out.flush()?)
    }
}

/// A line on standard error. That nobody reads it is no reason to stop.
fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "infer: {}", printable(line));
}
