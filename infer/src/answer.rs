//! From pictures to probabilities.

use datasets::ImagePreprocessing;
use datasets::images;
use image::DynamicImage;
use models::Abstention;
use models::abstention::{largest_probability, softmax};
use rayon::prelude::*;

use crate::error::{Error, Failed, Result};
use crate::inputs::Source;
use crate::model::Model;
use crate::outputs::Files;
use crate::raster;

/// Pictures that are decoded together, in parallel, and go through the network at once.
pub const BATCH: usize = 32;

/// What the model says about one picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The picture, as it was named or found.
    pub path: String,
    /// The probability of each class, in the model's order; they sum to 1.
    pub probabilities: Vec<f64>,
    /// Why no answer is given; `None`: the most probable class is the answer.
    pub doubt: Option<Abstention>,
    /// The decoded picture, where it is to be shown.
    pub picture: Option<DynamicImage>,
}

impl Answer {
    /// The classes from the most to the least probable; equal ones in the model's order.
    pub fn ranking(&self) -> Vec<usize> {
        let mut classes: Vec<usize> = (0..self.probabilities.len()).collect();
        classes.sort_by(|&a, &b| self.probabilities[b].total_cmp(&self.probabilities[a]));
        classes
    }

    /// The most probable class and its probability.
    pub fn top(&self) -> (usize, f64) {
        let ranking = self.ranking();
        ranking
            .first()
            .map_or((0, 0.0), |&class| (class, self.probabilities[class]))
    }

    /// The answer in one word: the most probable class, or the doubt's name.
    pub fn class<'a>(&self, class_names: &'a [String]) -> &'a str {
        match self.doubt {
            Some(doubt) => doubt.name(),
            None => class_names.get(self.top().0).map_or("", String::as_str),
        }
    }
}

/// Answers for a batch of pictures, in their order.
///
/// Every picture is in one of the two lists. `keep` keeps the decoded pictures in the answers.
///
/// # Errors
/// The model cannot answer. A picture that cannot be read is no error of the batch.
pub fn answer(
    model: &Model,
    sources: &[Source],
    keep: bool,
    rasters: Option<&mut Files>,
) -> Result<(Vec<Answer>, Vec<Failed>)> {
    let preprocess = model.preprocess()?;
    let (read, failed) = read(preprocess, sources, keep);
    if read.is_empty() {
        return Ok((Vec::new(), failed));
    }
    if let Some(files) = rasters {
        let bytes = read.iter().map(|read| &*read.bytes);
        let named = read.iter().map(|read| (&*read.path, &*read.path));
        raster::draw(model, model.pictures(bytes)?, named, files)?;
    }
    let (bytes, named): (Vec<_>, Vec<_>) = read
        .into_iter()
        .map(|read| (read.bytes, (read.path, read.picture)))
        .unzip();
    let logits = model.logits(&bytes)?;

    let looks = (bytes.iter()).map(|bytes| images::statistics(preprocess, bytes).to_vec());
    Ok((answers(model, named.into_iter(), &logits, looks), failed))
}

/// From logits, row after row, to answers. `looks` are the statistics by which an input of another kind is known.
pub(crate) fn answers(
    model: &Model,
    named: impl Iterator<Item = (String, Option<DynamicImage>)>,
    logits: &[f32],
    looks: impl Iterator<Item = Vec<f64>>,
) -> Vec<Answer> {
    let calibration = model.card.calibration.as_ref();
    let temperature = calibration.map_or(1.0, |calibration| calibration.temperature);
    let rows = logits.chunks_exact(model.card.class_names.len());
    (named.zip(rows).zip(looks))
        .map(|(((path, picture), logits), looks)| {
            let probabilities = softmax(logits, temperature);
            let largest = largest_probability(&probabilities);
            Answer {
                path,
                probabilities,
                doubt: calibration.and_then(|calibration| calibration.abstention(largest, &looks)),
                picture,
            }
        })
        .collect()
}

/// A picture that is ready for the network.
pub(crate) struct Prepared {
    /// As it was named or found.
    pub path: String,
    /// As the network takes it.
    pub bytes: Vec<u8>,
    /// The decoded picture, where it is kept.
    pub picture: Option<DynamicImage>,
}

/// Decodes and prepares pictures in parallel, keeping their order.
pub(crate) fn read(
    preprocess: &ImagePreprocessing,
    sources: &[Source],
    keep: bool,
) -> (Vec<Prepared>, Vec<Failed>) {
    let prepare = |source: &Source| {
        let path = source.to_string();
        let prepared = source.decode().and_then(|picture| {
            let bytes = preprocess
                .apply(&picture)
                .map_err(|error| error.to_string())?;
            Ok((bytes, keep.then_some(picture)))
        });
        match prepared {
            Ok((bytes, picture)) => Ok(Prepared {
                path,
                bytes,
                picture,
            }),
            Err(error) => Err(Failed { path, error }),
        }
    };
    // One picture is not worth starting the threads for.
    let results: Vec<_> = match sources {
        [source] => vec![prepare(source)],
        _ => sources.par_iter().map(prepare).collect(),
    };
    let (mut read, mut failed) = (Vec::with_capacity(results.len()), Vec::new());
    for result in results {
        match result {
            Ok(prepared) => read.push(prepared),
            Err(failure) => failed.push(failure),
        }
    }
    (read, failed)
}

/// With `--strict` the first failure ends it.
///
/// # Errors
/// The first failure, if there is one.
pub(crate) fn refuse_failures(failed: &[Failed]) -> Result<()> {
    failed
        .first()
        .map_or(Ok(()), |failure| Err(Error::Strict(failure.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(probabilities: &[f64]) -> Answer {
        Answer {
            path: "a.png".into(),
            probabilities: probabilities.to_vec(),
            doubt: None,
            picture: None,
        }
    }

    #[test]
    fn classes_are_ranked_and_ties_keep_the_models_order() {
        let answer = answer(&[0.1, 0.3, 0.2, 0.3, 0.1]);
        assert_eq!(answer.ranking(), [1, 3, 2, 0, 4]);
        assert_eq!(answer.top(), (1, 0.3));
    }

    #[test]
    fn an_answer_in_doubt_names_no_class() {
        let names = ["cat".to_owned(), "dog".to_owned()];
        let mut answer = answer(&[0.4, 0.6]);
        assert_eq!(answer.class(&names), "dog");
        answer.doubt = Some(Abstention::Uncertain);
        assert_eq!(answer.class(&names), "uncertain");
        answer.doubt = Some(Abstention::OutOfDistribution);
        assert_eq!(answer.class(&names), "unfamiliar");
    }
}
