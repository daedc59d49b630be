//! What the tests share: real data where it is, and small pictures.
#![allow(dead_code)] // each test file uses its own part

use std::path::PathBuf;

use datasets::{Channels, Filter, Fit, ImagePreprocessing, ImageSource, Scaling};
use image::{DynamicImage, RgbImage};
use sha2::{Digest, Sha256};

/// The folder of a real data set, or `None` with a loud note where there is none.
pub fn real_data(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("HEBB_DATA").map(|root| PathBuf::from(root).join(name));
    match folder {
        Some(folder) if folder.is_dir() => Some(folder),
        _ => {
            eprintln!("SKIPPED: no real data, set HEBB_DATA to the folder that holds {name}/");
            None
        }
    }
}

pub fn preprocessing(width: usize, height: usize, channels: Channels) -> ImagePreprocessing {
    ImagePreprocessing {
        width,
        height,
        channels,
        filter: Filter::Bilinear,
        fit: Fit::Stretch,
        scaling: Scaling::Unit,
        source: ImageSource::Picture,
    }
}

/// A smooth colour picture, different in every corner.
pub fn gradient(width: u32, height: u32) -> DynamicImage {
    let part = |at: u32, of: u32| (at * 255 / of.max(2).saturating_sub(1).max(1)).min(255) as u8;
    RgbImage::from_fn(width, height, |x, y| {
        [part(x, width), part(y, height), 255 - part(x, width)].into()
    })
    .into()
}

/// Returns the SHA-256 of `bytes`, hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
