//! Recognition of files by their content: pictures that are read, and much else by its name.

use image::ImageFormat;

/// Formats that are read.
const FORMATS: &str = "JPEG, PNG, TIFF, BMP, WebP or GIF";

/// Returns the format of a picture.
///
/// # Errors
/// What the file is instead, and the way out.
pub(super) fn recognise(bytes: &[u8]) -> Result<ImageFormat, String> {
    if bytes.is_empty() {
        return Err("the file is empty (0 bytes)".into());
    }
    // A DICOM file may begin as a TIFF, so that both kinds of programs can read it.
    if bytes.get(128..132) == Some(b"DICM") {
        return Err(DICOM.into());
    }
    let format = match bytes {
        [0xFF, 0xD8, 0xFF, ..] => ImageFormat::Jpeg,
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => ImageFormat::Png,
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => ImageFormat::Gif,
        [b'B', b'M', ..] if bytes.len() > 26 => ImageFormat::Bmp,
        [b'I', b'I', b'*' | b'+', 0, ..] | [b'M', b'M', 0, b'*' | b'+', ..] => ImageFormat::Tiff,
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => ImageFormat::WebP,
        _ => return Err(name(bytes)),
    };
    Ok(format)
}

/// A file that begins so is of this kind.
const KINDS: [(&[u8], &str); 44] = [
    (b"\0\0\0\x0CjP  \r\n", JPEG_2000),
    (b"\xFF\x4F\xFF\x51", JPEG_2000),
    (b"\0\0\0\x0CJXL ", JPEG_XL),
    (b"\xFF\x0A", JPEG_XL),
    (
        b"Lerc2 ",
        "a LERC raster, which is not read; save it as TIFF with LZW compression",
    ),
    (
        b"CntZImage ",
        "a LERC raster, which is not read; save it as TIFF with LZW compression",
    ),
    (
        b"\x93NUMPY",
        "a NumPy array; save it as PNG first, as with imageio.imwrite",
    ),
    (
        b"MATLAB 5.0",
        "a MATLAB file; save its picture as PNG first, as with imwrite",
    ),
    (
        b"\x89HDF\r\n\x1A\n",
        "an HDF5 file, as MATLAB 7.3, MINC and Keras write; save its picture as PNG first",
    ),
    (b"CDF\x01", "a NetCDF or MINC file; convert it to PNG first"),
    (b"NRRD", "an NRRD volume; export its slices as PNG first"),
    (b"SIMPLE  =", "a FITS file; convert it to PNG first"),
    (b"%PDF", "a PDF document; export its picture as PNG first"),
    (
        b"PK\x03\x04",
        "a ZIP archive or office document; unpack it first",
    ),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"7z\xBC\xAF", "a 7z archive; unpack it first"),
    (b"\xFD7zXZ", "a file packed by xz; unpack it first"),
    (
        b"\x28\xB5\x2F\xFD",
        "a file packed by zstd; unpack it first",
    ),
    (b"BZh", "a file packed by bzip2; unpack it first"),
    (b"8BPS", "a Photoshop document; export it as PNG"),
    (b"gimp xcf", "a GIMP document; export it as PNG"),
    (b"\0\0\x01\0", "an icon; save it as PNG"),
    (b"\0\0\x02\0", "a cursor; save it as PNG"),
    (b"qoif", "a QOI picture, which is not read; save it as PNG"),
    (b"DDS ", "a DDS texture; save it as PNG"),
    (
        b"\x76\x2F\x31\x01",
        "an OpenEXR picture, which is not read; save it as PNG",
    ),
    (
        b"#?RADIANCE",
        "a Radiance picture, which is not read; save it as PNG",
    ),
    (b"FLIF", "a FLIF picture, which is not read; save it as PNG"),
    (
        b"IIU\0",
        "a camera's raw picture; develop it to PNG or JPEG first",
    ),
    (
        b"IIRO",
        "a camera's raw picture; develop it to PNG or JPEG first",
    ),
    (
        b"FUJIFILM",
        "a camera's raw picture; develop it to PNG or JPEG first",
    ),
    (
        b"\0\x05\x16\x07",
        "macOS's notes about another file (AppleDouble), not the picture itself; delete it",
    ),
    (
        b"\0\x05\x16\0",
        "macOS's notes about another file (AppleSingle), not the picture itself; delete it",
    ),
    (
        b"version https://git-lfs",
        "a pointer of Git LFS, not the file itself; run `git lfs pull` to get it",
    ),
    (
        b"\xD0\xCF\x11\xE0",
        "an old office document; export its picture as PNG first",
    ),
    (
        b"\x1A\x45\xDF\xA3",
        "a video (Matroska or WebM); export a frame as PNG first",
    ),
    (
        b"\0\0\x01\xBA",
        "a video (MPEG); export a frame as PNG first",
    ),
    (b"\xD7\xCD\xC6\x9A", "a Windows metafile; save it as PNG"),
    (b"<svg", SVG),
    (b"\x7FELF", "a program"),
    (b"MZ", "a program"),
    (b"ISc(", "an installer's archive; unpack it first"),
    (
        b"AT&TFORM",
        "a DjVu document; export its picture as PNG first",
    ),
];

const JPEG_2000: &str = "a JPEG 2000 picture, which is not read; save it as PNG";
const JPEG_XL: &str = "a JPEG XL picture, which is not read; save it as PNG";
const SVG: &str = "an SVG drawing, which has no pixels; export it as PNG";
const DICOM: &str =
    "a DICOM file, which is not read; convert it to PNG first, as with dcm2pnm or pydicom";
const NIFTI: &str =
    "a NIfTI volume, which is not read; export its slices as PNG first, as with nibabel";

/// Names a file that is not a picture of a format that is read.
fn name(bytes: &[u8]) -> String {
    let by_start = KINDS.iter().find(|(start, _)| bytes.starts_with(start));
    if let Some((_, name)) = by_start {
        return (*name).to_owned();
    }
    let known = match bytes {
        _ if is_dicom(bytes) => DICOM,
        _ if is_nifti(bytes) => NIFTI,
        _ if bytes.first_chunk::<4>().is_some_and(is_analyze) => {
            "the header of an Analyze or NIfTI volume, which is not read; export its slices as PNG first"
        }
        [0x1F, 0x8B, ..] => {
            "a file packed by gzip, as NIfTI volumes (.nii.gz) are; unpack it, and export slices as PNG"
        }
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => by_brand(brand),
        [b'R', b'I', b'F', b'F', ..] => "a video or sound (RIFF); export a frame as PNG first",
        [b'P', b'1'..=b'7', b' ' | b'\n' | b'\r' | b'\t' | b'#', ..] => {
            "a PNM picture (PBM, PGM, PPM or PAM), of a kind that cannot be read; save it as PNG"
        }
        _ => return by_text(bytes),
    };
    known.to_owned()
}

/// Names a file of the ISO container by its brand.
fn by_brand(brand: &[u8]) -> &'static str {
    match brand.get(..4) {
        Some(b"avif" | b"avis") => "an AVIF picture, which is not read; save it as PNG",
        Some(b"heic" | b"heix" | b"hevc" | b"heim" | b"heis" | b"mif1" | b"msf1") => {
            "a HEIC picture, as phones take them, which is not read; save it as JPEG or PNG"
        }
        Some(b"crx ") => "a camera's raw picture; develop it to PNG or JPEG first",
        _ => "a video (MP4 or QuickTime); export a frame as PNG first",
    }
}

/// Returns whether a tag of DICOM's first groups is among the first bytes, as in old files, which have no preamble.
fn is_dicom(bytes: &[u8]) -> bool {
    let is_kind = |a: u8, b: u8| a.is_ascii_uppercase() && b.is_ascii_uppercase();
    let start = &bytes[..bytes.len().min(16)];
    start
        .windows(8)
        .enumerate()
        .any(|(at, window)| match *window {
            // A tag and the kind of its value.
            [2 | 8, 0, _, 0, a, b, ..] | [0, 2 | 8, 0, _, a, b, ..] if is_kind(a, b) => true,
            // A tag and a length.
            [2 | 8, 0, _, 0, length, 0, 0, 0] => at == 0 && length > 0,
            _ => false,
        })
}

fn is_nifti(bytes: &[u8]) -> bool {
    matches!(bytes.get(344..348), Some(b"n+1\0" | b"ni1\0"))
        || matches!(bytes.get(4..8), Some(b"n+2\0" | b"ni2\0"))
}

/// Returns whether a file begins with the size of Analyze's header, 348 bytes.
fn is_analyze(start: &[u8; 4]) -> bool {
    u32::from_le_bytes(*start) == 348 || u32::from_be_bytes(*start) == 348
}

/// Names a text, or gives up.
fn by_text(bytes: &[u8]) -> String {
    let not_a_picture = "not a picture: ";
    let start = &bytes[..bytes.len().min(1024)];
    if start.iter().all(|&byte| byte == 0) {
        return format!(
            "{not_a_picture}it begins with zeros, as after a broken copy; copy it again"
        );
    }
    let text = String::from_utf8_lossy(start).to_lowercase();
    let text = text.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']);
    if text.contains("<svg") {
        return SVG.to_owned();
    }
    if text.starts_with("<!doctype html") || text.starts_with("<html") || text.contains("<head") {
        return format!(
            "{not_a_picture}it is a web page, as a failed download leaves; download it again"
        );
    }
    let is_text = (start.iter()).all(|&byte| byte >= 0x20 || matches!(byte, b'\t' | b'\n' | b'\r'));
    if is_text && std::str::from_utf8(&start[..start.len().saturating_sub(4)]).is_ok() {
        return format!("{not_a_picture}it is a text");
    }
    format!("{not_a_picture}the content is not {FORMATS}")
}
