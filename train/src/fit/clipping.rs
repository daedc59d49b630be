//! Clipping of the gradients by their global norm, and the norms of each epoch.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

/// Added to the norm before the division, as in PyTorch's `clip_grad_norm_`.
const EPSILON: f64 = 1e-6;

/// The norms of the gradients before clipping, over the batches of an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
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
    norms: Arc<Mutex<Norms>>,
}

impl Clipping {
    /// Creates a clipping to `limit`; `norms` are those of the epoch so far.
    pub fn new(limit: f64, norms: Norms) -> Self {
        Self {
            limit,
            norms: Arc::new(Mutex::new(norms)),
        }
    }

    /// Returns the norms of the epoch so far.
    pub fn norms(&self) -> Norms {
        *self.lock()
    }

    /// Returns the norms of an epoch that ends, and begins the next one.
    pub fn take_norms(&self) -> Norms {
        std::mem::take(&mut *self.lock())
    }

    /// Scales the gradients down to the limit, if their global norm exceeds it, and records the norm.
    pub fn clip<M: Module>(&self, module: &M, gradients: GradientsParams) -> GradientsParams {
        let mut squares = SquareSum {
            gradients: &gradients,
            sum: None,
        };
        module.visit(&mut squares);
        let norm = squares.sum.map_or(0.0, Tensor::into_scalar::<f64>).sqrt();
        self.lock().add(norm);
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

    fn lock(&self) -> MutexGuard<'_, Norms> {
        self.norms.lock().unwrap_or_else(PoisonError::into_inner)
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
            let clipping = Clipping::new(limit, Norms::default());
            let clipped = weight_gradients(&linear, &clipping.clip(&linear, gradients(&linear)));
            let factor = limit / norm;
            for (found, expected) in clipped.iter().zip([3.0, 3.0, 4.0, 4.0]) {
                assert!((found - expected * factor).abs() < 1e-5, "{clipped:?}");
            }
        }
        let loose = Clipping::new(10.0, Norms::default());
        let same = weight_gradients(&linear, &loose.clip(&linear, gradients(&linear)));
        assert_eq!(same, [3.0, 3.0, 4.0, 4.0]);
    }

    #[test]
    fn norms_are_recorded_until_the_epoch_ends() {
        let linear = LinearConfig::new(2, 2).init(&Device::flex().autodiff());
        let clipping = Clipping::new(1.0, Norms::default());
        clipping.clip(&linear, gradients(&linear));
        let resumed = Clipping::new(1.0, clipping.norms());
        resumed.clip(&linear, gradients(&linear));
        let norms = resumed.take_norms();
        let norm = 52f64.sqrt();
        let [mean, largest] = norms.mean_and_max().unwrap();
        assert!((mean - norm).abs() < 1e-5 && (largest - norm).abs() < 1e-5);
        assert_eq!(norms.count, 2);
        assert_eq!(resumed.norms().mean_and_max(), None);
    }
}
