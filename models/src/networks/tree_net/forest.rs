//! Batches of binary trees, level by level.

use burn::tensor::{Int, Tensor};

/// Batch of trees whose nodes are rows.
///
/// A level holds all nodes at the same distance from their root. The deepest level comes first, and within a level
/// phrases come before words.
///
/// # Shapes
/// - `words`: `[words]`
/// - `children`: `[2 phrases]` for each level but the first
#[derive(Clone, Debug)]
pub struct Forest {
    /// Indices of the words in the vocabulary, in the order of their rows.
    pub words: Tensor<1, Int>,
    /// Number of words of each level.
    pub leaves: Vec<usize>,
    /// Rows of the two parts of each phrase within the level before.
    pub children: Vec<Tensor<1, Int>>,
}

impl Forest {
    /// Computes the states of all nodes from those of the words, from the deepest level up.
    ///
    /// `compose` computes phrases from their parts. A state consists of N vectors, of which the first is returned.
    ///
    /// Each row is copied once for its parent and once for the output, so that the work is linear in the number of
    /// nodes. Only the rows of words are copied log(levels) times, when they are split into levels.
    ///
    /// # Shapes
    /// - `words`: `[words, hidden]` each
    /// - `compose`: from `[phrases, 2 hidden]` to `[phrases, hidden]` each
    /// - output: `[nodes, hidden]`
    pub(super) fn compose_all<const N: usize>(
        &self,
        words: [Tensor<2>; N],
        compose: impl Fn([Tensor<2>; N]) -> [Tensor<2>; N],
    ) -> Tensor<2> {
        let mut words = words.map(|rows| split_rows(rows, &self.leaves).into_iter());
        let mut below: Option<[Tensor<2>; N]> = None;
        let mut states = Vec::with_capacity(self.leaves.len());
        for level in 0..self.leaves.len() {
            let children = level
                .checked_sub(1)
                .and_then(|before| self.children.get(before));
            let phrases = below.zip(children).map(|(below, children)| {
                compose(below.map(|rows| {
                    let [_, hidden] = rows.dims();
                    let parts = rows.select(0, children.clone());
                    parts.reshape([-1, 2 * hidden as i32])
                }))
            });
            let mut phrases = phrases.map(|phrases| phrases.into_iter());
            let rows = words.each_mut().map(|words| {
                let phrases = phrases.as_mut().and_then(Iterator::next);
                let both = [phrases, words.next().flatten()];
                Tensor::cat(both.into_iter().flatten().collect(), 0)
            });
            states.extend(rows.first().cloned());
            below = Some(rows);
        }
        Tensor::cat(states, 0)
    }
}

/// Splits rows into blocks of these sizes; an empty block is `None`.
///
/// They are split into halves recursively, because the gradient of a slice is as large as the tensor it was cut from.
fn split_rows(rows: Tensor<2>, sizes: &[usize]) -> Vec<Option<Tensor<2>>> {
    if let [size] = sizes {
        return vec![(*size > 0).then_some(rows)];
    }
    let (first, second) = sizes.split_at(sizes.len() / 2);
    let (before, after) = (first.iter().sum::<usize>(), second.iter().sum::<usize>());
    if before == 0 || after == 0 {
        let none = |sizes: &[usize]| vec![None; sizes.len()];
        return if after == 0 {
            [split_rows(rows, first), none(second)].concat()
        } else {
            [none(first), split_rows(rows, second)].concat()
        };
    }
    let [_, width] = rows.dims();
    let head = rows.clone().slice([0..before, 0..width]);
    let tail = rows.slice([before..before + after, 0..width]);
    [split_rows(head, first), split_rows(tail, second)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    /// The vectors of a word are its index; a phrase is twice its left part plus its right part.
    #[test]
    fn phrases_are_composed_of_their_parts() {
        let device = Device::flex();
        let indices = |values: &[i64]| Tensor::<1, Int>::from_data(values, &device);
        // (1 (2 3)) and 4: the deepest level is 2 3, the next 1 and the phrase (2 3).
        let forest = Forest {
            words: indices(&[2, 3, 1, 4]),
            leaves: vec![2, 1, 1],
            children: vec![indices(&[0, 1]), indices(&[1, 0])],
        };
        let words = forest.words.clone().float().unsqueeze_dim::<2>(1);
        let weights = Tensor::<2>::from_data([[2.0], [1.0]], &device);
        let states = forest.compose_all([words], |[parts]| [parts.matmul(weights.clone())]);
        assert_eq!(states.dims(), [6, 1]);
        let states: Vec<f32> = states.into_data().iter::<f32>().collect();
        assert_eq!(states, [2.0, 3.0, 7.0, 1.0, 9.0, 4.0]);
    }
}
