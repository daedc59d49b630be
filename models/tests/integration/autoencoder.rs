//! Autoencoders: sizes, refused configurations, gradients, sampled codes, model files.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{DType, Device, Tensor, TensorData};
use models::autoencoder::sample_code;
use models::file::{self, Card, DataCard, FORMAT_VERSION};
use models::{
    Activation, Architecture, Autoencoder, AutoencoderConfig, Network, NetworkConfig, Predictor,
};
use proptest::prelude::*;

/// Returns a small autoencoder of each kind, with smooth activations.
fn small() -> [(&'static str, AutoencoderConfig); 4] {
    let dense = AutoencoderConfig::new([2, 3, 4], 3).with_code_activation(Activation::Sigmoid);
    let deep = AutoencoderConfig::new([1, 3, 3], 2)
        .with_hidden(vec![5, 4])
        .with_activation(Activation::Tanh)
        .with_code_activation(Activation::Tanh);
    let convolutional = AutoencoderConfig::new([1, 4, 8], 3)
        .with_filters(vec![2, 3])
        .with_activation(Activation::Tanh)
        .with_code_activation(Activation::Tanh);
    let variational = AutoencoderConfig::new([1, 4, 4], 2)
        .with_filters(vec![2])
        .with_hidden(vec![4])
        .with_activation(Activation::Tanh)
        .with_variational(true);
    [
        ("dense", dense),
        ("deep", deep),
        ("convolutional", convolutional),
        ("variational", variational),
    ]
}

/// Returns pictures of values from 0 to 1 by a formula.
fn pictures(count: usize, [channels, height, width]: [usize; 3], device: &Device) -> Tensor<4> {
    let values: Vec<f64> = (0..count * channels * height * width)
        .map(|i| 0.5 + 0.5 * (i as f64 * 1.7).sin())
        .collect();
    let data = TensorData::new(values, [count, channels, height, width]);
    Tensor::from_data(data, (device, DType::F64))
}

/// CHAPTER.md: 784 * 15 + 15 + 15 * 784 + 784 = 24,319.
#[test]
fn the_autoencoder_of_the_chapter_has_24_319_parameters() {
    assert_eq!(AutoencoderConfig::mnist().layers().parameters(), 24_319);
}

#[test]
fn the_layer_table_counts_every_parameter_and_prints_like_keras() {
    for (name, config) in small() {
        config.validate().unwrap();
        let network = config.blank(&Device::flex());
        assert_eq!(config.layers().parameters(), network.num_params(), "{name}");
    }
    let digits = AutoencoderConfig::convolutional_digits(64);
    insta::assert_snapshot!("convolutional_digits", digits.layers().to_string());
    let variational = AutoencoderConfig::mnist().with_variational(true);
    insta::assert_snapshot!("variational", variational.layers().to_string());
}

#[test]
fn reconstructions_have_the_shape_of_the_pictures() {
    let device = Device::flex();
    for (name, config) in small() {
        let network = config.init(&device);
        let images = pictures(3, config.input, &device).cast(DType::F32);
        let made = network.forward(images.clone());
        assert_eq!(made.logits.dims(), images.dims(), "{name}");
        assert_eq!(made.code.dims(), [3, config.code], "{name}");
        assert_eq!(network.units(), config.code, "{name}");
        let variances = made.log_variance.as_ref().map(Tensor::dims);
        let expected = config.variational.then_some([3, config.code]);
        assert_eq!(variances, expected, "{name}");
        let pixels: Vec<f32> = made.pixels().into_data().iter().collect();
        assert!(pixels.iter().all(|pixel| (0.0..=1.0).contains(pixel)));
        assert_eq!(network.decode(made.code).dims(), images.dims());
    }
}

#[test]
fn configurations_that_cannot_be_built_are_refused_in_one_line() {
    let base = || AutoencoderConfig::new([1, 8, 8], 4);
    let cases = [
        (AutoencoderConfig::new([0, 8, 8], 4), "input channels is 0"),
        (AutoencoderConfig::new([1, 0, 8], 4), "input height is 0"),
        (AutoencoderConfig::new([1, 8, 5000], 4), "width is 5000"),
        (AutoencoderConfig::new([1, 8, 8], 0), "the code is 0"),
        (AutoencoderConfig::new([1, 8, 8], usize::MAX), "the code is"),
        (base().with_hidden(vec![3, 0]), "hidden layer 2 is 0"),
        (base().with_filters(vec![0]), "convolution 1 is 0"),
        (base().with_filters(vec![2; 4]), "halved 4 times"),
        (base().with_filters(vec![2; 300]), "number of layers is 300"),
        (
            AutoencoderConfig::new([1, 30, 8], 4).with_filters(vec![2, 2]),
            "input height is 30, which cannot be halved 2 times: give a multiple of 4",
        ),
        (
            AutoencoderConfig::new([4096, 4096, 4096], 4),
            "the values of the maps",
        ),
        (
            base().with_hidden(vec![1 << 20, 1 << 20]),
            "the parameters is",
        ),
        (
            base().with_activation(Activation::LeakyRelu { slope: f64::NAN }),
            "leaky-relu is NaN",
        ),
    ];
    for (config, expected) in cases {
        let message = config.validate().unwrap_err().to_string();
        assert!(message.contains(expected), "'{message}' lacks '{expected}'");
        assert!(!message.contains('\n'), "{message}");
    }
}

/// Converts every parameter to an f64 leaf.
struct Double;

impl ModuleMapper for Double {
    fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        parameter.map(|value| value.cast(DType::F64).detach().require_grad())
    }
}

/// Adds a step to one element of one parameter.
struct Nudge {
    parameter: usize,
    element: usize,
    by: f64,
}

impl ModuleMapper for Nudge {
    fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let here = self.parameter == 0;
        self.parameter = self.parameter.wrapping_sub(1);
        if !here {
            return parameter;
        }
        parameter.map(|value| {
            let (shape, device) = (value.dims(), value.device());
            let mut values: Vec<f64> = value.into_data().iter().collect();
            values[self.element] += self.by;
            Tensor::from_data(TensorData::new(values, shape), (&device, DType::F64))
        })
    }
}

/// Collects the gradients of all parameters.
struct Gradients<'a> {
    of: &'a burn::tensor::Gradients,
    found: Vec<Vec<f64>>,
}

impl ModuleVisitor for Gradients<'_> {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        let gradient = parameter.val().grad(self.of).expect("a gradient");
        self.found.push(gradient.into_data().iter().collect());
    }
}

/// Reduces all outputs of a network to one number. Codes are sampled with fixed random numbers.
fn score(network: &Autoencoder, images: Tensor<4>) -> Tensor<1> {
    let (code, log_variance) = network.encode(images);
    let drawn = match &log_variance {
        Some(log_variance) => code.clone() + (log_variance.clone() / 2.0).exp() * 0.7,
        None => code.clone(),
    };
    let logits = network.decode(drawn);
    let score = logits.clone().sin().sum() + logits.square().mean() + code.square().sum();
    match log_variance {
        Some(log_variance) => score + log_variance.exp().sum(),
        None => score,
    }
}

/// Central differences in f64, for every element of every parameter of every kind.
#[test]
fn gradients_agree_with_central_differences() {
    const STEP: f64 = 1e-5;
    let device = Device::flex().autodiff();
    for (name, config) in small() {
        let network = config.init(&device).map(&mut Double);
        let images = pictures(2, config.input, &device);
        let gradients = score(&network, images.clone()).backward();
        let mut found = Gradients {
            of: &gradients,
            found: Vec::new(),
        };
        network.visit(&mut found);
        for (parameter, gradient) in found.found.iter().enumerate() {
            for (element, gradient) in gradient.iter().enumerate() {
                let at = |by: f64| {
                    let nudge = &mut Nudge {
                        parameter,
                        element,
                        by,
                    };
                    let moved = network.clone().map(nudge);
                    score(&moved, images.clone()).into_scalar::<f64>()
                };
                let slope = (at(STEP) - at(-STEP)) / (2.0 * STEP);
                assert!(
                    (slope - gradient).abs() < 1e-6 * (1.0 + slope.abs()),
                    "{name}, parameter {parameter}, element {element}: {gradient} for {slope}"
                );
            }
        }
    }
}

#[test]
fn codes_are_sampled_in_training_only() {
    let [.., (_, config)] = small();
    let device = Device::flex().autodiff();
    let network = config.init(&device);
    let images = pictures(2, config.input, &device).cast(DType::F32);
    let logits = |network: &Autoencoder, images: &Tensor<4>| -> Vec<f32> {
        let made = network.forward(images.clone());
        made.logits.into_data().iter().collect()
    };
    assert_ne!(logits(&network, &images), logits(&network, &images));
    let (answering, plain) = (network.valid(), images.inner());
    assert_eq!(logits(&answering, &plain), logits(&answering, &plain));
}

/// 20,000 samples: mean and standard deviation within four standard errors.
#[test]
fn sampled_codes_have_the_given_mean_and_deviation() {
    let device = Device::flex();
    let full = |value: f32| Tensor::<2>::full([20_000, 1], value, &device);
    let drawn = sample_code(full(2.0), full(0.25f32.ln() * 2.0));
    let (variance, mean) = drawn.var_mean(0);
    let (variance, mean) = (variance.into_scalar::<f64>(), mean.into_scalar::<f64>());
    assert!((mean - 2.0).abs() < 4.0 * 0.25 / 20_000f64.sqrt(), "{mean}");
    assert!(
        (variance.sqrt() - 0.25).abs() < 4.0 * 0.25 / 200.0,
        "{variance}"
    );
}

/// Returns a card for the autoencoder `name`.
fn card(name: &str, architecture: Architecture) -> Card<serde_json::Value> {
    Card {
        format_version: FORMAT_VERSION,
        hebb_version: "0.1.0".into(),
        experiment: name.into(),
        architecture,
        preprocess: serde_json::Value::Null,
        class_names: Vec::new(),
        data: DataCard {
            name: "phantoms".into(),
            fingerprint: "abc".into(),
            generated: true,
            split: "grouped".into(),
            class: Some("no_tumor".into()),
            train: 8,
            valid: 1,
            test: 1,
        },
        seed: 1,
        epochs: 1,
        device: "flex".into(),
        trained_at: "2026-01-02T03:04:05Z".into(),
        metrics: Vec::new(),
        calibration: None,
        notice: None,
    }
}

#[test]
fn a_model_file_gives_the_same_reconstruction() {
    let folder = tempfile::tempdir().unwrap();
    let device = Device::flex();
    for (name, config) in small() {
        let architecture = Architecture::from(config.clone());
        let json = serde_json::to_string(&architecture).unwrap();
        assert_eq!(
            serde_json::from_str::<Architecture>(&json).unwrap(),
            architecture
        );
        let card = card(name, architecture);
        let network = config.init(&device);
        let path = folder.path().join(name);
        file::save(&path, &network, &card).unwrap();
        let (read, predictor) = file::load::<serde_json::Value>(&path, &device).unwrap();
        assert_eq!(read, card);
        let Predictor::Reconstructor(loaded) = predictor else {
            panic!("{name} loads as another kind of network");
        };
        let images = pictures(2, config.input, &device).cast(DType::F32);
        let values = |tensor: Tensor<4>| -> Vec<f32> { tensor.into_data().iter().collect() };
        assert_eq!(
            values(loaded.forward(images.clone()).logits),
            values(network.forward(images).logits),
            "{name}"
        );
        let named = Card {
            class_names: vec!["a".into()],
            ..card
        };
        let error = file::save(&path, &network, &named).unwrap_err().to_string();
        assert!(
            error.contains("names 1 classes for a network of 0"),
            "{error}"
        );
    }
}

proptest! {
    /// With any sizes the layer table counts every parameter, and reconstructions have the size of the pictures.
    #[test]
    fn any_sizes_fit_together(
        channels in 1usize..3, height in 1usize..4, width in 1usize..4, code in 1usize..5,
        filters in prop::collection::vec(1usize..4, 0..3),
        hidden in prop::collection::vec(1usize..6, 0..3), variational in any::<bool>()
    ) {
        let scale = 1 << filters.len();
        let config = AutoencoderConfig::new([channels, height * scale, width * scale], code)
            .with_filters(filters)
            .with_hidden(hidden)
            .with_variational(variational);
        prop_assert!(config.validate().is_ok());
        let device = Device::flex();
        let network = config.init(&device);
        prop_assert_eq!(config.layers().parameters(), network.num_params());
        let images = pictures(2, config.input, &device).cast(DType::F32);
        prop_assert_eq!(network.forward(images.clone()).logits.dims(), images.dims());
    }
}
