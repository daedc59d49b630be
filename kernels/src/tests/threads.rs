//! The same bits, whatever the number of threads is.

use rayon::ThreadPoolBuilder;

use super::reference::draw;
use super::{Passes, Values, conv, direct_shape, winograd_shape};
use crate::adam::{AdamStep, step_in_place};
use crate::conv::ConvShape;
use crate::dense::Dense;
use crate::dropout::KeyedDropout;
use crate::max_pool::MaxPool;
use crate::operation::Operation;
use crate::rectifier::Rectifier;
use crate::sequence::leaky::{self, Leaky};
use crate::simd::Level;
use crate::{Firing, Reset, Surrogate};

const THREADS: [usize; 4] = [1, 2, 3, 5];

/// Runs the operation with each number of threads and compares the bits.
#[track_caller]
fn assert_same_bits(operation: impl Fn() -> Vec<Vec<f32>> + Sync, what: &str) {
    let outcomes = THREADS.map(|threads| {
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("threads");
        let bits = |values: Vec<f32>| values.into_iter().map(f32::to_bits).collect::<Vec<u32>>();
        // Twice: the second finds the threads' memory used.
        let [first, second] = [0; 2].map(|_| {
            pool.install(&operation)
                .into_iter()
                .map(bits)
                .collect::<Vec<_>>()
        });
        assert!(
            first == second,
            "{what} differs from itself with {threads} threads"
        );
        first
    });
    for (outcome, threads) in outcomes.iter().zip(THREADS) {
        assert!(
            *outcome == outcomes[0],
            "{what} differs with {threads} threads"
        );
    }
}

fn convolve(shape: &ConvShape) -> Vec<Vec<f32>> {
    let values = Values::new(shape);
    let operation = conv(*shape, Rectifier::Relu6);
    Passes::run(
        &operation,
        Level::detect(),
        values.inputs(),
        &values.gradient,
    )
    .into_vecs()
}

#[test]
fn convolutions() {
    let shapes = [
        winograd_shape([8, 8], [5, 5], [[1, 1], [1, 1]]),
        winograd_shape([16, 33], [28, 28], [[0, 0], [0, 0]]),
        winograd_shape([32, 64], [75, 61], [[1, 1], [1, 1]]),
        ConvShape {
            batch: 1,
            ..winograd_shape([32, 32], [80, 80], [[1, 1], [1, 1]])
        },
        ConvShape {
            batch: 37,
            ..winograd_shape([9, 12], [9, 9], [[2, 1], [0, 1]])
        },
        direct_shape([1, 3], [5, 5], 1, 1),
        direct_shape([3, 32], [75, 61], 5, 1),
        direct_shape([32, 40], [60, 50], 4, 2),
        ConvShape {
            batch: 1,
            ..direct_shape([16, 40], [90, 90], 5, 2)
        },
        ConvShape {
            batch: 37,
            ..direct_shape([5, 7], [9, 9], 3, 1)
        },
    ];
    for shape in &shapes {
        let way = if conv(*shape, Rectifier::None).by_tiles() {
            "filtering"
        } else {
            "product"
        };
        assert_same_bits(|| convolve(shape), &format!("{way} {shape:?}"));
    }
}

#[test]
fn dense_layers() {
    // The last ones are of a size that is shared between threads.
    let shapes = [
        [1, 784, 128],
        [32, 33, 10],
        [128, 784, 128],
        [128, 128, 10],
        [31, 3137, 257],
        [256, 1024, 512],
    ];
    for [batch, from, to] in shapes {
        let layer = Dense {
            batch,
            inputs: from,
            outputs: to,
            rectifier: Rectifier::Relu,
        };
        let operation = || {
            let [inputs, weights] =
                [(batch * from, 1), (from * to, 2)].map(|(n, seed)| draw(n, 1.0, seed));
            let bias = draw(to, 1.0, 3);
            let gradient = draw(batch * to, 1.0, 4);
            let inputs = [&inputs[..], &weights, &bias];
            Passes::run(&layer, Level::detect(), inputs, &gradient).into_vecs()
        };
        assert_same_bits(operation, &format!("{layer:?}"));
    }
}

#[test]
fn pooling() {
    for size in 1..=5 {
        let shape = MaxPool {
            planes: 33,
            input: [29, 31],
            size,
        };
        let images = draw(33 * 29 * 31, 1.0, 1);
        let operation = || {
            let gradient = draw(33 * (29 / size) * (31 / size), 1.0, 2);
            Passes::run(&shape, Level::detect(), [&images], &gradient).into_vecs()
        };
        assert_same_bits(operation, &format!("{shape:?}"));
    }
}

#[test]
fn dropout_and_adam() {
    // Several chunks, and a rest.
    let length = 100_003;
    let values = draw(length, 1.0, 1);
    let mask = KeyedDropout { rate: 0.3, key: 77 };
    let operation = || vec![mask.forward(Level::detect(), [&values]).output];
    assert_same_bits(operation, "dropout");
    let numbers = AdamStep {
        learning_rate: 0.01,
        beta_1: 0.9,
        beta_2: 0.999,
        epsilon: 1e-7,
        weight_decay: 0.01,
        time: 3,
    };
    let operation = || {
        let mut means = draw(length, 0.1, 2);
        let mut squares: Vec<f32> = means.iter().map(|mean| mean * mean).collect();
        let gradient = draw(length, 1.0, 3);
        let moments = [&mut means[..], &mut squares[..]];
        let mut stepped = gradient.clone();
        step_in_place(Level::detect(), &numbers, &values, &mut stepped, moments);
        vec![stepped, means, squares]
    };
    assert_same_bits(operation, "adam");
}

#[test]
fn spiking_units() {
    for constant in [false, true] {
        let layer = Leaky {
            steps: 9,
            batch: 23,
            units: 70,
            constant,
            firing: Firing {
                threshold: 0.9,
                reset: Reset::Subtract,
                surrogate: Surrogate::ARCTANGENT,
            },
        };
        let given = if constant { 1 } else { 9 };
        let currents = draw(given * 23 * 70, 1.5, 1);
        let decay: Vec<f32> = draw(70, 0.5, 2).iter().map(|half| half + 0.5).collect();
        let gradient = draw(9 * 23 * 70, 1.0, 3);
        let operation = || {
            let level = Level::detect();
            let spikes = leaky::forward(level, &layer, &currents, &decay);
            let [for_currents, for_decay] =
                leaky::backward(level, &layer, [&currents, &decay, &gradient]);
            vec![spikes, for_currents, for_decay]
        };
        assert_same_bits(operation, "a layer of spiking units");
    }
}
