//! BLEU (Papineni et al. 2002, <https://aclanthology.org/P02-1040>) as sacreBLEU computes it by default (Post 2018,
//! <https://aclanthology.org/W18-6319>): the tokens of mteval-v13a, case counts, n-grams of 1 to 4, exponential
//! smoothing. Checked against sacreBLEU 2.6 (`tests/reference/sacrebleu_scores.py`).

use std::collections::HashMap;
use std::iter::Sum;

/// The longest n-grams.
const ORDER: usize = 4;

/// What BLEU is computed from: sums over sentences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BleuCounts {
    /// n-grams of 1 to 4 tokens that are in a reference, at most as often as there.
    pub correct: [u64; ORDER],
    /// All of them.
    pub total: [u64; ORDER],
    /// Tokens that were said.
    pub length: u64,
    /// Tokens of the references nearest in length.
    pub reference_length: u64,
}

impl BleuCounts {
    /// Of one sentence with its references.
    pub fn of<S: AsRef<str>>(said: &str, references: &[S]) -> Self {
        let said = tokenize(said);
        let words: Vec<&str> = said.split(' ').filter(|word| !word.is_empty()).collect();
        let references: Vec<String> = references
            .iter()
            .map(|one| tokenize(one.as_ref()))
            .collect();
        let references: Vec<Vec<&str>> = (references.iter())
            .map(|one| one.split(' ').filter(|word| !word.is_empty()).collect())
            .collect();
        let nearest = (references.iter().map(Vec::len))
            .min_by_key(|length| (length.abs_diff(words.len()), *length))
            .unwrap_or(0);
        let mut counts = Self {
            length: words.len() as u64,
            reference_length: nearest as u64,
            ..Self::default()
        };
        for order in 1..=ORDER {
            let mut allowed: HashMap<&[&str], u64> = HashMap::new();
            for reference in &references {
                for (gram, count) in grams(reference, order) {
                    let most = allowed.entry(gram).or_default();
                    *most = count.max(*most);
                }
            }
            for (gram, count) in grams(&words, order) {
                counts.total[order - 1] += count;
                let most = allowed.get(gram).copied().unwrap_or(0);
                counts.correct[order - 1] += count.min(most);
            }
        }
        counts
    }

    /// From 0 to 100.
    pub fn score(&self) -> f64 {
        if self.correct.iter().all(|correct| *correct == 0) {
            return 0.0;
        }
        let mut smoothing = 1.0;
        let mut logarithms = 0.0;
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
            logarithms += precision.ln();
        }
        100.0 * self.brevity_penalty() * (logarithms / ORDER as f64).exp()
    }

    /// What translations lose that are shorter than their references.
    pub fn brevity_penalty(&self) -> f64 {
        let (length, wanted) = (self.length as f64, self.reference_length as f64);
        match self.length {
            0 => 0.0,
            _ if length < wanted => (1.0 - wanted / length).exp(),
            _ => 1.0,
        }
    }
}

impl Sum for BleuCounts {
    fn sum<I: Iterator<Item = Self>>(sentences: I) -> Self {
        sentences.fold(Self::default(), |mut sum, sentence| {
            for order in 0..ORDER {
                sum.correct[order] += sentence.correct[order];
                sum.total[order] += sentence.total[order];
            }
            sum.length += sentence.length;
            sum.reference_length += sentence.reference_length;
            sum
        })
    }
}

/// How often each n-gram occurs.
fn grams<T: Eq + std::hash::Hash>(items: &[T], order: usize) -> HashMap<&[T], u64> {
    let mut counts = HashMap::new();
    for gram in items.windows(order) {
        *counts.entry(gram).or_default() += 1;
    }
    counts
}

/// The tokens of mteval-v13a, with one space between them.
pub fn tokenize(sentence: &str) -> String {
    let mut text = sentence.trim_end().replace("<skipped>", "");
    text = text.replace("-\n", "").replace('\n', " ");
    for (entity, letter) in [
        ("&quot;", "\""),
        ("&amp;", "&"),
        ("&lt;", "<"),
        ("&gt;", ">"),
    ] {
        text = text.replace(entity, letter);
    }
    let is_mark = |letter: char| matches!(letter, '{'..='~' | '['..='`' | ' '..='&' | '('..='+' | ':'..='@' | '/');
    let mut apart = String::with_capacity(2 * text.len());
    for letter in format!(" {text} ").chars() {
        if is_mark(letter) {
            apart.extend([' ', letter, ' ']);
        } else {
            apart.push(letter);
        }
    }
    let is_point = |letter: char| matches!(letter, '.' | ',');
    let is_digit = |letter: char| letter.is_ascii_digit();
    let text = pairs(
        &apart,
        |one, other| !is_digit(one) && is_point(other),
        |one, other| format!("{one} {other} "),
    );
    let text = pairs(
        &text,
        |one, other| is_point(one) && !is_digit(other),
        |one, other| format!(" {one} {other}"),
    );
    let text = pairs(
        &text,
        |one, other| is_digit(one) && other == '-',
        |one, other| format!("{one} {other} "),
    );
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Replaces pairs of neighbours from left to right, each letter in one pair at most.
fn pairs(
    text: &str,
    is_replaced: impl Fn(char, char) -> bool,
    replacement: impl Fn(char, char) -> String,
) -> String {
    let mut result = String::with_capacity(2 * text.len());
    let mut letters = text.chars().peekable();
    while let Some(one) = letters.next() {
        match letters.peek().copied() {
            Some(other) if is_replaced(one, other) => {
                result.push_str(&replacement(one, other));
                letters.next();
            }
            _ => result.push(one),
        }
    }
    result
}
