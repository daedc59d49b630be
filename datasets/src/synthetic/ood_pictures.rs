//! Out-of-distribution pictures: noise, blank pages, patterns, text, drawn digits, and scenes with the statistics of
//! natural pictures. A network trained on scans should abstain on them.

use std::f32::consts::TAU;

use image::{DynamicImage, GrayImage, Luma, Rgb, RgbImage};
use rand::{Rng, RngExt};

use super::digits::{DIGIT_SIZE, digit};
use super::generator::generator;

/// The kinds of out-of-distribution pictures, drawn in turn.
pub const OOD_PICTURES: [&str; 15] = [
    "noise",
    "grain",
    "blotches",
    "blank",
    "gradient",
    "checkerboard",
    "stripes",
    "rings",
    "text",
    "digit",
    "shapes",
    "stars",
    "clouds",
    "leaves",
    "landscape",
];

/// Range of the sides of the pictures, in pixels.
const SIDES: std::ops::Range<u32> = 64..320;

/// Draws out-of-distribution picture `index` of the series of `seed`, and returns its kind.
pub fn ood_picture(index: usize, seed: u64) -> (&'static str, DynamicImage) {
    let rng = &mut generator(seed, index);
    let kind = OOD_PICTURES[index % OOD_PICTURES.len()];
    let size = (rng.random_range(SIDES), rng.random_range(SIDES));
    let picture = match kind {
        "noise" => colours(size, |_, _| [(); 3].map(|()| rng.random())),
        "grain" => grain(size, rng),
        "blotches" => blotches(size, rng),
        "blank" => blank(size, rng),
        "gradient" => gradient(size, rng),
        "checkerboard" => checkerboard(size, rng),
        "stripes" => stripes(size, rng),
        "rings" => rings(size, rng),
        "text" => text(size, rng),
        "digit" => drawn_digit(index, rng),
        "shapes" => shapes(size, rng),
        "stars" => stars(size, rng),
        "clouds" => clouds(size, rng),
        "leaves" => leaves(size, rng),
        _ => landscape(size, rng),
    };
    (kind, picture)
}

type Size = (u32, u32);

/// Draws a grey picture from values of 0 to 1 at coordinates of 0 to 1.
fn grey((width, height): Size, mut value: impl FnMut(f32, f32) -> f32) -> DynamicImage {
    let picture = GrayImage::from_fn(width, height, |x, y| {
        let value = value(x as f32 / width as f32, y as f32 / height as f32);
        Luma([(value.clamp(0.0, 1.0) * 255.0).round() as u8])
    });
    DynamicImage::ImageLuma8(picture)
}

/// Draws a picture in colour from values of 0 to 1 at coordinates of 0 to 1.
fn colours((width, height): Size, mut value: impl FnMut(f32, f32) -> [f32; 3]) -> DynamicImage {
    let picture = RgbImage::from_fn(width, height, |x, y| {
        let value = value(x as f32 / width as f32, y as f32 / height as f32);
        Rgb(value.map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8))
    });
    DynamicImage::ImageRgb8(picture)
}

/// Draws an approximately normal number: the sum of twelve uniform numbers has a standard deviation of 1.
fn normal(rng: &mut impl Rng) -> f32 {
    (0..12).map(|_| rng.random::<f32>()).sum::<f32>() - 6.0
}

fn any_colour(rng: &mut impl Rng) -> [f32; 3] {
    [(); 3].map(|()| rng.random())
}

fn grain(size: Size, rng: &mut impl Rng) -> DynamicImage {
    let (level, depth) = (rng.random_range(0.15..0.8), rng.random_range(0.04..0.25));
    grey(size, |_, _| level + depth * normal(rng))
}

fn blotches(size: Size, rng: &mut impl Rng) -> DynamicImage {
    let field = Field::random(rng);
    let cells = rng.random_range(4.0..40.0);
    grey(size, |x, y| field.at(x * cells, y * cells))
}

fn blank(size: Size, rng: &mut impl Rng) -> DynamicImage {
    // Black and white pages are the most likely.
    let level = *[0.0, 1.0, rng.random(), rng.random()]
        .get(rng.random_range(0..4usize))
        .unwrap_or(&1.0);
    grey(size, |_, _| level)
}

fn gradient(size: Size, rng: &mut impl Rng) -> DynamicImage {
    let (sin, cos) = rng.random_range(0.0..TAU).sin_cos();
    let (from, to) = (any_colour(rng), any_colour(rng));
    colours(size, |x, y| {
        let place = ((x - 0.5) * cos + (y - 0.5) * sin) / 1.42 + 0.5;
        std::array::from_fn(|channel| from[channel] + (to[channel] - from[channel]) * place)
    })
}

fn checkerboard(size: Size, rng: &mut impl Rng) -> DynamicImage {
    let fields = rng.random_range(2..17) as f32;
    let (dark, light) = (rng.random_range(0.0..0.4), rng.random_range(0.5..1.0));
    grey(size, |x, y| {
        let odd = ((x * fields) as u32 + (y * fields) as u32) % 2 == 1;
        if odd { light } else { dark }
    })
}

fn stripes(size: Size, rng: &mut impl Rng) -> DynamicImage {
    let (sin, cos) = rng.random_range(0.0..TAU).sin_cos();
    let waves = rng.random_range(2.0..30.0) * TAU;
    grey(size, |x, y| {
        0.5 + 0.48 * ((x * cos + y * sin) * waves).sin()
    })
}

fn rings(size: Size, rng: &mut impl Rng) -> DynamicImage {
    let centre = [rng.random_range(0.2..0.8), rng.random_range(0.2..0.8)];
    let waves = rng.random_range(3.0..20.0) * TAU;
    grey(size, |x, y| {
        0.5 + 0.48 * ((x - centre[0]).hypot(y - centre[1]) * waves).sin()
    })
}

/// Draws lines of words in artificial letters, dark on light.
fn text(size: Size, rng: &mut impl Rng) -> DynamicImage {
    const LETTER: (u32, u32) = (4, 7);
    let page = rng.random_range(0.8..1.0);
    let mut picture = GrayImage::from_pixel(size.0, size.1, Luma([(page * 255.0) as u8]));
    let ink = Luma([rng.random_range(0..70u8)]);
    for top in (4..size.1.saturating_sub(LETTER.1 + 2)).step_by(LETTER.1 as usize + 5) {
        for left in (4..size.0.saturating_sub(LETTER.0 + 2)).step_by(LETTER.0 as usize + 1) {
            if rng.random_bool(0.18) {
                continue;
            }
            for (x, y) in (0..LETTER.0).flat_map(|x| (0..LETTER.1).map(move |y| (x, y))) {
                if rng.random_bool(0.45) {
                    picture.put_pixel(left + x, top + y, ink);
                }
            }
        }
    }
    DynamicImage::ImageLuma8(picture)
}

fn drawn_digit(index: usize, rng: &mut impl Rng) -> DynamicImage {
    let side = DIGIT_SIZE as u32;
    let pixels = digit(index / OOD_PICTURES.len(), rng);
    let on_paper = rng.random_bool(0.5);
    let picture = GrayImage::from_fn(side, side, |x, y| {
        let value = pixels[(y * side + x) as usize];
        Luma([if on_paper { 255 - value } else { value }])
    });
    DynamicImage::ImageLuma8(picture)
}

fn shapes(size: Size, rng: &mut impl Rng) -> DynamicImage {
    let ground = any_colour(rng);
    let shapes: Vec<_> = (0..rng.random_range(2..12))
        .map(|_| {
            let centre: [f32; 2] = [rng.random(), rng.random()];
            let radii = [rng.random_range(0.04..0.3), rng.random_range(0.04..0.3)];
            (centre, radii, rng.random_bool(0.5), any_colour(rng))
        })
        .collect();
    colours(size, |x, y| {
        let mut colour = ground;
        for (centre, radii, round, of_shape) in &shapes {
            let (dx, dy) = ((x - centre[0]) / radii[0], (y - centre[1]) / radii[1]);
            let inside = if *round {
                dx * dx + dy * dy < 1.0
            } else {
                dx.abs().max(dy.abs()) < 1.0
            };
            if inside {
                colour = *of_shape;
            }
        }
        colour
    })
}

fn stars(size: Size, rng: &mut impl Rng) -> DynamicImage {
    let stars: Vec<[f32; 3]> = (0..rng.random_range(10..80))
        .map(|_| [rng.random(), rng.random(), rng.random_range(0.003..0.02)])
        .collect();
    grey(size, |x, y| {
        let distances = stars
            .iter()
            .map(|[sx, sy, radius]| ((x - sx).powi(2) + (y - sy).powi(2)) / radius.powi(2));
        // Farther away, the light is below 1e-8 and cannot be seen.
        let near = distances.filter(|distance| *distance < 19.0);
        near.map(|distance| (-distance).exp()).sum()
    })
}

fn clouds(size: Size, rng: &mut impl Rng) -> DynamicImage {
    let field = Field::random(rng);
    let (level, depth) = (rng.random_range(0.3..0.7), rng.random_range(0.5..1.0));
    grey(size, |x, y| {
        level + depth * (field.octaves(x * 3.0, y * 3.0) - 0.5)
    })
}

/// Draws overlapping discs of all sizes, with edges and uniform areas in the proportions of natural pictures (the dead leaves
/// model of Lee, Mumford and Huang 2001, <https://doi.org/10.1023/A:1011109015675>).
fn leaves(size: Size, rng: &mut impl Rng) -> DynamicImage {
    let leaves: Vec<_> = (0..400)
        .map(|_| {
            // The density decreases with the cube of the radius.
            let radius = 0.025 / (1.0f32 - 0.99 * rng.random::<f32>()).sqrt();
            let centre: [f32; 2] = [rng.random(), rng.random()];
            (centre, radius, any_colour(rng))
        })
        .collect();
    colours(size, |x, y| {
        let on_top = leaves.iter().find(|(centre, radius, _)| {
            let (dx, dy) = (x - centre[0], y - centre[1]);
            dx * dx + dy * dy < radius * radius
        });
        on_top.map_or([0.45; 3], |(_, _, colour)| *colour)
    })
}

/// Draws a sky with hills, both textured.
fn landscape(size: Size, rng: &mut impl Rng) -> DynamicImage {
    let field = Field::random(rng);
    let horizon = rng.random_range(0.3..0.7);
    let (sky, ground) = (rng.random_range(0.55..0.9), rng.random_range(0.15..0.5));
    colours(size, |x, y| {
        let hill = horizon + 0.25 * (field.octaves(x * 2.0, 0.0) - 0.5);
        let texture = field.octaves(x * 6.0 + 9.0, y * 6.0);
        if y < hill {
            let light = sky + 0.2 * (hill - y) + 0.2 * (texture - 0.5);
            [light - 0.15, light, light + 0.2]
        } else {
            let light = ground + 0.5 * (texture - 0.5);
            [light, light + 0.1, light - 0.1]
        }
    })
}

/// Smooth noise: random values of 0 to 1 on a lattice, interpolated in between, periodic after 64.
struct Field(Vec<f32>);

impl Field {
    const SIDE: usize = 64;

    fn random(rng: &mut impl Rng) -> Self {
        Self((0..Self::SIDE * Self::SIDE).map(|_| rng.random()).collect())
    }

    /// Returns the value at a place; its coordinates must not be negative.
    fn at(&self, x: f32, y: f32) -> f32 {
        let knot = |x: usize, y: usize| self.0[(y % Self::SIDE) * Self::SIDE + x % Self::SIDE];
        let (left, top) = (x as usize, y as usize);
        let [across, down] = [x - left as f32, y - top as f32].map(|t| t * t * (3.0 - 2.0 * t));
        let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
        mix(
            mix(knot(left, top), knot(left + 1, top), across),
            mix(knot(left, top + 1), knot(left + 1, top + 1), across),
            down,
        )
    }

    /// Sums six octaves, each half as high as the one before, which gives the spectrum of natural pictures.
    fn octaves(&self, x: f32, y: f32) -> f32 {
        let octave = |number: i32| {
            let scale = 2f32.powi(number);
            (self.at(x * scale + 7.0 * number as f32, y * scale) - 0.5) / scale
        };
        0.5 + (0..6).map(octave).sum::<f32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_reproduces_its_pictures_and_another_seed_does_not() {
        let drawn: Vec<_> = (0..30).map(|index| ood_picture(index, 3)).collect();
        for (index, (kind, picture)) in drawn.iter().enumerate() {
            assert_eq!(*kind, OOD_PICTURES[index % 15]);
            assert_eq!(ood_picture(index, 3).1, *picture);
            assert!(picture.width() >= 28 && picture.height() >= 28, "{kind}");
            let other = ood_picture(index, 4).1;
            assert!(*kind == "blank" || other != *picture, "{kind}");
        }
    }

    #[test]
    fn pictures_have_the_properties_of_their_kind() {
        let bytes = |kind: &str| {
            let index = OOD_PICTURES
                .iter()
                .position(|known| *known == kind)
                .unwrap();
            ood_picture(index, 1).1.to_luma8().into_raw()
        };
        let blank = bytes("blank");
        assert!(blank.iter().all(|value| *value == blank[0]));
        let mean =
            |bytes: &[u8]| bytes.iter().map(|b| f64::from(*b)).sum::<f64>() / bytes.len() as f64;
        assert!(mean(&bytes("stars")) < 60.0);
        assert!(mean(&bytes("text")) > 120.0);
        let mut levels = bytes("checkerboard");
        levels.sort_unstable();
        levels.dedup();
        assert_eq!(levels.len(), 2);
    }
}
