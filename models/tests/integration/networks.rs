//! The networks as the chapter has them: sizes, tables, starts, training and answering.

use std::collections::HashSet;

use burn::module::Module;
use burn::nn::Initializer;
use burn::store::ModuleSnapshot;
use burn::tensor::{Device, Tensor, TensorData, activation};
use models::initialization::{glorot_uniform, he_uniform};
use models::layers::lower::NamedTensor;
use models::sequential::SequentialNetwork;
use models::{
    Activation, Architecture, FEATURES, InputShape, LayerTable, MlpConfig, Network, NetworkConfig,
    OutputActivation, SequentialConfig, TumorCnnConfig,
};

/// Classifiers of the chapter and ours with their numbers of parameters and classes, counted by hand or by the chapter.
const SIZES: [(&str, usize, usize); 12] = [
    ("mnist-lstm", 82_186, 10),
    ("mnist-snn", 795_010, 10),
    ("mnist-conv-snn", 29_826, 10),
    ("eeg-snn", 18_180, 2),
    ("eeg-conv", 23_042, 2),
    ("eeg-bigru", 1_890, 2),
    ("mnist-mlp", 101_770, 10),
    ("mnist-dropout", 101_770, 10),
    ("brain-tumor-mlp", 1_591_002, 2),
    ("mnist-cnn", 2_770_634, 10),
    ("brain-tumor-cnn", 4_447_044, 4),
    ("brain-tumor", 539_684, 4),
];

#[test]
fn parameter_counts_are_the_chapters() {
    let examples = Architecture::examples();
    for (name, parameters, classes) in SIZES {
        let (_, architecture) = examples.iter().find(|(found, _)| *found == name).unwrap();
        architecture.validate().unwrap();
        assert_eq!(architecture.num_params(), parameters, "{name}");
        assert_eq!(architecture.classes(), classes, "{name}");
    }
}

#[test]
fn the_rows_of_the_table_add_up_to_the_parameters_of_the_network() {
    for (name, architecture) in Architecture::examples() {
        let table = architecture.layers().parameters();
        assert_eq!(table, architecture.num_params(), "{name}");
    }
}

#[test]
fn layer_tables_print_like_keras() {
    for (name, architecture) in Architecture::examples() {
        insta::assert_snapshot!(name, architecture.layers().to_string());
    }
}

#[test]
fn names_of_examples_are_unique() {
    let mut names: Vec<_> = Architecture::examples()
        .iter()
        .map(|(name, _)| *name)
        .collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

/// The rows the chapter prints in figure 10.7.
#[test]
fn the_tumor_cnn_has_the_rows_of_figure_10_7() {
    let figure: [(&str, &str, [usize; 3], usize); 13] = [
        ("conv2d", "Conv2D", [148, 148, 32], 896),
        ("conv2d_1", "Conv2D", [146, 146, 64], 18_496),
        ("max_pooling2d", "MaxPooling2D", [73, 73, 64], 0),
        ("dropout", "Dropout", [73, 73, 64], 0),
        ("conv2d_2", "Conv2D", [71, 71, 64], 36_928),
        ("conv2d_3", "Conv2D", [69, 69, 64], 36_928),
        ("dropout_1", "Dropout", [69, 69, 64], 0),
        ("max_pooling2d_1", "MaxPooling2D", [34, 34, 64], 0),
        ("dropout_2", "Dropout", [34, 34, 64], 0),
        ("conv2d_4", "Conv2D", [32, 32, 128], 73_856),
        ("conv2d_5", "Conv2D", [30, 30, 128], 147_584),
        ("conv2d_6", "Conv2D", [28, 28, 128], 147_584),
        ("max_pooling2d_2", "MaxPooling2D", [14, 14, 128], 0),
    ];
    let LayerTable { rows, .. } = TumorCnnConfig::new().layers();
    for (row, (name, kind, shape, parameters)) in rows.iter().zip(figure) {
        assert_eq!((row.name.as_str(), row.kind), (name, kind));
        assert_eq!(row.output_shape, shape, "{name}");
        assert_eq!(row.parameters, parameters, "{name}");
    }
    assert!(
        rows.iter()
            .any(|row| row.kind == "Flatten" && row.output_shape == [6400])
    );
}

#[test]
fn every_classifier_maps_its_images_to_logits() {
    let device = Device::flex();
    for (name, architecture) in Architecture::examples() {
        let InputShape::Picture([channels, height, width]) = architecture.input() else {
            continue;
        };
        let predictor = architecture.init(&device);
        let Some(network) = predictor.classifier() else {
            continue;
        };
        let logits = network.forward(Tensor::ones([2, channels, height, width], &device));
        assert_eq!(logits.dims(), [2, architecture.classes()], "{name}");
    }
}

/// Pictures that differ as scans do: bright spots of several sizes in several places on a dark
/// ground, standardised over the batch.
fn pictures(count: usize, side: usize, device: &Device) -> Tensor<4> {
    let mut values = Vec::with_capacity(count * 3 * side * side);
    for picture in 0..count {
        let phase = picture as f32 * 2.4;
        let (x0, y0) = (0.5 + 0.25 * phase.cos(), 0.5 + 0.25 * phase.sin());
        let (radius, brightness) = (0.12 + 0.04 * picture as f32, 1.0 - 0.1 * picture as f32);
        for _channel in 0..3 {
            for i in 0..side * side {
                let (x, y) = (
                    (i % side) as f32 / side as f32,
                    (i / side) as f32 / side as f32,
                );
                let distance = ((x - x0).powi(2) + (y - y0).powi(2)).sqrt() / radius;
                let texture = 0.1 * ((x * 40.0 + phase).sin() * (y * 30.0).cos());
                values.push(brightness * (-distance * distance).exp() + texture);
            }
        }
    }
    let n = values.len() as f32;
    let mean = values.iter().sum::<f32>() / n;
    let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / n).sqrt();
    values.iter_mut().for_each(|v| *v = (*v - mean) / deviation);
    Tensor::from_data(TensorData::new(values, [count, 3, side, side]), device)
}

/// How much the logits differ between pictures: standard deviation over the batch, mean over the
/// classes.
fn spread(config: SequentialConfig, pictures: &Tensor<4>) -> f32 {
    let logits = config.init(&pictures.device()).forward(pictures.clone());
    logits.var(0).sqrt().mean().into_scalar::<f32>()
}

/// Why the chapter's tumour network never learns, and ours does (see `TumorCnnConfig`).
#[test]
fn the_tumor_cnn_starts_with_logits_that_differ_between_pictures() {
    let pictures = pictures(5, 150, &Device::flex());
    let burns_default = Initializer::KaimingUniform {
        gain: 1.0 / 3.0f64.sqrt(),
        fan_out_only: false,
    };
    let config = |initializer| {
        TumorCnnConfig::new()
            .with_initializer(initializer)
            .sequential()
    };
    // The weights alone, without what makes up for pooling and dropout.
    let plain = |initializer| SequentialConfig {
        even_start: false,
        ..config(initializer)
    };
    let he = spread(plain(he_uniform()), &pictures);
    let glorot = spread(plain(glorot_uniform()), &pictures);
    let default = spread(plain(burns_default), &pictures);
    let even = spread(config(he_uniform()), &pictures);
    println!("spread of the logits: He {he:e}, Glorot {glorot:e}, Burn's default {default:e}");
    assert_eq!(TumorCnnConfig::new().initializer, he_uniform());
    assert!(he >= 0.01, "He: {he:e}");
    assert!(glorot < he / 10.0, "Glorot: {glorot:e}, He: {he:e}");
    assert!(even >= 0.003, "as it is trained: {even:e}");
    assert!(default < he / 1000.0, "Burn's default: {default:e}");
}

#[test]
fn dropout_works_in_training_only() {
    let device = Device::flex().autodiff();
    let network = MlpConfig::mnist_dropout().with_dropout(0.5).init(&device);
    let images = Tensor::<4>::ones([1, 1, 28, 28], &device);
    let values = |tensor: Tensor<2>| tensor.into_data().try_to_vec::<f32>().unwrap();
    let training = |_| values(network.forward(images.clone()));
    assert_ne!(
        training(0),
        training(1),
        "two passes in training are masked differently"
    );

    let answering = network.valid();
    let plain = images.clone().inner();
    let answer = |_| values(answering.forward(plain.clone()));
    assert_eq!(answer(0), answer(1));
}

#[test]
fn without_a_rate_there_is_no_dropout_layer() {
    let kinds = |config: MlpConfig| -> Vec<_> {
        config
            .layers()
            .rows
            .into_iter()
            .map(|row| row.kind)
            .collect()
    };
    assert_eq!(kinds(MlpConfig::mnist()), ["Flatten", "Dense", "Dense"]);
    assert_eq!(
        kinds(MlpConfig::mnist_dropout()),
        ["Flatten", "Dense", "Dropout", "Dense"]
    );
}

/// The two outputs z of the last layer, the class, and Keras's loss and probability of class 1,
/// from `reference/normalized_sigmoid.py`.
const KERAS_LOSSES: [([f32; 2], usize, f32, f32); 5] = [
    ([2.0, -1.0], 0, 0.266_463, 0.233_915),
    ([2.0, -1.0], 1, 1.452_796, 0.233_915),
    ([-3.0, 0.5], 0, 2.647_938, 0.929_203),
    ([0.0, 0.0], 1, std::f32::consts::LN_2, 0.5),
    ([6.0, 4.0], 1, 0.701_015, 0.496_082),
];

#[test]
fn normalised_sigmoids_are_what_keras_computes() {
    let device = Device::flex();
    for (z, class, loss, probability) in KERAS_LOSSES {
        let z = Tensor::<2>::from_floats([z], &device);
        let logits = Activation::LogSigmoid.forward(z);
        let logs = activation::log_softmax(logits, 1)
            .into_data()
            .try_to_vec::<f32>()
            .unwrap();
        assert!(
            (-logs[class] - loss).abs() < 2e-5,
            "{} for {loss}",
            -logs[class]
        );
        assert!(
            (logs[1].exp() - probability).abs() < 2e-5,
            "{} for {probability}",
            logs[1].exp()
        );
    }
}

/// The option in the network: the same weights with either output.
#[test]
fn the_normalised_sigmoid_network_gives_the_logarithms_of_its_sigmoids() {
    let device = Device::flex();
    let config = MlpConfig::new([1, 5, 5], vec![7], 2);
    let plain = config.init(&device);
    let mut normalised = config
        .with_output(OutputActivation::NormalizedSigmoid)
        .blank(&device);
    let result = normalised.apply(plain.collect(None, None, false), None, None, false);
    assert_eq!(result.applied.len(), 4, "{result}");

    let images = Tensor::random([3, 1, 5, 5], burn::tensor::Distribution::Default, &device);
    let z = plain
        .forward(images.clone())
        .into_data()
        .try_to_vec::<f32>()
        .unwrap();
    let logits = normalised
        .forward(images)
        .into_data()
        .try_to_vec::<f32>()
        .unwrap();
    for (z, logit) in z.iter().zip(logits) {
        let expected = (1.0 / (1.0 + (-z).exp())).ln();
        assert!((logit - expected).abs() < 1e-5, "{logit} for {expected}");
    }
}

#[test]
fn architectures_read_back_from_json() {
    for (name, architecture) in Architecture::examples() {
        let json = serde_json::to_string(&architecture).unwrap();
        let back: Architecture = serde_json::from_str(&json).unwrap();
        assert_eq!(back, architecture, "{name}: {json}");
    }
}

/// The parameters of a row are found by counting, so that no layer of a network may be divided between two rows.
#[test]
fn lower_layers_end_where_a_row_of_the_table_ends() {
    let owner = |name: &str| name.rsplit_once('.').unwrap().0.to_owned();
    for (name, architecture) in Architecture::examples() {
        let table = architecture.layers();
        let names = table.lower_names();
        let tensors = architecture.tensors();
        for last in names.iter().chain(&[FEATURES]) {
            let lower = table.lower(last).unwrap();
            let [below, above] = lower.split(tensors.clone());
            let parameters = below.iter().map(NamedTensor::len).sum::<usize>();
            assert_eq!(parameters, lower.parameters(), "{name} {last}");
            assert!(!below.is_empty() && !above.is_empty(), "{name} {last}");
            let owners: HashSet<_> = below.iter().map(|tensor| owner(&tensor.name)).collect();
            for tensor in above {
                assert!(
                    !owners.contains(&owner(&tensor.name)),
                    "{name} {last}: {tensor:?}"
                );
            }
        }
        assert_eq!(
            table.lower(FEATURES).unwrap().last(),
            *names.last().unwrap(),
            "{name}"
        );
        let head = (table.rows.iter().rev())
            .find(|row| row.parameters > 0 && row.kind != "LIF" && row.kind != "Logits")
            .unwrap();
        for unknown in ["", "feature", &head.name] {
            assert_eq!(table.lower(unknown), None, "{name} {unknown}");
        }
    }
}
