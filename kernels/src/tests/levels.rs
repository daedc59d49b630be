//! Every set of vector instructions that this processor has gives the same, up to rounding.

use super::reference::{draw, rectify, relative_error};
use super::{Passes, RECTIFIERS, Values, conv, definition, direct_shape, winograd_shape};
use crate::adam::{AdamStep, step_in_place};
use crate::max_pool::MaxPool;
use crate::operation::Operation;
use crate::rectifier::Rectifier;
use crate::simd::Level;

/// Channels around the width of every register, and blocks of more than one panel.
const CHANNELS: [[usize; 2]; 6] = [[8, 8], [8, 17], [16, 9], [15, 31], [24, 40], [33, 65]];
/// Less than a tile, whole tiles, and rests.
const INPUTS: [[usize; 2]; 7] = [[1, 2], [3, 3], [4, 6], [6, 6], [9, 7], [8, 16], [23, 30]];

#[test]
fn the_scalar_level_is_always_available_and_the_last_one_is_used() {
    let levels = Level::available();
    println!("tested here: {levels:?}");
    assert!(matches!(levels.first(), Some(Level::Scalar)));
    let [best, used] = [levels.last().copied(), Some(Level::detect())];
    assert_eq!(format!("{best:?}"), format!("{used:?}"));
}

#[test]
fn minimal_filtering_is_the_convolution_at_every_level() {
    let mut worst = 0.0f64;
    for channels in CHANNELS {
        for input in INPUTS {
            for padding in [[[1, 1], [1, 1]], [[0, 0], [0, 2]], [[2, 0], [1, 2]]] {
                let shape = winograd_shape(channels, input, padding);
                if !shape.is_valid() {
                    continue;
                }
                assert!(conv(shape, Rectifier::None).by_tiles());
                let values = Values::new(&shape);
                let exact = definition(&shape);
                let sums = exact.forward(&values.images, &values.weights, &values.bias);
                let gradient: Vec<f64> = values.gradient.iter().copied().map(f64::from).collect();
                let gradients = exact.gradients(&values.images, &values.weights, &gradient);
                for level in Level::available() {
                    let mut check = |values: &[f32], exact: &[f64], what: &str| {
                        let error = relative_error(values, exact);
                        worst = worst.max(error);
                        assert!(
                            error <= 1e-4,
                            "{what} off by {error:.1e}: {level:?}, {shape:?}"
                        );
                    };
                    for &rectifier in RECTIFIERS {
                        let output = conv(shape, rectifier).forward(level, values.inputs());
                        check(&output.output, &rectify(&sums, rectifier), "output");
                    }
                    let operation = conv(shape, Rectifier::None);
                    let [images, weights, _] =
                        Passes::run(&operation, level, values.inputs(), &values.gradient).gradients;
                    check(&images, &gradients.images, "gradient for the images");
                    check(&weights, &gradients.weights, "gradient for the weights");
                }
            }
        }
    }
    println!("largest error: {worst:.1e}");
}

#[test]
fn the_matrix_product_is_the_convolution_at_every_level() {
    let mut worst = 0.0f64;
    for channels in [[1, 1], [3, 5], [7, 16], [33, 17]] {
        for (input, kernel, stride) in [
            ([1, 2], 1, 1),
            ([9, 8], 3, 2),
            ([30, 41], 4, 1),
            ([17, 70], 5, 3),
        ] {
            let shape = direct_shape(channels, input, kernel, stride);
            let values = Values::new(&shape);
            let sums = definition(&shape).forward(&values.images, &values.weights, &values.bias);
            for level in Level::available() {
                for &rectifier in RECTIFIERS {
                    let operation = conv(shape, rectifier);
                    assert!(!operation.by_tiles());
                    let output = operation.forward(level, values.inputs()).output;
                    let error = relative_error(&output, &rectify(&sums, rectifier));
                    worst = worst.max(error);
                    assert!(error <= 1e-5, "off by {error:.1e}: {level:?}, {shape:?}");
                }
            }
        }
    }
    println!("largest error: {worst:.1e}");
}

#[test]
fn no_level_hides_nan() {
    let shapes = [
        winograd_shape([8, 17], [9, 9], [[1, 1], [1, 1]]),
        direct_shape([3, 5], [9, 9], 3, 2),
    ];
    for shape in shapes {
        for level in Level::available() {
            for &rectifier in RECTIFIERS {
                let mut values = Values::new(&shape);
                values.images[4 * 9 + 4] = f32::NAN;
                let output = conv(shape, rectifier)
                    .forward(level, values.inputs())
                    .output;
                // The pixel lies in the middle of the first picture.
                let sums =
                    definition(&shape).forward(&values.images, &values.weights, &values.bias);
                let lost = output
                    .iter()
                    .zip(&sums)
                    .filter(|(value, sum)| sum.is_nan() && !value.is_nan());
                assert_eq!(lost.count(), 0, "{level:?}, {rectifier:?}, {shape:?}");
            }
        }
    }
}

#[test]
fn pooling_is_the_same_at_every_level() {
    for size in [1, 2, 3, 5, 16] {
        for input in [[size, size], [2 * size + 1, 7 * size], [40, 53]] {
            let shape = MaxPool {
                planes: 3,
                input,
                size,
            };
            let mut images = draw(3 * input[0] * input[1], 2.0, 5);
            for value in &mut images {
                *value = value.round(); // ties
            }
            images[0] = f32::NAN;
            let outcomes: Vec<_> = Level::available()
                .into_iter()
                .map(|level| {
                    let [height, width] = input.map(|length| length / size);
                    let gradient = draw(3 * height * width, 1.0, 6);
                    let passes = Passes::run(&shape, level, [&images], &gradient);
                    let bits: Vec<u32> = passes.output.into_iter().map(f32::to_bits).collect();
                    (bits, passes.gradients)
                })
                .collect();
            assert!(
                outcomes.windows(2).all(|pair| pair[0] == pair[1]),
                "{shape:?}"
            );
        }
    }
}

#[test]
fn a_step_of_adam_is_the_same_at_every_level() {
    let length = 40_001;
    let numbers = AdamStep {
        learning_rate: 0.01,
        beta_1: 0.9,
        beta_2: 0.999,
        epsilon: 1e-7,
        weight_decay: 0.01,
        time: 3,
    };
    let outcomes: Vec<_> = Level::available()
        .into_iter()
        .map(|level| {
            let mut means = draw(length, 0.1, 1);
            let mut squares: Vec<f32> = means.iter().map(|mean| mean * mean).collect();
            let moments = [&mut means[..], &mut squares[..]];
            let [parameters, gradient] = [2, 3].map(|seed| draw(length, 1.0, seed));
            let mut stepped = gradient.clone();
            step_in_place(level, &numbers, &parameters, &mut stepped, moments);
            [stepped, means, squares]
        })
        .collect();
    assert!(outcomes.windows(2).all(|pair| pair[0] == pair[1]));
}
