//! BMPs.

#![no_main]

use hebb_fuzz::picture;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(init: picture::note_panics(), |input: &[u8]| -> Corpus {
    picture::decode(input, &[b"BM"])
});
