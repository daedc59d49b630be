//! Layers of leaky integrate-and-fire units on Burn's tensors.

use std::ops::Deref;

use burn::tensor::{Shape, Tensor};

use super::layer::LeakyIntegrateAndFire;
use super::surrogate::{Reset, SpikeParameters};
use super::{backward, forward};
use crate::dispatch::{apply, is_supported};
use crate::operation::{Backward, Forward, Kept, Operation, not_kept};
use crate::simd::Level;

/// Applies a layer of leaky integrate-and-fire units over discrete time steps.
///
/// The membrane potential m of each unit, with its decay d and its input current I, is
///
/// ```text
/// m[0] = I[0]
/// m[t] = d m[t-1] + I[t]        minus the threshold, or with m[t-1] = 0, if the unit fired at t - 1
/// s[t] = 1 if m[t] > threshold, else 0
/// ```
///
/// The gradient of a spike s is the [surrogate derivative](super::Surrogate); the reset has none (as in snnTorch,
/// Eshraghian et al. 2023, <https://doi.org/10.1109/JPROC.2023.3308088>). Potentials that are NaN or infinite give
/// NaN instead of a spike.
///
/// `neurons::spiking::Lif` simulates the same membrane in continuous time.
///
/// On flex and ndarray this is one operation; elsewhere, and for other types than `f32`, it is [`leaky_membranes`].
///
/// # Shapes
/// - `currents`: `[steps, batch, units]`, or `[1, batch, units]` for the same current at each step
/// - `decay`: `[units]`
/// - output: the spikes, `[steps, batch, units]`
///
/// # Panics
/// If the shapes do not match, or there is no step.
pub fn leaky_integrate_and_fire(
    currents: Tensor<3>,
    decay: Tensor<1>,
    steps: usize,
    spiking: SpikeParameters,
) -> Tensor<3> {
    check(&currents, &decay, steps);
    let [given, batch, units] = currents.dims();
    let is_fast = is_supported(&currents) && is_supported(&decay);
    if batch == 0 || units == 0 || !is_fast {
        return leaky_membranes(currents, decay, steps, spiking).0;
    }
    let layer = LeakyIntegrateAndFire {
        steps,
        batch,
        units,
        constant: given == 1,
        spiking,
    };
    let [spikes] = apply(layer, [currents.into_dispatch(), decay.into_dispatch()]);
    Tensor::from_dispatch(spikes)
}

/// Panics unless the shapes of a layer match.
fn check(currents: &Tensor<3>, decay: &Tensor<1>, steps: usize) {
    let [given, _, units] = currents.dims();
    assert!(
        steps > 0 && (given == steps || given == 1) && decay.dims() == [units],
        "the shapes of a spiking layer do not match: currents {:?}, decay {:?}, {steps} steps",
        currents.dims(),
        decay.dims()
    );
}

/// Returns the spikes of [`leaky_integrate_and_fire`] and the membrane potentials before their reset,
/// `[steps, batch, units]` each, computed step by step with Burn's operations, on any device.
///
/// # Panics
/// If the shapes do not match, or there is no step.
pub fn leaky_membranes(
    currents: Tensor<3>,
    decay: Tensor<1>,
    steps: usize,
    spiking: SpikeParameters,
) -> (Tensor<3>, Tensor<3>) {
    check(&currents, &decay, steps);
    let [given, batch, units] = currents.dims();
    let decay = decay.unsqueeze();
    let mut before: Option<(Tensor<2>, Tensor<2>)> = None;
    let (mut all_spikes, mut membranes) = (Vec::with_capacity(steps), Vec::with_capacity(steps));
    for step in 0..steps {
        let current = (currents
            .clone()
            .narrow(0, if given == 1 { 0 } else { step }, 1))
        .reshape([batch, units]);
        let membrane = match before {
            None => current,
            Some((membrane, spikes)) => {
                let remains: Tensor<2> = membrane * decay.clone();
                match spiking.reset {
                    Reset::Subtract => remains + current - spikes * spiking.threshold,
                    Reset::Zero => remains * (-spikes + 1.0) + current,
                }
            }
        };
        let spikes = (spiking.surrogate).step(membrane.clone() - spiking.threshold);
        all_spikes.push(spikes.clone());
        membranes.push(membrane.clone());
        before = Some((membrane, spikes.detach()));
    }
    (Tensor::stack(all_spikes, 0), Tensor::stack(membranes, 0))
}

/// Inputs: the currents and the decay.
impl Operation<2> for LeakyIntegrateAndFire {
    type Saved = ();

    fn kept(&self) -> Kept<2> {
        Kept {
            inputs: [true, true],
            output: false,
        }
    }

    fn output_shape(&self, _: [&Shape; 2]) -> Shape {
        Shape::new([self.steps, self.batch, self.units])
    }

    fn forward(&self, level: Level, [currents, decay]: [&[f32]; 2]) -> Forward<()> {
        Forward::new(forward::forward(level, self, currents, decay), ())
    }

    fn backward<T: Deref<Target = [f32]>>(
        &self,
        level: Level,
        pass: Backward<'_, T, (), 2>,
    ) -> [Option<Vec<f32>>; 2] {
        let Backward {
            inputs: [Some(currents), Some(decay)],
            gradient,
            ..
        } = pass
        else {
            not_kept()
        };
        backward::backward(level, self, [&currents, &decay, &gradient]).map(Some)
    }
}
