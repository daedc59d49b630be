//! Simulated neurons that fire, plasticity, and a neuron fitted to a recording.

use super::Experiment;
use crate::tasks::studies::simulation::arguments;
use crate::tasks::studies::{
    adex, fit_neuron, hodgkin_huxley, integrate_and_fire, izhikevich, lif, stdp,
};

pub(super) fn experiments() -> Vec<Experiment> {
    vec![
        Experiment::study(
            "hodgkin-huxley",
            "the squid axon: spikes, gates and currents under any --current, rheobase, f-I curve, many neurons at once",
            &arguments::NAMES,
            hodgkin_huxley::run,
        ),
        Experiment::study(
            "lif",
            "a leaky integrate-and-fire neuron, exact between its spikes; its rates against their formula",
            &integrate_and_fire::OPTIONS,
            lif::run,
        ),
        Experiment::study(
            "adex",
            "Brette and Gerstner's adaptive exponential neuron: intervals that grow while it fires",
            &integrate_and_fire::OPTIONS,
            adex::run,
        ),
        Experiment::study(
            "izhikevich",
            "Izhikevich's model: seven patterns of firing of two equations, --pattern NAME or all",
            &["current", "duration", "step", "fi-curve", "pattern"],
            izhikevich::run,
        ),
        Experiment::study(
            "stdp",
            "spike-timing-dependent plasticity: its window, and weights under correlated trains of spikes",
            &["duration"],
            stdp::run,
        ),
        Experiment::study(
            "fit-neuron",
            "--neuron adex or lif fitted to a current-clamp recording; how many spikes of unseen sweeps it foretells",
            &[
                "csv",
                "data",
                "generated",
                "neuron",
                "precision",
                "protocol",
                "epochs",
            ],
            fit_neuron::run,
        ),
    ]
}
