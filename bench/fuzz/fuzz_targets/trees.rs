//! Files of parse trees.

#![no_main]

use datasets::trees::{Grain, set};
use hebb_fuzz::scratch::Scratch;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static SCRATCH: Scratch = Scratch::new();
}

fuzz_target!(|input: &[u8]| {
    let path = SCRATCH.with(|scratch| scratch.write("trees.txt", input));
    if let Ok(trees) = set::read_file(&path, Grain::Five) {
        assert_eq!(trees.groups().len(), trees.len());
    }
});
