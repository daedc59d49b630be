//! A temporary folder with models and inputs, in which `infer` runs.

#![allow(dead_code)] // each test file plays its own part of it

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use assert_cmd::Command;
use burn::tensor::Device;
use datasets::{
    Channels, Filter, Fit, ImagePreprocessing, ImageSource, Languages, Scaling, SignalPreprocessing,
};
use image::{GrayImage, RgbImage};
use models::file::{Card, DataCard, FORMAT_VERSION, Metric};
use models::{
    Architecture, AutoencoderConfig, Decay, MlpConfig, NetworkConfig, Readout, SpikingNetConfig,
    TranslatorConfig,
};

/// Lock on the generator of random weights, which belongs to the process.
static WEIGHTS: Mutex<()> = Mutex::new(());

pub struct Stage {
    folder: tempfile::TempDir,
}

/// Returns the preprocessing of pictures of one pixel in 0..=1.
fn one_pixel() -> ImagePreprocessing {
    ImagePreprocessing {
        width: 1,
        height: 1,
        channels: Channels::Grey,
        filter: Filter::Box,
        fit: Fit::Stretch,
        scaling: Scaling::Unit,
        source: ImageSource::Picture,
    }
}

impl Stage {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, with the folders above it.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Returns the command `infer` in this folder.
    pub fn infer(&self, arguments: &[&str]) -> Command {
        let mut command = assert_cmd::cargo::cargo_bin_cmd!("infer");
        command
            .current_dir(self.folder.path())
            .env("HEBB_DEVICE", "flex") // whatever GPU there is
            .env_remove("CLICOLOR_FORCE")
            .env_remove("RUST_BACKTRACE")
            .timeout(Duration::from_secs(60))
            .args(arguments);
        command
    }

    /// Writes a generated digit of 28x28 pixels in the format of `name`.
    pub fn digit(&self, name: &str, number: usize) -> PathBuf {
        let digits = datasets::synthetic::digits(number + 1, 7);
        let pixels = digits.image(number).to_vec();
        let path = self.write(name, "");
        GrayImage::from_raw(28, 28, pixels)
            .unwrap()
            .save(&path)
            .unwrap();
        path
    }

    /// Writes a picture in colours, another for each number, in the format of `name`.
    pub fn colours(&self, name: &str, number: u8) -> PathBuf {
        let path = self.write(name, "");
        RgbImage::from_fn(90, 60, |x, y| {
            image::Rgb([x as u8 * 2, y as u8 * 4, number.wrapping_mul(37)])
        })
        .save(&path)
        .unwrap();
        path
    }

    /// Writes a picture of one grey pixel.
    pub fn dot(&self, name: &str, level: u8) -> PathBuf {
        let path = self.write(name, "");
        GrayImage::from_pixel(1, 1, image::Luma([level]))
            .save(&path)
            .unwrap();
        path
    }

    /// Writes a model of digits with random weights.
    pub fn digit_model(
        &self,
        name: &str,
        change: impl FnOnce(&mut Card<ImagePreprocessing>),
    ) -> PathBuf {
        let preprocess = ImagePreprocessing {
            width: 28,
            height: 28,
            channels: Channels::Grey,
            filter: Filter::Lanczos3,
            fit: Fit::Stretch,
            scaling: Scaling::Unit,
            source: ImageSource::Digit,
        };
        let classes = (0..10).map(|digit| digit.to_string()).collect();
        self.model(name, vec![16], preprocess, classes, change)
    }

    /// Writes a model of 64x64 pictures in colours with random weights and three classes.
    pub fn colour_model(
        &self,
        name: &str,
        change: impl FnOnce(&mut Card<ImagePreprocessing>),
    ) -> PathBuf {
        let preprocess = ImagePreprocessing {
            width: 64,
            height: 64,
            channels: Channels::Rgb,
            filter: Filter::Bilinear,
            fit: Fit::Pad,
            scaling: Scaling::Standardize {
                mean: vec![0.5; 3],
                std: vec![0.25; 3],
            },
            source: ImageSource::Picture,
        };
        let classes = ["ant", "bee", "cat"].map(str::to_owned).to_vec();
        self.model(name, vec![8], preprocess, classes, change)
    }

    /// Writes a model of one pixel x in 0..=1 and two classes, whose logits are `slope * x` and 0: the
    /// probability of `light` is 1 / (1 + exp(-slope * x)).
    pub fn dot_model(
        &self,
        name: &str,
        slope: f32,
        change: impl FnOnce(&mut Card<ImagePreprocessing>),
    ) -> PathBuf {
        let preprocess = one_pixel();
        let classes = ["light", "dark"].map(str::to_owned).to_vec();
        let path = self.model(name, vec![], preprocess, classes, change);
        overwrite(&path, "weight", &[slope, 0.0]);
        overwrite(&path, "bias", &[0.0, 0.0]);
        path
    }

    /// Writes an autoencoder of one pixel x in 0..=1: the code is `max(0, 2 x)`, and the output sigma(3 code - 1).
    pub fn dot_autoencoder(
        &self,
        name: &str,
        change: impl FnOnce(&mut Card<ImagePreprocessing>),
    ) -> PathBuf {
        let preprocess = one_pixel();
        let config = AutoencoderConfig::new(preprocess.shape(), 1);
        let mut card = card(config.clone().into(), preprocess, Vec::new());
        card.experiment = "autoencoder".into();
        let figure = |name: &str, split: &str, value| Metric {
            name: name.into(),
            split: split.into(),
            value,
            interval: None,
            n: 10_000,
        };
        card.metrics = vec![
            figure("mse", "test", 0.02),
            figure("psnr", "test", 16.99),
            figure("usual_error", "valid", 0.2),
        ];
        change(&mut card);
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        models::file::save(&path, &config.init(&Device::flex()), &card).unwrap();
        overwrite(&path, "encoder.code.weight", &[2.0]);
        overwrite(&path, "decoder.output.weight", &[3.0]);
        overwrite(&path, "decoder.output.bias", &[-1.0]);
        path
    }

    /// Writes a model of recordings in pieces of four values at 2 Hz, x = value / 10: the logit of a seizure is their
    /// sum, and the logit of rest is 0.
    pub fn signal_model(&self, name: &str) -> PathBuf {
        let path = self.model_of_signals(name, MlpConfig::new([1, 4, 1], vec![], 2));
        overwrite(&path, "weight", &[0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0]);
        overwrite(&path, "bias", &[0.0, 0.0]);
        path
    }

    /// Writes a model of the same recordings with two spiking units of decay 1/2: x is the current of the unit for a
    /// seizure, and the other unit has none.
    pub fn spiking_signal_model(&self, name: &str) -> PathBuf {
        let config = SpikingNetConfig::new([1, 4, 1], vec![], vec![], 2)
            .with_readout(Readout::Counts)
            .with_decay(Decay::fixed(0.5));
        let path = self.model_of_signals(name, config);
        overwrite(&path, "weight", &[0.0, 1.0]);
        overwrite(&path, "bias", &[0.0, 0.0]);
        path
    }

    fn model_of_signals<C>(&self, name: &str, config: C) -> PathBuf
    where
        C: NetworkConfig + Into<Architecture> + Clone,
    {
        let preprocessing = SignalPreprocessing {
            samples: 4,
            rate_hz: 2.0,
            mean: 0.0,
            std: 10.0,
        };
        let class_names = ["rest", "seizure"].map(str::to_owned).to_vec();
        let mut card = card(config.clone().into(), preprocessing, class_names);
        card.experiment = "eeg-gru".into();
        card.notice = Some("Research and teaching only, not a medical device.".into());
        let path = self.path(name);
        models::file::save(&path, &config.init(&Device::flex()), &card).unwrap();
        path
    }

    /// Writes a translator of generated sentences with random weights; `change` may spoil its card.
    pub fn translator(&self, name: &str, change: impl FnOnce(&mut Card<Languages>)) -> PathBuf {
        let mut set = datasets::synthetic::sentence_pairs(200, 3).unwrap();
        let all: Vec<usize> = (0..set.len()).collect();
        set.learn_vocabularies(&all, 500).unwrap();
        let languages = set.languages;
        let config = TranslatorConfig::new(languages.source.len(), languages.target.len())
            .with_embedding(8)
            .with_encoder_units(6)
            .with_hidden(7);
        let device = Device::flex();
        let network = {
            let _alone = WEIGHTS.lock().unwrap_or_else(PoisonError::into_inner);
            device.seed(11);
            config.init(&device)
        };
        let mut card = card(config.into(), languages, Vec::new());
        card.experiment = "translate".into();
        change(&mut card);
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        models::file::save(&path, &network, &card).unwrap();
        path
    }

    fn model(
        &self,
        name: &str,
        hidden: Vec<usize>,
        preprocess: ImagePreprocessing,
        class_names: Vec<String>,
        change: impl FnOnce(&mut Card<ImagePreprocessing>),
    ) -> PathBuf {
        let config = MlpConfig::new(preprocess.shape(), hidden, class_names.len());
        let device = Device::flex();
        let network = {
            // The generator is the process's: each model draws the same weights in every run only
            // if no other test draws between the seed and them.
            let _alone = WEIGHTS.lock().unwrap_or_else(PoisonError::into_inner);
            device.seed(11);
            config.init(&device)
        };
        let mut card = card(config.into(), preprocess, class_names);
        change(&mut card);
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        models::file::save(&path, &network, &card).unwrap();
        path
    }
}

/// Returns the card of a model of digits, to be changed.
fn card<P>(architecture: Architecture, preprocess: P, class_names: Vec<String>) -> Card<P> {
    Card {
        format_version: FORMAT_VERSION,
        hebb_version: "0.1.0".into(),
        experiment: "mnist-mlp".into(),
        architecture,
        preprocess,
        class_names,
        data: DataCard {
            name: "mnist".into(),
            fingerprint: "0123abcd".into(),
            generated: false,
            split: "official".into(),
            class: None,
            train: 54_000,
            valid: 6_000,
            test: 10_000,
        },
        seed: 3,
        epochs: 6,
        device: "flex (CPU, SIMD)".into(),
        trained_at: "2026-01-31T12:00:00Z".into(),
        metrics: vec![Metric {
            name: "accuracy".into(),
            split: "test".into(),
            value: 0.975,
            interval: Some([0.972, 0.978]),
            n: 10_000,
        }],
        calibration: None,
        notice: None,
    }
}

/// Replaces the values of the only tensor whose name ends in `suffix`.
fn overwrite(model: &Path, suffix: &str, values: &[f32]) {
    let mut bytes = fs::read(model).unwrap();
    let header_end = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..header_end]).unwrap();
    let tensors = header.as_object().unwrap();
    let mut found = tensors.iter().filter(|(name, _)| name.ends_with(suffix));
    let (_, tensor) = found.next().unwrap();
    assert!(found.next().is_none(), "more than one {suffix}");
    let offset = |i: usize| tensor["data_offsets"][i].as_u64().unwrap() as usize;
    let content: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    bytes[header_end + offset(0)..header_end + offset(1)].copy_from_slice(&content);
    fs::write(model, bytes).unwrap();
}

/// Runs a command, and returns its exit code, standard output and standard error.
pub fn outcome(mut command: Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// Runs a command that must succeed with an empty standard error, and returns its standard output.
pub fn success(command: Command) -> String {
    let (code, stdout, stderr) = outcome(command);
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    stdout
}
