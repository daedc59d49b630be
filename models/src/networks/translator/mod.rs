//! Translation from sentence to sentence: `translate`.
//!
//! An encoder-decoder network with attention (chapter, section on sequence to sequence; Sutskever et al. 2014,
//! <https://arxiv.org/abs/1409.3215>). A bidirectional GRU reads the source sentence; its two states at token j, side
//! by side, are the annotation h_j (Bahdanau et al. 2015, <https://arxiv.org/abs/1409.0473>). The decoder has two GRU
//! layers with attention between them. At step i, with the embedding y of the previous token:
//!
//! ```text
//! s_i  = GRU_1(y, s_(i-1))
//! a_ij = softmax_j(s_i . W h_j)            attention weights, the general score of Luong et al. 2015
//! c_i  = sum_j a_ij h_j                    context vector
//! t_i  = GRU_2([s_i; c_i], t_(i-1))
//! logits = E tanh(V [t_i; c_i] + d) + b    E: the embeddings of the target's tokens
//! ```
//!
//! (Luong et al.: <https://arxiv.org/abs/1508.04025>; output weights shared with the embeddings: Press and Wolf 2017,
//! <https://arxiv.org/abs/1608.05859>.) Attention needs the first layer only (as in Wu et al. 2016,
//! <https://arxiv.org/abs/1609.08144>), so that all steps of a known translation are a few large matrix products. The
//! equations of the GRU are those of [`kernels::RecurrentUnit`].
//!
//! - `config`: the sizes
//! - `gru`: one GRU layer
//! - `encoder`, `decoder`: the two halves
//! - `model`: the whole network, in training and step by step
//! - `search`: beam search for the most probable translations
//!
//! Names in a model file: `encoder.embedding`, `encoder.reader`, `encoder.keys`, `encoder.bridge`,
//! `decoder.embedding`, `decoder.first`, `decoder.second`, `decoder.output`, `decoder.bias`.

mod config;
mod decoder;
mod encoder;
mod gru;
mod model;
mod search;

pub use config::{END, PADDING, START, TranslatorConfig};
pub use decoder::{DecoderState, DecoderStep};
pub use encoder::{Memory, Sentences};
pub use model::{Translation, TranslationInput, Translator};
pub use search::{Hypothesis, Search};
