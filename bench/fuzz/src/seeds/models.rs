//! Model files and their cards.

use burn::tensor::Device;
use datasets::images::mnist;
use datasets::synthetic::{phrases, sentence_pairs};
use datasets::{Grain, Languages, Preprocessing, SignalPreprocessing, TreePreprocessing};
use models::file::{CARD_KEY, Card, DataCard, FORMAT_VERSION, Metric, save};
use models::{
    Architecture, AutoencoderConfig, Calibration, Cell, Composition, DigitCnnConfig, MlpConfig,
    NetworkConfig, OodDetector, SequenceClassifierConfig, SpikingNetConfig, TranslatorConfig,
    TreeNetConfig, TumorNetConfig,
};

use super::Seeds;
use crate::scratch::Scratch;

/// Returns the inputs of the targets that read models.
pub fn all() -> Vec<Seeds> {
    let files = files();
    let cards = files.iter().map(|file| card_in(file)).collect::<Vec<_>>();
    vec![Seeds::new("model", files), Seeds::text("card", cards)]
}

/// Returns a model file with this card and without weights.
///
/// # Panics
/// Never: the header is JSON.
pub fn with_card(card: &str) -> Vec<u8> {
    let header = serde_json::json!({"__metadata__": {CARD_KEY: card}});
    let json = serde_json::to_vec(&header).expect("JSON");
    [&(json.len() as u64).to_le_bytes()[..], &json].concat()
}

/// Returns the card of a model file.
fn card_in(file: &[u8]) -> String {
    let (length, rest) = file.split_first_chunk::<8>().expect("a header");
    let header = &rest[..u64::from_le_bytes(*length) as usize];
    let header: serde_json::Value = serde_json::from_slice(header).expect("JSON");
    header["__metadata__"][CARD_KEY]
        .as_str()
        .expect("a card")
        .to_owned()
}

/// A small network of every kind.
fn files() -> Vec<Vec<u8>> {
    let picture: Preprocessing = mnist::preprocessing().into();
    let signal: Preprocessing = SignalPreprocessing {
        samples: 12,
        rate_hz: 173.61,
        mean: 0.0,
        std: 1.0,
    }
    .into();
    let mut pairs = sentence_pairs(40, 1).expect("sentences");
    let training: Vec<usize> = (0..pairs.len()).collect();
    pairs
        .learn_vocabularies(&training, 280)
        .expect("vocabularies");
    let mut trees = phrases::trees(20, 1, Grain::Five);
    trees.learn_words(&(0..20).collect::<Vec<_>>(), true, 1);
    let words = trees.preprocessing.vocabulary.len();
    let languages: Languages = pairs.languages.clone();
    let trees: TreePreprocessing = trees.preprocessing.clone();
    let sizes = [languages.source.len(), languages.target.len()];
    vec![
        file(MlpConfig::new([1, 4, 4], vec![3], 2), &picture),
        file(
            DigitCnnConfig::new().with_input([1, 3, 3]).with_classes(2),
            &picture,
        ),
        file(
            TumorNetConfig::new()
                .with_input([1, 8, 8])
                .with_stem(2)
                .with_blocks(vec![vec![3]]),
            &picture,
        ),
        file(
            SequenceClassifierConfig::new([1, 12, 1], Cell::Gru, 2, 2),
            &signal,
        ),
        file(
            SequenceClassifierConfig::new([1, 4, 3], Cell::Lstm, 2, 2),
            &picture,
        ),
        file(
            SpikingNetConfig::new([1, 4, 4], vec![], vec![3], 2).with_time_steps(4),
            &picture,
        ),
        file(
            AutoencoderConfig::new([1, 4, 4], 2).with_hidden(vec![3]),
            &picture,
        ),
        file(
            TranslatorConfig::new(sizes[0], sizes[1])
                .with_embedding(2)
                .with_encoder_units(2)
                .with_hidden(2),
            &languages.into(),
        ),
        file(
            TreeNetConfig::new(Composition::TreeLstm, words, 2, 2, 5),
            &Preprocessing::Tree(trees),
        ),
    ]
}

/// A network with new weights, as a file.
fn file<C>(config: C, preprocess: &Preprocessing) -> Vec<u8>
where
    C: NetworkConfig + Clone + Into<Architecture>,
{
    let scratch = Scratch::new();
    let path = scratch.folder().join("model.safetensors");
    let network = config.blank(&Device::flex());
    save(&path, &network, &card(config.into(), preprocess)).expect("a model");
    std::fs::read(path).expect("a model")
}

fn card(architecture: Architecture, preprocess: &Preprocessing) -> Card<Preprocessing> {
    let classes = architecture.classes();
    Card {
        format_version: FORMAT_VERSION,
        hebb_version: "0.1.0".into(),
        experiment: "fuzz".into(),
        preprocess: preprocess.clone(),
        class_names: (0..classes).map(|class| class.to_string()).collect(),
        data: DataCard {
            name: "stand-ins".into(),
            fingerprint: "0".into(),
            generated: true,
            split: "random".into(),
            class: None,
            train: 8,
            valid: 1,
            test: 1,
        },
        seed: 1,
        epochs: 1,
        device: "flex".into(),
        trained_at: "2026-01-02T03:04:05Z".into(),
        metrics: vec![Metric {
            name: "accuracy".into(),
            split: "test".into(),
            value: 0.5,
            interval: Some([0.4, 0.6]),
            n: 1,
        }],
        calibration: (classes > 0).then(|| Calibration {
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
        }),
        notice: None,
        architecture,
    }
}
