//! Decodes pictures with one decoder: `candidates DECODER OUT < paths`.
//!
//! For each path on standard input it writes `OUT/NAME.png` and prints `NAME<TAB>ok` or `NAME<TAB>error<TAB>reason`. A
//! panic counts as the error `panic`. With the folder `-` it writes nothing, and prints the time of all.

use std::io::{self, BufRead, Cursor, Write};
use std::panic;
use std::path::Path;
use std::time::Instant;

use image::{DynamicImage, GrayImage, ImageDecoder, ImageFormat, ImageReader, RgbImage};

type Decoded = Result<DynamicImage, String>;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, decoder, out] = &arguments[..] else {
        eprintln!("usage: candidates image|zune-strict|jpeg-decoder OUT < paths");
        std::process::exit(2);
    };
    let decode: fn(&[u8]) -> Decoded = match decoder.as_str() {
        "image" => by_image,
        "zune-strict" => by_zune,
        "jpeg-decoder" => by_jpeg_decoder,
        other => panic!("no decoder {other}"),
    };
    panic::set_hook(Box::new(|_| {}));
    let mut lines = io::stdout();
    let (start, mut count) = (Instant::now(), 0);
    for path in io::stdin().lock().lines().map_while(Result::ok) {
        let name = Path::new(&path)
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let bytes = std::fs::read(&path).expect("the file can be read");
        let outcome =
            panic::catch_unwind(|| decode(&bytes)).unwrap_or_else(|_| Err("panic".into()));
        count += 1;
        if out == "-" {
            continue;
        }
        let outcome = outcome.and_then(|picture| {
            let picture: DynamicImage = match picture.color().has_color() {
                true => picture.into_rgb8().into(),
                false => picture.into_luma8().into(),
            };
            let to = format!("{out}/{name}.png");
            picture
                .save_with_format(to, ImageFormat::Png)
                .map_err(|e| e.to_string())
        });
        match outcome {
            Ok(()) => writeln!(lines, "{name}\tok"),
            Err(reason) => writeln!(
                lines,
                "{name}\terror\t{}",
                reason.replace(['\n', '\t'], " ")
            ),
        }
        .expect("standard output");
    }
    if out == "-" {
        println!("{count} pictures in {:.3} s", start.elapsed().as_secs_f64());
    }
}

/// The crate `image`, as Hebb used it: `zune-jpeg` without its strict mode.
fn by_image(bytes: &[u8]) -> Decoded {
    let reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|e| e.to_string())?;
    let mut decoder = reader.into_decoder().map_err(|e| e.to_string())?;
    let orientation = decoder.orientation().map_err(|e| e.to_string())?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|e| e.to_string())?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

fn by_zune(bytes: &[u8]) -> Decoded {
    use zune_core::bytestream::ZCursor;
    use zune_core::colorspace::ColorSpace;
    let options = zune_core::options::DecoderOptions::default().set_strict_mode(true);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|e| format!("{e:?}"))?;
    let grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let space = if grey {
        ColorSpace::Luma
    } else {
        ColorSpace::RGB
    };
    decoder.set_options(options.jpeg_set_out_colorspace(space));
    let pixels = decoder.decode().map_err(|e| format!("{e:?}"))?;
    let info = decoder.info().ok_or("no header")?;
    picture(info.width.into(), info.height.into(), pixels, grey)
}

fn by_jpeg_decoder(bytes: &[u8]) -> Decoded {
    use jpeg_decoder::PixelFormat;
    let mut decoder = jpeg_decoder::Decoder::new(bytes);
    let pixels = decoder.decode().map_err(|e| e.to_string())?;
    let info = decoder.info().ok_or("no header")?;
    let (width, height) = (info.width.into(), info.height.into());
    match info.pixel_format {
        PixelFormat::L8 => picture(width, height, pixels, true),
        PixelFormat::RGB24 => picture(width, height, pixels, false),
        PixelFormat::CMYK32 => {
            // Stored inverted, as Adobe does.
            let rgb = pixels.chunks_exact(4).flat_map(|cmyk| {
                [0, 1, 2].map(|i| (u32::from(cmyk[i]) * u32::from(cmyk[3]) / 255) as u8)
            });
            picture(width, height, rgb.collect(), false)
        }
        other => Err(format!("{other:?}")),
    }
}

fn picture(width: u32, height: u32, pixels: Vec<u8>, grey: bool) -> Decoded {
    let picture = if grey {
        GrayImage::from_raw(width, height, pixels).map(DynamicImage::from)
    } else {
        RgbImage::from_raw(width, height, pixels).map(DynamicImage::from)
    };
    picture.ok_or_else(|| "pixels do not fit the size".into())
}
