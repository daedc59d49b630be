//! The picture that a digit is looked for in, light on dark and evenly lit.

use fast_image_resize::PixelType;
use image::GrayImage;

use super::refusal::{Refusal, refuse};
use crate::error::Error;
use crate::images::resize::{Filter, resize};

/// Longer side to which photographs are reduced: enough for strokes, and less noise.
const MAX_WORKING_SIDE: u32 = 640;
/// Longer side to which small pictures are enlarged at least, so that the edge of a stroke keeps its place in black and white.
const MIN_WORKING_SIDE: u32 = 160;
/// Minimum side of a picture, in pixels.
const MIN_SIDE: u32 = 8;
/// Minimum difference between ink and paper, of 255.
const MIN_CONTRAST: f64 = 32.0;
/// Skewness below which levels are too symmetric to tell ink from paper. Of 23 kinds of drawings and photographs, only
/// figures cut out without a margin are below; the others are above 0.49.
const MIN_SKEWNESS: f64 = 0.35;
/// Width of the widest stroke, as a fraction of the picture's longer side.
const WIDEST_STROKE: f64 = 0.3;

/// A grey picture, row by row.
#[derive(Clone)]
pub(super) struct GreyImage {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) light: Vec<u8>,
    /// Size of a pixel, in pixels of the file.
    pub(super) scale: f64,
}

impl GreyImage {
    /// Copies a picture, reduced if it is large and enlarged if it is small.
    pub(super) fn new(picture: &GrayImage) -> Result<Self, Error> {
        let (width, height) = picture.dimensions();
        if width.min(height) < MIN_SIDE {
            return Ok(refuse(format!(
                "{width}x{height} pixels are too few; use at least {MIN_SIDE}x{MIN_SIDE}"
            ))?);
        }
        let longer = width.max(height);
        let (working, filter) = match longer {
            ..MIN_WORKING_SIDE => (
                longer * MIN_WORKING_SIDE.div_ceil(longer),
                Filter::CatmullRom,
            ),
            MIN_WORKING_SIDE..=MAX_WORKING_SIDE => (longer, Filter::Box),
            _ => (MAX_WORKING_SIDE, Filter::Box),
        };
        let scaled = |side: u32| {
            let side = u64::from(side) * u64::from(working) / u64::from(longer);
            (side as u32).max(1)
        };
        let size = (scaled(width), scaled(height));
        let light = match working == longer {
            true => picture.as_raw().clone(),
            false => resize(picture, (width, height), size, PixelType::U8, filter)?,
        };
        Ok(Self {
            width: size.0 as usize,
            height: size.1 as usize,
            light,
            scale: f64::from(longer) / f64::from(working),
        })
    }

    /// Returns the picture with light ink on dark, evenly lit paper.
    pub(super) fn light_ink(&self, has_dark_ink: bool) -> Self {
        match has_dark_ink {
            true => self.clone().evenly_lit().inverted(),
            false => self.clone(),
        }
    }

    /// Returns Otsu's threshold: values above it belong to the light class (IEEE Trans. SMC 9:62, 1979).
    pub(super) fn threshold(&self) -> Result<u8, Refusal> {
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

    /// Whether the ink is darker than the paper.
    ///
    /// Ink is the smaller part, so the levels around their local mean are skewed to its side, whatever the lighting. Where ink
    /// covers about half, as in a figure cut out without a margin, the paper is what has more of the border.
    pub(super) fn has_dark_ink(&self) -> Result<bool, Refusal> {
        let skewness = self.local_skewness();
        match skewness.abs() < MIN_SKEWNESS {
            true => Ok(self.border_is_light(self.threshold()?)),
            false => Ok(skewness < 0.0),
        }
    }

    /// Returns the skewness of the differences from the mean of the surrounding square, half as wide as the picture.
    fn local_skewness(&self) -> f64 {
        let (width, height) = (self.width, self.height);
        let mut sums = vec![0u64; (width + 1) * (height + 1)];
        for (y, row) in self.light.chunks_exact(width).enumerate() {
            let mut sum = 0;
            for (x, &light) in row.iter().enumerate() {
                sum += u64::from(light);
                sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1] + sum;
            }
        }
        let half = width.max(height) / 4;
        let (mut second, mut third) = (0.0, 0.0);
        for (y, row) in self.light.chunks_exact(width).enumerate() {
            let (top, bottom) = (y.saturating_sub(half), (y + half + 1).min(height));
            for (x, &light) in row.iter().enumerate() {
                let (left, right) = (x.saturating_sub(half), (x + half + 1).min(width));
                let sum = |x: usize, y: usize| sums[y * (width + 1) + x];
                let inside =
                    sum(right, bottom) + sum(left, top) - sum(left, bottom) - sum(right, top);
                let mean = inside as f64 / ((right - left) * (bottom - top)) as f64;
                let difference = f64::from(light) - mean;
                second += difference.powi(2);
                third += difference.powi(3);
            }
        }
        let count = self.light.len() as f64;
        third / count / f64::max(second / count, f64::MIN_POSITIVE).powf(1.5)
    }

    /// Whether the border is lighter than the inside.
    fn border_is_light(&self, threshold: u8) -> bool {
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
        for light in &mut self.light {
            *light = 255 - *light;
        }
        self
    }

    /// Divides dark ink on light paper by the brightness of the paper: the picture without what is dark and narrow (its
    /// closing by reconstruction), so that shadows, soft or sharp, go with the paper.
    fn evenly_lit(mut self) -> Self {
        let half = (self.width.max(self.height) as f64 * WIDEST_STROKE / 2.0) as usize;
        let paper = self.extremes(&self.light, half, u8::max);
        let mut paper = self.extremes(&paper, half, u8::min);
        self.reconstruct(&mut paper);
        for (light, paper) in self.light.iter_mut().zip(paper) {
            let part = f64::from(*light) / f64::from(paper.max(1));
            *light = (part * 255.0).round() as u8;
        }
        self
    }

    /// Lets low levels of `paper` spread as far as the picture is not above them (Vincent, IEEE Trans. Image Processing
    /// 2:176, 1993), so that a wide shadow gets its outline back.
    fn reconstruct(&self, paper: &mut [u8]) {
        let (width, count) = (self.width, paper.len());
        let spread = |paper: &mut [u8], at: usize, from: Option<usize>| {
            let lower = from.map_or(u8::MAX, |from| paper[from].max(self.light[at]));
            let changes = lower < paper[at];
            if changes {
                paper[at] = lower;
            }
            changes
        };
        let mut changed = true;
        while changed {
            changed = false;
            for at in 0..count {
                changed |= spread(paper, at, (at % width > 0).then(|| at - 1));
                changed |= spread(paper, at, at.checked_sub(width));
            }
            for at in (0..count).rev() {
                changed |= spread(paper, at, ((at + 1) % width > 0).then_some(at + 1));
                changed |= spread(paper, at, Some(at + width).filter(|&below| below < count));
            }
        }
    }

    /// Returns the largest or smallest level in the square around each pixel.
    fn extremes(&self, levels: &[u8], half: usize, of: fn(u8, u8) -> u8) -> Vec<u8> {
        let rows: Vec<u8> = (levels.chunks_exact(self.width))
            .flat_map(|row| sliding(row, half, of))
            .collect();
        let mut result = vec![0; levels.len()];
        for x in 0..self.width {
            let column: Vec<u8> = rows.iter().skip(x).step_by(self.width).copied().collect();
            for (y, level) in sliding(&column, half, of).into_iter().enumerate() {
                result[y * self.width + x] = level;
            }
        }
        result
    }
}

/// Returns the largest or smallest of each level and `half` neighbours on either side, from running extremes within blocks
/// (van Herk, Pattern Recognition Letters 13:517, 1992).
fn sliding(levels: &[u8], half: usize, of: fn(u8, u8) -> u8) -> Vec<u8> {
    let window = 2 * half + 1;
    let (mut forward, mut backward) = (levels.to_vec(), levels.to_vec());
    for at in 1..levels.len() {
        if at % window != 0 {
            forward[at] = of(forward[at], forward[at - 1]);
        }
    }
    for at in (0..levels.len().saturating_sub(1)).rev() {
        if (at + 1) % window != 0 {
            backward[at] = of(backward[at], backward[at + 1]);
        }
    }
    let last = levels.len().saturating_sub(1);
    (0..levels.len())
        .map(|at| match (at.checked_sub(half), at + half) {
            (Some(start), end) if end <= last => of(backward[start], forward[end]),
            // At the ends, the window is cut off.
            (start, end) => (levels[start.unwrap_or(0)..=end.min(last)].iter().copied())
                .reduce(of)
                .unwrap_or(levels[at]),
        })
        .collect()
}

/// Returns a pixel and its up to eight neighbours, as positions in a picture that is stored row by row.
pub(super) fn around(pixel: usize, width: usize, height: usize) -> impl Iterator<Item = usize> {
    let (x, y) = (pixel % width, pixel / width);
    let (right, bottom) = ((x + 1).min(width - 1), (y + 1).min(height - 1));
    (y.saturating_sub(1)..=bottom)
        .flat_map(move |y| (x.saturating_sub(1)..=right).map(move |x| y * width + x))
}
