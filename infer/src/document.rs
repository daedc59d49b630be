//! The JSON document of `--json`, described at the top of the crate.

use std::io::{self, BufWriter, Stdout, Write};

use models::Calibration;
use models::file::{DataCard, Metric};
use serde::Serialize;

use crate::error::{Failure, Result};
use crate::info::ModelInfo;

/// Writer of the document. Answers are written as they come, and none is kept.
pub(crate) struct Document<W: Write = BufWriter<Stdout>> {
    out: W,
    /// Text before the first answer, until it is written: a call that fails early leaves standard output empty.
    head: Option<String>,
}

impl Document {
    /// Creates the document of a model on standard output.
    ///
    /// # Errors
    /// If the model cannot be described in JSON.
    pub fn stdout(info: &ModelInfo) -> Result<Self> {
        Self::new(BufWriter::new(io::stdout()), &Summary::from(info))
    }
}

impl<W: Write> Document<W> {
    fn new(out: W, model: &impl Serialize) -> Result<Self> {
        let model = pretty(model, 2)?;
        Ok(Self {
            out,
            head: Some(format!("{{\n  \"model\": {model},\n  \"answers\": [")),
        })
    }

    /// Writes an answer.
    ///
    /// # Errors
    /// If standard output cannot be written.
    pub fn answer(&mut self, answer: &impl Serialize) -> Result<()> {
        let separator = match self.head.take() {
            Some(head) => head,
            None => ",".to_owned(),
        };
        let answer = pretty(answer, 4)?;
        Ok(write!(self.out, "{separator}\n    {answer}")?)
    }

    /// Flushes the answers that were written.
    ///
    /// # Errors
    /// If standard output cannot be written.
    pub fn flush(&mut self) -> Result<()> {
        Ok(self.out.flush()?)
    }

    /// Writes the inputs without an answer, and ends the document.
    ///
    /// # Errors
    /// If standard output cannot be written.
    pub fn finish(mut self, failed: &[Failure]) -> Result<()> {
        let end = match self.head.take() {
            Some(head) => head + "]",
            None => "\n  ]".to_owned(),
        };
        let failed = pretty(failed, 2)?;
        writeln!(self.out, "{end},\n  \"failed\": {failed}\n}}")?;
        self.flush()
    }
}

/// Formats a value as it stands in a document, `indent` columns from the left.
fn pretty(value: &(impl Serialize + ?Sized), indent: usize) -> Result<String> {
    // Line breaks in strings are escaped, so every one here is the formatter's.
    let line_break = format!("\n{:indent$}", "");
    Ok(serde_json::to_string_pretty(value)?.replace('\n', &line_break))
}

/// Description of the model.
#[derive(Serialize)]
struct Summary<'a> {
    file: String,
    experiment: &'a str,
    trained_at: &'a str,
    epochs: usize,
    seed: u64,
    data: &'a DataCard,
    metrics: &'a [Metric],
    calibration: Option<Calibrated>,
    class_names: &'a [String],
    device: &'a str,
    hebb_version: &'a str,
    notice: Option<&'a str>,
}

/// Correction of the probabilities, and the limits of abstention.
#[derive(Serialize)]
struct Calibrated {
    temperature: f64,
    threshold: Option<f64>,
    target_error: Option<f64>,
    familiarity_limit: Option<f64>,
}

impl<'a> From<&'a ModelInfo> for Summary<'a> {
    fn from(info: &'a ModelInfo) -> Self {
        let card = &info.card;
        Self {
            file: info.path.display().to_string(),
            experiment: &card.experiment,
            trained_at: &card.trained_at,
            epochs: card.epochs,
            seed: card.seed,
            data: &card.data,
            metrics: &card.metrics,
            calibration: card.calibration.as_ref().map(Calibrated::from),
            class_names: &card.class_names,
            device: &info.device_name,
            hebb_version: &card.hebb_version,
            notice: info.notice.as_deref(),
        }
    }
}

impl From<&Calibration> for Calibrated {
    fn from(calibration: &Calibration) -> Self {
        Self {
            temperature: calibration.temperature,
            threshold: calibration.threshold,
            target_error: calibration.target_error,
            familiarity_limit: (calibration.ood_detector.as_ref()).map(|detector| detector.limit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Model {
        file: &'static str,
        classes: Vec<&'static str>,
    }

    #[derive(Serialize)]
    struct Answer {
        path: String,
        code: Vec<f32>,
        notice: Option<&'static str>,
    }

    /// The same document in one piece.
    #[derive(Serialize)]
    struct Complete<'a> {
        model: &'a Model,
        answers: &'a [Answer],
        failed: &'a [Failure],
    }

    #[test]
    fn a_streamed_document_is_that_of_serde_byte_for_byte() {
        let model = Model {
            file: "a \"b\"\n.safetensors",
            classes: vec!["x", "y"],
        };
        let answer = |number: usize| Answer {
            path: format!("line\nbreak {number}"),
            code: vec![0.5; number % 3],
            notice: number
                .is_multiple_of(2)
                .then_some("{\n  \"not\": \"json\"\n}"),
        };
        let failure = |number: usize| Failure {
            path: number.to_string(),
            error: "torn".into(),
        };
        for (answers, failures) in [(0, 0), (0, 2), (1, 0), (2, 1), (1000, 3)] {
            let answers: Vec<_> = (0..answers).map(answer).collect();
            let failed: Vec<_> = (0..failures).map(failure).collect();
            let mut out = Vec::new();
            let mut document = Document::new(&mut out, &model).unwrap();
            for answer in &answers {
                document.answer(answer).unwrap();
            }
            document.finish(&failed).unwrap();
            let complete = Complete {
                model: &model,
                answers: &answers,
                failed: &failed,
            };
            let expected = serde_json::to_string_pretty(&complete).unwrap() + "\n";
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }

    #[test]
    fn nothing_is_written_before_the_first_answer() {
        let document = Document::new(Vec::new(), &"model").unwrap();
        assert!(document.out.is_empty());
    }
}
