//! Groups of examples that must not be divided between the parts of a split.

use std::collections::HashMap;
use std::hash::Hash;

use disjoint_sets::UnionFind;

/// Joins the sets of all examples that have equal keys.
///
/// # Panics
/// If there are more keys than examples.
pub(crate) fn union_equal<K: Hash + Eq>(sets: &mut UnionFind, keys: impl IntoIterator<Item = K>) {
    let mut first = HashMap::new();
    for (index, key) in keys.into_iter().enumerate() {
        sets.union(index, *first.entry(key).or_insert(index));
    }
}

/// Numbers labels from 0, in the order in which they first occur.
pub(crate) fn numbered<K: Hash + Eq>(labels: impl IntoIterator<Item = K>) -> Vec<usize> {
    let mut numbers = HashMap::new();
    let number = |label| {
        let next = numbers.len();
        *numbers.entry(label).or_insert(next)
    };
    labels.into_iter().map(number).collect()
}

/// Merges two groupings of the same examples: examples that are in one group in either of them, directly or through
/// others, are in one group. Groups are numbered from 0, in the order of their first example.
///
/// # Panics
/// If the groupings have different lengths.
pub fn merge(one: &[usize], other: &[usize]) -> Vec<usize> {
    assert_eq!(one.len(), other.len(), "a group for each example");
    let mut sets = UnionFind::new(one.len());
    union_equal(&mut sets, one);
    union_equal(&mut sets, other);
    numbered(sets.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_numbered_in_order_of_appearance() {
        assert_eq!(numbered(["b", "a", "b", "c"]), [0, 1, 0, 2]);
        assert!(numbered::<u8>([]).is_empty());
    }

    #[test]
    fn groupings_are_merged_through_common_members() {
        // 1 and 5, 4 and 2, 2 and 5 belong together; so do 0 and 3.
        assert_eq!(
            merge(&[0, 1, 2, 3, 2, 1], &[0, 1, 1, 0, 2, 3]),
            [0, 1, 1, 0, 1, 1]
        );
        assert_eq!(merge(&[7, 7, 3], &[0, 1, 2]), [0, 0, 1]);
    }
}
