//! The answers for a spreadsheet: CSV, whole or absent.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use files::Output;
use models::Abstention;

use crate::answer::Answer;
use crate::error::{Error, Result};

/// A table that is being written. Dropped without [`finish`](Table::finish), it leaves nothing.
pub struct Table {
    rows: files::Table<Output>,
    path: PathBuf,
    /// The option that asks for it.
    option: &'static str,
    notice: Option<String>,
}

impl Table {
    /// Makes ready to write the table that `option` asks for to `path`, `-` for standard output. What
    /// is there stays until [`finish`](Self::finish).
    ///
    /// # Errors
    /// The place cannot be written, which is better known before the work than after it.
    pub fn create(option: &'static str, path: &Path) -> Result<Self> {
        let output =
            Output::open(path).map_err(|error| Error::table(option, path, error.source))?;
        Ok(Self {
            rows: files::Table::to(output),
            path: path.to_owned(),
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
    pub fn record(&mut self, row: impl IntoIterator<Item = impl Display>) -> Result<()> {
        let is_stdout = matches!(self.rows.get_ref(), Output::Stdout(_));
        self.rows.row(row).map_err(|error| {
            if is_stdout {
                Error::Output(error)
            } else {
                Error::table(self.option, &self.path, error)
            }
        })
    }

    /// Puts the table in its place.
    ///
    /// # Errors
    /// The table cannot be written.
    pub fn finish(self) -> Result<()> {
        let Self {
            rows, path, option, ..
        } = self;
        let is_stdout = matches!(rows.get_ref(), Output::Stdout(_));
        let commit = || rows.finish()?.commit().map_err(|error| error.source);
        commit().map_err(|error| {
            if is_stdout {
                Error::Output(error)
            } else {
                Error::table(option, &path, error)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

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
