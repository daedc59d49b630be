//! Simulated neurons that fire, plasticity, and a neuron fitted to a recording.

use neurons::spiking::Times;

use super::experiment::Experiment;
use crate::options::{Defaults, Family};
use crate::tasks::studies::{fit_neuron, hodgkin_huxley, integrate_and_fire, stdp};

pub fn experiments() -> Vec<Experiment> {
    vec![
        Experiment::study(
            "hodgkin-huxley",
            "the squid axon: spikes, gates and currents under any --current, rheobase, f-I curve, populations",
            &[Family::Current, Family::SquidAxon],
            hodgkin_huxley::run,
        )
        .with_defaults(|| [times(hodgkin_huxley::TIMES), vec![("spread", "0".to_owned())]].concat()),
        Experiment::study(
            "lif",
            "a leaky integrate-and-fire neuron, exact between its spikes; its rates against the closed form",
            &[Family::Current],
            integrate_and_fire::lif,
        )
        .with_defaults(|| times(integrate_and_fire::LIF_TIMES)),
        Experiment::study(
            "adex",
            "Brette and Gerstner's adaptive exponential neuron: intervals that grow during a step",
            &[Family::Current],
            integrate_and_fire::adex,
        )
        .with_defaults(|| times(integrate_and_fire::ADEX_TIMES)),
        Experiment::study(
            "izhikevich",
            "Izhikevich's model: seven firing patterns of two equations, --pattern NAME or all",
            &[Family::Current, Family::Izhikevich],
            integrate_and_fire::izhikevich,
        )
        .with_defaults(|| {
            let pattern = vec![("pattern", "all".to_owned())];
            [times(integrate_and_fire::IZHIKEVICH_TIMES), pattern].concat()
        }),
        Experiment::study(
            "stdp",
            "spike-timing-dependent plasticity: its window, and weights under correlated spike trains",
            &[Family::Plasticity],
            stdp::run,
        )
        .with_defaults(|| vec![("duration", stdp::DURATION.to_string())]),
        Experiment::study(
            "fit-neuron",
            "--neuron adex or lif fitted to a current-clamp recording, tested on the spikes of held-out sweeps",
            &[Family::Fitting],
            fit_neuron::run,
        )
        .with_defaults(|| {
            vec![
                ("neuron", "adex".to_owned()),
                ("precision", fit_neuron::PRECISION.to_string()),
                ("epochs", fit_neuron::GENERATIONS.to_string()),
            ]
        }),
    ]
}

fn times(times: Times) -> Defaults {
    vec![
        ("duration", times.duration.to_string()),
        ("step", times.step.to_string()),
    ]
}
