//! Command lines.

use std::ffi::OsString;

/// Splits an input into the words of a command line, one on each line, after the name of the program.
#[cfg(unix)]
pub fn words(program: &str, input: &[u8]) -> Vec<OsString> {
    use std::os::unix::ffi::OsStringExt;

    let words = input.split(|byte| *byte == b'\n');
    let words = words.map(|word| OsString::from_vec(word.to_vec()));
    std::iter::once(program.into()).chain(words).collect()
}
