//! Groups that grow by links (union-find; Tarjan 1975, J. ACM 22:215).

use std::collections::HashMap;
use std::hash::Hash;

/// Items `0..n` in groups that links have joined.
#[derive(Clone, Debug)]
pub struct Links {
    parent: Vec<usize>,
}

impl Links {
    /// Every item alone.
    pub fn new(count: usize) -> Self {
        Self {
            parent: (0..count).collect(),
        }
    }

    /// Puts two items, and all that is linked to them, into one group.
    ///
    /// # Panics
    /// If an item is not below the count.
    pub fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        // The smaller number leads: a group is known by its first item.
        self.parent[one.max(other)] = one.min(other);
    }

    /// Joins all items that have the same key.
    ///
    /// # Panics
    /// If there are more keys than items.
    pub fn join_equal<K: Hash + Eq>(&mut self, keys: impl IntoIterator<Item = K>) {
        let mut first = HashMap::new();
        for (item, key) in keys.into_iter().enumerate() {
            self.join(item, *first.entry(key).or_insert(item));
        }
    }

    /// Takes over the groups of another over the same items.
    ///
    /// # Panics
    /// If the other has more items.
    pub fn join_all(&mut self, other: &Self) {
        for (item, &parent) in other.parent.iter().enumerate() {
            self.join(item, parent);
        }
    }

    /// Whether two items are in one group.
    ///
    /// # Panics
    /// If an item is not below the count.
    pub fn joined(&mut self, one: usize, other: usize) -> bool {
        self.root(one) == self.root(other)
    }

    fn root(&mut self, mut item: usize) -> usize {
        while self.parent[item] != item {
            self.parent[item] = self.parent[self.parent[item]]; // halves the path
            item = self.parent[item];
        }
        item
    }

    /// The group of every item: numbers from 0, in the order of each group's first item.
    pub fn groups(mut self) -> Vec<usize> {
        let mut groups = vec![0; self.parent.len()];
        let mut count = 0;
        for item in 0..groups.len() {
            let root = self.root(item);
            if root == item {
                groups[item] = count;
                count += 1;
            } else {
                groups[item] = groups[root];
            }
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_numbered_by_their_first_item() {
        let mut links = Links::new(6);
        links.join(5, 1);
        links.join(4, 2);
        links.join(2, 5);
        assert!(links.joined(1, 4) && !links.joined(0, 4));
        assert_eq!(links.clone().groups(), [0, 1, 1, 2, 1, 1]);

        let mut more = Links::new(6);
        more.join_equal(["a", "b", "c", "a", "d", "e"]);
        more.join_all(&links);
        assert_eq!(more.groups(), [0, 1, 1, 0, 1, 1]);
    }
}
