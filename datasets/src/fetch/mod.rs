//! Downloading the public data sets: every byte is checked, and a data set is whole or absent.
//!
//! A data set is put together in a folder `.fetch-<name>` beside its place and moved there by one rename at
//! the end. What was downloaded before a connection broke stays in that folder, and the next call goes on from
//! there where the server allows it.

mod archive;
mod download;
mod table;

use std::fmt;
use std::fs::{self, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rayon::prelude::*;
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use crate::hash::hex;
use crate::signals::eeg;
use download::Download;

/// A public data set: where it comes from and how it is known to be genuine.
#[derive(Clone, Copy, Debug)]
pub struct PublicDataset<'a> {
    /// The name on the command line, and of its folder in the data folder.
    pub name: &'a str,
    /// What it holds, in one line.
    pub description: &'a str,
    /// Its licence, as far as known.
    pub licence: &'a str,
    /// The page to get it from by hand.
    pub homepage: &'a str,
    /// What is downloaded.
    pub contents: Contents<'a>,
}

/// What is downloaded for a data set.
#[derive(Clone, Copy, Debug)]
pub enum Contents<'a> {
    /// Single files, each of known size and sum, from any of the mirrors.
    Files {
        /// Addresses to which a file's name is appended.
        mirrors: &'a [&'a str],
        /// The files.
        files: &'a [File<'a>],
    },
    /// A packed tree.
    Archive(Archive<'a>),
    /// One table of recordings.
    Table(Table<'a>),
}

/// One file of known content.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Its name in the data set's folder and at every mirror.
    pub name: &'a str,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal.
    pub sha256: &'a str,
}

/// A `.tar.gz` that is known by what it holds, because its own bytes may change: a code host packs it anew
/// when asked.
#[derive(Clone, Copy, Debug)]
pub struct Archive<'a> {
    /// Its file name.
    pub name: &'a str,
    /// Where it is to be had; the first that passes is taken.
    pub addresses: &'a [&'a str],
    /// The folders to take out of it, below its single top folder.
    pub folders: &'a [&'a str],
    /// Lines of `<SHA-256>  <path>`, as `sha256sum` prints and checks them. Every file listed must be there
    /// with its sum. Files not listed are counted.
    pub manifest: &'a str,
    /// The most bytes it may hold, packed or unpacked.
    pub max_bytes: u64,
    /// The most files it may hold.
    pub max_files: usize,
}

/// A table of recordings that is known by what they are, because copies of it differ in the order of their
/// rows, their ends of lines and the numbers of the recordings.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    /// Its name in the data set's folder.
    pub name: &'a str,
    /// Where it is to be had; the first that passes is taken.
    pub addresses: &'a [&'a str],
    /// Lines of `<SHA-256>  <recording>`, each sum as [`eeg::recording_sums`] defines it. Every recording
    /// listed must be there with its sum, under whatever number. Recordings not listed are counted.
    pub manifest: &'a str,
    /// The most bytes it may have.
    pub max_bytes: u64,
}

/// The data sets that can be fetched.
///
/// MNIST: the sums are those of the original four files (MD5 f68b3c2dcbeaaa9fbdd348bbdeb94873 for the
/// training images). The first mirror is the one that torchvision uses, the second belongs to the Common
/// Visual Data Foundation.
///
/// Brain-tumour MRI: GitHub's archives are not promised to stay the same byte for byte, so the pictures
/// themselves are checked, against the sums of all 3,264. The author also keeps the set at Hugging
/// Face (`datasets/sartajbhuvaji/Brain-Tumor-Classification`, revision 93b15d95) as two zip files whose sums
/// are published there: `Training.zip`, 78,304,006 bytes, SHA-256
/// `9af6f6a3fb64e6e5bf1017d26586de2eb6fffe20549dfd53712c916b61604a0e`, and `Testing.zip`, 12,568,650
/// bytes, `b2856ca32613220d6acab10dc45b6a9d24cd11cef37174823cde60b9742ef264`: a way to get it by hand.
///
/// EEG: the University of California has withdrawn its table, whose address stands first; the others are
/// copies at GitHub. The sums are those of 450 of its 500 recordings. The rows of the pinned copy that were
/// looked at are those of the recordings the sums were made from, which it numbers otherwise (there 791 is here
/// 313).
pub static DATASETS: &[PublicDataset<'static>] = &[
    PublicDataset {
        name: "mnist",
        description: "70,000 handwritten digits, 28 x 28, as four IDX files",
        licence: "CC BY-SA 3.0, Y. LeCun, C. Cortes, C. Burges",
        homepage: "https://storage.googleapis.com/cvdf-datasets/mnist/",
        contents: Contents::Files {
            mirrors: &[
                "https://ossci-datasets.s3.amazonaws.com/mnist/",
                "https://storage.googleapis.com/cvdf-datasets/mnist/",
            ],
            files: &[
                File {
                    name: "train-images-idx3-ubyte.gz",
                    bytes: 9_912_422,
                    sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                },
                File {
                    name: "train-labels-idx1-ubyte.gz",
                    bytes: 28_881,
                    sha256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                },
                File {
                    name: "t10k-images-idx3-ubyte.gz",
                    bytes: 1_648_877,
                    sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                },
                File {
                    name: "t10k-labels-idx1-ubyte.gz",
                    bytes: 4_542,
                    sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                },
            ],
        },
    },
    PublicDataset {
        name: "brain-tumor-mri",
        description: "3,264 MRI slices: glioma, meningioma, pituitary tumour, none; JPEG",
        licence: "MIT by the author's data set card, S. Bhuvaji and others",
        homepage: "https://github.com/SartajBhuvaji/Brain-Tumor-Classification-DataSet",
        contents: Contents::Archive(Archive {
            name: "brain-tumor-mri.tar.gz",
            addresses: &[
                "https://codeload.github.com/SartajBhuvaji/Brain-Tumor-Classification-DataSet/tar.gz/18d3626fff7003930bce69cf1b42a42bb15c67e4",
                "https://codeload.github.com/SartajBhuvaji/Brain-Tumor-Classification-DataSet/tar.gz/refs/heads/master",
            ],
            folders: &["Training", "Testing"],
            manifest: include_str!("../manifests/brain-tumor-mri.txt"),
            max_bytes: 512 << 20,
            max_files: 10_000,
        }),
    },
    PublicDataset {
        name: "eeg-bonn",
        description: "11,500 seconds of EEG from 500 recordings, of seizures and others, as one CSV table",
        licence: "none stated; cite R. G. Andrzejak and others 2001, doi 10.1103/PhysRevE.64.061907",
        homepage: "https://archive.ics.uci.edu/dataset/388/epileptic+seizure+recognition",
        contents: Contents::Table(Table {
            name: eeg::FILE,
            addresses: &[
                "https://archive.ics.uci.edu/ml/machine-learning-databases/00388/data.csv",
                "https://raw.githubusercontent.com/tundejulius17/outlier-detection/2e10173b0c8a148eb772bf2fb43add1a645263c6/Epileptic%20Seizure%20Recognition.csv",
                "https://raw.githubusercontent.com/akshayg056/Epileptic-seizure-detection-/master/data.csv",
            ],
            manifest: include_str!("../manifests/eeg-bonn.txt"),
            max_bytes: 64 << 20,
        }),
    },
];

/// How to fetch.
#[derive(Clone, Debug)]
pub struct FetchOptions {
    /// Another server to take the files from, under their own names.
    pub base_url: Option<String>,
    /// How long a server may send nothing before the download is given up.
    pub stall: Duration,
    /// Whether to draw a progress bar on stderr.
    pub progress: bool,
    /// Whether to replace a data set that is there already.
    pub force: bool,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            base_url: None,
            stall: Duration::from_secs(30),
            progress: true,
            force: false,
        }
    }
}

/// What a fetch came to; its `Display` is one line for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The data set's folder.
    pub path: PathBuf,
    /// Whether it was there before, and nothing was downloaded.
    pub present: bool,
    /// What was checked: "files" or "recordings".
    pub noun: &'static str,
    /// Number of files or recordings whose sum was checked.
    pub verified: usize,
    /// Number of files or recordings that no sum is known for.
    pub unverified: usize,
}

impl fmt::Display for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.present {
            "is already complete"
        } else {
            "fetched"
        };
        write!(
            f,
            "{} {state}: {} {} verified by SHA-256",
            self.path.display(),
            self.verified,
            self.noun
        )?;
        match self.unverified {
            0 => Ok(()),
            more => write!(f, ", {more} more that no sum is known for"),
        }
    }
}

/// Why a data set could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No data set has this name.
    #[error("unknown data set '{name}': choose one of {known}")]
    Unknown {
        /// The name given.
        name: String,
        /// The names there are.
        known: String,
    },
    /// There is something in the data set's place, but it is not the data set.
    #[error("{path} is there but not complete: {problem}; replace it with --force, or move it away", path = path.display())]
    Incomplete {
        /// The data set's folder.
        path: PathBuf,
        /// The first thing found wrong.
        problem: Problem,
    },
    /// No source gave it; the problem is that of the first source.
    #[error("cannot fetch {dataset} from {address}: {problem}; try again later, or get it by hand from {homepage} into {path}", path = path.display())]
    Source {
        /// The data set's name.
        dataset: String,
        /// The address asked.
        address: String,
        /// What went wrong there.
        problem: Box<Problem>,
        /// Where a person finds it.
        homepage: String,
        /// Where it belongs.
        path: PathBuf,
    },
    /// Another fetch of it is under way.
    #[error("{dataset} is being fetched by another `train fetch`, which holds {path}: wait for it", path = path.display())]
    Busy {
        /// The data set's name.
        dataset: String,
        /// The file that is held.
        path: PathBuf,
    },
    /// A file or folder on this machine could not be used.
    #[error("cannot {action} {path}: {source}; choose another data folder or check its permissions", path = path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl FetchError {
    fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}

/// What can go wrong with one source, or with files that are there.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The server answered with an error.
    #[error("the server answered with status {0}")]
    Status(u16),
    /// The server sends from one address to the next.
    #[error("the server redirects more than {0} times")]
    Redirects(u32),
    /// No connection, or a broken one.
    #[error("no connection ({0})")]
    Connection(String),
    /// The server went silent.
    #[error("the server sent nothing for {seconds} s, after {bytes} bytes")]
    Stalled {
        /// The time waited, in seconds.
        seconds: f32,
        /// Bytes received, those of earlier calls included.
        bytes: u64,
    },
    /// The connection ended early.
    #[error(
        "the connection broke after {bytes} of {expected} bytes; the next call goes on from there"
    )]
    Cut {
        /// Bytes received, those of earlier calls included.
        bytes: u64,
        /// Bytes announced.
        expected: u64,
    },
    /// More came than may.
    #[error("{what} is larger than the limit of {limit}")]
    TooLarge {
        /// What exceeded.
        what: String,
        /// The limit, with its unit.
        limit: String,
    },
    /// A file is not what it should be.
    #[error("{file} has SHA-256 {found}, expected {expected}")]
    Checksum {
        /// The file.
        file: String,
        /// The sum of the genuine file.
        expected: String,
        /// The sum of the file received.
        found: String,
    },
    /// A file is not there.
    #[error("{file} (SHA-256 {expected}) is missing")]
    Missing {
        /// The file.
        file: String,
        /// The sum of the genuine file.
        expected: String,
    },
    /// The archive cannot be unpacked.
    #[error("{file} cannot be unpacked: {reason}")]
    Archive {
        /// The archive.
        file: String,
        /// Why.
        reason: String,
    },
    /// The table cannot be read; the error names the line.
    #[error("{0}")]
    Table(#[from] Box<crate::Error>),
    /// A line of a manifest is no sum and name.
    #[error("line {line} of the manifest is no SHA-256 and name: '{text}'")]
    Manifest {
        /// The line's number, from 1.
        line: usize,
        /// The line.
        text: String,
    },
    /// A file on this machine could not be used.
    #[error("cannot {action} {path}: {source}", path = path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl Problem {
    fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}

/// Fetches the data set called `name` into `data_dir/name`.
///
/// # Errors
/// Where there is no such data set, none of its sources has it whole, or the folder cannot be written.
pub fn fetch(name: &str, data_dir: &Path, options: &FetchOptions) -> Result<Fetched, FetchError> {
    match DATASETS.iter().find(|dataset| dataset.name == name) {
        Some(dataset) => fetch_dataset(dataset, data_dir, options),
        None => {
            let known: Vec<&str> = DATASETS.iter().map(|dataset| dataset.name).collect();
            Err(FetchError::Unknown {
                name: name.into(),
                known: known.join(", "),
            })
        }
    }
}

/// Fetches a data set that is described by the caller, into the folder of its name in `data_dir`.
///
/// # Errors
/// As [`fetch`].
pub fn fetch_dataset(
    dataset: &PublicDataset<'_>,
    data_dir: &Path,
    options: &FetchOptions,
) -> Result<Fetched, FetchError> {
    let target = data_dir.join(dataset.name);
    if !options.force && target.exists() {
        return match verify(dataset, &target) {
            Ok(counts) => Ok(fetched(dataset, target, true, counts)),
            Err(problem) => Err(FetchError::Incomplete {
                path: target,
                problem,
            }),
        };
    }
    let staging = data_dir.join(format!(".fetch-{}", dataset.name));
    let _alone = lock(&staging.with_extension("lock"), dataset)?;
    let whole = staging.join("whole");
    remove_tree(&whole)?;
    fs::create_dir_all(&whole).map_err(FetchError::io("create", &whole))?;
    match dataset.contents {
        Contents::Files { mirrors, files } => {
            for file in files {
                let addresses = addresses(options, mirrors, file.name, true);
                from_first(dataset, &target, &addresses, |address| {
                    download_file(address, file, &staging, &whole, options)
                })?;
            }
        }
        Contents::Archive(archive) => {
            let addresses = addresses(options, archive.addresses, archive.name, false);
            from_first(dataset, &target, &addresses, |address| {
                let part = part_of(address, archive.name, &staging);
                let download = Download {
                    address,
                    part: &part,
                    limit: archive.max_bytes,
                    label: archive.name,
                    options,
                };
                download_known(&download, &whole, || {
                    archive::unpack(&part, &archive, &whole)?;
                    verify_tree(&archive, &whole).map(|_| ())
                })
            })?;
        }
        Contents::Table(table) => {
            let addresses = addresses(options, table.addresses, table.name, false);
            from_first(dataset, &target, &addresses, |address| {
                let part = part_of(address, table.name, &staging);
                let download = Download {
                    address,
                    part: &part,
                    limit: table.max_bytes,
                    label: table.name,
                    options,
                };
                download_known(&download, &whole, || {
                    let place = whole.join(table.name);
                    fs::rename(&part, &place).map_err(Problem::io("write", &place))?;
                    table::verify(&table, &whole).map(|_| ())
                })
            })?;
        }
    }
    let counts = verify(dataset, &whole).map_err(|problem| FetchError::Incomplete {
        path: whole.clone(),
        problem,
    })?;
    put_in_place(&whole, &target, &staging)?;
    Ok(fetched(dataset, target, false, counts))
}

/// A file that only one fetch of a data set holds at a time; gone when it is dropped.
struct Lock {
    path: PathBuf,
    _file: fs::File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // One that stays is empty, and the next fetch locks it as well.
        let _ = fs::remove_file(&self.path);
    }
}

fn lock(path: &Path, dataset: &PublicDataset<'_>) -> Result<Lock, FetchError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(FetchError::io("create", folder))?;
    }
    let file = fs::File::create(path).map_err(FetchError::io("create", path))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock {
            path: path.to_path_buf(),
            _file: file,
        }),
        Err(TryLockError::WouldBlock) => Err(FetchError::Busy {
            dataset: dataset.name.into(),
            path: path.to_path_buf(),
        }),
        Err(TryLockError::Error(source)) => Err(FetchError::io("lock", path)(source)),
    }
}

fn fetched(
    dataset: &PublicDataset<'_>,
    path: PathBuf,
    present: bool,
    (verified, unverified): (usize, usize),
) -> Fetched {
    Fetched {
        path,
        present,
        noun: match dataset.contents {
            Contents::Files { .. } | Contents::Archive(_) => "files",
            Contents::Table(_) => "recordings",
        },
        verified,
        unverified,
    }
}

/// The addresses of a file: those of the option's server alone, or those known; `append` its name or not.
fn addresses(options: &FetchOptions, known: &[&str], name: &str, append: bool) -> Vec<String> {
    match &options.base_url {
        Some(base) => {
            let name = name.replace(' ', "%20");
            vec![format!("{}/{name}", base.trim_end_matches('/'))]
        }
        None if append => known.iter().map(|base| format!("{base}{name}")).collect(),
        None => known.iter().map(|address| (*address).to_string()).collect(),
    }
}

/// Tries one address after the other; where none succeeds, the first one's problem is reported.
fn from_first(
    dataset: &PublicDataset<'_>,
    target: &Path,
    addresses: &[String],
    mut attempt: impl FnMut(&str) -> Result<(), Problem>,
) -> Result<(), FetchError> {
    let mut first = None;
    for address in addresses {
        match attempt(address) {
            Ok(()) => return Ok(()),
            Err(problem) => first = first.or(Some((address.clone(), problem))),
        }
    }
    let (address, problem) = first.unwrap_or_else(|| {
        (
            String::new(),
            Problem::Connection("no address is known".into()),
        )
    });
    Err(FetchError::Source {
        dataset: dataset.name.into(),
        address,
        problem: Box::new(problem),
        homepage: dataset.homepage.into(),
        path: target.to_path_buf(),
    })
}

/// Downloads one file of known content. Where what was there from an earlier call spoils it, once more from
/// the start.
fn download_file(
    address: &str,
    file: &File<'_>,
    staging: &Path,
    whole: &Path,
    options: &FetchOptions,
) -> Result<(), Problem> {
    let part = staging.join(format!("{}.part", file.name));
    let download = Download {
        address,
        part: &part,
        limit: file.bytes,
        label: file.name,
        options,
    };
    loop {
        let resumed = download.run()?;
        let found = sha256_of(&part).map_err(Problem::io("read", &part))?;
        if found == file.sha256 {
            let place = whole.join(file.name);
            return fs::rename(&part, &place).map_err(Problem::io("write", &place));
        }
        fs::remove_file(&part).map_err(Problem::io("delete", &part))?;
        if !resumed {
            let (file, expected) = (file.name.to_string(), file.sha256.to_string());
            return Err(Problem::Checksum {
                file,
                expected,
                found,
            });
        }
    }
}

/// The file that what comes from `address` grows in. Parts of different addresses must not be joined: they may
/// be different files.
fn part_of(address: &str, name: &str, staging: &Path) -> PathBuf {
    let tag = hex(&Sha256::digest(address.as_bytes()));
    staging.join(format!("{name}.{}.part", tag.get(..8).unwrap_or_default()))
}

/// Downloads what is known by what it holds: `check` puts that into `whole` and compares it with the manifest.
/// A download that fails is deleted, and what was made of it.
fn download_known(
    download: &Download<'_>,
    whole: &Path,
    check: impl Fn() -> Result<(), Problem>,
) -> Result<(), Problem> {
    loop {
        let resumed = download.run()?;
        let checked = check();
        match fs::remove_file(download.part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Problem::io("delete", download.part)(error));
            }
            _ => {}
        }
        let Err(problem) = checked else { return Ok(()) };
        fs::remove_dir_all(whole).map_err(Problem::io("delete", whole))?;
        fs::create_dir_all(whole).map_err(Problem::io("create", whole))?;
        if !resumed {
            return Err(problem);
        }
    }
}

/// Checks a data set's folder: the numbers of files or recordings with a known sum, and of those without.
fn verify(dataset: &PublicDataset<'_>, folder: &Path) -> Result<(usize, usize), Problem> {
    match dataset.contents {
        Contents::Files { files, .. } => {
            files
                .par_iter()
                .try_for_each(|file| verify_file(folder, file.name, file.sha256))?;
            Ok((files.len(), 0))
        }
        Contents::Archive(archive) => verify_tree(&archive, folder),
        Contents::Table(table) => table::verify(&table, folder),
    }
}

fn verify_tree(archive: &Archive<'_>, folder: &Path) -> Result<(usize, usize), Problem> {
    let listed = manifest(archive.manifest)?;
    // The first of several problems is the one reported, whichever thread finds it first.
    let problems: Vec<Problem> = listed
        .par_iter()
        .filter_map(|(sum, path)| verify_file(folder, path, sum).err())
        .collect();
    match problems.into_iter().next() {
        Some(problem) => Err(problem),
        None => {
            let there = archive
                .folders
                .iter()
                .flat_map(|name| WalkDir::new(folder.join(name)))
                .filter(|entry| {
                    entry
                        .as_ref()
                        .is_ok_and(|entry| entry.file_type().is_file())
                })
                .count();
            Ok((listed.len(), there.saturating_sub(listed.len())))
        }
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
        Err(source) => Err(Problem::Io {
            action: "read",
            path,
            source,
        }),
    }
}

/// The sums of a manifest with what each belongs to: a path or a recording.
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

fn sha256_of(path: &Path) -> io::Result<String> {
    let mut file = fs::File::open(path)?;
    let mut sum = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&sum.finalize())),
            read => sum.update(buffer.get(..read).unwrap_or_default()),
        }
    }
}

/// Moves the finished folder to its place; what is there now goes only when the new one stands.
fn put_in_place(whole: &Path, target: &Path, staging: &Path) -> Result<(), FetchError> {
    let old = staging.join("replaced");
    remove_tree(&old)?;
    let replaces = target.exists();
    if replaces {
        fs::rename(target, &old).map_err(FetchError::io("replace", target))?;
    }
    if let Err(source) = fs::rename(whole, target) {
        if replaces {
            fs::rename(&old, target).map_err(FetchError::io("restore", target))?;
        }
        return Err(FetchError::io("write", target)(source));
    }
    remove_tree(staging)
}

fn remove_tree(path: &Path) -> Result<(), FetchError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(FetchError::io("delete", path)(error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_well_formed() {
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
            "line 2 of the manifest is no SHA-256 and name: 'short  c'"
        );
        assert_eq!(
            manifest(&format!("{sum}  a/b (1).jpg")).unwrap()[0].1,
            "a/b (1).jpg"
        );
    }
}
