//! Files for readers that take a path.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A temporary folder. `run.sh` puts it into memory.
pub struct Scratch(TempDir);

impl Scratch {
    /// Creates an empty folder.
    ///
    /// # Panics
    /// If that is impossible.
    #[expect(clippy::new_without_default, reason = "it creates a folder")]
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder for temporary files"))
    }

    /// Returns the folder.
    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file and returns its path.
    ///
    /// # Panics
    /// If that is impossible.
    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).expect("a temporary file");
        path
    }
}
