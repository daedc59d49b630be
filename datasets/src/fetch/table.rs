//! Checking a table of recordings: each that is listed must be among them.

use std::collections::HashSet;
use std::path::Path;

use super::{Problem, Table, manifest};
use crate::signals::eeg;

/// The numbers of recordings in `folder`'s table with a known sum, and of those without.
pub(super) fn verify(table: &Table<'_>, folder: &Path) -> Result<(usize, usize), Problem> {
    let listed = manifest(table.manifest)?;
    let found = eeg::recording_sums(folder).map_err(Box::new)?;
    let there: HashSet<&str> = found.iter().map(String::as_str).collect();
    match listed.iter().find(|(sum, _)| !there.contains(sum)) {
        Some((sum, recording)) => Err(Problem::Missing {
            file: format!("recording {recording} of {}", table.name),
            expected: (*sum).to_owned(),
        }),
        None => Ok((listed.len(), found.len().saturating_sub(listed.len()))),
    }
}
