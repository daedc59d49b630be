//! Model files: what is saved loads again, and a damaged file is refused in one line.

mod damage;
mod half;
mod random_damage;
mod round_trip;

use std::fs;
use std::path::{Path, PathBuf};

use burn::tensor::{Device, Tensor};
use models::file::{CARD_KEY, Card, DataCard, FORMAT_VERSION, FileError, Metric, load, save};
use models::{Architecture, Calibration, Ensemble, NetworkConfig, Predictor, TumorNetConfig};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Preprocessing as another crate may put it into the card.
type Preprocess = Value;

fn card(architecture: impl Into<Architecture>) -> Card<Preprocess> {
    let architecture = architecture.into();
    let class_names = (0..architecture.classes())
        .map(|class| format!("class \"{class}\""))
        .collect();
    Card {
        format_version: FORMAT_VERSION,
        hebb_version: "0.1.0".into(),
        experiment: "test".into(),
        architecture,
        preprocess: json!({"width": 8, "height": 8, "channels": "grey"}),
        class_names,
        data: DataCard {
            name: "phantoms".into(),
            fingerprint: "abc".into(),
            generated: true,
            split: "random".into(),
            class: None,
            train: 80,
            valid: 10,
            test: 10,
        },
        seed: u64::MAX,
        epochs: 3,
        device: "flex (CPU, SIMD)".into(),
        trained_at: "2026-01-02T03:04:05Z".into(),
        metrics: vec![Metric {
            name: "accuracy".into(),
            split: "test".into(),
            value: 0.9,
            interval: Some([0.8, 0.95]),
            n: 10,
        }],
        calibration: Some(Calibration {
            temperature: 1.5,
            threshold: None,
            target_error: None,
            ood_detector: None,
        }),
        notice: Some("Research and teaching only – kein Medizinprodukt".into()),
    }
}

/// Returns a network small enough to be damaged some hundred times.
fn small() -> TumorNetConfig {
    TumorNetConfig::new()
        .with_input([1, 8, 8])
        .with_stem(2)
        .with_blocks(vec![vec![3]])
}

/// Model file in a temporary folder.
struct Model {
    folder: TempDir,
    path: PathBuf,
    network: Ensemble,
}

/// Saves the small network.
fn saved() -> Model {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let network = small().init(&Device::flex());
    save(&path, &network, &card(small())).unwrap();
    Model {
        folder,
        path,
        network,
    }
}

/// Splits a file into its header and the values of its tensors.
fn parts(path: &Path) -> (Value, Vec<u8>) {
    let bytes = fs::read(path).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    (
        serde_json::from_slice(&bytes[8..8 + length]).unwrap(),
        bytes[8 + length..].to_vec(),
    )
}

/// Puts a header and values together to a file.
fn assemble(header: &Value, data: &[u8]) -> Vec<u8> {
    let mut json = serde_json::to_vec(header).unwrap();
    while !json.len().is_multiple_of(8) {
        json.push(b' ');
    }
    let length = (json.len() as u64).to_le_bytes();
    [length.as_slice(), &json, data].concat()
}

/// Loads a model on the CPU.
fn load_model(path: &Path) -> Result<(Card<Preprocess>, Predictor), FileError> {
    load(path, &Device::flex())
}

/// Computes a classifier's logits.
fn logits(predictor: &Predictor, images: Tensor<4>) -> Vec<f32> {
    let Predictor::Classifier(network) = predictor else {
        panic!("not a classifier: {predictor:?}");
    };
    network.forward(images).into_data().try_to_vec().unwrap()
}

/// Changes the header of a file.
fn with_header(header: &Value, data: &[u8], edit: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut header = header.clone();
    edit(&mut header);
    assemble(&header, data)
}

/// Changes the card of a file.
fn with_card(header: &Value, data: &[u8], edit: impl FnOnce(&mut Value)) -> Vec<u8> {
    with_header(header, data, |header| {
        let text = header["__metadata__"][CARD_KEY].as_str().unwrap();
        let mut card: Value = serde_json::from_str(text).unwrap();
        edit(&mut card);
        header["__metadata__"][CARD_KEY] = card.to_string().into();
    })
}
