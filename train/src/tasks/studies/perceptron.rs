//! The chapter's perceptron (figure 10.2): a bias, 100 passes, learning rate 0.01, fires iff the sum is above 0.

use anyhow::Result;

use crate::report::finished::Finished;
use crate::tasks::job::StudyJob;
use crate::tasks::studies::point_learning::{self, Rule};
use crate::tasks::studies::toy_data::{corners, two_clouds};

/// Trains it on AND, OR and two separable clouds, and on XOR, which is not separable, or on the user's points.
///
/// # Errors
/// If the table of points cannot be used, or a file cannot be written.
pub fn run(job: &StudyJob<'_>) -> Result<Finished> {
    point_learning::study(job, Rule::Chapter, |seed| {
        vec![
            corners("AND", [false, false, false, true]),
            corners("OR", [false, true, true, true]),
            two_clouds(seed),
            corners("XOR", [false, true, true, false]),
        ]
    })
}
