//! Folders that appear complete or not at all, and folders whose entries are on the disk.

use std::fs;
use std::io;
use std::path::Path;

use tempfile::TempDir;

use crate::error::WriteError;
use crate::scratch;

/// A folder that is filled beside its destination and moved there by [`publish`](Self::publish).
///
/// Dropped before, it is deleted with all that is in it. A killed process may leave it behind under a hidden name;
/// [`remove_leftovers`](crate::remove_leftovers) deletes it.
#[derive(Debug)]
pub struct StagedFolder {
    scratch: TempDir,
}

impl StagedFolder {
    /// Creates an empty folder with a hidden name in `parent`.
    ///
    /// # Errors
    /// If `parent` cannot be written.
    pub fn create_in(parent: &Path) -> Result<Self, WriteError> {
        let mut builder = scratch::builder();
        // Temporary folders are private by default. The umask still applies to this mode.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
        let scratch = builder.tempdir_in(parent);
        let scratch =
            scratch.map_err(|error| WriteError::new(parent, scratch::without_path(&error)))?;
        Ok(Self { scratch })
    }

    /// Returns the path of the folder while it is being filled.
    pub fn path(&self) -> &Path {
        self.scratch.path()
    }

    /// Moves the folder to `path`, which has the same parent, unless something is there. Returns whether it was moved.
    ///
    /// Of several processes that publish to one path, one succeeds.
    ///
    /// # Errors
    /// If the parent cannot be written.
    pub fn publish(&mut self, path: &Path) -> Result<bool, WriteError> {
        // Without this check, a rename would replace an empty folder.
        let is_taken = || fs::symlink_metadata(path).is_ok();
        if is_taken() {
            return Ok(false);
        }
        let publish = || {
            sync_folder(self.scratch.path())?;
            fs::rename(self.scratch.path(), path)
        };
        match publish() {
            Err(_) if is_taken() => return Ok(false),
            result => result.map_err(|reason| WriteError::new(path, reason))?,
        }
        self.scratch.disable_cleanup(true);
        sync_folder(folder_of(path)).map_err(|reason| WriteError::new(path, reason))?;
        Ok(true)
    }
}

/// Creates a folder and the missing ones above it, and syncs the entries.
///
/// # Errors
/// If a folder cannot be created.
pub fn create_folder(path: &Path) -> Result<(), WriteError> {
    let create = || {
        let missing: Vec<_> = path
            .ancestors()
            .take_while(|above| !above.exists())
            .collect();
        fs::create_dir_all(path)?;
        missing
            .into_iter()
            .filter(|created| !created.as_os_str().is_empty())
            .try_for_each(|created| sync_folder(folder_of(created)))
    };
    create().map_err(|reason| WriteError::new(path, reason))
}

/// Deletes a folder and all that is in it. It vanishes at once: a process that is killed half way leaves the rest under a
/// hidden name, which [`remove_leftovers`](crate::remove_leftovers) deletes.
///
/// # Errors
/// If something cannot be deleted.
pub fn remove_folder(path: &Path) -> Result<(), WriteError> {
    let remove = || {
        let mut staged = scratch::builder()
            .tempdir_in(folder_of(path))
            .map_err(|error| scratch::without_path(&error))?;
        fs::rename(path, staged.path().join("removed"))?;
        sync_folder(folder_of(path))?;
        let result = fs::remove_dir_all(staged.path());
        staged.disable_cleanup(result.is_ok());
        result
    };
    remove().map_err(|reason| WriteError::new(path, reason))
}

/// Points the symbolic link `link` to `target`. A link that is there is replaced atomically.
///
/// # Errors
/// If the link cannot be created, or something else than a link or a file is there.
#[cfg(unix)]
pub fn replace_link(target: &Path, link: &Path) -> Result<(), WriteError> {
    let folder = folder_of(link);
    let replace = || {
        let scratch = scratch::builder()
            .make_in(folder, |path| std::os::unix::fs::symlink(target, path))?
            .into_temp_path();
        scratch.persist(link)?;
        sync_folder(folder)
    };
    replace().map_err(|reason| WriteError::new(link, reason))
}

/// Returns the folder that holds `path`.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Syncs the entries of a folder to the disk. Without this, a crash could undo the renaming of a file in it.
///
/// # Errors
/// If the disk fails. File systems that cannot sync a folder, and folders that can be written but not read, count as
/// synced.
#[cfg(unix)]
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    match fs::File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::InvalidInput
                    | io::ErrorKind::PermissionDenied
                    | io::ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        result => result,
    }
}

/// Does nothing: other systems than Unix offer no way to sync a folder.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::names;

    #[test]
    fn a_staged_folder_appears_with_its_files() {
        let parent = tempfile::tempdir().unwrap();
        let mut staged = StagedFolder::create_in(parent.path()).unwrap();
        fs::write(staged.path().join("a.txt"), "a").unwrap();
        let path = parent.path().join("run-1");
        assert!(!path.exists());
        assert!(staged.publish(&path).unwrap());
        drop(staged);
        assert_eq!(names(parent.path()), ["run-1"]);
        assert_eq!(names(&path), ["a.txt"]);
    }

    #[test]
    fn a_path_that_is_taken_is_left_alone() {
        let parent = tempfile::tempdir().unwrap();
        let mut staged = StagedFolder::create_in(parent.path()).unwrap();
        for (name, is_folder) in [("empty", true), ("file", false)] {
            let path = parent.path().join(name);
            match is_folder {
                true => fs::create_dir(&path).unwrap(),
                false => fs::write(&path, "").unwrap(),
            }
            assert!(!staged.publish(&path).unwrap(), "{name}");
        }
        assert!(staged.publish(&parent.path().join("free")).unwrap());
    }

    #[test]
    fn a_folder_that_is_not_published_leaves_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let staged = StagedFolder::create_in(parent.path()).unwrap();
        fs::write(staged.path().join("a.txt"), "a").unwrap();
        drop(staged);
        assert!(names(parent.path()).is_empty());
    }

    #[test]
    fn a_removed_folder_leaves_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("run-1");
        create_folder(&path.join("inner/more")).unwrap();
        fs::write(path.join("a.txt"), "a").unwrap();
        remove_folder(&path).unwrap();
        assert!(names(parent.path()).is_empty());
        let message = remove_folder(&path).unwrap_err().to_string();
        assert!(message.contains("run-1"), "{message}");
        assert!(names(parent.path()).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("latest");
        for target in ["run-1", "run-2"] {
            replace_link(Path::new(target), &link).unwrap();
            assert_eq!(fs::read_link(&link).unwrap(), Path::new(target));
        }
        assert_eq!(names(folder.path()), ["latest"]);
    }

    #[cfg(unix)]
    #[test]
    fn new_folders_have_the_permissions_of_any_folder() {
        use std::os::unix::fs::PermissionsExt;
        let parent = tempfile::tempdir().unwrap();
        let mode = |name: &str| {
            let about = fs::metadata(parent.path().join(name)).unwrap();
            about.permissions().mode() & 0o777
        };
        fs::create_dir(parent.path().join("ordinary")).unwrap();
        let mut staged = StagedFolder::create_in(parent.path()).unwrap();
        assert!(staged.publish(&parent.path().join("staged")).unwrap());
        assert_eq!(mode("staged"), mode("ordinary"));
    }

    #[test]
    fn a_bare_name_is_in_the_current_folder() {
        assert_eq!(folder_of(Path::new("a.txt")), Path::new("."));
        assert_eq!(folder_of(Path::new("b/a.txt")), Path::new("b"));
    }
}
