//! Recordings that `infer` answers about, for a network of 4 and for one of 178 samples.

#![no_main]

use datasets::SignalPreprocessing;
use datasets::signals::{eeg, recording};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    for samples in [4, eeg::SAMPLES] {
        let preprocessing = SignalPreprocessing {
            samples,
            rate_hz: eeg::RATE_HZ,
            mean: 0.0,
            std: 1.0,
        };
        if let Ok(recording) = recording::read(input, &preprocessing) {
            let mut segments = recording.segments.iter();
            assert!(segments.all(|segment| segment.values.len() == samples));
        }
    }
});
