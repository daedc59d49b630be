//! The perceptron of Lab 2: five points in homogeneous form, eta 1, 20 passes, an update where y (w . x) <= 0.

use anyhow::Result;
use neurons::learning::perceptron::lab_points;

use crate::report::finished::Finished;
use crate::tasks::job::StudyJob;
use crate::tasks::studies::point_learning::{self, Rule};
use crate::tasks::studies::toy_data::LabelledPoints;

/// Trains it on the lab's points, or on the user's. Points of a table get the lab's constant last coordinate -1.
///
/// # Errors
/// If the table of points cannot be used, or a file cannot be written.
pub fn run(job: &StudyJob<'_>) -> Result<Finished> {
    point_learning::study(job, Rule::Lab, |_| {
        let (points, labels) = lab_points();
        let features = points.into_iter().map(|point| point[..2].to_vec());
        vec![LabelledPoints {
            labels: labels
                .iter()
                .map(|on| if *on { "1" } else { "-1" }.to_owned())
                .collect(),
            ..LabelledPoints::new("Lab 2", features.collect(), &labels)
        }]
    })
}
