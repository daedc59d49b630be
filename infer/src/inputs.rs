//! Which pictures the arguments mean.

use std::fmt;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use image::DynamicImage;
use walkdir::{DirEntry, WalkDir};

use crate::error::{Error, Failed, Result};

/// What a picture's file name ends in; inside a file, its content decides.
const EXTENSIONS: [&str; 9] = [
    "jpg", "jpeg", "jfif", "png", "tif", "tiff", "bmp", "webp", "gif",
];

/// The most that is read from standard input, in bytes.
const STDIN_LIMIT: u64 = 256 << 20;

/// Where one picture comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Stdin => f.write_str("-"),
        }
    }
}

impl Source {
    /// Reads and decodes the picture.
    ///
    /// # Errors
    /// Why there is no picture, in words.
    pub fn decode(&self) -> std::result::Result<DynamicImage, String> {
        let decoded = match self {
            Self::File(path) => datasets::images::decode(path),
            Self::Stdin => datasets::images::decode_bytes(&read_stdin()?, "standard input"),
        };
        decoded.map_err(|error| error.to_string())
    }
}

/// What the arguments mean.
#[derive(Debug, Default)]
pub struct Inputs {
    /// The pictures, in the order named; those of a folder sorted by name.
    pub pictures: Vec<Source>,
    /// Folders inside of folders that could not be listed.
    pub failed: Vec<Failed>,
}

/// Finds the pictures: a folder stands for the pictures in it and in its subfolders.
///
/// A file that is named is taken whatever its name, also where it does not exist: that is found
/// out, and reported, when it is its turn.
///
/// # Errors
/// A folder without pictures.
pub fn collect(arguments: &[PathBuf]) -> Result<Inputs> {
    let mut inputs = Inputs::default();
    for argument in arguments {
        if argument.as_os_str() == "-" {
            inputs.pictures.push(Source::Stdin);
        } else if argument.is_dir() {
            search(argument, &mut inputs)?;
        } else {
            inputs.pictures.push(Source::File(argument.clone()));
        }
    }
    Ok(inputs)
}

/// Adds the pictures of a folder.
fn search(folder: &Path, inputs: &mut Inputs) -> Result<()> {
    let (pictures, failed) = (inputs.pictures.len(), inputs.failed.len());
    let entries = WalkDir::new(folder).follow_links(true).sort_by_file_name();
    for entry in entries.into_iter().filter_entry(|entry| !is_hidden(entry)) {
        match entry {
            Ok(entry) if entry.file_type().is_file() && is_picture_name(entry.path()) => {
                inputs.pictures.push(Source::File(entry.into_path()));
            }
            Ok(_) => {}
            Err(error) => inputs.failed.push(Failed {
                path: error.path().unwrap_or(folder).display().to_string(),
                error: error.to_string(),
            }),
        }
    }
    if inputs.pictures.len() == pictures && inputs.failed.len() == failed {
        return Err(Error::NoPictures(folder.to_owned()));
    }
    Ok(())
}

/// The folder that was named is searched even if it is hidden.
fn is_hidden(entry: &DirEntry) -> bool {
    entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn is_picture_name(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|name| {
        EXTENSIONS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(name))
    })
}

fn read_stdin() -> std::result::Result<Vec<u8>, String> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return Err(
            "standard input is a terminal: pipe a picture into infer, or name a file".into(),
        );
    }
    let mut bytes = Vec::new();
    stdin
        .lock()
        .take(STDIN_LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("cannot read standard input: {error}"))?;
    if bytes.len() as u64 > STDIN_LIMIT {
        let limit = STDIN_LIMIT >> 20;
        return Err(format!(
            "standard input is longer than {limit} MiB: save it to a file first"
        ));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"x").unwrap();
        }
        folder
    }

    #[test]
    fn a_folder_is_searched_sorted_and_without_hidden_files() {
        let files = [
            "b.PNG",
            "a.jpeg",
            "c/d.tiff",
            ".hidden.png",
            ".git/e.png",
            "notes.txt",
            "z.gif",
        ];
        let folder = folder(&files);
        let inputs = collect(&[folder.path().to_owned()]).unwrap();
        let found: Vec<_> = inputs
            .pictures
            .iter()
            .map(|source| {
                source
                    .to_string()
                    .split_off(folder.path().to_str().unwrap().len() + 1)
            })
            .collect();
        assert_eq!(found, ["a.jpeg", "b.PNG", "c/d.tiff", "z.gif"]);
        assert!(inputs.failed.is_empty());
    }

    #[test]
    fn what_is_named_keeps_its_order_and_needs_no_extension() {
        let folder = folder(&["scans/a.png"]);
        let odd = folder.path().join("odd");
        let arguments = [PathBuf::from("-"), odd.clone(), folder.path().join("scans")];
        let inputs = collect(&arguments).unwrap();
        let scan = folder.path().join("scans").join("a.png");
        assert_eq!(
            inputs.pictures,
            [Source::Stdin, Source::File(odd), Source::File(scan)]
        );
    }

    #[test]
    fn a_folder_without_pictures_is_an_error() {
        let folder = folder(&["notes.txt", ".hidden.png"]);
        let message = collect(&[folder.path().to_owned()])
            .unwrap_err()
            .to_string();
        assert!(
            message.contains(&*folder.path().to_string_lossy()),
            "{message}"
        );
    }
}
