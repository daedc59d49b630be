//! Handwritten digits: curves through a few control points, written by an unsteady hand.

use std::f32::consts::{PI, TAU};

use rand::{Rng, RngExt};
use rayon::prelude::*;

use super::generator::{generator, origin};
use super::strokes::{Point, STYLES, Stroke};
use crate::images::{Channels, Filter, Fit, ImagePreprocessing, ImageSet, ImageSource, Scaling};

/// Width and height of a drawn digit, in pixels, as in MNIST.
pub const DIGIT_SIZE: usize = 28;

/// Generates `count` digits of 28 x 28 pixels, white on black, of the classes "0" to "9" in turn.
pub fn digits(count: usize, seed: u64) -> ImageSet {
    let drawn: Vec<[u8; DIGIT_SIZE * DIGIT_SIZE]> = (0..count)
        .into_par_iter()
        .map(|index| digit(index % 10, &mut generator(seed, index)))
        .collect();
    ImageSet {
        name: "digits".into(),
        generated: true,
        class_names: (0..10).map(|value| value.to_string()).collect(),
        preprocessing: ImagePreprocessing {
            width: DIGIT_SIZE,
            height: DIGIT_SIZE,
            channels: Channels::Grey,
            filter: Filter::Lanczos3,
            fit: Fit::Stretch,
            scaling: Scaling::Unit,
            source: ImageSource::Digit,
        },
        labels: (0..count).map(|index| index % 10).collect(),
        origins: drawn
            .iter()
            .enumerate()
            .map(|(index, pixels)| origin("digits", index, pixels))
            .collect(),
        pixels: drawn.concat(),
        fingerprints: Vec::new(),
        skipped: Vec::new(),
        notes: Vec::new(),
        annotations: crate::images::Annotations::default(),
    }
}

/// Draws the last decimal digit of `value`: 28 x 28 bytes, row by row, white on black.
pub fn digit(value: usize, rng: &mut impl Rng) -> [u8; DIGIT_SIZE * DIGIT_SIZE] {
    let styles = STYLES[value % 10];
    let strokes = styles[rng.random_range(0..styles.len())];
    let mut lines: Vec<Vec<Point>> = strokes.iter().map(|stroke| path(stroke, rng)).collect();
    let hand = Hand::random(rng);
    lines
        .iter_mut()
        .flatten()
        .for_each(|point| *point = hand.apply(*point));
    let shift = [
        rng.random_range(-1.2f32..1.2),
        rng.random_range(-1.2f32..1.2),
    ];
    fit_to_box(&mut lines, rng.random_range(17.5..20.5), shift);
    rasterise(&lines, rng)
}

/// Returns the points of a stroke, with its control points moved a little.
fn path(stroke: &Stroke, rng: &mut impl Rng) -> Vec<Point> {
    let mut wobble = |strength: f32| rng.random_range(-strength..strength);
    match *stroke {
        Stroke::Line(points) => points
            .iter()
            .map(|p| [p[0] + wobble(0.035), p[1] + wobble(0.035)])
            .collect(),
        Stroke::Curve(points) => {
            let moved: Vec<Point> = points
                .iter()
                .map(|p| [p[0] + wobble(0.03), p[1] + wobble(0.03)])
                .collect();
            smooth(&moved)
        }
        Stroke::Arc(centre, radii, first, last) => {
            let centre = [centre[0] + wobble(0.02), centre[1] + wobble(0.02)];
            let radii = [radii[0] + wobble(0.04), radii[1] + wobble(0.03)];
            let (first, last) = (first + wobble(0.04), last + wobble(0.04));
            (0..=32)
                .map(|step| {
                    let angle = TAU * (first + (last - first) * step as f32 / 32.0);
                    [
                        centre[0] + radii[0] * angle.cos(),
                        centre[1] + radii[1] * angle.sin(),
                    ]
                })
                .collect()
        }
    }
}

/// Returns a Catmull-Rom spline through the points.
fn smooth(points: &[Point]) -> Vec<Point> {
    let at = |index: isize| points[index.clamp(0, points.len() as isize - 1) as usize];
    let mut curve = Vec::with_capacity(points.len() * 8);
    for start in 0..points.len() as isize - 1 {
        let [a, b, c, d] = [at(start - 1), at(start), at(start + 1), at(start + 2)];
        for step in 0..8 {
            let t = step as f32 / 8.0;
            curve.push([0, 1].map(|axis| {
                let slope = c[axis] - a[axis];
                let bend = 2.0 * a[axis] - 5.0 * b[axis] + 4.0 * c[axis] - d[axis];
                let twist = 3.0 * (b[axis] - c[axis]) + d[axis] - a[axis];
                b[axis] + 0.5 * t * (slope + t * (bend + t * twist))
            }));
        }
    }
    curve.extend(points.last());
    curve
}

/// The deformation by one handwriting: rotation, slant, proportions and a slow wave over the paper.
struct Hand {
    matrix: [[f32; 2]; 2],
    wave: [(f32, f32, f32); 2],
}

impl Hand {
    fn random(rng: &mut impl Rng) -> Self {
        let (sin, cos) = rng.random_range(-0.22f32..0.22).sin_cos();
        let slant = rng.random_range(-0.12f32..0.42);
        let [wide, high] = [
            rng.random_range(0.75f32..1.15),
            rng.random_range(0.9f32..1.1),
        ];
        // Rotation after slant after scale.
        let matrix = [
            [cos * wide, (-cos * slant - sin) * high],
            [sin * wide, (-sin * slant + cos) * high],
        ];
        let mut wave = || {
            (
                rng.random_range(0.0f32..0.035),
                rng.random_range(PI..2.5 * PI),
                rng.random_range(0.0..TAU),
            )
        };
        Self {
            matrix,
            wave: [wave(), wave()],
        }
    }

    /// Deforms a point.
    fn apply(&self, [x, y]: Point) -> Point {
        let [(up, slow, phase), (side, fast, shift)] = self.wave;
        let [x, y] = [
            x - 0.5 + side * (fast * y + shift).sin(),
            y - 0.5 + up * (slow * x + phase).sin(),
        ];
        let [top, bottom] = self.matrix;
        [top[0] * x + top[1] * y, bottom[0] * x + bottom[1] * y]
    }
}

/// Scales the drawing so that its longer side is `size` pixels, and centres it with an offset of `shift`.
fn fit_to_box(lines: &mut [Vec<Point>], size: f32, shift: Point) {
    let (mut low, mut high) = ([f32::MAX; 2], [f32::MIN; 2]);
    for point in lines.iter().flatten() {
        for axis in 0..2 {
            low[axis] = low[axis].min(point[axis]);
            high[axis] = high[axis].max(point[axis]);
        }
    }
    let longer = (high[0] - low[0]).max(high[1] - low[1]).max(1e-3);
    for point in lines.iter_mut().flatten() {
        for axis in 0..2 {
            let from_centre = (point[axis] - (low[axis] + high[axis]) / 2.0) / longer * size;
            point[axis] = DIGIT_SIZE as f32 / 2.0 + from_centre + shift[axis];
        }
    }
}

/// Paints every pixel by its distance to the nearest line: white inside the pen's radius, with a soft edge that represents
/// both anti-aliasing and blur.
fn rasterise(lines: &[Vec<Point>], rng: &mut impl Rng) -> [u8; DIGIT_SIZE * DIGIT_SIZE] {
    let radius = rng.random_range(0.7f32..1.7);
    let edge = rng.random_range(0.9f32..1.6);
    let ink = rng.random_range(0.85f32..1.0);
    let grain = rng.random_range(0.0f32..0.06);
    let mut pixels = [0; DIGIT_SIZE * DIGIT_SIZE];
    for (index, pixel) in pixels.iter_mut().enumerate() {
        let centre = [
            (index % DIGIT_SIZE) as f32 + 0.5,
            (index / DIGIT_SIZE) as f32 + 0.5,
        ];
        let distance = lines
            .iter()
            .flat_map(|line| line.windows(2))
            .map(|ends| distance_to_segment(centre, ends[0], ends[1]))
            .fold(f32::MAX, f32::min);
        let covered = ((radius - distance) / edge + 0.5).clamp(0.0, 1.0);
        let noise = grain * rng.random_range(-1.0f32..1.0);
        // The paper stays black, as in MNIST; only the ink is uneven.
        let value = if covered > 0.0 {
            covered * (ink + noise)
        } else {
            0.0
        };
        *pixel = (value.clamp(0.0, 1.0) * 255.0).round() as u8;
    }
    pixels
}

fn distance_to_segment(point: Point, from: Point, to: Point) -> f32 {
    let along = [to[0] - from[0], to[1] - from[1]];
    let across = [point[0] - from[0], point[1] - from[1]];
    let length = along[0] * along[0] + along[1] * along[1];
    let part = if length > 0.0 {
        ((across[0] * along[0] + across[1] * along[1]) / length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (across[0] - part * along[0]).hypot(across[1] - part * along[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_to_a_segment_by_hand() {
        assert_eq!(
            distance_to_segment([0.0, 3.0], [-1.0, 0.0], [1.0, 0.0]),
            3.0
        );
        assert_eq!(
            distance_to_segment([4.0, 4.0], [-1.0, 0.0], [1.0, 0.0]),
            5.0
        );
        assert_eq!(distance_to_segment([3.0, 4.0], [0.0, 0.0], [0.0, 0.0]), 5.0);
    }

    #[test]
    fn a_curve_passes_its_points() {
        let points = [[0.0, 0.0], [1.0, 2.0], [3.0, 1.0]];
        let curve = smooth(&points);
        assert_eq!([curve[0], curve[8], curve[16]], points);
    }
}
