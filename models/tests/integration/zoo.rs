//! Every network of the zoo through a model file.

use std::collections::BTreeMap;
use std::path::Path;

use burn::module::Module;
use burn::store::{ModuleSnapshot, SafetensorsStore};
use burn::tensor::{Device, Distribution, Tensor};
use models::file::{self, Card, DataCard, FORMAT_VERSION};
use models::{Architecture, InputShape, Predictor, ZooEntry};

fn card(name: &str, architecture: Architecture) -> Card<()> {
    Card {
        format_version: FORMAT_VERSION,
        hebb_version: "0.1.0".into(),
        experiment: name.into(),
        class_names: (0..architecture.classes())
            .map(|class| class.to_string())
            .collect(),
        architecture,
        preprocess: (),
        data: DataCard {
            name: "none".into(),
            fingerprint: "0".into(),
            generated: true,
            split: "random".into(),
            class: None,
            train: 1,
            valid: 1,
            test: 1,
        },
        seed: 1,
        epochs: 1,
        device: "flex".into(),
        trained_at: "2026-01-01T00:00:00Z".into(),
        metrics: Vec::new(),
        calibration: None,
        notice: None,
    }
}

/// The names of a network's tensors with their bytes.
fn tensors(network: &impl Module) -> BTreeMap<String, Vec<u8>> {
    let tensors = network.collect(None, None, true).into_iter();
    tensors
        .map(|tensor| (tensor.name.clone(), tensor.into_bytes().unwrap().to_vec()))
        .collect()
}

/// A network is written and read: its card says which one it is, its tensors are the same, and so is what it predicts.
fn check_round_trip<C>(folder: &Path)
where
    C: ZooEntry + Clone + Into<Architecture>,
    Predictor: From<C::Network>,
{
    let device = Device::flex();
    for (name, config) in C::examples() {
        let network = config.init(&device);
        let path = folder.join(name);
        let written = card(name, config.clone().into());
        file::save(&path, &network, &written).unwrap();

        let (read, predictor) = file::load::<()>(&path, &device).unwrap();
        assert_eq!(read, written, "{name}");
        let mut again = config.blank(&device);
        let mut store = SafetensorsStore::from_file(&path).skip_enum_variants(true);
        again.load_from(&mut store).unwrap();
        assert!(tensors(&network) == tensors(&again), "{name}");

        let InputShape::Picture([channels, height, width]) = config.input() else {
            continue;
        };
        let images = Tensor::random([2, channels, height, width], Distribution::Default, &device);
        let before = Predictor::from(network);
        if let (Some(before), Some(after)) = (before.classifier(), predictor.classifier()) {
            let before = before.forward(images.clone()).into_data();
            assert!(before == after.forward(images).into_data(), "{name}");
        }
    }
}

macro_rules! round_trips {
    ($($(#[$doc:meta])* $module:ident::$config:ident as $variant:ident,)*) => {
        $(
            mod $module {
                #[test]
                fn comes_back_from_its_file_unchanged() {
                    let folder = tempfile::tempdir().unwrap();
                    super::check_round_trip::<models::networks::$module::$config>(folder.path());
                }
            }
        )*
    };
}

models::every_network!(round_trips);
