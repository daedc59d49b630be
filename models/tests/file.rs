//! The one-file model: what is written reads back, and what is damaged is refused in one line.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};

use burn::tensor::{Device, Tensor};
use models::file::{
    CARD_KEY, Card, DataCard, FORMAT_VERSION, FileError, Metric, halve, load, read_card, save,
};
use models::{
    Activation, Activations, Architecture, Calibration, DigitCnnConfig, Ensemble, InputShape,
    MlpConfig, Network, NetworkConfig, OutputActivation, Predictor, TumorNetConfig,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A preprocessing, as another crate may put it into the card.
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

/// A network small enough to damage some hundred times.
fn small() -> TumorNetConfig {
    TumorNetConfig::new()
        .with_input([1, 8, 8])
        .with_stem(2)
        .with_blocks(vec![vec![3]])
}

struct Model {
    folder: TempDir,
    path: PathBuf,
    network: Ensemble,
}

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

/// Header and weights of a file.
fn parts(path: &Path) -> (Value, Vec<u8>) {
    let bytes = fs::read(path).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    (
        serde_json::from_slice(&bytes[8..8 + length]).unwrap(),
        bytes[8 + length..].to_vec(),
    )
}

fn assemble(header: &Value, data: &[u8]) -> Vec<u8> {
    let mut json = serde_json::to_vec(header).unwrap();
    while !json.len().is_multiple_of(8) {
        json.push(b' ');
    }
    let length = (json.len() as u64).to_le_bytes();
    [length.as_slice(), &json, data].concat()
}

fn load_model(path: &Path) -> Result<(Card<Preprocess>, Predictor), FileError> {
    load(path, &Device::flex())
}

fn logits(predictor: &Predictor, images: Tensor<4>) -> Vec<f32> {
    let Predictor::Classifier(network) = predictor else {
        panic!("no classifier: {predictor:?}");
    };
    network.forward(images).into_data().try_to_vec().unwrap()
}

#[test]
fn what_is_saved_reads_back() {
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
fn every_kind_of_network_reads_back() {
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
fn a_network_in_training_is_saved_as_one_that_answers() {
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

/// Rounded to eleven bits, every number is within 2^-11 of itself.
#[test]
fn a_halved_model_answers_nearly_the_same() {
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

    // Halved again it stays as it is.
    let again = model.folder.path().join("again.safetensors");
    halve(&half, &again).unwrap();
    assert_eq!(fs::read(&half).unwrap(), fs::read(&again).unwrap());
}

#[test]
fn numbers_too_large_for_half_the_bits_are_refused() {
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

#[test]
fn names_and_layout_are_stable() {
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
fn nothing_but_the_model_is_left_in_the_folder() {
    let model = saved();
    save(&model.path, &model.network, &card(small())).unwrap();
    let files = fs::read_dir(model.folder.path()).unwrap().count();
    assert_eq!(files, 1);
}

/// As any other file the user writes: whoever may read those may read a model.
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
fn cards_that_do_not_fit_are_not_written() {
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

/// What is done to a good file, and what the message must say.
struct Damage {
    what: &'static str,
    bytes: Vec<u8>,
    expected: &'static [&'static str],
}

fn with_header(header: &Value, data: &[u8], edit: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut header = header.clone();
    edit(&mut header);
    assemble(&header, data)
}

fn with_card(header: &Value, data: &[u8], edit: impl FnOnce(&mut Value)) -> Vec<u8> {
    with_header(header, data, |header| {
        let text = header["__metadata__"][CARD_KEY].as_str().unwrap();
        let mut card: Value = serde_json::from_str(text).unwrap();
        edit(&mut card);
        header["__metadata__"][CARD_KEY] = card.to_string().into();
    })
}

/// Files damaged in the bytes or in the header.
fn damaged_files(header: &Value, data: &[u8]) -> Vec<Damage> {
    let good = assemble(header, data);
    let with = |edit: &dyn Fn(&mut Value)| with_header(header, data, edit);
    const WEIGHT: &str = "members.0.classifier.1.dense.weight";
    let not_finite = {
        let mut data = data.to_vec();
        data[4..8].copy_from_slice(&f32::NAN.to_le_bytes());
        assemble(header, &data)
    };
    let grown = [good.as_slice(), &[0; 4]].concat();
    let huge_header = [u64::MAX.to_le_bytes().as_slice(), b"{}"].concat();
    let long_header = [(1u64 << 20).to_le_bytes().as_slice(), b"{}"].concat();
    let damage = |what, bytes, expected| Damage {
        what,
        bytes,
        expected,
    };
    vec![
        damage("empty", vec![], &["0 bytes"]),
        damage(
            "seven bytes",
            good[..7].to_vec(),
            &["7 bytes, fewer than 8"],
        ),
        damage(
            "a text",
            b"hello, this is no model".to_vec(),
            &["more than 16777216"],
        ),
        damage(
            "endless header",
            huge_header,
            &["18446744073709551615", "16777216"],
        ),
        damage(
            "header beyond the end",
            long_header,
            &["promises 1048584", "has 10"],
        ),
        damage(
            "no JSON",
            [&[3, 0, 0, 0, 0, 0, 0, 0], b"abc".as_slice()].concat(),
            &["header"],
        ),
        damage(
            "truncated",
            good[..good.len() - 1].to_vec(),
            &["promises", "damaged"],
        ),
        damage("grown", grown, &["promises", "damaged"]),
        damage(
            "no metadata",
            with(&|h| h["__metadata__"] = json!({})),
            &["no card", CARD_KEY],
        ),
        damage(
            "missing tensor",
            {
                // The last tensor leaves, with its bytes, so that the file stays whole.
                let mut header = header.clone();
                let tensors = header.as_object_mut().unwrap();
                let end = |info: &Value| info["data_offsets"][1].as_u64().unwrap_or(0);
                let last = tensors
                    .iter()
                    .max_by_key(|(_, info)| end(info))
                    .unwrap()
                    .0
                    .clone();
                let start = tensors[&last]["data_offsets"][0].as_u64().unwrap() as usize;
                tensors.remove(&last);
                assemble(&header, &data[..start])
            },
            &["lacks the tensor"],
        ),
        damage(
            "unexpected tensor",
            with(&|h| {
                let end = data.len();
                h["extra"] = json!({"dtype": "F32", "shape": [0], "data_offsets": [end, end]});
            }),
            &["'extra'", "no place"],
        ),
        damage(
            "wrong shape",
            with(&|h| h[WEIGHT]["shape"] = json!([8, 3])),
            &[WEIGHT, "[8, 3]", "[6, 4]"],
        ),
        damage(
            "wrong rank",
            with(&|h| h[WEIGHT]["shape"] = json!([24])),
            &[WEIGHT, "[24]"],
        ),
        damage(
            "wrong type",
            with(&|h| h[WEIGHT]["dtype"] = json!("I32")),
            &[WEIGHT, "I32", "F32"],
        ),
        damage(
            "offsets beyond the end",
            with(&|h| h[WEIGHT]["data_offsets"] = json!([0, 1u64 << 60])),
            &["header"],
        ),
        damage("not finite", not_finite, &["NaN", "finite"]),
    ]
}

/// Files whose card is of another version, unreadable, or asks for the absurd.
fn damaged_cards(header: &Value, data: &[u8]) -> Vec<Damage> {
    let with = |edit: &dyn Fn(&mut Value)| with_card(header, data, edit);
    let net = |card: &mut Value, field: &str, value: Value| {
        card["architecture"]["TumorNet"][field] = value;
    };
    let damage = |what, bytes, expected| Damage {
        what,
        bytes,
        expected,
    };
    let no_json = with_header(header, data, |h| h["__metadata__"][CARD_KEY] = "{".into());
    vec![
        damage("card is no JSON", no_json, &["card", "cannot be used"]),
        damage(
            "newer version",
            with(&|c| c["format_version"] = json!(2)),
            &["format version 2", "reads version 1"],
        ),
        damage(
            "no version",
            with(&|c| c["format_version"] = json!("x")),
            &["cannot be used"],
        ),
        damage(
            "unknown network",
            with(&|c| c["architecture"] = json!({"Big": {}})),
            &["`Big`"],
        ),
        damage(
            "a field missing",
            with(&|c| {
                c.as_object_mut().unwrap().remove("preprocess");
            }),
            &["preprocess"],
        ),
        damage(
            "classes",
            with(&|c| c["class_names"] = json!(["a"])),
            &["names 1", "of 4"],
        ),
        damage(
            "no pixels",
            with(&|c| net(c, "input", json!([1, 0, 8]))),
            &["height is 0"],
        ),
        damage(
            "tiny",
            with(&|c| {
                net(c, "input", json!([1, 1, 1]));
                net(c, "blocks", json!([[3], [3]]));
            }),
            &["1 x 1 reach it"],
        ),
        damage(
            "huge",
            with(&|c| net(c, "input", json!([1, u64::MAX, 8]))),
            &["18446744073709551615"],
        ),
        damage(
            "wide",
            with(&|c| net(c, "blocks", json!([[1u64 << 50]]))),
            &["is 1125899906842624"],
        ),
        damage(
            "many parameters",
            with(&|c| {
                net(c, "blocks", json!([[4096, 4096, 4096, 4096]]));
            }),
            &["parameters up to"],
        ),
        damage(
            "a crowd",
            with(&|c| net(c, "members", json!(1u64 << 40))),
            &["the number of members is 1099511627776", "from 1 to 16"],
        ),
        damage(
            "no filters",
            with(&|c| net(c, "blocks", json!([[0]]))),
            &["is 0"],
        ),
        damage(
            "deep",
            with(&|c| net(c, "blocks", json!(vec![vec![1]; 5000]))),
            &["number of layers"],
        ),
        damage(
            "dropout",
            with(&|c| net(c, "dropout", json!(1.5))),
            &["1.5"],
        ),
        damage(
            "another size",
            with(&|c| net(c, "blocks", json!([[4]]))),
            &["[3, 2, 3, 3]", "[4, 2, 3, 3]"],
        ),
        damage(
            "temperature",
            with(&|c| c["calibration"]["temperature"] = json!(-1.0)),
            &["temperature is -1"],
        ),
        damage(
            "threshold",
            with(&|c| c["calibration"]["threshold"] = json!(2.0)),
            &["threshold is 2"],
        ),
        damage(
            "target error",
            with(&|c| c["calibration"]["target_error"] = json!(-0.5)),
            &["target_error is -0.5"],
        ),
        damage(
            "mean of another length",
            with(&|c| set_detector(c, "mean", json!([0.0, 1.0]))),
            &["1 statistics, but a mean of 2"],
        ),
        damage(
            "deviation of zero",
            with(&|c| set_detector(c, "deviation", json!([0.0]))),
            &["holds 0 where a number above 0 is needed"],
        ),
        damage(
            "detector without a limit",
            with(&|c| set_detector(c, "limit", json!(null))),
            &["null", "expected f64"],
        ),
        damage(
            "factor with a gap",
            with(&|c| set_detector(c, "factor", json!([[]]))),
            &["row 0"],
        ),
    ]
}

/// Sets a field of an out-of-distribution detector of one statistic.
fn set_detector(card: &mut Value, field: &str, value: Value) {
    card["calibration"]["familiarity"] = json!({
        "statistics": ["mean"], "mean": [0.5], "deviation": [0.2], "factor": [[1.0]], "limit": 3.0
    });
    card["calibration"]["familiarity"][field] = value;
}

/// Fields that were added to the card are optional.
#[test]
fn a_card_without_a_threshold_or_a_detector_is_read() {
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

#[test]
fn damaged_files_are_refused_in_one_line_with_the_values() {
    let model = saved();
    let (header, data) = parts(&model.path);
    let path = model.folder.path().join("damaged.safetensors");
    let damages = damaged_files(&header, &data)
        .into_iter()
        .chain(damaged_cards(&header, &data));
    for Damage {
        what,
        bytes,
        expected,
    } in damages
    {
        fs::write(&path, bytes).unwrap();
        let message = match load_model(&path) {
            Ok(_) => panic!("{what}: was read"),
            Err(error) => error.to_string(),
        };
        assert!(message.contains("damaged.safetensors"), "{what}: {message}");
        assert!(!message.contains('\n'), "{what}: {message}");
        for part in expected {
            assert!(message.contains(part), "{what}: '{message}' lacks '{part}'");
        }
    }
}

#[test]
fn missing_files_and_folders_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = load_model(&folder.path().join("absent.safetensors")).unwrap_err();
    assert!(matches!(error, FileError::Read { .. }), "{error}");
    assert!(error.to_string().contains("absent.safetensors"), "{error}");
    let error = load_model(folder.path()).unwrap_err();
    assert!(matches!(error, FileError::NotAFile { .. }), "{error}");
}

/// Damages a file at random: each pair replaces one byte; then the end may be cut off.
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

/// Whatever is in the file, reading it gives a model that answers or an error, and never panics.
fn reads_or_refuses(folder: &Path, bytes: &[u8]) -> Result<(), TestCaseError> {
    let path = folder.join("mutated.safetensors");
    fs::write(&path, bytes).unwrap();
    match load_model(&path) {
        Ok((card, predictor)) => {
            let InputShape::Picture([c, h, w]) = card.architecture.input() else {
                panic!("no pictures");
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

/// Digits, commas and brackets of the header changed into others: still JSON, other sizes.
#[test]
fn other_numbers_in_the_header_never_panic() {
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
