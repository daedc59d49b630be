//! Layers of leaky integrate-and-fire units.

use burn::module::{Module, Param};
use burn::nn::Initializer;
use burn::tensor::{Device, Tensor};
use kernels::SpikeParameters;

use super::options::Decay;

/// Leaky integrate-and-fire units of one layer.
///
/// Name in a model file: `decay`, one number per unit or map, if it is learned.
#[derive(Module, Debug)]
pub struct LeakyUnits {
    decay: Option<Param<Tensor<1>>>,
    #[module(skip)]
    fixed: f64,
    #[module(skip)]
    firing: SpikeParameters,
}

impl LeakyUnits {
    /// Builds a layer of `units` units, or maps of units that share a decay.
    pub(super) fn new(
        units: usize,
        decay: Decay,
        firing: SpikeParameters,
        device: &Device,
    ) -> Self {
        let start = Initializer::Constant { value: decay.value };
        Self {
            decay: (decay.is_learned).then(|| start.init([units], device)),
            fixed: decay.value,
            firing,
        }
    }

    /// Returns the decay of each unit, from 0 to 1; the units of a map have the same.
    ///
    /// # Shapes
    /// - output: `[units]`
    pub(super) fn decay(&self, units: usize, device: &Device) -> Tensor<1> {
        match &self.decay {
            None => Tensor::full([units], self.fixed, device),
            Some(decay) => {
                let decay = decay.val().clamp(0.0, 1.0);
                let [maps] = decay.dims();
                decay
                    .unsqueeze_dim::<2>(1)
                    .expand([maps, units / maps])
                    .reshape([units])
            }
        }
    }

    /// Computes the spikes that currents cause.
    ///
    /// # Shapes
    /// - `currents`: `[steps or 1, batch, units]`
    /// - output: `[steps, batch, units]`
    pub(super) fn fire(&self, currents: Tensor<3>, steps: usize) -> Tensor<3> {
        let [_, _, units] = currents.dims();
        let decay = self.decay(units, &currents.device());
        kernels::leaky_integrate_and_fire(currents, decay, steps, self.firing)
    }

    /// Computes the membrane potentials of units that never fire.
    ///
    /// # Shapes
    /// - `currents`: `[steps or 1, batch, units]`
    /// - output: `[steps, batch, units]`
    pub(super) fn integrate(&self, currents: Tensor<3>, steps: usize) -> Tensor<3> {
        let [_, _, units] = currents.dims();
        let decay = self.decay(units, &currents.device());
        integrate(currents, decay, steps)
    }

    /// Returns how the units fire.
    pub(super) fn firing(&self) -> SpikeParameters {
        self.firing
    }
}

/// Integrates currents without spikes: v_t = d v_(t-1) + i_t with the decay d, from v_0 = i_0.
///
/// # Shapes
/// - `currents`: `[steps or 1, batch, units]`
/// - `decay`: `[units]`
/// - output: `[steps, batch, units]`
pub(super) fn integrate(currents: Tensor<3>, decay: Tensor<1>, steps: usize) -> Tensor<3> {
    let [given, batch, units] = currents.dims();
    let decay = decay.unsqueeze::<2>();
    let mut membranes: Vec<Tensor<2>> = Vec::with_capacity(steps);
    for step in 0..steps {
        let current = (currents.clone().narrow(0, step.min(given - 1), 1)).reshape([batch, units]);
        membranes.push(match membranes.last() {
            None => current,
            Some(before) => before.clone() * decay.clone() + current,
        });
    }
    Tensor::stack(membranes, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernels::{Reset, Surrogate};

    #[test]
    fn outputs_have_the_documented_shapes() {
        let device = Device::flex();
        let firing = SpikeParameters {
            threshold: 1.0,
            reset: Reset::Subtract,
            surrogate: Surrogate::ARCTANGENT,
        };
        let units = LeakyUnits::new(3, Decay::learned(0.5), firing, &device);
        // Three maps of two units each.
        assert_eq!(units.decay(6, &device).dims(), [6]);
        for given in [1, 4] {
            let currents = Tensor::ones([given, 2, 6], &device);
            assert_eq!(units.fire(currents.clone(), 4).dims(), [4, 2, 6]);
            assert_eq!(units.integrate(currents, 4).dims(), [4, 2, 6]);
        }
    }

    /// v = 1, 1 + 1/2, 1 + 3/4 with a decay of 1/2 and a current of 1.
    #[test]
    fn membranes_integrate_currents_with_the_decay() {
        let device = Device::flex();
        let decay = Tensor::full([1], 0.5, &device);
        let membranes = integrate(Tensor::ones([1, 1, 1], &device), decay, 3);
        let membranes: Vec<f32> = membranes.into_data().iter::<f32>().collect();
        assert_eq!(membranes, [1.0, 1.5, 1.75]);
    }
}
