//! The leaky integrate-and-fire neuron against its closed form.

use anyhow::Result;
use neurons::current::{Current, Unit};
use neurons::spiking::{Lif, Times};

use crate::report::finished::Finished;
use crate::tasks::job::StudyJob;
use crate::tasks::studies::integrate_and_fire::{self, StudiedNeuron};

/// Studies its membrane under a step current, and its rates against the formula.
///
/// # Errors
/// If the current or the step cannot be used, or a file cannot be written.
pub fn run(job: &StudyJob<'_>) -> Result<Finished> {
    let neuron = Lif::cortical();
    let studied = StudiedNeuron {
        name: "lif".to_owned(),
        current: Current::step(1.25 * neuron.rheobase()),
        currents: (0..=40)
            .map(|tenth| f64::from(tenth) * neuron.rheobase() / 10.0)
            .collect(),
        formula: Some(Lif::rate),
        variable: None,
        neuron,
    };
    let times = Times::new(300.0, 0.1);
    integrate_and_fire::study(job, &[studied], Unit::Picoamperes, times)
}
