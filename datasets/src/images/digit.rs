//! Extraction of a handwritten digit from a photograph, centred like MNIST's digits.
//!
//! Follows LeCun, Cortes and Burges, The MNIST database of handwritten digits: the figure is scaled to 20 pixels on its
//! longer side, with grey levels from anti-aliasing, and placed in 28x28 pixels so that its centre of mass is in the
//! centre. The threshold is Otsu's (IEEE Trans. SMC 9:62, 1979).

use fast_image_resize::PixelType;
use image::GrayImage;

use crate::error::{Error, Result};
use crate::images::resize::{Filter, resize};

/// Side of an extracted digit, in pixels.
pub(crate) const SIDE: usize = 28;
/// Longer side of the figure in it, in pixels.
const FIGURE: u32 = 20;
/// Position of the centre of mass, in pixels from the left and the top: the middle of pixel 14 (from 0), half a pixel beyond
/// the middle, as measured on MNIST's own pictures.
const CENTRE: f64 = 14.5;
/// Longer side to which photographs are reduced first: enough for strokes, and less noise.
const WORKING_SIDE: u32 = 640;
/// Minimum side of a picture and of a figure, in pixels.
const MIN_SIDE: usize = 8;
/// Minimum difference between ink and paper, of 255.
const MIN_CONTRAST: f64 = 32.0;
/// Maximum fraction of the picture that a digit covers.
const MAX_INK: f64 = 0.6;
/// Minimum size of a mark, as a fraction of the largest: smaller ones are specks.
const MIN_MARK: f64 = 0.05;
/// Minimum size of a mark beside the largest that counts as a second figure, as a fraction of the largest.
const SECOND_FIGURE: f64 = 0.25;
/// Maximum number of marks.
const MAX_MARKS: usize = 6;
/// Maximum thickness of a stroke, as a fraction of the figure's longer side.
const MAX_THICKNESS: f64 = 0.55;
/// Minimum thickness of a stroke, as a fraction of the longer side (1.6 of 20 pixels): thinner strokes are thickened.
const MIN_THICKNESS: f64 = 0.08;
/// Maximum width of a figure, as a multiple of its height.
const MAX_ASPECT: f64 = 3.0;

/// Extracts the digit of a picture and centres it: 784 bytes, light on dark.
///
/// # Errors
/// [`Error::NotADigit`] if there is no digit, or more than one.
pub(crate) fn extract(picture: &GrayImage, filter: Filter) -> Result<Vec<u8>> {
    let field = GreyImage::new(picture)?;
    let threshold = field.threshold()?;
    let dark_on_light = field.background_is_light(threshold);
    if !dark_on_light && picture.dimensions() == (SIDE as u32, SIDE as u32) {
        field.check_coverage(threshold)?;
        return Ok(field.light);
    }
    let (field, threshold) = if dark_on_light {
        // Ink is above the threshold, so the level of the threshold itself changes sides.
        (field.inverted(), 254 - threshold)
    } else {
        (field, threshold)
    };
    field.check_coverage(threshold)?;
    let marks = field.marks(threshold);
    let mask = field.figure(&marks)?;
    let figure = field.clean(&mask, threshold).thickened(&mask);
    place(&figure.cropped()?, filter)
}

/// Fails with a reason why there is no digit.
fn refuse<T>(reason: impl Into<String>) -> Result<T> {
    Err(Error::NotADigit {
        reason: reason.into(),
    })
}

/// A grey picture, row by row.
struct GreyImage {
    width: usize,
    height: usize,
    light: Vec<u8>,
}

/// A connected region of ink.
struct Mark {
    pixels: Vec<usize>,
    left: usize,
    right: usize,
}

impl GreyImage {
    /// Copies a picture, reduced if it is large.
    fn new(picture: &GrayImage) -> Result<Self> {
        let (width, height) = picture.dimensions();
        let longer = width.max(height);
        if (width.min(height) as usize) < MIN_SIDE {
            return refuse(format!(
                "{width}x{height} pixels are too few; use at least {MIN_SIDE}x{MIN_SIDE}"
            ));
        }
        if longer <= WORKING_SIDE {
            return Ok(Self {
                width: width as usize,
                height: height as usize,
                light: picture.as_raw().clone(),
            });
        }
        let reduced = |side: u32| {
            let side = u64::from(side) * u64::from(WORKING_SIDE) / u64::from(longer);
            (side as u32).max(1)
        };
        let size = (reduced(width), reduced(height));
        let light = resize(picture, (width, height), size, PixelType::U8, Filter::Box)?;
        Ok(Self {
            width: size.0 as usize,
            height: size.1 as usize,
            light,
        })
    }

    /// Returns Otsu's threshold: values above it belong to the light class.
    fn threshold(&self) -> Result<u8> {
        let mut histogram = [0u64; 256];
        for &light in &self.light {
            histogram[usize::from(light)] += 1;
        }
        let count = self.light.len() as f64;
        let total: f64 = (0..256)
            .map(|level| level as f64 * histogram[level] as f64)
            .sum();
        let (mut below, mut sum_below) = (0.0, 0.0);
        let (mut best, mut threshold, mut contrast) = (-1.0, 0, 0.0);
        for level in 0..255u8 {
            below += histogram[usize::from(level)] as f64;
            sum_below += f64::from(level) * histogram[usize::from(level)] as f64;
            let above = count - below;
            if below == 0.0 || above == 0.0 {
                continue;
            }
            let difference = (total - sum_below) / above - sum_below / below;
            let between = below * above * difference * difference;
            if between > best {
                (best, threshold, contrast) = (between, level, difference);
            }
        }
        if contrast < MIN_CONTRAST {
            return refuse(format!(
                "no contrast: ink and paper differ by {contrast:.0} of 255 levels; use a dark pen on light, opaque paper"
            ));
        }
        Ok(threshold)
    }

    /// Whether the border is lighter than the inside.
    fn background_is_light(&self, threshold: u8) -> bool {
        let ring = (self.width.min(self.height) / 20).max(1);
        let (mut border, mut border_light, mut inside, mut inside_light) = (0, 0, 0, 0);
        for (y, row) in self.light.chunks_exact(self.width).enumerate() {
            for (x, &light) in row.iter().enumerate() {
                let light = u64::from(light > threshold);
                let nearest = x.min(y).min(self.width - 1 - x).min(self.height - 1 - y);
                if nearest < ring {
                    (border, border_light) = (border + 1, border_light + light);
                } else {
                    (inside, inside_light) = (inside + 1, inside_light + light);
                }
            }
        }
        // border_light / border > inside_light / inside, in integers
        border_light * inside > inside_light * border
    }

    fn inverted(mut self) -> Self {
        self.light
            .iter_mut()
            .for_each(|light| *light = 255 - *light);
        self
    }

    /// Checks that the ink does not cover too much of the picture.
    fn check_coverage(&self, threshold: u8) -> Result<()> {
        let ink = self
            .light
            .iter()
            .filter(|&&light| light > threshold)
            .count();
        let part = ink as f64 / self.light.len() as f64;
        if part > MAX_INK {
            return refuse(format!(
                "ink covers {:.0} % of it, a digit at most {:.0} %; leave a margin around it",
                part * 100.0,
                MAX_INK * 100.0
            ));
        }
        Ok(())
    }

    /// Returns the regions of ink connected by sides or corners, without specks.
    fn marks(&self, threshold: u8) -> Vec<Mark> {
        let mut free: Vec<bool> = self.light.iter().map(|&light| light > threshold).collect();
        let mut marks = Vec::new();
        for start in 0..free.len() {
            if free[start] {
                free[start] = false;
                marks.push(self.flood(start, &mut free));
            }
        }
        let largest = marks.iter().map(|mark| mark.pixels.len()).max();
        let least = largest.unwrap_or(0) as f64 * MIN_MARK;
        marks.retain(|mark| mark.pixels.len() as f64 >= least);
        marks
    }

    /// Collects the region that contains `start` by flood fill.
    fn flood(&self, start: usize, free: &mut [bool]) -> Mark {
        let mut mark = Mark {
            pixels: vec![start],
            left: self.width,
            right: 0,
        };
        let mut next = 0;
        while let Some(&pixel) = mark.pixels.get(next) {
            next += 1;
            let x = pixel % self.width;
            mark.left = mark.left.min(x);
            mark.right = mark.right.max(x);
            for neighbour in self.around(pixel) {
                if free[neighbour] {
                    free[neighbour] = false;
                    mark.pixels.push(neighbour);
                }
            }
        }
        mark
    }

    /// Returns the pixel and its up to eight neighbours.
    fn around(&self, pixel: usize) -> impl Iterator<Item = usize> + use<> {
        let (x, y, width) = (pixel % self.width, pixel / self.width, self.width);
        let (right, bottom) = ((x + 1).min(width - 1), (y + 1).min(self.height - 1));
        (y.saturating_sub(1)..=bottom)
            .flat_map(move |y| (x.saturating_sub(1)..=right).map(move |x| y * width + x))
    }

    /// Returns the mask of the figure, if the marks can be one digit.
    fn figure(&self, marks: &[Mark]) -> Result<Vec<bool>> {
        let largest = marks
            .iter()
            .map(|mark| mark.pixels.len())
            .max()
            .unwrap_or(0);
        if marks.len() > MAX_MARKS {
            return refuse(format!(
                "{} separate marks; one digit on plain paper is needed",
                marks.len()
            ));
        }
        let own = largest as f64 * SECOND_FIGURE;
        let mut figures: Vec<&Mark> =
            (marks.iter().filter(|mark| mark.pixels.len() as f64 >= own)).collect();
        figures.sort_by_key(|mark| mark.left);
        let mut groups = 0;
        let mut reached = None;
        for mark in figures {
            if reached.is_none_or(|right| mark.left > right) {
                groups += 1;
            }
            reached = reached.max(Some(mark.right));
        }
        if groups > 1 {
            return refuse(format!(
                "{groups} figures side by side; cut out one digit at a time"
            ));
        }
        let mut mask = vec![false; self.light.len()];
        for &pixel in marks.iter().flat_map(|mark| &mark.pixels) {
            mask[pixel] = true;
        }
        self.check_shape(&mask)?;
        Ok(mask)
    }

    /// Checks the size, aspect ratio and stroke thickness of a figure.
    fn check_shape(&self, mask: &[bool]) -> Result<()> {
        let (width, height) = self.size_of(mask);
        let longer = width.max(height);
        if longer < MIN_SIDE {
            return refuse(format!(
                "the figure is {width}x{height} pixels, too small; come closer"
            ));
        }
        if width as f64 > MAX_ASPECT * height as f64 {
            return refuse(format!(
                "the figure is {width}x{height} pixels, wider than any digit"
            ));
        }
        let thickness = 2 * self.half_thickness(mask);
        if thickness as f64 > MAX_THICKNESS * longer as f64 {
            return refuse(format!(
                "a filled area {thickness} pixels thick and {longer} long, no pen stroke"
            ));
        }
        Ok(())
    }

    /// Returns the width and height of the bounding box of the mask.
    fn size_of(&self, mask: &[bool]) -> (usize, usize) {
        let (mut left, mut right, mut top, mut bottom) = (self.width, 0, self.height, 0);
        for pixel in (0..mask.len()).filter(|&pixel| mask[pixel]) {
            let (x, y) = (pixel % self.width, pixel / self.width);
            (left, right) = (left.min(x), right.max(x + 1));
            (top, bottom) = (top.min(y), bottom.max(y + 1));
        }
        (right.saturating_sub(left), bottom.saturating_sub(top))
    }

    /// Returns half the width of the thickest stroke: the number of erosions by one pixel, by sides and corners in turn, until
    /// the mask is empty.
    fn half_thickness(&self, mask: &[bool]) -> usize {
        let mut ink = mask.to_vec();
        let mut rounds = 0;
        while ink.contains(&true) {
            let before = ink.clone();
            let corners = rounds % 2 == 1;
            for pixel in (0..ink.len()).filter(|&pixel| before[pixel]) {
                let (x, y) = (pixel % self.width, pixel / self.width);
                let edge = x == 0 || y == 0 || x + 1 == self.width || y + 1 == self.height;
                ink[pixel] = !edge
                    && before[pixel - 1]
                    && before[pixel + 1]
                    && before[pixel - self.width]
                    && before[pixel + self.width]
                    && (!corners || self.around(pixel).all(|neighbour| before[neighbour]));
            }
            rounds += 1;
        }
        rounds
    }

    /// Maps paper to 0, ink to 255 and levels between linearly. Clears everything beyond the edge of the figure, which on a
    /// blurred photograph is about as wide as a pixel of the result.
    fn clean(&self, mask: &[bool], threshold: u8) -> Self {
        let level = |ink: bool, part: f64| {
            let mut levels: Vec<u8> = (self.light.iter().copied())
                .filter(|&light| (light > threshold) == ink)
                .collect();
            levels.sort_unstable();
            let at = (levels.len().saturating_sub(1)) as f64 * part;
            levels.get(at as usize).copied().map_or(0.0, f32::from)
        };
        let (paper, ink) = (level(false, 0.5), level(true, 0.9));
        let (width, height) = self.size_of(mask);
        let mut mask = mask.to_vec();
        for _ in 0..(width.max(height) / FIGURE as usize).max(1) {
            let touches = |pixel| self.around(pixel).any(|neighbour| mask[neighbour]);
            mask = (0..mask.len()).map(touches).collect();
        }
        let light = (0..mask.len())
            .map(|pixel| {
                if !mask[pixel] {
                    return 0;
                }
                let value = (f32::from(self.light[pixel]) - paper) / (ink - paper).max(1.0);
                (value.clamp(0.0, 1.0) * 255.0).round() as u8
            })
            .collect();
        Self { light, ..*self }
    }

    /// Thickens strokes that are too thin to survive the reduction to 20 pixels.
    fn thickened(mut self, mask: &[bool]) -> Self {
        let (width, height) = self.size_of(mask);
        let wanted = MIN_THICKNESS * width.max(height) as f64;
        let (area, edge) =
            (0..mask.len())
                .filter(|&pixel| mask[pixel])
                .fold((0.0, 0.0), |(area, edge), pixel| {
                    let inner = self.around(pixel).all(|neighbour| mask[neighbour]);
                    (area + 1.0, edge + f64::from(u8::from(!inner)))
                });
        // A stroke has two edges, so its area is half the length of its edges times its thickness.
        let thickness = 2.0 * area / f64::max(edge, 1.0);
        let rounds = ((wanted - thickness) / 2.0).round().max(0.0) as usize;
        for _ in 0..rounds {
            let lightest = |pixel| self.around(pixel).map(|at| self.light[at]).max();
            self.light = (0..self.light.len())
                .map(|pixel| lightest(pixel).unwrap_or(0))
                .collect();
        }
        self
    }

    /// Crops the picture to the bounding box of everything that is clearly ink.
    fn cropped(&self) -> Result<Self> {
        let visible: Vec<bool> = self.light.iter().map(|&light| light >= 32).collect();
        let (width, height) = self.size_of(&visible);
        let first = |mut places: Box<dyn Iterator<Item = usize> + '_>| places.next().unwrap_or(0);
        let left =
            first(Box::new((0..self.width).filter(|&x| {
                (0..self.height).any(|y| visible[y * self.width + x])
            })));
        let top = first(Box::new((0..self.height).filter(|&y| {
            visible[y * self.width..(y + 1) * self.width].contains(&true)
        })));
        if width == 0 || height == 0 {
            return refuse("no ink");
        }
        let rows = self.light.chunks_exact(self.width).skip(top).take(height);
        let light = rows
            .flat_map(|row| &row[left..left + width])
            .copied()
            .collect();
        Ok(Self {
            width,
            height,
            light,
        })
    }
}

/// Scales a figure to 20 pixels and places it in 28x28 pixels by its centre of mass.
fn place(figure: &GreyImage, filter: Filter) -> Result<Vec<u8>> {
    let from = (figure.width as u32, figure.height as u32);
    let longer = from.0.max(from.1);
    let scaled = |side: u32| {
        let side = f64::from(side) * f64::from(FIGURE) / f64::from(longer);
        (side.round() as u32).clamp(1, FIGURE)
    };
    let (width, height) = (scaled(from.0), scaled(from.1));
    let mut small = resize(&figure.light, from, (width, height), PixelType::U8, filter)?;
    let (width, height) = (width as usize, height as usize);

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
