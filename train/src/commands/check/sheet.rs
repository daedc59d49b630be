//! The contact sheet: a row for each group, the worst first, with frames coloured by part.

use std::io::Cursor;
use std::path::Path;

use anyhow::{Context, Result};
use datasets::{Official, images};
use font8x8::UnicodeFonts;
use image::imageops::{self, FilterType};
use image::{ImageFormat, Rgb, RgbImage};

use super::Grouped;

/// Maximum number of groups.
const ROWS: usize = 12;

/// Maximum number of pictures of a group.
const COLUMNS: usize = 8;

/// Side of a picture, in pixels.
const PICTURE: u32 = 128;

/// Width of a picture's frame, in pixels.
const FRAME: u32 = 3;

/// Side of a picture with its frame and the space beside it, in pixels.
const CELL: u32 = PICTURE + 2 * FRAME + 10;

/// Height of a line of text, in pixels: characters of 8 pixels, drawn twice as large, and the space around them.
const LINE: u32 = 24;

/// Margin of the sheet, in pixels.
const MARGIN: u32 = 16;

/// Number of characters that fit in a line.
const MAX_CHARACTERS: usize = ((COLUMNS as u32 * CELL) / 16) as usize;

const PAPER: Rgb<u8> = Rgb([250, 250, 248]);
const INK: Rgb<u8> = Rgb([40, 40, 40]);
const CONFLICT: Rgb<u8> = Rgb([200, 30, 30]);
const TRAINING: Rgb<u8> = Rgb([0, 114, 178]);
const TESTING: Rgb<u8> = Rgb([230, 120, 0]);
const OTHER: Rgb<u8> = Rgb([150, 150, 150]);

/// Draws the first of `groups` and writes the sheet.
pub(super) fn write(
    path: &Path,
    dir: &Path,
    grouped: &Grouped<'_>,
    groups: &[usize],
) -> Result<()> {
    let rows = groups.len().min(ROWS) as u32;
    let width = 2 * MARGIN + COLUMNS as u32 * CELL;
    let mut sheet =
        RgbImage::from_pixel(width, 2 * MARGIN + 2 * LINE + rows * (CELL + LINE), PAPER);
    let title = format!(
        "{}: {rows} of {} groups of copies",
        grouped.set.name,
        groups.len()
    );
    text(&mut sheet, &title, MARGIN, INK);
    let legend = "blue frame: training, orange: test, grey: no official part";
    text(&mut sheet, legend, MARGIN + LINE, INK);
    for (row, &group) in groups.iter().take(ROWS).enumerate() {
        let top = MARGIN + 2 * LINE + row as u32 * (CELL + LINE);
        let colour = if grouped.classes(group).len() > 1 {
            CONFLICT
        } else {
            INK
        };
        text(&mut sheet, &caption(grouped, group), top, colour);
        for (column, &index) in grouped.members[group].iter().take(COLUMNS).enumerate() {
            let left = MARGIN + column as u32 * CELL;
            cell(&mut sheet, dir, grouped, index, left, top + LINE)?;
        }
    }
    let mut file = Cursor::new(Vec::new());
    sheet
        .write_to(&mut file, ImageFormat::Png)
        .with_context(|| path.display().to_string())?;
    Ok(files::write(path, file.get_ref())?)
}

/// Returns a line with the number of pictures of each class, and of leaks.
fn caption(grouped: &Grouped<'_>, group: usize) -> String {
    let members = &grouped.members[group];
    let classes = grouped.classes(group).into_iter().map(|class| {
        let count = members
            .iter()
            .filter(|&&index| grouped.set.labels[index] == class)
            .count();
        format!("{count} {}", grouped.set.class_names[class])
    });
    let leaking = members
        .iter()
        .filter(|&&index| grouped.leaks(index))
        .count();
    let classes = classes.collect::<Vec<_>>().join(", ");
    let mut caption = format!("group {group}: {classes}");
    if leaking > 0 {
        caption += &format!("; {leaking} leak");
    }
    if grouped.classes(group).len() > 1 {
        caption += "; LABELS CONTRADICT";
    }
    caption
}

/// Draws a picture in its frame.
fn cell(
    sheet: &mut RgbImage,
    dir: &Path,
    grouped: &Grouped<'_>,
    index: usize,
    left: u32,
    top: u32,
) -> Result<()> {
    let origin = &grouped.set.origins[index];
    let colour = match origin.official {
        Some(Official::Test) => TESTING,
        Some(_) => TRAINING,
        None => OTHER,
    };
    let side = PICTURE + 2 * FRAME;
    let frame = RgbImage::from_pixel(side, side, colour);
    imageops::replace(sheet, &frame, left.into(), top.into());
    let picture = images::decode(&dir.join(&origin.path))?;
    let small = picture
        .resize_exact(PICTURE, PICTURE, FilterType::Triangle)
        .to_rgb8();
    imageops::replace(sheet, &small, (left + FRAME).into(), (top + FRAME).into());
    Ok(())
}

/// Draws a line of text at the left margin, truncated at the end of the sheet.
fn text(sheet: &mut RgbImage, line: &str, top: u32, colour: Rgb<u8>) {
    for (index, character) in line.chars().take(MAX_CHARACTERS).enumerate() {
        // Characters that the font lacks become question marks.
        let basic = font8x8::BASIC_FONTS
            .get(character)
            .or_else(|| font8x8::LATIN_FONTS.get(character));
        let Some(rows) = basic.or_else(|| font8x8::BASIC_FONTS.get('?')) else {
            continue;
        };
        for (y, bits) in rows.iter().enumerate() {
            for x in (0..8).filter(|x| bits >> x & 1 == 1) {
                let left = MARGIN + index as u32 * 16 + x * 2;
                let top = top + y as u32 * 2;
                for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                    sheet.put_pixel(left + dx, top + dy, colour);
                }
            }
        }
    }
}
