//! From sentences to sentences in another language.

use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use datasets::Languages;
use datasets::text::words;
use figures::attention;
use models::translator::Hypothesis;

use crate::arguments::Arguments;
use crate::error::{Error, Failed, Result};
use crate::json;
use crate::lines::{self, Line};
use crate::model::Model;
use crate::outputs::Files;
use crate::report;
use crate::run::Failures;
use crate::table::Table;
use crate::text::printable;

/// Sentences that are translated together.
const BATCH: usize = 32;

/// How many translations of a sentence are shown unless told otherwise.
const SHOWN: usize = 3;

/// How many are followed at least.
const BEAM: usize = 5;

/// The most that are followed.
const WIDEST: usize = 100;

/// The longest sentence that is taken, in words.
const MOST_WORDS: usize = 100;

/// The longest sentence that is taken, in bytes.
const MOST_BYTES: usize = 2_000;

/// One sentence with its translations.
#[derive(Clone, Debug)]
pub struct Translated {
    /// The sentence.
    pub sentence: Line,
    /// The most probable translations, the best first.
    pub alternatives: Vec<Alternative>,
    /// Whether it is longer than all that the model was trained on.
    pub is_longer: bool,
    /// The best, as the network gave it.
    best: Hypothesis,
}

/// One translation.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Alternative {
    /// The translation.
    pub translation: String,
    /// Its probability, from start to end.
    pub probability: f64,
    /// By which translations of different lengths are compared.
    pub score: f64,
    /// Whether it came to an end, or was cut because it would not end.
    pub ended: bool,
}

/// Answers for the sentences of the arguments.
///
/// # Errors
/// Nothing can be translated, or the answers cannot be written.
pub fn translate_all(
    arguments: &Arguments,
    model: &Model,
    device: &str,
    mut table: Option<Table>,
) -> Result<ExitCode> {
    let languages = model.languages()?;
    let (lines, unread) = lines::collect(&arguments.text, &arguments.inputs);
    let total = lines.len() + unread.len();
    let (mut sentences, mut refused) = (Vec::new(), Vec::new());
    for line in lines {
        match check(&line, languages) {
            Ok(()) => sentences.push(line),
            Err(error) => refused.push(Failed {
                path: line.path,
                error,
            }),
        }
    }
    let mut failures = Failures::new(arguments.strict);
    failures.add(unread)?;
    failures.add(refused)?;
    if arguments.attention.is_some() && sentences.len() != 1 {
        return Err(Error::Arguments(format!(
            "--attention draws one sentence, but there are {}: give one with --text",
            sentences.len()
        )));
    }
    let notice = model.notice.as_deref();
    if let Some(table) = &mut table {
        let columns = ["path", "text", "translation", "probability"];
        table.record(columns.into_iter().chain(notice.map(|_| "notice")))?;
    }
    let for_person = !arguments.json && !arguments.table_on_stdout();
    let mut out = BufWriter::new(io::stdout());
    let mut kept = Vec::new();
    for batch in sentences.chunks(BATCH) {
        for one in translate(model, languages, batch, arguments.top)? {
            if let Some(path) = &arguments.attention {
                draw(path, &one, languages)?;
            }
            if for_person {
                print(&mut out, &one, languages, notice)?;
            }
            if let (Some(table), Some(best)) = (&mut table, one.alternatives.first()) {
                let probability = format!("{:.6}", best.probability);
                let row = [
                    &*one.sentence.path,
                    &*one.sentence.text,
                    &*best.translation,
                    &*probability,
                ];
                table.record(row.into_iter().chain(notice))?;
            }
            if arguments.json {
                kept.push(one);
            }
        }
        out.flush()?;
    }
    table.map_or(Ok(()), Table::finish)?;
    if arguments.json {
        json::write_translations(&mut out, model, device, &kept, &failures.all)?;
    } else if for_person && !sentences.is_empty() {
        report::model(&mut out, model, device)?;
        out.flush()?;
    }
    failures.end(total, "sentences could not be translated")
}

/// Refuses what is no sentence, or too long a one.
fn check(line: &Line, languages: &Languages) -> std::result::Result<(), String> {
    let (count, bytes) = (words(&line.text), line.text.len());
    if count == 0 {
        return Err("there is no sentence: give one, such as \"How are you?\"".to_owned());
    }
    if count <= MOST_WORDS && bytes <= MOST_BYTES {
        return Ok(());
    }
    Err(format!(
        "a sentence of {count} words and {bytes} bytes, but at most {MOST_WORDS} words and {MOST_BYTES} bytes are taken (and the model was trained on at most {}): give its parts",
        languages.max_words
    ))
}

/// Translates a batch of sentences, in their order.
fn translate(
    model: &Model,
    languages: &Languages,
    sentences: &[Line],
    top: Option<usize>,
) -> Result<Vec<Translated>> {
    let shown = top.unwrap_or(SHOWN);
    if shown > WIDEST {
        return Err(Error::Arguments(format!(
            "--top {shown}: at most {WIDEST} translations can be shown"
        )));
    }
    let tokens: Vec<Vec<usize>> = (sentences.iter())
        .map(|sentence| languages.source.encode(&sentence.text))
        .collect();
    let found = model.translate(tokens, shown.max(BEAM))?;
    let translated = sentences.iter().zip(found).filter_map(|(sentence, all)| {
        let alternative = |one: &Hypothesis| Alternative {
            translation: languages.target.decode(&one.tokens),
            probability: one.log_probability.exp(),
            score: one.score,
            ended: one.ended,
        };
        Some(Translated {
            sentence: sentence.clone(),
            alternatives: all.iter().take(shown).map(alternative).collect(),
            is_longer: words(&sentence.text) > languages.max_words,
            best: all.into_iter().next()?,
        })
    });
    Ok(translated.collect())
}

/// The sentence, and its translations with their probabilities.
fn print(
    out: &mut impl Write,
    one: &Translated,
    languages: &Languages,
    notice: Option<&str>,
) -> io::Result<()> {
    writeln!(out, "{}", printable(&one.sentence.text))?;
    for alternative in &one.alternatives {
        let cut = if alternative.ended {
            ""
        } else {
            " (cut: it did not end)"
        };
        writeln!(
            out,
            "  {:5.1} %  {}{cut}",
            100.0 * alternative.probability,
            printable(&alternative.translation)
        )?;
    }
    if one.is_longer {
        let most = languages.max_words;
        writeln!(
            out,
            "  longer than the {most} words of the longest sentence it was trained on: do not trust it"
        )?;
    }
    if let Some(notice) = notice {
        writeln!(out, "  {}", printable(notice))?;
    }
    Ok(())
}

/// Writes where the best translation looked, whole or not at all.
fn draw(path: &Path, one: &Translated, languages: &Languages) -> Result<()> {
    let [read, said] = languages.shown(&one.sentence.text, &one.best.tokens, one.best.ended);
    let svg = attention::draw(&read, &said, &one.best.attention);
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let name = path.file_name().unwrap_or(path.as_os_str());
    let files = Files::create(folder, "--attention", "attention")?;
    files.write(&name.to_string_lossy(), svg.as_bytes())?;
    Ok(())
}
