//! The MNIST database of handwritten digits, from its four IDX files.
//!
//! Format and files: LeCun, Cortes and Burges, The MNIST database. Big-endian 32-bit header (a
//! number for the kind, the count, for images also rows and columns), then one byte per value.

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
/// More items than any file of this family has; a header above it is damaged or hostile.
const MOST_ITEMS: u32 = 10_000_000;
/// Memory that is set aside before data has arrived: enough for MNIST, harmless for a false header.
const TRUSTED_BYTES: usize = 64 << 20;

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

/// The two kinds of IDX file MNIST uses.
struct Kind {
    name: &'static str,
    magic: u32,
    /// Bytes of the header.
    header: u64,
}

/// How MNIST's pictures are used: 28x28 grey, 0 to 1; photographs of digits are centred alike.
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

/// Reads the four files in `dir`, each gzipped or not, spelled `train-images-idx3-ubyte` or
/// `train-images.idx3-ubyte`. The training pictures come first; origins are "train/N" and "test/N"
/// with the official split.
///
/// # Errors
/// [`Error::NoMnist`] for missing files, an `Idx...` error naming the file and both values for any
/// fault in one, [`Error::Io`] if one cannot be read or unpacked.
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
            return Err(Error::IdxCounts {
                images,
                image_count,
                labels: label_file,
                label_count,
            });
        }
        if let Some(index) = labels[first..].iter().position(|&label| label >= DIGITS) {
            return Err(Error::IdxLabel {
                path: label_file,
                index,
                label: labels[first + index],
            });
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
    })
}

/// The four files: images and labels of training, then of test.
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

/// Appends a file's data to `data` and returns its count of items.
fn read_into(path: &Path, kind: &Kind, data: &mut Vec<u8>) -> Result<usize> {
    let file = File::open(path).map_err(|error| Error::io("open", path, error))?;
    let mut file = BufReader::new(file);
    let start = file
        .fill_buf()
        .map_err(|error| Error::io("read", path, error))?;
    // The content tells, not the name: some downloads are unpacked but still called .gz.
    if start.starts_with(&[0x1f, 0x8b]) {
        read_idx(&mut MultiGzDecoder::new(file), path, kind, data)
    } else {
        read_idx(&mut file, path, kind, data)
    }
}

/// Appends the data of one IDX stream to `data` and returns its count of items. Reads no more than
/// the header announces and one byte, so that a gzip bomb cannot unfold.
fn read_idx(reader: &mut impl Read, path: &Path, kind: &Kind, data: &mut Vec<u8>) -> Result<usize> {
    let header = read_up_to(reader, kind.header, path)?;
    let truncated = |found: u64, expected: u64| Error::IdxTruncated {
        path: path.to_path_buf(),
        found,
        expected,
    };
    let Some(magic) = word(&header, 0) else {
        return Err(truncated(header.len() as u64, kind.header));
    };
    if magic != kind.magic {
        return Err(Error::IdxMagic {
            path: path.to_path_buf(),
            kind: kind.name,
            found: magic,
            expected: kind.magic,
        });
    }
    if header.len() as u64 != kind.header {
        return Err(truncated(header.len() as u64, kind.header));
    }
    let count = word(&header, 1).unwrap_or(0);
    if count > MOST_ITEMS {
        return Err(Error::IdxTooMany {
            path: path.to_path_buf(),
            count,
            limit: MOST_ITEMS,
        });
    }
    let mut bytes = u64::from(count);
    if let (Some(height), Some(width)) = (word(&header, 2), word(&header, 3)) {
        if (width, height) != (SIDE, SIDE) {
            return Err(Error::IdxSize {
                path: path.to_path_buf(),
                width,
                height,
            });
        }
        bytes *= PIXELS as u64;
    }
    let expected = kind.header + bytes;

    data.reserve_exact((bytes as usize).min(TRUSTED_BYTES));
    let before = data.len();
    match reader.by_ref().take(bytes).read_to_end(data) {
        Err(error) if error.kind() != ErrorKind::UnexpectedEof => {
            return Err(Error::io("read or unpack", path, error));
        }
        // A gzip stream that breaks off still gave some bytes: the count below tells.
        _ => {}
    }
    let found = (data.len() - before) as u64;
    if found < bytes {
        return Err(truncated(kind.header + found, expected));
    }
    // Here a stream that breaks off has lost its checksum, or is followed by something else.
    let mut more = Vec::new();
    (reader.take(1).read_to_end(&mut more))
        .map_err(|error| Error::io("read or unpack", path, error))?;
    if !more.is_empty() {
        return Err(Error::IdxTrailing {
            path: path.to_path_buf(),
            found: expected + 1,
            expected,
        });
    }
    Ok(count as usize)
}

/// At most `limit` bytes; fewer if the stream ends or breaks off.
fn read_up_to(reader: &mut impl Read, limit: u64, path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match reader.take(limit).read_to_end(&mut bytes) {
        Err(error) if error.kind() != ErrorKind::UnexpectedEof => {
            Err(Error::io("read or unpack", path, error))
        }
        _ => Ok(bytes),
    }
}

/// The big-endian number at place `index` of the header.
fn word(header: &[u8], index: usize) -> Option<u32> {
    let bytes = header.get(index * 4..index * 4 + 4)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}
