//! Downloads of the files of a data set into a staging folder, from the first source that passes verification.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::archive;
use super::download::Download;
use super::error::{FetchError, Problem};
use super::options::FetchOptions;
use super::public::{Contents, File, PublicDataset};
use super::verify::{sha256_of, verify_table, verify_tree};
use crate::hash::hex;

/// A fetch in progress.
pub(super) struct Fetch<'a> {
    pub dataset: &'a PublicDataset<'a>,
    pub options: &'a FetchOptions,
    /// The final folder of the data set.
    pub target: &'a Path,
    /// Folder of partial downloads.
    pub staging: &'a Path,
    /// Folder in which the data set is assembled.
    pub assembled: &'a Path,
}

impl Fetch<'_> {
    /// Downloads and verifies everything.
    pub(super) fn download(&self) -> Result<(), FetchError> {
        match self.dataset.contents {
            Contents::Files { mirrors, files } => files.iter().try_for_each(|file| {
                let known = mirrors
                    .iter()
                    .map(|mirror| format!("{mirror}{}", file.name));
                self.try_sources(known, file.name, |address| {
                    self.download_file(address, file)
                })
            }),
            Contents::Archive(archive) => {
                let known = archive.addresses.iter().map(|&address| address.to_owned());
                self.try_sources(known, archive.name, |address| {
                    self.download_verified(address, archive.name, archive.max_bytes, |part| {
                        archive::unpack(part, &archive, self.assembled)?;
                        verify_tree(&archive, self.assembled).map(|_| ())
                    })
                })
            }
            Contents::Table(table) => {
                let known = table.addresses.iter().map(|&address| address.to_owned());
                self.try_sources(known, table.name, |address| {
                    self.download_verified(address, table.name, table.max_bytes, |part| {
                        let path = self.assembled.join(table.name);
                        fs::rename(part, &path).map_err(Problem::io("write", &path))?;
                        verify_table(&table, self.assembled).map(|_| ())
                    })
                })
            }
        }
    }

    /// Tries the known addresses of a file, or that of the server in the options, until an attempt succeeds. If none
    /// does, the error is about the first address.
    fn try_sources(
        &self,
        known: impl Iterator<Item = String>,
        name: &str,
        mut attempt: impl FnMut(&str) -> Result<(), Problem>,
    ) -> Result<(), FetchError> {
        let addresses: Vec<String> = match &self.options.base_url {
            Some(base) => {
                let name = name.replace(' ', "%20");
                vec![format!("{}/{name}", base.trim_end_matches('/'))]
            }
            None => known.collect(),
        };
        let mut first = None;
        for address in addresses {
            match attempt(&address) {
                Ok(()) => return Ok(()),
                Err(problem) => first = first.or(Some((address, problem))),
            }
        }
        let (address, problem) = first.unwrap_or_else(|| {
            let problem = Problem::Connection("no address is known".into());
            (String::new(), problem)
        });
        Err(FetchError::Source {
            dataset: self.dataset.name.into(),
            address,
            problem: Box::new(problem),
            homepage: self.dataset.homepage.into(),
            path: self.target.to_path_buf(),
        })
    }

    /// Downloads a file of known checksum. If data of an earlier call spoils it, it is downloaded again from the start.
    fn download_file(&self, address: &str, file: &File<'_>) -> Result<(), Problem> {
        let part = self.staging.join(format!("{}.part", file.name));
        let download = self.download_of(address, &part, file.bytes, file.name);
        loop {
            let resumed = download.run()?;
            let found = sha256_of(&part).map_err(Problem::io("read", &part))?;
            if found == file.sha256 {
                let path = self.assembled.join(file.name);
                return fs::rename(&part, &path).map_err(Problem::io("write", &path));
            }
            fs::remove_file(&part).map_err(Problem::io("delete", &part))?;
            if !resumed {
                return Err(Problem::Checksum {
                    file: file.name.to_string(),
                    expected: file.sha256.to_string(),
                    found,
                });
            }
        }
    }

    /// Downloads a file that is verified by its contents: `check` moves them into the assembled folder and compares them
    /// with the manifest. A download that fails verification is deleted with everything made of it.
    fn download_verified(
        &self,
        address: &str,
        name: &str,
        limit: u64,
        check: impl Fn(&Path) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let part = self.part_of(address, name);
        let download = self.download_of(address, &part, limit, name);
        loop {
            let resumed = download.run()?;
            let checked = check(&part);
            match fs::remove_file(&part) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(Problem::io("delete", &part)(error));
                }
                _ => {}
            }
            let Err(problem) = checked else { return Ok(()) };
            let assembled = self.assembled;
            fs::remove_dir_all(assembled).map_err(Problem::io("delete", assembled))?;
            fs::create_dir_all(assembled).map_err(Problem::io("create", assembled))?;
            if !resumed {
                return Err(problem);
            }
        }
    }

    fn download_of<'b>(
        &'b self,
        address: &'b str,
        part: &'b Path,
        limit: u64,
        label: &'b str,
    ) -> Download<'b> {
        Download {
            address,
            part,
            limit,
            label,
            options: self.options,
        }
    }

    /// Returns the file of the partial download from `address`. Partial downloads of different addresses must not be
    /// joined, because they may be different files.
    fn part_of(&self, address: &str, name: &str) -> PathBuf {
        let tag = hex(&Sha256::digest(address.as_bytes()));
        let tag = tag.get(..8).unwrap_or_default();
        self.staging.join(format!("{name}.{tag}.part"))
    }
}
