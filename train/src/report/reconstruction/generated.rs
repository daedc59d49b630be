//! Pictures that a variational autoencoder generates: from sampled codes, and from codes between two pictures.

use anyhow::Result;
use burn::tensor::{Distribution, Tensor, TensorData, activation};
use datasets::ImageSet;
use figures::sheet::{Row, Sheet, Tile};
use image::DynamicImage;
use models::Autoencoder;

use super::pictures::to_pictures;
use crate::report::figure;
use crate::report::trained::Trained;

/// Number of columns of the generated pictures.
const COLUMNS: usize = 12;

/// Number of rows of the generated pictures.
const ROWS: usize = 8;

/// Number of pairs of pictures that are interpolated.
const PAIRS: usize = 8;

/// Minimum number of test pictures for an interpolation.
pub const INTERPOLATED: usize = 2;

/// Number of pictures from one end of an interpolation to the other, both included.
const STEPS: usize = 12;

/// Side of a picture, in pixels.
const SIDE: u32 = 76;

/// Space between pictures, in pixels.
const GAP: u32 = 4;

/// Writes `drawn` and, if there are two test pictures, `interpolations`, each as `.svg` and `.png`.
///
/// # Errors
/// When drawing, the device or the disk fails.
pub fn write(run: &Trained<'_, ImageSet, Autoencoder>) -> Result<()> {
    let network = run.network;
    run.device.seed(run.seed);
    let normal = Distribution::Normal(0.0, 1.0);
    let normal = Tensor::<2>::random([COLUMNS * ROWS, network.units()], normal, run.device);
    let title = "Pictures from codes drawn from a standard normal distribution";
    grid(run, "drawn", title, COLUMNS, normal)?;
    if run.split.test.len() < INTERPOLATED {
        return Ok(());
    }
    let title = "From one test picture (left) to another (right) in even steps between their codes";
    grid(run, "interpolations", title, STEPS, interpolated_codes(run))
}

/// Interpolates linearly between the codes of pairs of pictures, of different classes where there are several.
///
/// Returns `[pairs * STEPS, units]`.
fn interpolated_codes(run: &Trained<'_, ImageSet, Autoencoder>) -> Tensor<2> {
    let Trained { set, split, .. } = run;
    let network = run.network;
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
    let (codes, _) = network.encode(set.preprocessing.tensor(images, run.device));
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
    Tensor::from_data(data, run.device)
}

/// Writes the pictures decoded from `codes`, `columns` in a row.
fn grid(
    run: &Trained<'_, ImageSet, Autoencoder>,
    name: &str,
    title: &str,
    columns: usize,
    codes: Tensor<2>,
) -> Result<()> {
    let values = activation::sigmoid(run.network.decode(codes));
    let shown = to_pictures(&run.set.preprocessing, values)?;
    let tile = |picture: &DynamicImage| Tile {
        picture: picture.clone(),
        ..Tile::default()
    };
    let mut rows = vec![Row::Title(title.to_owned())];
    rows.extend(
        shown
            .chunks(columns)
            .map(|pictures| Row::tiles(pictures.iter().map(tile))),
    );
    let sheet = Sheet {
        side: SIDE,
        gap: GAP,
        columns,
        rows,
    };
    figure::write_sheet(run.folder, name, &sheet)
}
