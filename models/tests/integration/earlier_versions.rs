//! Model files of every format version still load and give the answers they gave when they were written.
//!
//! `fixtures/README.md` says how the files came about. Their weights follow a formula, so a file that is written
//! today must be the same to the last byte.

use std::fs;
use std::path::{Path, PathBuf};

use burn::tensor::{Device, Int, Tensor, TensorData};
use models::abstention::softmax;
use models::file::{Card, DataCard, FORMAT_VERSION, Metric, halve, load, save};
use models::translator::{Search, Sentences};
use models::{
    Abstention, Activation, Activations, Architecture, AutoencoderConfig, Calibration, Cell,
    Coding, Composition, Decay, DigitCnnConfig, Forest, InputShape, MlpConfig, NetworkConfig,
    Normalization, OodDetector, OutputActivation, Pooling, Predictor, Readout,
    SequenceClassifierConfig, SignalCnnConfig, SpikingNetConfig, TranslatorConfig, TreeNetConfig,
    TumorNetConfig,
};
use serde_json::{Map, Value, json};

/// Largest accepted difference from a recorded number, relative to the largest number beside it: other
/// instruction sets add up in another order.
const TOLERANCE: f64 = 1e-5;

/// The statistics of an input like those of the training data, and of one unlike them.
const STATISTICS: [[f64; 2]; 2] = [[0.5, 0.25], [9.0, -9.0]];

/// Where the files of format version 1 are.
fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1")
}

/// A network whose file is kept.
struct Case {
    name: &'static str,
    architecture: Architecture,
    write: Box<dyn Fn(&Path)>,
}

fn case<C>(name: &'static str, config: C) -> Case
where
    C: NetworkConfig + Clone + Into<Architecture> + 'static,
{
    let architecture: Architecture = config.clone().into();
    let card = card(architecture.clone());
    Case {
        name,
        architecture,
        write: Box::new(move |path| {
            save(path, &config.blank(&Device::flex()), &card).unwrap();
            fill(path);
        }),
    }
}

/// Shape of the pictures of most networks.
const PICTURE: [usize; 3] = [2, 6, 5];

/// Returns a small network of each kind, and of each kind of layer that has weights.
fn cases() -> Vec<Case> {
    let mut cases = classifiers();
    cases.extend(spiking_networks());
    cases.extend(other_networks());
    cases
}

fn classifiers() -> Vec<Case> {
    vec![
        case(
            "mlp",
            MlpConfig::new(PICTURE, vec![6, 4], 3)
                .with_activation(Activations::Each(vec![
                    Activation::LeakyRelu { slope: 0.2 },
                    Activation::Tanh,
                ]))
                .with_normalization(Some(Normalization::Batch))
                .with_dropout(0.1),
        ),
        case(
            "mlp-sigmoid",
            MlpConfig::new(PICTURE, vec![4], 2)
                .with_normalization(Some(Normalization::Layer))
                .with_output(OutputActivation::NormalizedSigmoid),
        ),
        case(
            "digit-cnn",
            DigitCnnConfig::new().with_input([1, 3, 3]).with_classes(3),
        ),
        case(
            "tumor-net",
            TumorNetConfig::new()
                .with_input([1, 12, 12])
                .with_stem(2)
                .with_blocks(vec![vec![3], vec![2, 4]])
                .with_members(2),
        ),
        case("signal-cnn", SignalCnnConfig::new([1, 20, 1], 2)),
        case(
            "rnn-mean",
            SequenceClassifierConfig::new(PICTURE, Cell::Rnn, 4, 3).with_pooling(Pooling::Mean),
        ),
        case(
            "gru-two-layers",
            SequenceClassifierConfig::new([1, 9, 1], Cell::Gru, 3, 2)
                .with_layers(2)
                .with_bidirectional(true)
                .with_dropout(0.2),
        ),
        case(
            "lstm",
            SequenceClassifierConfig::new(PICTURE, Cell::Lstm, 4, 3).with_rows_per_step(2),
        ),
    ]
}

fn spiking_networks() -> Vec<Case> {
    vec![
        case(
            "spiking-dense",
            SpikingNetConfig::new(PICTURE, vec![], vec![8], 3)
                .with_time_steps(6)
                .with_coding(Coding::Rate)
                .with_readout(Readout::Counts),
        ),
        case(
            "spiking-conv",
            SpikingNetConfig::new([1, 8, 8], vec![[3, 3], [2, 2]], vec![5], 3)
                .with_time_steps(5)
                .with_decay(Decay::learned(0.9)),
        ),
        case(
            "spiking-recording",
            SpikingNetConfig::new([1, 12, 1], vec![], vec![6], 2).with_coding(Coding::Delta),
        ),
    ]
}

fn other_networks() -> Vec<Case> {
    vec![
        case(
            "autoencoder",
            AutoencoderConfig::new(PICTURE, 3).with_hidden(vec![5]),
        ),
        case(
            "autoencoder-conv",
            AutoencoderConfig::new([1, 8, 8], 3)
                .with_filters(vec![2, 3])
                .with_code_activation(Activation::Identity),
        ),
        case(
            "autoencoder-variational",
            AutoencoderConfig::new(PICTURE, 2)
                .with_hidden(vec![4])
                .with_variational(true),
        ),
        case(
            "translator",
            TranslatorConfig::new(7, 8)
                .with_embedding(4)
                .with_encoder_units(3)
                .with_hidden(5),
        ),
        case(
            "tree-plain",
            TreeNetConfig::new(Composition::Plain, 7, 4, 4, 5),
        ),
        case(
            "tree-lstm",
            TreeNetConfig::new(Composition::TreeLstm, 7, 4, 3, 5).with_dropout(0.5),
        ),
    ]
}

fn card(architecture: Architecture) -> Card<Value> {
    let class_names = (0..architecture.classes())
        .map(|class| format!("class {class}"))
        .collect();
    let calibration = matches!(architecture.input(), InputShape::Picture(_)).then(|| Calibration {
        temperature: 1.25,
        threshold: Some(0.4),
        target_error: Some(0.03),
        ood_detector: Some(OodDetector {
            statistics: vec!["light".into(), "contrast".into()],
            mean: vec![0.5, 0.25],
            deviation: vec![0.2, 0.1],
            factor: vec![vec![1.0], vec![0.6, 0.8]],
            limit: 3.5,
        }),
    });
    Card {
        format_version: FORMAT_VERSION,
        hebb_version: "0.1.0".into(),
        experiment: "fixture".into(),
        class_names,
        preprocess: json!({"width": 5, "height": 6, "channels": "grey"}),
        data: DataCard {
            name: "waves".into(),
            fingerprint: "0123456789abcdef".into(),
            generated: true,
            split: "random".into(),
            class: None,
            train: 80,
            valid: 10,
            test: 10,
        },
        seed: 42,
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
        calibration: calibration.filter(|_| architecture.classes() > 0),
        notice: Some("Research and teaching only, not a medical device.".into()),
        architecture,
    }
}

/// Replaces the weights of a file by sin(1.3 k + a number of the tensor's name) at place k; variances by
/// positive numbers.
fn fill(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let (head, data) = bytes.split_at_mut(8 + length);
    let header: Map<String, Value> = serde_json::from_slice(&head[8..]).unwrap();
    for (name, info) in header.iter().filter(|(name, _)| *name != "__metadata__") {
        let [from, to] = [0, 1].map(|end| info["data_offsets"][end].as_u64().unwrap() as usize);
        let offset = name.bytes().map(f64::from).sum::<f64>();
        for (place, value) in data[from..to].as_chunks_mut::<4>().0.iter_mut().enumerate() {
            let wave = (1.3 * place as f64 + offset).sin();
            let number = if name.ends_with("running_var") {
                wave + 1.5
            } else {
                wave
            };
            *value = (number as f32).to_le_bytes();
        }
    }
    fs::write(path, bytes).unwrap();
}

/// What a network answers to inputs of a formula: numbers by name.
fn answers(path: &Path) -> Value {
    let device = Device::flex();
    let (card, predictor) = load::<Value>(path, &device).unwrap();
    match predictor {
        Predictor::Classifier(_) | Predictor::SpikingClassifier(_) => {
            let network = predictor.classifier().unwrap();
            let logits = network.forward(pictures(&card.architecture, &device));
            let mut answers = json!({"logits": numbers(logits.clone())});
            if let Some(calibration) = &card.calibration {
                answers["abstentions"] = abstentions(calibration, logits);
            }
            answers
        }
        Predictor::Reconstructor(network) => {
            let made = network.forward(pictures(&card.architecture, &device));
            json!({
                "pixels": numbers(made.pixels()),
                "code": numbers(made.code),
                "log_variance": made.log_variance.map(numbers),
            })
        }
        Predictor::Translator(network) => {
            let tokens = [[3, 4], [6, 2], [5, 0], [2, 0]];
            let source = Sentences {
                tokens: Tensor::<2, Int>::from_data(tokens, &device),
                lengths: vec![4, 2],
            };
            let search = Search {
                limit: [4, 0],
                ..Search::beam(2)
            };
            let found = network.translate(&source, &search).concat();
            let found = found.into_iter().map(|one| {
                json!({
                    "tokens": one.tokens,
                    "log_probability": one.log_probability,
                    "score": one.score,
                    "attention": one.attention.concat(),
                })
            });
            found.collect()
        }
        Predictor::TreeClassifier(network) => {
            // ((1 (2 3)) 4), (5 (6 (1 (2 0)))) and 3
            let row = |values: &[i64]| {
                let data = TensorData::new(values.to_vec(), [values.len()]);
                Tensor::<1, Int>::from_data(data, &device)
            };
            let forest = Forest {
                words: row(&[2, 0, 2, 3, 1, 1, 6, 4, 5, 3]),
                leaves: vec![2, 3, 2, 2, 1],
                children: [[0, 1, 9, 9], [1, 2, 3, 0], [2, 0, 3, 1], [0, 2, 3, 1]]
                    .iter()
                    .map(|level| row(level.split(|part| *part == 9).next().unwrap()))
                    .collect(),
            };
            json!({"logits": numbers(network.forward(forest))})
        }
    }
}

/// Three pictures, or recordings, of values from 0 to 1.
fn pictures(architecture: &Architecture, device: &Device) -> Tensor<4> {
    let InputShape::Picture([channels, height, width]) = architecture.input() else {
        panic!("takes no pictures: {architecture:?}");
    };
    let shape = [3, channels, height, width];
    let values: Vec<f32> = (0..shape.iter().product())
        .map(|place: usize| {
            (0.5 + 0.5 * (0.7 * place as f64 + 0.003 * (place * place) as f64).sin()) as f32
        })
        .collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// Why a familiar and an unfamiliar input with these logits get no answer, if so.
fn abstentions(calibration: &Calibration, logits: Tensor<2>) -> Value {
    let [_, classes] = logits.dims();
    let logits: Vec<f32> = logits.into_data().try_to_vec().unwrap();
    let rows = logits.chunks(classes).flat_map(|row| {
        let probabilities = softmax(row, calibration.temperature);
        let largest = probabilities.into_iter().fold(0.0, f64::max);
        STATISTICS.map(|statistics| {
            calibration
                .abstention(largest, &statistics)
                .map(Abstention::name)
        })
    });
    json!(rows.collect::<Vec<_>>())
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

/// Whether two answers are the same but for [`TOLERANCE`].
fn agree(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            found.keys().eq(expected.keys())
                && found
                    .values()
                    .zip(expected.values())
                    .all(|(a, b)| agree(a, b))
        }
        (Value::Array(found), Value::Array(expected)) => {
            let largest = (expected.iter().filter_map(Value::as_f64))
                .fold(0.0f64, |largest, value| largest.max(value.abs()));
            found.len() == expected.len()
                && found.iter().zip(expected).all(|(found, expected)| {
                    match (found.as_f64(), expected.as_f64()) {
                        (Some(a), Some(b)) => (a - b).abs() <= TOLERANCE * largest,
                        _ => agree(found, expected),
                    }
                })
        }
        (Value::Number(found), Value::Number(expected)) => {
            let [a, b] = [found, expected].map(|number| number.as_f64().unwrap());
            (a - b).abs() <= TOLERANCE * b.abs()
        }
        _ => found == expected,
    }
}

/// The card of a file as it is written there.
fn written_card(path: &Path) -> Value {
    let bytes = fs::read(path).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    serde_json::from_str(header["__metadata__"]["hebb"].as_str().unwrap()).unwrap()
}

#[test]
fn every_model_file_of_version_1_answers_as_it_did() {
    let mut count = 0;
    for entry in fs::read_dir(fixtures()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "safetensors") {
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let recorded = fs::read_to_string(path.with_extension("json")).unwrap();
        let expected: Value = serde_json::from_str(&recorded).unwrap();
        let found = answers(&path);
        assert!(
            agree(&found, &expected),
            "{name}: {found} instead of {expected}"
        );
        let (card, _) = load::<Value>(&path, &Device::flex()).unwrap();
        let card = serde_json::to_value(card).unwrap();
        assert_eq!(card, written_card(&path), "{name}: the card");
        count += 1;
    }
    assert_eq!(
        count,
        cases().len() + 1,
        "each case, and one of 16-bit floats"
    );
}

#[test]
fn answers_that_differ_are_noticed() {
    let expected = json!({"logits": [1.0, -2.0], "abstentions": [null, "uncertain"]});
    assert!(agree(&expected, &expected));
    let close = json!({"logits": [1.00001, -2.0], "abstentions": [null, "uncertain"]});
    assert!(agree(&close, &expected));
    for other in [
        json!({"logits": [1.0001, -2.0], "abstentions": [null, "uncertain"]}),
        json!({"logits": [1.0, -2.0], "abstentions": [null, null]}),
        json!({"logits": [1.0], "abstentions": [null, "uncertain"]}),
        json!({"logits": [1.0, -2.0]}),
    ] {
        assert!(!agree(&other, &expected), "{other}");
    }
}

/// Tensor names, their order, the card's keys and numbers: all of it is what it was. The files stay in
/// `target/tmp/model-files`, from where fixtures of a later version can be copied.
#[test]
fn a_model_file_is_written_as_before_to_the_last_byte() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("model-files");
    fs::create_dir_all(&folder).unwrap();
    let mut written = Vec::new();
    for case in cases() {
        case.architecture.validate().unwrap();
        let path = folder.join(format!("{}.safetensors", case.name));
        (case.write)(&path);
        written.push(path);
    }
    let half = folder.join("tumor-net-f16.safetensors");
    halve(&folder.join("tumor-net.safetensors"), &half).unwrap();
    written.push(half);
    for path in &written {
        let answers = serde_json::to_string(&answers(path)).unwrap();
        fs::write(path.with_extension("json"), answers + "\n").unwrap();
    }
    for path in &written {
        let name = path.file_name().unwrap();
        let kept = fs::read(fixtures().join(name)).unwrap();
        assert!(
            fs::read(path).unwrap() == kept,
            "{name:?} is written otherwise than by the first version"
        );
    }
}
