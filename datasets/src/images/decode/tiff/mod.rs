//! TIFF: strips and tiles, chunky and planar, of 1 to 64 bits, classic and big, of several pages.

mod chunks;
mod directory;
mod page;
mod samples;

use image::metadata::Orientation;

use self::directory::{Directory, File};
use self::page::Page;
use super::layers::Layers;
use super::limits::Limits;
use super::pages::{self, Place};
use super::refusal::damaged;

/// Decodes the page that `page` names, from 1, or the first that is neither blank nor a thumbnail.
///
/// # Errors
/// Why the file cannot be read.
pub(super) fn decode(bytes: &[u8], page: Option<usize>, limits: &Limits) -> Result<Layers, String> {
    let file = File::new(bytes).ok_or_else(|| damaged("TIFF", "no header"))?;
    let directories = file.directories()?;
    let places: Vec<Place> = directories.iter().map(place).collect();
    pages::choose("page", &places, page, |index| {
        let directory = &directories[index];
        let page = Page::new(file, directory, limits)?;
        let samples = chunks::read(&page, limits)?;
        let mut layers = samples::picture(&page, &samples)?;
        let orientation = Orientation::from_exif(directory.number(274, 1).min(255) as u8);
        (layers.picture).apply_orientation(orientation.unwrap_or(Orientation::NoTransforms));
        Ok(layers)
    })
}

/// Returns what is known of a page before it is decoded.
fn place(directory: &Directory<'_>) -> Place {
    let [width, height] = [256, 257].map(|tag| directory.number(tag, 0));
    // A reduced version of another page, or a mask of it (TIFF 6.0, NewSubfileType).
    let is_reduced = directory.number(254, 0) & 5 != 0;
    Place {
        size: [width, height],
        is_reduced,
    }
}
