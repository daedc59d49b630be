//! Saving and loading.

use std::fs;
use std::path::Path;

use burn::tensor::{Device, Tensor};
use models::file::{CARD_KEY, Card, FileError, read_card, save};
use models::{
    Activation, Activations, Calibration, DigitCnnConfig, MlpConfig, Network, NetworkConfig,
    OutputActivation,
};
use serde_json::{Value, json};

use super::{Preprocess, card, load_model, logits, parts, saved, small, with_card};

#[test]
fn a_saved_model_loads_with_its_card_and_its_answers() {
    let model = saved();
    let (read, predictor) = load_model(&model.path).unwrap();
    assert_eq!(read, card(small()));
    assert_eq!(read_card::<Preprocess>(&model.path).unwrap(), read);

    let images = Tensor::random(
        [3, 1, 8, 8],
        burn::tensor::Distribution::Default,
        &Device::flex(),
    );
    let expected = model
        .network
        .forward(images.clone())
        .into_data()
        .try_to_vec::<f32>()
        .unwrap();
    assert_eq!(logits(&predictor, images), expected);
}

#[test]
fn another_network_replaces_the_file() {
    let device = Device::flex();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let mlp = MlpConfig::new([3, 4, 5], vec![6, 5], 3)
        .with_activation(Activations::Each(vec![
            Activation::LeakyRelu { slope: 0.2 },
            Activation::Tanh,
        ]))
        .with_dropout(0.1)
        .with_output(OutputActivation::NormalizedSigmoid);
    save(&path, &mlp.init(&device), &card(mlp.clone())).unwrap();
    assert_eq!(load_model(&path).unwrap().0, card(mlp));
    let cnn = DigitCnnConfig::new().with_input([1, 6, 6]).with_classes(2);
    save(&path, &cnn.init(&device), &card(cnn.clone())).unwrap();
    assert_eq!(
        load_model(&path).unwrap().0,
        card(cnn),
        "the file was replaced"
    );
}

#[test]
fn a_network_in_training_is_saved_without_its_training_state() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let network = small().init(&Device::flex().autodiff());
    save(&path, &network, &card(small())).unwrap();
    let (header, _) = parts(&path);
    assert_eq!(
        header.as_object().unwrap().len(),
        1 + 12,
        "twelve tensors, no dropout flags"
    );
    load_model(&path).unwrap();
}

#[test]
fn tensor_names_and_shapes_are_stable() {
    let (header, data) = parts(&saved().path);
    let shapes: Vec<(String, Vec<u64>)> = header
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| *name != "__metadata__")
        .map(|(name, info)| {
            assert_eq!(info["dtype"], "F32");
            let shape = info["shape"].as_array().unwrap();
            (
                name.clone(),
                shape.iter().map(|size| size.as_u64().unwrap()).collect(),
            )
        })
        .collect();
    let expected: [(&str, &[u64]); 12] = [
        ("members.0.classifier.1.dense.bias", &[4]),
        ("members.0.classifier.1.dense.weight", &[6, 4]),
        ("members.0.features.0.conv.weight", &[2, 1, 5, 5]),
        ("members.0.features.1.norm.beta", &[2]),
        ("members.0.features.1.norm.gamma", &[2]),
        ("members.0.features.1.norm.running_mean", &[2]),
        ("members.0.features.1.norm.running_var", &[2]),
        ("members.0.features.2.conv.weight", &[3, 2, 3, 3]),
        ("members.0.features.3.norm.beta", &[3]),
        ("members.0.features.3.norm.gamma", &[3]),
        ("members.0.features.3.norm.running_mean", &[3]),
        ("members.0.features.3.norm.running_var", &[3]),
    ];
    assert_eq!(shapes.len(), expected.len(), "{shapes:?}");
    for (name, shape) in expected {
        assert!(
            shapes.contains(&(name.to_string(), shape.to_vec())),
            "{name} in {shapes:?}"
        );
    }
    let metadata = header["__metadata__"].as_object().unwrap();
    assert_eq!(metadata.keys().collect::<Vec<_>>(), [CARD_KEY]);
    assert_eq!(data.len(), small().layers().parameters() * 4);
}

#[test]
fn saving_leaves_only_the_model_in_the_folder() {
    let model = saved();
    save(&model.path, &model.network, &card(small())).unwrap();
    let files = fs::read_dir(model.folder.path()).unwrap().count();
    assert_eq!(files, 1);
}

/// Whoever may read the user's other files may read a model.
#[cfg(unix)]
#[test]
fn a_new_model_has_the_permissions_of_any_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let model = saved();
    let plain = model.folder.path().join("plain");
    fs::write(&plain, "x").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&model.path), mode(&plain));
}

#[test]
fn a_card_that_does_not_fit_its_network_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let network = small().init(&Device::flex());
    let refuse = |card: &Card<Preprocess>, expected: &str| {
        let message = save(&path, &network, card).unwrap_err().to_string();
        assert!(message.contains(expected), "'{message}' lacks '{expected}'");
        assert!(!path.exists());
    };
    refuse(
        &card(MlpConfig::mnist()),
        "101770 parameters, but this one has 152",
    );
    let mut other = card(small());
    other.class_names.pop();
    refuse(&other, "names 3 classes for a network of 4");
    let mut other = card(small());
    other.format_version = 9;
    refuse(&other, "format version 9");
    let mut other = card(small());
    other.calibration = Some(Calibration {
        temperature: 0.0,
        threshold: None,
        target_error: None,
        ood_detector: None,
    });
    refuse(&other, "temperature is 0");
    let missing = folder.path().join("absent").join("model.safetensors");
    let error = save(&missing, &network, &card(small())).unwrap_err();
    assert!(matches!(error, FileError::Write { .. }), "{error}");
    assert!(error.to_string().contains("absent"), "{error}");
}

/// Fields that were added to the card are optional.
#[test]
fn a_card_without_the_optional_fields_loads() {
    let model = saved();
    let (header, data) = parts(&model.path);
    let without = |change: &dyn Fn(&mut Value)| {
        let path = model.folder.path().join("older.safetensors");
        fs::write(&path, with_card(&header, &data, change)).unwrap();
        load_model(&path).unwrap().0.calibration
    };
    let plain =
        without(&|card| card["calibration"] = json!({"temperature": 2.0, "threshold": 0.6}));
    let plain = plain.unwrap();
    assert_eq!((plain.temperature, plain.threshold), (2.0, Some(0.6)));
    assert_eq!((plain.target_error, plain.ood_detector), (None, None));
    assert_eq!(without(&|card| card["calibration"] = Value::Null), None);
}
