//! Sentences without a parse.

#![no_main]

use datasets::trees::plain;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let words = plain::words(text);
    if let Ok(tree) = plain::parse(text) {
        assert!(tree.words().eq(&words), "{words:?}");
    }
});
