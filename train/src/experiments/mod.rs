//! The experiments that `train` runs: one file per family, one row per experiment.
//!
//! - [`experiment`], [`training`], [`families`]: the types of a row
//! - `brain_tumor`, `mnist`, `eeg`, `autoencoder`, `text`: networks with their data and recipes
//! - `studies`, `neurons`: studies

mod autoencoder;
mod brain_tumor;
mod eeg;
pub mod experiment;
pub mod families;
mod mnist;
mod neurons;
mod studies;
mod text;
pub mod training;

use anyhow::{Result, anyhow};

pub use experiment::{Experiment, Kind, Study};
pub use training::Training;

/// The experiment of `train` without a name.
pub const DEFAULT: &str = "brain-tumor";

/// Returns all experiments, in the order of `train --list`.
pub fn all() -> Vec<Experiment> {
    [
        brain_tumor::experiments(),
        mnist::experiments(),
        mnist::recurrent(),
        eeg::experiments(),
        mnist::spiking(),
        vec![eeg::spiking()],
        studies::rules(),
        autoencoder::experiments(),
        studies::networks(),
        text::experiments(),
        neurons::experiments(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Returns the list of all experiments, one line each.
pub fn list() -> String {
    let lines = all().into_iter().map(|experiment| {
        let default = if experiment.name == DEFAULT {
            " (default)"
        } else {
            ""
        };
        format!("{:25}{}{default}", experiment.name, experiment.about)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Finds an experiment by name.
///
/// # Errors
/// If there is no such experiment; the error lists all names.
pub fn find(name: &str) -> Result<Experiment> {
    let mut all = all();
    match all.iter().position(|experiment| experiment.name == name) {
        Some(place) => Ok(all.swap_remove(place)),
        None => {
            let names: Vec<_> = all.iter().map(|experiment| experiment.name).collect();
            let names = names.join(", ");
            Err(anyhow!("{name}: no such experiment; there are {names}"))
        }
    }
}

/// Checks the name of an experiment while the command line is parsed.
///
/// # Errors
/// If there is no such experiment.
pub fn parse_name(text: &str) -> Result<String, String> {
    match find(text) {
        Ok(experiment) => Ok(experiment.name.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use models::Choices;

    use super::*;

    #[test]
    fn names_are_unique_and_the_default_is_there() {
        let mut names: Vec<_> = all().iter().map(|experiment| experiment.name).collect();
        assert!(names.contains(&DEFAULT));
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    /// CHAPTER.md's parameter counts.
    #[test]
    fn every_network_has_the_parameters_of_the_chapter() {
        for (name, parameters) in [
            ("mnist-mlp", 101_770),
            ("mnist-dropout", 101_770),
            ("mnist-cnn", 2_770_634),
            ("brain-tumor-cnn", 4_447_044),
            ("brain-tumor-mlp", 1_591_002),
        ] {
            let experiment = find(name).unwrap();
            let layers = experiment.training().unwrap().layers(&Choices::default());
            assert_eq!(layers.unwrap().parameters(), parameters, "{name}");
        }
    }
}
