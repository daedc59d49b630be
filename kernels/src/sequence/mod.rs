//! Operations on sequences: recurrent units unrolled over time, and the loss of what they say.

mod entropy;
mod extension;
pub(crate) mod leaky;
mod recurrent;
mod surrogate;

use burn::backend::Dispatch;
use burn::tensor::{Int, Tensor, activation};

use crate::layers::is_taken;
use entropy::Targets;
use extension::SequenceKernels;
use leaky::Leaky;
use recurrent::Layer;
pub use recurrent::Unit;
pub use surrogate::{Firing, Reset, Surrogate};

/// A layer of recurrent units over whole sequences, time first. The products a of the inputs, with their bias, are
/// computed for all steps at once before; the product with the state, h U + b, is computed here, step by step. See
/// [`Unit`] for what becomes of both. (Burn's own layers multiply gate by gate and step by step and copy all states
/// at each step.)
///
/// # Shapes
/// - `inputs`: `[steps, batch, sums * units]`, see [`Unit::sums`]
/// - `weight`: `[units, sums * units]`
/// - `bias`: `[sums * units]`
/// - `initial`: `[batch, state * units]`, see [`Unit::state`]
/// - output: the state after each step, `[steps, batch, state * units]`
///
/// # Panics
/// If the shapes do not fit, or there is no step.
pub fn recurrent(
    unit: Unit,
    inputs: Tensor<3>,
    weight: Tensor<2>,
    bias: Tensor<1>,
    initial: Tensor<2>,
) -> Tensor<3> {
    let [steps, batch, columns] = inputs.dims();
    let units = columns / unit.sums();
    assert!(
        steps > 0
            && columns == unit.sums() * units
            && weight.dims() == [units, columns]
            && bias.dims() == [columns]
            && initial.dims() == [batch, unit.state() * units],
        "the shapes of a recurrent layer do not fit"
    );
    let fast = batch > 0 && units > 0 && is_taken(&inputs) && is_taken(&weight);
    if fast && is_taken(&bias) && is_taken(&initial) {
        return Tensor::from_dispatch(Dispatch::recurrent_layer(
            inputs.into_dispatch(),
            weight.into_dispatch(),
            bias.into_dispatch(),
            initial.into_dispatch(),
            Layer {
                unit,
                steps,
                batch,
                units,
            },
        ));
    }
    let mut state = initial;
    let mut states = Vec::with_capacity(steps);
    for step in inputs.split(1, 0) {
        let inputs = step.reshape([batch, columns]);
        let output = state.clone().narrow(1, 0, units);
        let sums = output.matmul(weight.clone()) + bias.clone().unsqueeze();
        state = advance(unit, state, inputs, sums);
        states.push(state.clone());
    }
    Tensor::stack(states, 0)
}

/// The state after a step.
fn advance(unit: Unit, state: Tensor<2>, inputs: Tensor<2>, sums: Tensor<2>) -> Tensor<2> {
    let [_, columns] = inputs.dims();
    let units = columns / unit.sums();
    let part = |of: &Tensor<2>, index: usize| of.clone().narrow(1, index * units, units);
    let gate = |index: usize| activation::sigmoid(part(&inputs, index) + part(&sums, index));
    match unit {
        Unit::Elman => (inputs + sums).tanh(),
        Unit::Gru => {
            let candidate = (part(&inputs, 2) + gate(0) * part(&sums, 2)).tanh();
            candidate.clone() + gate(1) * (state - candidate)
        }
        Unit::Lstm => {
            let candidate = (part(&inputs, 2) + part(&sums, 2)).tanh();
            let cell = gate(1) * part(&state, 1) + gate(0) * candidate;
            Tensor::cat(vec![gate(3) * cell.clone().tanh(), cell], 1)
        }
    }
}

/// A layer of leaky integrate-and-fire units over time, in discrete steps: the membrane of each is
///
/// ```text
/// m[t] = d m[t-1] + I[t]        where it fired in the step before, less the threshold, or from m[t-1] = 0
/// ```
///
/// from m[-1] = 0, with its decay d, and it fires where it exceeds the threshold. Gradients flow through the
/// membranes; those of a spike are the surrogate's, the reset has none (as in snnTorch, Eshraghian et al. 2023,
/// <https://doi.org/10.1109/JPROC.2023.3308088>).
///
/// # Shapes
/// - `currents`: `[steps, batch, units]`, or `[1, batch, units]` for the same current at each step
/// - `decay`: `[units]`
/// - output: the spikes, each 0 or 1, `[steps, batch, units]`
///
/// # Panics
/// If the shapes do not fit, or there is no step.
pub fn leaky_integrate_and_fire(
    currents: Tensor<3>,
    decay: Tensor<1>,
    steps: usize,
    firing: Firing,
) -> Tensor<3> {
    let [given, batch, units] = currents.dims();
    assert!(
        steps > 0 && (given == steps || given == 1) && decay.dims() == [units],
        "the shapes of a spiking layer do not fit"
    );
    let is_empty = batch == 0 || units == 0;
    if !is_empty && is_taken(&currents) && is_taken(&decay) {
        let layer = Leaky {
            steps,
            batch,
            units,
            constant: given == 1,
            firing,
        };
        let (currents, decay) = (currents.into_dispatch(), decay.into_dispatch());
        return Tensor::from_dispatch(Dispatch::leaky_layer(currents, decay, layer));
    }
    leaky_membranes(currents, decay, steps, firing).0
}

/// The spikes of [`leaky_integrate_and_fire`], and the membranes that fired, `[steps, batch, units]` each; step by
/// step with Burn's operations, on any device.
///
/// # Panics
/// If the shapes do not fit, or there is no step.
pub fn leaky_membranes(
    currents: Tensor<3>,
    decay: Tensor<1>,
    steps: usize,
    firing: Firing,
) -> (Tensor<3>, Tensor<3>) {
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
                match firing.reset {
                    Reset::Subtract => remains + current - spikes * firing.threshold,
                    Reset::Zero => remains * (-spikes + 1.0) + current,
                }
            }
        };
        let spikes = firing.surrogate.step(membrane.clone() - firing.threshold);
        all_spikes.push(spikes.clone());
        membranes.push(membrane.clone());
        before = Some((membrane, spikes.detach()));
    }
    (Tensor::stack(all_spikes, 0), Tensor::stack(membranes, 0))
}

/// What [`cross_entropy_rows`] gives, `[rows]` each; zero where a row does not count.
#[derive(Debug)]
pub struct RowEntropies {
    /// With the smoothed target: what is minimised.
    pub losses: Tensor<1>,
    /// With the class alone, without gradients.
    pub surprises: Tensor<1>,
}

/// The cross-entropy of each row with its class in nats, of which a share `smoothing` is spread over all classes
/// (Szegedy et al. 2016, <https://arxiv.org/abs/1512.00567>, as PyTorch has it). Rows whose class is `ignored` are
/// zero and have no gradient. (Burn's own writes every intermediate result to memory, with thousands of classes the
/// most of a step.)
///
/// # Shapes
/// - `logits`: `[rows, classes]`
/// - `targets`: `[rows]`
///
/// # Panics
/// If there is not one target per row, or a target that counts is no class.
pub fn cross_entropy_rows(
    logits: Tensor<2>,
    targets: Tensor<1, Int>,
    ignored: usize,
    smoothing: f64,
) -> RowEntropies {
    let [rows, classes] = logits.dims();
    assert_eq!(targets.dims(), [rows], "one target per row");
    if rows > 0 && is_taken(&logits) {
        let targets = targets.into_data();
        let of_rows: Vec<Option<usize>> = targets
            .iter::<i64>()
            .map(|class| {
                let class = usize::try_from(class).unwrap_or(usize::MAX);
                (class != ignored).then_some(class)
            })
            .collect();
        assert!(
            of_rows.iter().flatten().all(|class| *class < classes),
            "a target is no class"
        );
        let targets = Targets {
            classes: of_rows,
            smoothing: smoothing as f32,
        };
        let (losses, surprises) = Dispatch::cross_entropy_rows(logits.into_dispatch(), targets);
        return RowEntropies {
            losses: Tensor::from_dispatch(losses),
            surprises: Tensor::from_dispatch(surprises),
        };
    }
    let counts = targets.clone().not_equal_elem(ignored as i64);
    let known = targets.mask_fill(counts.clone().bool_not(), 0);
    let logarithms = activation::log_softmax(logits, 1);
    let surprises = -logarithms
        .clone()
        .gather(1, known.unsqueeze_dim(1))
        .squeeze_dim(1);
    let spread = -logarithms.mean_dim(1).squeeze_dim(1);
    let losses: Tensor<1> = surprises.clone() * (1.0 - smoothing) + spread * smoothing;
    let silence = counts.bool_not();
    RowEntropies {
        losses: losses.mask_fill(silence.clone(), 0.0),
        surprises: surprises.mask_fill(silence, 0.0).detach(),
    }
}
