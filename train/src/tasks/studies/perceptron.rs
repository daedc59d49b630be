//! The chapter's perceptron (figure 10.2): a bias, 100 passes, learning rate 0.01, fires iff the sum is above 0.

use crate::experiments::Experiment;
use crate::tasks::studies::point_learning::{self, Rule};
use crate::tasks::studies::toy_data::{corners, two_clouds};

/// Trains it on AND, OR and two separable clouds, and on XOR, which is not separable.
pub fn experiment() -> Experiment {
    Experiment::study(
        "perceptron",
        "the chapter's perceptron on AND, OR, two clouds and XOR, or on your --csv points",
        point_learning::OPTIONS,
        |job| {
            point_learning::study(job, Rule::Chapter, |seed| {
                vec![
                    corners("AND", [false, false, false, true]),
                    corners("OR", [false, true, true, true]),
                    two_clouds(seed),
                    corners("XOR", [false, true, true, false]),
                ]
            })
        },
    )
}
