//! Clipping of the gradients by their global norm, and the norms of each epoch.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

/// Added to the norm before the division, as in PyTorch's `clip_grad_norm_`.
const EPSILON: f64 = 1e-6;

/// The norms of one epoch's gradients before clipping.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Norms {
    sum: f64,
    count: usize,
    largest: f64,
}

impl Norms {
    fn add(&mut self, norm: f64) {
        self.sum += norm;
        self.count += 1;
        self.largest = self.largest.max(norm);
    }

    /// Returns their mean and the largest; `None` if there are none.
    pub fn mean_and_max(&self) -> Option<[f64; 2]> {
        (self.count > 0).then(|| [self.sum / self.count as f64, self.largest])
    }
}

/// Scales all gradients of a step by one factor, so that their global norm is at most `limit` (Pascanu et al. 2013,
/// <https://arxiv.org/abs/1211.5063>).
///
/// Burn's clipping scales each tensor by itself, which changes the direction of the step. Cloning shares the norms.
#[derive(Clone, Debug)]
pub struct Clipping {
    limit: f64,
    steps_per_epoch: usize,
    recorded: Arc<Mutex<Recorded>>,
}

#[derive(Debug)]
struct Recorded {
    /// Number of steps so far.
    steps: usize,
    /// Norms by epoch.
    epochs: Vec<Norms>,
}

impl Clipping {
    /// Creates a clipping to `limit` that continues after `done` epochs of an earlier run.
    pub fn new(limit: f64, steps_per_epoch: usize, done: usize) -> Self {
        Self {
            limit,
            steps_per_epoch: steps_per_epoch.max(1),
            recorded: Arc::new(Mutex::new(Recorded {
                steps: done * steps_per_epoch,
                epochs: vec![Norms::default(); done],
            })),
        }
    }

    /// Returns the norms of epoch `number`, counted from 1.
    pub fn norms(&self, number: usize) -> Norms {
        let recorded = self.lock();
        let norms = recorded.epochs.get(number.wrapping_sub(1));
        norms.copied().unwrap_or_default()
    }

    /// Scales the gradients down to the limit, if their global norm exceeds it, and records the norm.
    pub fn clip<M: Module>(&self, module: &M, gradients: GradientsParams) -> GradientsParams {
        let mut squares = SquareSum {
            gradients: &gradients,
            sum: None,
        };
        module.visit(&mut squares);
        let norm = squares.sum.map_or(0.0, Tensor::into_scalar::<f64>).sqrt();
        self.record(norm);
        // False for NaN: then the loss is NaN, too, and the run is stopped.
        if norm > self.limit {
            let mut scaled = Scaling {
                gradients,
                factor: self.limit / (norm + EPSILON),
            };
            module.visit(&mut scaled);
            scaled.gradients
        } else {
            gradients
        }
    }

    fn record(&self, norm: f64) {
        let mut recorded = self.lock();
        let Recorded { steps, epochs } = &mut *recorded;
        let epoch = *steps / self.steps_per_epoch;
        *steps += 1;
        epochs.resize(epochs.len().max(epoch + 1), Norms::default());
        epochs[epoch].add(norm);
    }

    fn lock(&self) -> MutexGuard<'_, Recorded> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sums the squares of all gradients.
struct SquareSum<'a> {
    gradients: &'a GradientsParams,
    sum: Option<Tensor<1>>,
}

impl ModuleVisitor for SquareSum<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            let square = gradient.square().sum();
            self.sum = Some(match self.sum.take() {
                Some(sum) => sum + square,
                None => square,
            });
        }
    }
}

/// Multiplies every gradient by a factor.
struct Scaling {
    gradients: GradientsParams,
    factor: f64,
}

impl ModuleVisitor for Scaling {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.remove::<D>(param.id) {
            self.gradients.register(param.id, gradient * self.factor);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::nn::{Linear, LinearConfig};
    use burn::tensor::Device;

    /// Gradients of the sum of two outputs for the input [3, 4]: 3 and 4 for the weights, 1 for the biases. Their global
    /// norm is sqrt(2 (9 + 16 + 1)).
    fn gradients(linear: &Linear) -> GradientsParams {
        let device = Device::flex().autodiff();
        let input = Tensor::<2>::from_data([[3.0, 4.0]], &device);
        GradientsParams::from_grads(linear.forward(input).sum().backward(), linear)
    }

    fn weight_gradients(linear: &Linear, gradients: &GradientsParams) -> Vec<f64> {
        let weight = gradients.get::<2>(linear.weight.id).unwrap();
        weight.into_data().iter::<f64>().collect()
    }

    #[test]
    fn all_gradients_are_scaled_by_one_factor() {
        let linear = LinearConfig::new(2, 2).init(&Device::flex().autodiff());
        let norm = 52f64.sqrt();
        for limit in [1.0, 0.1] {
            let clipping = Clipping::new(limit, 2, 0);
            let clipped = weight_gradients(&linear, &clipping.clip(&linear, gradients(&linear)));
            let factor = limit / norm;
            for (found, expected) in clipped.iter().zip([3.0, 3.0, 4.0, 4.0]) {
                assert!((found - expected * factor).abs() < 1e-5, "{clipped:?}");
            }
        }
        let loose = Clipping::new(10.0, 2, 0);
        let same = weight_gradients(&linear, &loose.clip(&linear, gradients(&linear)));
        assert_eq!(same, [3.0, 3.0, 4.0, 4.0]);
    }

    #[test]
    fn norms_are_recorded_by_epoch() {
        let linear = LinearConfig::new(2, 2).init(&Device::flex().autodiff());
        let clipping = Clipping::new(1.0, 2, 3);
        for _ in 0..3 {
            clipping.clip(&linear, gradients(&linear));
        }
        let norm = 52f64.sqrt();
        for epoch in [4, 5] {
            let [mean, largest] = clipping.norms(epoch).mean_and_max().unwrap();
            assert!((mean - norm).abs() < 1e-5 && (largest - norm).abs() < 1e-5);
        }
        assert_eq!((clipping.norms(4).count, clipping.norms(5).count), (2, 1));
        assert_eq!(clipping.norms(1).mean_and_max(), None);
        assert_eq!(clipping.norms(9).mean_and_max(), None);
    }
}
