//! JPEG, PNG, GIF and digits, by encoders.

use datasets::synthetic::{DIGIT_SIZE, digits as generated, ood_picture};
use image::codecs::gif::GifEncoder;
use image::{Delay, DynamicImage, Frame, ImageFormat};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use png::BitDepth;

use super::{colours, encode, with_opacity};

/// Baseline and progressive, of one, three and four components, with every sampling, with restart markers and EXIF data.
pub fn jpegs() -> Vec<Vec<u8>> {
    let samplings = [
        SamplingFactor::R_4_4_4,
        SamplingFactor::R_4_2_2,
        SamplingFactor::R_4_2_0,
        SamplingFactor::R_4_4_0,
        SamplingFactor::R_4_1_1,
    ];
    let kinds = [
        (ColorType::Luma, 1),
        (ColorType::Rgb, 3),
        (ColorType::Cmyk, 4),
        (ColorType::CmykAsYcck, 4),
        (ColorType::Ycck, 4),
    ];
    let pixels: Vec<u8> = (0..18 * 11 * 4).map(|at| (at * 37 % 251) as u8).collect();
    let mut files = Vec::new();
    for (kind, samples) in kinds {
        for (number, sampling) in samplings.into_iter().enumerate() {
            for is_progressive in [false, true] {
                let mut file = Vec::new();
                let mut encoder = Encoder::new(&mut file, 60);
                encoder.set_sampling_factor(sampling);
                encoder.set_progressive(is_progressive);
                encoder.set_optimized_huffman_tables(number % 2 == 1);
                if number == 2 {
                    encoder.set_restart_interval(1);
                    // Orientation 6 (EXIF 2.3, tag 0x0112), in the byte order of Motorola.
                    let exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
                    encoder.add_exif_metadata(exif).expect("an encoder");
                }
                let pixels = &pixels[..18 * 11 * samples];
                encoder.encode(pixels, 18, 11, kind).expect("an encoder");
                files.push(file);
            }
        }
    }
    files
}

/// Every depth and kind of colour, packed and interlaced (by its header only), and an animation.
pub fn pngs() -> Vec<Vec<u8>> {
    let kinds = [
        (png::ColorType::Grayscale, vec![1, 2, 4, 8, 16], 1),
        (png::ColorType::Indexed, vec![1, 2, 4, 8], 1),
        (png::ColorType::GrayscaleAlpha, vec![8, 16], 2),
        (png::ColorType::Rgb, vec![8, 16], 3),
        (png::ColorType::Rgba, vec![8, 16], 4),
    ];
    let mut files = Vec::new();
    for (kind, depths, samples) in kinds {
        for bits in depths {
            let depth = BitDepth::from_u8(bits).expect("a depth");
            files.push(png(kind, depth, samples * usize::from(bits), None));
        }
    }
    files.push(png(png::ColorType::Rgb, BitDepth::Eight, 24, Some(3)));
    files.push(png(png::ColorType::Indexed, BitDepth::Four, 4, Some(2)));
    files
}

/// A PNG with `frames` frames, or without an animation.
fn png(kind: png::ColorType, depth: BitDepth, bits: usize, frames: Option<u32>) -> Vec<u8> {
    let (width, height) = (9, 7);
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(kind);
    encoder.set_depth(depth);
    if kind == png::ColorType::Indexed {
        encoder.set_palette((0..48).collect::<Vec<u8>>());
        encoder.set_trns(vec![0, 128, 255]);
    }
    if let Some(frames) = frames {
        encoder.set_animated(frames, 0).expect("an encoder");
    }
    let mut writer = encoder.write_header().expect("an encoder");
    let row = (width as usize * bits).div_ceil(8);
    for frame in 0..frames.unwrap_or(1) as usize {
        // The first frame is blank, so that the others are read.
        let pixels = (0..row * height as usize).map(|at| (at * frame * 29) as u8 & 0x77);
        let pixels: Vec<u8> = match frames {
            Some(_) => pixels.collect(),
            None => (0..row * height as usize)
                .map(|at| (at * 29) as u8 & 0x77)
                .collect(),
        };
        writer.write_image_data(&pixels).expect("an encoder");
    }
    writer.finish().expect("an encoder");
    file
}

/// A still picture, one with transparency, and an animation.
pub fn gifs() -> Vec<Vec<u8>> {
    let animation = |blank: bool| {
        let mut file = Vec::new();
        let mut encoder = GifEncoder::new_with_speed(&mut file, 30);
        for frame in 0..3 {
            let mut picture = with_opacity(8, 6);
            if blank && frame < 2 {
                picture.fill(9);
            }
            let delay = Delay::from_numer_denom_ms(100, 1);
            let frame = Frame::from_parts(picture, frame, frame, delay);
            encoder.encode_frame(frame).expect("an encoder");
        }
        drop(encoder);
        file
    };
    let still = DynamicImage::from(with_opacity(9, 7));
    let mut transparent = with_opacity(9, 7);
    transparent.put_pixel(0, 0, image::Rgba([0; 4]));
    vec![
        encode(&still, ImageFormat::Gif),
        encode(&transparent.into(), ImageFormat::Gif),
        animation(false),
        animation(true),
    ]
}

/// Digits and pictures of other kinds, behind their width.
pub fn digits() -> Vec<Vec<u8>> {
    let set = generated(3, 1);
    let mut inputs: Vec<Vec<u8>> = (0..3)
        .map(|index| [&[DIGIT_SIZE as u8], set.image(index)].concat())
        .collect();
    let side = 40;
    let others = (0..4)
        .map(|index| ood_picture(index, 1).1)
        .chain([colours(64, 64).into()]);
    for picture in others {
        let grey = picture.thumbnail_exact(side, side).into_luma8();
        inputs.push([&[side as u8], &grey.as_raw()[..]].concat());
    }
    // Dark ink on light paper, larger than a digit of MNIST.
    let paper = set.image(0).iter().flat_map(|value| [255 - value; 2]);
    let paper: Vec<u8> = paper.collect();
    let rows = paper.chunks(2 * DIGIT_SIZE).flat_map(|row| [row, row]);
    inputs.push(
        [
            &[2 * DIGIT_SIZE as u8][..],
            &rows.collect::<Vec<_>>().concat(),
        ]
        .concat(),
    );
    inputs
}
