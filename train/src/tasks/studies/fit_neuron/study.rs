//! The fit: the recording, the search, and the report.

use std::path::Path;

use anyhow::{Result, anyhow, bail};
use neurons::Error;
use neurons::fitting::{self, Cell, Evolution, stand_in};
use neurons::recording::{self, CurrentClamp, Protocol, table};

use super::findings::Findings;
use super::{plots, tables};
use crate::report::finished::Finished;
use crate::tasks::job::StudyJob;
use crate::wrong_arguments::WrongArguments;

/// Number of candidates in a generation.
const CANDIDATES: usize = 48;

/// Default number of generations in each of the two stages.
pub const GENERATIONS: usize = 60;

/// Default precision, in ms: the largest distance of coincident spikes (Jolivet et al. 2008).
pub const PRECISION: f64 = 4.0;

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
    let fit = fitting::fit(&cell, kind, precision, evolution)?;
    let findings = Findings::new(&cell, &fit, kind, precision);
    tables::write_spikes(&job.folder, &cell, &fit)?;
    tables::write_sweeps(&job.folder, &fit.matches)?;
    plots::draw(&job.folder, &cell, &fit)?;
    job.finish(&findings.summary(&cell, &fit), &findings)
}

/// Loads the recording that the user names, or the one in the data folder, or simulates one. Returns it with its protocol.
fn recording(job: &StudyJob<'_>) -> Result<(CurrentClamp, Protocol)> {
    let options = job.options;
    let protocol = options.simulation.protocol.clone();
    if let Some(path) = &options.data.csv {
        let is_known = path.is_dir() || path.ends_with(recording::FILE);
        let Some(protocol) = protocol.or_else(|| is_known.then(Protocol::dual_steps)) else {
            return wrong(format!(
                "--csv {}: a table does not hold the currents: give them with --protocol, as {}",
                path.display(),
                Protocol::dual_steps()
            ));
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
    if !data.generated && (inside.is_dir() || is_named) {
        let path = if inside.is_dir() { &inside } else { folder };
        return Ok((load(path)?, protocol.unwrap_or_else(Protocol::dual_steps)));
    }
    if protocol.is_some() {
        return wrong(
            "--protocol describes the currents of a recording, and there is none: name one with --csv or --data"
                .to_owned(),
        );
    }
    if !data.generated {
        eprintln!(
            "No recording in {}: fitting to a simulated cell; name yours with --csv or --data.",
            inside.display()
        );
    }
    Ok((stand_in::recording(options.seed), Protocol::dual_steps()))
}

/// Returns an error about the command line.
fn wrong<T>(complaint: String) -> Result<T> {
    Err(WrongArguments::new(complaint).into())
}

/// Loads a recording; the error about a missing one gives the remedy.
fn load(path: &Path) -> Result<CurrentClamp> {
    table::load(path).map_err(|error| match error {
        Error::NotFound(_) => anyhow!("{error}; name a recording with --csv"),
        other => other.into(),
    })
}
