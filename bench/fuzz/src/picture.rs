//! Decoding of a picture, with a report of panics in decoders.
//!
//! Hebb turns a panic of a decoder into an error. A panic in Hebb's own code is a finding nevertheless. One in a decoder
//! of others cannot be mended here: its place is printed once, after `guarded:`, and `run.sh` counts these lines.

use std::cell::RefCell;
use std::collections::HashSet;
use std::panic::{self, PanicHookInfo};

use datasets::images::{decode_bytes, open_bytes};
use libfuzzer_sys::Corpus;

thread_local! {
    /// Place of the last panic, in a file of Hebb or of a dependency.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
    /// Places that were reported.
    static REPORTED: RefCell<HashSet<String>> = RefCell::default();
}

/// Makes a panic note its place instead of ending the process, as libFuzzer's own hook does.
pub fn note_panics() {
    // Decoding installs a hook of its own, once. This one replaces it.
    let _ = decode_bytes(b"", "nothing");
    let note = |info: &PanicHookInfo<'_>| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        eprintln!("panic at {place}: {}", info.payload_as_str().unwrap_or("-"));
        PLACE.set(place);
    };
    panic::set_hook(Box::new(note));
}

/// Decodes a picture that begins with one of `starts`; other inputs are not kept.
///
/// # Panics
/// If Hebb's own code panics while it decodes.
pub fn decode(input: &[u8], starts: &[&[u8]]) -> Corpus {
    if !starts.iter().any(|start| input.starts_with(start)) {
        return Corpus::Reject;
    }
    let outcome = open_bytes(input, "picture", None, |decoded| Ok(drop(decoded)));
    let Err(error) = outcome else {
        return Corpus::Keep;
    };
    if error.to_string().contains("its decoder failed (") {
        let place = PLACE.take();
        assert!(is_foreign(&place), "{place}: {error}");
        if REPORTED.with_borrow_mut(|places| places.insert(place.clone())) {
            eprintln!("guarded: {place}: {error}");
        }
    }
    Corpus::Keep
}

/// Whether a place is in the source of a dependency. One in the standard library may have Hebb as its caller.
fn is_foreign(place: &str) -> bool {
    place.contains("/registry/src/")
}
