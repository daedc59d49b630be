//! Command lines of `infer`.

#![no_main]

use hebb_fuzz::words::words;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Err(error) = infer::check_arguments(words("infer", input)) {
        let error = error;
        assert!(!error.is_empty() && !error.contains('\n'), "{error}");
    }
});
