//! Spiking networks that learn (chapter, section "Spiking Neural Network"; Eshraghian et al. 2023,
//! <https://doi.org/10.1109/JPROC.2023.3308088>): convolutions and dense layers between layers of leaky
//! integrate-and-fire units, over discrete steps of time. The units' equation is that of
//! [`kernels::leaky_integrate_and_fire`].
//!
//! An input becomes spikes or currents over time ([`Coding`]); what the last layer says over time becomes logits
//! ([`Readout`]). All steps of a layer are multiplied at once; where a picture goes in as the same current at every
//! step, its sums are computed once.
//!
//! Names in a model file: `convolutions.N.sums.weight|bias`, `hidden.N.sums.weight|bias`, `output.sums.weight|bias`,
//! and `….units.decay` where decays are learned.

mod activity;
mod coding;
mod units;

use std::str::FromStr;

use burn::config::Config;
use burn::module::Module;
use burn::nn::Linear;
use burn::nn::conv::Conv2d;
use burn::tensor::{Device, Tensor};
use kernels::{Firing, Reset, Surrogate};
use serde::{Deserialize, Serialize};

pub use activity::{Activity, Drive, Excited, LayerActivity};
pub use coding::{Coding, DELTAS};
use coding::{Encoded, encode_pictures, encode_recordings};
use units::LeakyUnits;

use crate::choices::Choices;
use crate::error::{ArchitectureError, check_size};
use crate::initialization::{draw_parameters, he_uniform};
use crate::layers::activation::Activation;
use crate::layers::convolution::{Padding, conv2d, conv2d_forward};
use crate::layers::dense::{linear, linear_forward};
use crate::layers::table::LayerTable;
use crate::limits::{MAX_CHANNELS, MAX_LAYERS, MAX_PARAMETERS, MAX_SIDE, MAX_UNITS, MAX_VALUES};
use crate::network::{InputShape, Network, NetworkConfig};

/// The most steps that a picture is shown for.
const MAX_STEPS: usize = 1_000;

/// What of the last layer tells the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Readout {
    /// How often each unit fired. A unit that never does learns nothing: this needs more care than membranes.
    Counts,
    /// The mean over time of each membrane; the units of the last layer do not fire.
    Membrane,
}

impl FromStr for Readout {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "counts" => Ok(Self::Counts),
            "membrane" => Ok(Self::Membrane),
            _ => Err(format!(
                "{text}: no such readout; choose counts or membrane"
            )),
        }
    }
}

/// What remains of a membrane after a step: exp(-dt / tau) of a membrane with the time constant tau.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decay {
    /// From 0, nothing, to 1, everything; where it starts when it is learned.
    pub value: f64,
    /// Whether each unit, or map, learns its own.
    pub is_learned: bool,
}

impl Decay {
    /// The same for all units.
    pub fn fixed(value: f64) -> Self {
        let is_learned = false;
        Self { value, is_learned }
    }

    /// Learned by each unit.
    pub fn learned(value: f64) -> Self {
        let is_learned = true;
        Self { value, is_learned }
    }
}

impl FromStr for Decay {
    type Err = String;

    /// `0.9`, or `learned:0.9`
    fn from_str(text: &str) -> Result<Self, String> {
        let (is_learned, number) = match text.split_once(':') {
            Some(("learned", number)) => (true, number),
            _ => (false, text),
        };
        match number.parse::<f64>() {
            Ok(value) if (0.0..=1.0).contains(&value) => Ok(Self { value, is_learned }),
            _ => Err(format!(
                "{text}: no such decay; give a number from 0 to 1, or learned: and where it starts, as learned:0.9"
            )),
        }
    }
}

/// What a user may change of a spiking network; nothing by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpikingChoices {
    /// Steps that a picture is shown for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_steps: Option<usize>,
    /// How the input is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coding: Option<Coding>,
    /// What remains of a membrane after a step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decay: Option<Decay>,
    /// What follows a spike.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset: Option<Reset>,
    /// What stands for the derivative of a spike.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub surrogate: Option<Surrogate>,
    /// What tells the class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readout: Option<Readout>,
}

impl SpikingChoices {
    /// Whether nothing was chosen.
    pub fn are_none(&self) -> bool {
        *self == Self::default()
    }
}

/// A spiking network for pictures, or for recordings, which are pictures one value wide.
#[derive(Config, Debug, PartialEq)]
pub struct SpikingNetConfig {
    /// The shape of one input, `[channels, height, width]`.
    pub input: [usize; 3],
    /// Maps of each convolution and the side of its window; max-pooling by 2 and spiking units follow each.
    pub convolutions: Vec<[usize; 2]>,
    /// Units of each dense layer before the last.
    pub hidden: Vec<usize>,
    /// How many classes there are.
    pub classes: usize,
    /// How the input is told over time.
    #[config(default = "Coding::Direct")]
    pub coding: Coding,
    /// Steps that a picture is shown for; a recording's samples are its steps.
    #[config(default = 25)]
    pub time_steps: usize,
    /// What remains of a membrane after a step.
    #[config(default = "Decay::fixed(0.95)")]
    pub decay: Decay,
    /// What a membrane must exceed to fire.
    #[config(default = 1.0)]
    pub threshold: f64,
    /// What follows a spike.
    #[config(default = "Reset::Subtract")]
    pub reset: Reset,
    /// What stands for the derivative of a spike.
    #[config(default = "Surrogate::ARCTANGENT")]
    pub surrogate: Surrogate,
    /// What tells the class.
    #[config(default = "Readout::Membrane")]
    pub readout: Readout,
}

impl SpikingNetConfig {
    /// 784 - 1000 - 10 for MNIST: 795,010 parameters, over 25 steps.
    pub fn mnist(classes: usize) -> Self {
        Self::new([1, 28, 28], Vec::new(), vec![1000], classes)
    }

    /// 12 and 64 maps by windows of 5 x 5, each pooled, then a dense layer, for MNIST: 29,826 parameters, over 8
    /// steps.
    pub fn mnist_conv(classes: usize) -> Self {
        Self::new([1, 28, 28], vec![[12, 5], [64, 5]], Vec::new(), classes).with_time_steps(8)
    }

    /// For a second of the Bonn EEG, 178 samples: two layers of 128 units, told rises and falls.
    pub fn eeg(classes: usize) -> Self {
        Self::new([1, 178, 1], Vec::new(), vec![128, 128], classes)
            .with_coding(Coding::Delta)
            .with_decay(Decay::learned(0.95))
            .with_surrogate(Surrogate::FAST_SIGMOID)
    }

    /// Whether the input is a recording, whose samples are the steps.
    fn is_recording(&self) -> bool {
        let [_, _, width] = self.input;
        width == 1
    }

    fn steps(&self) -> usize {
        let [_, samples, _] = self.input;
        if self.is_recording() {
            samples
        } else {
            self.time_steps
        }
    }

    /// Channels, height and width of what goes in at a step.
    fn encoded(&self) -> [usize; 3] {
        match (self.is_recording(), self.coding) {
            (false, _) => self.input,
            (true, Coding::Delta) => [self.input[0].saturating_mul(2 * DELTAS.len()), 1, 1],
            (true, _) => [self.input[0], 1, 1],
        }
    }

    /// The maps after each convolution: `[maps, height, width]`, the window, and the maps before.
    fn maps(&self) -> Vec<([usize; 3], usize, [usize; 3])> {
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

    /// Values that go into each dense layer and those that come out, of the hidden ones and of the last.
    fn dense(&self) -> (Vec<[usize; 2]>, [usize; 2]) {
        let flat = (self.maps().last()).map_or_else(|| self.encoded(), |(after, ..)| *after);
        let mut inputs = flat.into_iter().fold(1, usize::saturating_mul);
        let hidden = (self.hidden.iter())
            .map(|&units| [std::mem::replace(&mut inputs, units), units])
            .collect();
        (hidden, [inputs, self.classes])
    }

    fn firing(&self) -> Firing {
        Firing {
            threshold: self.threshold as f32,
            reset: self.reset,
            surrogate: self.surrogate,
        }
    }

    fn check_numbers(&self) -> Result<(), ArchitectureError> {
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

impl NetworkConfig for SpikingNetConfig {
    type Network = SpikingNet;

    fn choose(self, choices: &Choices) -> Result<Self, ArchitectureError> {
        choices.refuse_all_but_spiking()?;
        let chosen = choices.spiking;
        if let (Some(steps), true) = (chosen.time_steps, self.is_recording()) {
            return Err(ArchitectureError::NoChoice {
                choice: format!("{steps} steps of time"),
                reason: "a recording's samples are its steps: leave it out".into(),
            });
        }
        Ok(Self {
            time_steps: chosen.time_steps.unwrap_or(self.time_steps),
            coding: chosen.coding.unwrap_or(self.coding),
            decay: chosen.decay.unwrap_or(self.decay),
            reset: chosen.reset.unwrap_or(self.reset),
            surrogate: chosen.surrogate.unwrap_or(self.surrogate),
            readout: chosen.readout.unwrap_or(self.readout),
            ..self
        })
    }

    fn validate(&self) -> Result<(), ArchitectureError> {
        let [channels, height, width] = self.input;
        check_size(|| "the channels".into(), channels, 1..=MAX_CHANNELS)?;
        check_size(|| "the height".into(), height, 1..=MAX_SIDE)?;
        check_size(|| "the width".into(), width, 1..=MAX_SIDE)?;
        check_size(
            || "the steps of time".into(),
            self.time_steps,
            1..=MAX_STEPS,
        )?;
        check_size(|| "the classes".into(), self.classes, 1..=MAX_UNITS)?;
        let layers = self.convolutions.len() + self.hidden.len();
        check_size(|| "the layers".into(), layers, 0..=MAX_LAYERS)?;
        self.check_numbers()?;
        for (number, (after, window, before)) in self.maps().into_iter().enumerate() {
            let layer = format!("convolution {}", number + 1);
            check_size(
                || format!("the maps of {layer}"),
                after[0],
                1..=MAX_CHANNELS,
            )?;
            check_size(|| format!("the window of {layer}"), window, 1..=MAX_SIDE)?;
            if after.contains(&0) {
                return Err(ArchitectureError::TooSmall {
                    layer,
                    needed: window + 1,
                    height: before[1],
                    width: before[2],
                });
            }
            let values = after.into_iter().fold(self.steps(), usize::saturating_mul);
            check_size(|| "the values of all steps".into(), values, 1..=MAX_VALUES)?;
        }
        let (hidden, output) = self.dense();
        for [_, units] in hidden.into_iter().chain([output]) {
            check_size(|| "the units".into(), units, 1..=MAX_UNITS)?;
            let values = units.saturating_mul(self.steps());
            check_size(|| "the values of all steps".into(), values, 1..=MAX_VALUES)?;
        }
        let parameters = self.layers().parameters();
        check_size(|| "the parameters".into(), parameters, 1..=MAX_PARAMETERS)
    }

    fn init(&self, device: &Device) -> SpikingNet {
        let network = self.blank(device);
        draw_parameters(&network);
        network
    }

    fn blank(&self, device: &Device) -> SpikingNet {
        let units = |count: usize| LeakyUnits::new(count, self.decay, self.firing(), device);
        let connected = |[inputs, outputs]: [usize; 2]| Stage {
            sums: linear([inputs, outputs], he_uniform(), device),
            units: units(outputs),
        };
        let (hidden, output) = self.dense();
        SpikingNet {
            convolutions: (self.maps().into_iter())
                .map(|([maps, ..], window, [before, ..])| Stage {
                    sums: conv2d(
                        [before, maps],
                        [window; 2],
                        Padding::Valid,
                        he_uniform(),
                        device,
                    ),
                    units: units(maps),
                })
                .collect(),
            hidden: hidden.into_iter().map(connected).collect(),
            output: connected(output),
            is_recording: self.is_recording(),
            coding: self.coding,
            time_steps: self.time_steps,
            readout: self.readout,
        }
    }

    fn layers(&self) -> LayerTable {
        let mut table = LayerTable::default();
        let steps = self.steps();
        let decays = |units: usize| if self.decay.is_learned { units } else { 0 };
        let over_time = |shape: &[usize]| [&[steps], shape].concat();
        let [channels, height, width] = self.encoded();
        let input = match self.is_recording() {
            true => vec![channels],
            false => vec![height, width, channels],
        };
        table.push("Coding", self.coding.name(), over_time(&input), 0);
        for ([maps, height, width], window, [before, ..]) in self.maps() {
            let weights = before
                .saturating_mul(window)
                .saturating_mul(window)
                .saturating_add(1);
            let shape = over_time(&[height, width, maps]);
            table.push(
                "Conv2D + MaxPooling2D",
                "conv2d",
                shape.clone(),
                weights.saturating_mul(maps),
            );
            table.push("LIF", "lif", shape, decays(maps));
        }
        let (hidden, output) = self.dense();
        for [inputs, units] in hidden.into_iter().chain([output]) {
            let shape = over_time(&[units]);
            let weights = inputs.saturating_add(1).saturating_mul(units);
            table.push("Dense", "dense", shape.clone(), weights);
            table.push("LIF", "lif", shape, decays(units));
        }
        table.push("Readout", "readout", vec![self.classes], 0);
        table
    }

    fn input(&self) -> InputShape {
        InputShape::Picture(self.input)
    }
}

/// Sums, and the units that they drive.
#[derive(Module, Debug)]
struct Stage<S: Module> {
    sums: S,
    units: LeakyUnits,
}

/// Layers of spiking units over time. Built by a [`SpikingNetConfig`].
#[derive(Module, Debug)]
pub struct SpikingNet {
    convolutions: Vec<Stage<Conv2d>>,
    hidden: Vec<Stage<Linear>>,
    output: Stage<Linear>,
    #[module(skip)]
    is_recording: bool,
    #[module(skip)]
    coding: Coding,
    #[module(skip)]
    time_steps: usize,
    #[module(skip)]
    readout: Readout,
}

/// What one stage did.
struct Passed<'a> {
    units: &'a LeakyUnits,
    /// `[steps or 1, batch, units]`
    currents: Tensor<3>,
    /// `[steps, batch, units]`; nothing where they do not fire.
    spikes: Option<Tensor<3>>,
    /// Products of the sums at one step.
    products: usize,
}

impl SpikingNet {
    fn encode(&self, inputs: Tensor<4>) -> Encoded {
        if self.is_recording {
            encode_recordings(inputs, self.coding)
        } else {
            encode_pictures(inputs, self.coding, self.time_steps)
        }
    }

    /// Passes what was encoded through every stage, and shows each to `see`. What the last gives: its spikes, or
    /// its membranes, `[steps, batch, classes]`.
    fn run(&self, encoded: Encoded, see: &mut dyn FnMut(Passed<'_>)) -> Tensor<3> {
        let Encoded { values, steps } = encoded;
        let [mut given, batch, channels, height, width] = values.dims();
        let mut maps = values.reshape([given * batch, channels, height, width]);
        for Stage { sums, units } in &self.convolutions {
            let products = products(sums, maps.dims());
            let pooled = conv2d_forward(sums, maps, None, Activation::Identity, Some(2));
            let [_, filters, height, width] = pooled.dims();
            let currents = pooled.reshape([given, batch, filters * height * width]);
            let spikes = units.fire(currents.clone(), steps);
            maps = (spikes.clone()).reshape([steps * batch, filters, height, width]);
            given = steps;
            let spikes = Some(spikes);
            see(Passed {
                units,
                currents,
                spikes,
                products,
            });
        }
        let mut rows: Tensor<2> = maps.flatten(1, 3);
        let mut dense = |Stage { sums, units }: &Stage<Linear>, fires: bool| {
            let [inputs, outputs] = sums.weight.dims();
            let currents = linear_forward(sums, rows.clone(), Activation::Identity);
            let currents = currents.reshape([given, batch, outputs]);
            let said = if fires {
                units.fire(currents.clone(), steps)
            } else {
                units.integrate(currents.clone(), steps)
            };
            rows = said.clone().reshape([steps * batch, outputs]);
            given = steps;
            see(Passed {
                units,
                currents,
                spikes: fires.then(|| said.clone()),
                products: inputs * outputs,
            });
            said
        };
        for stage in &self.hidden {
            dense(stage, true);
        }
        dense(&self.output, self.readout == Readout::Counts)
    }
}

/// Products of a convolution of one input.
fn products(conv: &Conv2d, [_, _, height, width]: [usize; 4]) -> usize {
    let [filters, channels, rows, columns] = conv.weight.dims();
    let places = (height + 1 - rows) * (width + 1 - columns);
    filters * channels * rows * columns * places
}

impl Network for SpikingNet {
    type Input = Tensor<4>;
    type Output = Tensor<2>;

    /// # Shapes
    /// - inputs: `[batch, channels, height, width]`
    /// - output: `[batch, classes]`, logits
    fn forward(&self, inputs: Tensor<4>) -> Tensor<2> {
        let said = self.run(self.encode(inputs), &mut |_| ());
        match self.readout {
            Readout::Counts => said.sum_dim(0),
            Readout::Membrane => said.mean_dim(0),
        }
        .squeeze_dim(0)
    }

    fn activity(&self, inputs: Tensor<4>) -> Option<Activity> {
        let encoded = self.encode(inputs);
        let steps = encoded.steps;
        let [given, batch, channels, height, width] = encoded.values.dims();
        let input = (encoded.values.clone()).reshape([given, batch, channels * height * width]);
        let mut layers = vec![LayerActivity {
            name: "input".into(),
            spikes: self.coding.is_spikes().then_some(input),
            fan_out: 0.0,
            drive: None,
        }];
        let mut units_before = channels * height * width;
        let mut all_products = Vec::new();
        let said = self.run(encoded, &mut |passed| {
            let [_, _, units] = passed.currents.dims();
            if let Some(before) = layers.last_mut() {
                before.fan_out = passed.products as f64 / units_before as f64;
            }
            units_before = units;
            all_products.push(passed.products as u64);
            layers.push(LayerActivity {
                name: self.name_of(layers.len()),
                fan_out: 0.0,
                drive: Some(Drive {
                    decay: passed.units.decay(units, &passed.currents.device()),
                    currents: passed.currents,
                    firing: passed.spikes.is_some().then(|| passed.units.firing()),
                }),
                spikes: passed.spikes,
            });
        });
        let evidence = match self.readout {
            Readout::Counts => said.cumsum(0),
            Readout::Membrane => {
                let counts = Tensor::arange(1..steps as i64 + 1, &said.device()).float();
                said.cumsum(0) / counts.reshape([steps, 1, 1])
            }
        };
        // A picture's currents come once, a recording's at every step.
        let passes = if self.is_recording { steps as u64 } else { 1 };
        let first = all_products.first().copied().unwrap_or(0);
        Some(Activity {
            layers,
            evidence,
            readout: self.readout,
            dense_operations: passes * all_products.iter().sum::<u64>(),
            current_operations: if self.coding.is_spikes() {
                0
            } else {
                passes * first
            },
        })
    }
}

impl SpikingNet {
    /// The name of a stage, counted from 1.
    fn name_of(&self, stage: usize) -> String {
        let convolutions = self.convolutions.len();
        match stage.checked_sub(convolutions + 1) {
            None => format!("convolution {stage}"),
            Some(number) if number < self.hidden.len() => format!("hidden {}", number + 1),
            Some(_) => "output".into(),
        }
    }
}
