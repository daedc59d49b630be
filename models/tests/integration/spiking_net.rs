//! Spiking networks: snnTorch's spikes and gradients, codings, records of activity, refused configurations.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use kernels::{Reset, Surrogate};
use models::{
    Choices, Coding, Decay, NamedSurrogate, Network, NetworkConfig, Readout, SpikingNet,
    SpikingNetConfig, SpikingOptions,
};

/// Returns `scale` sin(1.3 row + 0.7 column + `kind`) + `shift`.
fn wave(dims: &[usize], kind: f64, [scale, shift]: [f64; 2]) -> TensorData {
    let columns = dims[dims.len() - 1];
    let values: Vec<f32> = (0..dims.iter().product::<usize>())
        .map(|at| {
            let (row, column) = ((at / columns) as f64, (at % columns) as f64);
            (scale * (1.3 * row + 0.7 * column + kind).sin() + shift) as f32
        })
        .collect();
    TensorData::new(values, dims.to_vec())
}

/// Sets weights, biases and decays to waves of these kinds and scales, in the order of the layers.
struct ByFormula(Vec<(f64, [f64; 2])>);

impl ModuleMapper for ByFormula {
    fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (kind, line) = self.0.remove(0);
        Param::from_data(wave(&parameter.dims(), kind, line), &parameter.device())
    }
}

/// Collects the sum of each parameter's gradient times cos(index).
struct Sums<'a>(&'a GradientsParams, Vec<f64>);

impl ModuleVisitor for Sums<'_> {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        let gradient = self.0.get::<D>(parameter.id).unwrap().into_data();
        let weighted = gradient.iter::<f64>().enumerate();
        self.1
            .push(weighted.map(|(at, value)| value * (at as f64).cos()).sum());
    }
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

/// Values of snnTorch 1.0: reset, surrogate, spike counts, sums of the gradients.
///
/// `python models/tests/reference/spiking_net.py`: `Leaky(beta, learn_beta=True, reset_mechanism, spike_grad)` over 12
/// steps.
type Reference = (Reset, Surrogate, [f32; 6], [f64; 6]);

const SNNTORCH: [Reference; 4] = [
    (
        Reset::Subtract,
        Surrogate::FAST_SIGMOID,
        [10., 11., 6., 8., 9., 5.],
        [
            0.617528, -0.231257, -0.106115, -0.302347, -2.72699, -2.78301,
        ],
    ),
    (
        Reset::Subtract,
        Surrogate::ARCTANGENT,
        [10., 11., 6., 8., 9., 5.],
        [52.1371, -23.519, -15.4041, -1.28651, -21.8932, -19.4184],
    ),
    (
        Reset::Zero,
        Surrogate::FAST_SIGMOID,
        [8., 8., 6., 6., 6., 4.],
        [
            -0.304222, 0.198784, 0.107595, -0.0379462, -0.724293, -0.0111717,
        ],
    ),
    (
        Reset::Zero,
        Surrogate::ARCTANGENT,
        [8., 8., 6., 6., 6., 4.],
        [9.54312, -4.44254, -2.01819, 0.0145235, -2.03372, -0.44155],
    ),
];

#[test]
fn spikes_and_gradients_agree_with_snntorch() {
    let plain = [1.0, 0.0];
    for (reset, surrogate, counts, sums) in SNNTORCH {
        let device = Device::flex().autodiff();
        let config = SpikingNetConfig::new([1, 2, 2], vec![], vec![5], 3)
            .with_time_steps(12)
            .with_decay(Decay::learned(0.9))
            .with_readout(Readout::Counts)
            .with_reset(reset)
            .with_surrogate(NamedSurrogate(surrogate));
        let mut formula = ByFormula(vec![
            (1.0, plain),
            (2.0, plain),
            (6.0, [0.1, 0.8]),
            (3.0, plain),
            (1.0, plain),
            (7.0, [0.1, 0.8]),
        ]);
        let network = config.init(&device).map(&mut formula);
        let inputs = Tensor::<2>::from_data(wave(&[2, 4], 5.0, [1.0, 1.0]), &device);
        let logits = network.forward(inputs.reshape([2, 1, 2, 2]));
        let weights: Vec<f32> = (0..6).map(|at| f64::from(at).cos() as f32).collect();
        let weights = Tensor::<2>::from_data(TensorData::new(weights, [2, 3]), &device);
        let gradients = (logits.clone() * weights).sum().backward();
        assert_eq!(values(logits), counts);
        let gradients = GradientsParams::from_grads(gradients, &network);
        let mut found = Sums(&gradients, Vec::new());
        network.visit(&mut found);
        for (found, expected) in found.1.iter().zip(sums) {
            let error = (found - expected).abs();
            assert!(
                error < 1e-4 * (1.0 + expected.abs()),
                "{found} for {expected}, {reset:?}, {surrogate:?}"
            );
        }
    }
}

/// Returns pictures of values from 0 to 1.
fn pictures(batch: usize, device: &Device) -> Tensor<4> {
    Tensor::<2>::from_data(wave(&[batch, 784], 0.0, [0.5, 0.5]), device).reshape([batch, 1, 28, 28])
}

fn small(coding: Coding) -> SpikingNetConfig {
    SpikingNetConfig::new([1, 28, 28], vec![], vec![30], 10).with_coding(coding)
}

/// Returns the coded input of a network, `[steps, batch, pixels]`.
fn coded(config: &SpikingNetConfig, inputs: Tensor<4>) -> (Vec<f32>, [usize; 3]) {
    let network = config.init(&inputs.device());
    let activity = network.activity(inputs);
    let spikes = activity.layers[0].spikes.clone().unwrap();
    let dims = spikes.dims();
    (values(spikes), dims)
}

#[test]
fn bright_pixels_fire_often_under_rate_coding_and_early_under_latency_coding() {
    let device = Device::flex();
    let brightness = values(pictures(2, &device));
    let (spikes, [steps, batch, pixels]) = coded(&small(Coding::Rate), pictures(2, &device));
    assert_eq!([steps, batch, pixels], [25, 2, 784]);
    let plane = batch * pixels;
    for (at, brightness) in brightness.iter().enumerate() {
        let count: f32 = (0..steps).map(|step| spikes[step * plane + at]).sum();
        assert!(
            (count - 25.0 * brightness).abs() <= 3.0,
            "{count} at {brightness}"
        );
    }
    let (spikes, _) = coded(&small(Coding::Latency), pictures(2, &device));
    for (at, brightness) in brightness.iter().enumerate() {
        let moments: Vec<usize> = (0..steps)
            .filter(|step| spikes[step * plane + at] > 0.0)
            .collect();
        let expected = ((1.0 - brightness) * 24.0).round() as usize;
        let expected = if *brightness < 0.02 {
            vec![]
        } else {
            vec![expected]
        };
        assert_eq!(moments, expected, "{brightness}");
    }
}

#[test]
fn rises_and_falls_fire_in_channels_of_their_own() {
    let device = Device::flex();
    let recording = [0.0, 0.1, 0.1, 0.7, -1.3];
    let data = TensorData::new(recording.to_vec(), [1, 1, 5, 1]);
    let config = SpikingNetConfig::new([1, 5, 1], vec![], vec![3], 2).with_coding(Coding::Delta);
    let (spikes, dims) = coded(&config, Tensor::from_data(data, &device));
    assert_eq!(dims, [5, 1, 8]);
    // Rise, fall by more than 0.05, 0.15, 0.5, 1.5.
    let expected = [
        [0., 0., 0., 0., 0., 0., 0., 0.],
        [1., 0., 0., 0., 0., 0., 0., 0.],
        [0., 0., 0., 0., 0., 0., 0., 0.],
        [1., 0., 1., 0., 1., 0., 0., 0.],
        [0., 1., 0., 1., 0., 1., 0., 1.],
    ];
    assert_eq!(spikes, expected.concat());
}

/// Every coding passes NaN on, at the pixel or sample that holds it.
#[test]
fn codings_do_not_hide_nan_or_infinities() {
    let device = Device::flex();
    for invalid in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for coding in [Coding::Rate, Coding::Latency] {
            let mut picture = [0.5; 784];
            picture[3] = invalid;
            let picture = TensorData::new(picture.to_vec(), [1, 1, 28, 28]);
            let (spikes, _) = coded(&small(coding), Tensor::from_data(picture, &device));
            for (at, spike) in spikes.into_iter().enumerate() {
                assert_eq!(spike.is_nan(), at % 784 == 3, "{coding:?}: {spike} at {at}");
            }
        }
        let recording = vec![0.0, 0.1, invalid, 0.7, -1.3];
        let data = TensorData::new(recording, [1, 1, 5, 1]);
        let config =
            SpikingNetConfig::new([1, 5, 1], vec![], vec![3], 2).with_coding(Coding::Delta);
        let (spikes, _) = coded(&config, Tensor::from_data(data, &device));
        for (at, spike) in spikes.into_iter().enumerate() {
            // The change to the sample and the change from it.
            assert_eq!(
                spike.is_nan(),
                [2, 3].contains(&(at / 8)),
                "{spike} at {at}"
            );
        }
    }
}

/// The logits are the same each time, and those after the last step.
#[test]
fn the_recorded_activity_leads_to_the_logits() {
    let device = Device::flex();
    for coding in [Coding::Direct, Coding::Rate, Coding::Latency] {
        for readout in [Readout::Counts, Readout::Membrane] {
            let config = SpikingNetConfig::new([1, 28, 28], vec![[4, 5]], vec![20], 10)
                .with_time_steps(9)
                .with_coding(coding)
                .with_readout(readout);
            config.validate().unwrap();
            let network: SpikingNet = config.init(&device);
            let logits = values(network.forward(pictures(3, &device)));
            assert_eq!(logits, values(network.forward(pictures(3, &device))));
            let activity = network.activity(pictures(3, &device));
            let last = activity.logits.clone().narrow(0, 8, 1);
            for (last, logit) in values(last).into_iter().zip(&logits) {
                assert!((last - logit).abs() < 1e-4 * (1.0 + logit.abs()));
            }
            let names: Vec<_> = activity
                .layers
                .iter()
                .map(|layer| &layer.name[..])
                .collect();
            assert_eq!(names, ["input", "convolution 1", "hidden 1", "output"]);
            assert_eq!(
                activity.layers[3].spikes.is_some(),
                readout == Readout::Counts
            );
            // 4 windows of 25 at 24 x 24 places; 4 x 12 x 12 to 20; 20 to 10.
            let [first, second, third] = [4 * 25 * 576, 576 * 20, 200];
            assert_eq!(activity.dense_operations, first + second + third);
            let currents = if coding == Coding::Direct { first } else { 0 };
            assert_eq!(activity.current_operations, currents);
            let hidden = &activity.layers[2];
            assert_eq!(hidden.fan_out, 10.0);
            let drive = hidden.drive.as_ref().unwrap();
            let membranes = drive.membranes(9);
            let fired = values(membranes.greater_elem(1.0).float());
            assert_eq!(fired, values(hidden.spikes.clone().unwrap()));
        }
    }
}

#[test]
fn the_layer_table_counts_every_parameter() {
    for (config, parameters) in [
        (SpikingNetConfig::mnist(10), 795_010),
        (SpikingNetConfig::mnist_conv(10), 29_826),
        (SpikingNetConfig::eeg(2), 18_180),
    ] {
        config.validate().unwrap();
        assert_eq!(config.layers().parameters(), parameters);
        let network = config.init(&Device::flex());
        assert_eq!(network.num_params(), parameters);
    }
}

#[test]
fn configurations_that_cannot_be_built_are_refused() {
    let refused = |config: SpikingNetConfig, part: &str| {
        let message = config.validate().unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    };
    refused(small(Coding::Delta), "pictures are told by");
    refused(
        SpikingNetConfig::eeg(2).with_coding(Coding::Rate),
        "recordings are told by",
    );
    refused(
        small(Coding::Rate).with_decay(Decay::fixed(1.5)),
        "the decay is 1.5",
    );
    refused(
        small(Coding::Rate).with_threshold(f64::NAN),
        "the threshold is NaN",
    );
    refused(small(Coding::Rate).with_time_steps(0), "steps of time is 0");
    refused(
        SpikingNetConfig::new([1, 8, 8], vec![[3, 5], [3, 5]], vec![], 2),
        "convolution 2",
    );
    let steps = Choices {
        spiking: SpikingOptions {
            time_steps: Some(3),
            ..SpikingOptions::default()
        },
        ..Choices::default()
    };
    assert!(steps.apply(SpikingNetConfig::eeg(2)).is_err());
    assert_eq!(
        steps.apply(SpikingNetConfig::mnist(10)).unwrap().time_steps,
        3
    );
    let perceptron = models::MlpConfig::new([1, 28, 28], vec![10], 10);
    assert!(steps.apply(perceptron).is_err());
}
