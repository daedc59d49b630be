//! Model files.

#![no_main]

use std::path::Path;

use burn::tensor::{Device, Tensor};
use datasets::Preprocessing;
use libfuzzer_sys::fuzz_target;
use models::InputShape;
use models::file::load_bytes;

fuzz_target!(|input: &[u8]| {
    let device = Device::flex();
    let name = Path::new("model.safetensors");
    let Ok((card, predictor)) = load_bytes::<Preprocessing>(name, input, &device) else {
        return;
    };
    let InputShape::Picture([channels, height, width]) = card.architecture.input() else {
        return;
    };
    if let Some(network) = predictor.classifier() {
        let logits = network.forward(Tensor::ones([1, channels, height, width], &device));
        assert_eq!(logits.dims(), [1, card.class_names.len()]);
    }
});
