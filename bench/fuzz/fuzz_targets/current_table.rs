//! Tables of currents.

#![no_main]

use hebb_fuzz::scratch::Scratch;
use libfuzzer_sys::fuzz_target;
use neurons::current::{Unit, table};

thread_local! {
    static SCRATCH: Scratch = Scratch::new();
}

fuzz_target!(|input: &[u8]| {
    let path = SCRATCH.with(|scratch| scratch.write("table.csv", input));
    for unit in Unit::ALL {
        if let Ok(samples) = table::read(&path, unit) {
            let value = samples.at((samples.start() + samples.end()) / 2.0);
            assert!(value.is_finite(), "{value}");
        }
    }
});
