//! Recurrent layers: Elman's simple ones, gated recurrent units, long short-term memory; one or both
//! directions, stacked, over sequences of equal or different lengths.
//!
//! Each step's state is made of the one before and of the step's input (chapter, section "Recurrent
//! Neural Network"); the equations are those of [`kernels::Unit`], which are PyTorch's. A layer of
//! both directions (Schuster and Paliwal 1997, <https://doi.org/10.1109/78.650093>) reads the sequence
//! forwards with one set of weights and backwards with another, and puts their outputs side by side.
//!
//! Burn 0.22 has these layers, too. They are not used because they multiply gate by gate and step by
//! step, and know no lengths.
//!
//! Names in a model file: `layers.N.forward` and `layers.N.backward`, each with `input.weight`
//! `[in, gates * units]`, `input.bias`, `state.weight` `[units, gates * units]` and `state.bias`: the
//! transposes of PyTorch's `weight_ih`, `bias_ih`, `weight_hh` and `bias_hh`.

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;

use burn::config::Config;
use burn::module::{Module, Param};
use burn::nn::{Dropout, DropoutConfig, Initializer, Linear};
use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use kernels::Unit;
use serde::{Deserialize, Serialize};

use crate::initialization::glorot_uniform;
use crate::layers::activation::Activation;
use crate::layers::dense::{linear, linear_forward};

/// Which recurrent unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cell {
    /// Elman's simple recurrent unit.
    Rnn,
    /// The gated recurrent unit.
    Gru,
    /// Long short-term memory.
    Lstm,
}

impl Cell {
    fn unit(self) -> Unit {
        match self {
            Self::Rnn => Unit::Elman,
            Self::Gru => Unit::Gru,
            Self::Lstm => Unit::Lstm,
        }
    }

    /// As Keras calls its layer.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rnn => "SimpleRNN",
            Self::Gru => "GRU",
            Self::Lstm => "LSTM",
        }
    }

    /// How many numbers a layer of one direction has.
    pub(crate) fn parameters(self, features: usize, units: usize) -> usize {
        let each = features.saturating_add(units).saturating_add(2);
        each.saturating_mul(units.saturating_mul(self.unit().sums()))
    }
}

/// A stack of recurrent layers.
#[derive(Config, Debug, PartialEq)]
pub struct RecurrentConfig {
    /// Values of one step.
    pub features: usize,
    /// Units of each layer and direction.
    pub units: usize,
    /// Which units.
    pub cell: Cell,
    /// How many layers.
    #[config(default = 1)]
    pub layers: usize,
    /// Whether each layer reads in both directions.
    #[config(default = false)]
    pub bidirectional: bool,
    /// The share of values that is zeroed between two layers while training.
    #[config(default = 0.0)]
    pub dropout: f64,
}

impl RecurrentConfig {
    /// Values of one step of the output.
    pub fn width(&self) -> usize {
        if self.bidirectional {
            self.units.saturating_mul(2)
        } else {
            self.units
        }
    }

    /// How many values go into each layer.
    pub(crate) fn features(&self) -> impl Iterator<Item = usize> {
        let (first, later) = (self.features, self.width());
        (0..self.layers).map(move |layer| if layer == 0 { first } else { later })
    }

    /// The layers, their weights not drawn yet: Glorot's way from the inputs, orthogonal from the state
    /// (Saxe et al. 2014, <https://arxiv.org/abs/1312.6120>), as in Keras; all biases zero.
    pub(crate) fn blank(&self, device: &Device) -> Recurrent {
        let one = |features| OneWay::new(self.cell, features, self.units, device);
        Recurrent {
            layers: self
                .features()
                .map(|features| Layer {
                    forward: one(features),
                    backward: self.bidirectional.then(|| one(features)),
                })
                .collect(),
            dropout: DropoutConfig::new(self.dropout).init(),
        }
    }
}

/// A stack of recurrent layers.
#[derive(Module, Debug)]
pub struct Recurrent {
    layers: Vec<Layer>,
    dropout: Dropout,
}

/// What a stack of layers says about a batch of sequences.
#[derive(Clone, Debug)]
pub struct Outputs {
    /// The output of each step, zero behind the end of a sequence: `[steps, batch, width]`.
    pub steps: Tensor<3>,
    /// The output after the whole sequence: of the last step forwards, of the first backwards;
    /// `[batch, width]`.
    pub last: Tensor<2>,
}

impl Recurrent {
    /// Reads sequences, which start with a state of zeros. Where `lengths` are given, those of the
    /// batch, what stands behind the end of a sequence has no influence on anything.
    ///
    /// # Shapes
    /// - inputs: `[steps, batch, features]`
    ///
    /// # Panics
    /// If there is not one length for each sequence, from 1 to `steps`, or no step.
    pub fn forward(&self, inputs: Tensor<3>, lengths: Option<&[usize]>) -> Outputs {
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
            let behind = ends.behind.clone().expand(outputs.dims());
            outputs = outputs.mask_fill(behind, 0.0);
        }
        Outputs {
            steps: outputs,
            last: Tensor::cat(last, 1),
        }
    }

    /// Lets a long short-term memory remember from the start: its forget gates' biases become 1
    /// (Jozefowicz et al. 2015, <https://proceedings.mlr.press/v37/jozefowicz15.html>).
    pub(crate) fn remembering(mut self) -> Self {
        for layer in &mut self.layers {
            let both = [Some(&mut layer.forward), layer.backward.as_mut()];
            both.into_iter().flatten().for_each(OneWay::remember);
        }
        self
    }
}

/// Where the sequences of a batch end.
struct Ends {
    /// The place of each sequence's last output among all, `[batch]`.
    last: Tensor<1, Int>,
    /// The places of all steps with each sequence turned round, `[steps * batch]`.
    turned: Tensor<1, Int>,
    /// Whether a sequence has ended before: `[steps, batch, 1]`.
    behind: Tensor<3, Bool>,
}

impl Ends {
    fn new(lengths: &[usize], [steps, batch]: [usize; 2], device: &Device) -> Self {
        assert!(
            lengths.len() == batch && lengths.iter().all(|length| (1..=steps).contains(length)),
            "a length of 1 to {steps} for each of {batch} sequences"
        );
        let places =
            (0..steps).flat_map(|step| lengths.iter().enumerate().map(move |of| (step, of)));
        let turned: Vec<i64> = (places.clone())
            .map(|(step, (sequence, &length))| {
                let from = if step < length {
                    length - 1 - step
                } else {
                    step
                };
                (from * batch + sequence) as i64
            })
            .collect();
        let behind: Vec<bool> = places.map(|(step, (_, &length))| step >= length).collect();
        let last: Vec<i64> = (lengths.iter().enumerate())
            .map(|(sequence, length)| ((length - 1) * batch + sequence) as i64)
            .collect();
        Self {
            last: Tensor::from_data(TensorData::new(last, [batch]), device),
            turned: Tensor::from_data(TensorData::new(turned, [steps * batch]), device),
            behind: Tensor::from_data(TensorData::new(behind, [steps, batch, 1]), device),
        }
    }
}

/// One layer of one or both directions.
#[derive(Module, Debug)]
struct Layer {
    forward: OneWay,
    backward: Option<OneWay>,
}

impl Layer {
    /// The outputs of each step, and for each direction the last.
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
        let turn = |values: Tensor<3>| match ends {
            Some(ends) => {
                let dims = values.dims();
                rows(values).select(0, ends.turned.clone()).reshape(dims)
            }
            None => values.flip([0]),
        };
        let backwards = turn(backward.forward(turn(inputs)));
        let start = step(backwards.clone(), 0);
        (Tensor::cat(vec![outputs, backwards], 2), vec![end, start])
    }
}

/// All steps of all sequences one below the other.
fn rows(values: Tensor<3>) -> Tensor<2> {
    let [steps, batch, width] = values.dims();
    values.reshape([steps * batch, width])
}

/// One step of all sequences.
fn step(values: Tensor<3>, step: usize) -> Tensor<2> {
    let [_, batch, width] = values.dims();
    values.narrow(0, step, 1).reshape([batch, width])
}

/// One layer of one direction.
#[derive(Module, Debug)]
struct OneWay {
    input: Linear,
    state: State,
    #[module(skip)]
    cell: Cell,
}

/// What is multiplied with the state before.
#[derive(Module, Debug)]
struct State {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

impl OneWay {
    fn new(cell: Cell, features: usize, units: usize, device: &Device) -> Self {
        let sums = cell.unit().sums() * units;
        let orthogonal = Initializer::Orthogonal { gain: 1.0 };
        Self {
            input: linear([features, sums], glorot_uniform(), device),
            state: State {
                weight: orthogonal.init_with([units, sums], None, None, device),
                bias: Initializer::Zeros.init_with([sums], None, None, device),
            },
            cell,
        }
    }

    /// The output h of each step, `[steps, batch, units]`.
    fn forward(&self, inputs: Tensor<3>) -> Tensor<3> {
        let [steps, batch, _] = inputs.dims();
        let unit = self.cell.unit();
        let (weight, bias) = (self.state.weight.val(), self.state.bias.val());
        let [units, sums] = weight.dims();
        let device = inputs.device();
        let inputs = linear_forward(&self.input, rows(inputs), Activation::Identity);
        let initial = Tensor::zeros([batch, unit.state() * units], (&device, inputs.dtype()));
        let inputs = inputs.reshape([steps, batch, sums]);
        kernels::recurrent(unit, inputs, weight, bias, initial).narrow(2, 0, units)
    }

    fn remember(&mut self) {
        if self.cell != Cell::Lstm {
            return;
        }
        let bias = self.state.bias.clone();
        self.state.bias = bias.map(|bias| {
            let [sums] = bias.dims();
            let units = sums / Unit::Lstm.sums();
            let is_learned = bias.is_require_grad();
            // Apart from any graph: only what nothing was computed from can be a parameter.
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
