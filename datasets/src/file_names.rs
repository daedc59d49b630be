//! Names of files as text, also of those that are not Unicode.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use tokenizers::NormalizedString;

/// Returns a name as text. Bytes that are not UTF-8 are written as `\xHH`, so that different names stay different;
/// [`path_below`] reverses it.
pub(crate) fn text_of(name: &OsStr) -> String {
    let mut text = String::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        let mut valid = chunk.valid();
        // A name that contains such an escape itself gets one for its backslash.
        while let Some(place) = valid.find("\\x") {
            text += &valid[..place];
            let is_escape = escaped_byte(&valid[place..]).is_some();
            text += if is_escape { "\\x5C" } else { "\\" };
            valid = &valid[place + 1..];
        }
        text += valid;
        chunk
            .invalid()
            .iter()
            .for_each(|byte| text += &format!("\\x{byte:02X}"));
    }
    text
}

/// Returns the path of a file below `folder`, given its names as text with `/` between them.
pub fn path_below(folder: &Path, relative: &str) -> PathBuf {
    let names = relative.split('/').map(name_of);
    names.fold(folder.to_path_buf(), |path, name| path.join(name))
}

/// Returns a name in Unicode's composed form (NFC), in which most systems write it; macOS writes the decomposed one.
pub(crate) fn nfc(name: &str) -> String {
    NormalizedString::from(name).nfc().get().to_owned()
}

/// Returns the name that a text stands for.
fn name_of(mut text: &str) -> OsString {
    let mut bytes = Vec::with_capacity(text.len());
    while let Some(place) = text.find("\\x") {
        bytes.extend_from_slice(&text.as_bytes()[..place]);
        let (byte, length) = match escaped_byte(&text[place..]) {
            Some(byte) => (byte, 4),
            None => (b'\\', 1),
        };
        bytes.push(byte);
        text = &text[place + length..];
    }
    bytes.extend_from_slice(text.as_bytes());
    os_string(bytes)
}

/// Parses the escape at the beginning of a text.
fn escaped_byte(text: &str) -> Option<u8> {
    let digits = text.strip_prefix("\\x")?.get(..2)?;
    let are_digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    are_digits.then(|| u8::from_str_radix(digits, 16).ok())?
}

#[cfg(unix)]
fn os_string(bytes: Vec<u8>) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes)
}

/// Other systems have no names of arbitrary bytes.
#[cfg(not(unix))]
fn os_string(bytes: Vec<u8>) -> OsString {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn every_name_is_found_again_by_its_text() {
        use std::os::unix::ffi::OsStrExt;
        let names: [&[u8]; 7] = [
            b"glioma (1).jpg",
            "gliom\u{e9}".as_bytes(),
            b"gliom\xE9.jpg",
            b"\xFF\xFEa\xFF",
            b"back\\slash\\x",
            b"\\xE9.jpg",
            b"\\\\x41",
        ];
        for name in names {
            let text = text_of(OsStr::from_bytes(name));
            let path = path_below(Path::new("set"), &format!("a/{text}"));
            let expected = Path::new("set/a").join(OsStr::from_bytes(name));
            assert_eq!(path, expected, "{text}");
        }
        assert_eq!(
            text_of(OsStr::from_bytes(b"gliom\xE9.jpg")),
            "gliom\\xE9.jpg"
        );
        assert_eq!(text_of(OsStr::new("back\\slash")), "back\\slash");
    }
}
