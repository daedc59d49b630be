//! From pictures to the same pictures: what an autoencoder makes of them.

use std::io::Cursor;
use std::path::PathBuf;

use burn::tensor::{Tensor, activation};
use image::{DynamicImage, ImageFormat};
use models::Reconstruction;
use models::file::{Metric, USUAL_ERROR};

use crate::answer::read;
use crate::error::{Error, Failed, Result};
use crate::inputs::Source;
use crate::model::Model;
use crate::outputs::Files;
use crate::table::Table;

/// What the model made of one picture.
#[derive(Clone, Debug)]
pub struct Reconstructed {
    /// The picture, as it was named or found.
    pub path: String,
    /// Mean squared error, of values of 0 to 1.
    pub mse: f64,
    /// Mean binary cross-entropy, in nats per value.
    pub bce: f64,
    /// The code.
    pub code: Vec<f32>,
    /// The decoded picture, where it is to be shown.
    pub picture: Option<DynamicImage>,
    /// What came back, as large as the network's pictures.
    pub back: DynamicImage,
    /// Where that was written.
    pub file: PathBuf,
}

impl Reconstructed {
    /// Peak signal-to-noise ratio in decibels: white is 1.
    pub fn psnr(&self) -> f64 {
        -10.0 * self.mse.max(1e-12).log10()
    }

    /// Whether the error is larger than that of nearly all pictures of the kind the model was
    /// trained on; `None` where that was not measured.
    pub fn is_unusual(&self, usual: Option<f64>) -> Option<bool> {
        usual.map(|usual| self.mse > usual)
    }
}

/// The error that 95 % of the model's validation pictures stay below.
pub fn usual_error(metrics: &[Metric]) -> Option<f64> {
    let mut metrics = metrics.iter();
    let found = metrics.find(|metric| metric.name == USUAL_ERROR && metric.split == "valid");
    found.map(|metric| metric.value)
}

/// Reconstructs a batch of pictures, in their order, and writes what came back into `files`.
///
/// Every picture is in one of the two lists. `keep` keeps the decoded pictures.
///
/// # Errors
/// The model cannot answer, or the disk refuses. A picture that cannot be read is no error of the
/// batch.
pub fn reconstruct(
    model: &Model,
    sources: &[Source],
    keep: bool,
    files: &mut Files,
) -> Result<(Vec<Reconstructed>, Vec<Failed>)> {
    let preprocess = model.preprocess()?;
    let (prepared, failed) = read(preprocess, sources, keep);
    if prepared.is_empty() {
        return Ok((Vec::new(), failed));
    }
    let bytes: Vec<&[u8]> = prepared.iter().map(|one| &*one.bytes).collect();
    let (inputs, made) = model.reconstruct(&bytes)?;
    let Reconstruction { logits, code, .. } = made;
    let pixels = activation::sigmoid(logits.clone());
    let errors = by_picture((pixels.clone() - inputs.clone()).square())?;
    // ln(1 - sigma(z)) = ln sigma(z) - z.
    let losses = (-inputs + 1.0) * logits.clone() - activation::log_sigmoid(logits);
    let losses = by_picture(losses)?;
    let [_, units] = code.dims();
    let codes = values(code)?;
    let backs = preprocess.bytes_of(pixels);
    if [&errors, &losses, &codes]
        .iter()
        .any(|values| values.iter().any(|value| !value.is_finite()))
    {
        let reason = "its network gives numbers that are not finite: the training diverged";
        return Err(model.contradiction(reason.to_owned()));
    }
    let rows = codes
        .chunks_exact(units)
        .zip(backs.chunks_exact(preprocess.bytes()));
    let figures = errors.iter().zip(&losses).zip(rows);
    let mut all = Vec::with_capacity(prepared.len());
    for (one, ((mse, bce), (code, back))) in prepared.into_iter().zip(figures) {
        let back =
            (preprocess.picture(back)).map_err(|error| model.contradiction(error.to_string()))?;
        all.push(Reconstructed {
            file: write(files, &one.path, &back)?,
            path: one.path,
            mse: f64::from(*mse),
            bce: f64::from(*bce),
            code: code.to_vec(),
            picture: one.picture,
            back,
        });
    }
    Ok((all, failed))
}

/// Writes what came back of the picture at `path`.
fn write(files: &mut Files, path: &str, back: &DynamicImage) -> Result<PathBuf> {
    let mut png = Cursor::new(Vec::new());
    (back.write_to(&mut png, ImageFormat::Png))
        .map_err(|error| Error::Compute(error.to_string()))?;
    let name = files.name(path);
    files.write(&format!("{name}.png"), png.get_ref())
}

/// The mean over all but the first dimension.
fn by_picture(tensor: Tensor<4>) -> Result<Vec<f32>> {
    values(tensor.flatten::<2>(1, 3).mean_dim(1))
}

fn values(tensor: Tensor<2>) -> Result<Vec<f32>> {
    let values = tensor.try_into_vec_as::<f32>();
    values.map_err(|error| Error::Compute(error.to_string()))
}

/// Writes the header of the table of errors.
///
/// # Errors
/// The table cannot be written.
pub fn header(table: &mut Table, notice: Option<&str>) -> Result<()> {
    let fixed = ["path", "mse", "bce", "psnr", "unusual", "reconstruction"];
    let notice = notice.map(|_| "notice");
    table.record(fixed.into_iter().chain(notice))
}

/// Writes a row of the table of errors.
///
/// # Errors
/// The table cannot be written.
pub fn row(
    table: &mut Table,
    one: &Reconstructed,
    usual: Option<f64>,
    notice: Option<&str>,
) -> Result<()> {
    let unusual = one.is_unusual(usual);
    let fixed = [
        one.path.clone(),
        one.mse.to_string(),
        one.bce.to_string(),
        one.psnr().to_string(),
        unusual.map_or(String::new(), |unusual| unusual.to_string()),
        one.file.display().to_string(),
    ];
    table.record(fixed.into_iter().chain(notice.map(str::to_owned)))
}

/// Writes the header of the table of codes: `path`, then `c_0`, `c_1`, ...
///
/// # Errors
/// The table cannot be written.
pub fn code_header(table: &mut Table, units: usize) -> Result<()> {
    let columns = (0..units).map(|unit| format!("c_{unit}"));
    table.record(std::iter::once("path".to_owned()).chain(columns))
}

/// Writes a row of the table of codes.
///
/// # Errors
/// The table cannot be written.
pub fn code_row(table: &mut Table, one: &Reconstructed) -> Result<()> {
    let values = one.code.iter().map(f32::to_string);
    table.record(std::iter::once(one.path.clone()).chain(values))
}
