//! What several networks have in common, down to their layers.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Distribution, Tensor};

use crate::layers::activation::Activation;
use crate::layers::kind::{Features, LayerModule};
use crate::layers::layer::AnyLayer;
use crate::layers::normalization::Normalization;
use crate::network::{Network, NetworkConfig};
use crate::networks::digit_cnn::DigitCnnConfig;
use crate::networks::mlp::MlpConfig;
use crate::networks::tumor_cnn::TumorCnnConfig;
use crate::networks::tumor_net::TumorNetConfig;
use crate::sequential::{Sequential, SequentialConfig, SequentialNetwork};

/// Applies every layer on its own, nothing computed together, and returns what each gives.
fn layer_by_layer(network: &Sequential, images: Tensor<4>) -> Vec<Features> {
    let mut outputs = vec![Features::Maps(images)];
    let layers = network.features.iter().chain([&network.pooling]);
    for layer in layers.chain(&network.classifier) {
        outputs.push(layer.apply(outputs[outputs.len() - 1].clone()));
    }
    outputs.split_off(1)
}

#[test]
fn the_table_has_the_shapes_that_are_computed() {
    let device = Device::flex();
    for config in [
        MlpConfig::mnist_dropout().sequential(),
        MlpConfig::brain_tumor().sequential(),
        DigitCnnConfig::new().sequential(),
        TumorCnnConfig::new().sequential(),
        TumorNetConfig::new().sequential(),
        TumorNetConfig::new()
            .with_input([3, 37, 49])
            .with_classes(2)
            .sequential(),
    ] {
        let network = config.init(&device);
        let [channels, height, width] = config.input;
        let images = Tensor::zeros([2, channels, height, width], &device);
        let shapes: Vec<_> = (layer_by_layer(&network, images).iter())
            .map(|output| output.shape().channels_last())
            .collect();
        let table: Vec<_> = config
            .table()
            .rows
            .into_iter()
            .map(|row| row.output_shape)
            .collect();
        assert_eq!(table, shapes);
        assert_eq!(shapes.last().unwrap(), &vec![config.classes()]);
    }
}

/// Counts the parameters that were drawn, and those that wait.
#[derive(Default)]
struct Drawn {
    yes: usize,
    no: usize,
}

impl ModuleVisitor for Drawn {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        match parameter.is_initialized() {
            true => self.yes += 1,
            false => self.no += 1,
        }
    }
}

#[test]
fn init_draws_every_weight_and_blank_none() {
    let config = TumorNetConfig::new()
        .with_normalization(None)
        .with_blocks(vec![vec![2], vec![4], vec![5]])
        .sequential();
    let drawn = |network: &Sequential| {
        let mut drawn = Drawn::default();
        network.visit(&mut drawn);
        (drawn.yes, drawn.no)
    };
    assert_eq!(drawn(&config.init(&Device::flex())), (10, 0));
    assert_eq!(drawn(&config.blank(&Device::flex())), (0, 10));
}

#[test]
fn weights_stay_in_the_initialisers_bounds_and_biases_are_zero() {
    let network = DigitCnnConfig::new().init(&Device::flex());
    let largest = |tensor: Tensor<1>| tensor.abs().max().into_scalar::<f32>();
    let AnyLayer::Conv(first) = &network.features[0] else {
        panic!("the first layer is a convolution");
    };
    // Glorot, uniform: sqrt(6 / (fan in + fan out)) with 9 in and 32 * 9 out.
    let bound = (6.0f32 / (9.0 + 288.0)).sqrt();
    let found = largest(first.conv.weight.val().flatten(0, 3));
    assert!(
        (0.9 * bound..=bound).contains(&found),
        "{found} for {bound}"
    );
    assert_eq!(largest(first.conv.bias.as_ref().unwrap().val()), 0.0);
    let AnyLayer::Dense(dense) = &network.classifier[0] else {
        panic!("the classifier starts with a dense layer");
    };
    let bound = (6.0f32 / (21_632.0 + 128.0)).sqrt();
    let found = largest(dense.dense.weight.val().flatten(0, 1));
    assert!(
        (0.99 * bound..=bound).contains(&found),
        "{found} for {bound}"
    );
    assert_eq!(largest(dense.dense.bias.as_ref().unwrap().val()), 0.0);
}

#[test]
fn he_uniform_bounds_are_sqrt_of_6_over_fan_in() {
    let network = TumorNetConfig::new().sequential().init(&Device::flex());
    let AnyLayer::Conv(layer) = &network.features[2] else {
        panic!("the third layer is a convolution");
    };
    let bound = (6.0f32 / (32.0 * 9.0)).sqrt();
    let weights = layer.conv.weight.val().flatten::<1>(0, 3);
    let found = weights.abs().max().into_scalar::<f32>();
    assert!(
        (0.99 * bound..=bound).contains(&found),
        "{found} for {bound}"
    );
}

/// A convolution, a normalisation and a max-pooling in one operation, after the running statistics have
/// moved away from 0 and 1, give what they give one by one.
#[test]
fn an_answer_is_the_same_with_layers_computed_together() {
    let draw = |device: &Device| {
        Tensor::<4>::random([4, 1, 12, 12], Distribution::Normal(1.0, 2.0), device)
    };
    for kind in [Normalization::Batch, Normalization::Layer] {
        for activation in [Activation::Relu, Activation::Tanh] {
            let config = TumorNetConfig::new()
                .with_input([1, 12, 12])
                .with_stem(5)
                .with_blocks(vec![vec![3], vec![4]])
                .with_activation(activation)
                .with_normalization(Some(kind))
                .sequential();
            let training = Device::flex().autodiff();
            let network = config.init(&training);
            for _ in 0..5 {
                let _ = network.forward(draw(&training));
            }
            let network = network.valid();
            let images = draw(&Device::flex());
            let [together, apart] = [
                network.forward(images.clone()),
                layer_by_layer(&network, images.clone())
                    .pop()
                    .unwrap()
                    .into_vector(),
            ];
            let difference = (together - apart.clone()).abs().max().into_scalar::<f32>();
            let size = apart.abs().max().into_scalar::<f32>();
            assert!(difference < 1e-5 * size, "{kind:?}: {difference} of {size}");
        }
    }
}

/// The mean square of the values stays near one through max-pooling and dropout.
#[test]
fn an_even_start_keeps_the_size_of_the_values() {
    let device = Device::flex().autodiff();
    let sizes = |even_start| {
        let config = SequentialConfig {
            even_start,
            ..TumorCnnConfig::new().sequential()
        };
        let network = config.init(&device);
        let normal = Distribution::Normal(0.0, 1.0);
        let images = Tensor::<4>::random([2, 3, 150, 150], normal, &device);
        let maps = (network.features.iter())
            .fold(Features::Maps(images), |maps, layer| layer.apply(maps))
            .into_maps();
        maps.square().mean().into_scalar::<f32>()
    };
    let (even, plain) = (sizes(true), sizes(false));
    // What leaves the last max-pooling and dropout is still larger by their own growth.
    assert!((0.2..20.0).contains(&even), "{even}");
    assert!(plain > 3.0 * even, "{plain} without, {even} with");
}
