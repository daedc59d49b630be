//! Everything below a folder, without what systems and Hebb itself leave there.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::entries::entries;
use super::own_files;

/// Maximum number of folders inside each other; deeper ones are unlikely to be data.
const MAX_DEPTH: usize = 24;

/// Maximum number of links to folders on one path. Folders that link to each other would be read again and again.
const MAX_LINKS: usize = 3;

/// A folder with everything below it that may be data, sorted by name.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    /// Name, as text.
    pub name: String,
    /// Path.
    pub path: PathBuf,
    /// Path below the folder that was searched, with `/` between names; empty for that folder itself.
    pub relative: String,
    /// Files in it.
    pub files: Vec<FoundFile>,
    /// Folders in it.
    pub folders: Vec<Folder>,
}

/// A file in a [`Folder`].
#[derive(Clone, Debug)]
pub struct FoundFile {
    /// Path.
    pub path: PathBuf,
    /// Path below the folder that was searched, with `/` between names.
    pub relative: String,
}

/// What was found below a folder.
#[derive(Debug, Default)]
pub struct Walk {
    /// The folder.
    pub folder: Folder,
    /// Folders that could not be listed.
    pub unlisted: Vec<(PathBuf, io::Error)>,
    /// Links to folders that were not followed, because they lead back to a folder above them, or too far away.
    pub loops: Vec<String>,
    /// Folders that were left out because Hebb wrote them: runs, and drawings of `infer`.
    pub own: Vec<String>,
}

impl Folder {
    /// Returns all files, those of a folder before those of the folders in it.
    pub fn all_files(&self) -> Vec<&FoundFile> {
        let mut files: Vec<_> = self.files.iter().collect();
        files.extend(self.folders.iter().flat_map(Self::all_files));
        files
    }

    /// Returns whether there is a file in it or below it that `is_wanted`.
    pub fn has_file(&self, is_wanted: &dyn Fn(&Path) -> bool) -> bool {
        self.files.iter().any(|file| is_wanted(&file.path))
            || self.folders.iter().any(|folder| folder.has_file(is_wanted))
    }
}

/// Finds everything below `dir`. Links to folders are followed unless they lead back; nothing is opened but what tells
/// whether Hebb wrote a folder.
///
/// # Errors
/// If `dir` itself cannot be listed.
pub fn walk(dir: &Path) -> io::Result<Walk> {
    let mut walk = Walk::default();
    let entries = entries(dir)?;
    let above = vec![fs::canonicalize(dir)?];
    walk.folder = Folder {
        path: dir.to_path_buf(),
        ..Folder::default()
    };
    let mut folder = std::mem::take(&mut walk.folder);
    walk.fill(&mut folder, entries, &above, 0);
    walk.folder = folder;
    Ok(walk)
}

impl Walk {
    /// Fills a folder with its `entries`; `above` are the real paths of the folder and of those above it, and `links` is
    /// the number of links among them.
    fn fill(
        &mut self,
        folder: &mut Folder,
        entries: Vec<(String, PathBuf)>,
        above: &[PathBuf],
        links: usize,
    ) {
        for (name, path) in entries {
            let relative = match &*folder.relative {
                "" => name.clone(),
                parent => format!("{parent}/{name}"),
            };
            if !path.is_dir() {
                folder.files.push(FoundFile { path, relative });
                continue;
            }
            let links = links + usize::from(path.is_symlink());
            let real = match fs::canonicalize(&path) {
                Ok(real) => real,
                Err(error) => {
                    self.unlisted.push((path, error));
                    continue;
                }
            };
            if above.contains(&real) || links > MAX_LINKS || above.len() > MAX_DEPTH {
                self.loops.push(relative);
                continue;
            }
            if own_files::is_own_folder(&path) {
                self.own.push(relative);
                continue;
            }
            let mut inner = Folder {
                name,
                path,
                relative,
                ..Folder::default()
            };
            match super::entries::entries(&inner.path) {
                Ok(entries) => {
                    let above: Vec<_> = above.iter().cloned().chain([real]).collect();
                    self.fill(&mut inner, entries, &above, links);
                    folder.folders.push(inner);
                }
                Err(error) => self.unlisted.push((inner.path, error)),
            }
        }
    }
}

/// Returns whether a file is called as pictures are.
pub fn is_picture_name(path: &Path) -> bool {
    const ENDINGS: [&str; 15] = [
        "jpg", "jpeg", "jpe", "jif", "jfif", "jfi", "png", "apng", "tif", "tiff", "bmp", "dib",
        "webp", "gif", "btf",
    ];
    let ending = (path.extension()).map(|ending| ending.to_string_lossy().trim().to_lowercase());
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

/// Returns whether a regular file begins as a picture does, whatever it is called. A kind that cannot be decoded counts,
/// too: its error says what it is.
pub fn begins_as_picture(path: &Path) -> bool {
    let head = |length| {
        let is_file = fs::metadata(path).is_ok_and(|found| found.is_file());
        let file = is_file.then(|| fs::File::open(path).ok()).flatten()?;
        let mut head = Vec::new();
        file.take(length).read_to_end(&mut head).ok()?;
        Some(head)
    };
    head(132).is_some_and(|head| {
        let kinds: [&[u8]; 10] = [
            b"II+\0",
            b"MM\0+",
            b"8BPS",
            b"\0\0\0\x0cJXL ",
            b"\xff\x0a",
            b"\0\0\0\x0cjP  ",
            b"\xff\x4f\xff\x51",
            b"\x76\x2f\x31\x01",
            b"\x93NUMPY",
            b"MATLAB 5.0",
        ];
        let brands: [&[u8]; 6] = [b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1"];
        let is_heif = head.get(4..8) == Some(b"ftyp")
            && head.get(8..12).is_some_and(|brand| brands.contains(&brand));
        image::guess_format(&head).is_ok()
            || kinds.iter().any(|kind| head.starts_with(kind))
            || head.get(128..132) == Some(b"DICM")
            || is_heif
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::entries::JUNK;

    fn relatives(folder: &Folder) -> Vec<&str> {
        let files = folder.all_files().into_iter();
        files.map(|file| &*file.relative).collect()
    }

    fn write(root: &Path, path: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }

    #[test]
    fn what_systems_leave_behind_is_passed_over() {
        let root = tempfile::tempdir().unwrap();
        for junk in JUNK.into_iter().chain([".git", "@eaDir", "$RECYCLE.BIN"]) {
            write(root.path(), &format!("{junk}/1.png"));
            write(root.path(), &format!("a/{junk}/1.png"));
        }
        write(root.path(), "a/1.png");
        write(root.path(), "a/._1.png");
        write(root.path(), "@home/1.png");
        let found = walk(root.path()).unwrap();
        assert_eq!(relatives(&found.folder), ["@home/1.png", "a/1.png"]);
    }

    #[cfg(unix)]
    #[test]
    fn folders_that_link_to_each_other_end() {
        use std::os::unix::fs::symlink;
        let root = tempfile::tempdir().unwrap();
        let names: Vec<String> = (0..8).map(|number| format!("f{number}")).collect();
        for name in &names {
            write(root.path(), &format!("{name}/1.png"));
        }
        for from in &names {
            for to in &names {
                let link = root.path().join(from).join(format!("to-{to}"));
                symlink(root.path().join(to), link).unwrap();
            }
        }
        let found = walk(root.path()).unwrap();
        assert!(found.loops.contains(&"f0/to-f0".to_owned()));
        // A folder, those it links to, and those that they link to, three links deep.
        assert!(relatives(&found.folder).len() <= 8 * (1 + 7 + 42 + 210));
    }

    #[test]
    fn pictures_are_known_by_their_name_or_their_beginning() {
        for name in ["a.JPG", "b.jfif", "c.apng", "d.dib", "e.png "] {
            assert!(is_picture_name(Path::new(name)), "{name}");
        }
        assert!(!is_picture_name(Path::new("png")));
        let folder = tempfile::tempdir().unwrap();
        let dicom = [&[0; 128][..], b"DICM"].concat();
        let cases: [(&[u8], bool); 5] = [
            (b"\x89PNG\r\n\x1a\n", true),
            (b"\0\0\0\x1cftypavif", true),
            (&dicom, true),
            (b"scanned on Monday", false),
            (b"", false),
        ];
        for (content, is_picture) in cases {
            let path = folder.path().join("IM000001");
            fs::write(&path, content).unwrap();
            assert_eq!(begins_as_picture(&path), is_picture, "{content:?}");
        }
        assert!(!begins_as_picture(folder.path()));
    }
}
