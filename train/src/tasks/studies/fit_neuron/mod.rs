//! A neuron fitted to the recording of a cell.

mod report;

use std::path::Path;

use anyhow::{Result, anyhow, bail};
use neurons::Error;
use neurons::fitting::{self, Cell, Evolution, stand_in};
use neurons::recording::{self, CurrentClamp, Protocol, table};

use crate::report::finished::Finished;
use crate::tasks::job::StudyJob;
use crate::wrong_arguments::WrongArguments;

/// Number of candidates in a generation.
const CANDIDATES: usize = 48;

/// Default number of generations in each of the two stages.
const GENERATIONS: usize = 60;

/// Default precision, in ms: the largest distance of coincident spikes (Jolivet et al. 2008).
const PRECISION: f64 = 4.0;

/// Fits an adaptive exponential or a leaky integrate-and-fire neuron, and reports how well it predicts the spikes of
/// held-out sweeps.
///
/// # Errors
/// If the recording or its protocol cannot be used, or a file cannot be written.
pub fn run(job: &StudyJob<'_>) -> Result<Finished> {
    let options = job.options;
    let (recording, protocol) = recording(job)?;
    let cell = Cell::analyse(recording, protocol)?;
    let kind = options.simulation.neuron.unwrap_or_default().0;
    let precision = options.simulation.precision.unwrap_or(PRECISION);
    let generations = options.recipe.epochs;
    let evolution = Evolution {
        candidates: CANDIDATES,
        generations: generations.map_or(GENERATIONS, |epochs| epochs as usize),
        seed: options.seed,
    };
    let fitted = fitting::fit(&cell, kind, precision, evolution)?;
    report::present(job, &cell, &fitted, kind, precision)
}

/// Loads the recording of the command line or of the data folder, or simulates one. Returns it with its protocol.
fn recording(job: &StudyJob<'_>) -> Result<(CurrentClamp, Protocol)> {
    let options = job.options;
    let asked = options.simulation.protocol.clone();
    let known = |path: &Path| path.is_dir() || path.ends_with(recording::FILE);
    if let Some(path) = &options.data.csv {
        let Some(protocol) = asked.or_else(|| known(path).then(Protocol::dual_steps)) else {
            let complaint = format!(
                "--csv {}: a table does not hold the currents: give them with --protocol, as {}",
                path.display(),
                Protocol::dual_steps()
            );
            return Err(WrongArguments::new(complaint).into());
        };
        return Ok((load(path)?, protocol));
    }
    let data = options.data.arguments();
    let folder = data.folder.as_deref().unwrap_or(Path::new("data"));
    let is_named = options.given.contains_key("data");
    if is_named && !folder.exists() {
        bail!(
            "{}: no such folder; --data names the folder that holds {}/ (or --csv a recording, or --generated)",
            folder.display(),
            recording::FOLDER
        );
    }
    let inside = folder.join(recording::FOLDER);
    let place = if inside.is_dir() { &inside } else { folder };
    if !data.generated && (inside.is_dir() || is_named) {
        return Ok((load(place)?, asked.unwrap_or_else(Protocol::dual_steps)));
    }
    if asked.is_some() {
        let complaint =
            "--protocol is of a recording, and there is none: name it with --csv or --data";
        return Err(WrongArguments::new(complaint.to_owned()).into());
    }
    if !data.generated {
        eprintln!(
            "No recording in {}: fitting to a simulated cell; name yours with --csv or --data.",
            inside.display()
        );
    }
    Ok((stand_in::recording(options.seed), Protocol::dual_steps()))
}

/// Loads a recording; an error about a missing one says how to name another.
fn load(path: &Path) -> Result<CurrentClamp> {
    table::load(path).map_err(|error| match error {
        Error::NotFound(_) => anyhow!("{error}; name a recording with --csv"),
        other => other.into(),
    })
}
