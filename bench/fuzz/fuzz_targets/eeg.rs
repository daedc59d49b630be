//! The table of the Bonn recordings.

#![no_main]

use datasets::signals::eeg;
use hebb_fuzz::scratch::Scratch;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static SCRATCH: Scratch = Scratch::new();
}

fuzz_target!(|input: &[u8]| {
    let path = SCRATCH.with(|scratch| scratch.write("table.csv", input));
    let _ = eeg::load(&path, eeg::CLASSES);
    let _ = eeg::load(&path, 2);
    let _ = eeg::recording_sums(&path);
});
