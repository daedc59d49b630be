//! From recordings to probabilities, piece by piece, and the trace with the answers under it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use datasets::SignalPreprocessing;
use datasets::signals::recording::{self, Recording};
use datasets::signals::statistics;
use figures::trace::{self, Window};

use crate::answer::{Answer, answers};
use crate::error::{Error, Failed, Result};
use crate::model::Model;
use crate::outputs::Files;
use crate::raster;

/// The most that is read of one file, in bytes.
const MOST_BYTES: u64 = 1 << 30;

/// The class whose probability is drawn where a model knows it; else its last.
const DRAWN: &str = "seizure";

/// The answers about one file, and the trace that was written.
pub struct Answered {
    /// One for each piece.
    pub answers: Vec<Answer>,
    /// The drawing.
    pub trace: PathBuf,
    /// Values at the end that fill no piece.
    pub rest: usize,
}

impl Answered {
    /// What was done with the file, in a line.
    pub fn said(&self, path: &Path) -> String {
        let rest = match self.rest {
            0 => String::new(),
            rest => format!("; the last {rest} values fill no piece and were left out"),
        };
        format!(
            "{}: drawn in {}{rest}",
            path.display(),
            self.trace.display()
        )
    }
}

/// Answers for every piece of the table at `path`, `-` for standard input, and draws the recording into `files`.
///
/// # Errors
/// The model cannot answer, or the disk refuses. A table that cannot be read is no error of the whole: it is
/// returned as what failed.
pub fn answer(
    model: &Model,
    path: &Path,
    files: &mut Files,
    rasters: Option<&mut Files>,
) -> Result<std::result::Result<Answered, Failed>> {
    let preprocessing = model.signal()?;
    let named = path.display().to_string();
    let recording = match read(path, preprocessing) {
        Ok(recording) => recording,
        Err(error) => return Ok(Err(Failed { path: named, error })),
    };
    let pieces: Vec<&[f32]> = (recording.pieces.iter())
        .map(|piece| &*piece.values)
        .collect();
    let logits = model.logits_of_pieces(&pieces)?;
    if let Some(rasters) = rasters {
        for (piece, values) in recording.pieces.iter().zip(&pieces) {
            let input = preprocessing.tensor([*values], &model.device);
            let title = format!("{named}: {}", piece.name);
            let of = std::iter::once((&*named, &*title));
            raster::draw(model, input, of, rasters)?;
        }
    }
    let names = recording.pieces.iter();
    let names = names.map(|piece| (format!("{named}: {}", piece.name), None));
    let looks = pieces.iter().map(|piece| statistics(piece).to_vec());
    let answers = answers(model, names, &logits, looks);
    let trace = draw(model, &named, preprocessing, &recording, &answers, files)?;
    Ok(Ok(Answered {
        answers,
        trace,
        rest: recording.rest,
    }))
}

fn read(
    path: &Path,
    preprocessing: &SignalPreprocessing,
) -> std::result::Result<Recording, String> {
    let cannot = |error: io::Error| format!("cannot be read: {error}");
    if path.as_os_str() == "-" {
        return recording::read(io::stdin().lock().take(MOST_BYTES), preprocessing);
    }
    // Asked before it is opened: opening a pipe that nobody writes to would wait for ever.
    let found = fs::metadata(path).map_err(cannot)?;
    if !found.is_file() {
        return Err("is no file; name a table of microvolts, as CSV".to_owned());
    }
    if found.len() > MOST_BYTES {
        return Err(format!(
            "is larger than {} MiB; give a part of it",
            MOST_BYTES >> 20
        ));
    }
    recording::read(File::open(path).map_err(cannot)?, preprocessing)
}

/// Writes the drawing as SVG and PNG; returns the SVG's path.
fn draw(
    model: &Model,
    path: &str,
    preprocessing: &SignalPreprocessing,
    recording: &Recording,
    answers: &[Answer],
    files: &mut Files,
) -> Result<PathBuf> {
    let class_names = &model.card.class_names;
    let class = class_names.iter().position(|name| name == DRAWN);
    let class = class.unwrap_or(class_names.len().saturating_sub(1));
    let length = preprocessing.samples as f64 / preprocessing.rate_hz;
    let windows: Vec<Window> = (answers.iter().enumerate())
        .map(|(number, answer)| Window {
            seconds: [number as f64 * length, (number + 1) as f64 * length],
            probability: answer.probabilities[class],
            answered: answer.doubt.is_none(),
        })
        .collect();
    let values: Vec<f32> = (recording.pieces.iter())
        .flat_map(|piece| piece.values.iter().copied())
        .collect();
    let title = if recording.is_continuous || recording.pieces.len() == 1 {
        path.to_owned()
    } else {
        format!("{path}: {} rows side by side", recording.pieces.len())
    };
    let drawn = trace::recording(
        &title,
        &values,
        preprocessing.rate_hz,
        &class_names[class],
        &windows,
    );
    let drawn = drawn.map_err(|error| Error::Compute(error.to_string()))?;
    let png = figures::png(&drawn).map_err(|error| Error::Compute(error.to_string()))?;
    let name = files.name(path);
    files.write(&format!("{name}.png"), &png)?;
    files.write(&format!("{name}.svg"), drawn.as_bytes())
}
