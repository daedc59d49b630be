//! Nearest-neighbour vote: how well the codes of the training part predict the classes of other codes.

use rayon::prelude::*;
use serde::Serialize;

use crate::proportion::wilson_interval;

/// Number of neighbours that vote.
pub const NEIGHBOURS: usize = 5;

/// Accuracy of a nearest-neighbour classifier.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NeighbourAccuracy {
    /// Number of neighbours that vote.
    pub k: usize,
    /// Fraction of correct votes, from 0 to 1; 0 without a query.
    pub accuracy: f64,
    /// Wilson's 95 % interval of the accuracy.
    pub interval: [f64; 2],
    /// Number of queries.
    pub n: usize,
}

impl NeighbourAccuracy {
    /// Computes the accuracy of `correct` correct votes among `n`.
    pub fn new(correct: usize, n: usize) -> Self {
        Self {
            k: NEIGHBOURS,
            accuracy: correct as f64 / n.max(1) as f64,
            interval: wilson_interval(correct, n),
            n,
        }
    }
}

/// Counts the queries whose class is the one that most of their [`NEIGHBOURS`] nearest neighbours have.
///
/// Among classes with equally many votes the nearest neighbour decides, among equal distances the neighbour that
/// comes first. Without a neighbour no vote is correct. A `NaN` distance counts as larger than any other.
///
/// - `distances`: `[queries, neighbours]` row by row, in any unit that keeps the order
/// - `labels`: `[neighbours]`, classes of the neighbours
/// - `query_labels`: `[queries]`, true classes of the queries
///
/// # Examples
/// ```
/// use metrics::neighbours::count_correct_votes;
///
/// let labels = [0, 0, 1];
/// // The first query is closest to class 0, and two of three neighbours are of class 0.
/// let distances = [0.1, 0.2, 0.9, 0.8, 0.9, 0.1];
/// assert_eq!(count_correct_votes(&distances, &labels, &[0, 1]), 1);
/// ```
pub fn count_correct_votes(distances: &[f32], labels: &[usize], query_labels: &[usize]) -> usize {
    let rows = distances.par_chunks_exact(labels.len().max(1));
    rows.zip(query_labels)
        .filter(|(row, label)| majority(&nearest(row), labels) == Some(**label))
        .count()
}

/// Returns the indices of the smallest distances in ascending order; the first of equal ones.
fn nearest(distances: &[f32]) -> Vec<usize> {
    let mut best: Vec<usize> = Vec::with_capacity(NEIGHBOURS + 1);
    let key = |index: usize| match distances[index].is_nan() {
        true => f32::INFINITY,
        false => distances[index],
    };
    for candidate in 0..distances.len() {
        let is_full = best.len() == NEIGHBOURS;
        if is_full && best.last().is_some_and(|&last| key(candidate) >= key(last)) {
            continue;
        }
        let at = best.partition_point(|&other| key(other) <= key(candidate));
        best.insert(at, candidate);
        best.truncate(NEIGHBOURS);
    }
    best
}

/// Returns the class that most of these neighbours have; among equals that of the nearest.
fn majority(nearest: &[usize], labels: &[usize]) -> Option<usize> {
    let classes: Vec<usize> = nearest.iter().map(|&index| labels[index]).collect();
    let votes = |class: &usize| classes.iter().filter(|other| *other == class).count();
    let mut best: Option<usize> = None;
    for class in &classes {
        if best.is_none_or(|best| votes(class) > votes(&best)) {
            best = Some(*class);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_vote_and_the_nearest_decides_between_equals() {
        let labels = [0, 0, 1, 1, 2];
        assert_eq!(nearest(&[5.0, 1.0, 4.0, 1.0, 3.0, 2.0]), [1, 3, 5, 4, 2]);
        assert_eq!(majority(&[4, 0, 1], &labels), Some(0));
        assert_eq!(majority(&[2, 0, 1, 3, 4], &labels), Some(1));
        assert_eq!(majority(&[], &labels), None);
    }

    #[test]
    fn nan_distances_are_the_largest() {
        let distances = [f32::NAN, 4.0, 3.0, f32::NAN, 2.0, 1.0, 0.0];
        assert_eq!(nearest(&distances), [6, 5, 4, 2, 1]);
    }

    #[test]
    fn without_neighbours_or_queries_nothing_is_correct() {
        assert_eq!(count_correct_votes(&[], &[], &[0, 1]), 0);
        let empty = NeighbourAccuracy::new(0, 0);
        assert_eq!((empty.accuracy, empty.interval), (0.0, [0.0, 1.0]));
    }
}
