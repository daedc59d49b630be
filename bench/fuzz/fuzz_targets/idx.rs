//! The four files of MNIST. The first byte chooses which of them the rest of the input replaces.

#![no_main]

use datasets::images::mnist;
use hebb_fuzz::scratch::Scratch;
use hebb_fuzz::seeds::tables;
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];

thread_local! {
    static GOOD: ([Vec<u8>; 4], Scratch) = {
        let (files, scratch) = (tables::idx(), Scratch::new());
        for (name, bytes) in NAMES.iter().zip(&files) {
            scratch.write(name, bytes);
        }
        (files, scratch)
    };
}

fuzz_target!(|input: &[u8]| {
    let Some((&first, bytes)) = input.split_first() else {
        return;
    };
    let file = usize::from(first) % NAMES.len();
    GOOD.with(|(good, scratch)| {
        scratch.write(NAMES[file], bytes);
        let _ = mnist::load(scratch.folder());
        scratch.write(NAMES[file], &good[file]);
    });
});
