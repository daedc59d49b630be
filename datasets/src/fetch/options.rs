//! Options and result of a fetch.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Options for fetching a data set.
#[derive(Clone, Debug)]
pub struct FetchOptions {
    /// Another server that provides the files under their own names.
    pub base_url: Option<String>,
    /// Maximum time without data from the server.
    pub stall: Duration,
    /// Whether to show a progress bar on standard error.
    pub progress: bool,
    /// Whether to replace an existing data set.
    pub force: bool,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            base_url: None,
            stall: Duration::from_secs(30),
            progress: true,
            force: false,
        }
    }
}

/// The result of a fetch, displayed as one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The folder of the data set.
    pub path: PathBuf,
    /// Whether the data set existed already and nothing was downloaded.
    pub present: bool,
    /// What was verified: "files" or "recordings".
    pub noun: &'static str,
    /// Number of files or recordings with a known checksum.
    pub verified: usize,
    /// Number of files or recordings without a known checksum.
    pub unverified: usize,
}

impl fmt::Display for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.present {
            "is already complete"
        } else {
            "fetched"
        };
        write!(
            f,
            "{} {state}: {} {} verified by SHA-256",
            self.path.display(),
            self.verified,
            self.noun
        )?;
        match self.unverified {
            0 => Ok(()),
            more => write!(f, ", {more} more that no sum is known for"),
        }
    }
}
