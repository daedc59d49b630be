//! Verification of data sets by their checksums.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rayon::prelude::*;
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use super::error::Problem;
use super::public::{Archive, Contents, PublicDataset, Table};
use crate::hash::hex;
use crate::signals::eeg;

/// Numbers of files or recordings with and without a known checksum.
#[derive(Clone, Copy)]
pub(super) struct Counts {
    pub verified: usize,
    pub unverified: usize,
}

/// Verifies the folder of a data set.
pub(super) fn verify(dataset: &PublicDataset<'_>, folder: &Path) -> Result<Counts, Problem> {
    match dataset.contents {
        Contents::Files { files, .. } => {
            files
                .par_iter()
                .try_for_each(|file| verify_file(folder, file.name, file.sha256))?;
            Ok(Counts {
                verified: files.len(),
                unverified: 0,
            })
        }
        Contents::Archive(archive) => verify_tree(&archive, folder),
        Contents::Table(table) => verify_table(&table, folder),
    }
}

/// Verifies the files of an unpacked archive.
pub(super) fn verify_tree(archive: &Archive<'_>, folder: &Path) -> Result<Counts, Problem> {
    let listed = manifest(archive.manifest)?;
    // Collected, so that the first of several problems is reported whichever thread finds its own first.
    let problems: Vec<Problem> = listed
        .par_iter()
        .filter_map(|(sum, path)| verify_file(folder, path, sum).err())
        .collect();
    if let Some(problem) = problems.into_iter().next() {
        return Err(problem);
    }
    let found = (archive.folders.iter())
        .flat_map(|name| WalkDir::new(folder.join(name)))
        .filter(|entry| matches!(entry, Ok(entry) if entry.file_type().is_file()))
        .count();
    Ok(counts(listed.len(), found))
}

/// Verifies a table of recordings: every listed recording must be in it.
pub(super) fn verify_table(table: &Table<'_>, folder: &Path) -> Result<Counts, Problem> {
    let listed = manifest(table.manifest)?;
    let found = eeg::recording_sums(folder).map_err(Box::new)?;
    let sums: HashSet<&str> = found.iter().map(String::as_str).collect();
    match listed.iter().find(|(sum, _)| !sums.contains(sum)) {
        Some((sum, recording)) => Err(Problem::Missing {
            file: format!("recording {recording} of {}", table.name),
            expected: (*sum).to_owned(),
        }),
        None => Ok(counts(listed.len(), found.len())),
    }
}

fn counts(listed: usize, found: usize) -> Counts {
    Counts {
        verified: listed,
        unverified: found.saturating_sub(listed),
    }
}

fn verify_file(folder: &Path, name: &str, expected: &str) -> Result<(), Problem> {
    let path = folder.join(name);
    let (file, expected) = (name.to_string(), expected.to_string());
    match sha256_of(&path) {
        Ok(found) if found == expected => Ok(()),
        Ok(found) => Err(Problem::Checksum {
            file,
            expected,
            found,
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(Problem::Missing { file, expected })
        }
        Err(error) => Err(Problem::io("read", &path)(error)),
    }
}

/// Parses a manifest into checksums and what each belongs to, a path or a recording.
fn manifest(text: &str) -> Result<Vec<(&str, &str)>, Problem> {
    let entry = |(index, line): (usize, &'_ str)| match line.split_once("  ") {
        Some((sum, path)) if sum.len() == 64 && !path.is_empty() => Ok(()),
        _ => Err(Problem::Manifest {
            line: index + 1,
            text: line.into(),
        }),
    };
    text.lines().enumerate().try_for_each(entry)?;
    Ok(text
        .lines()
        .filter_map(|line| line.split_once("  "))
        .collect())
}

/// Returns the SHA-256 of a file, hexadecimal.
pub(super) fn sha256_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut sum = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&sum.finalize())),
            read => sum.update(buffer.get(..read).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::public::DATASETS;
    use super::*;

    #[test]
    fn the_public_data_sets_are_well_formed() {
        for dataset in DATASETS {
            match dataset.contents {
                Contents::Files { mirrors, files } => {
                    assert!(
                        mirrors
                            .iter()
                            .all(|m| m.starts_with("https://") && m.ends_with('/'))
                    );
                    assert!(
                        files
                            .iter()
                            .all(|file| file.sha256.len() == 64 && file.bytes > 0)
                    );
                }
                Contents::Archive(archive) => {
                    assert!(archive.addresses.iter().all(|a| a.starts_with("https://")));
                    let listed = manifest(archive.manifest).unwrap();
                    assert_eq!(listed.len(), 3_264);
                    for (sum, path) in listed {
                        assert!(sum.bytes().all(|digit| digit.is_ascii_hexdigit()), "{sum}");
                        assert!(
                            archive.folders.iter().any(|f| path.starts_with(f)),
                            "{path}"
                        );
                        assert!(!path.contains(".."), "{path}");
                    }
                }
                Contents::Table(table) => {
                    assert!(table.addresses.iter().all(|a| a.starts_with("https://")));
                    assert!(table.addresses.iter().all(|a| !a.contains(' ')));
                    let listed = manifest(table.manifest).unwrap();
                    assert_eq!(listed.len(), 450);
                    for (sum, recording) in listed {
                        assert!(sum.bytes().all(|digit| digit.is_ascii_hexdigit()), "{sum}");
                        assert!(recording.parse::<u32>().is_ok(), "{recording}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_bad_manifest_names_its_line() {
        let sum = "0".repeat(64);
        let error = manifest(&format!("{sum}  a/b (1).jpg\nshort  c"))
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "line 2 of the manifest is not a SHA-256 and a name: 'short  c'"
        );
        assert_eq!(
            manifest(&format!("{sum}  a/b (1).jpg")).unwrap()[0].1,
            "a/b (1).jpg"
        );
    }
}
