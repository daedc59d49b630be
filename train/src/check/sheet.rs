//! The contact sheet: a row for each group, its pictures framed by part, the worst groups first.

use std::io::Cursor;
use std::path::Path;

use anyhow::{Context, Result};
use datasets::{Official, picture};
use font8x8::UnicodeFonts;
use image::imageops::{self, FilterType};
use image::{ImageFormat, Rgb, RgbImage};

use super::Grouped;
use crate::run_folder::write_atomically;

const ROWS: usize = 12;
const COLUMNS: usize = 8;
/// The side of a picture, in pixels.
const PICTURE: u32 = 128;
const FRAME: u32 = 3;
const CELL: u32 = PICTURE + 2 * FRAME + 10;
/// Height of a line of text: 8 pixels, drawn twice as large, and what is around it.
const LINE: u32 = 24;
const MARGIN: u32 = 16;
/// Letters that fit beside each other.
const LETTERS: usize = ((COLUMNS as u32 * CELL) / 16) as usize;

const PAPER: Rgb<u8> = Rgb([250, 250, 248]);
const INK: Rgb<u8> = Rgb([40, 40, 40]);
const ALARM: Rgb<u8> = Rgb([200, 30, 30]);
const TRAINING: Rgb<u8> = Rgb([0, 114, 178]);
const TESTING: Rgb<u8> = Rgb([230, 120, 0]);
const OTHER: Rgb<u8> = Rgb([150, 150, 150]);

/// Draws the first of the groups.
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
            ALARM
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
    write_atomically(path, file.get_ref())
}

/// Pictures of the group by class, with leaks.
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
    let picture = picture::decode(&dir.join(&origin.path))?;
    let small = picture
        .resize_exact(PICTURE, PICTURE, FilterType::Triangle)
        .to_rgb8();
    imageops::replace(sheet, &small, (left + FRAME).into(), (top + FRAME).into());
    Ok(())
}

/// A line of text at the left margin, cut where the sheet ends.
fn text(sheet: &mut RgbImage, line: &str, top: u32, colour: Rgb<u8>) {
    for (place, letter) in line.chars().take(LETTERS).enumerate() {
        // What the font lacks is a question mark.
        let basic = font8x8::BASIC_FONTS
            .get(letter)
            .or_else(|| font8x8::LATIN_FONTS.get(letter));
        let Some(rows) = basic.or_else(|| font8x8::BASIC_FONTS.get('?')) else {
            continue;
        };
        for (y, bits) in rows.iter().enumerate() {
            for x in (0..8).filter(|x| bits >> x & 1 == 1) {
                let left = MARGIN + place as u32 * 16 + x * 2;
                let top = top + y as u32 * 2;
                for (across, down) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                    sheet.put_pixel(left + across, top + down, colour);
                }
            }
        }
    }
}
