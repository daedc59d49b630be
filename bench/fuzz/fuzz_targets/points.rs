//! Tables of points for neurons that learn by a rule.

#![no_main]

use hebb_fuzz::scratch::Scratch;
use libfuzzer_sys::fuzz_target;
use train::tasks::studies::toy_data::LabelledPoints;

thread_local! {
    static SCRATCH: Scratch = Scratch::new();
}

fuzz_target!(|input: &[u8]| {
    let path = SCRATCH.with(|scratch| scratch.write("table.csv", input));
    if let Ok(points) = LabelledPoints::read(&path) {
        let _ = points.two_classes();
    }
});
