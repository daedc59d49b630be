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

/// Stems and kinds of the files: images and labels of training, then of test. EMNIST writes "test" for "t10k".
const NAMES: [(&[&str], &str); 4] = [
    (&["train-images"], "idx3-ubyte"),
    (&["train-labels"], "idx1-ubyte"),
    (&["t10k-images", "test-images"], "idx3-ubyte"),
    (&["t10k-labels", "test-labels"], "idx1-ubyte"),
];

/// The first training labels of Fashion-MNIST (Xiao, Rasul and Vollgraf 2017, <https://arxiv.org/abs/1708.07747>).
const FASHION_LABELS: [u8; 16] = [9, 0, 0, 3, 0, 2, 7, 2, 5, 5, 0, 9, 5, 5, 7, 9];

/// The classes of Fashion-MNIST.
const FASHION_CLASSES: [&str; DIGITS as usize] = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];

/// Number of ones by which transposed pictures are recognised.
const MAX_ONES: usize = 200;

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
/// `train-images.idx3-ubyte`, or like `emnist-digits-train-images-idx3-ubyte`. The training pictures come first; origins
/// are "train/N" and "test/N" with the official split.
///
/// EMNIST's pictures are transposed in its files; such pictures are turned upright. Fashion-MNIST, whose files are named as
/// MNIST's, gets its own name and the names of its classes.
///
/// # Errors
/// - [`Error::NoMnist`] if a file is missing
/// - [`Error::Idx`] with the values found and expected if a file is damaged
/// - [`Error::Io`] if a file cannot be read or unpacked
pub fn load(dir: &Path) -> Result<ImageSet> {
    let files = find(dir)?;
    let Examples {
        mut pixels,
        labels,
        parts,
    } = read(&files)?;
    let prefix = files.prefix;
    if are_transposed(&pixels, &labels) {
        pixels.par_chunks_exact_mut(PIXELS).for_each(transpose);
    }
    let is_fashion = labels.starts_with(&FASHION_LABELS) || prefix.contains("fashion");
    let name = match &*prefix {
        _ if is_fashion => "fashion-mnist",
        "" => "mnist",
        prefix => prefix,
    };
    let class_names = (0..usize::from(DIGITS)).map(|class| match is_fashion {
        true => FASHION_CLASSES[class].to_owned(),
        false => class.to_string(),
    });
    let origins = (pixels.par_chunks_exact(PIXELS).zip(&parts))
        .map(|(image, (part, number))| Origin {
            path: format!("{part}/{number}"),
            sha256: sha256_hex(image),
            official: Some(*part),
        })
        .collect();
    Ok(ImageSet {
        name: name.to_owned(),
        generated: false,
        class_names: class_names.collect(),
        preprocessing: ImagePreprocessing {
            source: match is_fashion {
                true => ImageSource::Picture,
                false => ImageSource::Digit,
            },
            ..preprocessing()
        },
        pixels,
        labels: labels.into_iter().map(usize::from).collect(),
        origins,
        fingerprints: Vec::new(),
        skipped: Vec::new(),
        notes: Vec::new(),
        annotations: crate::images::Annotations::default(),
    })
}

/// The images of both parts, one after the other.
#[derive(Default)]
struct Examples {
    pixels: Vec<u8>,
    labels: Vec<u8>,
    /// Part of each image, and its number there.
    parts: Vec<(Official, usize)>,
}

fn read(files: &Files) -> Result<Examples> {
    let [train_images, train_labels, test_images, test_labels] = &files.paths;
    let mut examples = Examples::default();
    for (images, label_file, part) in [
        (train_images, train_labels, Official::Train),
        (test_images, test_labels, Official::Test),
    ] {
        let image_count = read_into(images, &IMAGES, &mut examples.pixels)?;
        let first = examples.labels.len();
        let label_count = read_into(label_file, &LABELS, &mut examples.labels)?;
        if image_count != label_count {
            let labels = label_file.display();
            let reason =
                format!("it has {image_count} images, but {labels} has {label_count} labels");
            return Err(damaged(images, reason));
        }
        let labels = &examples.labels[first..];
        if let Some(index) = labels.iter().position(|&label| label >= DIGITS) {
            let label = labels[index];
            let hint = if files.prefix.starts_with("emnist") {
                "; of EMNIST, take the files of emnist-digits or emnist-mnist"
            } else {
                ""
            };
            let reason = format!("label {index} is {label}, but must be 0 to 9{hint}");
            return Err(damaged(label_file, reason));
        }
        let parts = (0..image_count).map(|number| (part, number));
        examples.parts.extend(parts);
    }
    Ok(examples)
}

/// Whether the digits are transposed: ones are wider than high.
fn are_transposed(pixels: &[u8], labels: &[u8]) -> bool {
    let mut spread = [0.0; 2];
    let pictures = pixels.chunks_exact(PIXELS).zip(labels);
    for (picture, _) in pictures.filter(|(_, label)| **label == 1).take(MAX_ONES) {
        let [across, down] = variances(picture);
        spread[0] += across;
        spread[1] += down;
    }
    spread[0] > 1.5 * spread[1]
}

/// Returns the variance of the ink of a picture across and down, in pixels.
fn variances(picture: &[u8]) -> [f64; 2] {
    let side = SIDE as usize;
    let ink: f64 = picture.iter().map(|value| f64::from(*value)).sum();
    let variance = |place: &dyn Fn(usize) -> usize| {
        let mean = |of: &dyn Fn(f64) -> f64| {
            let values = picture.iter().enumerate();
            let weighted = values.map(|(index, value)| f64::from(*value) * of(place(index) as f64));
            weighted.sum::<f64>() / ink.max(1.0)
        };
        mean(&|x| x * x) - mean(&|x| x).powi(2)
    };
    [
        variance(&|index| index % side),
        variance(&|index| index / side),
    ]
}

/// Exchanges the rows and columns of a picture.
fn transpose(picture: &mut [u8]) {
    let side = SIDE as usize;
    for row in 0..side {
        for column in 0..row {
            picture.swap(row * side + column, column * side + row);
        }
    }
}

/// The four files of a set: images and labels of training, then of test.
struct Files {
    /// What stands before their names: nothing for MNIST, `emnist-digits` for a part of EMNIST.
    prefix: String,
    paths: [PathBuf; 4],
}

/// Finds the four files.
fn find(dir: &Path) -> Result<Files> {
    let mut prefixes = prefixes(dir);
    let prefix = match prefixes.len() {
        0 | 1 => prefixes.pop().unwrap_or_default(),
        // MNIST's own names first.
        _ if prefixes[0].is_empty() => String::new(),
        _ => {
            let reason = format!(
                "holds several sets ({}); put the files of one into a folder of their own",
                prefixes.join(", ")
            );
            let dir = dir.to_path_buf();
            return Err(Error::Layout { dir, reason });
        }
    };
    let mut missing = Vec::new();
    let paths = NAMES.map(|(stems, kind)| {
        let stems = stems.iter().map(|stem| match &*prefix {
            "" => (*stem).to_owned(),
            prefix => format!("{prefix}-{stem}"),
        });
        let spellings: Vec<String> = stems
            .flat_map(|stem| ["-", "."].map(|dot| format!("{stem}{dot}{kind}")))
            .collect();
        let file = (spellings.iter())
            .flat_map(|name| [dir.join(name), dir.join(format!("{name}.gz"))])
            .find(|path| path.is_file());
        file.unwrap_or_else(|| {
            missing.push(format!("{}[.gz]", spellings[0]));
            PathBuf::new()
        })
    });
    if missing.is_empty() {
        return Ok(Files { prefix, paths });
    }
    Err(Error::NoMnist {
        dir: dir.to_path_buf(),
        missing: missing.join(", "),
    })
}

/// Returns what stands before the names of the training images in a folder, sorted.
fn prefixes(dir: &Path) -> Vec<String> {
    let [(stems, kind), ..] = NAMES;
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut prefixes: Vec<String> = names
        .filter(|name| !name.starts_with('.'))
        .filter_map(|name| {
            let name = name.strip_suffix(".gz").unwrap_or(&name);
            let name = name.strip_suffix(kind)?.strip_suffix(['-', '.'])?;
            let prefix = name.strip_suffix(stems[0])?;
            Some(prefix.trim_end_matches('-').to_owned())
        })
        .collect();
    prefixes.sort();
    prefixes.dedup();
    prefixes
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
