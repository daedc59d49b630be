//! From a sentence to its most probable translations, by beam search; greedily with a beam of one.

use burn::tensor::{Device, Int, Tensor, TensorData, activation};

use super::{END, PADDING, START, Sentences, Translator};

/// How translations are searched for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Search {
    /// How many unfinished translations are followed; 1 takes the most probable token each time.
    pub width: usize,
    /// How far a translation's length makes up for its smaller probability: the score is its logarithm divided
    /// by ((5 + length) / 6)^this (Wu et al. 2016, <https://arxiv.org/abs/1609.08144>, equation 14).
    pub length_penalty: f64,
    /// The most tokens of a translation, and how many more for each token of its sentence.
    pub limit: [usize; 2],
}

impl Search {
    /// Follows the most probable token only.
    pub fn greedy(limit: usize) -> Self {
        Self {
            width: 1,
            length_penalty: 0.0,
            limit: [limit, 0],
        }
    }

    /// As many as `width` are followed: a translation has at most twice as many tokens as its sentence and ten, and
    /// its length makes up for its probability in proportion, about.
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

/// One translation.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    /// Its tokens without [`END`].
    pub tokens: Vec<usize>,
    /// Whether it ended, or was cut at the limit.
    pub ended: bool,
    /// The logarithm of its probability, that of its end included.
    pub log_probability: f64,
    /// By which translations are compared.
    pub score: f64,
    /// For each token, and the end where it ended, how much it looked at each token of the sentence.
    pub attention: Vec<Vec<f32>>,
}

/// A translation that goes on.
#[derive(Clone)]
struct Beam {
    tokens: Vec<usize>,
    log_probability: f64,
    attention: Vec<Vec<f32>>,
}

/// The search for one sentence's translations.
struct Sought {
    length: usize,
    live: Vec<Beam>,
    found: Vec<Hypothesis>,
    /// Those that reached the limit.
    cut: Vec<Beam>,
    limit: usize,
}

impl Translator {
    /// The best translations of each sentence, the best first, at most as many as the search is wide; at least
    /// one. What else is in the batch makes no difference.
    ///
    /// # Panics
    /// If the search has no width or no limit.
    pub fn translate(&self, source: &Sentences, search: &Search) -> Vec<Vec<Hypothesis>> {
        assert!(
            search.width > 0 && search.limit[0] > 0,
            "a search of nothing"
        );
        let device = source.tokens.device();
        let (memory, mut state) = self.encode(source);
        let mut sought: Vec<Sought> = (source.lengths.iter())
            .map(|&length| Sought::new(length, search.limit[0] + search.limit[1] * length))
            .collect();
        // The sentence of each row, and the row of the step before that it goes on from.
        let mut sentences: Vec<usize> = (0..sought.len()).collect();
        let mut rows = sentences.clone();
        loop {
            let live = sought.iter().flat_map(|sought| &sought.live);
            let last: Vec<usize> = live
                .map(|beam| beam.tokens.last().copied().unwrap_or(START))
                .collect();
            if last.is_empty() {
                break;
            }
            let of_rows = memory.select(&numbers(&sentences, &device));
            state = state.select(&numbers(&rows, &device));
            let said = self.step(&of_rows, state, numbers(&last, &device));
            state = said.state;
            let [_, tokens] = said.logits.dims();
            let logarithms = values(activation::log_softmax(said.logits, 1));
            let attention = values(said.attention);
            let steps = memory.steps();
            (sentences, rows) = (Vec::new(), Vec::new());
            let mut first = 0;
            for (sentence, sought) in sought.iter_mut().enumerate() {
                let count = sought.live.len();
                if count == 0 {
                    continue;
                }
                let logarithms = &logarithms[first * tokens..(first + count) * tokens];
                let attention = &attention[first * steps..(first + count) * steps];
                let parents = sought.advance(search, logarithms, attention);
                sentences.extend(parents.iter().map(|_| sentence));
                rows.extend(parents.iter().map(|parent| first + parent));
                first += count;
            }
        }
        sought
            .into_iter()
            .map(|sought| sought.finish(search))
            .collect()
    }
}

impl Sought {
    fn new(length: usize, limit: usize) -> Self {
        let nothing = Beam {
            tokens: Vec::new(),
            log_probability: 0.0,
            attention: Vec::new(),
        };
        Self {
            length,
            live: vec![nothing],
            found: Vec::new(),
            cut: Vec::new(),
            limit,
        }
    }

    /// One token more; for each translation that goes on, the one it goes on from.
    fn advance(&mut self, search: &Search, logarithms: &[f32], attention: &[f32]) -> Vec<usize> {
        let tokens = logarithms.len() / self.live.len();
        let steps = attention.len() / self.live.len();
        let mut candidates: Vec<(usize, usize, f64)> = Vec::new();
        for (parent, (beam, row)) in self
            .live
            .iter()
            .zip(logarithms.chunks_exact(tokens))
            .enumerate()
        {
            // One more than goes on: one of them may end.
            let best = best_tokens(row, search.width + 1);
            candidates.extend(best.into_iter().map(|token| {
                let logarithm = row.get(token).copied().map_or(f64::NEG_INFINITY, f64::from);
                (parent, token, beam.log_probability + logarithm)
            }));
        }
        candidates.sort_by(|(.., one), (.., other)| other.total_cmp(one));
        let (mut live, mut parents) = (Vec::new(), Vec::new());
        // A translation may end only where it is among the best that are followed.
        for (rank, (parent, token, log_probability)) in candidates.into_iter().enumerate() {
            let beam = self.live[parent].clone();
            let (mut tokens, mut seen) = (beam.tokens, beam.attention);
            seen.push(attention[parent * steps..][..self.length].to_vec());
            if token == END {
                if rank < search.width {
                    let score = search.score(log_probability, tokens.len() + 1);
                    self.found.push(Hypothesis {
                        tokens,
                        ended: true,
                        log_probability,
                        score,
                        attention: seen,
                    });
                }
                continue;
            }
            tokens.push(token);
            live.push(Beam {
                tokens,
                log_probability,
                attention: seen,
            });
            parents.push(parent);
            if live.len() == search.width {
                break;
            }
        }
        if self.found.len() >= search.width {
            live.clear();
            parents.clear();
        }
        if live
            .first()
            .is_some_and(|beam| beam.tokens.len() >= self.limit)
        {
            self.cut = std::mem::take(&mut live);
            parents.clear();
        }
        self.live = live;
        parents
    }

    /// The best, those that were cut at the limit last.
    fn finish(self, search: &Search) -> Vec<Hypothesis> {
        let mut all = self.found;
        all.sort_by(|one, other| other.score.total_cmp(&one.score));
        let missing = search.width.saturating_sub(all.len());
        all.extend(self.cut.into_iter().take(missing).map(|beam| Hypothesis {
            score: search.score(beam.log_probability, beam.tokens.len()),
            tokens: beam.tokens,
            ended: false,
            log_probability: beam.log_probability,
            attention: beam.attention,
        }));
        all.truncate(search.width);
        all
    }
}

/// The most probable tokens, the best first; never one that is no word.
fn best_tokens(row: &[f32], count: usize) -> Vec<usize> {
    let mut best: Vec<usize> = Vec::with_capacity(count + 1);
    for (token, value) in row.iter().enumerate() {
        if token == PADDING || token == START {
            continue;
        }
        let place = best.partition_point(|&other| row[other] >= *value);
        if place < count {
            best.insert(place, token);
            best.truncate(count);
        }
    }
    best
}

fn numbers(values: &[usize], device: &Device) -> Tensor<1, Int> {
    let values: Vec<i64> = values.iter().map(|value| *value as i64).collect();
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count]), device)
}

fn values(tensor: Tensor<2>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}
