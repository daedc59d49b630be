//! The answers for a program: one JSON document, described at the top of the crate.

use std::io::Write;

use models::file::{DataCard, Metric};
use models::{Abstention, Calibration};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::answer::Answer;
use crate::error::{Failed, Result};
use crate::model::Model;
use crate::reconstruct::Reconstructed;
use crate::sentiment::SentenceAnswer;
use crate::translate::{Alternative, Translated};

#[derive(serde::Serialize)]
struct Document<'a, E> {
    model: Summary<'a>,
    answers: Vec<E>,
    failed: &'a [Failed],
}

/// What is known about the model.
#[derive(serde::Serialize)]
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

/// How the model's probabilities are corrected, and when it gives no answer.
#[derive(serde::Serialize)]
struct Calibrated {
    temperature: f64,
    threshold: Option<f64>,
    target_error: Option<f64>,
    familiarity_limit: Option<f64>,
}

impl From<&Calibration> for Calibrated {
    fn from(calibration: &Calibration) -> Self {
        Self {
            temperature: calibration.temperature,
            threshold: calibration.threshold,
            target_error: calibration.target_error,
            familiarity_limit: calibration.ood_detector.as_ref().map(|looks| looks.limit),
        }
    }
}

/// One answer.
#[derive(serde::Serialize)]
struct Entry<'a> {
    path: &'a str,
    class: &'a str,
    probability: f64,
    answered: bool,
    doubt: Option<Abstention>,
    uncertain: bool,
    probabilities: ByClass<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<&'a str>,
}

/// What an autoencoder made of one picture.
#[derive(serde::Serialize)]
struct ReconstructionEntry<'a> {
    path: String,
    mse: f64,
    bce: f64,
    psnr: f64,
    unusual: Option<bool>,
    reconstruction: String,
    code: Vec<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<&'a str>,
}

/// What a translator made of one sentence.
#[derive(serde::Serialize)]
struct TranslationEntry<'a> {
    path: &'a str,
    text: &'a str,
    translation: Option<&'a str>,
    alternatives: &'a [Alternative],
    longer_than_trained: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<&'a str>,
}

/// What the model says about one sentence.
#[derive(serde::Serialize)]
struct SentenceEntry<'a> {
    #[serde(flatten)]
    answer: Entry<'a>,
    words: Vec<&'a str>,
    tree: String,
    right_branching: bool,
    phrases: Vec<Phrase<'a>>,
}

/// A word or phrase of a sentence.
#[derive(serde::Serialize)]
struct Phrase<'a> {
    start: usize,
    end: usize,
    class: &'a str,
    probability: f64,
}

/// `{class: probability}` in the model's order.
struct ByClass<'a> {
    class_names: &'a [String],
    probabilities: &'a [f64],
}

impl Serialize for ByClass<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.probabilities.len()))?;
        for (class, probability) in self.class_names.iter().zip(self.probabilities) {
            map.serialize_entry(class, probability)?;
        }
        map.end()
    }
}

/// Writes the document.
///
/// # Errors
/// `out` cannot be written.
pub fn write(
    out: &mut impl Write,
    model: &Model,
    device: &str,
    answers: &[Answer],
    failed: &[Failed],
) -> Result<()> {
    let notice = model.notice.as_deref();
    let class_names = &model.card.class_names;
    let entry = |answer| entry(answer, class_names, notice);
    write_document(out, model, device, answers.iter().map(entry), failed)
}

/// Writes the document of an autoencoder; `usual` is the error that nearly all pictures of its kind
/// stay below.
///
/// # Errors
/// `out` cannot be written.
pub fn write_reconstructions(
    out: &mut impl Write,
    model: &Model,
    device: &str,
    all: &[Reconstructed],
    usual: Option<f64>,
    failed: &[Failed],
) -> Result<()> {
    let notice = model.notice.as_deref();
    let entry = |one: &Reconstructed| ReconstructionEntry {
        path: one.path.clone(),
        mse: one.mse,
        bce: one.bce,
        psnr: one.psnr(),
        unusual: one.is_unusual(usual),
        reconstruction: one.file.display().to_string(),
        code: one.code.clone(),
        notice,
    };
    write_document(out, model, device, all.iter().map(entry), failed)
}

/// Writes the document of a translator.
///
/// # Errors
/// `out` cannot be written.
pub fn write_translations(
    out: &mut impl Write,
    model: &Model,
    device: &str,
    all: &[Translated],
    failed: &[Failed],
) -> Result<()> {
    let notice = model.notice.as_deref();
    let entry = |one| {
        let Translated {
            sentence,
            alternatives,
            is_longer,
            ..
        }: &Translated = one;
        TranslationEntry {
            path: &sentence.path,
            text: &sentence.text,
            translation: alternatives.first().map(|best| &*best.translation),
            alternatives,
            longer_than_trained: *is_longer,
            notice,
        }
    };
    write_document(out, model, device, all.iter().map(entry), failed)
}

/// The same for sentences.
///
/// # Errors
/// `out` cannot be written.
pub fn write_sentences(
    out: &mut impl Write,
    model: &Model,
    device: &str,
    all: &[SentenceAnswer],
    failed: &[Failed],
) -> Result<()> {
    let class_names = &model.card.class_names;
    let entries = all.iter().map(|one| {
        let phrases = one.sentence.tree.phrases().into_iter().zip(&one.phrases);
        SentenceEntry {
            answer: entry(&one.answer, class_names, model.notice.as_deref()),
            words: one.sentence.tree.words().collect(),
            tree: one.tree(class_names.len()),
            right_branching: one.sentence.is_made_up,
            phrases: phrases
                .map(|(words, &(class, probability))| Phrase {
                    start: words.start,
                    end: words.end,
                    class: class_names.get(class).map_or("", String::as_str),
                    probability,
                })
                .collect(),
        }
    });
    write_document(out, model, device, entries, failed)
}

fn write_document<E: Serialize>(
    out: &mut impl Write,
    model: &Model,
    device: &str,
    answers: impl Iterator<Item = E>,
    failed: &[Failed],
) -> Result<()> {
    let card = &model.card;
    let summary = Summary {
        file: model.path.display().to_string(),
        experiment: &card.experiment,
        trained_at: &card.trained_at,
        epochs: card.epochs,
        seed: card.seed,
        data: &card.data,
        metrics: &card.metrics,
        calibration: card.calibration.as_ref().map(Calibrated::from),
        class_names: &card.class_names,
        device,
        hebb_version: &card.hebb_version,
        notice: model.notice.as_deref(),
    };
    let document = Document {
        model: summary,
        answers: answers.collect(),
        failed,
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)?;
    Ok(out.flush()?)
}

fn entry<'a>(answer: &'a Answer, class_names: &'a [String], notice: Option<&'a str>) -> Entry<'a> {
    Entry {
        path: &answer.path,
        class: answer.class(class_names),
        probability: answer.top().1,
        answered: answer.doubt.is_none(),
        doubt: answer.doubt,
        uncertain: answer.doubt.is_some(),
        probabilities: ByClass {
            class_names,
            probabilities: &answer.probabilities,
        },
        notice,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_keeps_the_models_order_of_classes() {
        let names = ["b".to_owned(), "a".to_owned()];
        let answer = Answer {
            path: "x.png".into(),
            probabilities: vec![0.25, 0.75],
            doubt: None,
            picture: None,
        };
        assert_eq!(
            serde_json::to_string(&entry(&answer, &names, None)).unwrap(),
            r#"{"path":"x.png","class":"a","probability":0.75,"answered":true,"doubt":null,"uncertain":false,"probabilities":{"b":0.25,"a":0.75}}"#
        );
    }
}
