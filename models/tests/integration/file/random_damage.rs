//! Files damaged at random.

use std::fs;
use std::path::Path;

use burn::tensor::{Device, Tensor};
use models::{InputShape, NetworkConfig};
use proptest::prelude::*;

use super::{load_model, logits, saved, small};

/// Replaces the byte at each of the places, then cuts the file off after `keep` bytes.
fn mutated(good: &[u8], edits: &[(usize, u8)], keep: Option<usize>) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for &(at, byte) in edits {
        let length = bytes.len();
        bytes[at % length] = byte;
    }
    if let Some(keep) = keep {
        bytes.truncate(keep % (good.len() + 1));
    }
    bytes
}

/// Checks that reading the file gives a model that answers, or an error with a message.
fn reads_or_refuses(folder: &Path, bytes: &[u8]) -> Result<(), TestCaseError> {
    let path = folder.join("mutated.safetensors");
    fs::write(&path, bytes).unwrap();
    match load_model(&path) {
        Ok((card, predictor)) => {
            let InputShape::Picture([c, h, w]) = card.architecture.input() else {
                panic!("takes no pictures");
            };
            let found = logits(&predictor, Tensor::ones([1, c, h, w], &Device::flex()));
            prop_assert_eq!(found.len(), card.class_names.len());
        }
        Err(error) => prop_assert!(!error.to_string().is_empty()),
    }
    Ok(())
}

#[test]
fn random_damage_never_panics() {
    let model = saved();
    let good = fs::read(&model.path).unwrap();
    let header = good.len() - small().layers().parameters() * 4;
    let folder = model.folder.path();
    let edits = |end: usize| prop::collection::vec((0..end, any::<u8>()), 0..4);
    // Mostly in the header, where a byte changes the meaning of everything after it.
    let anywhere = edits(good.len());
    let in_header = edits(header);
    let cut = prop::option::weighted(0.3, 0..good.len());
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(600)
    };
    proptest!(config, |(edits in prop_oneof![1 => anywhere, 3 => in_header], keep in cut)| {
        reads_or_refuses(folder, &mutated(&good, &edits, keep))?;
    });
}

/// With other digits the header is still JSON, but with other sizes and places.
#[test]
fn other_digits_in_the_header_never_panic() {
    let model = saved();
    let good = fs::read(&model.path).unwrap();
    let header = good.len() - small().layers().parameters() * 4;
    let digits: Vec<usize> = (8..header)
        .filter(|&at| good[at].is_ascii_digit())
        .collect();
    let folder = model.folder.path();
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(600)
    };
    let edits = prop::collection::vec((0..digits.len(), b'0'..=b'9'), 1..4);
    proptest!(config, |(edits in edits)| {
        let edits: Vec<_> = edits.iter().map(|&(at, digit)| (digits[at], digit)).collect();
        reads_or_refuses(folder, &mutated(&good, &edits, None))?;
    });
}
