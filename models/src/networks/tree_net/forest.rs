//! Many trees as levels.

use burn::tensor::{Int, Tensor};

/// Trees whose nodes are rows, level by level: all nodes that are equally far below their root are one, the
/// deepest level is the first, and in each level phrases stand before words.
///
/// # Shapes
/// - `words`: `[words]`
/// - `children`: `[2 phrases]` for each level but the first
#[derive(Clone, Debug)]
pub struct Forest {
    /// The numbers of the words, in the order of their rows.
    pub words: Tensor<1, Int>,
    /// How many words each level has.
    pub leaves: Vec<usize>,
    /// Where in the level before it the two parts of each of its phrases lie.
    pub children: Vec<Tensor<1, Int>>,
}

impl Forest {
    /// Computes the states of all nodes from those of the words: `compose` makes phrases of their parts.
    /// A state may have several vectors, of which the first comes out.
    ///
    /// A row is copied once for its parent and once for the output, so that the work is linear in the
    /// number of nodes, but for the words' rows, which are dealt to their levels in halves: log(levels)
    /// copies.
    ///
    /// # Shapes
    /// - `leaves`: `[words, hidden]` each
    /// - `compose`: `[phrases, 2 hidden]` to `[phrases, hidden]`
    /// - output: `[nodes, hidden]`
    pub(super) fn climb<const N: usize>(
        &self,
        leaves: [Tensor<2>; N],
        compose: impl Fn([Tensor<2>; N]) -> [Tensor<2>; N],
    ) -> Tensor<2> {
        let mut leaves = leaves.map(|rows| deal(rows, &self.leaves).into_iter());
        let mut level: Option<[Tensor<2>; N]> = None;
        let mut states = Vec::with_capacity(self.leaves.len());
        for at in 0..self.leaves.len() {
            let children = at
                .checked_sub(1)
                .and_then(|before| self.children.get(before));
            let phrases = level.zip(children).map(|(level, children)| {
                compose(level.map(|rows| {
                    let [_, hidden] = rows.dims();
                    let parts = rows.select(0, children.clone());
                    parts.reshape([-1, 2 * hidden as i32])
                }))
            });
            let mut phrases = phrases.map(|phrases| phrases.into_iter());
            let rows = leaves.each_mut().map(|words| {
                let phrases = phrases.as_mut().and_then(Iterator::next);
                let both = [phrases, words.next().flatten()];
                Tensor::cat(both.into_iter().flatten().collect(), 0)
            });
            states.extend(rows.first().cloned());
            level = Some(rows);
        }
        Tensor::cat(states, 0)
    }
}

/// Rows in parts of these sizes; `None` where a part is empty. In halves, because the gradient of a slice is
/// as large as what it was cut from.
fn deal(rows: Tensor<2>, sizes: &[usize]) -> Vec<Option<Tensor<2>>> {
    if let [size] = sizes {
        return vec![(*size > 0).then_some(rows)];
    }
    let (first, second) = sizes.split_at(sizes.len() / 2);
    let (before, after) = (first.iter().sum::<usize>(), second.iter().sum::<usize>());
    if before == 0 || after == 0 {
        let none = |sizes: &[usize]| vec![None; sizes.len()];
        return if after == 0 {
            [deal(rows, first), none(second)].concat()
        } else {
            [none(first), deal(rows, second)].concat()
        };
    }
    let [_, width] = rows.dims();
    let head = rows.clone().slice([0..before, 0..width]);
    let tail = rows.slice([before..before + after, 0..width]);
    [deal(head, first), deal(tail, second)].concat()
}
