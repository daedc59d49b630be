//! Excitability of the axon: rheobase, firing rates under step currents, the f-I curve.

use anyhow::Result;
use neurons::spiking::hodgkin_huxley::{Rheobase, StepResponse};
use neurons::spiking::{HodgkinHuxley, Times};
use serde::Serialize;

use crate::run_folder::RunFolder;
use crate::tasks::studies::steps::{progress, simulation_error};

/// Step of the thresholds and rates in ms, whatever step the user chooses for the current.
pub(super) const STEP: f64 = 0.01;

/// Step currents whose rates are printed, in uA/cm2.
const CURRENTS: [f64; 6] = [7.0, 10.0, 15.0, 20.0, 30.0, 50.0];

/// Duration of these steps, in ms.
const DURATION: f64 = 2000.0;

/// Number of currents of the f-I curve, from 0 on.
const CURVE_CURRENTS: u32 = 121;

/// Difference between two of them, in uA/cm2.
const CURVE_INCREMENT: f64 = 0.5;

/// Duration and step of each run of the f-I curve.
const CURVE_TIMES: Times = Times {
    duration: 1000.0,
    step: STEP,
};

/// The smallest step currents that make the neuron fire.
#[derive(Serialize)]
pub(super) struct Thresholds {
    /// Smallest current with a single spike.
    pub(super) one_spike_ua_per_cm2: f64,
    /// Smallest current with repetitive firing.
    pub(super) for_ever_ua_per_cm2: f64,
}

/// The firing rate under a step current.
#[derive(Serialize)]
pub(super) struct Rate {
    /// The current.
    pub(super) current_ua_per_cm2: f64,
    /// Rate in the second half of the run.
    pub(super) rate_hz: f64,
    /// Number of spikes in the whole run.
    pub(super) spikes: usize,
}

impl From<Rheobase> for Thresholds {
    fn from(rheobase: Rheobase) -> Self {
        Self {
            one_spike_ua_per_cm2: rheobase.single,
            for_ever_ua_per_cm2: rheobase.repetitive,
        }
    }
}

impl From<&StepResponse> for Rate {
    fn from(response: &StepResponse) -> Self {
        Self {
            current_ua_per_cm2: response.current,
            rate_hz: response.rate,
            spikes: response.spikes.len(),
        }
    }
}

/// Returns the firing rates under a few step currents.
pub(super) fn rates(neuron: &HodgkinHuxley) -> Result<Vec<Rate>> {
    let times = Times::new(DURATION, STEP);
    let responses = neuron.step_responses(&CURRENTS, times, &|_| ());
    let responses = responses.map_err(simulation_error)?;
    Ok(responses.iter().map(Rate::from).collect())
}

/// Returns the f-I curve: the firing rates under step currents up to 60 uA/cm2 and under the rheobase.
pub(super) fn fi_curve(neuron: &HodgkinHuxley, rheobase: Option<Rheobase>) -> Result<Vec<Rate>> {
    let currents = (0..CURVE_CURRENTS).map(|number| CURVE_INCREMENT * f64::from(number));
    let mut currents: Vec<f64> = currents.collect();
    currents.extend(rheobase.map(|rheobase| rheobase.repetitive));
    currents.sort_by(f64::total_cmp);
    let bar = progress(currents.len(), CURVE_TIMES, "f-I curve");
    let responses = neuron.step_responses(&currents, CURVE_TIMES, &|steps| bar.inc(steps as u64));
    bar.finish_and_clear();
    let responses = responses.map_err(simulation_error)?;
    Ok(responses.iter().map(Rate::from).collect())
}

/// Writes `fi_curve.csv`.
pub(super) fn write_curve(folder: &RunFolder, curve: &[Rate]) -> Result<()> {
    let mut table = files::Table::new(["current_uA_per_cm2", "rate_Hz", "spikes"])?;
    for one in curve {
        let cells = [one.current_ua_per_cm2, one.rate_hz].map(|value| format!("{value:.4}"));
        table.row(cells.into_iter().chain([one.spikes.to_string()]))?;
    }
    folder.write("fi_curve.csv", table.finish()?)
}
