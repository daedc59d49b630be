//! A recurrent network that tells the class of what it reads: the rows of a picture from top to
//! bottom (`mnist-rnn`, `mnist-gru`, `mnist-lstm`, `mnist-bilstm`), or the samples of a recording from
//! first to last (`eeg-rnn`, `eeg-gru`, `eeg-lstm`, `eeg-bilstm`).
//!
//! Names in a model file: `recurrent` with those of [`recurrent`](crate::layers::recurrent), `output.weight`,
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
use crate::layers::recurrent::{Cell, Outputs, Recurrent, RecurrentConfig};
use crate::layers::table::LayerTable;
use crate::limits::{MAX_CHANNELS, MAX_LAYERS, MAX_PARAMETERS, MAX_SIDE, MAX_UNITS};
use crate::network::{InputShape, Network, NetworkConfig};

/// What of the outputs tells the class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pooling {
    /// The last.
    #[default]
    Last,
    /// The mean of all.
    Mean,
}

/// A recurrent classifier of pictures, or of recordings, which are pictures one value wide.
#[derive(Config, Debug, PartialEq)]
pub struct SequenceClassifierConfig {
    /// The shape of one picture, `[channels, height, width]`; each row is a step.
    pub input: [usize; 3],
    /// Which recurrent units.
    pub cell: Cell,
    /// Units of each layer and direction.
    pub units: usize,
    /// How many classes there are.
    pub classes: usize,
    /// How many recurrent layers.
    #[config(default = 1)]
    pub layers: usize,
    /// Whether each reads in both directions.
    #[config(default = false)]
    pub bidirectional: bool,
    /// So many rows make one step; rows that are left over at the end are not read.
    #[config(default = 1)]
    pub rows_per_step: usize,
    /// The share of values that is zeroed between layers, and before the last, while training.
    #[config(default = 0.0)]
    pub dropout: f64,
    /// What of the outputs tells the class.
    #[config(default = "Pooling::Last")]
    pub pooling: Pooling,
}

impl SequenceClassifierConfig {
    /// For MNIST's digits, 28 steps of 28 values.
    pub fn mnist(cell: Cell, units: usize) -> Self {
        Self::new([1, 28, 28], cell, units, 10)
    }

    /// For a second of the Bonn EEG: 178 samples.
    pub fn eeg(cell: Cell, units: usize, classes: usize) -> Self {
        Self::new([1, 178, 1], cell, units, classes)
    }

    /// Steps, and values of each.
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
            recurrent: network.recurrent.remembering(),
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
        let mut table = LayerTable::default();
        let (recurrent, steps) = (self.recurrent(), self.steps());
        table.push("Reshape", "reshape", steps.to_vec(), 0);
        let directions = if self.bidirectional { 2 } else { 1 };
        for features in recurrent.features() {
            let one = self.cell.parameters(features, self.units);
            let shape = vec![steps[0], recurrent.width()];
            let name = self.cell.name().to_lowercase();
            table.push(
                self.cell.name(),
                &name,
                shape,
                one.saturating_mul(directions),
            );
        }
        let (kind, name) = match self.pooling {
            Pooling::Last => ("Last", "last"),
            Pooling::Mean => ("GlobalAveragePooling1D", "global_average_pooling1d"),
        };
        table.push(kind, name, vec![recurrent.width()], 0);
        if self.dropout > 0.0 {
            table.push("Dropout", "dropout", vec![recurrent.width()], 0);
        }
        let parameters = recurrent
            .width()
            .saturating_add(1)
            .saturating_mul(self.classes);
        table.push("Dense", "dense", vec![self.classes], parameters);
        table
    }

    fn input(&self) -> InputShape {
        InputShape::Picture(self.input)
    }
}

/// Recurrent layers, and a dense one on what they say in the end.
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

    /// # Shapes
    /// - images: `[batch, channels, height, width]`
    /// - output: `[batch, classes]`, logits
    fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let [batch, channels, height, width] = images.dims();
        let rows = self.rows_per_step.max(1);
        let steps = height / rows;
        let inputs = (images.narrow(2, 0, steps * rows))
            .permute([2, 0, 1, 3])
            .reshape([steps, rows, batch, channels * width])
            .swap_dims(1, 2)
            .reshape([steps, batch, rows * channels * width]);
        let Outputs { steps, last } = self.recurrent.forward(inputs, None);
        let said = match self.pooling {
            Pooling::Last => last,
            Pooling::Mean => steps.mean_dim(0).squeeze_dim(0),
        };
        linear_forward(
            &self.output,
            self.dropout.forward(said),
            Activation::Identity,
        )
    }
}
