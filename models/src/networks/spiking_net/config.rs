//! Sizes of a spiking network.

use burn::config::Config;
use kernels::{Reset, SpikeParameters, Surrogate};

use super::coding::{Coding, DELTAS};
use super::names::NamedSurrogate;
use super::options::{Decay, Readout};
use crate::error::ArchitectureError;

/// Configuration of a [`SpikingNet`](super::SpikingNet) for pictures or recordings.
#[derive(Config, Debug, PartialEq)]
pub struct SpikingNetConfig {
    /// Shape of one input, `[channels, height, width]`; a recording is one value wide.
    pub input: [usize; 3],
    /// Number of maps and side of the window of each convolution, which max-pooling by 2 and spiking units follow.
    pub convolutions: Vec<[usize; 2]>,
    /// Number of units of each dense layer before the output.
    pub hidden: Vec<usize>,
    /// Number of classes.
    pub classes: usize,
    /// Coding of the input over time.
    #[config(default = "Coding::Direct")]
    pub coding: Coding,
    /// Number of time steps for which a picture is shown; a recording's samples are its steps.
    #[config(default = 25)]
    pub time_steps: usize,
    /// Decay of the membranes per step.
    #[config(default = "Decay::fixed(0.95)")]
    pub decay: Decay,
    /// Potential above which a unit fires.
    #[config(default = 1.0)]
    pub threshold: f64,
    /// Reset of a membrane after a spike.
    #[config(default = "Reset::Subtract")]
    pub reset: Reset,
    /// Surrogate for the derivative of a spike.
    #[config(default = "NamedSurrogate(Surrogate::ARCTANGENT)")]
    pub surrogate: NamedSurrogate,
    /// Readout of the output layer.
    #[config(default = "Readout::Membrane")]
    pub readout: Readout,
}

impl SpikingNetConfig {
    /// Returns 784-1000-10 for MNIST: 795,010 parameters, over 25 steps.
    pub fn mnist(classes: usize) -> Self {
        Self::new([1, 28, 28], Vec::new(), vec![1000], classes)
    }

    /// Returns two convolutions of 12 and 64 maps with windows of 5 x 5 and a dense layer for MNIST: 29,826 parameters,
    /// over 8 steps.
    pub fn mnist_conv(classes: usize) -> Self {
        Self::new([1, 28, 28], vec![[12, 5], [64, 5]], Vec::new(), classes).with_time_steps(8)
    }

    /// Returns two dense layers of 128 units for one second of the Bonn EEG: 178 samples, delta-coded.
    pub fn eeg(classes: usize) -> Self {
        Self::new([1, 178, 1], Vec::new(), vec![128, 128], classes)
            .with_coding(Coding::Delta)
            .with_decay(Decay::learned(0.95))
            .with_surrogate(NamedSurrogate(Surrogate::FAST_SIGMOID))
    }

    /// Returns whether the input is a recording, whose samples are the steps.
    pub(super) fn is_recording(&self) -> bool {
        let [_, _, width] = self.input;
        width == 1
    }

    /// Returns the number of time steps.
    pub(super) fn steps(&self) -> usize {
        let [_, samples, _] = self.input;
        if self.is_recording() {
            samples
        } else {
            self.time_steps
        }
    }

    /// Returns channels, height and width of the coded input at one step.
    pub(super) fn encoded(&self) -> [usize; 3] {
        match (self.is_recording(), self.coding) {
            (false, _) => self.input,
            (true, Coding::Delta) => [self.input[0].saturating_mul(2 * DELTAS.len()), 1, 1],
            (true, _) => [self.input[0], 1, 1],
        }
    }

    /// Returns for each convolution the shape after pooling, `[maps, height, width]`, the side of the window and the
    /// shape before.
    pub(super) fn maps(&self) -> Vec<([usize; 3], usize, [usize; 3])> {
        let mut before = self.encoded();
        (self.convolutions.iter())
            .map(|&[maps, window]| {
                let [_, height, width] = before;
                let side = |side: usize| (side + 1).saturating_sub(window) / 2;
                let after = [maps, side(height), side(width)];
                let stage = (after, window, before);
                before = after;
                stage
            })
            .collect()
    }

    /// Returns the number of inputs and outputs of each hidden dense layer, and of the output layer.
    pub(super) fn dense(&self) -> (Vec<[usize; 2]>, [usize; 2]) {
        let flat = (self.maps().last()).map_or_else(|| self.encoded(), |(after, ..)| *after);
        let mut inputs = flat.into_iter().fold(1, usize::saturating_mul);
        let hidden = (self.hidden.iter())
            .map(|&units| [std::mem::replace(&mut inputs, units), units])
            .collect();
        (hidden, [inputs, self.classes])
    }

    /// Returns how units fire.
    pub(super) fn firing(&self) -> SpikeParameters {
        SpikeParameters {
            threshold: self.threshold as f32,
            reset: self.reset,
            surrogate: self.surrogate.0,
        }
    }

    /// Checks decay, threshold and coding.
    pub(super) fn check_numbers(&self) -> Result<(), ArchitectureError> {
        if !(0.0..=1.0).contains(&self.decay.value) {
            return Err(ArchitectureError::BadNumber {
                what: "the decay".into(),
                value: self.decay.value,
                range: "from 0 to 1",
            });
        }
        if !(1e-3..=1e3).contains(&self.threshold) {
            return Err(ArchitectureError::BadNumber {
                what: "the threshold".into(),
                value: self.threshold,
                range: "from 0.001 to 1000",
            });
        }
        let fits = match self.coding {
            Coding::Direct => true,
            Coding::Rate | Coding::Latency => !self.is_recording(),
            Coding::Delta => self.is_recording(),
        };
        if fits {
            return Ok(());
        }
        Err(ArchitectureError::NoChoice {
            choice: format!("the coding {}", self.coding.name()),
            reason: if self.is_recording() {
                "recordings are told by direct or delta".into()
            } else {
                "pictures are told by direct, rate or latency".into()
            },
        })
    }
}
