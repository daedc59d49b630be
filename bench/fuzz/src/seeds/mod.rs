//! The inputs that fuzzing starts from: small files of every kind, made by Hebb's generators and by encoders.
//!
//! - [`pictures`]: JPEG, PNG, TIFF, BMP, WebP, GIF and digits
//! - [`tables`]: IDX files, and tables of every kind
//! - [`text`]: sentence pairs, parse trees, currents
//! - [`models`]: model files and their cards
//! - [`command_lines`]: arguments of `train` and `infer`

pub mod command_lines;
pub mod models;
pub mod pictures;
pub mod tables;
pub mod text;

use std::fs;
use std::path::Path;

/// The inputs of one target.
pub struct Seeds {
    /// Name of the target.
    pub target: &'static str,
    /// The inputs.
    pub inputs: Vec<Vec<u8>>,
}

impl Seeds {
    fn new(target: &'static str, inputs: Vec<Vec<u8>>) -> Self {
        Self { target, inputs }
    }

    /// Inputs that are text.
    fn text(target: &'static str, inputs: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let inputs = inputs.into_iter().map(|text| text.into().into_bytes());
        Self::new(target, inputs.collect())
    }
}

/// Writes the inputs of every target into a folder of its own in `folder`. Returns their number.
///
/// # Panics
/// If one cannot be made or written.
pub fn write(folder: &Path) -> usize {
    let all = [
        pictures::all(),
        tables::all(),
        text::all(),
        models::all(),
        command_lines::all(),
    ];
    let mut count = 0;
    for seeds in all.into_iter().flatten() {
        let folder = folder.join(seeds.target);
        fs::create_dir_all(&folder).expect("a folder for the inputs");
        for (number, input) in seeds.inputs.iter().enumerate() {
            fs::write(folder.join(format!("seed-{number:03}")), input).expect("an input");
        }
        count += seeds.inputs.len();
    }
    count
}
