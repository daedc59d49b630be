//! Nearest neighbours among the codes of an autoencoder.

use burn::tensor::{Device, Tensor, TensorData};
use metrics::codes::{Codes, Neighbours, right_votes};

/// Codes whose neighbours are looked for at once.
const QUERIES: usize = 256;

/// How well the classes of `known` codes tell those of `asked` ones, by the vote of the nearest.
///
/// # Panics
/// If there is not one label per code.
pub fn neighbours(
    known: (&Codes, &[usize]),
    asked: (&Codes, &[usize]),
    device: &Device,
) -> Neighbours {
    let ((codes, labels), (queries, truths)) = (known, asked);
    assert_eq!(codes.len(), labels.len(), "a label for each code");
    assert_eq!(queries.len(), truths.len(), "a label for each code");
    let units = codes.units;
    let matrix = |values: &[f32]| {
        let data = TensorData::new(values.to_vec(), [values.len() / units.max(1), units]);
        Tensor::<2>::from_data(data, device)
    };
    let known = matrix(&codes.values);
    let squares = known.clone().square().sum_dim(1).transpose();
    let known = known.transpose();
    let mut right = 0;
    let parts = queries.values.chunks((QUERIES * units).max(1));
    for (part, truths) in parts.zip(truths.chunks(QUERIES)) {
        // |a - b|^2 without |a|^2, which is the same for all b.
        let distances = squares.clone() - matrix(part).matmul(known.clone()) * 2.0;
        let distances: Vec<f32> = distances.into_data().iter::<f32>().collect();
        right += right_votes(&distances, labels, truths);
    }
    Neighbours::new(right, truths.len())
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
    fn neighbours_vote() {
        let known = codes(1, &[0.0, 0.1, 0.2, 9.0, 9.1, 9.2]);
        let asked = codes(1, &[0.05, 9.05, 0.3, 5.0]);
        let found = neighbours(
            (&known, &[0, 0, 0, 1, 1, 1]),
            (&asked, &[0, 1, 1, 1]),
            &Device::flex(),
        );
        assert_eq!((found.accuracy, found.n), (0.75, 4));
    }

    proptest! {
        /// Distances by products are those by differences.
        #[test]
        fn the_nearest_is_the_nearest(
            values in prop::collection::vec(-3.0f32..3.0, 40), query in prop::collection::vec(-3.0f32..3.0, 4)
        ) {
            let known = codes(4, &values);
            let labels: Vec<usize> = (0..10).collect();
            let distance = |row: &[f32]| row.iter().zip(&query).map(|(a, b)| (a - b).powi(2)).sum::<f32>();
            let mut order: Vec<(f32, usize)> = known.rows().map(distance).zip(0..).collect();
            order.sort_by(|a, b| a.0.total_cmp(&b.0));
            // Each label once: the nearest decides.
            prop_assume!(order[1].0 - order[0].0 > 1e-3);
            let asked = codes(4, &query);
            let found = neighbours((&known, &labels), (&asked, &[order[0].1]), &Device::flex());
            prop_assert_eq!(found.accuracy, 1.0);
        }
    }
}
