//! The squid axon of Hodgkin and Huxley (1952): its membrane, gates and currents (chapter, section on spiking neurons).

use crate::experiments::{Experiment, StudyJob};
use crate::tasks::studies::simulation::{arguments, hodgkin_huxley};

/// Studies one neuron under a current, its thresholds and rates; `--fi-curve` and `--neurons` simulate many at once.
pub fn experiment() -> Experiment {
    Experiment::study(
        "hodgkin-huxley",
        "the squid axon: spikes, gates and currents under any --current, rheobase, f-I curve, many neurons at once",
        &arguments::NAMES,
        |job: &StudyJob<'_>| hodgkin_huxley::study(job),
    )
}
