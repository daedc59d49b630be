//! Folders and pictures that Hebb writes, which are no data even where they stand among them.

use std::fs;
use std::io::Read;
use std::path::Path;

use super::entries::entries;

/// Chunk of a PNG that says that `infer` wrote it: `Software`, as the PNG specification has it.
const SOFTWARE: &[u8] = b"tEXtSoftware\0Hebb infer";

/// Length of the signature and the first chunk of every PNG.
const PNG_HEAD: usize = 33;

/// Names of the folders that `train` and `infer` make by default, and the endings of the files that `infer` puts there.
const FOLDERS: [(&str, &[&str]); 4] = [
    ("runs", &[]),
    ("reconstructions", &["-reconstructed.png"]),
    ("traces", &["-trace.png", "-trace.svg"]),
    ("rasters", &["-raster.png", "-raster.svg"]),
];

/// Returns whether Hebb wrote a folder: a run, a folder of runs, or one of `infer`'s drawings. What is in it decides; a
/// name alone decides only for an empty folder.
pub(super) fn is_own_folder(folder: &Path) -> bool {
    if is_run(folder) {
        return true;
    }
    let Ok(entries) = entries(folder) else {
        return false;
    };
    let name = folder.file_name().unwrap_or_default();
    let endings = FOLDERS.iter().find(|(own, _)| name == *own);
    if let Some((_, endings)) = endings {
        let is_own = |name: &str| endings.iter().any(|ending| name.ends_with(ending));
        if entries.iter().all(|(name, _)| is_own(name)) {
            return true;
        }
    }
    // `latest` is a link or a small file; a run that was killed at its start may be empty.
    let mut runs = 0;
    entries.iter().all(|(name, path)| {
        let is_run = is_run(path);
        runs += usize::from(is_run);
        is_run || name == "latest" || is_empty(path)
    }) && runs > 0
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

/// Returns whether a folder is that of a run, a check, an evaluation or a comparison.
fn is_run(folder: &Path) -> bool {
    let files: [(&str, &[&str]); 3] = [
        ("config.json", &["\"hebb_version\"", "\"experiment\""]),
        ("result.json", &["\"format\"", "\"experiment\"", "\"seed\""]),
        ("check.json", &["\"format\"", "\"pictures\"", "\"classes\""]),
    ];
    files.into_iter().any(|(name, keys)| {
        let head = head(&folder.join(name), 4096);
        let head = String::from_utf8_lossy(&head);
        keys.iter().all(|key| head.contains(key))
    })
}

/// Returns the first bytes of a regular file; none if it cannot be read.
fn head(path: &Path, length: u64) -> Vec<u8> {
    let mut head = Vec::new();
    // Opening a pipe or a device could block for ever.
    if fs::metadata(path).is_ok_and(|found| found.is_file())
        && let Ok(file) = fs::File::open(path)
        && file.take(length).read_to_end(&mut head).is_err()
    {
        head.clear();
    }
    head
}

/// Returns a PNG with a note that `infer` wrote it, by which [`is_marked`] knows it. Other bytes are returned as they are.
pub fn mark(png: &[u8]) -> Vec<u8> {
    if !png.starts_with(b"\x89PNG") || png.len() < PNG_HEAD {
        return png.to_vec();
    }
    let (head, rest) = png.split_at(PNG_HEAD);
    let length = (SOFTWARE.len() - 4) as u32;
    let mut checksum = flate2::Crc::new();
    checksum.update(SOFTWARE);
    [
        head,
        &length.to_be_bytes(),
        SOFTWARE,
        &checksum.sum().to_be_bytes(),
        rest,
    ]
    .concat()
}

/// Returns whether a file is a picture that `infer` wrote.
pub fn is_marked(path: &Path) -> bool {
    let length = PNG_HEAD + 4 + SOFTWARE.len();
    head(path, length as u64).get(PNG_HEAD + 4..) == Some(SOFTWARE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, path: &str, content: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    #[test]
    fn folders_are_known_by_what_is_in_them() {
        let config = r#"{"hebb_version": "0.1.0", "experiment": "hebb"}"#;
        let cases: [(&[(&str, &str)], bool); 9] = [
            (&[("runs/hebb-1/config.json", config)], true),
            (
                &[
                    ("runs/hebb-1/config.json", config),
                    ("runs/latest", "hebb-1"),
                ],
                true,
            ),
            (&[("elsewhere/hebb-1/config.json", config)], true),
            (
                &[(
                    "runs/check-a-1/check.json",
                    r#"{"format": 1, "pictures": 3, "classes": []}"#,
                )],
                true,
            ),
            (&[("runs/a/config.json", r#"{"epochs": 3}"#)], false),
            (&[("runs/1.png", "x")], false),
            (&[("reconstructions/a-reconstructed.png", "x")], true),
            (&[("ct/a-reconstructed.png", "x")], false),
            (&[("reconstructions/a.png", "x")], false),
        ];
        for (files, is_own) in cases {
            let root = tempfile::tempdir().unwrap();
            for (path, content) in files {
                write(root.path(), path, content);
            }
            let name = files[0].0.split('/').next().unwrap();
            let folder = root.path().join(name);
            assert_eq!(is_own_folder(&folder), is_own, "{files:?}");
        }
        let root = tempfile::tempdir().unwrap();
        for (name, is_own) in [("runs", true), ("c", false)] {
            let folder = root.path().join(name);
            fs::create_dir(&folder).unwrap();
            assert_eq!(is_own_folder(&folder), is_own, "{name}");
        }
    }

    #[test]
    fn a_marked_picture_is_still_a_picture() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        let picture = image::GrayImage::from_pixel(5, 4, [7].into());
        picture.save(&path).unwrap();
        assert!(!is_marked(&path));
        fs::write(&path, mark(&fs::read(&path).unwrap())).unwrap();
        assert!(is_marked(&path));
        assert_eq!(image::open(&path).unwrap().into_luma8(), picture);
        assert_eq!(mark(b"GIF89a"), b"GIF89a");
    }
}
