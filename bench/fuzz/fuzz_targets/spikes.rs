//! Current-clamp recordings, in which spikes are found.

#![no_main]

use hebb_fuzz::scratch::Scratch;
use libfuzzer_sys::fuzz_target;
use neurons::recording::{Detector, Protocol, table};

thread_local! {
    static SCRATCH: Scratch = Scratch::new();
}

fuzz_target!(|input: &[u8]| {
    let path = SCRATCH.with(|scratch| scratch.write("table.csv", input));
    if let Ok(recording) = table::load(&path) {
        let _ = Protocol::dual_steps().check(&recording);
        for sweep in &recording.sweeps {
            let spikes = Detector::default().find(sweep, recording.rate);
            assert!(spikes.iter().all(|spike| spike.time.is_finite()));
        }
    }
});
