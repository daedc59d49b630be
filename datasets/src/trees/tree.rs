//! A binary parse tree.

/// Maximum number of words of a tree; the longest of the treebank has 56.
pub const MAX_WORDS: usize = 1000;

/// Maximum number of nested brackets.
pub const MAX_DEPTH: usize = 1000;

/// A node of a tree: a word, or a phrase of two nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Sentiment from 0 (very negative) to 4 (very positive), if known.
    pub label: Option<u8>,
    /// The word; `None` for a phrase, whose children precede it.
    pub word: Option<String>,
}

/// A binary tree with its nodes in postorder: both children of a phrase precede it, the left one first, and the last node is
/// the root, the whole sentence. A tree of n words has 2n - 1 nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    /// Creates a tree of nodes in postorder; `None` if they are not a binary tree of at most [`MAX_WORDS`] words.
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

    /// Returns the nodes in postorder.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Returns the left and right child of each node; `None` for a word.
    pub fn children(&self) -> Vec<Option<[usize; 2]>> {
        children(self.nodes.iter().map(|node| node.word.is_some()))
    }

    /// Returns the words from left to right.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().filter_map(|node| node.word.as_deref())
    }

    /// Returns the words of each node, as a range of [`words`](Self::words).
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

    /// Returns the depth of each node; that of the root is 0.
    pub fn depths(&self) -> Vec<usize> {
        depths(&self.children())
    }
}

/// Returns the left and right child of each node of a tree in postorder; `None` for a word.
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

/// Returns the depth of each node; that of the last is 0.
pub(crate) fn depths(children: &[Option<[usize; 2]>]) -> Vec<usize> {
    let mut depths = vec![0; children.len()];
    for (node, parts) in children.iter().enumerate().rev() {
        for &part in parts.iter().flatten() {
            depths[part] = depths[node] + 1;
        }
    }
    depths
}
