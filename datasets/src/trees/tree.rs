//! One binary tree.

/// The most words of a tree: the longest of the treebank has 56.
pub const MAX_WORDS: usize = 1000;

/// The most brackets inside one another.
pub const MAX_DEPTH: usize = 1000;

/// A phrase of a tree: a word, or two phrases in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its sentiment, from 0 (very negative) to 4 (very positive), where it is known.
    pub label: Option<u8>,
    /// The word; `None` where it is made of the two phrases before it.
    pub word: Option<String>,
}

/// A binary tree whose nodes stand in postorder: both parts of a phrase come before it, the left one
/// first, and the last node is the whole sentence. A tree of n words has 2 n - 1 nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    /// A tree of nodes in postorder; `None` where they are no binary tree within [`MAX_WORDS`].
    pub fn new(nodes: Vec<Node>) -> Option<Self> {
        let mut open = 0_usize;
        for node in &nodes {
            match node.word {
                Some(_) => open += 1,
                None if open < 2 => return None,
                None => open -= 1,
            }
        }
        (open == 1 && nodes.len() < 2 * MAX_WORDS).then_some(Self { nodes })
    }

    /// The nodes in postorder.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Left and right part of each node; `None` for a word.
    pub fn children(&self) -> Vec<Option<[usize; 2]>> {
        children(self.nodes.iter().map(|node| node.word.is_some()))
    }

    /// The words from left to right.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().filter_map(|node| node.word.as_deref())
    }

    /// The words of each node's phrase, as a range of [`words`](Self::words).
    pub fn phrases(&self) -> Vec<std::ops::Range<usize>> {
        let mut phrases: Vec<std::ops::Range<usize>> = Vec::with_capacity(self.nodes.len());
        let mut words = 0;
        for parts in self.children() {
            phrases.push(match parts {
                Some([left, right]) => phrases[left].start..phrases[right].end,
                None => {
                    words += 1;
                    words - 1..words
                }
            });
        }
        phrases
    }

    /// How many steps each node is below the whole sentence.
    pub fn depths(&self) -> Vec<usize> {
        depths(&self.children())
    }
}

/// Left and right part of each node of a tree in postorder, from whether each is a word.
pub(crate) fn children(is_word: impl Iterator<Item = bool>) -> Vec<Option<[usize; 2]>> {
    let mut open: Vec<usize> = Vec::new();
    is_word
        .enumerate()
        .map(|(node, is_word)| {
            let parts = if is_word {
                None
            } else {
                let right = open.pop();
                open.pop().zip(right).map(|(left, right)| [left, right])
            };
            open.push(node);
            parts
        })
        .collect()
}

/// How many steps each node is below the last.
pub(crate) fn depths(children: &[Option<[usize; 2]>]) -> Vec<usize> {
    let mut depths = vec![0; children.len()];
    for (node, parts) in children.iter().enumerate().rev() {
        for &part in parts.iter().flatten() {
            depths[part] = depths[node] + 1;
        }
    }
    depths
}
