//! The model that a user names.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use models::file::MODEL_FILE;

/// Returns a file, or the model in the folder of a run.
pub fn model_file(named: &Path) -> PathBuf {
    if named.is_dir() {
        named.join(MODEL_FILE)
    } else {
        named.to_path_buf()
    }
}

/// Finds a model file or the folder of a run: `named` is a path, or the name of a folder in `runs`. A link such as
/// `runs/latest` is followed.
///
/// # Errors
/// If there is none.
pub fn find(named: &Path, runs: &Path) -> Result<PathBuf> {
    let candidates = [named.to_path_buf(), runs.join(named)];
    // A folder of data may be called as a run is.
    let has_model = |path: &&PathBuf| path.is_file() || path.join(MODEL_FILE).is_file();
    let found = candidates.iter().find(has_model);
    let found = found
        .or_else(|| candidates.iter().find(|path| path.exists()))
        .cloned();
    let found = found.with_context(|| {
        format!(
            "{}: no such model or run, here or under {}; name a model file or the folder of a run",
            named.display(),
            runs.display()
        )
    })?;
    // The target of a link is relative to the folder that the link is in.
    match (std::fs::read_link(&found), found.parent()) {
        (Ok(target), Some(parent)) => Ok(parent.join(target)),
        _ => Ok(found),
    }
}
