//! Currents and protocols as text. What they print is read as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use neurons::current::Current;
use neurons::recording::Protocol;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    if let Ok(current) = text.parse::<Current>() {
        assert_eq!(
            current.to_string().parse().as_ref(),
            Ok(&current),
            "{text:?}"
        );
        let waveform = current.waveform(10.0, 1);
        let _ = (waveform.range(), waveform.breaks(10.0));
        assert!(waveform.at(5.0).is_finite(), "{text:?}");
    }
    if let Ok(protocol) = text.parse::<Protocol>() {
        assert_eq!(
            protocol.to_string().parse().as_ref(),
            Ok(&protocol),
            "{text:?}"
        );
        assert!(protocol.current(3, 5.0).is_finite(), "{text:?}");
    }
});
