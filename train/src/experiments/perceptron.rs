//! The chapter's perceptron (figure 10.2): a bias, 100 passes, rate 0.01, fires iff the sum is above 0.

use super::Experiment;
use crate::lesson::{self, Rule};
use crate::points::{corners, two_clouds};

/// On AND, OR, two clouds that a line divides, and on XOR, which no line divides.
pub fn experiment() -> Experiment {
    Experiment::study(
        "perceptron",
        "the chapter's perceptron on AND, OR, two clouds and XOR, or on your --csv points",
        lesson::TAKES,
        |job| {
            lesson::teach(job, Rule::Chapter, |seed| {
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
