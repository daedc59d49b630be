//! Studies of learning: rules of single neurons, activations, dead units and overfitting.

use neurons::learning::{LabPerceptron, Perceptron};

use super::experiment::Experiment;
use crate::data::Pictures;
use crate::fit::recipe::Recipe;
use crate::options::{Defaults, Family, recipe};
use crate::tasks::studies::{
    activations, dying_relu, hebb, mcculloch_pitts, overfitting, perceptron,
};

/// Neurons that learn by a rule.
pub fn rules() -> Vec<Experiment> {
    vec![
        Experiment::study(
            "mcculloch-pitts",
            "threshold units: AND, OR, NOT, NAND, majority, and XOR from three of them",
            &[],
            mcculloch_pitts::run,
        ),
        Experiment::study(
            "hebb",
            "Hebb's associator; principal components by Oja's and Sanger's rules, also of your --csv points",
            &[Family::Points],
            hebb::run,
        )
        .with_defaults(|| {
            let (passes, rate) = hebb::DEFAULTS;
            learning(passes, rate)
        }),
        Experiment::study(
            "perceptron",
            "the chapter's perceptron on AND, OR, two clouds and XOR, or on your --csv points",
            &[Family::Points],
            perceptron::run,
        )
        .with_defaults(|| learning(Perceptron::PASSES, Perceptron::RATE)),
        Experiment::study(
            "perceptron-sgd",
            "Lab 2's perceptron on its five points, or on your --csv points",
            &[Family::Points],
            perceptron::run_lab,
        )
        .with_defaults(|| learning(LabPerceptron::PASSES, LabPerceptron::RATE)),
    ]
}

/// What goes wrong in the training of deeper networks, and why.
pub fn networks() -> Vec<Experiment> {
    vec![
        Experiment::study(
            "activations",
            "draws every activation function with its derivative",
            &[],
            activations::run,
        ),
        Experiment::study(
            "dying-relu",
            "the share of dead units per layer and epoch, with ReLU and with leaky ReLU",
            &[Family::DigitStudy],
            dying_relu::run,
        )
        .with_defaults(|| on_digits(&dying_relu::recipe())),
        Experiment::study(
            "overfitting",
            "three sizes of network on 1,000 digits: underfitting, a good fit, overfitting",
            &[Family::DigitStudy],
            overfitting::run,
        )
        .with_defaults(|| on_digits(&overfitting::recipe())),
    ]
}

fn learning(passes: usize, rate: f64) -> Defaults {
    vec![
        ("epochs", passes.to_string()),
        ("learning-rate", rate.to_string()),
    ]
}

fn on_digits(recipe: &Recipe) -> Defaults {
    let mut defaults = recipe::defaults(recipe);
    let stand_ins = Pictures::mnist().dataset.stand_ins;
    defaults.push(("stand-ins", stand_ins.to_string()));
    defaults
}
