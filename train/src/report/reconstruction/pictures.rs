//! The sheet of pictures, what went in where it was disturbed, and what came back.

use anyhow::Result;
use datasets::batch;
use image::DynamicImage;
use metrics::reconstruction::{Reconstructions, psnr};
use models::{Autoencoder, Network};
use plotters::style::text_anchor::{HPos, VPos};

use crate::data_run::PictureRun;
use crate::experiments::Job;
use crate::report::figure::{self, INK, TITLE_SIZE, text_style};
use crate::report::sheet::{self, Placed};

/// Pictures beside each other.
const COLUMNS: usize = 10;

/// Pixels: a picture's side, the space around it, the names of the rows, a block's title, the line
/// below a picture.
const SIDE: u32 = 92;
const GAP: u32 = 8;
const NAMES: u32 = 116;
const HEAD: u32 = 44;
const LINE: u32 = 20;

/// What happened to one picture.
struct Shown {
    /// The picture, what went in where that is another, and what came back.
    stages: Vec<DynamicImage>,
    error: f64,
}

/// Pictures under a title.
struct Block {
    title: String,
    shown: Vec<Shown>,
}

/// Writes `reconstructions.svg` and `.png`.
///
/// # Errors
/// When drawing, the device or the disk fails.
pub fn write(
    job: &Job,
    pictures: &PictureRun<'_>,
    network: &Autoencoder,
    test: &Reconstructions,
) -> Result<()> {
    let test_pictures = &pictures.split.test;
    let mut by_error: Vec<usize> = (0..test_pictures.len()).collect();
    by_error.sort_by(|&a, &b| test.errors[b].total_cmp(&test.errors[a]));
    by_error.truncate(COLUMNS);
    let block = |title: String, places: &[usize]| -> Result<Block> {
        let indices: Vec<usize> = places.iter().map(|&place| test_pictures[place]).collect();
        let shown = stages(job, pictures, network, &indices)?;
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
            &of_each_class(pictures),
        )?,
        block("Those that come back worst".to_owned(), &by_error)?,
    ];
    draw(job, &blocks)
}

/// Places in the test: the first of each class, then the second, and so on.
fn of_each_class(pictures: &PictureRun<'_>) -> Vec<usize> {
    let PictureRun { set, split, .. } = pictures;
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

/// The pictures at `indices`, what went in where that is another, and what came back.
fn stages(
    job: &Job,
    pictures: &PictureRun<'_>,
    network: &Autoencoder,
    indices: &[usize],
) -> Result<Vec<Vec<DynamicImage>>> {
    let set = &pictures.set;
    let noise = job.recipe.noise;
    let loader = batch::reconstruction_loader(
        set.clone(),
        indices.to_vec(),
        indices.len(),
        noise,
        job.seed,
    )
    .to_device(&job.device.device);
    let mut all = Vec::with_capacity(indices.len());
    for batch in loader.iter() {
        let batch = batch?;
        let back = network.forward(batch.inputs.clone()).pixels();
        let mut columns = vec![batch.targets];
        if noise.is_some() {
            columns.push(batch.inputs);
        }
        columns.push(back);
        let columns: Vec<Vec<DynamicImage>> = columns
            .into_iter()
            .map(|values| as_pictures(&set.preprocess, values))
            .collect::<Result<_>>()?;
        let count = columns.first().map_or(0, Vec::len);
        all.extend((0..count).map(|place| {
            let stages = columns.iter().map(|column| column[place].clone());
            stages.collect()
        }));
    }
    Ok(all)
}

/// Pictures from values of 0 to 1.
///
/// # Shapes
/// - `values`: `[batch, channels, height, width]`
pub(super) fn as_pictures(
    preprocess: &datasets::Preprocess,
    values: burn::tensor::Tensor<4>,
) -> Result<Vec<DynamicImage>> {
    let bytes: Vec<u8> = preprocess.bytes_of(values);
    bytes
        .chunks_exact(preprocess.bytes())
        .map(|bytes| Ok(preprocess.picture(bytes)?))
        .collect()
}

fn draw(job: &Job, blocks: &[Block]) -> Result<()> {
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
    let height = HEAD + rows as u32 * (SIDE + GAP) + LINE;
    let corner = |block: usize, row: usize, column: usize| {
        (
            NAMES + column as u32 * (SIDE + GAP),
            block as u32 * height + HEAD + row as u32 * (SIDE + GAP),
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
            let place = (2 * GAP as i32, (top - HEAD / 2) as i32);
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
    sheet::write(&job.folder, "reconstructions", &svg, &placed)
}
