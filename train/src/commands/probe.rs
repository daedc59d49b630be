//! `train probe`: checks how often an image classifier abstains on images of another kind than its training data.

use std::path::PathBuf;

use anyhow::{Result, anyhow, bail};
use clap::Args;
use datasets::{ImagePreprocessing, Preprocessing, images};
use models::device;
use models::file::{self, Card};
use models::{Calibration, InputShape};

use super::model_file::model_file;
use super::output::print;
use crate::options::DeviceArgument;
use crate::tasks::ood_check;

/// Arguments of `train probe`.
#[derive(Debug, Args)]
pub struct ProbeArguments {
    /// Model file, or folder of a run
    #[arg(value_name = "FILE|RUN", default_value = "runs/latest")]
    pub model: PathBuf,

    /// Number of generated images: noise, pages, patterns, drawn digits, scenes
    #[arg(long, value_name = "N", default_value_t = ood_check::COUNT as u32, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub count: u32,

    /// Folder that holds mnist/, to add as many of its test digits
    #[arg(long, value_name = "DIR", env = "HEBB_DATA", hide_env_values = true)]
    pub data: Option<PathBuf>,

    /// Folder to write the images to
    #[arg(long, value_name = "DIR")]
    pub save: Option<PathBuf>,

    #[command(flatten)]
    pub device: DeviceArgument,

    /// Print the counts as JSON
    #[arg(long)]
    pub json: bool,
}

/// Checks a model and prints how often it abstains.
///
/// # Errors
/// If the model cannot be read or is no calibrated classifier of images, or the images cannot be read or written.
pub fn probe(arguments: &ProbeArguments) -> Result<()> {
    let Some(choice) = arguments.device.choice()? else {
        return print(&device::help());
    };
    let path = model_file(&arguments.model);
    let device = device::select(&choice)?.device;
    let (card, predictor) = file::load::<Preprocessing>(&path, &device)?;
    let Some(network) = predictor.classifier() else {
        bail!(
            "{}: is not a classifier of images; name another model",
            path.display()
        );
    };
    let (preprocess, calibration) = usable(&card)
        .map_err(|reason| anyhow!("{}: {reason}; train the model again", path.display()))?;
    let count = arguments.count as usize;
    let mut images = ood_check::generated(count);
    if let Some(data) = &arguments.data {
        images.extend(ood_check::mnist(data, count)?);
    }
    if let Some(folder) = &arguments.save {
        ood_check::save(folder, &images)?;
    }
    let forward = |images| network.forward(images);
    let found = ood_check::check_pictures(&forward, preprocess, calibration, &device, &images)?;
    if arguments.json {
        return print(&serde_json::to_string_pretty(&found)?);
    }
    print(&format!(
        "{}\n{:.1} % of {} images of another kind get no answer",
        found.table(),
        100.0 * found.all.abstention_rate(),
        found.all.n
    ))
}

/// Returns the preprocessing and the calibration of a model, or why they cannot be used.
fn usable(card: &Card<Preprocessing>) -> Result<(&ImagePreprocessing, &Calibration), String> {
    let Preprocessing::Image(preprocess) = &card.preprocess else {
        return Err("does not classify images".to_owned());
    };
    (preprocess.validate()).map_err(|error| error.to_string())?;
    if InputShape::Picture(preprocess.shape()) != card.architecture.input() {
        return Err("its images have another size than its network takes".to_owned());
    }
    let Some(calibration) = &card.calibration else {
        return Err("it was never calibrated".to_owned());
    };
    match &calibration.ood_detector {
        Some(detector) if detector.statistics != images::STATISTICS => {
            Err("its out-of-distribution detector uses unknown statistics".to_owned())
        }
        _ => Ok((preprocess, calibration)),
    }
}
