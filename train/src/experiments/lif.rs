//! The leaky integrate-and-fire neuron against its closed form.

use anyhow::Result;
use neurons::spiking::{Current, Lif};

use super::{Experiment, Finished, StudyJob};
use crate::simulation::portrait::{self, Sitter};
use crate::simulation::recording::Unit;

/// Its membrane under a step of current; its rate against the formula.
pub fn experiment() -> Experiment {
    Experiment::study(
        "lif",
        "a leaky integrate-and-fire neuron, exact between its spikes; its rates against their formula",
        &portrait::TAKES,
        run,
    )
}

fn run(job: &StudyJob<'_>) -> Result<Finished> {
    let neuron = Lif::cortical();
    let sitter = Sitter {
        name: "lif".to_owned(),
        current: Current::step(1.25 * neuron.rheobase()),
        currents: (0..=40)
            .map(|tenth| f64::from(tenth) * neuron.rheobase() / 10.0)
            .collect(),
        formula: Some(Lif::rate),
        variable: None,
        neuron,
    };
    portrait::portray(job, &[sitter], Unit::Picoamperes, [300.0, 0.1])
}
