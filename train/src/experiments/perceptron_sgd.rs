//! Lab 2's perceptron: five points in homogeneous form, eta 1, 20 passes, an update where y (w . x) <= 0.

use neurons::learning::perceptron::lab_points;

use super::Experiment;
use crate::lesson::{self, Rule};
use crate::points::Points;

/// On the lab's points; a table's points get the lab's constant last coordinate -1.
pub fn experiment() -> Experiment {
    Experiment::study(
        "perceptron-sgd",
        "Lab 2's perceptron on its five points, or on your --csv points",
        lesson::TAKES,
        |job| {
            lesson::teach(job, Rule::Lab, |_| {
                let (points, labels) = lab_points();
                let features = points.into_iter().map(|point| point[..2].to_vec());
                vec![Points {
                    labels: labels
                        .iter()
                        .map(|on| if *on { "1" } else { "-1" }.to_owned())
                        .collect(),
                    ..Points::new("Lab 2", features.collect(), &labels)
                }]
            })
        },
    )
}
