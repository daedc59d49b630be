//! Files that appear complete or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::WriteError;
use crate::folder::{folder_of, sync_folder};
use crate::scratch;

/// Writes `contents` to the file `path` atomically, as [`AtomicFile`] does.
///
/// # Errors
/// If the file cannot be written. An existing file then remains as it was.
///
/// # Examples
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("result.json");
/// files::write(&path, "{}\n")?;
/// assert_eq!(std::fs::read_to_string(path)?, "{}\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write(path: &Path, contents: impl AsRef<[u8]>) -> Result<(), WriteError> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(contents.as_ref())
        .map_err(|source| WriteError::new(path, source))?;
    file.commit()
}

/// A file that is written beside its destination and takes its place on [`commit`](Self::commit).
///
/// Readers see the old file or the new one, also after a crash: the new file is synced to the disk before it is renamed,
/// and its folder afterwards. Dropped without a commit, it leaves nothing behind. A new file has the permissions of any
/// other new file, under the user's umask; a file that is replaced hands its permissions on. A destination that is a
/// symbolic link stays one: the file that it points to is replaced. A killed process may leave the unfinished file
/// behind; [`remove_leftovers`](crate::remove_leftovers) deletes it.
#[derive(Debug)]
pub struct AtomicFile {
    scratch: NamedTempFile,
    /// The path that the caller passed, for messages.
    path: PathBuf,
    /// The same path with symbolic links resolved.
    destination: PathBuf,
}

impl AtomicFile {
    /// Creates the file that [`commit`](Self::commit) moves to `path`.
    ///
    /// # Errors
    /// If `path` is a folder or empty, or if its folder does not exist or is not writable.
    pub fn create(path: &Path) -> Result<Self, WriteError> {
        let destination = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let scratch =
            create_beside(&destination).map_err(|source| WriteError::new(path, source))?;
        Ok(Self {
            scratch,
            path: path.to_owned(),
            destination,
        })
    }

    /// Syncs the file to the disk and moves it to its destination.
    ///
    /// # Errors
    /// If the disk is full or fails. An existing file then remains as it was.
    pub fn commit(self) -> Result<(), WriteError> {
        let Self {
            scratch,
            path,
            destination,
        } = self;
        let publish = || {
            scratch.as_file().sync_all()?;
            scratch.persist(&destination)?;
            sync_folder(folder_of(&destination))
        };
        publish().map_err(|source| WriteError::new(&path, source))
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.scratch.as_file_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.scratch.as_file_mut().flush()
    }
}

/// Creates a temporary file in the folder of `destination`, with the permissions that `destination` has or would get.
fn create_beside(destination: &Path) -> io::Result<NamedTempFile> {
    if destination.as_os_str().is_empty() {
        let reason = "its name is empty";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    }
    let replaced = fs::metadata(destination).ok();
    if replaced.as_ref().is_some_and(fs::Metadata::is_dir) {
        let reason = "it is a folder";
        return Err(io::Error::new(io::ErrorKind::IsADirectory, reason));
    }
    let folder = folder_of(destination);
    let mut builder = scratch::builder();
    // Temporary files are private by default. The umask still applies to this mode.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let scratch = builder
        .tempfile_in(folder)
        // The error of `tempfile` names the temporary file, which means nothing to a user.
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                let reason = format!("there is no folder {}", folder.display());
                io::Error::new(io::ErrorKind::NotFound, reason)
            }
            kind => io::Error::new(kind, format!("{}: {kind}", folder.display())),
        })?;
    #[cfg(unix)]
    if let Some(replaced) = replaced {
        scratch.as_file().set_permissions(replaced.permissions())?;
    }
    Ok(scratch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::names;

    #[test]
    fn a_file_is_replaced_on_commit_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write(&path, "old").unwrap();
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        file.commit().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(names(folder.path()), ["a.txt"]);
    }

    #[test]
    fn a_failure_halfway_leaves_the_old_file_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write(&path, "old").unwrap();
        let fail = || -> io::Result<()> {
            let mut file = AtomicFile::create(&path).unwrap();
            file.write_all(b"half of the n")?;
            Err(io::Error::other("the caller gives up"))
        };
        fail().unwrap_err();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(folder.path()), ["a.txt"]);
    }

    #[test]
    fn a_destination_that_became_a_folder_is_refused_without_a_trace() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let file = AtomicFile::create(&path).unwrap();
        fs::create_dir(&path).unwrap();
        let message = file.commit().unwrap_err().to_string();
        assert!(message.contains("a.txt: "), "{message}");
        assert_eq!(names(folder.path()), ["a.txt"]);
    }

    #[test]
    fn errors_name_the_path_and_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let cases = [
            (folder.path().to_owned(), "it is a folder"),
            (folder.path().join("no/a.txt"), "there is no folder"),
            (PathBuf::new(), "its name is empty"),
        ];
        for (path, reason) in cases {
            let error = write(&path, "").unwrap_err();
            // A caller that prints the causes of an error must not print the reason twice.
            assert!(std::error::Error::source(&error).is_none());
            let message = error.to_string();
            let start = format!("cannot write {}: {reason}", path.display());
            assert!(message.starts_with(&start), "{message}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn permissions_are_those_of_any_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let mode = |name: &str| {
            let about = fs::metadata(folder.path().join(name)).unwrap();
            about.permissions().mode() & 0o777
        };
        fs::write(folder.path().join("ordinary"), "").unwrap();
        write(&folder.path().join("atomic"), "").unwrap();
        assert_eq!(mode("atomic"), mode("ordinary"));

        let private = folder.path().join("private");
        fs::write(&private, "").unwrap();
        fs::set_permissions(&private, fs::Permissions::from_mode(0o600)).unwrap();
        write(&private, "new").unwrap();
        assert_eq!(mode("private"), 0o600);
    }

    #[cfg(unix)]
    #[test]
    fn a_symbolic_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link] = ["file", "link"].map(|name| folder.path().join(name));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        write(&link, "new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(file).unwrap(), "new");
    }
}
