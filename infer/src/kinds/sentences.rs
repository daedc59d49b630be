//! Translators.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use datasets::Languages;
use datasets::text::batch::padded;
use datasets::text::word_count;
use figures::attention;
use models::layers::thousands;
use models::translator::{END, Hypothesis, Search, Sentences as Tokens};
use models::{Architecture, InputShape, Translator};
use serde::Serialize;

use crate::arguments::Arguments;
use crate::error::{Error, Failure, Outcomes, Result};
use crate::info::ModelInfo;
use crate::kind::{Answer, Kind};
use crate::lines::{self, Line};
use crate::terminal::{Terminal, printable};

/// Number of translations of each sentence unless the user chooses another.
const DEFAULT_TOP: usize = 3;

/// Largest number of translations of each sentence.
const MAX_TOP: usize = 100;

/// Smallest width of the beam. The experiment's own evaluation searches with the same width.
const MIN_BEAM: usize = 5;

/// Longest sentence that is accepted, in words.
const MAX_WORDS: usize = 100;

/// Longest sentence that is accepted, in bytes.
const MAX_BYTES: usize = 2_000;

/// A translator.
pub(crate) struct Sentences {
    info: ModelInfo,
    languages: Languages,
    network: Box<Translator>,
    top: usize,
    /// File for the attention of the one translation.
    attention: Option<PathBuf>,
}

/// The answer about one sentence.
#[derive(Serialize)]
pub(crate) struct Translation {
    /// Origin: `--text` or `file:line`.
    path: String,
    text: String,
    /// The best translation.
    translation: String,
    /// The best translations, the best first.
    alternatives: Vec<Alternative>,
    /// Whether the sentence is longer than all that the model was trained on.
    longer_than_trained: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<String>,
    /// Longest sentence that the model was trained on, in words.
    #[serde(skip)]
    max_words: usize,
}

/// One translation of a sentence.
#[derive(Serialize)]
struct Alternative {
    translation: String,
    /// Probability of the whole translation.
    probability: f64,
    /// Figure that compares translations of different lengths.
    score: f64,
    /// Whether the translation ended, instead of being cut.
    ended: bool,
}

impl Sentences {
    /// Prepares a translator for the arguments.
    ///
    /// # Errors
    /// If the preprocessing does not fit the network, or an option does not apply.
    pub fn new(
        info: ModelInfo,
        languages: Languages,
        network: Box<Translator>,
        arguments: &Arguments,
    ) -> Result<Self> {
        let shape = InputShape::Words(languages.source.len());
        info.check(languages.validate(), shape, &[])?;
        let tokens = languages.target.len();
        if let Architecture::Translator(config) = &info.card.architecture
            && config.target_tokens != tokens
        {
            return Err(info.contradiction(format!(
                "its network predicts {} tokens, but its vocabulary has {tokens}",
                config.target_tokens
            )));
        }
        let kind = "a translator, which takes sentences";
        arguments.check_options(&["--attention", "--text", "--top"], kind, &info.path)?;
        let top = arguments.top.unwrap_or(DEFAULT_TOP);
        if top > MAX_TOP {
            return Err(Error::Arguments(format!(
                "--top {top}: at most {MAX_TOP} translations can be printed"
            )));
        }
        Ok(Self {
            info,
            languages,
            network,
            top,
            attention: arguments.attention.clone(),
        })
    }

    /// Checks that a line is a sentence, and not too long.
    fn check(&self, line: Line) -> std::result::Result<Line, Failure> {
        let (count, bytes) = (word_count(&line.text), line.text.len());
        let error = if count == 0 {
            "there is no sentence: give one, such as \"How are you?\"".to_owned()
        } else if count > MAX_WORDS || bytes > MAX_BYTES {
            format!(
                "the sentence has {count} words and {bytes} bytes, but at most {MAX_WORDS} words and {MAX_BYTES} bytes are accepted (the model was trained on at most {} words): split it",
                self.languages.max_words
            )
        } else {
            return Ok(line);
        };
        let path = line.path;
        Err(Failure { path, error })
    }

    /// Searches for the best translations of each sentence, the best first.
    fn search(&self, lines: &[Line]) -> Result<Vec<Vec<Hypothesis>>> {
        let tokens: Vec<Vec<usize>> = (lines.iter())
            .map(|line| {
                let mut tokens = self.languages.source.encode(&line.text);
                tokens.push(END);
                tokens
            })
            .collect();
        let source = Tokens {
            tokens: padded(&tokens, &self.info.device),
            lengths: tokens.iter().map(Vec::len).collect(),
        };
        let search = Search::beam(self.top.max(MIN_BEAM));
        let found = self.network.translate(&source, &search);
        let mut all = found.iter().flatten();
        if all.all(|one| one.log_probability.is_finite()) {
            Ok(found)
        } else {
            Err(self.info.diverged())
        }
    }

    /// Creates the answer about a sentence from its translations.
    fn interpret(&self, line: &Line, hypotheses: &[Hypothesis]) -> Translation {
        let alternatives: Vec<Alternative> = (hypotheses.iter().take(self.top))
            .map(|one| Alternative {
                translation: self.languages.target.decode(&one.tokens),
                probability: one.log_probability.exp(),
                score: one.score,
                ended: one.ended,
            })
            .collect();
        let best = alternatives.first();
        Translation {
            path: line.path.clone(),
            text: line.text.clone(),
            translation: best.map_or(String::new(), |best| best.translation.clone()),
            alternatives,
            longer_than_trained: word_count(&line.text) > self.languages.max_words,
            notice: self.info.notice.clone(),
            max_words: self.languages.max_words,
        }
    }

    /// Draws the attention of a translation.
    fn draw(&self, path: &Path, line: &Line, best: &Hypothesis) -> Result<()> {
        let [source, target] = self
            .languages
            .display_tokens(&line.text, &best.tokens, best.ended);
        files::write(path, attention::draw(&source, &target, &best.attention))
            .map_err(|error| Error::write("--attention", error))
    }
}

impl Kind for Sentences {
    type Input = Line;
    type Answer = Translation;

    const BATCH: usize = 32;
    const FAILED: &'static str = "sentences could not be translated";

    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn read(&self, arguments: &Arguments) -> Result<Outcomes<Line>> {
        let lines = lines::read(&arguments.text, &arguments.inputs);
        let sentences = lines.and_then(|line| self.check(line));
        let count = sentences.ok.len();
        if self.attention.is_some() && count > 1 {
            return Err(Error::Arguments(format!(
                "--attention draws one sentence, but there are {count}: give one with --text"
            )));
        }
        Ok(sentences)
    }

    fn answer(&mut self, lines: &[Line]) -> Result<Outcomes<Translation>> {
        let (mut ok, failed) = (Vec::new(), Vec::new());
        for (line, hypotheses) in lines.iter().zip(self.search(lines)?) {
            if let (Some(path), Some(best)) = (&self.attention, hypotheses.first()) {
                self.draw(path, line, best)?;
            }
            ok.push(self.interpret(line, &hypotheses));
        }
        Ok(Outcomes { ok, failed })
    }

    fn columns(&self) -> Vec<String> {
        self.info
            .with_notice_column(&["path", "text", "translation", "probability"])
    }

    fn quality(&self) -> (&'static str, String) {
        let Some(bleu) = self.info.metric("bleu", "test") else {
            return ("BLEU", "not measured".into());
        };
        let interval = bleu.interval.map_or(String::new(), |[low, high]| {
            format!(" (interval {low:.1} to {high:.1})")
        });
        let (value, n) = (bleu.value, thousands(bleu.n));
        ("BLEU", format!("{value:.1}{interval} on {n} test examples"))
    }
}

impl Answer for Translation {
    fn print(&self, terminal: &mut Terminal) -> io::Result<()> {
        writeln!(terminal, "{}", printable(&self.text))?;
        for alternative in &self.alternatives {
            let (percent, text) = (100.0 * alternative.probability, &alternative.translation);
            let cut = if alternative.ended {
                ""
            } else {
                " (cut: it did not end)"
            };
            writeln!(terminal, "  {percent:5.1} %  {}{cut}", printable(text))?;
        }
        if self.longer_than_trained {
            let limit = self.max_words;
            writeln!(
                terminal,
                "  longer than the {limit} words of the longest training sentence: do not trust it"
            )?;
        }
        terminal.print_notice(self.notice.as_deref())
    }

    fn row(&self) -> Vec<String> {
        let best = self.alternatives.first();
        let probability = best.map(|best| format!("{:.6}", best.probability));
        let fixed = [&self.path, &self.text, &self.translation].map(String::clone);
        let cells = fixed.into_iter().chain(probability);
        cells.chain(self.notice.clone()).collect()
    }
}
