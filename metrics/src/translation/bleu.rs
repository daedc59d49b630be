//! BLEU (Papineni et al. 2002, <https://aclanthology.org/P02-1040>) as sacreBLEU computes it by default (Post 2018,
//! <https://aclanthology.org/W18-6319>).
//!
//! BLEU = 100 BP exp(1/4 sum_n ln p_n), n = 1 to 4. The precision p_n is the fraction of the translations' n-grams that
//! are in a reference, each counted at most as often as there; BP = min(1, e^(1 - r / c)) is the brevity penalty of
//! c tokens for r tokens of the references. Tokens are those of mteval-v13a, case counts, and precisions of 0 are
//! smoothed exponentially. Checked against sacreBLEU 2.6 (`tests/reference/sacrebleu_scores.py`).

use std::collections::HashMap;
use std::hash::Hash;
use std::iter::Sum;

/// Length of the longest n-grams.
const MAX_ORDER: usize = 4;

/// Counts that BLEU is computed from; those of a corpus are the sum over its sentences.
///
/// # Examples
/// ```
/// use metrics::translation::bleu::BleuCounts;
///
/// let corpus: BleuCounts = [
///     ("the cat sat on the mat", "the cat sat on the mat"),
///     ("there is a dog", "there was a dog"),
/// ]
/// .into_iter()
/// .map(|(translation, reference)| BleuCounts::new(translation, &[reference]))
/// .sum();
/// assert_eq!(corpus.correct, [9, 6, 4, 3]);
/// assert!((corpus.score() - 76.22).abs() < 0.01);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BleuCounts {
    /// Number of n-grams of 1 to 4 tokens that are in a reference, each counted at most as often as there.
    pub correct: [u64; MAX_ORDER],
    /// Number of n-grams of 1 to 4 tokens.
    pub total: [u64; MAX_ORDER],
    /// Number of tokens of the translations.
    pub length: u64,
    /// Number of tokens of the references, of each translation the one nearest in length.
    pub reference_length: u64,
}

impl BleuCounts {
    /// Counts the n-grams of one translation and of its references.
    ///
    /// Without a reference nothing is correct. An empty translation counts towards the reference length alone.
    pub fn new<S: AsRef<str>>(translation: &str, references: &[S]) -> Self {
        let translation = tokenize(translation);
        let tokens = split(&translation);
        let references: Vec<String> = references
            .iter()
            .map(|reference| tokenize(reference.as_ref()))
            .collect();
        let references: Vec<Vec<&str>> = references.iter().map(|text| split(text)).collect();
        let nearest_length = (references.iter().map(Vec::len))
            .min_by_key(|length| (length.abs_diff(tokens.len()), *length))
            .unwrap_or(0);
        let mut counts = Self {
            length: tokens.len() as u64,
            reference_length: nearest_length as u64,
            ..Self::default()
        };
        for order in 1..=MAX_ORDER {
            let mut limits: HashMap<&[&str], u64> = HashMap::new();
            for reference in &references {
                for (ngram, count) in ngram_counts(reference, order) {
                    let limit = limits.entry(ngram).or_default();
                    *limit = count.max(*limit);
                }
            }
            for (ngram, count) in ngram_counts(&tokens, order) {
                counts.total[order - 1] += count;
                let limit = limits.get(ngram).copied().unwrap_or(0);
                counts.correct[order - 1] += count.min(limit);
            }
        }
        counts
    }

    /// Returns the BLEU score, from 0 to 100.
    ///
    /// 0 if no n-gram is correct, or if there is none of one of the lengths, as in an empty corpus. The k-th precision
    /// of 0 counts as 1 / (2^k total).
    pub fn score(&self) -> f64 {
        if self.correct.iter().all(|correct| *correct == 0) {
            return 0.0;
        }
        let mut smoothing = 1.0;
        let mut log_sum = 0.0;
        for (correct, total) in self.correct.into_iter().zip(self.total) {
            if total == 0 {
                return 0.0;
            }
            let precision = if correct == 0 {
                smoothing *= 2.0;
                1.0 / (smoothing * total as f64)
            } else {
                correct as f64 / total as f64
            };
            log_sum += precision.ln();
        }
        100.0 * self.brevity_penalty() * (log_sum / MAX_ORDER as f64).exp()
    }

    /// Returns the factor, from 0 to 1, by which translations shorter than their references are penalised.
    ///
    /// 0 without a token.
    pub fn brevity_penalty(&self) -> f64 {
        let (length, reference) = (self.length as f64, self.reference_length as f64);
        match self.length {
            0 => 0.0,
            _ if length < reference => (1.0 - reference / length).exp(),
            _ => 1.0,
        }
    }
}

impl Sum for BleuCounts {
    fn sum<I: Iterator<Item = Self>>(sentences: I) -> Self {
        sentences.fold(Self::default(), |mut sum, sentence| {
            for order in 0..MAX_ORDER {
                sum.correct[order] += sentence.correct[order];
                sum.total[order] += sentence.total[order];
            }
            sum.length += sentence.length;
            sum.reference_length += sentence.reference_length;
            sum
        })
    }
}

/// Returns the tokens of a tokenized sentence.
fn split(tokenized: &str) -> Vec<&str> {
    tokenized
        .split(' ')
        .filter(|token| !token.is_empty())
        .collect()
}

/// Returns how often each n-gram of `order` items occurs.
fn ngram_counts<T: Eq + Hash>(items: &[T], order: usize) -> HashMap<&[T], u64> {
    let mut counts = HashMap::new();
    for ngram in items.windows(order) {
        *counts.entry(ngram).or_default() += 1;
    }
    counts
}

/// Returns the tokens of mteval-v13a, separated by single spaces.
///
/// # Examples
/// ```
/// use metrics::translation::bleu::tokenize;
///
/// assert_eq!(tokenize("3,50 euros, please!"), "3,50 euros , please !");
/// ```
pub fn tokenize(sentence: &str) -> String {
    let mut text = sentence.trim_end().replace("<skipped>", "");
    text = text.replace("-\n", "").replace('\n', " ");
    for (entity, character) in [
        ("&quot;", "\""),
        ("&amp;", "&"),
        ("&lt;", "<"),
        ("&gt;", ">"),
    ] {
        text = text.replace(entity, character);
    }
    let text = space_symbols(&text);
    let is_point = |character: char| matches!(character, '.' | ',');
    let is_digit = |character: char| character.is_ascii_digit();
    let text = replace_pairs(
        &text,
        |first, second| !is_digit(first) && is_point(second),
        |first, second| format!("{first} {second} "),
    );
    let text = replace_pairs(
        &text,
        |first, second| is_point(first) && !is_digit(second),
        |first, second| format!(" {first} {second}"),
    );
    let text = replace_pairs(
        &text,
        |first, second| is_digit(first) && second == '-',
        |first, second| format!("{first} {second} "),
    );
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Puts spaces around the text and around every symbol and punctuation mark, except for points, commas, hyphens and
/// apostrophes.
fn space_symbols(text: &str) -> String {
    let is_symbol = |character: char| matches!(character, '{'..='~' | '['..='`' | ' '..='&' | '('..='+' | ':'..='@' | '/');
    let mut spaced = String::with_capacity(2 * text.len());
    for character in format!(" {text} ").chars() {
        if is_symbol(character) {
            spaced.extend([' ', character, ' ']);
        } else {
            spaced.push(character);
        }
    }
    spaced
}

/// Replaces pairs of adjacent characters from left to right, each character in one pair at most, as a regular
/// expression does.
fn replace_pairs(
    text: &str,
    is_replaced: impl Fn(char, char) -> bool,
    replacement: impl Fn(char, char) -> String,
) -> String {
    let mut result = String::with_capacity(2 * text.len());
    let mut characters = text.chars().peekable();
    while let Some(first) = characters.next() {
        match characters.peek().copied() {
            Some(second) if is_replaced(first, second) => {
                result.push_str(&replacement(first, second));
                characters.next();
            }
            _ => result.push(first),
        }
    }
    result
}
