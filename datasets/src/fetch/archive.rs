//! Unpacking of a `.tar.gz` that may be hostile: nothing is written outside the folder, and sizes are limited.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use flate2::read::GzDecoder;
use tar::EntryType;

use super::error::Problem;
use super::public::Archive;

/// Unpacks the `archive.folders` of `packed` into `into`, without the top folder of the archive.
pub(super) fn unpack(packed: &Path, archive: &Archive<'_>, into: &Path) -> Result<(), Problem> {
    let refused = |reason: String| Problem::Archive {
        file: archive.name.into(),
        reason,
    };
    let damaged = |error: io::Error| refused(format!("it is damaged ({error})"));
    let file = File::open(packed).map_err(Problem::io("read", packed))?;
    // The limit is on everything that comes out of the decoder, including headers and files that are not extracted.
    let unzipped = GzDecoder::new(file).take(archive.max_bytes.saturating_add(1));
    let mut tar = tar::Archive::new(unzipped);
    let (mut bytes, mut files) = (0u64, 0usize);
    for entry in tar.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let path = entry.path().map_err(damaged)?.into_owned();
        let kind = entry.header().entry_type();
        if kind == EntryType::XGlobalHeader {
            continue;
        }
        if !matches!(
            kind,
            EntryType::Regular | EntryType::Continuous | EntryType::Directory
        ) {
            return Err(refused(format!("{} is a link or a device", path.display())));
        }
        let Some(place) = inside(&path) else {
            return Err(refused(format!(
                "{} leads out of the folder",
                path.display()
            )));
        };
        files += 1;
        bytes = bytes.saturating_add(entry.size());
        if files > archive.max_files || bytes > archive.max_bytes {
            let (what, limit) = (archive.name.into(), limits(archive));
            return Err(Problem::TooLarge { what, limit });
        }
        if kind != EntryType::Directory && archive.folders.iter().any(|f| place.starts_with(f)) {
            write(&mut entry, &into.join(&place), archive)?;
        }
    }
    Ok(())
}

fn limits(archive: &Archive<'_>) -> String {
    format!(
        "{} files and {} bytes",
        archive.max_files, archive.max_bytes
    )
}

/// Returns the path without the top folder; `None` if it could lead out of the folder.
fn inside(path: &Path) -> Option<PathBuf> {
    let mut parts = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => parts.push(name),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.into_iter().skip(1).collect())
}

/// Writes a file of the archive.
fn write(entry: &mut impl Read, place: &Path, archive: &Archive<'_>) -> Result<(), Problem> {
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder).map_err(Problem::io("create", folder))?;
    }
    // Also refuses a path that occurs twice in the archive.
    let mut file = File::create_new(place).map_err(Problem::io("create", place))?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = entry.read(&mut buffer).map_err(|error| Problem::Archive {
            file: archive.name.into(),
            reason: format!("it is damaged ({error})"),
        })?;
        if read == 0 {
            return Ok(());
        }
        io::Write::write_all(&mut file, buffer.get(..read).unwrap_or_default())
            .map_err(Problem::io("write", place))?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_below_the_folder_are_inside() {
        let inside = |path: &str| inside(Path::new(path));
        assert_eq!(inside("top/a/b.jpg"), Some("a/b.jpg".into()));
        assert_eq!(inside("./top/a"), Some("a".into()));
        assert_eq!(inside("top"), Some(PathBuf::new()));
        assert_eq!(inside("top/../../b"), None);
        assert_eq!(inside("/etc/passwd"), None);
    }
}
