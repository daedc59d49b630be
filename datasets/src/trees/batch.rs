//! Batches of trees as levels that a network computes at once.
//!
//! A level consists of all nodes of a batch with the same depth. Computation proceeds from the deepest level upwards, so
//! the two children of a phrase are always in the level computed just before. A level is therefore one matrix product whose
//! inputs are rows of the previous level, and the total cost is linear in the number of nodes.

use std::sync::Arc;

use burn::data::dataloader::DataLoader;
use burn::tensor::{Device, Int, Tensor};

use crate::batch::{int_tensor, labels};
use crate::draw::Draw;
use crate::loader::{Loader, MakeBatch, TrainingLoader};
use crate::trees::set::TreeSet;
use crate::trees::tree;

/// The nodes of several trees as rows: the deepest level first, and in each level phrases before words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// Numbers of all words, in the order of their rows.
    pub words: Vec<u32>,
    /// Number of words of each level.
    pub leaves: Vec<usize>,
    /// For each level except the deepest, the rows within the previous level of the children of its phrases: left, right, left,
    /// right, and so on.
    pub children: Vec<Vec<u32>>,
    /// Row of every node of every tree, in postorder.
    pub rows: Vec<Vec<usize>>,
}

impl Levels {
    /// Arranges trees, given as nodes in postorder: the number of a word, or `None` for a phrase.
    pub fn new<'a>(trees: impl IntoIterator<Item = &'a [Option<u32>]>) -> Self {
        let trees: Vec<&[Option<u32>]> = trees.into_iter().collect();
        let children: Vec<Vec<Option<[usize; 2]>>> = (trees.iter())
            .map(|tree| tree::children(tree.iter().map(Option::is_some)))
            .collect();
        // The phrases and the words of each level.
        let mut nodes: Vec<[Vec<(usize, usize)>; 2]> = Vec::new();
        for (tree, children) in children.iter().enumerate() {
            for (node, depth) in tree::depths(children).into_iter().enumerate() {
                if nodes.len() <= depth {
                    nodes.resize_with(depth + 1, Default::default);
                }
                nodes[depth][usize::from(children[node].is_none())].push((tree, node));
            }
        }
        let mut levels = Self {
            rows: trees.iter().map(|tree| vec![0; tree.len()]).collect(),
            ..Self::default()
        };
        let (mut before, mut row) = (0, 0);
        for [phrases, words] in nodes.iter().rev() {
            if row > 0 {
                let parts = phrases.iter().flat_map(|&(tree, node)| {
                    let parts = children[tree][node].into_iter().flatten();
                    parts.map(move |part| (tree, part))
                });
                let parts = parts.map(|(tree, part)| (levels.rows[tree][part] - before) as u32);
                levels.children.push(parts.collect());
            }
            levels.leaves.push(words.len());
            levels
                .words
                .extend(words.iter().filter_map(|&(tree, node)| trees[tree][node]));
            before = row;
            for &(tree, node) in phrases.iter().chain(words) {
                levels.rows[tree][node] = row;
                row += 1;
            }
        }
        levels
    }

    /// Returns the number of nodes.
    pub fn nodes(&self) -> usize {
        self.rows.iter().map(Vec::len).sum()
    }

    /// Returns the numbers of the words, `[words]`, and the children of each level except the deepest, `[2 * phrases]`.
    pub fn tensors(&self, device: &Device) -> (Tensor<1, Int>, Vec<Tensor<1, Int>>) {
        let tensor =
            |numbers: &[u32]| int_tensor(numbers.iter().map(|&number| i64::from(number)), device);
        let children = self
            .children
            .iter()
            .map(|children| tensor(children))
            .collect();
        (tensor(&self.words), children)
    }
}

/// A batch of trees.
///
/// # Shapes
/// - `words`: `[words]`, level by level
/// - `children`: `[2 * phrases]` for each level except the deepest
#[derive(Clone, Debug)]
pub struct TreeBatch {
    /// Numbers of the words.
    pub words: Tensor<1, Int>,
    /// Number of words of each level, the deepest first.
    pub leaves: Vec<usize>,
    /// Rows, within the previous level, of the children of each level's phrases.
    pub children: Vec<Tensor<1, Int>>,
    /// Index, within the batch, of the tree of each labelled phrase, in the order of the targets.
    pub owners: Vec<usize>,
    /// Classes of the phrases.
    pub targets: TreeTargets,
}

/// The classes of the phrases of a batch of trees.
///
/// # Shapes
/// - `rows`, `classes`, `roots`, `root_classes`: `[labelled]`, `[labelled]`, `[trees]`, `[trees]`
#[derive(Clone, Debug)]
pub struct TreeTargets {
    /// Rows of the phrases that have a class.
    pub rows: Tensor<1, Int>,
    /// Classes of these phrases.
    pub classes: Tensor<1, Int>,
    /// Rows of the roots, which are whole sentences.
    pub roots: Tensor<1, Int>,
    /// Classes of the roots.
    pub root_classes: Tensor<1, Int>,
}

/// Makes batches from indices into a shared set.
struct TreeBatches {
    set: Arc<TreeSet>,
}

impl MakeBatch<TreeBatch> for TreeBatches {
    fn make(&self, items: &[usize], _draw: Option<Draw>, device: &Device) -> TreeBatch {
        let set = &self.set;
        let numbers: Vec<_> = items.iter().map(|&tree| set.numbers(tree)).collect();
        let levels = Levels::new(numbers.iter().map(Vec::as_slice));
        let mut labelled: Vec<(usize, u8, usize)> = Vec::with_capacity(levels.nodes());
        for (place, (&tree, rows)) in items.iter().zip(&levels.rows).enumerate() {
            let classes = set.classes(tree).into_iter().zip(rows);
            labelled.extend(classes.filter_map(|(class, &row)| Some((row, class?, place))));
        }
        labelled.sort_unstable();
        let rows = labelled.iter().map(|(row, ..)| *row as i64);
        let classes = labelled.iter().map(|(_, class, _)| i64::from(*class));
        let roots = levels.rows.iter().filter_map(|rows| rows.last());
        let (words, children) = levels.tensors(device);
        TreeBatch {
            words,
            children,
            owners: labelled.iter().map(|(.., place)| *place).collect(),
            targets: TreeTargets {
                rows: int_tensor(rows, device),
                classes: int_tensor(classes, device),
                roots: int_tensor(roots.map(|&row| row as i64), device),
                root_classes: labels(&set.labels, items, device),
            },
            leaves: levels.leaves,
        }
    }
}

/// Creates a loader over the trees of `set` at `indices`, in that order. The last batch may be shorter.
///
/// # Panics
/// While iterating, if an index is not below `set.len()`.
pub fn loader(
    set: Arc<TreeSet>,
    indices: Vec<usize>,
    batch_size: usize,
) -> Arc<dyn DataLoader<TreeBatch>> {
    Arc::new(Loader::new(TreeBatches { set }, indices, batch_size))
}

/// Creates a [`loader`] for training, shuffled in every epoch.
///
/// # Panics
/// While iterating, if an index is not below `set.len()`.
pub fn training_loader(
    set: Arc<TreeSet>,
    indices: Vec<usize>,
    batch_size: usize,
    seed: u64,
) -> Arc<dyn TrainingLoader<TreeBatch>> {
    Arc::new(Loader::new(TreeBatches { set }, indices, batch_size).shuffled(seed))
}
