//! Izhikevich's model and its patterns of firing.

use anyhow::Result;
use neurons::spiking::{Current, IzhikevichState, Pattern};

use super::{Experiment, Finished, StudyJob};
use crate::simulation::portrait::{self, Sitter, Variable};
use crate::simulation::recording::Unit;

/// One of the kinds of neurons of the publication, or all of them.
pub fn experiment() -> Experiment {
    Experiment::study(
        "izhikevich",
        "Izhikevich's model: seven patterns of firing of two equations, --pattern NAME or all",
        &["current", "duration", "step", "fi-curve", "pattern"],
        run,
    )
}

fn run(job: &StudyJob<'_>) -> Result<Finished> {
    let choice = job.arguments.simulation.pattern.unwrap_or_default();
    let sitters: Vec<_> = choice
        .patterns()
        .iter()
        .map(|pattern| sitter(*pattern))
        .collect();
    portrait::portray(job, &sitters, Unit::MillivoltsPerMillisecond, [300.0, 0.1])
}

fn sitter(pattern: Pattern) -> Sitter<neurons::spiking::Izhikevich> {
    Sitter {
        name: pattern.name().to_owned(),
        neuron: pattern.neuron(),
        current: Current::step(usual(pattern)),
        currents: (0..=40).map(|half| f64::from(half) / 2.0).collect(),
        formula: None,
        variable: Some(Variable {
            name: "recovery u (mV/ms)",
            column: "recovery",
            of: |state: &IzhikevichState| state.recovery,
        }),
    }
}

/// 10 as in figure 2 of the publication; what it shows of the two others needs less.
fn usual(pattern: Pattern) -> f64 {
    match pattern {
        Pattern::ThalamoCortical | Pattern::Resonator => 3.0,
        _ => 10.0,
    }
}
