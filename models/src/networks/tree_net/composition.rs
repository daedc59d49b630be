//! Composition of a phrase's vector from those of its two parts.

use burn::tensor::activation::sigmoid;
use burn::tensor::{Tensor, s};
use serde::{Deserialize, Serialize};

use crate::names::named;

/// Composition of a phrase's vector from those of its parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Composition {
    /// Plain recursive network, p = tanh(W \[a; b\] + c) for a phrase with the parts a and b (Socher et al. 2011,
    /// <https://aclanthology.org/D11-1014/>; 2013, <https://aclanthology.org/D13-1170/>, section 4.1). The vector of
    /// a word is its embedding.
    Plain,
    /// Binary (constituency) Tree-LSTM (Tai, Socher and Manning 2015, <https://aclanthology.org/P15-1150/>,
    /// equations 9 to 14 with N = 2). For a phrase, from the states h and cells c of its parts,
    ///
    /// i, f_l, f_r, o = sigma(U \[h_l; h_r\] + b), u = tanh(U \[h_l; h_r\] + b),
    /// c = i u + f_l c_l + f_r c_r, h = o tanh(c),
    ///
    /// and for a word with the embedding x, i, o = sigma(W x + b), u = tanh(W x + b), c = i u, h = o tanh(c). As in the
    /// authors' code, words and phrases have separate biases.
    #[default]
    TreeLstm,
}

impl Composition {
    /// Returns the number of gates of a word and of a phrase.
    pub(super) fn gates(self) -> (usize, usize) {
        match self {
            Self::Plain => (0, 1),
            Self::TreeLstm => (3, 5),
        }
    }

    /// Returns the name in the layer table.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Plain => "Recursive",
            Self::TreeLstm => "TreeLSTM",
        }
    }
}

named!(Composition, what: "network", {
    "plain" => Self::Plain,
    "tree-lstm" => Self::TreeLstm,
});

/// Computes the states and cells of words.
///
/// # Shapes
/// - `gates`: `[words, 3 hidden]`, the pre-activations of i, o and u
/// - output: `[words, hidden]` each
pub(super) fn lstm_leaves(gates: Tensor<2>) -> [Tensor<2>; 2] {
    let hidden = gates.dims()[1] / 3;
    let open = sigmoid(gates.clone().slice(s![.., ..2 * hidden]));
    let update = gates.slice(s![.., 2 * hidden..]).tanh();
    let cell = open.clone().slice(s![.., ..hidden]) * update;
    [open.slice(s![.., hidden..]) * cell.clone().tanh(), cell]
}

/// Computes the states and cells of phrases.
///
/// # Shapes
/// - `gates`: `[phrases, 5 hidden]`, the pre-activations of i, f_l, f_r, o and u
/// - `cells`: `[phrases, 2 hidden]`, those of the left and the right part
/// - output: `[phrases, hidden]` each
pub(super) fn lstm_phrases(gates: Tensor<2>, cells: Tensor<2>) -> [Tensor<2>; 2] {
    let [phrases, width] = gates.dims();
    let hidden = width / 5;
    let open = sigmoid(gates.clone().slice(s![.., ..4 * hidden]));
    let update = gates.slice(s![.., 4 * hidden..]).tanh();
    let kept = open.clone().slice(s![.., hidden..3 * hidden]) * cells;
    let kept = kept
        .reshape([phrases, 2, hidden])
        .sum_dim(1)
        .squeeze_dim::<2>(1);
    let cell = open.clone().slice(s![.., ..hidden]) * update + kept;
    [open.slice(s![.., 3 * hidden..]) * cell.clone().tanh(), cell]
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    /// With all pre-activations at 0 the gates are 1/2 and the update is 0: the cell is half the sum of the parts'.
    #[test]
    fn outputs_have_the_documented_shapes_and_values() {
        let device = Device::flex();
        let [states, cells] = lstm_leaves(Tensor::zeros([4, 3 * 2], &device));
        assert_eq!((states.dims(), cells.dims()), ([4, 2], [4, 2]));
        assert_eq!(cells.abs().max().into_scalar::<f32>(), 0.0);
        let parts = Tensor::<2>::from_data([[1.0, 2.0, 3.0, 4.0]], &device);
        let [states, cells] = lstm_phrases(Tensor::zeros([1, 5 * 2], &device), parts);
        assert_eq!((states.dims(), cells.dims()), ([1, 2], [1, 2]));
        let cells: Vec<f32> = cells.into_data().iter::<f32>().collect();
        assert_eq!(cells, [2.0, 3.0]);
        for (state, cell) in states.into_data().iter::<f32>().zip(cells) {
            assert!((state - 0.5 * cell.tanh()).abs() < 1e-6, "{state}");
        }
    }
}
