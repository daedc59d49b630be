//! Files of several pages or frames: which of them is the picture.

use image::DynamicImage;

use super::layers::Layers;

/// Maximum number of blank pages that are decoded in search of one that is not.
const MAX_BLANK: usize = 32;

/// Maximum number of pixels that are decoded in this search: 32 pages of 1448x1448. A small file may hold many blank pages
/// of the largest size, each of which takes half a second.
const MAX_SEARCHED: u64 = 1 << 26;

/// What is known of a page before it is decoded.
pub(super) struct Place {
    /// Width and height, in pixels.
    pub size: [u64; 2],
    /// Whether the file says that it is a reduced version of another page.
    pub is_reduced: bool,
}

/// Decodes the page that `wanted` names, from 1, or the first that is neither a thumbnail nor blank, with a notice.
///
/// # Errors
/// If there is no such page, or it cannot be decoded.
pub(super) fn choose(
    noun: &str,
    places: &[Place],
    wanted: Option<usize>,
    mut decode: impl FnMut(usize) -> Result<Layers, String>,
) -> Result<Layers, String> {
    let count = places.len();
    if let Some(wanted) = wanted {
        let index = (wanted.checked_sub(1)).filter(|&index| index < count);
        let index = index.ok_or_else(|| {
            let are = if count == 1 { "is" } else { "are" };
            format!("no {noun} {wanted} in it: there {are} {count}; choose another --page")
        })?;
        return decode(index);
    }
    if count == 1 {
        return decode(0);
    }
    let most = [0, 1].map(|axis| {
        places
            .iter()
            .map(|place| place.size[axis])
            .max()
            .unwrap_or(0)
    });
    let is_thumbnail = |place: &Place| {
        place.is_reduced
            || [0, 1]
                .iter()
                .all(|&axis| 2 * place.size[axis] <= most[axis])
    };
    let mut candidates: Vec<usize> = (0..count)
        .filter(|&index| !is_thumbnail(&places[index]))
        .collect();
    if candidates.is_empty() {
        candidates.push(0);
    }
    let (mut index, mut layers) = (candidates[0], decode(candidates[0])?);
    let size = u64::from(layers.picture.width()) * u64::from(layers.picture.height());
    let affordable = (MAX_SEARCHED / size.max(1)) as usize;
    for &other in candidates.iter().take(MAX_BLANK.min(affordable)).skip(1) {
        if !is_blank(&layers.picture) {
            break;
        }
        let next = decode(other)?;
        if !is_blank(&next.picture) {
            (index, layers) = (other, next);
        }
    }
    let why = match index {
        0 => "the first",
        _ => "the first that is neither blank nor a thumbnail",
    };
    let number = index + 1;
    layers.notices.push(format!(
        "{noun} {number} of {count} is read, {why} (infer --page N reads another)"
    ));
    Ok(layers)
}

/// Returns whether all pixels are the same, or all are transparent.
fn is_blank(picture: &DynamicImage) -> bool {
    let width = usize::from(picture.color().bytes_per_pixel());
    let bytes = picture.as_bytes();
    if bytes
        .chunks_exact(width)
        .all(|pixel| pixel == &bytes[..width])
    {
        return true;
    }
    picture.color().has_alpha() && {
        let alpha = picture.to_luma_alpha8();
        alpha.pixels().all(|pixel| pixel.0[1] == 0)
    }
}

#[cfg(test)]
mod tests {
    use image::GrayImage;

    use super::*;

    /// Returns the pages that are decoded of `count` blank ones with this side.
    fn decoded(side: u32, count: usize) -> Vec<usize> {
        let place = |_| Place {
            size: [side.into(); 2],
            is_reduced: false,
        };
        let places: Vec<Place> = (0..count).map(place).collect();
        let mut decoded = Vec::new();
        let chosen = choose("page", &places, None, |index| {
            decoded.push(index);
            Ok(DynamicImage::from(GrayImage::new(side, side)).into())
        });
        assert!(chosen.unwrap().notices[0].contains("page 1 of"));
        decoded
    }

    #[test]
    fn the_search_among_blank_pages_ends() {
        assert_eq!(decoded(8, 40).len(), 32);
        assert_eq!(decoded(4096, 40), [0, 1, 2, 3]);
    }
}
