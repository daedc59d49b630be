//! Many trees as levels, which a network computes at once.
//!
//! All nodes of a batch that are equally far below their root are a level. From the deepest level up, the
//! two parts of a phrase lie in the level just computed and nowhere else, so that a level is one matrix
//! product whose inputs are rows of the level before, and the whole is linear in the number of nodes.

use std::sync::Arc;

use burn::data::dataloader::DataLoader;
use burn::data::dataloader::batcher::Batcher;
use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::batch::build;
use crate::trees::set::TreeSet;
use crate::trees::tree;

/// Nodes of several trees as rows: the deepest level first, and in each level phrases before words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// The numbers of all words, in the order of their rows.
    pub words: Vec<u32>,
    /// How many words each level has.
    pub leaves: Vec<usize>,
    /// For each level but the deepest, where in the level before it the parts of its phrases lie: left,
    /// right, left, right.
    pub children: Vec<Vec<u32>>,
    /// The row of every node of every tree, in postorder.
    pub rows: Vec<Vec<usize>>,
}

impl Levels {
    /// Arranges trees, each the numbers of its words in postorder and `None` for a phrase of two.
    pub fn new<'a>(trees: impl IntoIterator<Item = &'a [Option<u32>]>) -> Self {
        let trees: Vec<&[Option<u32>]> = trees.into_iter().collect();
        let children: Vec<Vec<Option<[usize; 2]>>> = (trees.iter())
            .map(|tree| tree::children(tree.iter().map(Option::is_some)))
            .collect();
        // Of every level: its phrases, then its words.
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

    /// How many nodes there are.
    pub fn nodes(&self) -> usize {
        self.rows.iter().map(Vec::len).sum()
    }

    /// The words' numbers, `[words]`, and the children of each level but the deepest, `[2 phrases]`.
    pub fn tensors(&self, device: &Device) -> (Tensor<1, Int>, Vec<Tensor<1, Int>>) {
        let tensor = |numbers: &[u32]| {
            let numbers: Vec<i64> = numbers.iter().map(|&number| i64::from(number)).collect();
            let shape = [numbers.len()];
            Tensor::from_data(TensorData::new(numbers, shape), device)
        };
        let children = self
            .children
            .iter()
            .map(|children| tensor(children))
            .collect();
        (tensor(&self.words), children)
    }
}

/// Trees as a network takes them.
///
/// # Shapes
/// - `words`: `[words]`, of all levels in turn
/// - `children`: `[2 phrases]` for each level but the deepest
#[derive(Clone, Debug)]
pub struct TreeBatch {
    /// The numbers of the words.
    pub words: Tensor<1, Int>,
    /// How many words each level has, the deepest first.
    pub leaves: Vec<usize>,
    /// Where in the level before it the parts of a level's phrases lie.
    pub children: Vec<Tensor<1, Int>>,
    /// Of each labelled phrase, in the order of the targets, the place of its tree in the batch.
    pub owners: Vec<usize>,
    /// The phrases' classes.
    pub targets: TreeTargets,
}

/// What the phrases of a batch of trees should be.
///
/// # Shapes
/// - `rows`, `classes`, `roots`, `root_classes`: `[labelled]`, `[labelled]`, `[trees]`, `[trees]`
#[derive(Clone, Debug)]
pub struct TreeTargets {
    /// The rows of the phrases whose class is known.
    pub rows: Tensor<1, Int>,
    /// Their classes.
    pub classes: Tensor<1, Int>,
    /// The rows of the whole sentences.
    pub roots: Tensor<1, Int>,
    /// Their classes.
    pub root_classes: Tensor<1, Int>,
}

struct TreeBatcher {
    set: Arc<TreeSet>,
}

impl Batcher<usize, TreeBatch> for TreeBatcher {
    fn batch(&self, items: Vec<usize>, device: &Device) -> TreeBatch {
        let set = &self.set;
        let numbers: Vec<_> = items.iter().map(|&tree| set.numbers(tree)).collect();
        let levels = Levels::new(numbers.iter().map(Vec::as_slice));
        let mut labelled: Vec<(usize, u8, usize)> = Vec::with_capacity(levels.nodes());
        for (place, (&tree, rows)) in items.iter().zip(&levels.rows).enumerate() {
            let classes = set.classes(tree).into_iter().zip(rows);
            labelled.extend(classes.filter_map(|(class, &row)| Some((row, class?, place))));
        }
        labelled.sort_unstable();
        let tensor = |numbers: Vec<i64>| {
            let shape = [numbers.len()];
            Tensor::<1, Int>::from_data(TensorData::new(numbers, shape), device)
        };
        let (words, children) = levels.tensors(device);
        TreeBatch {
            words,
            children,
            owners: labelled.iter().map(|(.., place)| *place).collect(),
            targets: TreeTargets {
                rows: tensor(labelled.iter().map(|(row, ..)| *row as i64).collect()),
                classes: tensor(
                    labelled
                        .iter()
                        .map(|(_, class, _)| i64::from(*class))
                        .collect(),
                ),
                roots: tensor(
                    levels
                        .rows
                        .iter()
                        .filter_map(|rows| rows.last())
                        .map(|row| *row as i64)
                        .collect(),
                ),
                root_classes: tensor(items.iter().map(|&tree| set.labels[tree] as i64).collect()),
            },
            leaves: levels.leaves,
        }
    }
}

/// A loader over the trees of `set` at `indices`, shuffled anew in each pass where there is a seed. The
/// last batch may be shorter.
///
/// # Panics
/// While iterating, if an index is not below `set.len()`.
pub fn loader(
    set: Arc<TreeSet>,
    indices: Vec<usize>,
    batch_size: usize,
    shuffle: Option<u64>,
) -> Arc<dyn DataLoader<TreeBatch>> {
    build(TreeBatcher { set }, indices, batch_size, shuffle)
}
