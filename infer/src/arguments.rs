//! Command line of `infer`.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::builder::Resettable;
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser};
use models::device::DeviceChoice;

use crate::error::{Error, Result};

/// End of `--help`.
const EXAMPLES: &str = "\
Examples:
  infer scan.jpg                             the newest model of runs/ answers
  infer scan.jpg --show                      the picture is drawn in the terminal too
  infer scans/ more.png --top 1              folders are searched, without hidden files
  infer stack.tif --page 12                  one page of a file that has several
  infer digit.png --model mnist-mlp-3        the model of runs/mnist-mlp-3
  infer digit.png --model best.safetensors   any model file
  infer scans/ --json > answers.json         one document for a program
  infer scans/ --csv answers.csv             a table for a spreadsheet
  infer digit.png --model autoencoder-1      its reconstruction, in reconstructions/, and its error
  infer digits/ --codes codes.csv            the codes of many pictures
  infer eeg.csv --model eeg-gru-1            each second of EEG, and a drawing in traces/
  infer --text \"How are you?\"                its translation, if the model is a translator
  infer sentences.txt --model translate-1    a translation of each line
  infer --text '(It (works well))'           the sentiment of a sentence and of its phrases
  curl -s https://example.org/a.png | infer -    one picture from standard input

Exit codes:
  0  every input was answered
  1  something failed: one line says what; the other inputs are still answered
  2  wrong arguments

Through cargo, put `--` before the arguments: cargo run -p infer -- scan.jpg";

/// Answers with a model that Hebb trained: classes of pictures, EEG and sentences, translations, reconstructions.
///
/// A model file holds all that an answer needs (network, preprocessing, class names), so an input is all you have to
/// name.
#[derive(Clone, Debug, Parser)]
#[command(name = "infer", version, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Inputs of the model's kind: pictures (JPEG, PNG, TIFF, BMP, WebP, GIF) or folders of pictures; EEG in microvolts
    /// as a table, one piece per row or one recording in a single column, without gaps and at the model's sampling rate;
    /// texts with one sentence per line. `-` is standard input
    #[arg(value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,

    /// Sentence to translate, or to classify by sentiment. For sentiment it may carry its parse, as
    /// '(It (works well))', labelled or not; without one, a right-branching tree is assumed
    #[arg(long, short, value_name = "SENTENCE", allow_hyphen_values = true)]
    pub text: Vec<String>,

    /// Model file, folder of a run, or name of a run [default: the run `latest`, or if there is none `brain-tumor`,
    /// which is part of this program]
    #[arg(long, short, value_name = "FILE|RUN")]
    pub model: Option<PathBuf>,

    /// Folder of the runs
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub runs: PathBuf,

    /// Device to compute on.
    #[arg(
        long,
        help = "Device to compute on: auto, flex, ndarray, wgpu[:N], cuda[:N]; `help` lists those of this program",
        value_name = "D",
        env = "HEBB_DEVICE",
        hide_env_values = true,
        default_value = "auto"
    )]
    pub device: String,

    /// Number of classes or translations to print for each input, at least 1 [default: 5 classes, 3 translations]
    #[arg(long, short = 'k', value_name = "K", value_parser = parse_top)]
    pub top: Option<usize>,

    /// Print one JSON document instead of text
    #[arg(long)]
    pub json: bool,

    /// Write the answers to a CSV table too; `-` prints the table instead of the text
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,

    /// Draw the parse trees of sentences, coloured by sentiment
    #[arg(long, value_name = "FILE.svg")]
    pub tree: Option<PathBuf>,

    /// Folder for an autoencoder's reconstructions, PICTURE-reconstructed.png [default: reconstructions]
    #[arg(long, value_name = "DIR")]
    pub reconstructions: Option<PathBuf>,

    /// Folder for drawings of recordings and their answers, NAME-trace.svg and .png [default: traces]
    #[arg(long, value_name = "DIR")]
    pub traces: Option<PathBuf>,

    /// Folder for raster plots of a spiking network's activity, NAME-raster.svg and .png
    #[arg(long, value_name = "DIR")]
    pub rasters: Option<PathBuf>,

    /// Write an autoencoder's codes to a CSV table; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub codes: Option<PathBuf>,

    /// Draw the attention of a translator while it translates one sentence
    #[arg(long, value_name = "FILE.svg")]
    pub attention: Option<PathBuf>,

    /// Page of a TIFF or frame of an animation to answer about, from 1 [default: the first that is neither blank nor a
    /// thumbnail]
    #[arg(long, value_name = "N", value_parser = parse_page)]
    pub page: Option<usize>,

    /// Draw each picture in the terminal
    #[arg(long)]
    pub show: bool,

    /// Stop at the first input that cannot be read, instead of answering the others
    #[arg(long)]
    pub strict: bool,
}

/// Task that the command line asks for.
#[derive(Debug)]
pub(crate) enum Request {
    /// Answer for the inputs on the device.
    Answer(Box<Arguments>, DeviceChoice),
    /// Print this text: help, version or the list of devices.
    Print(String),
}

impl Arguments {
    /// Returns whether the answers are printed as text.
    pub fn prints_text(&self) -> bool {
        !self.json && self.tables_on_stdout() == 0
    }

    fn tables_on_stdout(&self) -> usize {
        let tables = [&self.csv, &self.codes].into_iter().flatten();
        tables.filter(|path| path.as_os_str() == "-").count()
    }

    /// Checks that every option that depends on the kind of the model is in `accepted`.
    ///
    /// # Errors
    /// Names the first other option, the model and its `kind`.
    pub fn check_options(&self, accepted: &[&str], kind: &'static str, model: &Path) -> Result<()> {
        let given = [
            ("--attention", self.attention.is_some()),
            ("--codes", self.codes.is_some()),
            ("--page", self.page.is_some()),
            ("--rasters", self.rasters.is_some()),
            ("--reconstructions", self.reconstructions.is_some()),
            ("--show", self.show),
            ("--text", !self.text.is_empty()),
            ("--top", self.top.is_some()),
            ("--traces", self.traces.is_some()),
            ("--tree", self.tree.is_some()),
        ];
        let refused =
            (given.into_iter()).find(|(option, is_given)| *is_given && !accepted.contains(option));
        match refused {
            Some((option, _)) => Err(Error::UnsupportedOption {
                option,
                path: model.to_owned(),
                kind,
            }),
            None => Ok(()),
        }
    }
}

/// Parses the command line, whose first argument is the name of the program.
///
/// # Errors
/// Describes the first wrong argument, in one line.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Request> {
    let is_blank = |name: &OsStr| {
        std::env::var_os(name).is_some_and(|value| value.to_string_lossy().trim().is_empty())
    };
    // A blank variable counts as unset.
    let command = Arguments::command().mut_args(|option| match option.get_env() {
        Some(name) if is_blank(name) => option.env(Resettable::Reset),
        _ => option,
    });
    let matches = command.try_get_matches_from(arguments);
    let arguments = match matches.and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(arguments) => arguments,
        Err(error) => return explain(&error),
    };
    if arguments.device == "help" {
        return Ok(Request::Print(models::device::help()));
    }
    let device = DeviceChoice::from_str(&arguments.device).map_err(Error::DeviceName)?;
    let stdin = (arguments.inputs.iter()).filter(|path| path.as_os_str() == "-");
    let fault = if arguments.inputs.is_empty() && arguments.text.is_empty() {
        "no input: name pictures, folders, recordings or texts, or - for standard input"
    } else if stdin.count() > 1 {
        "standard input (-) is named twice, but it can be read only once"
    } else if usize::from(arguments.json) + arguments.tables_on_stdout() > 1 {
        "only one of --json, --csv - and --codes - can write to standard output: give the tables file names"
    } else {
        return Ok(Request::Answer(Box::new(arguments), device));
    };
    Err(Error::Arguments(fault.to_owned()))
}

/// Parses the value of `--top`.
fn parse_top(value: &str) -> std::result::Result<usize, String> {
    match value.parse() {
        Ok(0) => Err("at least 1 class must be shown".to_owned()),
        Ok(top) => Ok(top),
        Err(_) => Err("a whole number of classes is needed, such as 3".to_owned()),
    }
}

/// Parses the value of `--page`.
fn parse_page(value: &str) -> std::result::Result<usize, String> {
    match value.parse() {
        Ok(0) => Err("pages are counted from 1".to_owned()),
        Ok(page) => Ok(page),
        Err(_) => Err("the number of a page is needed, such as 2".to_owned()),
    }
}

/// Turns help and version into a request, and any other error of clap into one line without the usage.
fn explain(error: &clap::Error) -> Result<Request> {
    let text = error.render().to_string();
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        return Ok(Request::Print(text));
    }
    let line = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"))
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    let line = line.strip_prefix("error: ").unwrap_or(&line).to_owned();
    Err(Error::Arguments(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Request> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn wrong_arguments_are_refused_in_one_line() {
        let cases = [
            ("infer", "no input"),
            ("infer - -", "standard input"),
            ("infer a.png --top 0", "at least 1"),
            ("infer a.png --top many", "many"),
            ("infer a.tif --page 0", "from 1"),
            ("infer a.tif --page two", "two"),
            ("infer a.png --modle x", "--modle"),
            ("infer a.png --device abacus", "abacus"),
            ("infer a.png --json --csv -", "standard output"),
            ("infer a.png --json --codes -", "standard output"),
            ("infer a.png --csv - --codes -", "standard output"),
        ];
        for (line, part) in cases {
            let message = parsed(line).unwrap_err().to_string();
            assert!(message.contains(part), "{line}: {message}");
            assert_eq!(message.lines().count(), 1, "{line}: {message}");
        }
    }

    #[test]
    fn help_and_the_devices_are_printed() {
        for line in ["infer --help", "infer --version", "infer --device help"] {
            assert!(
                matches!(parsed(line), Ok(Request::Print(text)) if !text.is_empty()),
                "{line}"
            );
        }
    }

    #[test]
    fn options_can_be_combined() {
        let line =
            "infer a.png b - --model run-1 --runs r --device flex --top 3 --csv - --show --strict";
        let Ok(Request::Answer(arguments, _)) = parsed(line) else {
            panic!("refused: {line}");
        };
        assert_eq!(arguments.inputs.len(), 3);
        assert_eq!(arguments.top, Some(3));
        assert!(!arguments.prints_text() && arguments.show && arguments.strict);
    }
}
