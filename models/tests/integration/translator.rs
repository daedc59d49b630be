//! The translator: PyTorch's values (`tests/reference/translator.py`), padding, beam search.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Bool, Device, Gradients, Int, Tensor, TensorData};
use models::translator::{
    END, PADDING, Search, Sentences, TranslationInput, Translator, TranslatorConfig,
};
use models::{Network, NetworkConfig};

/// Sentences and their translations in columns, as in the script.
const SOURCE: [[i32; 3]; 4] = [[3, 4, 9], [10, 2, 6], [5, 0, 2], [7, 0, 0]];
const LENGTHS: [usize; 3] = [4, 2, 3];
const BEFORE: [[i32; 3]; 5] = [[1, 1, 1], [5, 4, 11], [7, 0, 8], [3, 0, 0], [12, 0, 0]];
const AFTER: [[i32; 3]; 5] = [[5, 4, 11], [7, 2, 8], [3, 0, 2], [12, 0, 0], [2, 0, 0]];
const SMOOTHING: f64 = 0.1;

const LOGITS_OF_FIRST: [f64; 13] = [
    0.582186, 0.661170, 0.249295, -0.344098, -0.677518, -0.505900, 0.039240, 0.550532, 0.649253,
    0.265941, -0.310876, -0.651892, -0.506645,
];
const LOGITS_OF_SECOND: [f64; 13] = [
    0.496980, 0.610902, 0.270691, -0.266670, -0.600628, -0.485725, -0.012040, 0.465262, 0.592293,
    0.278907, -0.237457, -0.571662, -0.478220,
];
const ATTENTION_OF_THIRD: [f64; 4] = [0.341731, 0.316101, 0.342168, 0.000000];
/// Losses with and without label smoothing.
const LOSSES: [f64; 2] = [2.700035, 2.700459];

/// Of each parameter's gradient: the sum, the sum of the absolute values, the first and the last value.
const GRADIENTS: [[f64; 4]; 24] = [
    [0.010164, 1.254056, 0.000000, -0.029203],
    [-0.009962, 0.942727, 0.000311, 0.043236],
    [0.985864, 1.097506, -0.000396, 0.388487],
    [-0.002612, 0.145676, 0.000147, -0.003984],
    [0.501618, 0.613260, -0.000396, 0.190453],
    [-0.064705, 0.792911, 0.002962, 0.024072],
    [0.826577, 0.909279, -0.021809, 0.251977],
    [0.097743, 0.208346, 0.002183, -0.006097],
    [0.447454, 0.530156, -0.021809, 0.115930],
    [-0.001857, 0.117268, 0.003874, 0.001017],
    [0.000604, 0.706002, -0.001561, 0.004896],
    [-0.023028, 0.798707, 0.044787, -0.090398],
    [0.157253, 1.166134, 0.013005, 0.016333],
    [-0.012004, 0.855495, 0.001444, -0.019674],
    [0.524561, 0.608556, 0.004861, 0.109093],
    [-0.002930, 0.497456, -0.000862, -0.016727],
    [0.261213, 0.345208, 0.004861, 0.056005],
    [-0.028672, 1.122669, 0.001470, 0.006957],
    [-0.224820, 0.757461, -0.008184, -0.137992],
    [0.002256, 0.552792, 0.001433, 0.019296],
    [-0.122010, 0.407784, -0.008184, -0.067973],
    [-0.008077, 1.297240, -0.034483, 0.001414],
    [-0.073718, 0.757341, 0.183542, -0.087539],
    [0.000000, 0.958793, 0.113952, -0.056935],
];

fn config() -> TranslatorConfig {
    TranslatorConfig::new(11, 13)
        .with_embedding(6)
        .with_encoder_units(5)
        .with_hidden(7)
        .with_dropout(0.0)
}

/// Sets the parameters by the script's formula: 0.4 sin(0.9 i + 1.7 k) at place i of parameter k.
struct Formula {
    next: usize,
}

impl ModuleMapper for Formula {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let number = self.next as f64;
        self.next += 1;
        param.map(|tensor| {
            let shape = tensor.shape();
            let values: Vec<f32> = (0..shape.num_elements())
                .map(|place| (0.4 * (0.9 * place as f64 + 1.7 * number).sin()) as f32)
                .collect();
            let data = TensorData::new(values, shape);
            let tensor = Tensor::from_data(data, &tensor.device());
            if tensor.device().is_autodiff() {
                tensor.require_grad()
            } else {
                tensor
            }
        })
    }
}

fn by_formula(device: &Device) -> Translator {
    config().blank(device).map(&mut Formula { next: 0 })
}

fn ints<const ROWS: usize, const COLUMNS: usize>(
    values: [[i32; COLUMNS]; ROWS],
    device: &Device,
) -> Tensor<2, Int> {
    Tensor::from_data(TensorData::from(values), device)
}

fn input(device: &Device) -> TranslationInput {
    TranslationInput {
        source: Sentences {
            tokens: ints(SOURCE, device),
            lengths: LENGTHS.to_vec(),
        },
        previous: ints(BEFORE, device),
        sampled: None,
    }
}

#[track_caller]
fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        let off = (found - expected).abs();
        assert!(off < tolerance, "{found} for {expected}: off by {off:.1e}");
    }
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

struct Collect<'a> {
    gradients: &'a Gradients,
    found: Vec<Vec<f64>>,
}

impl ModuleVisitor for Collect<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = param.val().grad(self.gradients);
        self.found.push(values(gradient.unwrap()));
    }
}

#[allow(deprecated)] // ndarray: users ask for it by name
fn devices() -> [Device; 2] {
    [Device::flex(), Device::ndarray()]
}

#[test]
fn values_and_gradients_agree_with_pytorch() {
    for device in devices() {
        let device = device.autodiff();
        let network = by_formula(&device);
        let translation = network.forward(input(&device));
        assert_eq!(translation.logits.dims(), [15, 13]);
        assert_eq!(translation.attention.dims(), [3, 5, 4]);
        let row = |row: usize| values(translation.logits.clone().narrow(0, row, 1));
        assert_close(&row(4 * 3), &LOGITS_OF_FIRST, 2e-6);
        assert_close(&row(3 + 1), &LOGITS_OF_SECOND, 2e-6);
        let attention = translation
            .attention
            .clone()
            .narrow(0, 2, 1)
            .narrow(1, 2, 1);
        assert_close(&values(attention), &ATTENTION_OF_THIRD, 2e-6);

        let targets: Tensor<1, Int> = ints(AFTER, &device).flatten(0, 1);
        let rows = kernels::cross_entropy_rows(translation.logits, targets, PADDING, SMOOTHING);
        let count = AFTER.iter().flatten().filter(|token| **token != 0).count() as f64;
        let loss = rows.losses.sum() / count;
        let surprise = rows.nll.sum() / count;
        let losses = [loss.clone(), surprise].map(|loss| values(loss)[0]);
        assert_close(&losses, &LOSSES, 2e-6);

        let mut collect = Collect {
            gradients: &loss.backward(),
            found: Vec::new(),
        };
        network.visit(&mut collect);
        assert_eq!(collect.found.len(), GRADIENTS.len());
        for (gradient, expected) in collect.found.iter().zip(GRADIENTS) {
            let sum = gradient.iter().sum();
            let absolute = gradient.iter().map(|value| value.abs()).sum();
            let last = gradient[gradient.len() - 1];
            assert_close(&[sum, absolute, gradient[0], last], &expected, 5e-6);
        }
    }
}

#[test]
fn decoding_step_by_step_agrees_with_decoding_all_steps_at_once() {
    let device = Device::flex();
    let network = by_formula(&device);
    let input = input(&device);
    let all = network.forward(input.clone());
    let (memory, mut state) = network.encode(&input.source);
    for step in 0..BEFORE.len() {
        let before = input.previous.clone().narrow(0, step, 1).squeeze_dim(0);
        let output = network.step(&memory, state, before);
        let expected = values(all.logits.clone().narrow(0, 3 * step, 3));
        assert_close(&values(output.logits), &expected, 1e-6);
        let expected = values(all.attention.clone().narrow(1, step, 1));
        assert_close(&values(output.attention), &expected, 1e-6);
        state = output.state;
    }
}

/// A sentence has the same output alone and padded to the length of others, whatever the padding.
#[test]
fn padding_has_no_influence() {
    let device = Device::flex();
    let network = by_formula(&device);
    let together = network.forward(input(&device));
    let mut noisy = SOURCE;
    (noisy[2][1], noisy[3][1], noisy[3][2]) = (8, 10, 4);
    let noisy = network.forward(TranslationInput {
        source: Sentences {
            tokens: ints(noisy, &device),
            lengths: LENGTHS.to_vec(),
        },
        ..input(&device)
    });
    assert_eq!(values(noisy.logits), values(together.logits.clone()));
    for (column, length) in LENGTHS.into_iter().enumerate() {
        let of = |tensor: Tensor<2, Int>| tensor.narrow(1, column, 1);
        let alone = network.forward(TranslationInput {
            source: Sentences {
                tokens: of(ints(SOURCE, &device)).narrow(0, 0, length),
                lengths: vec![length],
            },
            previous: of(ints(BEFORE, &device)),
            sampled: None,
        });
        let expected: Tensor<3> = together.logits.clone().reshape([5, 3, 13]);
        let expected = values(expected.narrow(1, column, 1));
        assert_close(&values(alone.logits), &expected, 1e-6);
    }
}

#[test]
fn sampled_steps_take_the_networks_own_guess() {
    let device = Device::flex();
    let network = by_formula(&device);
    let known = network.forward(input(&device));
    let guesses: Tensor<2, Int> = known.logits.clone().argmax(1).reshape([5, 3]);
    let with = |sampled: [[bool; 3]; 5]| {
        let sampled = Tensor::<2, Bool>::from_data(TensorData::from(sampled), &device);
        network.forward(TranslationInput {
            sampled: Some(sampled),
            ..input(&device)
        })
    };
    let none = with([[false; 3]; 5]);
    assert_eq!(values(none.logits), values(known.logits));
    let mut sampled = [[false; 3]; 5];
    (sampled[2][0], sampled[4][0]) = (true, true);
    let mut previous = BEFORE;
    let guesses: Vec<i32> = guesses.into_data().iter::<i32>().collect();
    (previous[2][0], previous[4][0]) = (guesses[3], guesses[3 * 3]);
    assert_ne!(previous, BEFORE);
    let expected = network.forward(TranslationInput {
        previous: ints(previous, &device),
        ..input(&device)
    });
    assert_eq!(values(with(sampled).logits), values(expected.logits));
}

fn sentences(device: &Device) -> Sentences {
    input(device).source
}

/// The reference decodes token by token, without a batch.
#[test]
fn greedy_search_takes_the_most_probable_token_of_each_step() {
    let device = Device::flex();
    let network = by_formula(&device);
    let found = network.translate(&sentences(&device), &Search::greedy(9));
    assert_eq!(found.len(), 3);
    for (column, length) in LENGTHS.into_iter().enumerate() {
        let tokens = ints(SOURCE, &device)
            .narrow(1, column, 1)
            .narrow(0, 0, length);
        let source = Sentences {
            tokens,
            lengths: vec![length],
        };
        let (memory, mut state) = network.encode(&source);
        let (mut before, mut tokens, mut log_probability) = (1, Vec::new(), 0.0);
        let mut ended = false;
        while tokens.len() < 9 && !ended {
            let output = network.step(&memory, state, Tensor::from_ints([before], &device));
            state = output.state;
            let row = values(output.logits);
            let best = (2..row.len())
                .max_by(|a, b| row[*a].total_cmp(&row[*b]))
                .unwrap();
            let sum: f64 = row.iter().map(|value| value.exp()).sum();
            log_probability += row[best] - sum.ln();
            ended = best == END;
            if !ended {
                tokens.push(best);
            }
            before = best as i32;
        }
        let [hypothesis] = &found[column][..] else {
            panic!("{} translations of a greedy search", found[column].len());
        };
        assert_eq!((&hypothesis.tokens, hypothesis.ended), (&tokens, ended));
        assert!((hypothesis.log_probability - log_probability).abs() < 1e-5);
        assert_eq!(
            hypothesis.attention.len(),
            tokens.len() + usize::from(ended)
        );
        assert!(hypothesis.attention.iter().all(|row| row.len() == length));
    }
}

/// The reference scores every translation of up to three tokens; the beam is wide enough to keep all of them.
#[test]
fn a_wide_beam_finds_the_best_translations() {
    let device = Device::flex();
    let network = by_formula(&device);
    let source = Sentences {
        tokens: ints(SOURCE, &device).narrow(1, 0, 1),
        lengths: vec![4],
    };
    let search = Search {
        width: 400,
        length_penalty: 0.7,
        limit: [3, 0],
    };
    let mut all: Vec<(Vec<usize>, f64)> = Vec::new();
    let mut open = vec![(Vec::new(), 0.0, None)];
    for _ in 0..3 {
        let mut next = Vec::new();
        for (tokens, log_probability, state) in open {
            let (memory, start) = network.encode(&source);
            let tokens: Vec<usize> = tokens;
            let before = tokens.last().copied().unwrap_or(1) as i32;
            let state = state.unwrap_or(start);
            let output = network.step(&memory, state, Tensor::from_ints([before], &device));
            let row = values(output.logits);
            let sum: f64 = row.iter().map(|value| value.exp()).sum();
            for (token, logit) in row.iter().enumerate().skip(2) {
                let log_probability: f64 = log_probability + logit - sum.ln();
                let mut longer = tokens.clone();
                if token == END {
                    let length = (5.0 + tokens.len() as f64 + 1.0) / 6.0;
                    all.push((longer, log_probability / length.powf(0.7)));
                } else {
                    longer.push(token);
                    next.push((longer, log_probability, Some(output.state.clone())));
                }
            }
        }
        open = next;
    }
    all.sort_by(|one, other| other.1.total_cmp(&one.1));
    let found = &network.translate(&source, &search)[0];
    for (found, (tokens, score)) in found.iter().zip(&all).take(20) {
        assert_eq!(&found.tokens, tokens);
        assert!(
            (found.score - score).abs() < 1e-5,
            "{} for {score}",
            found.score
        );
    }
}

#[test]
fn other_sentences_of_the_batch_have_no_influence_on_a_search() {
    let device = Device::flex();
    let network = by_formula(&device);
    let search = Search {
        width: 4,
        length_penalty: 0.6,
        limit: [4, 2],
    };
    let together = network.translate(&sentences(&device), &search);
    for (column, length) in LENGTHS.into_iter().enumerate() {
        let tokens = ints(SOURCE, &device)
            .narrow(1, column, 1)
            .narrow(0, 0, length);
        let source = Sentences {
            tokens,
            lengths: vec![length],
        };
        let alone = &network.translate(&source, &search)[0];
        assert_eq!(alone.len(), together[column].len());
        for (alone, together) in alone.iter().zip(&together[column]) {
            assert_eq!(alone.tokens, together.tokens);
            assert!((alone.score - together.score).abs() < 1e-5);
        }
        let scores: Vec<f64> = alone
            .iter()
            .filter(|found| found.ended)
            .map(|found| found.score)
            .collect();
        assert!(scores.is_sorted_by(|one, other| one >= other), "{scores:?}");
    }
}

#[test]
fn the_layer_table_counts_every_parameter() {
    for config in [config(), TranslatorConfig::new(5000, 6000)] {
        let network = config.init(&Device::flex());
        assert_eq!(config.layers().parameters(), network.num_params());
    }
}

#[test]
fn sizes_out_of_bounds_are_refused_by_name() {
    let good = || TranslatorConfig::new(50, 60);
    assert_eq!(good().validate(), Ok(()));
    for (config, part) in [
        (
            TranslatorConfig::new(3, 60),
            "the tokens of the source is 3",
        ),
        (
            TranslatorConfig::new(50, usize::MAX),
            "the tokens of the target",
        ),
        (good().with_embedding(0), "the values of an embedding is 0"),
        (
            good().with_encoder_units(usize::MAX),
            "the units of the encoder",
        ),
        (
            good().with_hidden(1 << 20),
            "the units of the decoder is 1048576",
        ),
        (good().with_dropout(1.0), "the dropout rate is 1"),
        (good().with_dropout(f64::NAN), "the dropout rate is NaN"),
        (TranslatorConfig::new(1 << 20, 1 << 20), "the parameters"),
    ] {
        let message = config.validate().unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
}
