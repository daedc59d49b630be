//! Writes the inputs that fuzzing starts from into the folder `HEBB_CORPUS`, and ends. It is a target so that it
//! is built with the others.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: write(), |_input: &[u8]| {});

fn write() {
    let folder = std::env::var_os("HEBB_CORPUS").expect("HEBB_CORPUS names a folder");
    let count = hebb_fuzz::seeds::write(folder.as_ref());
    println!("{count} inputs in {}", folder.display());
    std::process::exit(0);
}
