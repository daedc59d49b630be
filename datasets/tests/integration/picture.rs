//! Picture files of every supported format, and files that are none.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use crate::support::{gradient, preprocessing};
use datasets::images::{decode, decode_bytes, open_bytes};
use datasets::{Channels, Error};
use image::codecs::gif::GifEncoder;
use image::{DynamicImage, Frame, GrayAlphaImage, GrayImage, ImageFormat, Rgba, RgbaImage};
use proptest::prelude::*;

fn encode(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn reason(bytes: &[u8]) -> String {
    let error = decode_bytes(bytes, "scan").unwrap_err().to_string();
    assert!(error.starts_with("scan: "), "{error}");
    assert!(!error.contains('\n'), "{error}");
    error
}

#[test]
fn every_format_gives_the_same_picture() {
    let original = gradient(40, 30);
    for format in [
        ImageFormat::Png,
        ImageFormat::Tiff,
        ImageFormat::Bmp,
        ImageFormat::WebP,
        ImageFormat::Jpeg,
        ImageFormat::Gif,
    ] {
        let source = match format {
            ImageFormat::Gif => original.to_rgba8().into(),
            _ => original.clone(),
        };
        let picture = decode_bytes(&encode(&source, format), "scan").unwrap();
        let DynamicImage::ImageRgb8(pixels) = &picture else {
            panic!("{format:?} gave {:?}", picture.color());
        };
        let worst = (pixels.iter().zip(original.as_bytes()))
            .map(|(a, b)| a.abs_diff(*b))
            .max();
        // JPEG loses something, GIF's 256 colours more, the others nothing.
        let allowed = match format {
            ImageFormat::Jpeg => 40,
            ImageFormat::Gif => 70,
            _ => 0,
        };
        assert!(worst.unwrap() <= allowed, "{format:?}: {worst:?}");
    }
}

#[test]
fn sixteen_bits_become_eight_and_grey_stays_grey() {
    let deep = image::ImageBuffer::<image::Luma<u16>, _>::from_fn(3, 1, |x, _| {
        [[0, 0x8080, 0xffff][x as usize]].into()
    });
    let file = encode(&DynamicImage::ImageLuma16(deep), ImageFormat::Png);
    let picture = decode_bytes(&file, "scan").unwrap();
    assert_eq!(picture.as_luma8().unwrap().as_raw(), &[0, 128, 255]);

    let jpeg = encode(
        &GrayImage::from_pixel(9, 9, [77].into()).into(),
        ImageFormat::Jpeg,
    );
    assert!(decode_bytes(&jpeg, "scan").unwrap().as_luma8().is_some());
}

#[test]
fn transparency_is_laid_on_black() {
    let colour = RgbaImage::from_fn(3, 1, |x, _| Rgba([200, 100, 50, [255, 128, 0][x as usize]]));
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Tiff] {
        let file = encode(&colour.clone().into(), format);
        let picture = decode_bytes(&file, "scan").unwrap();
        let expected = [200, 100, 50, 100, 50, 25, 0, 0, 0];
        assert_eq!(picture.as_rgb8().unwrap().as_raw(), &expected, "{format:?}");
    }
    let grey = GrayAlphaImage::from_fn(2, 1, |x, _| [200, [255, 51][x as usize]].into());
    let file = encode(&grey.into(), ImageFormat::Png);
    let picture = decode_bytes(&file, "scan").unwrap();
    assert_eq!(picture.as_luma8().unwrap().as_raw(), &[200, 40]);
}

/// A 2x1 PNG with the palette red, green: written by hand, as the encoder writes no palettes.
#[test]
fn a_palette_is_resolved() {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |kind: &[u8; 4], data: &[u8]| {
        png.extend((data.len() as u32).to_be_bytes());
        let checked = [kind, data].concat();
        png.extend(&checked);
        png.extend(crc32(&checked).to_be_bytes());
    };
    chunk(b"IHDR", &[0, 0, 0, 2, 0, 0, 0, 1, 8, 3, 0, 0, 0]);
    chunk(b"PLTE", &[255, 0, 0, 0, 255, 0]);
    // zlib, one stored block of 3 bytes: filter 0, index 1, index 0; Adler-32
    let raw = [0u8, 1, 0];
    let mut data = vec![0x78, 0x01, 1, 3, 0, 0xfc, 0xff];
    data.extend(raw);
    let (a, b) = (raw.iter()).fold((1u32, 0u32), |(a, b), &byte| {
        (a + u32::from(byte), b + a + u32::from(byte))
    });
    data.extend((b << 16 | a).to_be_bytes());
    chunk(b"IDAT", &data);
    chunk(b"IEND", &[]);
    let picture = decode_bytes(&png, "scan").unwrap();
    assert_eq!(picture.as_rgb8().unwrap().as_raw(), &[0, 255, 0, 255, 0, 0]);
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[test]
fn the_first_frame_of_a_gif_counts() {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for colour in [[255, 0, 0, 255], [0, 0, 255, 255]] {
        let frame = Frame::new(RgbaImage::from_pixel(4, 4, Rgba(colour)));
        encoder.encode_frame(frame).unwrap();
    }
    drop(encoder);
    let picture = decode_bytes(&bytes, "scan").unwrap();
    assert_eq!(picture.as_rgb8().unwrap().get_pixel(1, 1).0, [255, 0, 0]);
}

/// The JPEG with an APP1 segment after its start: a TIFF header, one directory, tag 0x0112.
fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut segment = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    segment.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let length = (segment.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &segment, &jpeg[2..]].concat()
}

#[test]
fn exif_orientation_is_applied() {
    // Light on the left half only.
    let picture = GrayImage::from_fn(32, 16, |x, _| [if x < 16 { 250 } else { 5 }].into());
    let jpeg = encode(&picture.into(), ImageFormat::Jpeg);
    // Where the light half lies after turning (EXIF 2.32, tag Orientation), and the new size.
    for (orientation, size, light) in [
        (1, (32, 16), (4, 8)),
        (2, (32, 16), (28, 8)),
        (3, (32, 16), (28, 8)),
        (5, (16, 32), (8, 4)),
        (6, (16, 32), (8, 4)),
        (8, (16, 32), (8, 28)),
    ] {
        let turned = decode_bytes(&with_orientation(&jpeg, orientation), "scan").unwrap();
        assert_eq!((turned.width(), turned.height()), size, "{orientation}");
        let grey = turned.to_luma8();
        let opposite = (size.0 - 1 - light.0, size.1 - 1 - light.1);
        assert!(grey.get_pixel(light.0, light.1).0[0] > 200, "{orientation}");
        assert!(
            grey.get_pixel(opposite.0, opposite.1).0[0] < 50,
            "{orientation}"
        );
    }
}

#[test]
fn the_content_tells_the_format_not_the_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scan.jpg");
    fs::write(&path, encode(&gradient(5, 5), ImageFormat::Png)).unwrap();
    assert_eq!(decode(&path).unwrap().width(), 5);
}

#[test]
fn truncated_files_are_refused() {
    let picture = gradient(64, 64);
    for format in [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::Tiff,
        ImageFormat::Bmp,
        ImageFormat::WebP,
        ImageFormat::Gif,
    ] {
        let source = match format {
            ImageFormat::Gif => picture.to_rgba8().into(),
            _ => picture.clone(),
        };
        let file = encode(&source, format);
        for length in [file.len() / 4, file.len() / 2, file.len() * 3 / 4] {
            let error = reason(&file[..length]);
            assert!(error.contains("truncated"), "{format:?}: {error}");
        }
    }
}

#[test]
fn huge_dimensions_are_refused_before_any_memory_is_taken() {
    // A BMP header that announces 1,000,000 x 1,000,000 pixels of 24 bits.
    let mut bmp = encode(&gradient(4, 4), ImageFormat::Bmp);
    bmp[18..22].copy_from_slice(&1_000_000u32.to_le_bytes());
    bmp[22..26].copy_from_slice(&1_000_000u32.to_le_bytes());
    assert!(reason(&bmp).contains("Bmp"), "{}", reason(&bmp));

    // 60,000 x 60,000 and 16,000 x 16,000 in the header of a PNG: 14 GB and 1 GB.
    for (side, expected) in [(60_000u32, "16384"), (16_000, "512 MiB")] {
        let mut png = encode(&gradient(4, 4).to_rgba8().into(), ImageFormat::Png);
        png[16..20].copy_from_slice(&side.to_be_bytes());
        png[20..24].copy_from_slice(&side.to_be_bytes());
        let checksum = crc32(&png[12..29]).to_be_bytes();
        png[29..33].copy_from_slice(&checksum);
        assert!(reason(&png).contains(expected), "{}", reason(&png));
    }

    // 65,500 x 65,500 in the frame header of a JPEG.
    let mut jpeg = encode(&gradient(4, 4), ImageFormat::Jpeg);
    let frame = jpeg
        .windows(2)
        .position(|pair| pair == [0xff, 0xc0])
        .unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
    assert!(reason(&jpeg).contains("16384"), "{}", reason(&jpeg));

    // A GIF of 65,535 x 65,535.
    let mut gif = encode(&gradient(4, 4).to_rgba8().into(), ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0xff; 4]);
    assert!(reason(&gif).contains("16384"), "{}", reason(&gif));
}

#[test]
fn what_is_no_picture_is_named() {
    assert!(reason(b"").contains("empty"));
    assert!(reason(b"patient,age\n1,50\n").contains("not a picture"));
    assert!(reason(&[0; 5000]).contains("not a picture"));
    assert!(reason(b"\xff\xd8\xff").contains("truncated"));
    assert!(reason(b"P5 2 2 255 abcd").contains("cannot be read"));

    let folder = tempfile::tempdir().unwrap();
    let fails = |path: &Path| decode(path).unwrap_err().to_string();
    assert!(fails(folder.path()).contains("a folder, not a picture"));
    let missing = fails(&folder.path().join("none.png"));
    assert!(missing.contains("none.png: no such file"), "{missing}");
}

#[cfg(unix)]
#[test]
fn a_pipe_does_not_hang() {
    let socket = std::env::temp_dir().join(format!("hebb-picture-{}", std::process::id()));
    let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let error = decode(&socket).unwrap_err().to_string();
    drop(listener);
    fs::remove_file(&socket).unwrap();
    assert!(error.contains("not a regular file"), "{error}");
}

#[test]
fn twelve_bits_in_sixteen_are_stretched_by_the_range_of_the_file() {
    let scan = |levels: &[u16]| {
        let pixels = image::ImageBuffer::<image::Luma<u16>, _>::from_raw(
            levels.len() as u32,
            1,
            levels.to_vec(),
        );
        let file = encode(
            &DynamicImage::ImageLuma16(pixels.unwrap()),
            ImageFormat::Png,
        );
        let found = open_bytes(&file, "scan", None, Ok).unwrap();
        (found.picture.into_bytes(), found.notices.join(" "))
    };
    let (pixels, notice) = scan(&[0, 16 * 100, 16 * 255]);
    assert_eq!(pixels, [0, 100, 255]);
    assert!(
        notice.contains("0 to 4080") && notice.contains("stretched"),
        "{notice}"
    );
    let (pixels, _) = scan(&[1000, 1500, 2000]);
    assert_eq!(pixels, [0, 128, 255]);
    // A picture that uses all 16 bits, and one without any contrast, stay as they are.
    assert_eq!(scan(&[0, 257, 20_000]), (vec![0, 1, 78], String::new()));
    assert_eq!(scan(&[300, 300]), (vec![1, 1], String::new()));
}

#[test]
fn a_wholly_transparent_picture_is_refused() {
    for opacity in [0, 3] {
        let picture = RgbaImage::from_fn(8, 8, |x, _| Rgba([20 * x as u8, 100, 50, opacity]));
        let error = reason(&encode(&picture.into(), ImageFormat::Png));
        assert!(error.contains("transparent"), "{error}");
    }
    // Black ink on transparent ground would not be seen on black.
    let ink = RgbaImage::from_fn(8, 8, |x, _| Rgba([0, 0, 0, if x == 3 { 255 } else { 0 }]));
    let file = encode(&ink.into(), ImageFormat::Png);
    let found = open_bytes(&file, "scan", None, Ok).unwrap();
    let levels = found.picture.to_luma8();
    assert_eq!([2, 3].map(|x| levels.get_pixel(x, 0).0[0]), [255, 0]);
    assert!(found.notices[0].contains("white"), "{:?}", found.notices);
    let opaque = encode(&gradient(4, 4).to_rgba8().into(), ImageFormat::Png);
    assert!(
        open_bytes(&opaque, "scan", None, Ok)
            .unwrap()
            .alpha
            .is_none()
    );
}

#[test]
fn the_first_frame_that_is_not_blank_counts() {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for red in [None, Some(0), Some(200)] {
        let frame = RgbaImage::from_fn(4, 4, |x, _| {
            let value = red.map_or(0, |red| if x == 0 { 90 } else { red });
            Rgba([value, 0, 0, 255])
        });
        encoder.encode_frame(Frame::new(frame)).unwrap();
    }
    drop(encoder);
    let red = |page| {
        let found = open_bytes(&bytes, "scan", page, Ok).unwrap();
        (
            found.picture.into_rgb8().get_pixel(2, 0).0[0],
            found.notices,
        )
    };
    let (value, notices) = red(None);
    assert_eq!(value, 0);
    assert!(notices[0].starts_with("frame 2 of 3"), "{notices:?}");
    assert_eq!(red(Some(3)), (200, Vec::new()));
    let error = open_bytes(&bytes, "scan", Some(4), Ok)
        .unwrap_err()
        .to_string();
    assert!(error.contains("there are 3"), "{error}");
}

#[test]
fn other_files_are_called_by_their_names() {
    let mut dicom = b"II*\0".to_vec();
    dicom.resize(128, 0);
    dicom.extend(b"DICM");
    let mut nifti = vec![0; 352];
    nifti[..4].copy_from_slice(&348u32.to_le_bytes());
    let analyze = nifti.clone();
    nifti[344..348].copy_from_slice(b"n+1\0");
    let cases: [(&[u8], &str); 20] = [
        (b"\0\0\0\x0CjP  \r\n\x87\n", "JPEG 2000"),
        (b"\xFF\x4F\xFF\x51\0\x2f", "JPEG 2000"),
        (b"\xFF\x0A\0\0", "JPEG XL"),
        (b"\0\0\0\x1cftypavif\0\0", "AVIF"),
        (b"\0\0\0\x1cftypheic\0\0", "HEIC"),
        (b"\0\0\0\x1cftypisom\0\0", "video"),
        (b"Lerc2 \x06\0", "LERC"),
        (&dicom, "DICOM"),
        (b"\x08\0\x05\0CS\x0a\0ISO_IR 100", "DICOM"),
        (&nifti, "NIfTI"),
        (&analyze, "Analyze"),
        (b"\x1f\x8b\x08\0", "gzip"),
        (b"%PDF-1.7", "PDF"),
        (b"PK\x03\x04....", "ZIP"),
        (b"8BPS\0\x01", "Photoshop"),
        (b"\0\0\x01\0\x01\0", "icon"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b"\n<!DOCTYPE html><html>", "web page"),
        (b"<?xml version=\"1.0\"?><svg width=\"1\"/>", "SVG"),
        (b"\0\x05\x16\x07\0\x02\0\0", "AppleDouble"),
    ];
    for (bytes, name) in cases {
        let error = reason(bytes);
        assert!(
            error.contains(name) && !error.contains("damaged"),
            "{name}: {error}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Damage anywhere gives a picture or an error, never a panic.
    #[test]
    fn damaged_files_never_panic(
        format in 0usize..6,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        cut in any::<prop::sample::Index>(),
    ) {
        let formats = [
            ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Tiff,
            ImageFormat::Bmp, ImageFormat::WebP, ImageFormat::Gif,
        ];
        let mut file = encode(&gradient(24, 20).to_rgb8().into(), formats[format]);
        for (place, value) in damage {
            let place = place.index(file.len());
            file[place] = value;
        }
        if cut.index(4) == 0 {
            file.truncate(cut.index(file.len()));
        }
        match decode_bytes(&file, "scan") {
            Ok(picture) => prop_assert!(picture.width() > 0),
            Err(error) => {
                let refused = matches!(error, Error::Picture { .. });
                prop_assert!(refused, "{}", error);
            }
        }
    }

    /// Whatever the size, the prepared picture has its exact number of bytes.
    #[test]
    fn any_size_is_prepared(
        width in 1u32..=300, height in 1u32..=300,
        to_width in 1usize..=60, to_height in 1usize..=60,
        rgb in any::<bool>(), pad in any::<bool>(), filter in 0usize..4,
    ) {
        use datasets::{Filter, Fit};
        let mut preprocessing = preprocessing(
            to_width, to_height, if rgb { Channels::Rgb } else { Channels::Grey },
        );
        preprocessing.fit = if pad { Fit::Pad } else { Fit::Stretch };
        preprocessing.filter =
            [Filter::Box, Filter::Bilinear, Filter::CatmullRom, Filter::Lanczos3][filter];
        let bytes = preprocessing.apply(&gradient(width, height)).unwrap();
        prop_assert_eq!(bytes.len(), preprocessing.bytes());
        let grey = DynamicImage::from(gradient(width, height).to_luma8());
        prop_assert_eq!(preprocessing.apply(&grey).unwrap().len(), preprocessing.bytes());
    }
}
