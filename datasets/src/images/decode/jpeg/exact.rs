//! Decoding of the unusual JPEGs: any sampling factors, components in scans of their own.

use std::f32::consts::PI;

use image::{DynamicImage, GrayImage, RgbImage};

use super::entropy::{self, Sink};
use super::header::{Component, Header};
use crate::images::decode::refusal::damaged;

/// Position of each coefficient of the zigzag order in a block (T.81, figure A.6).
const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// Decodes a JPEG without the short cuts of faster decoders.
///
/// # Errors
/// Where the file is damaged.
pub(super) fn decode(bytes: &[u8], header: &Header) -> Result<DynamicImage, String> {
    let mut blocks: Coefficients = (header.components.iter())
        .map(|one| vec![[0; 64]; one.padded[0] * one.padded[1]])
        .collect();
    entropy::read(bytes, header, &mut blocks)?;
    let mut planes = Vec::with_capacity(blocks.len());
    for (component, blocks) in header.components.iter().zip(blocks) {
        planes.push(Plane::new(header, component, &blocks)?.full_size(header));
    }
    picture(header, &planes).ok_or_else(|| damaged("JPEG", "its size does not fit its pixels"))
}

type Coefficients = Vec<Vec<[i16; 64]>>;

impl Sink for Coefficients {
    fn add(&mut self, component: usize, block: usize, k: usize, value: i32) {
        let coefficient = &mut self[component][block][k];
        *coefficient = coefficient.wrapping_add(value as i16);
    }

    fn sign(&self, component: usize, block: usize, k: usize) -> i32 {
        self[component][block][k].into()
    }
}

/// Samples of a component, at its own resolution.
struct Plane {
    size: [usize; 2],
    samples: Vec<u8>,
    /// Number of pixels per sample, as a fraction: `scale[axis][0] / scale[axis][1]`.
    scale: [[usize; 2]; 2],
}

impl Plane {
    fn new(header: &Header, component: &Component, blocks: &[[i16; 64]]) -> Result<Self, String> {
        let steps = (component.steps.as_ref())
            .ok_or_else(|| damaged("JPEG", "a quantisation table is missing"))?;
        let size = [0, 1].map(|axis| {
            let most = header.sampling[axis];
            (header.size[axis] * component.sampling[axis]).div_ceil(most)
        });
        let cosines = cosines();
        let mut samples = vec![0; size[0] * size[1]];
        for row in 0..component.blocks[1] {
            for column in 0..component.blocks[0] {
                let block = &blocks[row * component.padded[0] + column];
                let block = inverse(block, steps, &cosines);
                for (y, line) in block.iter().enumerate().take(size[1] - 8 * row) {
                    let start = (8 * row + y) * size[0] + 8 * column;
                    let width = (size[0] - 8 * column).min(8);
                    samples[start..start + width].copy_from_slice(&line[..width]);
                }
            }
        }
        Ok(Self {
            size,
            samples,
            scale: [0, 1].map(|axis| [header.sampling[axis], component.sampling[axis]]),
        })
    }

    /// Returns the plane with a sample for each pixel. Halved resolutions are interpolated as libjpeg does, others repeated.
    fn full_size(mut self, header: &Header) -> Vec<u8> {
        for axis in [0, 1] {
            let [most, own] = self.scale[axis];
            if most != own {
                self.stretch(axis, header.size[axis]);
            }
        }
        self.samples
    }

    fn stretch(&mut self, axis: usize, to: usize) {
        let [most, own] = self.scale[axis];
        let from = self.size[axis];
        // Nearest sample, and the one on its other side that weighs a quarter.
        let sources: Vec<(usize, usize)> = (0..to)
            .map(|at| {
                let nearest = (at * own / most).min(from - 1);
                if most != 2 * own {
                    return (nearest, nearest);
                }
                let other = if at % 2 == 0 {
                    nearest.saturating_sub(1)
                } else {
                    (nearest + 1).min(from - 1)
                };
                (nearest, other)
            })
            .collect();
        let [width, height] = self.size;
        let mix = |near: u8, far: u8| ((3 * u16::from(near) + u16::from(far) + 2) / 4) as u8;
        let mut samples = Vec::with_capacity(width * height / from * to);
        if axis == 0 {
            for line in self.samples.chunks_exact(width) {
                samples.extend(
                    sources
                        .iter()
                        .map(|&(near, far)| mix(line[near], line[far])),
                );
            }
        } else {
            let line = |row: usize| &self.samples[row * width..(row + 1) * width];
            for &(near, far) in &sources {
                let pairs = line(near).iter().zip(line(far));
                samples.extend(pairs.map(|(&near, &far)| mix(near, far)));
            }
        }
        self.samples = samples;
        self.size[axis] = to;
    }
}

/// Returns c(u) cos((2x + 1) u pi / 16) / 2 for each x and u (T.81, A.3.3).
fn cosines() -> [[f32; 8]; 8] {
    std::array::from_fn(|x| {
        std::array::from_fn(|u| {
            let scale = if u == 0 { 0.5f32.sqrt() } else { 1.0 };
            scale * ((2 * x + 1) as f32 * u as f32 * PI / 16.0).cos() / 2.0
        })
    })
}

/// Dequantises a block and transforms it to samples.
fn inverse(block: &[i16; 64], steps: &[u16; 64], cosines: &[[f32; 8]; 8]) -> [[u8; 8]; 8] {
    let mut frequencies = [[0.0f32; 8]; 8];
    for ((&value, &step), &place) in block.iter().zip(steps).zip(&ZIGZAG) {
        frequencies[usize::from(place / 8)][usize::from(place % 8)] =
            f32::from(value) * f32::from(step);
    }
    let rows = frequencies.map(|row| {
        cosines.map(|wave| {
            wave.iter()
                .zip(&row)
                .map(|(wave, value)| wave * value)
                .sum::<f32>()
        })
    });
    cosines.map(|wave| {
        std::array::from_fn(|x| {
            let sum: f32 = wave
                .iter()
                .zip(&rows)
                .map(|(wave, row)| wave * row[x])
                .sum();
            (sum + 128.0).round().clamp(0.0, 255.0) as u8
        })
    })
}

/// Converts full planes to a picture.
fn picture(header: &Header, planes: &[Vec<u8>]) -> Option<DynamicImage> {
    let [width, height] = header.size.map(|side| side as u32);
    if let [grey] = planes {
        return GrayImage::from_raw(width, height, grey.clone()).map(DynamicImage::from);
    }
    let ids: Vec<u8> = header.components.iter().map(|one| one.id).collect();
    let is_luma_chroma = match (planes.len(), header.adobe) {
        (3, None) => header.jfif || ids != *b"RGB",
        (3, Some(transform)) => transform != 0,
        (_, transform) => transform == Some(2),
    };
    let mut rgb = Vec::with_capacity(3 * planes[0].len());
    for pixel in 0..planes[0].len() {
        let mut colour = [0, 1, 2].map(|plane: usize| planes[plane][pixel]);
        if is_luma_chroma {
            colour = to_rgb(colour);
        }
        if let Some(black) = planes.get(3) {
            // Inks are stored inverted, as Adobe's programs do; as luma and chroma they are not.
            let black = u16::from(black[pixel]);
            let light = colour.map(|ink| if is_luma_chroma { 255 - ink } else { ink });
            colour = light.map(|light| (u16::from(light) * black / 255) as u8);
        }
        rgb.extend(colour);
    }
    RgbImage::from_raw(width, height, rgb).map(DynamicImage::from)
}

/// Converts luma and chroma to red, green and blue (JFIF 1.02).
fn to_rgb([luma, blue, red]: [u8; 3]) -> [u8; 3] {
    let (luma, blue, red) = (
        f32::from(luma),
        f32::from(blue) - 128.0,
        f32::from(red) - 128.0,
    );
    [
        luma + 1.402 * red,
        luma - 0.344_136 * blue - 0.714_136 * red,
        luma + 1.772 * blue,
    ]
    .map(|value| value.round().clamp(0.0, 255.0) as u8)
}
