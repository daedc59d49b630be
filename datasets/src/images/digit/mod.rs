//! Extraction of a handwritten digit from a photograph or drawing, in the form of MNIST's digits.
//!
//! Follows LeCun, Cortes and Burges, The MNIST database of handwritten digits: the figure, as black and white, is scaled to
//! 20 pixels on its longer side, with grey levels from anti-aliasing, and placed in 28x28 pixels so that its centre of mass
//! is in the centre.
//!
//! - [`grey`]: the picture, whether its ink is dark or light, uneven lighting, and the threshold between ink and paper
//! - [`marks`]: connected regions of ink; which of them are a frame, specks, or the figure
//! - [`figure`]: the shape of the figure, and its way into 28x28 pixels

mod figure;
mod grey;
mod marks;

use image::GrayImage;

use crate::error::Error;
use figure::Figure;
use grey::GreyImage;

/// Side of an extracted digit, in pixels.
pub(crate) const SIDE: usize = 28;
/// Position of the centre of mass, in pixels from the left and the top: the middle of pixel 14 (from 0), half a pixel beyond
/// the middle, as measured on MNIST's own pictures.
const CENTRE: f64 = 14.5;

/// Extracts the digit of a picture and centres it: 784 bytes, light on dark. A picture in MNIST's form is returned as it is.
///
/// # Errors
/// [`Error::NotADigit`] if there is no digit, or more than one.
pub(crate) fn extract(picture: &GrayImage) -> Result<Vec<u8>, Error> {
    let inverted = GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
        [255 - picture.get_pixel(x, y).0[0]].into()
    });
    for candidate in [picture, &inverted] {
        if has_form_of_mnist(candidate) {
            return Ok(candidate.as_raw().clone());
        }
    }
    let picture = GreyImage::new(picture)?;
    let has_dark_ink = picture.has_dark_ink()?;
    let figure = match figure_in(&picture.light_ink(has_dark_ink)) {
        // The darker ink on what was taken for it, such as a sheet on a table.
        Err(refusal) if refusal.is_area => {
            figure_in(&picture.light_ink(!has_dark_ink)).map_err(|_| refusal)?
        }
        figure => figure?,
    };
    figure.thickened().place()
}

/// Finds the figure in a picture with light ink.
fn figure_in(ink: &GreyImage) -> Result<Figure, Refusal> {
    let marks = marks::find(ink, ink.threshold()?)?;
    Figure::new(ink, &marks)
}

/// Whether a picture has the form of MNIST's: 28x28 pixels, light on dark, a figure of 20 pixels on its longer side, and its
/// centre of mass in the centre. Of MNIST's 70,000 pictures, all have a figure of 18 to 20 pixels, and a centre of mass within
/// 0.52 pixels of (14.5, 14.5).
fn has_form_of_mnist(picture: &GrayImage) -> bool {
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

/// Returns a pixel and its up to eight neighbours, as positions in a picture that is stored row by row.
fn around(pixel: usize, width: usize, height: usize) -> impl Iterator<Item = usize> {
    let (x, y) = (pixel % width, pixel / width);
    let (right, bottom) = ((x + 1).min(width - 1), (y + 1).min(height - 1));
    (y.saturating_sub(1)..=bottom)
        .flat_map(move |y| (x.saturating_sub(1)..=right).map(move |x| y * width + x))
}

/// Why there is no digit.
struct Refusal {
    reason: String,
    /// Whether the ink is an area rather than strokes, and so may be paper.
    is_area: bool,
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::NotADigit {
            reason: refusal.reason,
        }
    }
}

/// Fails with a reason why there is no digit.
fn refuse<T>(reason: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal {
        reason: reason.into(),
        is_area: false,
    })
}

/// Fails because the ink is an area.
fn refuse_area<T>(reason: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal {
        reason: reason.into(),
        is_area: true,
    })
}
