//! Pictures from files, from folders and from standard input.

use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use datasets::ImagePreprocessing;
use datasets::images::walk::{Walk, begins_as_picture, is_picture_name, walk};
use datasets::images::{self, Decoded, own_files};
use image::DynamicImage;
use models::layers::thousands;
use rayon::prelude::*;

use crate::arguments::Arguments;
use crate::error::{Error, Failure, Outcomes, Result};
use crate::terminal::note;

/// Number of pictures that are decoded in parallel and then go through the network together.
pub(crate) const BATCH: usize = 32;

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

/// Finds the pictures of a folder: files that are called or begin as pictures do. Those that `infer` wrote itself, and
/// runs, are passed over.
fn search(folder: &Path) -> Result<Vec<std::result::Result<PathBuf, Failure>>> {
    let failure = |path: &Path, error: io::Error| Failure {
        path: path.display().to_string(),
        error: format!("cannot be listed: {error}"),
    };
    let found = match walk(folder) {
        Ok(found) => found,
        Err(error) => return Ok(vec![Err(failure(folder, error))]),
    };
    let (mut pictures, mut others, mut own) = (Vec::new(), Vec::new(), Vec::new());
    for file in found.folder.all_files() {
        if own_files::is_marked(&file.path) {
            own.push(&*file.relative);
        } else if is_picture_name(&file.path) || begins_as_picture(&file.path) {
            pictures.push(file.path.clone());
        } else {
            others.push(&*file.relative);
        }
    }
    if pictures.is_empty() && found.unlisted.is_empty() {
        return Err(Error::NoPictures(folder.to_owned()));
    }
    note_passed_over(folder, &found, &own, &others);
    pictures.sort();
    let unlisted = found.unlisted.into_iter();
    let unlisted = unlisted.map(|(path, error)| Err(failure(&path, error)));
    Ok(pictures.into_iter().map(Ok).chain(unlisted).collect())
}

/// Says what was passed over in a folder: files that `infer` wrote, others that are no pictures, and folders.
fn note_passed_over(folder: &Path, found: &Walk, own: &[&str], others: &[&str]) {
    let say = |count: usize, first: Option<&str>, what: &str| {
        if let Some(first) = first {
            let (folder, count) = (folder.display(), thousands(count));
            note(&format!(
                "{folder}: passed over {what} ({count}), such as {first}"
            ));
        }
    };
    let first = |paths: &[String]| paths.first().cloned();
    say(
        found.own.len(),
        first(&found.own).as_deref(),
        "folders that Hebb wrote",
    );
    say(own.len(), own.first().copied(), "pictures that infer wrote");
    say(
        others.len(),
        others.first().copied(),
        "files that are no pictures",
    );
    say(
        found.loops.len(),
        first(&found.loops).as_deref(),
        "links that lead back",
    );
}

/// Decodes a page of the picture at `path`, and returns what `then` makes of it; `-` is standard input.
fn open<T>(
    path: &Path,
    page: Option<usize>,
    then: impl FnOnce(Decoded) -> datasets::Result<T>,
) -> std::result::Result<T, String> {
    let opened = if path.as_os_str() == "-" {
        images::open_bytes(&read_stdin()?, "standard input", page, then)
    } else {
        images::open(path, page, |_, decoded| then(decoded))
    };
    opened.map_err(|error| error.to_string())
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
    /// What the user should know of how it was read.
    pub notices: Vec<String>,
}

/// Decodes and preprocesses pictures in parallel, the page of each that `page` names; `keeps` says whether to keep the
/// decoded pictures. What the user should know of a picture is reported on standard error.
pub(crate) fn prepare(
    preprocessing: &ImagePreprocessing,
    paths: &[PathBuf],
    page: Option<usize>,
    keeps: bool,
) -> Outcomes<Prepared> {
    let prepare = |path: &PathBuf| {
        let prepared = open(path, page, |decoded| {
            let bytes = preprocessing.apply(&decoded.picture)?;
            Ok((bytes, keeps.then_some(decoded.picture), decoded.notices))
        });
        let path = path.display().to_string();
        match prepared {
            Ok((bytes, picture, notices)) => Ok(Prepared {
                path,
                bytes,
                picture,
                notices,
            }),
            Err(error) => Err(Failure { path, error }),
        }
    };
    // Starting the threads costs more than one picture.
    let results: Vec<_> = match paths {
        [path] => vec![prepare(path)],
        paths => paths.par_iter().map(prepare).collect(),
    };
    let outcomes: Outcomes<Prepared> = results.into_iter().collect();
    for picture in &outcomes.ok {
        for notice in &picture.notices {
            note(&format!("{}: {notice}", picture.path));
        }
    }
    outcomes
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
            "reconstructions/a-reconstructed.png",
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
    fn pictures_of_a_folder_are_known_by_their_content_too() {
        let folder = folder(&[
            "IM000001.dcm",
            "a.jpe",
            "x.PNG ",
            "IM000002",
            "notes",
            "own",
        ]);
        let picture = |name: &str| folder.path().join(name);
        image::GrayImage::new(3, 3).save(picture("b.png")).unwrap();
        let png = fs::read(picture("b.png")).unwrap();
        fs::write(picture("IM000002"), &png).unwrap();
        fs::write(picture("own"), own_files::mark(&png)).unwrap();
        let dicom = [&[0; 128][..], b"DICM"].concat();
        fs::write(picture("IM000001.dcm"), dicom).unwrap();
        let pictures = find(&[folder.path().to_owned()]).unwrap();
        let found = pictures.ok.iter();
        let found: Vec<_> = found
            .filter_map(|path| path.file_name()?.to_str())
            .collect();
        assert_eq!(
            found,
            ["IM000001.dcm", "IM000002", "a.jpe", "b.png", "x.PNG "]
        );
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_back_end() {
        let folder = folder(&["a/b.png"]);
        std::os::unix::fs::symlink(folder.path(), folder.path().join("a/up")).unwrap();
        let pictures = find(&[folder.path().to_owned()]).unwrap();
        assert_eq!((pictures.ok.len(), pictures.failed.len()), (1, 0));
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
