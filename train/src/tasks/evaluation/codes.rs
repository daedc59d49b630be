//! Nearest-neighbour classification of an autoencoder's codes.

use burn::tensor::{Device, Tensor, TensorData};
use metrics::codes::Codes;
use metrics::neighbours::{NeighbourAccuracy, count_correct_votes};

/// Number of queries whose distances are computed at once; it bounds the memory, and was not tuned.
const QUERIES: usize = 256;

/// Classifies `queries` by the vote of their nearest neighbours among the `known` codes.
///
/// Both are pairs of codes and their labels. Distances are Euclidean, computed on `device`.
///
/// # Panics
/// If there is not one label per code.
pub fn neighbour_accuracy(
    known: (&Codes, &[usize]),
    queries: (&Codes, &[usize]),
    device: &Device,
) -> NeighbourAccuracy {
    let ((codes, labels), (queries, query_labels)) = (known, queries);
    assert_eq!(codes.len(), labels.len(), "one label for each code");
    assert_eq!(queries.len(), query_labels.len(), "one label for each code");
    let units = codes.units;
    let matrix = |values: &[f32]| {
        let data = TensorData::new(values.to_vec(), [values.len() / units.max(1), units]);
        Tensor::<2>::from_data(data, device)
    };
    let known = matrix(&codes.values);
    let squares = known.clone().square().sum_dim(1).transpose();
    let known = known.transpose();
    let mut correct = 0;
    let batches = queries.values.chunks((QUERIES * units).max(1));
    for (batch, batch_labels) in batches.zip(query_labels.chunks(QUERIES)) {
        // |a - b|^2 without |a|^2, which is the same for all b and does not change their order.
        let distances = squares.clone() - matrix(batch).matmul(known.clone()) * 2.0;
        let distances: Vec<f32> = distances.into_data().iter::<f32>().collect();
        correct += count_correct_votes(&distances, labels, batch_labels);
    }
    NeighbourAccuracy::new(correct, query_labels.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn codes(units: usize, values: &[f32]) -> Codes {
        Codes {
            units,
            values: values.to_vec(),
        }
    }

    #[test]
    fn three_of_four_queries_have_neighbours_of_their_class() {
        let known = codes(1, &[0.0, 0.1, 0.2, 9.0, 9.1, 9.2]);
        let queries = codes(1, &[0.05, 9.05, 0.3, 5.0]);
        let found = neighbour_accuracy(
            (&known, &[0, 0, 0, 1, 1, 1]),
            (&queries, &[0, 1, 1, 1]),
            &Device::flex(),
        );
        assert_eq!((found.accuracy, found.n), (0.75, 4));
    }

    proptest! {
        /// The nearest code by matrix products is the nearest one by differences.
        #[test]
        fn the_nearest_code_decides(
            values in prop::collection::vec(-3.0f32..3.0, 40), query in prop::collection::vec(-3.0f32..3.0, 4)
        ) {
            let known = codes(4, &values);
            let labels: Vec<usize> = (0..10).collect();
            let distance = |row: &[f32]| row.iter().zip(&query).map(|(a, b)| (a - b).powi(2)).sum::<f32>();
            let mut order: Vec<(f32, usize)> = known.rows().map(distance).zip(0..).collect();
            order.sort_by(|a, b| a.0.total_cmp(&b.0));
            // Each label occurs once, so the nearest code decides.
            prop_assume!(order[1].0 - order[0].0 > 1e-3);
            let queries = codes(4, &query);
            let found = neighbour_accuracy((&known, &labels), (&queries, &[order[0].1]), &Device::flex());
            prop_assert_eq!(found.accuracy, 1.0);
        }
    }
}
