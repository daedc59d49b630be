//! Contact sheet of pictures, the network's noisy inputs, and their reconstructions.

use anyhow::Result;
use datasets::ImageSet;
use datasets::images::batch;
use datasets::split::Split;
use image::DynamicImage;
use metrics::reconstruction::{Reconstructions, psnr};
use models::{Autoencoder, Network};
use plotters::style::text_anchor::{HPos, VPos};

use crate::report::figure::{self, INK, TITLE_SIZE, text_style};
use crate::report::sheet::{self, Placed};
use crate::report::trained::Trained;
use crate::run_folder::RunFolder;

/// Number of pictures in a row.
const COLUMNS: usize = 10;

/// Side of a picture, in pixels.
const SIDE: u32 = 92;

/// Space between pictures, in pixels.
const GAP: u32 = 8;

/// Width of the row names, in pixels.
const NAMES: u32 = 116;

/// Height of a block's title, in pixels.
const TITLE_HEIGHT: u32 = 44;

/// Height of the text below a picture, in pixels.
const LINE: u32 = 20;

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
    let blocks = [
        block(
            format!("Test pictures of each class ({count} in all)"),
            &of_each_class(run.set, run.split),
        )?,
        block("Those that come back worst".to_owned(), &by_error)?,
    ];
    draw(run.folder, &blocks)
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
    let (set, network) = (run.set.clone(), &run.fitted.network);
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
            .map(|values| as_pictures(&run.set.preprocessing, values))
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
pub(super) fn as_pictures(
    preprocess: &datasets::ImagePreprocessing,
    values: burn::tensor::Tensor<4>,
) -> Result<Vec<DynamicImage>> {
    let bytes: Vec<u8> = preprocess.bytes_of(values);
    bytes
        .chunks_exact(preprocess.bytes())
        .map(|bytes| Ok(preprocess.picture(bytes)?))
        .collect()
}

fn draw(folder: &RunFolder, blocks: &[Block]) -> Result<()> {
    let rows = blocks
        .iter()
        .flat_map(|block| &block.shown)
        .map(|shown| shown.stages.len())
        .max()
        .unwrap_or(0);
    let names: &[&str] = if rows == 3 {
        &["picture", "what went in", "what came back"]
    } else {
        &["picture", "what came back"]
    };
    let height = TITLE_HEIGHT + rows as u32 * (SIDE + GAP) + LINE;
    let corner = |block: usize, row: usize, column: usize| {
        (
            NAMES + column as u32 * (SIDE + GAP),
            block as u32 * height + TITLE_HEIGHT + row as u32 * (SIDE + GAP),
        )
    };
    let size = (
        NAMES + COLUMNS as u32 * (SIDE + GAP) + GAP,
        blocks.len() as u32 * height + GAP,
    );
    let svg = figure::svg(size, |area| {
        for (number, block) in blocks.iter().enumerate() {
            let (_, top) = corner(number, 0, 0);
            let style = text_style(TITLE_SIZE, INK, HPos::Left, VPos::Center);
            let place = (2 * GAP as i32, (top - TITLE_HEIGHT / 2) as i32);
            area.draw_text(&block.title, &style, place)?;
            for (row, name) in names.iter().enumerate() {
                let (_, top) = corner(number, row, 0);
                let style = text_style(13, INK, HPos::Right, VPos::Center);
                let place = ((NAMES - GAP) as i32, (top + SIDE / 2) as i32);
                area.draw_text(name, &style, place)?;
            }
            for (column, shown) in block.shown.iter().enumerate() {
                let (left, top) = corner(number, rows, column);
                let style = text_style(12, INK, HPos::Center, VPos::Top);
                let text = format!("{:.1} dB", psnr(shown.error));
                area.draw_text(&text, &style, ((left + SIDE / 2) as i32, top as i32 - 2))?;
            }
        }
        Ok(())
    })?;
    let mut placed = Vec::new();
    for (number, block) in blocks.iter().enumerate() {
        for (column, shown) in block.shown.iter().enumerate() {
            for (row, picture) in shown.stages.iter().enumerate() {
                placed.push(Placed {
                    corner: corner(number, row, column),
                    side: SIDE,
                    picture: picture.clone(),
                });
            }
        }
    }
    sheet::write(folder, "reconstructions", &svg, &placed)
}
