//! From pictures to probabilities.

use datasets::Preprocess;
use image::DynamicImage;
use rayon::prelude::*;

use crate::error::{Error, Failed, Result};
use crate::inputs::Source;
use crate::model::Model;

/// Pictures that are decoded together, in parallel, and go through the network at once.
pub const BATCH: usize = 32;

/// What stands in place of a class where no class is probable enough.
pub const UNCERTAIN: &str = "uncertain";

/// What the model says about one picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The picture, as it was named or found.
    pub path: String,
    /// The probability of each class, in the model's order; they sum to 1.
    pub probabilities: Vec<f64>,
    /// Whether even the most probable class stays below the model's threshold.
    pub uncertain: bool,
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

    /// The answer in one word: the most probable class, or [`UNCERTAIN`].
    pub fn class<'a>(&self, class_names: &'a [String]) -> &'a str {
        if self.uncertain {
            UNCERTAIN
        } else {
            class_names.get(self.top().0).map_or("", String::as_str)
        }
    }
}

/// Answers for a batch of pictures, in their order.
///
/// Every picture is in one of the two lists. `keep` keeps the decoded pictures in the answers.
///
/// # Errors
/// The model cannot answer. A picture that cannot be read is no error of the batch.
pub fn answer(model: &Model, sources: &[Source], keep: bool) -> Result<(Vec<Answer>, Vec<Failed>)> {
    let (read, failed) = read(&model.card.preprocess, sources, keep);
    if read.is_empty() {
        return Ok((Vec::new(), failed));
    }
    let (bytes, named): (Vec<_>, Vec<_>) = read
        .into_iter()
        .map(|read| (read.bytes, (read.path, read.picture)))
        .unzip();
    let logits = model.logits(&bytes)?;

    let calibration = model.card.calibration.as_ref();
    let temperature = calibration.map_or(1.0, |calibration| calibration.temperature);
    let threshold = calibration
        .and_then(|calibration| calibration.threshold)
        .unwrap_or(0.0);
    let rows = logits.chunks_exact(model.card.class_names.len());
    let answers = named
        .into_iter()
        .zip(rows)
        .map(|((path, picture), logits)| {
            let probabilities = softmax(logits, temperature);
            let uncertain = probabilities
                .iter()
                .all(|&probability| probability < threshold);
            Answer {
                path,
                probabilities,
                uncertain,
                picture,
            }
        })
        .collect();
    Ok((answers, failed))
}

/// A picture that is ready for the network.
struct Prepared {
    path: String,
    bytes: Vec<u8>,
    picture: Option<DynamicImage>,
}

/// Decodes and prepares pictures in parallel, keeping their order.
fn read(preprocess: &Preprocess, sources: &[Source], keep: bool) -> (Vec<Prepared>, Vec<Failed>) {
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

/// Softmax of `logits / temperature`, with the largest taken out before the exponential so that
/// nothing overflows.
pub fn softmax(logits: &[f32], temperature: f64) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weights: Vec<f64> = logits
        .iter()
        .map(|&logit| ((f64::from(logit) - f64::from(largest)) / temperature).exp())
        .collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
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
            uncertain: false,
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
    fn an_uncertain_answer_names_no_class() {
        let names = ["cat".to_owned(), "dog".to_owned()];
        let mut answer = answer(&[0.4, 0.6]);
        assert_eq!(answer.class(&names), "dog");
        answer.uncertain = true;
        assert_eq!(answer.class(&names), "uncertain");
    }

    #[test]
    fn softmax_of_known_values() {
        // e^0 : e^ln2 : e^ln5 = 1 : 2 : 5
        let probabilities = softmax(&[0.0, 2f32.ln(), 5f32.ln()], 1.0);
        for (probability, expected) in probabilities.iter().zip([0.125, 0.25, 0.625]) {
            assert!((probability - expected).abs() < 1e-7, "{probabilities:?}");
        }
        // A temperature of 2 takes the square root of each ratio.
        let cooler = softmax(&[0.0, 4f32.ln()], 2.0);
        assert!((cooler[1] - 2.0 / 3.0).abs() < 1e-7, "{cooler:?}");
    }

    #[test]
    fn softmax_of_extreme_logits_still_sums_to_one() {
        for logits in [[-3e38, 0.0, 3e38], [1e4, 1e4, 1e4], [-1e30, -1e30, -1e30]] {
            let probabilities = softmax(&logits, 0.01);
            let sum: f64 = probabilities.iter().sum();
            assert!((sum - 1.0).abs() < 1e-12, "{logits:?}: {probabilities:?}");
        }
    }
}
