//! The files that `infer` makes of its inputs: reconstructions, traces.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// A folder of files, each named after the input it is made of.
pub struct Files {
    folder: PathBuf,
    option: &'static str,
    ending: &'static str,
    taken: HashSet<String>,
}

impl Files {
    /// Makes the folder that `option` names; the files' names end in `ending`.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn create(folder: &Path, option: &'static str, ending: &'static str) -> Result<Self> {
        let files = Self {
            folder: folder.to_owned(),
            option,
            ending,
            taken: HashSet::new(),
        };
        fs::create_dir_all(folder).map_err(|error| files.error(folder, error))?;
        Ok(files)
    }

    /// `scan-reconstructed` for `scans/scan.jpg`, which can be no input's name, and with a number where
    /// another input has that name already.
    pub fn name(&mut self, path: &str) -> String {
        let stem = match path {
            "-" => "stdin".into(),
            path => Path::new(path)
                .file_stem()
                .map_or("input".into(), |stem| stem.to_string_lossy()),
        };
        let ending = self.ending;
        let mut name = format!("{stem}-{ending}");
        let mut number = 2;
        while !self.taken.insert(name.clone()) {
            name = format!("{stem}-{number}-{ending}");
            number += 1;
        }
        name
    }

    /// Writes a file of that name, whole or not at all.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        let file = self.folder.join(name);
        files::write(&file, bytes).map_err(|error| self.error(&file, error.source))?;
        Ok(file)
    }

    fn error(&self, path: &Path, reason: impl ToString) -> Error {
        Error::File {
            path: path.to_owned(),
            option: self.option,
            reason: reason.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_inputs_get_one_name() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = Files::create(&folder.path().join("a/b"), "--to", "back").unwrap();
        let names = ["x/scan.jpg", "y/scan.png", "-", "scan-2.png", "scan"];
        let names = names.map(|path| files.name(path));
        assert_eq!(
            names,
            [
                "scan-back",
                "scan-2-back",
                "stdin-back",
                "scan-2-2-back",
                "scan-3-back"
            ]
        );
        let file = files.write("x.png", b"abc").unwrap();
        assert_eq!(fs::read(file).unwrap(), b"abc");
        let inside = fs::read_dir(folder.path().join("a/b")).unwrap().count();
        assert_eq!(inside, 1);
    }
}
