//! Command lines of `train`.

#![no_main]

use hebb_fuzz::words::words;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Err(error) = train::check_arguments(words("train", input)) {
        let error = train::one_line(&error);
        assert!(!error.is_empty() && !error.contains('\n'), "{error}");
    }
});
