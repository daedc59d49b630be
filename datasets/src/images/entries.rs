//! The entries of a folder, without what systems leave there.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::file_names::text_of;

/// Names of files and folders that systems leave behind, in lower case. Those that begin with a dot are left out, too.
pub(super) const JUNK: [&str; 22] = [
    "#recycle",
    "#snapshot",
    "$recycle.bin",
    "@eadir",
    "@recently-snapshot",
    "@recycle",
    "@sharebin",
    "@tmp",
    "__macosx",
    "__pycache__",
    "desktop.ini",
    "ehthumbs.db",
    "ehthumbs_vista.db",
    "found.000",
    "icon\r",
    "lost+found",
    "lost.dir",
    "recycled",
    "recycler",
    "system volume information",
    "thumbs.db",
    "~snapshot",
];

/// Returns the names, as text, and the paths in a folder, sorted, without what systems leave there.
pub(super) fn entries(dir: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = text_of(&entry.file_name());
        if !is_junk(&name) {
            entries.push((name, entry.path()));
        }
    }
    entries.sort();
    Ok(entries)
}

/// Returns whether a system, and no person, gives this name to files or folders.
fn is_junk(name: &str) -> bool {
    name.starts_with('.') || JUNK.contains(&name.to_lowercase().as_str())
}
