//! What a distribution of codes is good for: pictures from drawn codes, and the way from one picture
//! to another.

use anyhow::Result;
use burn::tensor::{Distribution, Tensor, TensorData, activation};
use models::Autoencoder;
use plotters::style::text_anchor::{HPos, VPos};

use super::pictures::as_pictures;
use crate::data_run::PictureRun;
use crate::experiments::Job;
use crate::report::figure::{self, INK, TITLE_SIZE, text_style};
use crate::report::sheet::{self, Placed};

/// Drawn pictures beside and above each other.
const ACROSS: usize = 12;
const DOWN: usize = 8;

/// Pairs of pictures, and the steps from one to the other, both counted.
const PAIRS: usize = 8;
const STEPS: usize = 12;

/// Pixels: a picture's side, the space around it, the title.
const SIDE: u32 = 76;
const GAP: u32 = 4;
const HEAD: u32 = 44;

/// Writes `drawn` and `interpolations`, each as `.svg` and `.png`.
///
/// # Errors
/// When drawing, the device or the disk fails.
pub fn write(job: &Job, pictures: &PictureRun<'_>, network: &Autoencoder) -> Result<()> {
    let device = &job.device.device;
    device.seed(job.seed);
    let normal = Distribution::Normal(0.0, 1.0);
    let normal = Tensor::<2>::random([ACROSS * DOWN, network.units()], normal, device);
    let title = "Pictures from codes drawn from a standard normal distribution";
    grid(job, pictures, network, "drawn", title, ACROSS, normal)?;
    let title = "From one test picture (left) to another (right) in even steps between their codes";
    let codes = between(job, pictures, network);
    grid(
        job,
        pictures,
        network,
        "interpolations",
        title,
        STEPS,
        codes,
    )
}

/// Codes in even steps from each picture to its partner: neighbours of another class where there are
/// several.
fn between(job: &Job, pictures: &PictureRun<'_>, network: &Autoencoder) -> Tensor<2> {
    let PictureRun { set, split, .. } = pictures;
    let pairs = split.test.len() / 2;
    let step = (pairs / PAIRS).max(1);
    let chosen = (0..pairs.min(PAIRS)).flat_map(|pair| {
        let first = split.test[pair * step];
        let others = split.test.iter().skip(pairs);
        let mut others = others.skip(pair * step);
        let other = others.find(|&&index| set.labels[index] != set.labels[first]);
        [first, other.copied().unwrap_or(first)]
    });
    let chosen: Vec<usize> = chosen.collect();
    let images = chosen.iter().map(|&index| set.image(index));
    let (codes, _) = network.encode(set.preprocess.tensor(images, &job.device.device));
    let units = network.units();
    let codes: Vec<f32> = codes.into_data().iter::<f32>().collect();
    let pairs = codes.chunks_exact(2 * units);
    let steps: Vec<f32> = pairs
        .flat_map(|pair| {
            let (from, to) = pair.split_at(units);
            (0..STEPS).flat_map(move |step| {
                let share = step as f32 / (STEPS - 1) as f32;
                let values = from.iter().zip(to);
                values.map(move |(from, to)| from + share * (to - from))
            })
        })
        .collect();
    let data = TensorData::new(steps, [codes.len() / 2 / units * STEPS, units]);
    Tensor::from_data(data, &job.device.device)
}

/// The pictures of codes, `across` beside each other.
fn grid(
    job: &Job,
    pictures: &PictureRun<'_>,
    network: &Autoencoder,
    name: &str,
    title: &str,
    across: usize,
    codes: Tensor<2>,
) -> Result<()> {
    let values = activation::sigmoid(network.decode(codes));
    let shown = as_pictures(&pictures.set.preprocess, values)?;
    let down = shown.len().div_ceil(across) as u32;
    let size = (
        3 * GAP + across as u32 * (SIDE + GAP),
        HEAD + down * (SIDE + GAP) + GAP,
    );
    let svg = figure::svg(size, |area| {
        let style = text_style(TITLE_SIZE, INK, HPos::Left, VPos::Center);
        Ok(area.draw_text(title, &style, (2 * GAP as i32, HEAD as i32 / 2))?)
    })?;
    let placed = shown
        .into_iter()
        .enumerate()
        .map(|(place, picture)| Placed {
            corner: (
                2 * GAP + (place % across) as u32 * (SIDE + GAP),
                HEAD + (place / across) as u32 * (SIDE + GAP),
            ),
            side: SIDE,
            picture,
        });
    sheet::write(&job.folder, name, &svg, &placed.collect::<Vec<_>>())
}
