//! From sentences to sentences in another language.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use datasets::Languages;
use datasets::text::words;
use figures::attention;
use models::translator::Hypothesis;

use crate::arguments::Arguments;
use crate::error::{Error, Failed, Result};
use crate::files::Files;
use crate::json;
use crate::model::Model;
use crate::report;
use crate::run::tell;
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

/// The longest text that is taken, in bytes.
const LONGEST_TEXT: u64 = 16 << 20;

/// One sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Where it stands: `--text`, or `file:line`.
    pub path: String,
    /// The sentence.
    pub text: String,
}

/// One sentence with its translations.
#[derive(Clone, Debug)]
pub struct Translated {
    /// The sentence.
    pub sentence: Sentence,
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
    let (sentences, failed) = collect(arguments, languages);
    let total = sentences.len() + failed.len();
    if arguments.strict
        && let Some(first) = failed.first()
    {
        return Err(Error::Strict(first.clone()));
    }
    failed.iter().for_each(|one| tell(&one.to_string()));
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
        json::write_translations(&mut out, model, device, &kept, &failed)?;
    } else if for_person && !sentences.is_empty() {
        report::model(&mut out, model, device)?;
        out.flush()?;
    }
    match failed.len() {
        0 => Ok(ExitCode::SUCCESS),
        unanswered => {
            if total > 1 {
                tell(&format!(
                    "{unanswered} of {total} sentences could not be translated"
                ));
            }
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Every sentence of the arguments, and what is none.
fn collect(arguments: &Arguments, languages: &Languages) -> (Vec<Sentence>, Vec<Failed>) {
    let (mut sentences, mut failed) = (Vec::new(), Vec::new());
    for text in &arguments.text {
        let text = text.trim().to_owned();
        let sentence = Sentence {
            path: "--text".to_owned(),
            text,
        };
        add(sentence, languages, &mut sentences, &mut failed);
    }
    for input in &arguments.inputs {
        let text = match read(input) {
            Ok(text) => text,
            Err(error) => {
                let path = input.display().to_string();
                failed.push(Failed { path, error });
                continue;
            }
        };
        let mut is_empty = true;
        for (line, text) in text.lines().enumerate() {
            let text = text.trim_start_matches('\u{feff}').trim();
            if text.is_empty() {
                continue;
            }
            is_empty = false;
            let sentence = Sentence {
                path: format!("{}:{}", input.display(), line + 1),
                text: text.to_owned(),
            };
            add(sentence, languages, &mut sentences, &mut failed);
        }
        if is_empty {
            failed.push(Failed {
                path: input.display().to_string(),
                error: format!(
                    "{} is empty: it needs a sentence on each line",
                    named(input)
                ),
            });
        }
    }
    (sentences, failed)
}

fn add(
    sentence: Sentence,
    languages: &Languages,
    sentences: &mut Vec<Sentence>,
    failed: &mut Vec<Failed>,
) {
    let count = words(&sentence.text);
    let error = if count == 0 {
        "there is no sentence: give one, such as \"How are you?\"".to_owned()
    } else if count > MOST_WORDS || sentence.text.len() > MOST_BYTES {
        format!(
            "a sentence of {count} words and {} bytes, but at most {MOST_WORDS} words and {MOST_BYTES} bytes are taken (and the model was trained on at most {}): give its parts",
            sentence.text.len(),
            languages.max_words
        )
    } else {
        sentences.push(sentence);
        return;
    };
    let path = sentence.path;
    failed.push(Failed { path, error });
}

/// How an input is called in a message.
fn named(input: &Path) -> String {
    if input.as_os_str() == "-" {
        "standard input".to_owned()
    } else {
        input.display().to_string()
    }
}

/// A text, or why there is none.
fn read(input: &Path) -> std::result::Result<String, String> {
    let name = named(input);
    let mut bytes = Vec::new();
    let read = if input.as_os_str() == "-" {
        let stdin = io::stdin();
        if stdin.is_terminal() {
            return Err(
                "standard input is a terminal: pipe sentences into infer, or give one with --text"
                    .to_owned(),
            );
        }
        stdin.lock().take(LONGEST_TEXT + 1).read_to_end(&mut bytes)
    } else if input.is_dir() {
        return Err(format!(
            "{name} is a folder: name a text with a sentence on each line"
        ));
    } else {
        File::open(input).and_then(|file| file.take(LONGEST_TEXT + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| format!("cannot read {name}: {error}"))?;
    if bytes.len() as u64 > LONGEST_TEXT {
        let limit = LONGEST_TEXT >> 20;
        return Err(format!("{name} is longer than {limit} MiB: give its parts"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..valid]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        format!("{name}, line {line}: not UTF-8; save the text as UTF-8")
    })
}

/// Translates a batch of sentences, in their order.
fn translate(
    model: &Model,
    languages: &Languages,
    sentences: &[Sentence],
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
    let svg = attention::svg(&read, &said, &one.best.attention);
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let name = path.file_name().unwrap_or(path.as_os_str());
    let files = Files::create(folder, "--attention", "attention")?;
    files.write(&name.to_string_lossy(), svg.as_bytes())?;
    Ok(())
}
