//! Contact sheet of pictures, the network's noisy inputs, and their reconstructions.

use anyhow::Result;
use datasets::ImageSet;
use datasets::images::batch;
use datasets::split::Split;
use figures::Colour;
use figures::sheet::{Row, Sheet, Tile};
use image::DynamicImage;
use metrics::reconstruction::{Reconstructions, psnr};
use models::{Autoencoder, Network};

use crate::report::figure;
use crate::report::trained::Trained;

/// Number of pictures in a row.
const COLUMNS: usize = 10;

/// Side of a picture, in pixels.
const SIDE: u32 = 92;

/// Space between pictures, in pixels.
const GAP: u32 = 8;

/// One picture with its stages.
struct Shown {
    /// The picture, the network's input if noise was added, and the reconstruction.
    stages: Vec<DynamicImage>,
    /// Mean squared error of the reconstruction.
    error: f64,
}

/// Pictures under a title.
struct Block {
    title: String,
    shown: Vec<Shown>,
}

/// Writes `reconstructions.svg` and `reconstructions.png`: pictures of each class, and those with the largest errors.
///
/// # Errors
/// When drawing, the device or the disk fails.
pub fn write(run: &Trained<'_, ImageSet, Autoencoder>, test: &Reconstructions) -> Result<()> {
    let test_pictures = &run.split.test;
    let mut by_error: Vec<usize> = (0..test_pictures.len()).collect();
    by_error.sort_by(|&a, &b| test.errors[b].total_cmp(&test.errors[a]));
    by_error.truncate(COLUMNS);
    let block = |title: String, places: &[usize]| -> Result<Block> {
        let indices: Vec<usize> = places.iter().map(|&place| test_pictures[place]).collect();
        let shown = stages(run, &indices)?;
        let errors = places.iter().map(|&place| test.errors[place]);
        let shown = shown.into_iter().zip(errors);
        let shown = shown.map(|(stages, error)| Shown { stages, error });
        Ok(Block {
            title,
            shown: shown.collect(),
        })
    };
    let count = test_pictures.len();
    let blocks = vec![
        block(
            format!("Test pictures of each class ({count} in all)"),
            &of_each_class(run.set, run.split),
        )?,
        block(
            "Test pictures with the largest errors".to_owned(),
            &by_error,
        )?,
    ];
    let sheet = Sheet {
        side: SIDE,
        gap: GAP,
        columns: COLUMNS,
        rows: rows(blocks),
    };
    figure::write_sheet(run.folder, "reconstructions", &sheet)
}

/// Returns indices into the test part: the first picture of each class, then the second, and so on.
fn of_each_class(set: &ImageSet, split: &Split) -> Vec<usize> {
    let mut seen = vec![0usize; set.class_names.len()];
    let mut places: Vec<(usize, usize, usize)> = (split.test.iter().enumerate())
        .map(|(place, &index)| {
            let class = set.labels[index];
            seen[class] += 1;
            (seen[class], class, place)
        })
        .collect();
    places.sort_unstable();
    places.truncate(COLUMNS);
    places.sort_unstable_by_key(|(round, class, _)| (*class, *round));
    places.into_iter().map(|(.., place)| place).collect()
}

/// Returns the stages of each picture at `indices`: the picture, the input if noise was added, the reconstruction.
fn stages(
    run: &Trained<'_, ImageSet, Autoencoder>,
    indices: &[usize],
) -> Result<Vec<Vec<DynamicImage>>> {
    let (set, network) = (run.set.clone(), run.network);
    let noise = run.recipe.noise;
    let count = indices.len();
    let loader = batch::reconstruction_loader(set, indices.to_vec(), count, noise, run.seed)
        .to_device(run.device);
    let mut all = Vec::with_capacity(indices.len());
    for batch in loader.iter() {
        let batch = batch?;
        let reconstructed = network.forward(batch.inputs.clone()).pixels();
        let mut columns = vec![batch.targets];
        if noise.is_some() {
            columns.push(batch.inputs);
        }
        columns.push(reconstructed);
        let columns: Vec<Vec<DynamicImage>> = columns
            .into_iter()
            .map(|values| to_pictures(&run.set.preprocessing, values))
            .collect::<Result<_>>()?;
        let count = columns.first().map_or(0, Vec::len);
        all.extend((0..count).map(|place| {
            let stages = columns.iter().map(|column| column[place].clone());
            stages.collect()
        }));
    }
    Ok(all)
}

/// Converts values from 0 to 1 to pictures.
///
/// # Shapes
/// - `values`: `[batch, channels, height, width]`
pub fn to_pictures(
    preprocessing: &datasets::ImagePreprocessing,
    values: burn::tensor::Tensor<4>,
) -> Result<Vec<DynamicImage>> {
    let bytes: Vec<u8> = preprocessing.bytes_of(values);
    bytes
        .chunks_exact(preprocessing.bytes())
        .map(|bytes| Ok(preprocessing.picture(bytes)?))
        .collect()
}

/// Lays out each block: a row for each stage, with the reconstructions' errors below the last.
fn rows(blocks: Vec<Block>) -> Vec<Row> {
    let mut rows = Vec::new();
    for Block { title, shown } in blocks {
        rows.push(Row::Title(title));
        let stages = shown.iter().map(|shown| shown.stages.len()).max();
        let names = match stages {
            Some(3) => &["picture", "input", "reconstruction"][..],
            _ => &["picture", "reconstruction"],
        };
        for (stage, name) in names.iter().enumerate() {
            let is_last = stage + 1 == names.len();
            let tile = |shown: &Shown| {
                let error = format!("{:.1} dB", psnr(shown.error));
                Some(Tile {
                    picture: shown.stages.get(stage)?.clone(),
                    frame: None,
                    captions: is_last
                        .then_some((error, Colour::Ink))
                        .into_iter()
                        .collect(),
                })
            };
            rows.push(Row::Tiles {
                name: (*name).to_owned(),
                tiles: shown.iter().filter_map(tile).collect(),
            });
        }
    }
    rows
}
