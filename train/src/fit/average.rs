//! Exponential moving average of the weights (Polyak and Juditsky 1992, <https://doi.org/10.1137/0330046>).

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::Tensor;

/// Returns a copy of `network` for the average, which shares no tensors with it.
///
/// A clone would share the running means and variances of batch normalisations: Burn's `RunningState` is behind a
/// pointer.
pub fn start<N: Module>(network: &N) -> N {
    network.valid().train()
}

/// Moves the weights of `average` towards those of `network`, by `1 - decay` of their difference.
///
/// The average then covers about the last `1 / (1 - decay)` steps. Early in the training the decay is smaller, so that
/// the initial weights are forgotten; `step` counts from 0. The running means and variances of batch normalisations are
/// averaged, too.
pub fn update<N: Module>(average: N, network: &N, decay: f64, step: usize) -> N {
    // The warm-up of TensorFlow's `ExponentialMovingAverage(num_updates)`.
    let early = (1.0 + step as f64) / (10.0 + step as f64);
    let mut weights = FlatWeights(Vec::new());
    network.visit(&mut weights);
    average.map(&mut Interpolation {
        weights: weights.0.into_iter(),
        share: 1.0 - decay.min(early),
    })
}

/// The float tensors of a network, flattened, in the order of a visit.
struct FlatWeights(Vec<Tensor<1>>);

impl ModuleVisitor for FlatWeights {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let values = detached(param.val());
        let count = values.shape().num_elements();
        self.0.push(values.reshape([count]));
    }
}

/// Moves each float tensor towards its counterpart in `weights`.
struct Interpolation {
    weights: std::vec::IntoIter<Tensor<1>>,
    share: f64,
}

impl ModuleMapper for Interpolation {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(weights) = self.weights.next() else {
            return param;
        };
        let share = self.share;
        param.map(|average| {
            let weights = weights.reshape(average.dims());
            let is_learned = average.is_require_grad();
            let average = detached(average);
            // In this order a frozen weight keeps its bits, those of a negative zero as well.
            let moved = average.clone() - (average - weights) * share;
            if is_learned {
                moved.require_grad()
            } else {
                moved
            }
        })
    }
}

/// Detaches a tensor from the graph.
///
/// Burn's `detach` would keep requiring a gradient, and a tensor computed from it could not become a parameter.
fn detached<const D: usize>(tensor: Tensor<D>) -> Tensor<D> {
    tensor.set_require_grad(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig};
    use burn::tensor::Device;

    fn first(linear: &Linear) -> f64 {
        let weight = linear.weight.val().into_data();
        weight.iter::<f64>().next().unwrap()
    }

    #[test]
    fn an_average_moves_towards_the_network() {
        let device = Device::flex().autodiff();
        let [one, other] = [(); 2].map(|()| LinearConfig::new(3, 2).init(&device));
        let (from, to) = (first(&one), first(&other));
        let at_start = first(&update(one.clone(), &other, 0.99, 0));
        assert!((at_start - (0.1 * from + 0.9 * to)).abs() < 1e-6);
        let late = first(&update(one.clone(), &other, 0.99, 10_000));
        assert!((late - (0.99 * from + 0.01 * to)).abs() < 1e-6);
        let mut average = one;
        for step in 0..2_000 {
            average = update(average, &other, 0.99, step);
        }
        assert!((first(&average) - to).abs() < 1e-4);
    }

    #[test]
    fn running_statistics_are_averaged_without_changing_the_networks_own() {
        let device = Device::flex().autodiff();
        let network = BatchNormConfig::new(2).init(&device);
        let average = start(&network);
        assert!(average.gamma.val().is_require_grad());
        let images = Tensor::<4>::ones([3, 2, 4, 4], &device) * 10.0;
        for _ in 0..20 {
            network.forward(images.clone());
        }
        let mean = |of: &BatchNorm| -> f64 {
            let mean = of.running_mean.value_sync().into_data();
            mean.iter::<f64>().next().unwrap()
        };
        let there = mean(&network);
        assert!(there > 5.0 && mean(&average) == 0.0);
        let average = update(average, &network, 0.9, 1_000);
        assert!((mean(&average) - 0.1 * there).abs() < 1e-5);
        assert_eq!(mean(&network), there);
    }
}
