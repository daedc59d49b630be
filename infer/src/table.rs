//! The answers for a spreadsheet: CSV, whole or absent.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use models::Abstention;
use tempfile::NamedTempFile;

use crate::answer::Answer;
use crate::error::{Error, Result};

/// A table that is being written. Dropped without [`finish`](Table::finish), it leaves nothing.
pub struct Table {
    writer: csv::Writer<Target>,
    path: PathBuf,
    /// The option that asks for it.
    option: &'static str,
    notice: Option<String>,
}

/// Where the rows go.
enum Target {
    Stdout(io::Stdout),
    /// A device or a pipe, which must not be replaced by a file.
    Special(File),
    /// A file beside the table's place, which takes that place at the end.
    Beside(NamedTempFile),
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(stdout) => stdout.write(bytes),
            Self::Special(file) => file.write(bytes),
            Self::Beside(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(stdout) => stdout.flush(),
            Self::Special(file) => file.flush(),
            Self::Beside(file) => file.flush(),
        }
    }
}

impl Table {
    /// Makes ready to write the table that `option` asks for to `path`, `-` for standard output. What
    /// is there stays until [`finish`](Self::finish).
    ///
    /// # Errors
    /// The place cannot be written, which is better known before the work than after it.
    pub fn create(option: &'static str, path: &Path) -> Result<Self> {
        let target = if path.as_os_str() == "-" {
            Target::Stdout(io::stdout())
        } else {
            open(option, path)?
        };
        // A link is followed, so that the file it points to is replaced and not the link.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        Ok(Self {
            writer: csv::Writer::from_writer(target),
            path,
            option,
            notice: None,
        })
    }

    /// Writes the header.
    ///
    /// # Errors
    /// The table cannot be written.
    pub fn header(&mut self, class_names: &[String], notice: Option<&str>) -> Result<()> {
        self.notice = notice.map(str::to_owned);
        let fixed = ["path", "class", "probability", "answered", "doubt"].map(str::to_owned);
        let classes = class_names.iter().map(|class| format!("p_{class}"));
        let notice = notice.map(|_| "notice".to_owned());
        let header = fixed.into_iter().chain(classes).chain(notice);
        self.record(header)
    }

    /// Writes one answer.
    ///
    /// # Errors
    /// The table cannot be written.
    pub fn row(&mut self, answer: &Answer, class_names: &[String]) -> Result<()> {
        let class = answer.class(class_names).to_owned();
        let fixed = [
            answer.path.clone(),
            class,
            answer.top().1.to_string(),
            answer.doubt.is_none().to_string(),
            answer.doubt.map_or("", Abstention::name).to_owned(),
        ];
        let probabilities = answer.probabilities.iter().map(f64::to_string);
        let row = fixed
            .into_iter()
            .chain(probabilities)
            .chain(self.notice.clone());
        self.record(row)
    }

    /// Writes a row of any kind.
    ///
    /// # Errors
    /// The table cannot be written.
    pub fn record(&mut self, row: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Result<()> {
        self.writer
            .write_record(row)
            .map_err(|error| self.failed(error.into()))
    }

    /// Puts the table in its place.
    ///
    /// # Errors
    /// The table cannot be written.
    pub fn finish(mut self) -> Result<()> {
        self.writer.flush().map_err(|error| self.failed(error))?;
        let Self {
            writer,
            path,
            option,
            ..
        } = self;
        let target = writer
            .into_inner()
            .map_err(|error| Error::table(option, &path, error.error()))?;
        let Target::Beside(file) = target else {
            return Ok(());
        };
        file.as_file()
            .sync_all()
            .map_err(|error| Error::table(option, &path, error))?;
        file.persist(&path)
            .map_err(|error| Error::table(option, &path, error.error))?;
        Ok(())
    }

    fn failed(&self, error: io::Error) -> Error {
        match self.writer.get_ref() {
            Target::Stdout(_) => Error::Output(error),
            _ => Error::table(self.option, &self.path, error),
        }
    }
}

fn open(option: &'static str, path: &Path) -> Result<Target> {
    if path.as_os_str().is_empty() {
        return Err(Error::table(option, path, "its name is empty"));
    }
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => return Err(Error::table(option, path, "it is a folder")),
        Ok(found) if !found.is_file() => {
            let file = OpenOptions::new().write(true).open(path);
            return file
                .map(Target::Special)
                .map_err(|error| Error::table(option, path, error));
        }
        _ => {}
    }
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".infer-").suffix(".csv");
    // Temporary files are private by default, but the table is an ordinary file.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
        .tempfile_in(folder)
        .map(Target::Beside)
        .map_err(|error| {
            // The temporary file's own name would only confuse.
            let reason = match error.kind() {
                io::ErrorKind::NotFound => format!("there is no folder {}", folder.display()),
                kind => format!("{}: {kind}", folder.display()),
            };
            Error::table(option, &path, reason)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> [String; 2] {
        ["cat, big".to_owned(), "dog".to_owned()]
    }

    fn answer() -> Answer {
        Answer {
            path: "a \"b\".png".into(),
            probabilities: vec![0.25, 0.75],
            doubt: None,
            picture: None,
        }
    }

    #[test]
    fn a_table_appears_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers.csv");
        fs::write(&path, "old").unwrap();
        let mut table = Table::create("--csv", &path).unwrap();
        table.header(&names(), Some("Research only.")).unwrap();
        table.row(&answer(), &names()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        table.finish().unwrap();
        let expected = "path,class,probability,answered,doubt,\"p_cat, big\",p_dog,notice\n\
                        \"a \"\"b\"\".png\",dog,0.75,true,,0.25,0.75,Research only.\n";
        assert_eq!(fs::read_to_string(&path).unwrap(), expected);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_abandoned_table_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut table = Table::create("--csv", &folder.path().join("answers.csv")).unwrap();
        table.header(&names(), None).unwrap();
        drop(table);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_known_at_once() {
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
            assert!(
                message.contains("cannot write the table"),
                "{}: {message}",
                place.display()
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        use std::os::unix::fs::FileTypeExt;
        let null = Path::new("/dev/null");
        let mut table = Table::create("--csv", null).unwrap();
        table.row(&answer(), &names()).unwrap();
        table.finish().unwrap();
        assert!(fs::metadata(null).unwrap().file_type().is_char_device());
    }
}
