//! The public data sets: sources and checksums.

use crate::signals::eeg;

/// A public data set: its sources, and the checksums by which it is verified.
#[derive(Clone, Copy, Debug)]
pub struct PublicDataset<'a> {
    /// Name on the command line and of the folder in the data folder.
    pub name: &'a str,
    /// Description in one line.
    pub description: &'a str,
    /// Licence, as far as known.
    pub licence: &'a str,
    /// Page for downloading it by hand.
    pub homepage: &'a str,
    /// Files to download.
    pub contents: Contents<'a>,
}

/// The files of a data set.
#[derive(Clone, Copy, Debug)]
pub enum Contents<'a> {
    /// Single files of known size and checksum, from any of the mirrors.
    Files {
        /// Addresses to which the name of a file is appended.
        mirrors: &'a [&'a str],
        /// The files.
        files: &'a [File<'a>],
    },
    /// An archive of a tree of files.
    Archive(Archive<'a>),
    /// A table of recordings.
    Table(Table<'a>),
}

/// A file of known content.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Name in the folder of the data set and at every mirror.
    pub name: &'a str,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256, hexadecimal.
    pub sha256: &'a str,
}

/// A `.tar.gz` that is verified by its contents. Its own bytes may change, because a code host packs it on request.
#[derive(Clone, Copy, Debug)]
pub struct Archive<'a> {
    /// File name.
    pub name: &'a str,
    /// Addresses, tried in this order until one passes verification.
    pub addresses: &'a [&'a str],
    /// Folders to extract, below the single top folder.
    pub folders: &'a [&'a str],
    /// Lines of `<SHA-256>  <path>`, as `sha256sum` prints and checks them. Every listed file must be present and match.
    /// Other files are counted.
    pub manifest: &'a str,
    /// Maximum size in bytes, packed and unpacked.
    pub max_bytes: u64,
    /// Maximum number of files.
    pub max_files: usize,
}

/// A table of recordings that is verified by its recordings, because copies of the table differ in the order of their rows,
/// their line ends and the numbers of the recordings.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    /// Name in the folder of the data set.
    pub name: &'a str,
    /// Addresses, tried in this order until one passes verification.
    pub addresses: &'a [&'a str],
    /// Lines of `<SHA-256>  <recording>`, with checksums as computed by [`eeg::recording_sums`]. Every listed recording must
    /// be present, under any number. Other recordings are counted.
    pub manifest: &'a str,
    /// Maximum size in bytes.
    pub max_bytes: u64,
}

/// The data sets that can be fetched.
///
/// MNIST: the checksums are those of the original four files (MD5 f68b3c2dcbeaaa9fbdd348bbdeb94873 for the training
/// images). The first mirror is the one that torchvision uses, the second belongs to the Common Visual Data Foundation.
///
/// Brain-tumour MRI: GitHub does not promise that an archive stays the same byte for byte, so the 3,264 pictures
/// themselves are verified. For a download by hand, the author also keeps the set at Hugging Face
/// (`datasets/sartajbhuvaji/Brain-Tumor-Classification`, revision 93b15d95) as two zip files with published checksums:
/// `Training.zip`, 78,304,006 bytes, SHA-256 `9af6f6a3fb64e6e5bf1017d26586de2eb6fffe20549dfd53712c916b61604a0e`, and
/// `Testing.zip`, 12,568,650 bytes, `b2856ca32613220d6acab10dc45b6a9d24cd11cef37174823cde60b9742ef264`.
///
/// EEG: the first address is that of the University of California, which has withdrawn its table; the others are copies
/// at GitHub. The checksums are those of 450 of the 500 recordings. The pinned copy numbers the recordings differently
/// (its 791 is 313 here); the rows that were compared by hand are the same.
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
