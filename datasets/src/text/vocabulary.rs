//! Byte-level byte-pair encoding (Sennrich et al. 2016, <https://arxiv.org/abs/1508.07909>), by the crate `tokenizers`. The
//! 256 bytes are tokens, so that every character can be encoded.

use std::collections::{HashMap, HashSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::normalizers::NFC;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{
    AddedToken, PreTokenizerWrapper, SplitDelimiterBehavior, TokenizerBuilder, TokenizerImpl,
};

use super::words::{composed, spaced};
use crate::error::{Error, Result};

/// Number of the padding token.
pub const PADDING: usize = 0;
/// Number of the token at the start of a sentence.
pub const START: usize = 1;
/// Number of the token at the end of a sentence.
pub const END: usize = 2;

/// Names of the special tokens, in the order of their numbers.
const SPECIAL: [&str; 3] = ["<padding>", "<start>", "<end>"];

/// Minimum number of tokens: the bytes and the special tokens.
pub const MIN_TOKENS: usize = 256 + SPECIAL.len();

/// Maximum number of tokens of a vocabulary.
pub const MAX_TOKENS: usize = 1 << 17;

/// Pattern of the pieces that tokens do not cross: a word with the preceding space and the following apostrophe (`l'`,
/// `I'`), a digit, or punctuation marks.
const PIECE: &str = r" ?[\p{L}\p{M}]+['’]?| ?\p{N}| ?[^\s\p{L}\p{M}\p{N}]+|\s+";

type Bytes = TokenizerImpl<BPE, NFC, PreTokenizerWrapper, ByteLevel, ByteLevel>;

/// The tokens of one language.
#[derive(Clone, Serialize, Deserialize)]
#[serde(into = "Stored", try_from = "Stored")]
pub struct Vocabulary {
    stored: Stored,
    tokenizer: Bytes,
}

/// The part of a vocabulary that a model's file stores; the rest is derived from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    /// Tokens in the order of their numbers, with bytes represented by letters as in GPT-2.
    tokens: Vec<String>,
    /// Numbers of the two tokens that are merged into each further token, in the order in which they were learned.
    merges: Vec<[u32; 2]>,
}

impl fmt::Debug for Vocabulary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vocabulary of {} tokens", self.len())
    }
}

impl PartialEq for Vocabulary {
    fn eq(&self, other: &Self) -> bool {
        self.stored == other.stored
    }
}

impl From<Vocabulary> for Stored {
    fn from(vocabulary: Vocabulary) -> Self {
        vocabulary.stored
    }
}

impl TryFrom<Stored> for Vocabulary {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Self> {
        let tokenizer = tokenizer(stored.model()?)?;
        Ok(Self { stored, tokenizer })
    }
}

impl Stored {
    /// Builds the model after checking everything that may be wrong in a file.
    fn model(&self) -> Result<BPE> {
        let Self { tokens, merges } = self;
        let wrong = |reason: String| Error::text(format!("a vocabulary {reason}"));
        if !(MIN_TOKENS..=MAX_TOKENS).contains(&tokens.len()) {
            let count = tokens.len();
            return Err(wrong(format!(
                "of {count} tokens, but there must be {MIN_TOKENS} to {MAX_TOKENS}"
            )));
        }
        let mut numbers = HashMap::new();
        for (number, token) in tokens.iter().enumerate() {
            if numbers.insert(token.as_str(), number as u32).is_some() {
                return Err(wrong(format!("with the token {token:?} twice")));
            }
        }
        for (number, name) in SPECIAL.iter().enumerate() {
            if tokens[number] != *name {
                return Err(wrong(format!("whose token {number} is not {name}")));
            }
        }
        let mut alphabet = ByteLevel::alphabet().into_iter();
        if let Some(byte) = alphabet.find(|byte| !numbers.contains_key(&*byte.to_string())) {
            return Err(wrong(format!("without the byte {byte:?}")));
        }
        let text = |number: u32| tokens.get(number as usize).cloned();
        let pairs = merges.iter().enumerate().map(|(place, &[left, right])| {
            let known = text(left).zip(text(right));
            let joined =
                |(left, right): &(String, String)| numbers.contains_key(&*format!("{left}{right}"));
            known
                .filter(joined)
                .ok_or_else(|| wrong(format!("whose merge {place} does not give a token")))
        });
        let pairs = pairs.collect::<Result<Vec<_>>>()?;
        let vocabulary: HashMap<String, u32> = (numbers.iter())
            .map(|(token, number)| ((*token).to_owned(), *number))
            .collect();
        let model = BPE::builder().vocab_and_merges(
            vocabulary
                .into_iter()
                .collect::<tokenizers::models::bpe::Vocab>(),
            pairs,
        );
        model
            .build()
            .map_err(|error| wrong(format!("that cannot be used: {error}")))
    }
}

/// Builds the tokenizer around a model.
fn tokenizer(model: BPE) -> Result<Bytes> {
    let failed = |error: tokenizers::Error| Error::text(error.to_string());
    let pattern = SplitPattern::Regex(PIECE.to_owned());
    let pieces = Split::new(pattern, SplitDelimiterBehavior::Isolated, false).map_err(failed)?;
    let bytes = ByteLevel::new(false, false, false);
    let split = Sequence::new(vec![pieces.into(), bytes.into()]);
    TokenizerBuilder::new()
        .with_model(model)
        .with_normalizer(Some(NFC))
        .with_pre_tokenizer(Some(split.into()))
        .with_post_processor(Some(bytes))
        .with_decoder(Some(bytes))
        .build()
        .map_err(failed)
}

impl Vocabulary {
    /// Learns at most `count` tokens from sentences. The same sentences give the same tokens.
    ///
    /// # Errors
    /// [`Error::Text`] if `count` is out of range.
    pub fn learn<'a>(sentences: impl Iterator<Item = &'a str>, count: usize) -> Result<Self> {
        if !(MIN_TOKENS..=MAX_TOKENS).contains(&count) {
            return Err(Error::text(format!(
                "a vocabulary of {count} tokens, but there must be {MIN_TOKENS} to {MAX_TOKENS}"
            )));
        }
        let failed = |error: tokenizers::Error| Error::text(error.to_string());
        let mut learning = tokenizer(BPE::default())?;
        let special = SPECIAL.map(|name| AddedToken::from(name.to_owned(), true));
        let mut trainer = BpeTrainer::builder()
            .vocab_size(count)
            .min_frequency(2)
            .show_progress(false)
            .initial_alphabet(
                ByteLevel::alphabet()
                    .into_iter()
                    .collect::<HashSet<char>>()
                    .into_iter()
                    .collect(),
            )
            .special_tokens(special.to_vec())
            .build();
        let sentences: Vec<String> = sentences.map(with_space).collect();
        learning
            .train(&mut trainer, sentences.iter())
            .map_err(failed)?;
        Stored::of(learning.get_model())?.try_into()
    }

    /// Returns the number of tokens.
    pub fn len(&self) -> usize {
        self.stored.tokens.len()
    }

    /// Returns `false`: a vocabulary has a token for each byte.
    pub fn is_empty(&self) -> bool {
        self.stored.tokens.is_empty()
    }

    /// Encodes a sentence, without start and end tokens. Encoding is lossless except for white space, which is reduced to single
    /// spaces.
    pub fn encode(&self, sentence: &str) -> Vec<usize> {
        // The names of special tokens in a sentence are encoded as ordinary text.
        match self.tokenizer.encode_fast(with_space(sentence), false) {
            Ok(encoding) => encoding.get_ids().iter().map(|id| *id as usize).collect(),
            Err(_) => Vec::new(),
        }
    }

    /// Decodes tokens to a sentence. Special tokens are ignored.
    pub fn decode(&self, tokens: &[usize]) -> String {
        let words = tokens
            .iter()
            .filter(|token| (SPECIAL.len()..self.len()).contains(token));
        let words: Vec<u32> = words.map(|token| *token as u32).collect();
        let text = self.tokenizer.decode(&words, false).unwrap_or_default();
        text.trim().to_owned()
    }

    /// Returns the text of a token for display.
    pub fn display(&self, token: usize) -> String {
        match token {
            END => "·".to_owned(),
            _ => self.decode(&[token]),
        }
    }
}

impl Stored {
    fn of(model: &BPE) -> Result<Self> {
        let saved = serde_json::to_value(model).map_err(|error| Error::text(error.to_string()))?;
        let mut tokens: Vec<(String, u32)> = model.get_vocab().into_iter().collect();
        tokens.sort_unstable_by_key(|(_, number)| *number);
        let tokens: Vec<String> = tokens.into_iter().map(|(token, _)| token).collect();
        let numbers: HashMap<&str, u32> = (tokens.iter().enumerate())
            .map(|(number, token)| (&**token, number as u32))
            .collect();
        let merges = saved.get("merges").and_then(|merges| merges.as_array());
        let merges = merges.into_iter().flatten().filter_map(|pair| {
            let number = |side: usize| numbers.get(pair.get(side)?.as_str()?).copied();
            Some([number(0)?, number(1)?])
        });
        let merges = merges.collect();
        Ok(Self { tokens, merges })
    }
}

/// Returns a sentence with one space before each word, so that a word has the same tokens in every position.
fn with_space(sentence: &str) -> String {
    format!(" {}", spaced(&composed(sentence)))
}
