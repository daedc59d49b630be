//! Finding files by what a table calls them.

use std::collections::HashMap;
use std::path::Path;

use crate::file_names::nfc;

/// The paths of some files, relative to a folder.
pub(crate) struct PathIndex<'a> {
    paths: Vec<&'a str>,
    /// Whole paths.
    exact: HashMap<String, usize>,
    /// Ends of paths, with and without the extension; `None` if several files share one.
    ends: HashMap<String, Option<usize>>,
    /// What a table may write in front of the paths.
    prefixes: Vec<String>,
}

/// A text that names no file, or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotFound {
    /// No file.
    Unknown,
    /// Several files, of which these are two.
    Ambiguous(String, String),
}

impl<'a> PathIndex<'a> {
    /// Creates an index of paths below `folder`.
    pub fn new(folder: &Path, paths: impl IntoIterator<Item = &'a str>) -> Self {
        let paths: Vec<&str> = paths.into_iter().collect();
        let mut exact = HashMap::new();
        let mut ends: HashMap<String, Option<usize>> = HashMap::new();
        for (index, path) in paths.iter().enumerate() {
            let path = nfc(path);
            for end in suffixes(&path) {
                for end in [Some(end), without_extension(end)].into_iter().flatten() {
                    ends.entry(end.to_owned())
                        .and_modify(|known| *known = known.filter(|known| *known == index))
                        .or_insert(Some(index));
                }
            }
            exact.insert(path, index);
        }
        let folders = [Some(folder.to_path_buf()), folder.canonicalize().ok()];
        let prefixes = folders.iter().flatten();
        let prefixes = prefixes.map(|folder| normalised(&folder.to_string_lossy()) + "/");
        Self {
            paths,
            exact,
            ends,
            prefixes: prefixes.collect(),
        }
    }

    /// Returns the number of the file that `text` names: by its path, its path below the folder or from the folder's name
    /// on, or as much of the path's end as no other file shares, with or without the extension.
    pub fn find(&self, text: &str) -> Result<usize, NotFound> {
        if let Some(&index) = self.exact.get(&nfc(text)) {
            return Ok(index);
        }
        let text = normalised(text);
        let inside = self.prefixes.iter().find_map(|prefix| {
            let name = prefix.trim_end_matches('/').rsplit('/').next();
            let name = name.filter(|name| !name.is_empty() && *name != ".");
            let from_name = || {
                let (_, below) = text.split_once(&format!("{}/", name?))?;
                Some(below)
            };
            text.strip_prefix(prefix.as_str()).or_else(from_name)
        });
        for text in [Some(&*text), inside].into_iter().flatten() {
            if let Some(&index) = self.exact.get(text) {
                return Ok(index);
            }
            match self.ends.get(text) {
                Some(Some(index)) => return Ok(*index),
                Some(None) => return Err(self.ambiguous(text)),
                None => {}
            }
        }
        Err(NotFound::Unknown)
    }

    fn ambiguous(&self, text: &str) -> NotFound {
        let is_meant = |path: &&&str| {
            let path = nfc(path);
            suffixes(&path).any(|end| end == text || without_extension(end) == Some(text))
        };
        let mut meant = self.paths.iter().filter(is_meant).map(ToString::to_string);
        let mut next = || meant.next().unwrap_or_default();
        NotFound::Ambiguous(next(), next())
    }
}

/// Returns a path with `/` between names, without `./` in front.
fn normalised(path: &str) -> String {
    let path = nfc(path.trim()).replace('\\', "/");
    let path = path.trim_end_matches('/');
    path.strip_prefix("./").unwrap_or(path).to_owned()
}

/// Returns a path, and what is left of it without its first names.
fn suffixes(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| path.split_once('/').map(|(_, end)| end))
}

fn without_extension(path: &str) -> Option<&str> {
    let (stem, extension) = path.rsplit_once('.')?;
    (!stem.is_empty() && !stem.ends_with('/') && !extension.contains('/')).then_some(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_all_that_tables_call_them() {
        let paths = [
            "a/1.jpg",
            "a/2.jpg",
            "b/1.jpg",
            "b/gliom\u{e9}.png",
            "3.x.png",
            "b/3",
        ];
        let index = PathIndex::new(Path::new("/data/set"), paths);
        let cases = [
            ("a/1.jpg", 0),
            ("./a/1.jpg", 0),
            ("a\\2.jpg", 1),
            ("2.jpg", 1),
            ("2", 1),
            ("b/1", 2),
            ("/data/set/b/1.jpg", 2),
            ("set/b/1.jpg", 2),
            ("D:\\elsewhere\\set\\b\\1.jpg", 2),
            ("gliome\u{301}.png", 3),
            ("3.x", 4),
            (" 3.x.png", 4),
            ("3", 5),
        ];
        for (text, expected) in cases {
            assert_eq!(index.find(text), Ok(expected), "{text}");
        }
        let several = NotFound::Ambiguous("a/1.jpg".into(), "b/1.jpg".into());
        assert_eq!(index.find("1.jpg"), Err(several));
        for text in ["c/1.jpg", "set/c/1.jpg", "", "jpg", ".jpg"] {
            assert_eq!(index.find(text), Err(NotFound::Unknown), "{text}");
        }
    }
}
