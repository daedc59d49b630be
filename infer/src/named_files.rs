//! Files that are made of inputs and named after them: reconstructions, traces, rasters.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use datasets::images::own_files;
use files::WriteError;

use crate::error::{Error, Result};

/// Folder of files that are each named after an input.
pub(crate) struct NamedFiles {
    folder: PathBuf,
    option: &'static str,
    suffix: &'static str,
    used: HashSet<String>,
}

impl NamedFiles {
    /// Creates the folder that `option` names, for files whose names end in `suffix`.
    ///
    /// # Errors
    /// If the folder cannot be created.
    pub fn create(folder: &Path, option: &'static str, suffix: &'static str) -> Result<Self> {
        fs::create_dir_all(folder).map_err(|reason| {
            let path = folder.to_owned();
            Error::write(option, WriteError { path, reason })
        })?;
        Ok(Self {
            folder: folder.to_owned(),
            option,
            suffix,
            used: HashSet::new(),
        })
    }

    /// Returns an unused file name for the input `path`, without an extension.
    ///
    /// It is `scan-reconstructed` for `scans/scan.jpg`, and `scan-2-reconstructed` for another input of that name.
    pub fn name(&mut self, path: &str) -> String {
        let stem = match path {
            "-" => "stdin".into(),
            path => Path::new(path)
                .file_stem()
                .map_or("input".into(), |stem| stem.to_string_lossy()),
        };
        let suffix = self.suffix;
        let mut name = format!("{stem}-{suffix}");
        let mut number = 2;
        while !self.used.insert(name.clone()) {
            name = format!("{stem}-{number}-{suffix}");
            number += 1;
        }
        name
    }

    /// Writes the file `name` atomically and returns its path. A PNG says that `infer` wrote it, so that it is not taken for
    /// an input when its folder is searched.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<PathBuf> {
        let file = self.folder.join(name);
        let bytes = own_files::mark(bytes.as_ref());
        files::write(&file, bytes).map_err(|error| Error::write(self.option, error))?;
        Ok(file)
    }

    /// Writes a figure as SVG and as PNG, named after the input `path`, and returns the path of the SVG.
    ///
    /// # Errors
    /// If the figure could not be drawn, or a file cannot be written.
    pub fn write_figure(
        &mut self,
        path: &str,
        svg: std::result::Result<String, figures::FigureError>,
    ) -> Result<PathBuf> {
        let failed = |error: figures::FigureError| Error::Figure {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        let svg = svg.map_err(failed)?;
        let png = figures::png(&svg).map_err(failed)?;
        let name = self.name(path);
        self.write(&format!("{name}.png"), png)?;
        self.write(&format!("{name}.svg"), svg)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_of_one_name_get_different_files() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = NamedFiles::create(&folder.path().join("a/b"), "--to", "back").unwrap();
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
        let entries = fs::read_dir(folder.path().join("a/b")).unwrap();
        assert_eq!(entries.count(), 1);
    }
}
