//! Every convolution, max-pooling and dense layer of the networks, forward and with backward.
//!
//! Backward starts from a random gradient, by way of a product and a sum that are in the time. The
//! first layer of a network gives no gradient of its input, as in training.

use bench::shapes::{self, Convolution, Dense, Pooling};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Distribution, Gradients, Shape, Tensor, module};
use divan::Bencher;
use divan::counter::ItemsCount;
use kernels::Rectifier;
use models::device::{self, DeviceChoice};

fn main() {
    divan::main();
}

/// A convolution: input, weights, bias, options.
type Operation = fn(Tensor<4>, Tensor<4>, Option<Tensor<1>>, ConvOptions<2>) -> Tensor<4>;

/// The convolutions that are compared, by name.
const OPERATIONS: [(&str, Operation); 2] = [
    ("burn", |x, weight, bias, options| {
        module::conv2d(x, weight, bias, options)
    }),
    ("kernels", |x, weight, bias, options| {
        kernels::conv2d(x, weight, bias, options, Rectifier::None)
    }),
];

#[divan::bench_group(sample_size = 1, sample_count = 10, max_time = 10)]
mod conv {
    use super::*;

    #[divan::bench(args = cases())]
    fn forward(bencher: Bencher<'_, '_>, case: &Case) {
        let device = device();
        let (x, weight, bias) = case.tensors(&device);
        bencher
            .counter(ItemsCount::new(case.shape.operations()))
            .bench_local(|| case.run(x.clone(), weight.clone(), bias.clone()));
    }

    #[divan::bench(args = cases())]
    fn forward_backward(bencher: Bencher<'_, '_>, case: &Case) {
        let device = device().autodiff();
        let (x, weight, bias) = case.tensors(&device);
        let first = case.shape.place.first;
        let gradient = random(
            [&[case.shape.place.batch], &case.shape.output()[..]].concat(),
            &device,
        );
        bencher
            .counter(ItemsCount::new(
                case.shape.operations() * if first { 2 } else { 3 },
            ))
            .bench_local(|| {
                let x = if first {
                    x.clone()
                } else {
                    x.clone().require_grad()
                };
                let y = case.run(
                    x,
                    weight.clone().require_grad(),
                    bias.clone().require_grad(),
                );
                backward(y, gradient.clone())
            });
    }

    /// A shape and what computes it.
    struct Case {
        name: &'static str,
        operation: Operation,
        shape: Convolution,
    }

    impl std::fmt::Display for Case {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{} {}", self.shape, self.name)
        }
    }

    impl Case {
        fn tensors(&self, device: &Device) -> (Tensor<4>, Tensor<4>, Tensor<1>) {
            let Convolution {
                place,
                input,
                filters,
                kernel,
                ..
            } = &self.shape;
            let x = random([&[place.batch], &input[..]].concat(), device);
            let weight = random([*filters, input[0], *kernel, *kernel], device);
            (x, weight, random([*filters], device))
        }

        fn run(&self, x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
            let padding = self.shape.padding;
            let options = ConvOptions::new([self.shape.stride; 2], [padding, padding], [1, 1], 1);
            (self.operation)(x, weight, Some(bias), options)
        }
    }

    /// Each shape with each operation, side by side.
    fn cases() -> Vec<Case> {
        shapes::convolutions()
            .into_iter()
            .flat_map(|shape| {
                OPERATIONS.map(|(name, operation)| Case {
                    name,
                    operation,
                    shape: shape.clone(),
                })
            })
            .collect()
    }
}

#[divan::bench_group(sample_size = 1, sample_count = 20, max_time = 5)]
mod pool {
    use super::*;
    use burn::nn::pool::MaxPool2dConfig;

    #[divan::bench(args = shapes::poolings())]
    fn forward(bencher: Bencher<'_, '_>, shape: &Pooling) {
        let x: Tensor<4> = input(shape, &device());
        let pool = MaxPool2dConfig::new([shape.size, shape.size]).init();
        bencher.bench_local(|| pool.forward(x.clone()));
    }

    #[divan::bench(args = shapes::poolings())]
    fn forward_backward(bencher: Bencher<'_, '_>, shape: &Pooling) {
        let device = device().autodiff();
        let x = input(shape, &device);
        let pool = MaxPool2dConfig::new([shape.size, shape.size]).init();
        let gradient = random(pool.forward(x.clone()).dims(), &device);
        bencher.bench_local(|| backward(pool.forward(x.clone().require_grad()), gradient.clone()));
    }

    fn input(shape: &Pooling, device: &Device) -> Tensor<4> {
        random([&[shape.place.batch], &shape.input[..]].concat(), device)
    }
}

#[divan::bench_group(sample_size = 1, sample_count = 50, max_time = 5)]
mod dense {
    use super::*;

    #[divan::bench(args = shapes::dense_layers())]
    fn forward(bencher: Bencher<'_, '_>, shape: &Dense) {
        let (x, weight, bias) = tensors(shape, &device());
        bencher
            .counter(ItemsCount::new(shape.operations()))
            .bench_local(|| module::linear(x.clone(), weight.clone(), Some(bias.clone())));
    }

    #[divan::bench(args = shapes::dense_layers())]
    fn forward_backward(bencher: Bencher<'_, '_>, shape: &Dense) {
        let device = device().autodiff();
        let (x, weight, bias) = tensors(shape, &device);
        let first = shape.place.first;
        let gradient = random([shape.place.batch, shape.units], &device);
        bencher
            .counter(ItemsCount::new(
                shape.operations() * if first { 2 } else { 3 },
            ))
            .bench_local(|| {
                let x = if first {
                    x.clone()
                } else {
                    x.clone().require_grad()
                };
                let bias = bias.clone().require_grad();
                let y = module::linear(x, weight.clone().require_grad(), Some(bias));
                backward(y, gradient.clone())
            });
    }

    fn tensors(shape: &Dense, device: &Device) -> (Tensor<2>, Tensor<2>, Tensor<1>) {
        (
            random([shape.place.batch, shape.inputs], device),
            random([shape.inputs, shape.units], device),
            random([shape.units], device),
        )
    }
}

/// The device of `HEBB_DEVICE`, else the automatic one.
fn device() -> Device {
    let choice = match std::env::var("HEBB_DEVICE") {
        Ok(name) => name.parse(),
        Err(_) => Ok(DeviceChoice::Auto),
    };
    match choice.and_then(|choice| device::select(&choice)) {
        Ok(selected) => selected.device,
        Err(error) => panic!("{error}"),
    }
}

fn random<const D: usize>(shape: impl Into<Shape>, device: &Device) -> Tensor<D> {
    Tensor::random(shape, Distribution::Normal(0.0, 1.0), device)
}

fn backward<const D: usize>(output: Tensor<D>, gradient: Tensor<D>) -> Gradients {
    (output * gradient).sum().backward()
}
