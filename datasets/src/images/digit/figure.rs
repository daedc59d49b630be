//! The figure of a digit in black and white, and its way into 28x28 pixels.

use fast_image_resize::PixelType;

use super::form::{CENTRE, SIDE};
use super::grey::{GreyImage, around};
use super::marks::Mark;
use super::refusal::{Refusal, refuse, refuse_area};
use crate::error::Error;
use crate::images::resize::{Filter, resize};

/// Longer side of the figure in an extracted digit, in pixels.
const LONGER: u32 = 20;
/// Margin around it in these pixels, as a fraction of its longer side: the outermost of the 20 pixels are partly covered, as
/// MNIST's are.
const MARGIN: f64 = 1.0 / 40.0;
/// Minimum longer side of a figure, in pixels of the file.
const MIN_LONGER: f64 = 8.0;
/// Maximum thickness of a stroke, as a fraction of the figure's longer side: that of 99.9 % of MNIST's figures.
const MAX_THICKNESS: f64 = 0.5;
/// Minimum thickness of a stroke, as a fraction of the longer side (1.6 of 20 pixels): thinner strokes are thickened.
const MIN_THICKNESS: f64 = 0.08;
/// Maximum width of a figure, as a multiple of its height.
const MAX_ASPECT: f64 = 3.0;

/// A figure in black and white, row by row, without a margin.
pub(super) struct Figure {
    width: usize,
    height: usize,
    ink: Vec<bool>,
}

impl Figure {
    /// Cuts a figure out of a picture.
    ///
    /// # Errors
    /// If its size, its aspect ratio or the thickness of its strokes are not those of a digit.
    pub(super) fn new(picture: &GreyImage, marks: &[Mark]) -> Result<Self, Refusal> {
        let pixels = || marks.iter().flat_map(|mark| &mark.pixels).copied();
        let columns = || pixels().map(|pixel| pixel % picture.width);
        let rows = || pixels().map(|pixel| pixel / picture.width);
        let (Some(left), Some(right)) = (columns().min(), columns().max()) else {
            return refuse("no ink");
        };
        let (top, bottom) = (rows().min().unwrap_or(0), rows().max().unwrap_or(0));
        let (width, height) = (right - left + 1, bottom - top + 1);
        let mut ink = vec![false; width * height];
        for pixel in pixels() {
            let (x, y) = (pixel % picture.width - left, pixel / picture.width - top);
            ink[y * width + x] = true;
        }
        let figure = Self { width, height, ink };
        figure.check(picture.scale)?;
        Ok(figure)
    }

    fn longer(&self) -> usize {
        self.width.max(self.height)
    }

    /// Checks size, aspect ratio and the thickness of strokes; `scale` is the size of a pixel in pixels of the file.
    fn check(&self, scale: f64) -> Result<(), Refusal> {
        let of_file = |side: usize| (side as f64 * scale).round();
        let size = || format!("{}x{} pixels", of_file(self.width), of_file(self.height));
        if of_file(self.longer()) < MIN_LONGER {
            return refuse(format!("the figure is {}, too small; come closer", size()));
        }
        if self.width as f64 > MAX_ASPECT * self.height as f64 {
            return refuse(format!("the figure is {}, wider than any digit", size()));
        }
        let thickness = 2 * self.half_thickness();
        if thickness as f64 > MAX_THICKNESS * self.longer() as f64 {
            return refuse_area(format!(
                "a filled area {} pixels thick and {} long, no pen stroke",
                of_file(thickness),
                of_file(self.longer())
            ));
        }
        Ok(())
    }

    /// Returns half the width of the thickest stroke: the number of erosions by one pixel, by sides and corners in turn, until
    /// nothing is left.
    fn half_thickness(&self) -> usize {
        let mut ink = self.with_margin(1);
        let mut rounds = 0;
        while ink.ink.contains(&true) {
            let corners = rounds % 2 == 1;
            let inner = |pixel: usize| {
                ink.ink[pixel]
                    && ink.ink[pixel - 1]
                    && ink.ink[pixel + 1]
                    && ink.ink[pixel - ink.width]
                    && ink.ink[pixel + ink.width]
                    && (!corners
                        || around(pixel, ink.width, ink.height).all(|neighbour| ink.ink[neighbour]))
            };
            let left = (0..ink.ink.len()).map(|pixel| ink.ink[pixel] && inner(pixel));
            ink.ink = left.collect();
            rounds += 1;
        }
        rounds
    }

    /// Returns the figure with a margin of `pixels` on each side.
    fn with_margin(&self, pixels: usize) -> Self {
        let width = self.width + 2 * pixels;
        let mut ink = vec![false; pixels * width];
        for row in self.ink.chunks_exact(self.width) {
            ink.resize(ink.len() + pixels, false);
            ink.extend(row);
            ink.resize(ink.len() + pixels, false);
        }
        ink.resize(ink.len() + pixels * width, false);
        Self {
            width,
            height: self.height + 2 * pixels,
            ink,
        }
    }

    /// Thickens strokes that are too thin to survive the reduction to 20 pixels.
    pub(super) fn thickened(mut self) -> Self {
        let wanted = MIN_THICKNESS * self.longer() as f64;
        let whole = self.with_margin(1);
        let (mut area, mut edge) = (0.0, 0.0);
        for pixel in (0..whole.ink.len()).filter(|&pixel| whole.ink[pixel]) {
            area += 1.0;
            if !around(pixel, whole.width, whole.height).all(|neighbour| whole.ink[neighbour]) {
                edge += 1.0;
            }
        }
        // A stroke has two edges, so its area is half the length of its edges times its thickness.
        let thickness = 2.0 * area / f64::max(edge, 1.0);
        let rounds = ((wanted - thickness) / 2.0).round().max(0.0) as usize;
        for _ in 0..rounds {
            self = self.with_margin(1);
            let touched = (0..self.ink.len()).map(|pixel| {
                around(pixel, self.width, self.height).any(|neighbour| self.ink[neighbour])
            });
            self.ink = touched.collect();
        }
        self
    }

    /// Scales the figure to 20 pixels and places it in 28x28 pixels by its centre of mass.
    pub(super) fn place(&self) -> Result<Vec<u8>, Error> {
        self.with_margin((self.longer() as f64 * MARGIN).round() as usize)
            .place_whole()
    }

    fn place_whole(&self) -> Result<Vec<u8>, Error> {
        let scaled = |side: usize| {
            let side = side as f64 * f64::from(LONGER) / self.longer() as f64;
            (side.round() as u32).clamp(1, LONGER)
        };
        let size = (scaled(self.width), scaled(self.height));
        let light: Vec<u8> = self.ink.iter().map(|&ink| u8::from(ink) * 255).collect();
        let from = (self.width as u32, self.height as u32);
        let mut small = resize(&light, from, size, PixelType::U8, Filter::Box)?;
        let (width, height) = (size.0 as usize, size.1 as usize);

        // The reduction of a thin stroke dims it.
        let lightest = small.iter().copied().max().unwrap_or(0).max(1);
        for light in &mut small {
            *light = (u16::from(*light) * 255 / u16::from(lightest)) as u8;
        }
        let mass: f64 = small.iter().map(|&light| f64::from(light)).sum();
        let moment = |coordinate: fn(usize, usize) -> usize| -> f64 {
            let moments = (small.iter().enumerate())
                .map(|(at, &light)| f64::from(light) * (coordinate(at, width) as f64 + 0.5));
            moments.sum::<f64>() / mass.max(1.0)
        };
        let offset = |centre: f64, side: usize| {
            let offset = (CENTRE - centre).round().max(0.0) as usize;
            offset.min(SIDE - side)
        };
        let left = offset(moment(|at, width| at % width), width);
        let top = offset(moment(|at, width| at / width), height);

        let mut digit = vec![0; SIDE * SIDE];
        for (y, row) in small.chunks_exact(width).enumerate() {
            let start = (top + y) * SIDE + left;
            digit[start..start + width].copy_from_slice(row);
        }
        Ok(digit)
    }
}
