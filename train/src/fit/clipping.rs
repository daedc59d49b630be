//! Gradients that are not longer than they may be, and how long they were.

use std::sync::{Arc, Mutex, PoisonError};

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

/// Keeps the quotient finite where there is no gradient at all.
const FAINT: f64 = 1e-6;

/// The norms of one epoch's gradients, before they were clipped.
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

    /// Their mean, and the largest.
    pub fn figures(&self) -> Option<[f64; 2]> {
        (self.count > 0).then(|| [self.sum / self.count as f64, self.largest])
    }
}

/// Scales all gradients of a step together, so that the norm of them all is at most `limit` (Pascanu
/// et al. 2013, <https://arxiv.org/abs/1211.5063>). Burn's own clips each tensor by itself, which turns
/// the step into another direction. Cloning shares the norms.
#[derive(Clone, Debug)]
pub struct Clipping {
    limit: f64,
    steps_per_epoch: usize,
    epochs: Arc<Mutex<(usize, Vec<Norms>)>>,
}

impl Clipping {
    /// With so many steps in an epoch, after `done` epochs of an earlier run.
    pub fn new(limit: f64, steps_per_epoch: usize, done: usize) -> Self {
        Self {
            limit,
            steps_per_epoch: steps_per_epoch.max(1),
            epochs: Arc::new(Mutex::new((
                done * steps_per_epoch,
                vec![Norms::default(); done],
            ))),
        }
    }

    /// The norms of epoch `number`, counted from 1.
    pub fn norms(&self, number: usize) -> Norms {
        let epochs = self.epochs.lock().unwrap_or_else(PoisonError::into_inner);
        epochs
            .1
            .get(number.wrapping_sub(1))
            .copied()
            .unwrap_or_default()
    }

    /// The same gradients, not longer than the limit.
    pub fn clip<M: Module>(&self, module: &M, gradients: GradientsParams) -> GradientsParams {
        let mut squares = Squares {
            gradients: &gradients,
            sum: None,
        };
        module.visit(&mut squares);
        let norm = squares.sum.map_or(0.0, Tensor::into_scalar::<f64>).sqrt();
        self.count(norm);
        // No number is smaller than none: then the loss is none either, and the run is stopped.
        if norm > self.limit {
            let mut scaled = Scaled {
                gradients,
                factor: self.limit / (norm + FAINT),
            };
            module.visit(&mut scaled);
            scaled.gradients
        } else {
            gradients
        }
    }

    fn count(&self, norm: f64) {
        let mut epochs = self.epochs.lock().unwrap_or_else(PoisonError::into_inner);
        let (step, norms) = &mut *epochs;
        let epoch = *step / self.steps_per_epoch;
        *step += 1;
        norms.resize(norms.len().max(epoch + 1), Norms::default());
        norms[epoch].add(norm);
    }
}

/// The sum of the squares of all gradients.
struct Squares<'a> {
    gradients: &'a GradientsParams,
    sum: Option<Tensor<1>>,
}

impl ModuleVisitor for Squares<'_> {
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

/// Multiplies every gradient.
struct Scaled {
    gradients: GradientsParams,
    factor: f64,
}

impl ModuleVisitor for Scaled {
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

    /// Of the sum of the outputs, with an input of [3, 4] and two outputs: 3 and 4 for each weight, 1 for
    /// each bias; together the root of 2 (9 + 16 + 1).
    fn gradients(linear: &Linear) -> GradientsParams {
        let device = Device::flex().autodiff();
        let input = Tensor::<2>::from_data([[3.0, 4.0]], &device);
        GradientsParams::from_grads(linear.forward(input).sum().backward(), linear)
    }

    fn of(linear: &Linear, gradients: &GradientsParams) -> Vec<f64> {
        let weight = gradients.get::<2>(linear.weight.id).unwrap();
        weight.into_data().iter::<f64>().collect()
    }

    #[test]
    fn all_gradients_are_scaled_together() {
        let linear = LinearConfig::new(2, 2).init(&Device::flex().autodiff());
        let norm = 52f64.sqrt();
        for limit in [1.0, 0.1] {
            let clipping = Clipping::new(limit, 2, 0);
            let clipped = of(&linear, &clipping.clip(&linear, gradients(&linear)));
            let factor = limit / norm;
            for (found, expected) in clipped.iter().zip([3.0, 3.0, 4.0, 4.0]) {
                assert!((found - expected * factor).abs() < 1e-5, "{clipped:?}");
            }
        }
        let loose = Clipping::new(10.0, 2, 0);
        let same = of(&linear, &loose.clip(&linear, gradients(&linear)));
        assert_eq!(same, [3.0, 3.0, 4.0, 4.0]);
    }

    #[test]
    fn norms_are_kept_by_epoch() {
        let linear = LinearConfig::new(2, 2).init(&Device::flex().autodiff());
        let clipping = Clipping::new(1.0, 2, 3);
        for _ in 0..3 {
            clipping.clip(&linear, gradients(&linear));
        }
        let norm = 52f64.sqrt();
        for epoch in [4, 5] {
            let [mean, largest] = clipping.norms(epoch).figures().unwrap();
            assert!((mean - norm).abs() < 1e-5 && (largest - norm).abs() < 1e-5);
        }
        assert_eq!((clipping.norms(4).count, clipping.norms(5).count), (2, 1));
        assert_eq!(clipping.norms(1).figures(), None);
        assert_eq!(clipping.norms(9).figures(), None);
    }
}
