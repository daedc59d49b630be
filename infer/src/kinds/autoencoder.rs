//! Autoencoders, which reconstruct pictures.

use std::io::{self, Cursor, Write};
use std::path::{Path, PathBuf};

use burn::tensor::{Tensor, activation};
use console::Style;
use datasets::{ImagePreprocessing, Scaling, images};
use image::{DynamicImage, ImageFormat};
use models::file::USUAL_ERROR;
use models::layers::thousands;
use models::{InputShape, Network, Reconstruction};
use serde::Serialize;

use crate::arguments::Arguments;
use crate::error::{Error, Outcomes, Result};
use crate::info::ModelInfo;
use crate::kind::{Answer, Kind};
use crate::named_files::NamedFiles;
use crate::pictures::{self, Prepared};
use crate::table::Table;
use crate::terminal::{Terminal, printable};

/// Folder of the reconstructions unless the user names another.
const DEFAULT_FOLDER: &str = "reconstructions";

/// A network from images `[batch, channels, height, width]` of values of 0 to 1 to the same images.
type Reconstructor = Box<dyn Network<Input = Tensor<4>, Output = Reconstruction> + Send>;

/// An autoencoder.
pub(crate) struct Autoencoder {
    info: ModelInfo,
    preprocessing: ImagePreprocessing,
    network: Reconstructor,
    /// 95th percentile of the error on the validation pictures, if it was measured.
    usual_error: Option<f64>,
    /// Page that is read of each file, if the user chose one.
    page: Option<usize>,
    /// Whether the pictures are drawn in the terminal.
    shows: bool,
    reconstructions: NamedFiles,
    codes: Option<Table>,
    /// Whether the table of codes has its header.
    has_header: bool,
    /// Number of pictures, and of those with an unusual error.
    counts: [usize; 2],
}

/// The answer about one picture.
#[derive(Serialize)]
pub(crate) struct Reconstructed {
    path: String,
    /// Mean squared error of values of 0 to 1.
    mse: f64,
    /// Mean binary cross-entropy, in nats per value.
    bce: f64,
    /// Peak signal-to-noise ratio, in decibels.
    psnr: f64,
    /// Whether the error is larger than usual.
    unusual: Option<bool>,
    /// Path of the reconstruction.
    reconstruction: String,
    code: Vec<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<String>,
    /// Error that 95 % of the validation pictures stay below.
    #[serde(skip)]
    usual_error: Option<f64>,
    /// The picture and its reconstruction, if they are drawn in the terminal.
    #[serde(skip)]
    pictures: Vec<DynamicImage>,
}

impl Autoencoder {
    /// Prepares an autoencoder for the arguments.
    ///
    /// # Errors
    /// If the preprocessing does not fit the network, an option does not apply, or a folder or table cannot be created.
    pub fn new(
        info: ModelInfo,
        preprocessing: ImagePreprocessing,
        network: Reconstructor,
        arguments: &Arguments,
    ) -> Result<Self> {
        let shape = InputShape::Picture(preprocessing.shape());
        info.check(preprocessing.validate(), shape, &images::STATISTICS)?;
        if preprocessing.scaling != Scaling::Unit {
            let reason = "its pictures are not scaled to values of 0 to 1";
            return Err(info.contradiction(reason.to_owned()));
        }
        let options = ["--codes", "--page", "--reconstructions", "--show"];
        arguments.check_options(&options, "an autoencoder, which has no classes", &info.path)?;
        let folder = arguments.reconstructions.as_deref();
        let folder = folder.unwrap_or(Path::new(DEFAULT_FOLDER));
        let codes = arguments.codes.as_deref();
        let codes = codes.map(|path| Table::create("--codes", path));
        Ok(Self {
            usual_error: info.metric(USUAL_ERROR, "valid").map(|metric| metric.value),
            info,
            preprocessing,
            network,
            page: arguments.page,
            shows: pictures::are_shown(arguments),
            reconstructions: NamedFiles::create(folder, "--reconstructions", "reconstructed")?,
            codes: codes.transpose()?,
            has_header: false,
            counts: [0, 0],
        })
    }

    /// Writes the reconstruction of the picture at `path`, and returns the path of the file.
    fn write(&mut self, path: &str, reconstruction: &DynamicImage) -> Result<String> {
        let mut png = Cursor::new(Vec::new());
        reconstruction
            .write_to(&mut png, ImageFormat::Png)
            .map_err(|error| Error::Figure {
                path: path.to_owned(),
                reason: error.to_string(),
            })?;
        let name = self.reconstructions.name(path) + ".png";
        let file = self.reconstructions.write(&name, png.get_ref())?;
        Ok(file.display().to_string())
    }

    /// Appends a row to the table of codes, if the user asks for one.
    fn write_code(&mut self, answer: &Reconstructed) -> Result<()> {
        let Some(table) = &mut self.codes else {
            return Ok(());
        };
        if !self.has_header {
            let columns = (0..answer.code.len()).map(|unit| format!("c_{unit}"));
            table.row(std::iter::once("path".to_owned()).chain(columns))?;
            self.has_header = true;
        }
        let values = answer.code.iter().map(f32::to_string);
        table.row(std::iter::once(answer.path.clone()).chain(values))
    }

    /// Reconstructs prepared pictures. The answers do not have the path of their reconstruction yet.
    fn reconstruct(&self, pictures: Vec<Prepared>) -> Result<Vec<(Reconstructed, DynamicImage)>> {
        let bytes = pictures.iter().map(|picture| &*picture.bytes);
        let inputs = self.preprocessing.tensor(bytes, &self.info.device);
        let Reconstruction { logits, code, .. } = self.network.forward(inputs.clone());
        let outputs = activation::sigmoid(logits.clone());
        let mean = |errors: Tensor<4>| self.info.finite(errors.flatten::<2>(1, 3).mean_dim(1));
        let mses = mean((outputs.clone() - inputs.clone()).square())?;
        // ln(1 - sigmoid(z)) = ln sigmoid(z) - z
        let bces = mean((-inputs + 1.0) * logits.clone() - activation::log_sigmoid(logits))?;
        let [_, units] = code.dims();
        let codes = self.info.finite(code)?;
        let outputs = self.preprocessing.bytes_of(outputs);
        let outputs = outputs.chunks_exact(self.preprocessing.bytes());
        let figures = mses.into_iter().zip(bces).zip(codes.chunks_exact(units));
        let results = pictures.into_iter().zip(figures).zip(outputs);
        let results = results.map(|((picture, ((mse, bce), code)), output)| {
            let output = self.preprocessing.picture(output);
            let output = output.map_err(|error| self.info.contradiction(error.to_string()))?;
            let mse = f64::from(mse);
            let answer = Reconstructed {
                path: picture.path,
                mse,
                bce: f64::from(bce),
                psnr: -10.0 * mse.max(1e-12).log10(),
                unusual: self.usual_error.map(|usual| mse > usual),
                reconstruction: String::new(),
                code: code.to_vec(),
                notice: self.info.notice.clone(),
                usual_error: self.usual_error,
                pictures: picture.picture.into_iter().collect(),
            };
            Ok((answer, output))
        });
        results.collect()
    }
}

impl Kind for Autoencoder {
    type Input = PathBuf;
    type Answer = Reconstructed;

    const BATCH: usize = pictures::BATCH;
    const FAILED: &'static str = "pictures could not be answered";

    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn read(&self, arguments: &Arguments) -> Result<Outcomes<PathBuf>> {
        pictures::find(&arguments.inputs)
    }

    fn answer(&mut self, paths: &[PathBuf]) -> Result<Outcomes<Reconstructed>> {
        let Outcomes { ok, failed } =
            pictures::prepare(&self.preprocessing, paths, self.page, self.shows);
        let mut answers = Vec::with_capacity(ok.len());
        if !ok.is_empty() {
            for (mut answer, output) in self.reconstruct(ok)? {
                self.write_code(&answer)?;
                answer.reconstruction = self.write(&answer.path, &output)?;
                self.counts[0] += usize::from(answer.unusual.is_some());
                self.counts[1] += usize::from(answer.unusual == Some(true));
                if self.shows {
                    answer.pictures.push(output);
                }
                answers.push(answer);
            }
        }
        let ok = answers;
        Ok(Outcomes { ok, failed })
    }

    fn columns(&self) -> Vec<String> {
        let columns = ["path", "mse", "bce", "psnr", "unusual", "reconstruction"];
        self.info.with_notice_column(&columns)
    }

    fn finish(&mut self) -> Result<()> {
        self.codes.take().map_or(Ok(()), Table::finish)
    }

    fn print_counts(&self, terminal: &mut Terminal) -> io::Result<()> {
        let [total, unusual] = self.counts.map(thousands);
        if self.counts[0] < 2 {
            return Ok(());
        }
        writeln!(
            terminal,
            "pictures  {total}: {unusual} with an unusual error"
        )
    }

    fn quality(&self) -> (&'static str, String) {
        let metric = |name| self.info.metric(name, "test");
        let (Some(psnr), Some(mse)) = (metric("psnr"), metric("mse")) else {
            return ("PSNR", "not measured".into());
        };
        let (psnr, mse, n) = (psnr.value, mse.value, thousands(psnr.n));
        let line = format!("{psnr:.2} dB, mean squared error {mse:.5} on {n} test examples");
        ("PSNR", line)
    }
}

impl Answer for Reconstructed {
    fn print(&self, terminal: &mut Terminal) -> io::Result<()> {
        terminal.print_input(&self.path, &self.pictures)?;
        let (style, verdict) = match self.usual_error {
            Some(usual) => {
                let (style, word) = if self.mse > usual {
                    (Style::new().yellow(), "unusual")
                } else {
                    (Style::new().green(), "usual")
                };
                let verdict =
                    format!(", {word}: 95 % of the validation pictures stay below {usual:.5}");
                (style, verdict)
            }
            None => (Style::new().green(), String::new()),
        };
        let (mse, psnr) = (self.mse, self.psnr);
        let line = format!("error {mse:.5} (PSNR {psnr:.1} dB){verdict}");
        let line = terminal.styled(style, line);
        let file = printable(&self.reconstruction);
        writeln!(terminal, "  {line}\n  reconstruction: {file}")?;
        terminal.print_notice(self.notice.as_deref())?;
        writeln!(terminal)
    }

    fn row(&self) -> Vec<String> {
        let unusual = self.unusual.map(|unusual| unusual.to_string());
        let fixed = [
            self.path.clone(),
            self.mse.to_string(),
            self.bce.to_string(),
            self.psnr.to_string(),
            unusual.unwrap_or_default(),
            self.reconstruction.clone(),
        ];
        fixed.into_iter().chain(self.notice.clone()).collect()
    }
}
