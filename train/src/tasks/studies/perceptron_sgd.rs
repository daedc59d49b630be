//! The perceptron of Lab 2: five points in homogeneous form, eta 1, 20 passes, an update where y (w . x) <= 0.

use neurons::learning::perceptron::lab_points;

use crate::experiments::Experiment;
use crate::tasks::studies::point_learning::{self, Rule};
use crate::tasks::studies::toy_data::LabelledPoints;

/// Trains it on the lab's points. Points of a table get the lab's constant last coordinate -1.
pub fn experiment() -> Experiment {
    Experiment::study(
        "perceptron-sgd",
        "Lab 2's perceptron on its five points, or on your --csv points",
        point_learning::OPTIONS,
        |job| {
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
        },
    )
}
