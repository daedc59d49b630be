//! The tables of `--csv` and `--codes`.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

use files::{Output, WriteError};

use crate::error::{Error, Result};

/// A CSV table that is being written. Dropped without [`finish`](Self::finish), it leaves no file.
pub(crate) struct Table {
    rows: files::Table<Output>,
    path: PathBuf,
    /// Option that names the table.
    option: &'static str,
}

impl Table {
    /// Creates the table that `option` asks for; the path `-` is standard output.
    ///
    /// # Errors
    /// If the place cannot be written: it is better to know before the answers are computed.
    pub fn create(option: &'static str, path: &Path) -> Result<Self> {
        let output = Output::open(path).map_err(|error| Error::write(option, error))?;
        Ok(Self {
            rows: files::Table::to(output),
            path: path.to_owned(),
            option,
        })
    }

    /// Appends a row. The header is the first.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub fn row(&mut self, cells: impl IntoIterator<Item = impl Display>) -> Result<()> {
        self.rows
            .row(cells)
            .map_err(|source| failed(self.option, &self.path, source))
    }

    /// Completes the table, which appears now.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub fn finish(self) -> Result<()> {
        let output = self
            .rows
            .finish()
            .map_err(|source| failed(self.option, &self.path, source))?;
        output
            .commit()
            .map_err(|error| Error::write(self.option, error))
    }
}

fn failed(option: &'static str, path: &Path, reason: io::Error) -> Error {
    let path = path.to_owned();
    Error::write(option, WriteError { path, reason })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_table_appears_when_it_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers.csv");
        fs::write(&path, "old").unwrap();
        let mut table = Table::create("--csv", &path).unwrap();
        table.row(["path", "p_cat, big"]).unwrap();
        table.row(["a \"b\".png", "0.25"]).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        table.finish().unwrap();
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            "path,\"p_cat, big\"\n\"a \"\"b\"\".png\",0.25\n"
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_abandoned_table_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let mut table = Table::create("--csv", &folder.path().join("answers.csv")).unwrap();
        table.row(["path"]).unwrap();
        drop(table);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        for place in [
            folder.path().to_owned(),
            folder.path().join("no/a.csv"),
            PathBuf::new(),
        ] {
            let message = Table::create("--csv", &place)
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default();
            let start = format!("cannot write {}: ", place.display());
            assert!(
                message.starts_with(&start) && message.ends_with("with --csv"),
                "{message}"
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        use std::os::unix::fs::FileTypeExt;
        let null = Path::new("/dev/null");
        let mut table = Table::create("--csv", null).unwrap();
        table.row(["path"]).unwrap();
        table.finish().unwrap();
        assert!(fs::metadata(null).unwrap().file_type().is_char_device());
    }
}
