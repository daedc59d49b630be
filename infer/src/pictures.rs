//! Pictures from files, from folders and from standard input.

use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use datasets::ImagePreprocessing;
use image::DynamicImage;
use rayon::prelude::*;
use walkdir::{DirEntry, WalkDir};

use crate::arguments::Arguments;
use crate::error::{Error, Failure, Outcomes, Result};
use crate::terminal::note;

/// Number of pictures that are decoded in parallel and then go through the network together.
pub(crate) const BATCH: usize = 32;

/// Extensions of the pictures in a folder. The format itself is recognised by a file's content.
const EXTENSIONS: [&str; 9] = [
    "jpg", "jpeg", "jfif", "png", "tif", "tiff", "bmp", "webp", "gif",
];

/// Largest size of a picture on standard input, in bytes.
const MAX_STDIN_BYTES: u64 = 256 << 20;

/// Returns whether pictures are drawn in the terminal, and says why if the user asks for it in vain.
pub(crate) fn are_shown(arguments: &Arguments) -> bool {
    let can_show = arguments.prints_text() && io::stdout().is_terminal();
    if arguments.show && !can_show {
        note("--show needs text answers on a terminal: no picture is drawn");
    }
    arguments.show && can_show
}

/// Finds the pictures that the arguments name: a folder stands for the pictures in it and in its subfolders, sorted by
/// name.
///
/// A file that is named is accepted whatever its extension, and even if it does not exist: that is reported when it is
/// read.
///
/// # Errors
/// If a folder holds no picture.
pub(crate) fn find(arguments: &[PathBuf]) -> Result<Outcomes<PathBuf>> {
    let mut pictures = Vec::new();
    for argument in arguments {
        if argument.as_os_str() != "-" && argument.is_dir() {
            pictures.extend(search(argument)?);
        } else {
            pictures.push(Ok(argument.clone()));
        }
    }
    Ok(pictures.into_iter().collect())
}

/// Finds the pictures of a folder.
fn search(folder: &Path) -> Result<Vec<std::result::Result<PathBuf, Failure>>> {
    let entries = WalkDir::new(folder).follow_links(true).sort_by_file_name();
    let entries = entries.into_iter().filter_entry(|entry| !is_hidden(entry));
    let found: Vec<_> = entries
        .filter_map(|entry| match entry {
            Ok(entry) if entry.file_type().is_file() && is_picture_name(entry.path()) => {
                Some(Ok(entry.into_path()))
            }
            Ok(_) => None,
            Err(error) => Some(Err(Failure {
                path: error.path().unwrap_or(folder).display().to_string(),
                error: error.to_string(),
            })),
        })
        .collect();
    if found.is_empty() {
        return Err(Error::NoPictures(folder.to_owned()));
    }
    Ok(found)
}

/// Returns whether an entry is hidden; the folder that the user named never is.
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

/// Decodes the picture at `path`; `-` is standard input.
fn decode(path: &Path) -> std::result::Result<DynamicImage, String> {
    let decoded = if path.as_os_str() == "-" {
        datasets::images::decode_bytes(&read_stdin()?, "standard input")
    } else {
        datasets::images::decode(path)
    };
    decoded.map_err(|error| error.to_string())
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
        .take(MAX_STDIN_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("cannot read standard input: {error}"))?;
    if bytes.len() as u64 > MAX_STDIN_BYTES {
        let limit = MAX_STDIN_BYTES >> 20;
        return Err(format!(
            "standard input is larger than {limit} MiB: save it to a file first"
        ));
    }
    Ok(bytes)
}

/// A picture that is ready for a network.
pub(crate) struct Prepared {
    /// Path of the picture.
    pub path: String,
    /// The preprocessed pixels.
    pub bytes: Vec<u8>,
    /// The decoded picture, if it is kept.
    pub picture: Option<DynamicImage>,
}

/// Decodes and preprocesses pictures in parallel; `keeps` says whether to keep the decoded pictures.
pub(crate) fn prepare(
    preprocessing: &ImagePreprocessing,
    paths: &[PathBuf],
    keeps: bool,
) -> Outcomes<Prepared> {
    let prepare = |path: &PathBuf| {
        let prepared = decode(path).and_then(|picture| {
            let bytes = preprocessing.apply(&picture);
            Ok((bytes.map_err(|error| error.to_string())?, picture))
        });
        let path = path.display().to_string();
        match prepared {
            Ok((bytes, picture)) => Ok(Prepared {
                path,
                bytes,
                picture: keeps.then_some(picture),
            }),
            Err(error) => Err(Failure { path, error }),
        }
    };
    // Starting the threads costs more than one picture.
    if let [path] = paths {
        return [prepare(path)].into_iter().collect();
    }
    let results: Vec<_> = paths.par_iter().map(prepare).collect();
    results.into_iter().collect()
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
        let pictures = find(&[folder.path().to_owned()]).unwrap();
        let found = pictures.ok.iter();
        let found: Vec<_> = found
            .map(|path| path.strip_prefix(folder.path()).unwrap().to_str().unwrap())
            .collect();
        assert_eq!(found, ["a.jpeg", "b.PNG", "c/d.tiff", "z.gif"]);
        assert!(pictures.failed.is_empty());
    }

    #[test]
    fn named_files_keep_their_order_and_need_no_extension() {
        let folder = folder(&["scans/a.png"]);
        let odd = folder.path().join("odd");
        let arguments = [PathBuf::from("-"), odd.clone(), folder.path().join("scans")];
        let pictures = find(&arguments).unwrap();
        let scan = folder.path().join("scans").join("a.png");
        assert_eq!(pictures.ok, [PathBuf::from("-"), odd, scan]);
    }

    #[test]
    fn a_folder_without_pictures_is_an_error() {
        let folder = folder(&["notes.txt", ".hidden.png"]);
        let message = find(&[folder.path().to_owned()]).unwrap_err().to_string();
        assert!(
            message.contains(&*folder.path().to_string_lossy()),
            "{message}"
        );
    }
}
