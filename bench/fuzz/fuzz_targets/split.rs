//! `split.csv` and tables of patients, for a set of generated digits.

#![no_main]

use datasets::ImageSet;
use datasets::split::{patients, record};
use hebb_fuzz::scratch::Scratch;
use hebb_fuzz::seeds::tables;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static SET: (Scratch, ImageSet) = (Scratch::new(), tables::examples());
}

fuzz_target!(|input: &[u8]| {
    SET.with(|(scratch, set)| {
        let path = scratch.write("split.csv", input);
        if let Ok(split) = record::replay(&path, set, 1) {
            assert_eq!(split.groups.len(), set.len());
        }
        if let Ok(groups) = patients::read(&path, set) {
            assert_eq!(groups.len(), set.len());
        }
    });
});
