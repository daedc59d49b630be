//! Recurrent classifiers of sequences: `mnist-rnn`, `mnist-gru`, `mnist-lstm`, `mnist-bilstm`, `eeg-rnn`, `eeg-gru`,
//! `eeg-lstm` and `eeg-bilstm`.
//!
//! h_t = R(x_t, h_(t-1)) with a stack R of [recurrent layers](crate::layers::recurrent), where the equations and the
//! papers stand; the logits are W p + b of the last output or the mean output p (chapter, section "Recurrent Neural
//! Network"). The steps x_t are the rows of a picture from top to bottom, or the samples of a recording.
//!
//! Names in a model file: `recurrent` with the names of [`recurrent`](crate::layers::recurrent), `output.weight`,
//! `output.bias`.

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig, Linear};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::error::{ArchitectureError, check_dropout, check_size};
use crate::initialization::{draw_parameters, glorot_uniform};
use crate::layers::activation::Activation;
use crate::layers::dense::{linear, linear_forward};
use crate::layers::recurrent::{Cell, Recurrent, RecurrentConfig, RecurrentOutput};
use crate::layers::table::LayerTable;
use crate::limits::{MAX_CHANNELS, MAX_LAYERS, MAX_PARAMETERS, MAX_SIDE, MAX_UNITS};
use crate::network::{InputShape, Network, NetworkConfig, NoOptions, ZooEntry};

/// Pooling of the recurrent outputs over time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pooling {
    /// Output after the whole sequence.
    #[default]
    Last,
    /// Mean of the outputs of all steps.
    Mean,
}

/// Configuration of a [`SequenceClassifier`].
#[derive(Config, Debug, PartialEq)]
pub struct SequenceClassifierConfig {
    /// Shape of one picture, `[channels, height, width]`; a recording is one value wide.
    pub input: [usize; 3],
    /// Kind of recurrent unit.
    pub cell: Cell,
    /// Number of units of each layer and direction.
    pub units: usize,
    /// Number of classes.
    pub classes: usize,
    /// Number of recurrent layers.
    #[config(default = 1)]
    pub layers: usize,
    /// Whether each layer reads in both directions.
    #[config(default = false)]
    pub bidirectional: bool,
    /// Number of rows that make one step; left-over rows at the end are not read.
    #[config(default = 1)]
    pub rows_per_step: usize,
    /// Dropout rate between recurrent layers and before the dense layer.
    #[config(default = 0.0)]
    pub dropout: f64,
    /// Pooling of the recurrent outputs over time.
    #[config(default = "Pooling::Last")]
    pub pooling: Pooling,
}

impl SequenceClassifierConfig {
    /// Returns a network for MNIST's digits: 28 steps of 28 values.
    pub fn mnist(cell: Cell, units: usize) -> Self {
        Self::new([1, 28, 28], cell, units, 10)
    }

    /// Returns a network for one second of the Bonn EEG: 178 steps of one sample.
    pub fn eeg(cell: Cell, units: usize, classes: usize) -> Self {
        Self::new([1, 178, 1], cell, units, classes)
    }

    /// Returns the number of steps, and of values of each step.
    fn steps(&self) -> [usize; 2] {
        let [channels, height, width] = self.input;
        let rows = self.rows_per_step.max(1);
        let features = channels.saturating_mul(width).saturating_mul(rows);
        [height / rows, features]
    }

    fn recurrent(&self) -> RecurrentConfig {
        let [_, features] = self.steps();
        RecurrentConfig::new(features, self.units, self.cell)
            .with_layers(self.layers)
            .with_bidirectional(self.bidirectional)
            .with_dropout(self.dropout)
    }
}

impl NetworkConfig for SequenceClassifierConfig {
    type Network = SequenceClassifier;
    type Options = NoOptions;

    fn validate(&self) -> Result<(), ArchitectureError> {
        let [channels, height, width] = self.input;
        check_size(|| "the channels".into(), channels, 1..=MAX_CHANNELS)?;
        check_size(|| "the height".into(), height, 1..=MAX_SIDE)?;
        check_size(|| "the width".into(), width, 1..=MAX_SIDE)?;
        check_size(|| "the units".into(), self.units, 1..=MAX_UNITS)?;
        check_size(|| "the classes".into(), self.classes, 1..=MAX_UNITS)?;
        check_size(
            || "the recurrent layers".into(),
            self.layers,
            1..=MAX_LAYERS,
        )?;
        check_size(
            || "the rows of a step".into(),
            self.rows_per_step,
            1..=height,
        )?;
        check_dropout(|| "the dropout".into(), self.dropout)?;
        let parameters = self.layers().parameters();
        check_size(|| "the parameters".into(), parameters, 1..=MAX_PARAMETERS)
    }

    fn init(&self, device: &Device) -> SequenceClassifier {
        let network = self.blank(device);
        draw_parameters(&network);
        SequenceClassifier {
            recurrent: network.recurrent.with_open_forget_gates(),
            ..network
        }
    }

    fn blank(&self, device: &Device) -> SequenceClassifier {
        let recurrent = self.recurrent();
        SequenceClassifier {
            output: linear([recurrent.width(), self.classes], glorot_uniform(), device),
            recurrent: recurrent.blank(device),
            dropout: DropoutConfig::new(self.dropout).init(),
            rows_per_step: self.rows_per_step,
            pooling: self.pooling,
        }
    }

    fn layers(&self) -> LayerTable {
        let network = self.blank(&Device::flex());
        let mut table = LayerTable::default();
        let (recurrent, steps) = (self.recurrent(), self.steps());
        table.push("Reshape", "reshape", steps.to_vec(), 0);
        for parameters in network.recurrent.num_params_by_layer() {
            let shape = vec![steps[0], recurrent.width()];
            let name = self.cell.name().to_lowercase();
            table.push(self.cell.name(), &name, shape, parameters);
        }
        let (kind, name) = match self.pooling {
            Pooling::Last => ("Last", "last"),
            Pooling::Mean => ("GlobalAveragePooling1D", "global_average_pooling1d"),
        };
        table.push(kind, name, vec![recurrent.width()], 0);
        if self.dropout > 0.0 {
            table.push("Dropout", "dropout", vec![recurrent.width()], 0);
        }
        let parameters = network.output.num_params();
        table.push("Dense", "dense", vec![self.classes], parameters);
        table
    }

    fn input(&self) -> InputShape {
        InputShape::Picture(self.input)
    }
}

impl ZooEntry for SequenceClassifierConfig {
    fn examples() -> Vec<(&'static str, Self)> {
        vec![
            ("mnist-lstm", Self::mnist(Cell::Lstm, 128)),
            (
                "eeg-bigru",
                Self::eeg(Cell::Gru, 16, 2)
                    .with_bidirectional(true)
                    .with_dropout(0.2),
            ),
        ]
    }
}

/// Recurrent layers, and a dense layer on their pooled output. Built by a [`SequenceClassifierConfig`].
#[derive(Module, Debug)]
pub struct SequenceClassifier {
    pub(crate) recurrent: Recurrent,
    output: Linear,
    dropout: Dropout,
    #[module(skip)]
    rows_per_step: usize,
    #[module(skip)]
    pooling: Pooling,
}

impl Network for SequenceClassifier {
    type Input = Tensor<4>;
    type Output = Tensor<2>;

    /// Computes the logits of pictures or recordings.
    ///
    /// # Shapes
    /// - `images`: `[batch, channels, height, width]`
    /// - output: `[batch, classes]`
    fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let [batch, channels, height, width] = images.dims();
        let rows = self.rows_per_step.max(1);
        let steps = height / rows;
        let inputs = (images.narrow(2, 0, steps * rows))
            .permute([2, 0, 1, 3])
            .reshape([steps, rows, batch, channels * width])
            .swap_dims(1, 2)
            .reshape([steps, batch, rows * channels * width]);
        let RecurrentOutput { steps, last } = self.recurrent.forward(inputs, None);
        let pooled = match self.pooling {
            Pooling::Last => last,
            Pooling::Mean => steps.mean_dim(0).squeeze_dim(0),
        };
        linear_forward(
            &self.output,
            self.dropout.forward(pooled),
            Activation::Identity,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_have_the_documented_shapes() {
        let device = Device::flex();
        for pooling in [Pooling::Last, Pooling::Mean] {
            // Seven rows make three steps of two; the last row is left over.
            let config = SequenceClassifierConfig::new([2, 7, 5], Cell::Gru, 4, 3)
                .with_bidirectional(true)
                .with_rows_per_step(2)
                .with_pooling(pooling);
            assert_eq!(config.steps(), [3, 20]);
            let network = config.init(&device);
            let logits = network.forward(Tensor::ones([6, 2, 7, 5], &device));
            assert_eq!(logits.dims(), [6, 3], "{pooling:?}");
        }
    }
}
