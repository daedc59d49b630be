//! Sentence pairs.

#![no_main]

use datasets::text::pairs;
use hebb_fuzz::scratch::Scratch;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static SCRATCH: Scratch = Scratch::new();
}

fuzz_target!(|input: &[u8]| {
    let path = SCRATCH.with(|scratch| scratch.write("fra.txt", input));
    if let Ok(set) = pairs::load(&path, 12) {
        assert_eq!(set.groups().len(), set.len());
    }
});
