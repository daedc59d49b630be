//! The adaptive exponential integrate-and-fire neuron.

use anyhow::Result;
use neurons::current::{Current, Unit};
use neurons::spiking::{AdEx, AdExState, Times};

use crate::report::finished::Finished;
use crate::tasks::job::StudyJob;
use crate::tasks::studies::integrate_and_fire::{self, StudiedNeuron, Variable};

/// Studies the regular spiking cell of the publication under a step current.
///
/// # Errors
/// If the current or the step cannot be used, or a file cannot be written.
pub fn run(job: &StudyJob<'_>) -> Result<Finished> {
    let neuron = AdEx::brette_gerstner();
    let studied = StudiedNeuron {
        name: "adex".to_owned(),
        current: Current::step(800.0),
        currents: (0..=30)
            .map(|tenth| f64::from(tenth) * neuron.rheobase() / 10.0)
            .collect(),
        formula: None,
        variable: Some(Variable {
            name: "adaptation w (pA)",
            column: "adaptation_pA",
            value: |state: &AdExState| state.adaptation,
        }),
        neuron,
    };
    let times = Times::new(500.0, 0.1);
    integrate_and_fire::study(job, &[studied], Unit::Picoamperes, times)
}
