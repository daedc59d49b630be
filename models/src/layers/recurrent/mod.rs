//! Recurrent layers: Elman units, gated recurrent units (GRU) and long short-term memory (LSTM), in one or both
//! directions, stacked, over sequences of equal or different lengths.
//!
//! Each step's state is computed from the state before and the step's input (chapter, section "Recurrent Neural
//! Network"); the equations are those of [`kernels::RecurrentUnit`], which are PyTorch's. A bidirectional layer (Schuster and
//! Paliwal 1997, <https://doi.org/10.1109/78.650093>) reads the sequence forwards with one set of weights and
//! backwards with another, and concatenates their outputs.
//!
//! Burn 0.22 has these layers, too. They are not used because they multiply gate by gate and step by step, and take no
//! lengths.
//!
//! Names in a model file: `layers.N.forward` and `layers.N.backward`, each with `input.weight`
//! `[in, gates * units]`, `input.bias`, `state.weight` `[units, gates * units]` and `state.bias`: the transposes of
//! PyTorch's `weight_ih`, `bias_ih`, `weight_hh` and `bias_hh`.

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;

use burn::config::Config;
use burn::module::{Module, Param};
use burn::nn::{Dropout, DropoutConfig, Initializer, Linear};
use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use kernels::RecurrentUnit;
use serde::{Deserialize, Serialize};

use crate::initialization::glorot_uniform;
use crate::layers::activation::Activation;
use crate::layers::dense::{linear, linear_forward};

/// Kind of recurrent unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cell {
    /// Elman's simple recurrent unit.
    Rnn,
    /// Gated recurrent unit.
    Gru,
    /// Long short-term memory.
    Lstm,
}

impl Cell {
    fn unit(self) -> RecurrentUnit {
        match self {
            Self::Rnn => RecurrentUnit::Elman,
            Self::Gru => RecurrentUnit::Gru,
            Self::Lstm => RecurrentUnit::Lstm,
        }
    }

    /// Returns the name of the layer in Keras.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rnn => "SimpleRNN",
            Self::Gru => "GRU",
            Self::Lstm => "LSTM",
        }
    }
}

/// Configuration of a [`Recurrent`] stack.
#[derive(Config, Debug, PartialEq)]
pub struct RecurrentConfig {
    /// Number of values of one step of the input.
    pub features: usize,
    /// Number of units of each layer and direction.
    pub units: usize,
    /// Kind of unit.
    pub cell: Cell,
    /// Number of layers.
    #[config(default = 1)]
    pub layers: usize,
    /// Whether each layer reads in both directions.
    #[config(default = false)]
    pub bidirectional: bool,
    /// Dropout rate between two layers.
    #[config(default = 0.0)]
    pub dropout: f64,
}

impl RecurrentConfig {
    /// Returns the number of values of one step of the output.
    pub fn width(&self) -> usize {
        if self.bidirectional {
            self.units.saturating_mul(2)
        } else {
            self.units
        }
    }

    /// Returns the number of values that one step of each layer takes.
    fn features(&self) -> impl Iterator<Item = usize> {
        let (first, later) = (self.features, self.width());
        (0..self.layers).map(move |layer| if layer == 0 { first } else { later })
    }

    /// Builds the layers without drawing their weights.
    ///
    /// As in Keras, the input weights are Glorot's, the recurrent weights orthogonal (Saxe et al. 2014,
    /// <https://arxiv.org/abs/1312.6120>) and the biases zero.
    pub(crate) fn blank(&self, device: &Device) -> Recurrent {
        let direction = |features| Direction::new(self.cell, features, self.units, device);
        Recurrent {
            layers: self
                .features()
                .map(|features| RecurrentLayer {
                    forward: direction(features),
                    backward: self.bidirectional.then(|| direction(features)),
                })
                .collect(),
            dropout: DropoutConfig::new(self.dropout).init(),
        }
    }
}

/// Stack of recurrent layers. Built by a [`RecurrentConfig`].
#[derive(Module, Debug)]
pub struct Recurrent {
    layers: Vec<RecurrentLayer>,
    dropout: Dropout,
}

/// Output of a stack of recurrent layers.
#[derive(Clone, Debug)]
pub struct RecurrentOutput {
    /// Output of each step, zero behind the end of a sequence: `[steps, batch, width]`.
    pub steps: Tensor<3>,
    /// Output after the whole sequence, `[batch, width]`: of the last step forwards, of the first step backwards.
    pub last: Tensor<2>,
}

impl Recurrent {
    /// Returns the number of parameters of each layer.
    pub(crate) fn num_params_by_layer(&self) -> impl Iterator<Item = usize> {
        self.layers.iter().map(Module::num_params)
    }

    /// Reads sequences from an initial state of zeros.
    ///
    /// Where the `lengths` of the sequences are given, the values behind the end of a sequence have no influence.
    ///
    /// # Shapes
    /// - `inputs`: `[steps, batch, features]`
    /// - `lengths`: `batch` numbers from 1 to `steps`
    /// - output: see [`RecurrentOutput`]
    ///
    /// # Panics
    /// If there is no step, or `lengths` is not as described.
    pub fn forward(&self, inputs: Tensor<3>, lengths: Option<&[usize]>) -> RecurrentOutput {
        let [steps, batch, _] = inputs.dims();
        let ends = lengths.map(|lengths| Ends::new(lengths, [steps, batch], &inputs.device()));
        let mut outputs = inputs;
        let mut last = Vec::new();
        for (number, layer) in self.layers.iter().enumerate() {
            let inputs = if number == 0 {
                outputs
            } else {
                self.dropout.forward(outputs)
            };
            (outputs, last) = layer.forward(inputs, ends.as_ref());
        }
        if let Some(ends) = &ends {
            let padding = ends.padding.clone().expand(outputs.dims());
            outputs = outputs.mask_fill(padding, 0.0);
        }
        RecurrentOutput {
            steps: outputs,
            last: Tensor::cat(last, 1),
        }
    }

    /// Sets the biases of an LSTM's forget gates to 1, so that its memory is kept at first (Jozefowicz et al. 2015,
    /// <https://proceedings.mlr.press/v37/jozefowicz15.html>). Other units have no forget gate and stay as they are.
    pub(crate) fn with_open_forget_gates(mut self) -> Self {
        for layer in &mut self.layers {
            let directions = [Some(&mut layer.forward), layer.backward.as_mut()];
            let directions = directions.into_iter().flatten();
            directions.for_each(Direction::open_forget_gates);
        }
        self
    }
}

/// Ends of the sequences of a batch, as indices into the rows `step * batch + sequence`.
struct Ends {
    /// Row of each sequence's last step, `[batch]`.
    last: Tensor<1, Int>,
    /// Rows of all steps with each sequence reversed in place, `[steps * batch]`.
    reversed: Tensor<1, Int>,
    /// Whether a step is behind the end of its sequence, `[steps, batch, 1]`.
    padding: Tensor<3, Bool>,
}

impl Ends {
    fn new(lengths: &[usize], [steps, batch]: [usize; 2], device: &Device) -> Self {
        assert!(
            lengths.len() == batch && lengths.iter().all(|length| (1..=steps).contains(length)),
            "a length of 1 to {steps} for each of {batch} sequences"
        );
        let places =
            (0..steps).flat_map(|step| lengths.iter().enumerate().map(move |place| (step, place)));
        let reversed: Vec<i64> = (places.clone())
            .map(|(step, (sequence, &length))| {
                let from = if step < length {
                    length - 1 - step
                } else {
                    step
                };
                (from * batch + sequence) as i64
            })
            .collect();
        let padding: Vec<bool> = places.map(|(step, (_, &length))| step >= length).collect();
        let last: Vec<i64> = (lengths.iter().enumerate())
            .map(|(sequence, length)| ((length - 1) * batch + sequence) as i64)
            .collect();
        Self {
            last: Tensor::from_data(TensorData::new(last, [batch]), device),
            reversed: Tensor::from_data(TensorData::new(reversed, [steps * batch]), device),
            padding: Tensor::from_data(TensorData::new(padding, [steps, batch, 1]), device),
        }
    }
}

/// One layer in one or both directions.
#[derive(Module, Debug)]
struct RecurrentLayer {
    forward: Direction,
    backward: Option<Direction>,
}

impl RecurrentLayer {
    /// Computes the outputs of each step, and the last output of each direction.
    ///
    /// # Shapes
    /// - `inputs`: `[steps, batch, features]`
    /// - outputs: `[steps, batch, width]`
    /// - last output of each direction: `[batch, units]`
    fn forward(&self, inputs: Tensor<3>, ends: Option<&Ends>) -> (Tensor<3>, Vec<Tensor<2>>) {
        let [steps, ..] = inputs.dims();
        let outputs = self.forward.forward(inputs.clone());
        let end = match ends {
            Some(ends) => rows(outputs.clone()).select(0, ends.last.clone()),
            None => step(outputs.clone(), steps - 1),
        };
        let Some(backward) = &self.backward else {
            return (outputs, vec![end]);
        };
        let reverse = |values: Tensor<3>| match ends {
            Some(ends) => {
                let dims = values.dims();
                rows(values).select(0, ends.reversed.clone()).reshape(dims)
            }
            None => values.flip([0]),
        };
        let backwards = reverse(backward.forward(reverse(inputs)));
        let start = step(backwards.clone(), 0);
        (Tensor::cat(vec![outputs, backwards], 2), vec![end, start])
    }
}

/// Stacks all steps of all sequences: `[steps, batch, width]` to `[steps * batch, width]`.
fn rows(values: Tensor<3>) -> Tensor<2> {
    let [steps, batch, width] = values.dims();
    values.reshape([steps * batch, width])
}

/// Returns one step of all sequences: `[steps, batch, width]` to `[batch, width]`.
fn step(values: Tensor<3>, step: usize) -> Tensor<2> {
    let [_, batch, width] = values.dims();
    values.narrow(0, step, 1).reshape([batch, width])
}

/// One direction of a layer.
#[derive(Module, Debug)]
struct Direction {
    input: Linear,
    state: StateWeights,
    #[module(skip)]
    cell: Cell,
}

/// Weights and biases that are applied to the state before.
#[derive(Module, Debug)]
struct StateWeights {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

impl Direction {
    fn new(cell: Cell, features: usize, units: usize, device: &Device) -> Self {
        let sums = cell.unit().gates() * units;
        let orthogonal = Initializer::Orthogonal { gain: 1.0 };
        Self {
            input: linear([features, sums], glorot_uniform(), device),
            state: StateWeights {
                weight: orthogonal.init_with([units, sums], None, None, device),
                bias: Initializer::Zeros.init_with([sums], None, None, device),
            },
            cell,
        }
    }

    /// Computes the output h of each step.
    ///
    /// # Shapes
    /// - `inputs`: `[steps, batch, features]`
    /// - output: `[steps, batch, units]`
    fn forward(&self, inputs: Tensor<3>) -> Tensor<3> {
        let [steps, batch, _] = inputs.dims();
        let unit = self.cell.unit();
        let (weight, bias) = (self.state.weight.val(), self.state.bias.val());
        let [units, sums] = weight.dims();
        let device = inputs.device();
        let inputs = linear_forward(&self.input, rows(inputs), Activation::Identity);
        let initial = Tensor::zeros([batch, unit.states() * units], (&device, inputs.dtype()));
        let inputs = inputs.reshape([steps, batch, sums]);
        kernels::recurrent(unit, inputs, weight, bias, initial).narrow(2, 0, units)
    }

    fn open_forget_gates(&mut self) {
        if self.cell != Cell::Lstm {
            return;
        }
        let bias = self.state.bias.clone();
        self.state.bias = bias.map(|bias| {
            let [sums] = bias.dims();
            let units = sums / RecurrentUnit::Lstm.gates();
            let is_learned = bias.is_require_grad();
            // Detached, because only a tensor without a history can be a parameter.
            let bias = bias.set_require_grad(false);
            let ones = Tensor::ones([units], &bias.device());
            let (input, rest) = (
                bias.clone().narrow(0, 0, units),
                bias.narrow(0, 2 * units, 2 * units),
            );
            Tensor::cat(vec![input, ones, rest], 0).set_require_grad(is_learned)
        });
    }
}
