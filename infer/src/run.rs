//! The command, from its arguments to its exit code.

use std::ffi::OsString;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::panic;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::answer::{Answer, BATCH, answer, refuse_failures};
use crate::arguments::{Arguments, Request, parse};
use crate::error::{Error, Failed, Result};
use crate::inputs::{Inputs, collect};
use crate::model::{Model, find};
use crate::outputs::Files;
use crate::reconstruct::{self, usual_error};
use crate::report::{self, Report};
use crate::table::Table;
use crate::text::printable;
use crate::translate::translate_all;
use crate::{json, sentiment, show, signal};
use image::DynamicImage;
use models::device::DeviceChoice;
use models::layers::thousands;

/// Where reconstructions and traces go unless another folder is named.
const RECONSTRUCTIONS: &str = "reconstructions";
const TRACES: &str = "traces";

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
    let path = find(arguments.model.as_deref(), &arguments.runs)?;
    let create = |option, path: &Option<PathBuf>| {
        let path = path.as_deref();
        path.map(|path| Table::create(option, path)).transpose()
    };
    let table = create("--csv", &arguments.csv)?;
    let codes = create("--codes", &arguments.codes)?;
    let selected = models::device::select(choice).map_err(Error::Device)?;
    if let Some(notice) = &selected.notice {
        tell(notice);
    }
    let model = Model::load(path, &selected.device)?;
    check_options(arguments, &model)?;
    if model.translates() {
        return translate_all(arguments, &model, &selected.description, table);
    }
    if model.reads_trees() {
        return sentiment::answer_all(arguments, &model, &selected.description, table);
    }
    let reads_signals = model.reads_signals();
    let inputs = if reads_signals {
        Inputs::default()
    } else {
        collect(&arguments.inputs)?
    };
    let session = Session {
        arguments,
        model: &model,
        device: &selected.description,
        total: if reads_signals {
            arguments.inputs.len()
        } else {
            inputs.pictures.len() + inputs.failed.len()
        },
        failures: Failures::new(arguments.strict),
    };
    if model.reconstructs() {
        session.reconstruct(inputs, table, codes)
    } else if reads_signals {
        session.classify_signals(table)
    } else {
        session.classify_pictures(inputs, table)
    }
}

/// Refuses options that mean nothing to the model.
fn check_options(arguments: &Arguments, model: &Model) -> Result<()> {
    let particular = [
        ("--attention", arguments.attention.is_some()),
        ("--codes", arguments.codes.is_some()),
        ("--rasters", arguments.rasters.is_some()),
        ("--reconstructions", arguments.reconstructions.is_some()),
        ("--show", arguments.show),
        ("--text", !arguments.text.is_empty()),
        ("--top", arguments.top.is_some()),
        ("--traces", arguments.traces.is_some()),
        ("--tree", arguments.tree.is_some()),
    ];
    let (takes, kind): (&[&str], _) = if model.translates() {
        let takes = &["--attention", "--text", "--top"];
        (takes, "a translator, which takes no pictures")
    } else if model.reads_trees() {
        (&["--text", "--top", "--tree"], "a model of sentences")
    } else if model.reconstructs() {
        let takes = &["--codes", "--reconstructions", "--show"];
        (takes, "an autoencoder, which tells no classes")
    } else if model.reads_signals() && model.spikes() {
        let kind = "a spiking classifier of recordings, which takes no pictures and no sentences";
        (&["--rasters", "--top", "--traces"], kind)
    } else if model.spikes() {
        let kind = "a spiking classifier of pictures, which gives none back and takes no sentences";
        (&["--rasters", "--show", "--top"], kind)
    } else if model.reads_signals() {
        let kind = "a classifier of recordings, which takes no pictures and no sentences";
        (&["--top", "--traces"], kind)
    } else {
        let kind = "a classifier of pictures, which gives none back and takes no sentences";
        (&["--show", "--top"], kind)
    };
    let mut given = particular.into_iter().filter(|(_, given)| *given);
    match given.find(|(option, _)| !takes.contains(option)) {
        Some((option, _)) => Err(Error::Misfit {
            option,
            path: model.path.clone(),
            kind,
        }),
        None => Ok(()),
    }
}

/// What could not be read.
pub(crate) struct Failures {
    strict: bool,
    pub(crate) all: Vec<Failed>,
}

impl Failures {
    /// None yet.
    pub(crate) fn new(strict: bool) -> Self {
        Self {
            strict,
            all: Vec::new(),
        }
    }

    /// Tells them; the first is the end where it should be.
    pub(crate) fn add(&mut self, failures: Vec<Failed>) -> Result<()> {
        if self.strict {
            refuse_failures(&failures)?;
        }
        failures
            .iter()
            .for_each(|failure| tell(&failure.to_string()));
        self.all.extend(failures);
        Ok(())
    }
}

impl Failures {
    /// How it ends after `total` inputs; `what` says of how many: they could not be answered.
    pub(crate) fn end(&self, total: usize, what: &str) -> Result<ExitCode> {
        if self.all.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        if total > 1 {
            tell(&format!(
                "{} of {} {what}",
                thousands(self.all.len()),
                thousands(total)
            ));
        }
        Ok(ExitCode::FAILURE)
    }
}

/// One call of the command, once the model is there.
struct Session<'a> {
    arguments: &'a Arguments,
    model: &'a Model,
    /// Where it computes, in words.
    device: &'a str,
    /// How many pictures were named or found.
    total: usize,
    failures: Failures,
}

impl Session<'_> {
    /// Answers batch by batch, so that a large folder's first answers are there at once and its
    /// pictures never all in memory.
    fn classify_pictures(mut self, inputs: Inputs, table: Option<Table>) -> Result<ExitCode> {
        let model = self.model;
        let printer = Printer::new(self.arguments, model);
        let draws = printer.draws;
        self.failures.add(inputs.failed)?;
        let batches = inputs.pictures.chunks(BATCH);
        let mut rasters = self.rasters()?;
        let batches = batches.map(|batch| answer(model, batch, draws, rasters.as_mut()));
        self.classify(printer, batches, table)
    }

    /// Answers file by file, and draws each.
    fn classify_signals(self, table: Option<Table>) -> Result<ExitCode> {
        let (arguments, model) = (self.arguments, self.model);
        let folder = arguments.traces.as_deref().unwrap_or(Path::new(TRACES));
        let mut files = Files::create(folder, "--traces", "trace")?;
        let mut rasters = self.rasters()?;
        let batches = arguments.inputs.iter().map(|path| {
            Ok(
                match signal::answer(model, path, &mut files, rasters.as_mut())? {
                    Ok(answered) => {
                        tell(&answered.said(path));
                        (answered.answers, Vec::new())
                    }
                    Err(failed) => (Vec::new(), vec![failed]),
                },
            )
        });
        self.classify(Printer::new(arguments, model), batches, table)
    }

    /// Where rasters go, if they are wanted.
    fn rasters(&self) -> Result<Option<Files>> {
        let folder = self.arguments.rasters.as_deref();
        (folder.map(|folder| Files::create(folder, "--rasters", "raster"))).transpose()
    }

    /// Prints, writes and counts answers.
    fn classify(
        mut self,
        mut printer: Printer,
        batches: impl Iterator<Item = Result<(Vec<Answer>, Vec<Failed>)>>,
        mut table: Option<Table>,
    ) -> Result<ExitCode> {
        let (arguments, model) = (self.arguments, self.model);
        let class_names = &model.card.class_names;
        if let Some(table) = &mut table {
            table.header(class_names, model.notice.as_deref())?;
        }
        let (mut kept, mut doubts) = (Vec::new(), Vec::new());
        for batch in batches {
            let (answers, failures) = batch?;
            self.failures.add(failures)?;
            for answer in &answers {
                printer.print(&answer.path, &[answer.picture.as_ref()], |report, out| {
                    report.answer(out, answer)
                })?;
                if let Some(table) = &mut table {
                    table.row(answer, class_names)?;
                }
            }
            printer.flush()?;
            doubts.extend(answers.iter().map(|answer| answer.doubt));
            if arguments.json {
                kept.extend(answers);
            }
        }
        table.map_or(Ok(()), Table::finish)?;
        if arguments.json {
            let mut out = BufWriter::new(io::stdout());
            json::write(&mut out, model, self.device, &kept, &self.failures.all)?;
        }
        self.end(|out| report::tally(out, &doubts))
    }

    /// The same for an autoencoder.
    fn reconstruct(
        mut self,
        inputs: Inputs,
        mut table: Option<Table>,
        mut codes: Option<Table>,
    ) -> Result<ExitCode> {
        let (arguments, model) = (self.arguments, self.model);
        let notice = model.notice.as_deref();
        let usual = usual_error(&model.card.metrics);
        let folder = arguments.reconstructions.as_deref();
        let mut files = Files::create(
            folder.unwrap_or(Path::new(RECONSTRUCTIONS)),
            "--reconstructions",
            "reconstructed",
        )?;
        if let Some(table) = &mut table {
            reconstruct::header(table, notice)?;
        }
        let mut printer = Printer::new(arguments, model);
        let (mut kept, mut unusual) = (Vec::new(), Vec::new());
        let mut has_header = false;
        self.failures.add(inputs.failed)?;
        for batch in inputs.pictures.chunks(BATCH) {
            let (all, failures) =
                reconstruct::reconstruct(model, batch, printer.draws, &mut files)?;
            self.failures.add(failures)?;
            for one in &all {
                let back = one.picture.as_ref().map(|_| &one.back);
                printer.print(&one.path, &[one.picture.as_ref(), back], |report, out| {
                    report.reconstruction(out, one, usual)
                })?;
                if let Some(table) = &mut table {
                    reconstruct::row(table, one, usual, notice)?;
                }
                if let Some(codes) = &mut codes {
                    if !has_header {
                        reconstruct::code_header(codes, one.code.len())?;
                        has_header = true;
                    }
                    reconstruct::code_row(codes, one)?;
                }
            }
            printer.flush()?;
            unusual.extend(all.iter().filter_map(|one| one.is_unusual(usual)));
            if arguments.json {
                kept.extend(all);
            }
        }
        table.map_or(Ok(()), Table::finish)?;
        codes.map_or(Ok(()), Table::finish)?;
        if arguments.json {
            let mut out = BufWriter::new(io::stdout());
            let failed = &self.failures.all;
            json::write_reconstructions(&mut out, model, self.device, &kept, usual, failed)?;
        }
        self.end(|out| report::tally_unusual(out, &unusual))
    }

    /// What is said after all pictures, and how it ends.
    fn end(self, tally: impl FnOnce(&mut BufWriter<Stdout>) -> io::Result<()>) -> Result<ExitCode> {
        let Self {
            arguments,
            failures,
            total,
            ..
        } = self;
        let failed = failures.all.len();
        if !arguments.json && !arguments.table_on_stdout() && failed < total {
            let mut out = BufWriter::new(io::stdout());
            tally(&mut out)?;
            report::model(&mut out, self.model, self.device)?;
            out.flush()?;
        }
        failures.end(total, "pictures could not be answered")
    }
}

/// Prints answers for a person, unless standard output belongs to a program.
struct Printer {
    report: Option<Report>,
    draws: bool,
    out: BufWriter<Stdout>,
}

impl Printer {
    fn new(arguments: &Arguments, model: &Model) -> Self {
        let for_person = !arguments.json && !arguments.table_on_stdout();
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

    /// The picture's path, the pictures to be drawn below it, and what `say` says of it.
    fn print(
        &mut self,
        path: &str,
        pictures: &[Option<&DynamicImage>],
        say: impl FnOnce(&Report, &mut BufWriter<Stdout>) -> io::Result<()>,
    ) -> Result<()> {
        let Some(report) = &self.report else {
            return Ok(());
        };
        report.path(&mut self.out, path)?;
        for picture in pictures.iter().flatten() {
            self.out.flush()?;
            if let Err(error) = show::draw(picture, report.look.width) {
                tell(&format!("cannot draw {path}: {error}"));
            }
        }
        Ok(say(report, &mut self.out)?)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(self.out.flush()?)
    }
}

/// A line on standard error. That nobody reads it is no reason to stop.
pub(crate) fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "infer: {}", printable(line));
}
