//! The contact sheet: a row for each group, the worst first, with frames coloured by part.

use std::path::Path;

use anyhow::Result;
use datasets::{Official, images};
use figures::Colour;
use figures::sheet::{Row, Sheet, Tile};
use image::imageops::FilterType;

use super::grouped::Grouped;

/// Maximum number of groups.
const ROWS: usize = 12;

/// Maximum number of pictures of a group.
const COLUMNS: usize = 8;

/// Side of a picture, in pixels.
const SIDE: u32 = 128;

/// Colours of the frames: blue, orange and grey.
const TRAINING: Colour = Colour::Series(0);
const TEST: Colour = Colour::Series(4);
const OTHER: Colour = Colour::Muted;

/// Draws the first of `groups` as PNG, from the pictures in `dir`.
pub fn png(dir: &Path, grouped: &Grouped<'_>, groups: &[usize]) -> Result<Vec<u8>> {
    let shown = &groups[..groups.len().min(ROWS)];
    let title = format!(
        "{}: {} of {} groups of copies",
        grouped.set.name,
        shown.len(),
        groups.len()
    );
    let legend = "blue frame: training, orange: test, grey: no official part";
    let mut rows = vec![
        Row::Title(title),
        Row::Heading(legend.to_owned(), Colour::Ink),
    ];
    for &group in shown {
        let is_conflict = grouped.classes(group).len() > 1;
        let colour = if is_conflict {
            Colour::Alert
        } else {
            Colour::Ink
        };
        rows.push(Row::Heading(caption(grouped, group), colour));
        let members = grouped.members[group].iter().take(COLUMNS);
        let tiles = members.map(|&index| tile(dir, grouped, index));
        rows.push(Row::tiles(tiles.collect::<Result<Vec<_>>>()?));
    }
    let sheet = Sheet {
        side: SIDE,
        gap: 16,
        columns: COLUMNS,
        rows,
    };
    Ok(sheet.png()?)
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

/// Reads a picture, in a frame that says which part it is in.
fn tile(dir: &Path, grouped: &Grouped<'_>, index: usize) -> Result<Tile> {
    let origin = &grouped.set.origins[index];
    let picture = images::decode(&datasets::path_below(dir, &origin.path))?;
    Ok(Tile {
        // The sheet has two pixels for each of its side.
        picture: picture.resize(2 * SIDE, 2 * SIDE, FilterType::Triangle),
        frame: Some(match origin.official {
            Some(Official::Test) => TEST,
            Some(_) => TRAINING,
            None => OTHER,
        }),
        captions: Vec::new(),
    })
}
