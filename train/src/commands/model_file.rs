//! The model that a user names.

use std::path::{Path, PathBuf};

use models::file::MODEL_FILE;

/// Returns a file, or the model in the folder of a run.
pub fn model_file(named: &Path) -> PathBuf {
    if named.is_dir() {
        named.join(MODEL_FILE)
    } else {
        named.to_path_buf()
    }
}
