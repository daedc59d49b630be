//! Files that are whole or absent.

use std::io::{self, Write};
use std::path::Path;

/// Writes beside the file, syncs, and renames onto it.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    // Temporary files are private by default, but this is an ordinary one.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut scratch = builder
        .prefix(".infer-")
        .tempfile_in(folder.unwrap_or(Path::new(".")))?;
    scratch.write_all(bytes)?;
    scratch.as_file().sync_all()?;
    scratch.persist(path)?;
    Ok(())
}
