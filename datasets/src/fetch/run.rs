//! Fetching a data set: download, verify, move into place.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::FetchError;
use super::options::{FetchOptions, Fetched};
use super::public::{Contents, DATASETS, PublicDataset};
use super::sources::Fetch;
use super::staging::{lock, put_in_place, remove_tree};
use super::verify::{Counts, verify};

/// Fetches the data set called `name` into `data_dir/name`.
///
/// # Errors
/// - [`FetchError::Unknown`] if there is no such data set
/// - the errors of [`fetch_dataset`]
pub fn fetch(name: &str, data_dir: &Path, options: &FetchOptions) -> Result<Fetched, FetchError> {
    match DATASETS.iter().find(|dataset| dataset.name == name) {
        Some(dataset) => fetch_dataset(dataset, data_dir, options),
        None => {
            let known: Vec<&str> = DATASETS.iter().map(|dataset| dataset.name).collect();
            Err(FetchError::Unknown {
                name: name.into(),
                known: known.join(", "),
            })
        }
    }
}

/// Fetches a data set described by the caller into the folder of its name in `data_dir`.
///
/// # Errors
/// - [`FetchError::Incomplete`] if its folder exists but does not pass verification
/// - [`FetchError::Source`] if none of its sources provides it completely
/// - [`FetchError::Busy`] if another process is fetching it
/// - [`FetchError::Io`] if the folder cannot be written
pub fn fetch_dataset(
    dataset: &PublicDataset<'_>,
    data_dir: &Path,
    options: &FetchOptions,
) -> Result<Fetched, FetchError> {
    let target = data_dir.join(dataset.name);
    let verified = |folder: &Path| {
        verify(dataset, folder).map_err(|problem| FetchError::Incomplete {
            path: folder.to_path_buf(),
            problem,
        })
    };
    if !options.force && target.exists() {
        let counts = verified(&target)?;
        return Ok(fetched(dataset, target, true, counts));
    }
    let staging = data_dir.join(format!(".fetch-{}", dataset.name));
    let _lock = lock(&staging.with_extension("lock"), dataset.name)?;
    let assembled = staging.join("whole");
    remove_tree(&assembled)?;
    fs::create_dir_all(&assembled).map_err(FetchError::io("create", &assembled))?;
    let fetch = Fetch {
        dataset,
        options,
        target: &target,
        staging: &staging,
        assembled: &assembled,
    };
    fetch.download()?;
    let counts = verified(&assembled)?;
    put_in_place(&assembled, &target, &staging)?;
    Ok(fetched(dataset, target, false, counts))
}

fn fetched(dataset: &PublicDataset<'_>, path: PathBuf, present: bool, counts: Counts) -> Fetched {
    Fetched {
        path,
        present,
        noun: match dataset.contents {
            Contents::Files { .. } | Contents::Archive(_) => "files",
            Contents::Table(_) => "recordings",
        },
        verified: counts.verified,
        unverified: counts.unverified,
    }
}
