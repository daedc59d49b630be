//! Classifiers of recordings, which answer for each piece and draw the recording with the answers.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use datasets::SignalPreprocessing;
use datasets::signals::recording::{self, Recording};
use datasets::signals::{STATISTICS, statistics};
use figures::trace::{self, Window};
use models::InputShape;

use crate::arguments::Arguments;
use crate::classes::{self, ClassAnswer};
use crate::classifier::{ClassNetwork, Classifier, Example};
use crate::error::{Failure, Outcomes, Result};
use crate::info::ModelInfo;
use crate::kind::Kind;
use crate::named_files::NamedFiles;
use crate::terminal::{Terminal, note};

/// Largest size of a recording, in bytes.
const MAX_BYTES: u64 = 1 << 30;

/// Number of pieces that go through the network together.
const PIECES: usize = 256;

/// Class whose probability is drawn; a model without it draws its last class.
const DRAWN_CLASS: &str = "seizure";

/// Folder of the drawings unless the user names another.
const DEFAULT_FOLDER: &str = "traces";

/// A classifier of recordings.
pub(crate) struct Signals {
    info: ModelInfo,
    preprocessing: SignalPreprocessing,
    classifier: Classifier,
    traces: NamedFiles,
}

impl Signals {
    /// Prepares a classifier for the arguments.
    ///
    /// # Errors
    /// If the preprocessing does not fit the network, an option does not apply, or a folder cannot be created.
    pub fn new(
        info: ModelInfo,
        preprocessing: SignalPreprocessing,
        network: ClassNetwork,
        arguments: &Arguments,
    ) -> Result<Self> {
        let shape = InputShape::Picture(preprocessing.shape());
        info.check(preprocessing.validate(), shape, &STATISTICS)?;
        let kinds = [
            "a classifier of recordings",
            "a spiking classifier of recordings",
        ];
        let classifier = Classifier::new(network, &info, arguments, kinds, &["--traces"])?;
        let folder = arguments.traces.as_deref();
        let folder = folder.unwrap_or(Path::new(DEFAULT_FOLDER));
        Ok(Self {
            info,
            preprocessing,
            classifier,
            traces: NamedFiles::create(folder, "--traces", "trace")?,
        })
    }

    /// Answers for every piece of a recording.
    fn classify(&mut self, path: &str, recording: &Recording) -> Result<Vec<ClassAnswer>> {
        let mut answers = Vec::with_capacity(recording.segments.len());
        for pieces in recording.segments.chunks(PIECES) {
            let values = pieces.iter().map(|piece| &*piece.values);
            let inputs = self.preprocessing.tensor(values, &self.info.device);
            let examples = pieces.iter().map(|piece| Example {
                file: path,
                path: format!("{path}: {}", piece.name),
                statistics: statistics(&piece.values).to_vec(),
            });
            let examples = examples.collect();
            answers.extend(self.classifier.classify(&self.info, inputs, examples)?);
        }
        Ok(answers)
    }

    /// Draws a recording with its answers, and returns the path of the drawing.
    fn draw(
        &mut self,
        path: &str,
        recording: &Recording,
        answers: &[ClassAnswer],
    ) -> Result<PathBuf> {
        let class_names = &self.info.card.class_names;
        let class = class_names.iter().position(|name| name == DRAWN_CLASS);
        let class = class.unwrap_or(class_names.len().saturating_sub(1));
        let rate_hz = self.preprocessing.rate_hz;
        let seconds = self.preprocessing.samples as f64 / rate_hz;
        let windows: Vec<Window> = (answers.iter().enumerate())
            .map(|(index, answer)| Window {
                seconds: [index as f64 * seconds, (index + 1) as f64 * seconds],
                probability: answer.probabilities[class].1,
                answered: answer.abstention.is_none(),
            })
            .collect();
        let values: Vec<f32> = (recording.segments.iter())
            .flat_map(|piece| piece.values.iter().copied())
            .collect();
        let title = if recording.is_continuous || recording.segments.len() == 1 {
            path.to_owned()
        } else {
            format!("{path}: {} rows side by side", recording.segments.len())
        };
        let svg = trace::recording(&title, &values, rate_hz, &class_names[class], &windows);
        self.traces.write_figure(path, svg)
    }
}

impl Kind for Signals {
    type Input = PathBuf;
    type Answer = ClassAnswer;

    /// A recording is large enough by itself.
    const BATCH: usize = 1;
    const FAILED: &'static str = "recordings could not be answered";

    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn read(&self, arguments: &Arguments) -> Result<Outcomes<PathBuf>> {
        Ok(arguments.inputs.iter().cloned().map(Ok).collect())
    }

    fn answer(&mut self, files: &[PathBuf]) -> Result<Outcomes<ClassAnswer>> {
        let (mut ok, mut failed) = (Vec::new(), Vec::new());
        for file in files {
            let path = file.display().to_string();
            let recording = match read(file, &self.preprocessing) {
                Ok(recording) => recording,
                Err(error) => {
                    failed.push(Failure { path, error });
                    continue;
                }
            };
            let answers = self.classify(&path, &recording)?;
            let drawing = self.draw(&path, &recording, &answers)?;
            let rest = match recording.rest {
                0 => String::new(),
                rest => format!("; the last {rest} values do not fill a piece and were left out"),
            };
            for remark in &recording.notes {
                note(&format!("{path}: {remark}"));
            }
            let rate_hz = self.preprocessing.rate_hz;
            note(&format!(
                "{path}: read as microvolts at {rate_hz} Hz, drawn in {}{rest}",
                drawing.display()
            ));
            ok.extend(answers);
        }
        Ok(Outcomes { ok, failed })
    }

    fn columns(&self) -> Vec<String> {
        classes::header(&self.info)
    }

    fn print_counts(&self, terminal: &mut Terminal) -> io::Result<()> {
        self.classifier.counts.print(terminal, "pieces")
    }

    fn quality(&self) -> (&'static str, String) {
        classes::quality(&self.info)
    }
}

/// Reads a recording; `-` is standard input.
fn read(
    path: &Path,
    preprocessing: &SignalPreprocessing,
) -> std::result::Result<Recording, String> {
    let cannot_read = |error: io::Error| format!("cannot be read: {error}");
    if path.as_os_str() == "-" {
        return recording::read(io::stdin().lock().take(MAX_BYTES), preprocessing);
    }
    // Checked before the file is opened: opening a pipe would wait for its other end.
    let metadata = fs::metadata(path).map_err(cannot_read)?;
    if !metadata.is_file() {
        let what = if metadata.is_dir() {
            let path = path.display();
            format!("is a folder; name its files, as {path}/*.csv or {path}/*.txt")
        } else {
            "is not a file; name a CSV table of microvolts".to_owned()
        };
        return Err(what);
    }
    if metadata.len() > MAX_BYTES {
        let limit = MAX_BYTES >> 20;
        return Err(format!("is larger than {limit} MiB; split it into parts"));
    }
    recording::read(File::open(path).map_err(cannot_read)?, preprocessing)
}
