//! Beam search for the most probable translations of a sentence; greedy with a beam of one.

use burn::tensor::{Device, Int, Tensor, TensorData, activation};

use super::config::{END, PADDING, START};
use super::encoder::Sentences;
use super::model::Translator;

/// Settings of a beam search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Search {
    /// Width of the beam: the number of unfinished translations that are extended. 1 is greedy search.
    pub width: usize,
    /// Exponent of the length penalty: a translation's score is the logarithm of its probability divided by
    /// ((5 + length) / 6)^exponent (Wu et al. 2016, <https://arxiv.org/abs/1609.08144>, equation 14).
    pub length_penalty: f64,
    /// Largest number of tokens of a translation: a constant, and a number for each token of the source.
    pub limit: [usize; 2],
}

impl Search {
    /// Creates a greedy search for at most `limit` tokens.
    pub fn greedy(limit: usize) -> Self {
        Self {
            width: 1,
            length_penalty: 0.0,
            limit: [limit, 0],
        }
    }

    /// Creates a beam search for translations of at most ten tokens more than twice the source.
    ///
    /// The score is about the mean log-probability per token.
    pub fn beam(width: usize) -> Self {
        Self {
            width,
            length_penalty: 1.0,
            limit: [10, 2],
        }
    }

    fn score(&self, log_probability: f64, length: usize) -> f64 {
        log_probability / ((5.0 + length as f64) / 6.0).powf(self.length_penalty)
    }
}

/// Translation found by a search.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    /// Token indices without [`END`].
    pub tokens: Vec<usize>,
    /// Whether the translation ended, instead of reaching the limit.
    pub ended: bool,
    /// Logarithm of the probability, that of the end included.
    pub log_probability: f64,
    /// Score by which translations are ranked.
    pub score: f64,
    /// Attention weights over the source for each token, and for the end if it ended.
    pub attention: Vec<Vec<f32>>,
}

impl Translator {
    /// Searches for the best translations of each sentence.
    ///
    /// Returns from one to `search.width` translations of each, the best first. The other sentences of the batch make
    /// no difference.
    ///
    /// # Panics
    /// If the width or the limit is 0.
    pub fn translate(&self, source: &Sentences, search: &Search) -> Vec<Vec<Hypothesis>> {
        assert!(
            search.width > 0 && search.limit[0] > 0,
            "the width and the limit of a search are at least 1: {search:?}"
        );
        let device = source.tokens.device();
        let (memory, mut state) = self.encode(source);
        let mut searches: Vec<SentenceSearch> = (source.lengths.iter())
            .map(|&length| SentenceSearch::new(*search, length))
            .collect();
        // The sentence of each row of a step, and the row of the step before that it extends.
        let mut sentences: Vec<usize> = (0..searches.len()).collect();
        let mut rows = sentences.clone();
        while !rows.is_empty() {
            let live = searches.iter().flat_map(|search| &search.live);
            let last = live.map(|beam| beam.tokens.last().copied().unwrap_or(START));
            let previous = indices(&last.collect::<Vec<_>>(), &device);
            let attended = memory.select(&indices(&sentences, &device));
            let step = self.step(&attended, state.select(&indices(&rows, &device)), previous);
            state = step.state;
            let outputs = StepOutputs {
                tokens: step.logits.dims()[1],
                log_probabilities: values(activation::log_softmax(step.logits, 1)),
                steps: memory.steps(),
                attention: values(step.attention),
            };
            (sentences, rows) = (Vec::new(), Vec::new());
            let mut first = 0;
            for (sentence, search) in searches.iter_mut().enumerate() {
                let count = search.live.len();
                let parents = search.advance(&outputs, first);
                sentences.extend(parents.iter().map(|_| sentence));
                rows.extend(parents.iter().map(|parent| first + parent));
                first += count;
            }
        }
        searches.into_iter().map(SentenceSearch::finish).collect()
    }
}

/// Outputs of one decoding step of all beams, one row each.
struct StepOutputs {
    /// Number of tokens of the target language.
    tokens: usize,
    /// `[rows, tokens]`
    log_probabilities: Vec<f32>,
    /// Number of steps of the longest source sentence.
    steps: usize,
    /// `[rows, steps]`
    attention: Vec<f32>,
}

impl StepOutputs {
    fn log_probabilities(&self, row: usize) -> &[f32] {
        &self.log_probabilities[row * self.tokens..][..self.tokens]
    }

    fn attention(&self, row: usize) -> &[f32] {
        &self.attention[row * self.steps..][..self.steps]
    }
}

/// Unfinished translation.
#[derive(Clone)]
struct Beam {
    tokens: Vec<usize>,
    log_probability: f64,
    attention: Vec<Vec<f32>>,
}

/// Beam extended by one token.
struct Candidate {
    /// Index of the beam that it extends.
    parent: usize,
    token: usize,
    log_probability: f64,
}

/// Search for the translations of one sentence.
struct SentenceSearch {
    search: Search,
    /// Number of tokens of the sentence.
    length: usize,
    /// Beams that are extended.
    live: Vec<Beam>,
    /// Translations that ended.
    finished: Vec<Hypothesis>,
    /// Beams that reached the limit.
    truncated: Vec<Beam>,
}

impl SentenceSearch {
    fn new(search: Search, length: usize) -> Self {
        let empty = Beam {
            tokens: Vec::new(),
            log_probability: 0.0,
            attention: Vec::new(),
        };
        Self {
            search,
            length,
            live: vec![empty],
            finished: Vec::new(),
            truncated: Vec::new(),
        }
    }

    /// Largest number of tokens of a translation.
    fn limit(&self) -> usize {
        self.search.limit[0] + self.search.limit[1] * self.length
    }

    /// Extends every beam by one token; `first` is the row of the first beam.
    ///
    /// Returns the index of the beam that each of the new ones extends.
    fn advance(&mut self, outputs: &StepOutputs, first: usize) -> Vec<usize> {
        let (mut live, mut parents) = (Vec::new(), Vec::new());
        let candidates = self.candidates(outputs, first);
        // A translation may end only where it is among the best that are extended.
        for (rank, candidate) in candidates.into_iter().enumerate() {
            let Beam {
                mut tokens,
                mut attention,
                ..
            } = self.live[candidate.parent].clone();
            let weights = outputs.attention(first + candidate.parent);
            attention.push(weights[..self.length].to_vec());
            let log_probability = candidate.log_probability;
            if candidate.token == END {
                if rank < self.search.width {
                    self.finished.push(Hypothesis {
                        score: self.search.score(log_probability, tokens.len() + 1),
                        tokens,
                        ended: true,
                        log_probability,
                        attention,
                    });
                }
                continue;
            }
            tokens.push(candidate.token);
            live.push(Beam {
                tokens,
                log_probability,
                attention,
            });
            parents.push(candidate.parent);
            if live.len() == self.search.width {
                break;
            }
        }
        let is_done = self.finished.len() >= self.search.width;
        let length = live.first().map_or(0, |beam| beam.tokens.len());
        if !is_done && length >= self.limit() {
            self.truncated = std::mem::take(&mut live);
        }
        if is_done || live.is_empty() {
            live.clear();
            parents.clear();
        }
        self.live = live;
        parents
    }

    /// Returns the best extensions of all beams, the most probable first.
    fn candidates(&self, outputs: &StepOutputs, first: usize) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for (parent, beam) in self.live.iter().enumerate() {
            let row = outputs.log_probabilities(first + parent);
            // One more than are extended: one of them may end.
            let best = best_tokens(row, self.search.width + 1);
            candidates.extend(best.into_iter().map(|token| Candidate {
                parent,
                token,
                log_probability: beam.log_probability + f64::from(row[token]),
            }));
        }
        candidates.sort_by(|one, other| other.log_probability.total_cmp(&one.log_probability));
        candidates
    }

    /// Returns the best translations, those that were truncated last.
    fn finish(self) -> Vec<Hypothesis> {
        let width = self.search.width;
        let mut all = self.finished;
        all.sort_by(|one, other| other.score.total_cmp(&one.score));
        let missing = width.saturating_sub(all.len());
        let truncated = self.truncated.into_iter().take(missing);
        all.extend(truncated.map(|beam| Hypothesis {
            score: self.search.score(beam.log_probability, beam.tokens.len()),
            tokens: beam.tokens,
            ended: false,
            log_probability: beam.log_probability,
            attention: beam.attention,
        }));
        all.truncate(width);
        all
    }
}

/// Returns the `count` most probable tokens, the best first, without [`PADDING`] and [`START`].
fn best_tokens(log_probabilities: &[f32], count: usize) -> Vec<usize> {
    let mut best: Vec<usize> = Vec::with_capacity(count + 1);
    for (token, value) in log_probabilities.iter().enumerate() {
        if token == PADDING || token == START {
            continue;
        }
        let place = best.partition_point(|&other| log_probabilities[other] >= *value);
        if place < count {
            best.insert(place, token);
            best.truncate(count);
        }
    }
    best
}

fn indices(values: &[usize], device: &Device) -> Tensor<1, Int> {
    let values: Vec<i64> = values.iter().map(|value| *value as i64).collect();
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count]), device)
}

fn values(tensor: Tensor<2>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}
