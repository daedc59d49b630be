//! One seed gives one model, byte for byte; another seed another.

use std::fs;
use std::path::Path;

use crate::stage::Stage;
use serde_json::Value;

/// A model's tensors by name and place, and all their bytes; the card with its date left out.
fn weights(run: &Path) -> (Value, Vec<u8>) {
    let file = fs::read(run.join("model.safetensors")).unwrap();
    let (length, rest) = file.split_at(8);
    let length = u64::from_le_bytes(length.try_into().unwrap()) as usize;
    let (header, data) = rest.split_at(length);
    let mut header: Value = serde_json::from_slice(header).unwrap();
    assert!(
        header
            .as_object_mut()
            .unwrap()
            .remove("__metadata__")
            .is_some()
    );
    assert!(!data.is_empty());
    (header, data.to_vec())
}

/// Two runs with one seed and one with another.
fn check(experiment: &str) {
    let stage = Stage::new();
    for seed in [7, 7, 8] {
        stage.trained(&format!(
            "{experiment} --generated --stand-ins 300 --epochs 2 --batch-size 32 --device flex --no-tui --seed {seed}"
        ));
    }
    let run = |number| stage.path(&format!("runs/{experiment}-{number}"));
    let of = |number, file: &str| fs::read_to_string(run(number).join(file)).unwrap();

    let (first, second, other) = (weights(&run(1)), weights(&run(2)), weights(&run(3)));
    assert_eq!(first.0, second.0, "the same tensors");
    assert!(first.1 == second.1, "{experiment}: one seed, two models");
    assert_eq!(first.0, other.0, "the same shapes");
    assert!(first.1 != other.1, "{experiment}: two seeds, one model");
    for file in ["split.csv", "predictions.csv"] {
        assert_eq!(of(1, file), of(2, file));
        assert_ne!(of(1, file), of(3, file));
    }
}

#[test]
fn the_mlp() {
    check("mnist-mlp");
}

#[test]
fn the_mlp_with_dropout() {
    check("mnist-dropout");
}
