//! The form of MNIST's pictures.

use image::GrayImage;

/// Side of an extracted digit, in pixels.
pub(crate) const SIDE: usize = 28;
/// Position of the centre of mass, in pixels from the left and the top: the middle of pixel 14 (from 0), half a pixel beyond
/// the middle, as measured on MNIST's own pictures.
pub(super) const CENTRE: f64 = 14.5;

/// Whether a picture has the form of MNIST's: 28x28 pixels, light on dark, a figure of 20 pixels on its longer side, and its
/// centre of mass in the centre. Of MNIST's 70,000 pictures, all have a figure of 18 to 20 pixels, and a centre of mass within
/// 0.52 pixels of (14.5, 14.5).
pub(super) fn is_that_of_mnist(picture: &GrayImage) -> bool {
    let side = SIDE as u32;
    if picture.dimensions() != (side, side) {
        return false;
    }
    let inked = || {
        picture
            .enumerate_pixels()
            .filter(|(.., light)| light.0[0] > 0)
    };
    let extent = |coordinate: fn(u32, u32) -> u32| {
        let coordinates = || inked().map(|(x, y, _)| coordinate(x, y));
        match (coordinates().min(), coordinates().max()) {
            (Some(first), Some(last)) => last - first + 1,
            _ => 0,
        }
    };
    let longer = extent(|x, _| x).max(extent(|_, y| y));
    let mass: f64 = inked().map(|(.., light)| f64::from(light.0[0])).sum();
    let offset = |coordinate: fn(u32, u32) -> u32| {
        let moments = inked()
            .map(|(x, y, light)| (f64::from(coordinate(x, y)) + 0.5) * f64::from(light.0[0]));
        (moments.sum::<f64>() / mass - CENTRE).abs()
    };
    (18..=20).contains(&longer) && offset(|x, _| x) < 0.75 && offset(|_, y| y) < 0.75
}
