//! Extraction of a handwritten digit from a photograph or drawing, in the form of MNIST's digits.
//!
//! Follows LeCun, Cortes and Burges, The MNIST database of handwritten digits: the figure, as black and white, is scaled to
//! 20 pixels on its longer side, with grey levels from anti-aliasing, and placed in 28x28 pixels so that its centre of mass
//! is in the centre.
//!
//! - [`form`]: the form of MNIST's pictures
//! - [`grey`]: the picture, whether its ink is dark or light, uneven lighting, and the threshold between ink and paper
//! - [`marks`]: connected regions of ink; which of them are a frame, specks, or the figure
//! - [`figure`]: the shape of the figure, and its way into 28x28 pixels

mod figure;
mod form;
mod grey;
mod marks;
mod refusal;

use image::GrayImage;

use crate::error::Error;
use figure::Figure;
pub(crate) use form::SIDE;
use grey::GreyImage;
use refusal::Refusal;

/// Extracts the digit of a picture and centres it: 784 bytes, light on dark. A picture in MNIST's form is returned as it is.
///
/// # Errors
/// [`Error::NotADigit`] if there is no digit, or more than one.
pub(crate) fn extract(picture: &GrayImage) -> Result<Vec<u8>, Error> {
    let inverted = GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
        [255 - picture.get_pixel(x, y).0[0]].into()
    });
    for candidate in [picture, &inverted] {
        if form::is_that_of_mnist(candidate) {
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
