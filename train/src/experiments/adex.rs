//! The adaptive exponential integrate-and-fire neuron.

use anyhow::Result;
use neurons::spiking::{AdEx, AdExState, Current};

use super::{Experiment, Finished, StudyJob};
use crate::simulation::portrait::{self, Sitter, Variable};
use crate::simulation::recording::Unit;

/// The regular spiking cell of the publication under a step of current.
pub fn experiment() -> Experiment {
    Experiment::study(
        "adex",
        "Brette and Gerstner's adaptive exponential neuron: intervals that grow while it fires",
        &portrait::TAKES,
        run,
    )
}

fn run(job: &StudyJob<'_>) -> Result<Finished> {
    let neuron = AdEx::brette_gerstner();
    let sitter = Sitter {
        name: "adex".to_owned(),
        current: Current::step(800.0),
        currents: (0..=30)
            .map(|tenth| f64::from(tenth) * neuron.rheobase() / 10.0)
            .collect(),
        formula: None,
        variable: Some(Variable {
            name: "adaptation w (pA)",
            column: "adaptation_pA",
            of: |state: &AdExState| state.adaptation,
        }),
        neuron,
    };
    portrait::portray(job, &[sitter], Unit::Picoamperes, [500.0, 0.1])
}
