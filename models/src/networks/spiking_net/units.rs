//! A layer's leaky integrate-and-fire units.

use burn::module::{Module, Param};
use burn::nn::Initializer;
use burn::tensor::{Device, Tensor};
use kernels::Firing;

use super::Decay;

/// The membranes of one layer: how they decay, and when they fire.
///
/// Name in a model file: `decay`, one number per unit or map, where it is learned.
#[derive(Module, Debug)]
pub struct LeakyUnits {
    decay: Option<Param<Tensor<1>>>,
    #[module(skip)]
    usual: f64,
    #[module(skip)]
    firing: Firing,
}

impl LeakyUnits {
    /// `units` (or maps) of the same decay, or of decays that are learned from it.
    pub(super) fn new(units: usize, decay: Decay, firing: Firing, device: &Device) -> Self {
        let start = Initializer::Constant { value: decay.value };
        Self {
            decay: (decay.is_learned).then(|| start.init([units], device)),
            usual: decay.value,
            firing,
        }
    }

    /// The decay of each of `units` units, which are maps of equally many each; from 0 to 1.
    pub(super) fn decay(&self, units: usize, device: &Device) -> Tensor<1> {
        match &self.decay {
            None => Tensor::full([units], self.usual, device),
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

    /// The spikes, `[steps, batch, units]`, of currents `[steps or 1, batch, units]`.
    pub(super) fn fire(&self, currents: Tensor<3>, steps: usize) -> Tensor<3> {
        let [_, _, units] = currents.dims();
        let decay = self.decay(units, &currents.device());
        kernels::leaky_integrate_and_fire(currents, decay, steps, self.firing)
    }

    /// The membranes `[steps, batch, units]` of units that never fire.
    pub(super) fn integrate(&self, currents: Tensor<3>, steps: usize) -> Tensor<3> {
        let [_, _, units] = currents.dims();
        let decay = self.decay(units, &currents.device());
        integrate(currents, decay, steps)
    }

    pub(super) fn firing(&self) -> Firing {
        self.firing
    }
}

/// The membranes `[steps, batch, units]` that currents `[steps or 1, batch, units]` drive and no spike resets.
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
