//! Izhikevich's model and its patterns of firing.

use anyhow::Result;
use neurons::current::{Current, Unit};
use neurons::spiking::{Izhikevich, IzhikevichState, Pattern, Times};

use crate::report::finished::Finished;
use crate::tasks::job::StudyJob;
use crate::tasks::studies::integrate_and_fire::{self, StudiedNeuron, Variable};

/// Studies one of the firing patterns of the publication, or all of them.
///
/// # Errors
/// If the current or the step cannot be used, or a file cannot be written.
pub fn run(job: &StudyJob<'_>) -> Result<Finished> {
    let choice = job.options.simulation.pattern.unwrap_or_default();
    let studied: Vec<_> = choice.patterns().into_iter().map(studied).collect();
    let times = Times::new(300.0, 0.1);
    integrate_and_fire::study(job, &studied, Unit::MillivoltsPerMillisecond, times)
}

/// Returns the neuron of a firing pattern.
fn studied(pattern: Pattern) -> StudiedNeuron<Izhikevich> {
    StudiedNeuron {
        name: pattern.name().to_owned(),
        neuron: pattern.neuron(),
        current: Current::step(default_current(pattern)),
        currents: (0..=40).map(|half| f64::from(half) / 2.0).collect(),
        formula: None,
        variable: Some(Variable {
            name: "recovery u (mV/ms)",
            column: "recovery",
            value: |state: &IzhikevichState| state.recovery,
        }),
    }
}

/// Returns 10 mV/ms as in figure 2 of the publication; the thalamic neuron and the resonator need less to show theirs.
fn default_current(pattern: Pattern) -> f64 {
    match pattern {
        Pattern::ThalamoCortical | Pattern::Resonator => 3.0,
        _ => 10.0,
    }
}
