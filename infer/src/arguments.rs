//! The command line of `infer`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Parser;
use clap::error::ErrorKind;
use models::device::DeviceChoice;

use crate::error::{Error, Result};

/// Where the examples stand in `--help`.
const EXAMPLES: &str = "\
Examples:
  infer scan.jpg                             the newest model of runs/ answers
  infer scan.jpg --show                      and the picture is drawn in the terminal
  infer scans/ more.png --top 1              folders are searched, hidden files are left out
  infer digit.png --model mnist-mlp-3        the model of runs/mnist-mlp-3
  infer digit.png --model best.safetensors   a model file from anywhere
  infer scans/ --json > answers.json         one document for a program
  infer scans/ --csv answers.csv             a table for a spreadsheet
  infer digit.png --model autoencoder-1      its reconstruction, in reconstructions/, and its error
  infer digits/ --codes codes.csv            the codes of many pictures
  infer eeg.csv --model eeg-gru-1            each second of EEG, and the trace in traces/
  infer --text \"How are you?\"                its translation, where the model is a translator
  infer sentences.txt --model translate-1    a translation of each line
  infer --text '(It (works well))'           the sentiment of a sentence and of its phrases
  curl -s https://example.org/a.png | infer -    one picture from standard input

Exit codes:
  0  every picture was answered
  1  something failed: one line says what; the other pictures are still answered
  2  wrong arguments

Through cargo, put `--` before the arguments: cargo run -p infer -- scan.jpg";

/// Answers for pictures with a model that Hebb trained.
///
/// A model carries what it needs (preprocessing, class names, how well it did on its test
/// pictures), so a picture is all that has to be named.
#[derive(Clone, Debug, Parser)]
#[command(name = "infer", version, after_help = EXAMPLES)]
pub struct Arguments {
    /// Pictures (JPEG, PNG, TIFF, BMP, WebP, GIF), folders of pictures, or `-` for one from stdin; for a model of
    /// EEG tables of microvolts (CSV): a piece in each row, or one recording in a single column
    #[arg(value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,

    /// A sentence, to be translated or for its sentiment: then with its parse, as '(It (works well))', labelled or
    /// not, or plain, whose tree is made right-branching. INPUT may be a text with a sentence on each line, or `-`
    #[arg(long, short, value_name = "SENTENCE", allow_hyphen_values = true)]
    pub text: Vec<String>,

    /// A model file, a run's folder, or the name of a run [default: the run `latest`, else
    /// `brain-tumor`, which is shipped with Hebb]
    #[arg(long, short, value_name = "FILE|RUN")]
    pub model: Option<PathBuf>,

    /// The folder that holds the runs
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub runs: PathBuf,

    /// Where to compute.
    #[arg(
        long,
        help = "Where to compute: auto, flex, ndarray, wgpu[:N], cuda[:N]; `help` lists what is built in",
        value_name = "D",
        env = "HEBB_DEVICE",
        hide_env_values = true,
        default_value = "auto"
    )]
    pub device: String,

    /// How many of the most probable classes (or translations) are shown, at least 1 [default: all
    /// classes, up to 5; 3 translations]
    #[arg(long, short = 'k', value_name = "K", value_parser = parse_top)]
    pub top: Option<usize>,

    /// Print one JSON document instead of bars
    #[arg(long)]
    pub json: bool,

    /// Write the answers as a table too, `-` for stdout (then in place of the bars)
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,

    /// Draw the trees of sentences into this file, as SVG
    #[arg(long, value_name = "FILE.svg")]
    pub tree: Option<PathBuf>,

    /// Where an autoencoder's reconstructions are written, as PICTURE-reconstructed.png [default:
    /// reconstructions]
    #[arg(long, value_name = "DIR")]
    pub reconstructions: Option<PathBuf>,

    /// Where recordings are drawn with the answers under them, as NAME-trace.svg and .png [default: traces]
    #[arg(long, value_name = "DIR")]
    pub traces: Option<PathBuf>,

    /// Draw which units of a spiking network fired when for each answer, as NAME-raster.svg and .png
    #[arg(long, value_name = "DIR")]
    pub rasters: Option<PathBuf>,

    /// Write an autoencoder's codes as a table, `-` for stdout
    #[arg(long, value_name = "FILE")]
    pub codes: Option<PathBuf>,

    /// Draw where a translator looked for each word of its translation of one sentence
    #[arg(long, value_name = "FILE.svg")]
    pub attention: Option<PathBuf>,

    /// Draw each picture in the terminal
    #[arg(long)]
    pub show: bool,

    /// Stop at the first picture that cannot be read instead of going on with the others
    #[arg(long)]
    pub strict: bool,
}

/// What the command line asks for.
#[derive(Debug)]
pub enum Request {
    /// Answer for the inputs on the device.
    Answer(Box<Arguments>, DeviceChoice),
    /// Print this text (help, version, the list of devices) and end.
    Print(String),
}

impl Arguments {
    /// Whether a table takes the place of the answers on stdout.
    pub fn table_on_stdout(&self) -> bool {
        self.tables_on_stdout() > 0
    }

    fn tables_on_stdout(&self) -> usize {
        let tables = [&self.csv, &self.codes].into_iter().flatten();
        tables.filter(|path| path.as_os_str() == "-").count()
    }
}

/// Reads the command line, the program's name included.
///
/// # Errors
/// Arguments that make no sense, in one line.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Request> {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return explain(&error),
    };
    if arguments.device == "help" {
        return Ok(Request::Print(models::device::help()));
    }
    let device = DeviceChoice::from_str(&arguments.device).map_err(Error::DeviceName)?;
    if arguments.inputs.is_empty() && arguments.text.is_empty() {
        return Err(Error::NoInputs);
    }
    if arguments
        .inputs
        .iter()
        .filter(|path| path.as_os_str() == "-")
        .count()
        > 1
    {
        return Err(Error::StdinTwice);
    }
    if usize::from(arguments.json) + arguments.tables_on_stdout() > 1 {
        return Err(Error::StdoutTwice);
    }
    Ok(Request::Answer(Box::new(arguments), device))
}

/// `--top` of nothing would be an answer without an answer.
fn parse_top(value: &str) -> std::result::Result<usize, String> {
    match value.parse() {
        Ok(0) => Err("at least 1 class must be shown".to_owned()),
        Ok(top) => Ok(top),
        Err(_) => Err("a whole number of classes is needed, such as 3".to_owned()),
    }
}

/// Help and version are asked for; anything else is an error, told in one line where clap uses
/// several and adds the usage.
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
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    #[test]
    fn wrong_arguments_are_told_in_one_line() {
        let cases = [
            ("infer", "no picture"),
            ("infer - -", "standard input"),
            ("infer a.png --top 0", "at least 1"),
            ("infer a.png --top many", "many"),
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
    fn everything_can_be_asked_for_at_once() {
        let line =
            "infer a.png b - --model run-1 --runs r --device flex --top 3 --csv - --show --strict";
        let Ok(Request::Answer(arguments, _)) = parsed(line) else {
            panic!("refused: {line}");
        };
        assert_eq!(arguments.inputs.len(), 3);
        assert_eq!(arguments.top, Some(3));
        assert!(arguments.table_on_stdout() && arguments.show && arguments.strict);
    }
}
