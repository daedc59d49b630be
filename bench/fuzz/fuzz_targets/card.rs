//! Cards of model files without weights.

#![no_main]

use std::path::Path;

use burn::tensor::Device;
use datasets::Preprocessing;
use hebb_fuzz::seeds;
use libfuzzer_sys::fuzz_target;
use models::file::load_bytes;

fuzz_target!(|input: &[u8]| {
    let Ok(card) = std::str::from_utf8(input) else {
        return;
    };
    let file = seeds::models::with_card(card);
    let name = Path::new("model.safetensors");
    let _ = load_bytes::<Preprocessing>(name, &file, &Device::flex());
});
