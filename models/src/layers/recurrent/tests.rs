use burn::module::{ModuleMapper, ModuleVisitor};
use burn::tensor::Gradients;

use super::*;
use crate::networks::sequence_classifier::{Pooling, SequenceClassifierConfig};

const STEPS: usize = 5;
const BATCH: usize = 3;
const FEATURES: usize = 4;
const UNITS: usize = 6;
const LENGTHS: [usize; BATCH] = [5, 2, 4];

/// PyTorch's values, from `tests/reference/recurrent.py`: cell, layers, whether bidirectional, whether with lengths;
/// then the scores of all steps, of the last output, and of the gradients of the inputs and each parameter.
const EXPECTED: [(Cell, usize, bool, bool, &[f64]); 9] = [
    (
        Cell::Rnn,
        1,
        false,
        false,
        &[
            -0.197385110,
            -0.639122629,
            1.000468079,
            -1.630205564,
            -0.224061538,
            0.528541334,
            -0.224061538,
        ],
    ),
    (
        Cell::Rnn,
        1,
        true,
        false,
        &[
            -8.343766422,
            -3.125893111,
            1.689642479,
            -1.800753960,
            -0.529553537,
            1.536828558,
            -0.529553537,
            3.622298364,
            2.416599946,
            3.499450813,
            2.416599946,
        ],
    ),
    (
        Cell::Rnn,
        2,
        true,
        true,
        &[
            3.318668541,
            -1.064360221,
            -8.495479409,
            -0.633978443,
            -0.290491836,
            1.020296875,
            -0.290491836,
            -0.718768098,
            2.372844868,
            -0.167219734,
            2.372844868,
            -0.832256182,
            13.619537592,
            -3.916470428,
            13.619537592,
            2.838361436,
            -4.028295039,
            -2.785402561,
            -4.028295039,
        ],
    ),
    (
        Cell::Gru,
        1,
        false,
        false,
        &[
            0.844482502,
            0.328636093,
            0.204040455,
            4.044305687,
            -0.367593436,
            0.241132001,
            -0.313031464,
        ],
    ),
    (
        Cell::Gru,
        1,
        true,
        false,
        &[
            0.655166143,
            0.416234097,
            -3.140812632,
            -14.462583742,
            -0.852815214,
            -0.048223571,
            -0.373763504,
            7.573367767,
            1.132865495,
            -0.163492480,
            0.828816945,
        ],
    ),
    (
        Cell::Gru,
        2,
        true,
        true,
        &[
            4.131455978,
            -0.025312206,
            0.007053856,
            -0.384631788,
            -0.475498640,
            0.129433923,
            -0.443005749,
            1.102818351,
            1.526004335,
            0.080742123,
            0.272809267,
            3.621847390,
            -5.890668486,
            -0.128302354,
            -2.404713516,
            1.716012792,
            2.653858224,
            -1.792505846,
            2.101165346,
        ],
    ),
    (
        Cell::Lstm,
        1,
        false,
        false,
        &[
            -0.022526376,
            0.039810760,
            0.420751950,
            -1.546452748,
            1.777595987,
            0.015934197,
            1.777595987,
        ],
    ),
    (
        Cell::Lstm,
        1,
        true,
        false,
        &[
            -1.103476942,
            -0.746254676,
            1.507275765,
            0.558311765,
            -1.198114418,
            -0.383406779,
            -1.198114418,
            0.280207104,
            -0.280855578,
            -0.182135295,
            -0.280855578,
        ],
    ),
    (
        Cell::Lstm,
        2,
        true,
        true,
        &[
            0.974805568,
            -0.071685816,
            0.404477331,
            0.134141560,
            -1.046446838,
            -0.166815653,
            -1.046446838,
            -0.340516015,
            0.557951046,
            0.002357353,
            0.557951046,
            -0.317785854,
            -2.005174940,
            0.246818453,
            -2.005174940,
            0.656735687,
            2.015647619,
            0.516641278,
            2.015647619,
        ],
    ),
];

/// Returns `scale` sin(`rate` k + `offset`) at place k.
fn wave<const D: usize>(
    shape: [usize; D],
    [scale, rate, offset]: [f64; 3],
    device: &Device,
) -> Tensor<D> {
    let count: usize = shape.iter().product();
    let values: Vec<f32> = (0..count)
        .map(|k| (scale * (rate * k as f64 + offset).sin()) as f32)
        .collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn inputs(device: &Device) -> Tensor<3> {
    wave([STEPS, BATCH, FEATURES], [1.0, 0.9, 0.0], device)
}

/// Reduces a tensor to the sum of its values times cos(0.7 k).
fn score<const D: usize>(values: Tensor<D>) -> Tensor<1> {
    let half_turn = std::f64::consts::FRAC_PI_2;
    let weights = wave(values.dims(), [1.0, 0.7, half_turn], &values.device());
    (values * weights).sum()
}

/// Sets each parameter to a wave with an offset of its own, in the order of the script.
struct Waves(usize);

impl ModuleMapper for Waves {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let number = self.0 as f64;
        self.0 += 1;
        param.map(|values| {
            let wave = wave(values.dims(), [0.4, 1.3, number], &values.device());
            if wave.device().is_autodiff() {
                wave.require_grad()
            } else {
                wave
            }
        })
    }
}

/// Visitor that scores the gradient of each parameter.
struct Scores<'a> {
    gradients: &'a Gradients,
    scores: Vec<f64>,
}

impl ModuleVisitor for Scores<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = param.val().grad(self.gradients).unwrap();
        self.scores.push(score(gradient).into_scalar::<f64>());
    }
}

fn stack(cell: Cell, layers: usize, both: bool, device: &Device) -> Recurrent {
    RecurrentConfig::new(FEATURES, UNITS, cell)
        .with_layers(layers)
        .with_bidirectional(both)
        .blank(device)
        .map(&mut Waves(0))
}

#[test]
fn every_cell_and_direction_agrees_with_pytorch_in_values_and_gradients() {
    let device = Device::flex().autodiff();
    for (cell, layers, both, packed, expected) in EXPECTED {
        let stack = stack(cell, layers, both, &device);
        let inputs = inputs(&device).require_grad();
        let outputs = stack.forward(inputs.clone(), packed.then_some(&LENGTHS));
        let width = if both { 2 * UNITS } else { UNITS };
        assert_eq!(outputs.steps.dims(), [STEPS, BATCH, width]);
        assert_eq!(outputs.last.dims(), [BATCH, width]);
        let (steps, last) = (score(outputs.steps), score(outputs.last));
        let gradients = (steps.clone() + last.clone()).backward();
        let mut found: Vec<f64> = [steps, last, score(inputs.grad(&gradients).unwrap())]
            .map(Tensor::into_scalar::<f64>)
            .to_vec();
        let mut scores = Scores {
            gradients: &gradients,
            scores: Vec::new(),
        };
        stack.visit(&mut scores);
        found.extend(scores.scores);
        assert_eq!(found.len(), expected.len());
        for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
            let error = (found - expected).abs() / expected.abs().max(1.0);
            assert!(
                error < 2e-5,
                "{cell:?}, {layers} layers, both: {both}, {place}: {found} for {expected}"
            );
        }
    }
}

/// The values behind the end and the length of the padding have no influence, to the last bit.
#[test]
fn padding_never_changes_a_result() {
    let device = Device::flex();
    for cell in [Cell::Rnn, Cell::Gru, Cell::Lstm] {
        let stack = stack(cell, 2, true, &device);
        let short = inputs(&device);
        let RecurrentOutput { steps, last } = stack.forward(short.clone(), Some(&LENGTHS));
        let outside: Vec<bool> = (0..STEPS)
            .flat_map(|step| LENGTHS.map(|length| step >= length))
            .flat_map(|outside| [outside; FEATURES])
            .collect();
        let mask = TensorData::new(outside, [STEPS, BATCH, FEATURES]);
        let mask = Tensor::<3, burn::tensor::Bool>::from_data(mask, &device);
        let rubbish = Tensor::full([3, BATCH, FEATURES], 1e6, &device);
        let other = Tensor::cat(vec![short.mask_fill(mask, -7.5), rubbish], 0);
        let again = stack.forward(other, Some(&LENGTHS));
        assert_eq!(again.last.into_data(), last.clone().into_data(), "{cell:?}");
        let kept = again.steps.clone().narrow(0, 0, STEPS);
        assert_eq!(kept.into_data(), steps.clone().into_data(), "{cell:?}");
        let behind = again.steps.narrow(0, STEPS, 3).abs().max();
        assert_eq!(behind.into_scalar::<f32>(), 0.0);

        // A sequence alone, without padding, has the same output.
        for (place, length) in LENGTHS.into_iter().enumerate() {
            let alone = inputs(&device).narrow(1, place, 1).narrow(0, 0, length);
            let alone = stack.forward(alone, None).last;
            let error = (alone - last.clone().narrow(0, place, 1)).abs().max();
            assert!(
                error.into_scalar::<f32>() < 1e-6,
                "{cell:?}, sequence {place}"
            );
        }
    }
}

#[test]
fn an_lstm_starts_with_open_forget_gates_and_orthogonal_weights() {
    let device = Device::flex();
    let network = SequenceClassifierConfig::mnist(Cell::Lstm, 8);
    crate::NetworkConfig::validate(&network).unwrap();
    let network = crate::NetworkConfig::init(&network, &device);
    let state = &network.recurrent.layers[0].forward.state;
    let bias: Vec<f32> = state.bias.val().into_data().try_to_vec().unwrap();
    let gate = |open: f32| vec![open; 8];
    assert_eq!(bias, [gate(0.0), gate(1.0), gate(0.0), gate(0.0)].concat());
    let weight = state.weight.val();
    let product = weight.clone().matmul(weight.transpose());
    let error = (product - Tensor::eye(8, &device)).abs().max();
    assert!(error.into_scalar::<f32>() < 1e-5);
}

/// Visitor that counts the parameters with and without a gradient.
struct GradientCount<'a> {
    gradients: &'a Gradients,
    counts: [usize; 2],
}

impl ModuleVisitor for GradientCount<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let has_none = param.val().grad(self.gradients).is_none();
        self.counts[usize::from(has_none)] += 1;
    }
}

/// Also after the first step, and also the biases that were set to 1: they are still parameters.
#[test]
fn every_parameter_has_a_gradient() {
    let device = Device::flex().autodiff();
    for cell in [Cell::Rnn, Cell::Gru, Cell::Lstm] {
        let config = SequenceClassifierConfig::mnist(cell, 8).with_bidirectional(true);
        let network = crate::NetworkConfig::init(&config, &device);
        for _ in 0..2 {
            let images = Tensor::ones([2, 1, 28, 28], &device);
            let gradients = crate::Network::forward(&network, images).sum().backward();
            let mut count = GradientCount {
                gradients: &gradients,
                counts: [0, 0],
            };
            network.visit(&mut count);
            assert_eq!(count.counts, [10, 0], "{cell:?}");
        }
    }
}

/// Keras counts 128 * (28 + 128 + 1) * 4 for an LSTM; PyTorch's second bias is 512 more.
#[test]
fn the_layer_table_counts_what_the_network_holds() {
    let device = Device::flex();
    let configs = [
        SequenceClassifierConfig::mnist(Cell::Lstm, 128),
        SequenceClassifierConfig::mnist(Cell::Gru, 24)
            .with_layers(2)
            .with_bidirectional(true)
            .with_rows_per_step(3)
            .with_dropout(0.2),
        SequenceClassifierConfig::eeg(Cell::Rnn, 5, 2).with_pooling(Pooling::Mean),
    ];
    for config in configs {
        let network = crate::NetworkConfig::init(&config, &device);
        let table = crate::NetworkConfig::layers(&config);
        assert_eq!(table.parameters(), network.num_params(), "{table}");
    }
    let lstm = SequenceClassifierConfig::mnist(Cell::Lstm, 128);
    let parameters = crate::NetworkConfig::layers(&lstm).parameters();
    assert_eq!(parameters, 80_384 + 512 + 1_290);
}
