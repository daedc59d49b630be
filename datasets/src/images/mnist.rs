//! The MNIST database of handwritten digits, read from its four IDX files.
//!
//! Format and files: LeCun, Cortes and Burges, The MNIST database. A file starts with big-endian 32-bit numbers (a magic
//! number, the count, and for images the rows and columns), followed by one byte per value.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use rayon::prelude::*;

use crate::dataset::{Official, Origin};
use crate::error::{Error, Result};
use crate::hash::sha256_hex;
use crate::images::preprocessing::{Channels, Fit, ImagePreprocessing, ImageSource, Scaling};
use crate::images::resize::Filter;
use crate::images::set::ImageSet;

const SIDE: u32 = 28;
const PIXELS: usize = (SIDE * SIDE) as usize;
const DIGITS: u8 = 10;
/// Maximum number of items: more than any file of this family has, so a larger count is damaged or hostile.
const MAX_ITEMS: u32 = 10_000_000;
/// Bytes reserved before data has been read: enough for MNIST, harmless if the header lies.
const MAX_RESERVED_BYTES: usize = 64 << 20;

const IMAGES: Kind = Kind {
    name: "images",
    magic: 0x803,
    header: 16,
};
const LABELS: Kind = Kind {
    name: "labels",
    magic: 0x801,
    header: 8,
};

/// One of the two kinds of IDX file that MNIST uses.
struct Kind {
    name: &'static str,
    magic: u32,
    /// Length of the header, in bytes.
    header: u64,
}

/// Returns the preprocessing of MNIST's pictures: 28x28 grey values of 0 to 1. Photographs of digits are centred as
/// MNIST's digits are.
pub fn preprocessing() -> ImagePreprocessing {
    ImagePreprocessing {
        width: SIDE as usize,
        height: SIDE as usize,
        channels: Channels::Grey,
        filter: Filter::Bilinear,
        fit: Fit::Stretch,
        scaling: Scaling::Unit,
        source: ImageSource::Digit,
    }
}

/// Reads the four files in `dir`, each gzipped or not, named like `train-images-idx3-ubyte` or
/// `train-images.idx3-ubyte`. The training pictures come first; origins are "train/N" and "test/N" with the official
/// split.
///
/// # Errors
/// - [`Error::NoMnist`] if a file is missing
/// - [`Error::Idx`] with the values found and expected if a file is damaged
/// - [`Error::Io`] if a file cannot be read or unpacked
pub fn load(dir: &Path) -> Result<ImageSet> {
    let [train_images, train_labels, test_images, test_labels] = find(dir)?;
    let mut pixels = Vec::new();
    let mut labels = Vec::new();
    let mut parts = Vec::new();
    for (images, label_file, part) in [
        (train_images, train_labels, Official::Train),
        (test_images, test_labels, Official::Test),
    ] {
        let image_count = read_into(&images, &IMAGES, &mut pixels)?;
        let first = labels.len();
        let label_count = read_into(&label_file, &LABELS, &mut labels)?;
        if image_count != label_count {
            let labels = label_file.display();
            let reason =
                format!("it has {image_count} images, but {labels} has {label_count} labels");
            return Err(damaged(&images, reason));
        }
        if let Some(index) = labels[first..].iter().position(|&label| label >= DIGITS) {
            let label = labels[first + index];
            let reason = format!("label {index} is {label}, but must be 0 to 9");
            return Err(damaged(&label_file, reason));
        }
        parts.extend((0..image_count).map(|number| (part, number)));
    }

    let origins = (pixels.par_chunks_exact(PIXELS).zip(&parts))
        .map(|(image, (part, number))| Origin {
            path: format!("{part}/{number}"),
            sha256: sha256_hex(image),
            official: Some(*part),
        })
        .collect();
    Ok(ImageSet {
        name: "mnist".into(),
        generated: false,
        class_names: (0..DIGITS).map(|digit| digit.to_string()).collect(),
        preprocessing: preprocessing(),
        pixels,
        labels: labels.into_iter().map(usize::from).collect(),
        origins,
        fingerprints: Vec::new(),
        skipped: Vec::new(),
        notes: Vec::new(),
        annotations: crate::images::Annotations::default(),
    })
}

/// Finds the four files: images and labels of training, then of test.
fn find(dir: &Path) -> Result<[PathBuf; 4]> {
    let names = [
        ("train-images", "idx3-ubyte"),
        ("train-labels", "idx1-ubyte"),
        ("t10k-images", "idx3-ubyte"),
        ("t10k-labels", "idx1-ubyte"),
    ];
    let mut missing = Vec::new();
    let found = names.map(|(stem, kind)| {
        let spellings = ["-", "."].map(|dot| format!("{stem}{dot}{kind}"));
        let file = (spellings.iter())
            .flat_map(|name| [dir.join(name), dir.join(format!("{name}.gz"))])
            .find(|path| path.is_file());
        file.unwrap_or_else(|| {
            missing.push(format!("{}[.gz]", spellings[0]));
            PathBuf::new()
        })
    });
    if missing.is_empty() {
        return Ok(found);
    }
    Err(Error::NoMnist {
        dir: dir.to_path_buf(),
        missing: missing.join(", "),
    })
}

/// Appends the data of a file to `data` and returns its number of items.
fn read_into(path: &Path, kind: &Kind, data: &mut Vec<u8>) -> Result<usize> {
    let file = File::open(path).map_err(|error| Error::io("open", path, error))?;
    let mut file = BufReader::new(file);
    let start = file
        .fill_buf()
        .map_err(|error| Error::io("read", path, error))?;
    // Detected by content: some downloads are unpacked but keep the extension .gz.
    if start.starts_with(&[0x1f, 0x8b]) {
        read_idx(&mut MultiGzDecoder::new(file), path, kind, data)
    } else {
        read_idx(&mut file, path, kind, data)
    }
}

/// Appends the data of an IDX stream to `data` and returns its number of items. Reads at most one byte more than the
/// header announces, so that a gzip bomb cannot unfold.
fn read_idx(reader: &mut dyn Read, path: &Path, kind: &Kind, data: &mut Vec<u8>) -> Result<usize> {
    let (count, bytes) = read_header(reader, path, kind)?;
    let expected = kind.header + bytes;
    data.reserve_exact((bytes as usize).min(MAX_RESERVED_BYTES));
    let before = data.len();
    read_up_to(reader, bytes, path, data)?;
    let found = (data.len() - before) as u64;
    if found < bytes {
        return Err(truncated(path, kind.header + found, expected));
    }
    // An unpacking error here: the checksum of the gzip stream is missing, or something else follows it.
    let mut rest = Vec::new();
    (reader.take(1).read_to_end(&mut rest))
        .map_err(|error| Error::io("read or unpack", path, error))?;
    if !rest.is_empty() {
        let found = expected + 1;
        let reason = format!("{found} bytes or more, but its header announces {expected}");
        return Err(damaged(path, reason));
    }
    Ok(count)
}

/// Reads a header and returns the number of items and of bytes that it announces.
fn read_header(reader: &mut dyn Read, path: &Path, kind: &Kind) -> Result<(usize, u64)> {
    let mut header = Vec::new();
    read_up_to(reader, kind.header, path, &mut header)?;
    let short = || truncated(path, header.len() as u64, kind.header);
    let magic = word(&header, 0).ok_or_else(short)?;
    if magic != kind.magic {
        let reason = format!(
            "the first four bytes are {magic:#010x}, but an IDX file of {} starts with {:#010x}",
            kind.name, kind.magic
        );
        return Err(damaged(path, reason));
    }
    if header.len() as u64 != kind.header {
        return Err(short());
    }
    let count = word(&header, 1).unwrap_or(0);
    if count > MAX_ITEMS {
        let reason =
            format!("the header announces {count} items, more than the limit of {MAX_ITEMS}");
        return Err(damaged(path, reason));
    }
    let mut bytes = u64::from(count);
    if let (Some(height), Some(width)) = (word(&header, 2), word(&header, 3)) {
        if (width, height) != (SIDE, SIDE) {
            let reason = format!("the pictures are {width}x{height} pixels, but MNIST's are 28x28");
            return Err(damaged(path, reason));
        }
        bytes *= PIXELS as u64;
    }
    Ok((count as usize, bytes))
}

fn damaged(path: &Path, reason: String) -> Error {
    Error::Idx {
        path: path.to_path_buf(),
        reason,
    }
}

fn truncated(path: &Path, found: u64, expected: u64) -> Error {
    damaged(path, format!("truncated: {found} bytes of {expected}"))
}

/// Appends at most `limit` bytes to `bytes`, fewer if the stream ends or breaks off.
fn read_up_to(reader: &mut dyn Read, limit: u64, path: &Path, bytes: &mut Vec<u8>) -> Result<()> {
    match reader.take(limit).read_to_end(bytes) {
        Err(error) if error.kind() != ErrorKind::UnexpectedEof => {
            Err(Error::io("read or unpack", path, error))
        }
        _ => Ok(()),
    }
}

/// Returns the big-endian number at position `index` of the header.
fn word(header: &[u8], index: usize) -> Option<u32> {
    let bytes = header.get(index * 4..index * 4 + 4)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}
