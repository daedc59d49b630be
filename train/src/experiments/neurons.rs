//! Simulated neurons that fire, plasticity, and a neuron fitted to a recording.

use super::experiment::Experiment;
use crate::options::Family;
use crate::tasks::studies::{fit_neuron, hodgkin_huxley, integrate_and_fire, stdp};

pub(super) fn experiments() -> Vec<Experiment> {
    vec![
        Experiment::study(
            "hodgkin-huxley",
            "the squid axon: spikes, gates and currents under any --current, rheobase, f-I curve, many neurons at once",
            &[Family::Current, Family::SquidAxon],
            hodgkin_huxley::run,
        ),
        Experiment::study(
            "lif",
            "a leaky integrate-and-fire neuron, exact between its spikes; its rates against their formula",
            &[Family::Current],
            integrate_and_fire::lif,
        ),
        Experiment::study(
            "adex",
            "Brette and Gerstner's adaptive exponential neuron: intervals that grow while it fires",
            &[Family::Current],
            integrate_and_fire::adex,
        ),
        Experiment::study(
            "izhikevich",
            "Izhikevich's model: seven patterns of firing of two equations, --pattern NAME or all",
            &[Family::Current, Family::Izhikevich],
            integrate_and_fire::izhikevich,
        ),
        Experiment::study(
            "stdp",
            "spike-timing-dependent plasticity: its window, and weights under correlated trains of spikes",
            &[Family::Plasticity],
            stdp::run,
        ),
        Experiment::study(
            "fit-neuron",
            "--neuron adex or lif fitted to a current-clamp recording; how many spikes of unseen sweeps it foretells",
            &[Family::Fitting],
            fit_neuron::run,
        ),
    ]
}
