//! Training steps that are timed.
//!
//! The step is the one of `train`, [`Supervised::take_step`]. What `train` does around it (batches, metrics, progress) is
//! left out; whole epochs are measured with the `train` binary itself.

use std::time::Instant;

use anyhow::{Context, Result};
use burn::module::{Module, ModuleDisplay};
use burn::tensor::{Device, Distribution, Int, Tensor, TensorData};
use datasets::ImageBatch;
use models::{Network, NetworkConfig};
use serde::Serialize;
use train::fit::clipping::{Clipping, Norms};
use train::fit::objective::{Classify, HasLoss};
use train::fit::recipe::Recipe;
use train::fit::supervised::Supervised;

use crate::networks::{Architecture, Measured};

/// Learning rate of the chapter: Keras's default for Adam.
const LEARNING_RATE: f64 = 1e-3;

/// Number of random batches, which the steps take in turn.
const BATCHES: usize = 4;

/// A network that is trained on random images with random labels.
pub struct Training {
    take: Box<dyn FnMut(ImageBatch) -> f64>,
    batches: Vec<ImageBatch>,
    step: usize,
    /// Number of the network's parameters.
    pub parameters: usize,
}

/// Times of training steps; the program `steps` prints them as one line of JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Timing {
    /// Wall-clock seconds of each step.
    pub seconds: Vec<f64>,
    /// Loss of the last step.
    pub loss: f64,
}

impl Training {
    /// Draws the weights and the batches from `seed`.
    ///
    /// # Errors
    /// When the network has no layers.
    pub fn new(network: &Measured, batch: usize, device: &Device, seed: u64) -> Result<Self> {
        device.seed(seed);
        let device = device.clone().autodiff();
        let (take, input) = match network.architecture {
            Architecture::Sequential(config) => {
                let config = config();
                (steps(config.init(&device), network, batch), config.input)
            }
            Architecture::Ensemble(config) => {
                let config = config();
                (steps(config.init(&device), network, batch), config.input)
            }
            Architecture::Recurrent(config) => {
                let config = config();
                (steps(config.init(&device), network, batch), config.input)
            }
        };
        let table = network.architecture.table();
        let classes = table
            .rows
            .last()
            .and_then(|row| row.output_shape.last())
            .copied();
        let classes = classes.context("a network without layers")?;
        let batches = (0..BATCHES)
            .map(|_| random_batch(input, classes, batch, &device))
            .collect();
        Ok(Self {
            take,
            batches,
            step: 0,
            parameters: table.parameters(),
        })
    }

    /// Takes one step (forward, backward, optimiser), and returns the loss before it, which the metrics of a run read, too.
    pub fn step(&mut self) -> f64 {
        let batch = self.batches[self.step % BATCHES].clone();
        self.step += 1;
        (self.take)(batch)
    }

    /// Takes `steps` steps, and times each.
    pub fn timed(&mut self, steps: usize) -> Timing {
        let mut loss = f64::NAN;
        let seconds = (0..steps)
            .map(|_| {
                let started = Instant::now();
                loss = self.step();
                started.elapsed().as_secs_f64()
            })
            .collect();
        Timing { seconds, loss }
    }
}

/// Returns a function that takes one training step on a batch, and returns the loss before it.
fn steps<N>(network: N, measured: &Measured, batch: usize) -> Box<dyn FnMut(ImageBatch) -> f64>
where
    N: Network<Input = Tensor<4>, Output = Tensor<2>> + Module + ModuleDisplay + 'static,
{
    let recipe = Recipe::adam(LEARNING_RATE, batch, 1);
    let clipping = measured
        .clipping
        .map(|norm| Clipping::new(norm, Norms::default()));
    let mut model = Supervised::new(network, Classify::default()).clipped(clipping);
    let mut optimizer = recipe.optimizer();
    Box::new(move |batch| {
        let (stepped, report) = model.take_step(batch, &mut optimizer, LEARNING_RATE);
        model = stepped;
        report.loss().into_scalar::<f32>().into()
    })
}

/// Creates a batch of pixels drawn uniformly from 0 to 1, with the classes in turn as labels.
fn random_batch(
    [channels, height, width]: [usize; 3],
    classes: usize,
    batch: usize,
    device: &Device,
) -> ImageBatch {
    let shape = [batch, channels, height, width];
    let labels: Vec<i64> = (0..batch).map(|index| (index % classes) as i64).collect();
    ImageBatch {
        images: Tensor::random(shape, Distribution::Uniform(0.0, 1.0), device),
        targets: Tensor::<1, Int>::from_data(TensorData::new(labels, [batch]), device).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::networks::find;

    #[test]
    fn the_network_that_is_timed_learns() {
        let network = find("mnist-mlp").unwrap();
        let mut training = Training::new(&network, 16, &Device::flex(), 42).unwrap();
        assert_eq!(training.parameters, 101_770);
        let first = training.timed(4);
        assert_eq!(first.seconds.len(), 4);
        assert!(first.seconds.iter().all(|seconds| *seconds > 0.0));
        let later = training.timed(60);
        assert!(later.loss < 0.7 * first.loss, "{first:?}, {later:?}");
    }

    #[test]
    fn a_recurrent_network_is_timed_with_clipped_gradients() {
        let network = find("mnist-lstm").unwrap();
        let mut training = Training::new(&network, 10, &Device::flex(), 42).unwrap();
        // Of the units 28 + 128 weights and two biases for each of four gates, then 129 * 10.
        assert_eq!(training.parameters, 4 * 128 * (28 + 128 + 2) + 1_290);
        let first = training.timed(1);
        let later = training.timed(100);
        assert!(later.loss < first.loss, "{first:?}, {later:?}");
    }
}
