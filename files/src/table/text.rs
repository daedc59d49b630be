//! The text of a table: its encoding and its line ends.

use super::error::TableError;

/// Beginnings of files that are not text tables, each with a description and the remedy.
const FOREIGN: [(&[u8], &str); 18] = [
    (
        b"PK\x03\x04",
        "is a workbook (.xlsx, .ods) or a ZIP archive; save its sheet as CSV, or unpack it",
    ),
    (
        b"\xD0\xCF\x11\xE0",
        "is an old Excel workbook (.xls); save its sheet as CSV",
    ),
    (b"\x1F\x8B", "is packed with gzip; unpack it"),
    (b"BZh", "is packed with bzip2; unpack it"),
    (b"\xFD7zXZ", "is packed with xz; unpack it"),
    (b"7z\xBC\xAF", "is a 7z archive; unpack it"),
    (b"PAR1", "is a Parquet file; save it as CSV"),
    (b"\x89HDF", "is an HDF5 file; save its table as CSV"),
    (b"MATLAB 5.0", "is a MATLAB file; save its table as CSV"),
    (b"\x93NUMPY", "is a NumPy file; save it with numpy.savetxt"),
    (b"%PDF", "is a PDF; save its table as CSV"),
    (b"{\\rtf", "is formatted text (RTF); save it as plain text"),
    (b"ABF", "is an Axon binary file; export it as CSV"),
    (
        b"0       ",
        "is a recording in the European Data Format (EDF); export it as CSV",
    ),
    (
        b"\xFFBIOSEMI",
        "is a recording in BioSemi's format (BDF); export it as CSV",
    ),
    (
        b"version https://git-lfs",
        "is a Git LFS pointer, not the table itself; fetch the table with `git lfs pull`",
    ),
    (
        b"<",
        "is a page of HTML or XML, not a table; download the table itself",
    ),
    (
        b"ATF\t",
        "is an Axon text file; remove the lines above its columns and give the columns names with units",
    ),
];

/// Returns the text of a file in UTF-8 or UTF-16, without a byte-order mark and with `\n` as the only line end.
///
/// # Errors
/// If the file is of another format or encoding.
pub(super) fn decode(bytes: Vec<u8>) -> Result<String, TableError> {
    let foreign = FOREIGN.iter().find(|(start, _)| bytes.starts_with(start));
    if let Some((_, what)) = foreign {
        return Err(TableError::File((*what).to_owned()));
    }
    let text = match encoding(&bytes) {
        Encoding::Utf8 => utf8(bytes)?,
        Encoding::Utf16 { is_big_endian } => utf16(&bytes, is_big_endian)?,
        Encoding::Utf32 => {
            let reason = "is in UTF-32; save it as CSV in UTF-8";
            return Err(TableError::File(reason.to_owned()));
        }
    };
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    };
    if let Some(place) = text.find('\0') {
        let line = line_at(&text.as_bytes()[..place]);
        let reason = "holds a byte of zero, which no text has; save the table again, as CSV";
        return Err(TableError::at(line, reason));
    }
    Ok(if text.contains('\r') {
        // `\r\r\n` is written by programs that translate line ends twice.
        text.replace("\r\r\n", "\n")
            .replace("\r\n", "\n")
            .replace('\r', "\n")
    } else {
        text
    })
}

/// Encoding of a text.
enum Encoding {
    Utf8,
    Utf16 { is_big_endian: bool },
    Utf32,
}

/// Recognises the encoding by the byte-order mark, or by the zeros between Latin letters in UTF-16.
fn encoding(bytes: &[u8]) -> Encoding {
    if bytes.starts_with(&[0xFF, 0xFE, 0, 0]) || bytes.starts_with(&[0, 0, 0xFE, 0xFF]) {
        return Encoding::Utf32;
    }
    let is_mark = |mark: [u8; 2]| bytes.starts_with(&mark);
    let start = &bytes[..bytes.len().min(64) & !1];
    let zeros = |offset: usize| {
        let of_pairs = start.chunks_exact(2).filter(|pair| pair[offset] == 0);
        !start.is_empty() && of_pairs.count() * 10 >= start.len() / 2 * 9
    };
    match (zeros(0), zeros(1)) {
        _ if is_mark([0xFF, 0xFE]) => Encoding::Utf16 {
            is_big_endian: false,
        },
        _ if is_mark([0xFE, 0xFF]) => Encoding::Utf16 {
            is_big_endian: true,
        },
        (false, true) => Encoding::Utf16 {
            is_big_endian: false,
        },
        (true, false) => Encoding::Utf16 {
            is_big_endian: true,
        },
        _ => Encoding::Utf8,
    }
}

fn utf8(bytes: Vec<u8>) -> Result<String, TableError> {
    String::from_utf8(bytes).map_err(|error| {
        let place = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let byte = bytes.get(place).copied().unwrap_or_default();
        let reason = format!(
            "not a CSV table in UTF-8: the byte {byte:#04x} is not UTF-8; save the table as CSV in UTF-8"
        );
        TableError::at(line_at(&bytes[..place]), reason)
    })
}

fn utf16(bytes: &[u8], is_big_endian: bool) -> Result<String, TableError> {
    let unit = |pair: &[u8]| {
        let pair = [pair[0], pair[1]];
        match is_big_endian {
            true => u16::from_be_bytes(pair),
            false => u16::from_le_bytes(pair),
        }
    };
    let units = bytes.chunks_exact(2);
    let is_whole = units.remainder().is_empty();
    let mut text = String::with_capacity(bytes.len() / 2);
    for letter in char::decode_utf16(units.map(unit)) {
        let letter = letter.map_err(|_| {
            let reason = "is not UTF-16, although the file begins as such; save it as CSV in UTF-8";
            TableError::at(line_at(text.as_bytes()), reason)
        })?;
        text.push(letter);
    }
    if is_whole {
        Ok(text)
    } else {
        let reason = "ends within a letter of UTF-16: the file is not complete; save it again";
        Err(TableError::at(line_at(text.as_bytes()), reason))
    }
}

/// Returns the number of the line that follows `before`. Line ends are `\n`, `\r\n` or `\r`.
fn line_at(before: &[u8]) -> u64 {
    let ends = before.iter().enumerate().filter(|(index, byte)| {
        **byte == b'\n' || **byte == b'\r' && before.get(index + 1) != Some(&b'\n')
    });
    ends.count() as u64 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16_bytes(text: &str, encode: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(encode).collect()
    }

    #[test]
    fn every_encoding_and_line_end_gives_the_same_text() {
        let text = "größe,b\n1,2\n";
        let marked = format!("\u{feff}{text}");
        for bytes in [
            text.as_bytes().to_vec(),
            marked.as_bytes().to_vec(),
            text.replace('\n', "\r\n").into_bytes(),
            text.replace('\n', "\r").into_bytes(),
            text.replace('\n', "\r\r\n").into_bytes(),
            utf16_bytes(&marked, u16::to_le_bytes),
            utf16_bytes(&marked, u16::to_be_bytes),
            utf16_bytes(text, u16::to_le_bytes),
            utf16_bytes(text, u16::to_be_bytes),
        ] {
            assert_eq!(decode(bytes.clone()).unwrap(), text, "{bytes:?}");
        }
        assert_eq!(decode(Vec::new()).unwrap(), "");
    }

    #[test]
    fn other_files_are_named_with_the_remedy() {
        for (bytes, words) in [
            (&b"PK\x03\x04\x14\0"[..], ["workbook", "CSV"]),
            (b"\x1F\x8B\x08", ["gzip", "unpack"]),
            (b"<!DOCTYPE html><html>", ["HTML", "download"]),
            (
                b"version https://git-lfs.github.com/spec/v1\n",
                ["LFS", "git lfs pull"],
            ),
            (
                b"a,b\r\ngr\xF6\xDFe,1\r\n",
                ["line 2: not a CSV table", "0xf6"],
            ),
            (b"a,b\n1,\x002\n", ["line 2", "zero"]),
            (&[0xFF, 0xFE, 0, 0, b'a', 0, 0, 0], ["UTF-32", "UTF-8"]),
            (&[0xFF, 0xFE, b'a', 0, b'\n'], ["line 1", "not complete"]),
            (
                &[0xFF, 0xFE, b'\n', 0, 0, 0xD8, b'a', 0],
                ["line 2", "UTF-16"],
            ),
        ] {
            let error = decode(bytes.to_vec()).unwrap_err().to_string();
            assert!(words.iter().all(|word| error.contains(word)), "{error}");
        }
    }
}
