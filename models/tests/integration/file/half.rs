//! Model files of 16-bit floats.

use std::fs;

use burn::tensor::{Device, Tensor};
use models::NetworkConfig;
use models::file::halve;

use super::{assemble, card, load_model, logits, parts, saved, small};

/// Rounded to eleven bits, every value is within 2^-11 of itself.
#[test]
fn a_model_of_16_bit_floats_answers_nearly_the_same() {
    let model = saved();
    let half = model.folder.path().join("half.safetensors");
    halve(&model.path, &half).unwrap();
    let (header, data) = parts(&half);
    assert_eq!(data.len(), small().layers().parameters() * 2);
    let tensors = header.as_object().unwrap();
    let others = tensors.iter().filter(|(name, _)| *name != "__metadata__");
    assert!(others.clone().count() > 0);
    for (name, info) in others {
        assert_eq!(info["dtype"], "F16", "{name}");
    }

    let (read, predictor) = load_model(&half).unwrap();
    assert_eq!(read, card(small()));
    let images = Tensor::random(
        [3, 1, 8, 8],
        burn::tensor::Distribution::Default,
        &Device::flex(),
    );
    let (_, whole) = load_model(&model.path).unwrap();
    let [narrow, wide] = [&predictor, &whole].map(|model| logits(model, images.clone()));
    let largest = wide
        .iter()
        .fold(0.0f32, |largest, value| largest.max(value.abs()));
    assert_ne!(narrow, wide);
    for (narrow, wide) in narrow.iter().zip(&wide) {
        assert!(
            (narrow - wide).abs() < 5e-3 * largest,
            "{narrow} for {wide}"
        );
    }

    // A second conversion changes nothing.
    let again = model.folder.path().join("again.safetensors");
    halve(&half, &again).unwrap();
    assert_eq!(fs::read(&half).unwrap(), fs::read(&again).unwrap());
}

#[test]
fn values_too_large_for_16_bits_are_refused() {
    let model = saved();
    let (header, mut data) = parts(&model.path);
    data[..4].copy_from_slice(&1e6f32.to_le_bytes());
    fs::write(&model.path, assemble(&header, &data)).unwrap();
    let half = model.folder.path().join("half.safetensors");
    let message = halve(&model.path, &half).unwrap_err().to_string();
    assert!(
        message.contains("1000000, too large for a 16-bit float"),
        "{message}"
    );
    assert!(!half.exists());
}
