//! The spiking network.

use burn::module::Module;
use burn::nn::Linear;
use burn::nn::conv::Conv2d;
use burn::tensor::{Device, Tensor};

use super::activity::{Activity, Drive, LayerActivity};
use super::coding::{Coding, Encoded, encode_pictures, encode_recordings};
use super::config::SpikingNetConfig;
use super::options::{Readout, SpikingOptions};
use super::units::LeakyUnits;
use crate::error::{ArchitectureError, check_size};
use crate::initialization::he_uniform;
use crate::layers::activation::Activation;
use crate::layers::convolution::{Padding, conv2d, conv2d_forward};
use crate::layers::dense::{linear, linear_forward};
use crate::layers::table::LayerTable;
use crate::limits::{MAX_CHANNELS, MAX_LAYERS, MAX_PARAMETERS, MAX_SIDE, MAX_UNITS, MAX_VALUES};
use crate::network::{InputShape, Network, NetworkConfig, ZooEntry};

/// Largest number of time steps for which a picture is shown.
const MAX_STEPS: usize = 1_000;

impl NetworkConfig for SpikingNetConfig {
    type Network = SpikingNet;
    type Options = SpikingOptions;

    fn with_options(self, options: &SpikingOptions) -> Result<Self, ArchitectureError> {
        if let (Some(steps), true) = (options.time_steps, self.is_recording()) {
            return Err(ArchitectureError::NoChoice {
                choice: format!("{steps} steps of time"),
                reason: "a recording's samples are its steps: leave it out".into(),
            });
        }
        Ok(Self {
            time_steps: options.time_steps.unwrap_or(self.time_steps),
            coding: options.coding.unwrap_or(self.coding),
            decay: options.decay.unwrap_or(self.decay),
            reset: options.reset.unwrap_or(self.reset),
            surrogate: options.surrogate.unwrap_or(self.surrogate),
            readout: options.readout.unwrap_or(self.readout),
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
        let network = self.blank(&Device::flex());
        let mut table = LayerTable::default();
        let steps = self.steps();
        let over_time = |shape: &[usize]| [&[steps], shape].concat();
        let [channels, height, width] = self.encoded();
        let input = match self.is_recording() {
            true => vec![channels],
            false => vec![height, width, channels],
        };
        table.push("Coding", self.coding.name(), over_time(&input), 0);
        for (stage, ([maps, height, width], ..)) in network.convolutions.iter().zip(self.maps()) {
            let shape = over_time(&[height, width, maps]);
            let parameters = stage.sums.num_params();
            table.push("Conv2D + MaxPooling2D", "conv2d", shape.clone(), parameters);
            table.push("LIF", "lif", shape, stage.units.num_params());
        }
        let (hidden, output) = self.dense();
        let stages = network.hidden.iter().chain([&network.output]);
        let stages = stages.zip(hidden.into_iter().chain([output]));
        for (index, (stage, [_, units])) in stages.enumerate() {
            if index == network.hidden.len() {
                table.begin_head();
            }
            let shape = over_time(&[units]);
            let parameters = stage.sums.num_params();
            table.push("Dense", "dense", shape.clone(), parameters);
            table.push("LIF", "lif", shape, stage.units.num_params());
        }
        table.push("Readout", "readout", vec![self.classes], 0);
        table
    }

    fn input(&self) -> InputShape {
        InputShape::Picture(self.input)
    }
}

impl ZooEntry for SpikingNetConfig {
    fn examples() -> Vec<(&'static str, Self)> {
        vec![
            ("mnist-snn", Self::mnist(10)),
            ("mnist-conv-snn", Self::mnist_conv(10)),
            ("eeg-snn", Self::eeg(2)),
        ]
    }
}

/// Convolution or dense layer, and the units that its output drives.
#[derive(Module, Debug)]
struct Stage<S: Module> {
    sums: S,
    units: LeakyUnits,
}

/// Spiking network. Built by a [`SpikingNetConfig`].
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

/// Record of one stage.
struct StageOutput<'a> {
    units: &'a LeakyUnits,
    /// `[steps or 1, batch, units]`
    currents: Tensor<3>,
    /// `[steps, batch, units]`; `None` if the units do not fire.
    spikes: Option<Tensor<3>>,
    /// Number of multiplications of the convolution or dense layer for one step of one example.
    products: usize,
}

impl SpikingNet {
    /// Codes inputs over time.
    ///
    /// # Shapes
    /// - `inputs`: `[batch, channels, height, width]`
    /// - output: see [`Encoded`]
    fn encode(&self, inputs: Tensor<4>) -> Encoded {
        if self.is_recording {
            encode_recordings(inputs, self.coding)
        } else {
            encode_pictures(inputs, self.coding, self.time_steps)
        }
    }

    /// Runs all stages, and passes a record of each to `observe`.
    ///
    /// # Shapes
    /// - `encoded`: see [`Encoded`]
    /// - output: spikes or membranes of the output layer, `[steps, batch, classes]`
    fn run(&self, encoded: Encoded, observe: &mut dyn FnMut(StageOutput<'_>)) -> Tensor<3> {
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
            observe(StageOutput {
                units,
                currents,
                spikes,
                products,
            });
        }
        let mut rows: Tensor<2> = maps.flatten(1, 3);
        let mut dense = |Stage { sums, units }: &Stage<Linear>, fires: bool| {
            let [features, width] = sums.weight.dims();
            let currents = linear_forward(sums, rows.clone(), Activation::Identity);
            let currents = currents.reshape([given, batch, width]);
            let outputs = if fires {
                units.fire(currents.clone(), steps)
            } else {
                units.integrate(currents.clone(), steps)
            };
            rows = outputs.clone().reshape([steps * batch, width]);
            given = steps;
            observe(StageOutput {
                units,
                currents,
                spikes: fires.then(|| outputs.clone()),
                products: features * width,
            });
            outputs
        };
        for stage in &self.hidden {
            dense(stage, true);
        }
        dense(&self.output, self.readout == Readout::Counts)
    }
}

/// Counts the multiplications of a convolution of one input.
fn products(conv: &Conv2d, [_, _, height, width]: [usize; 4]) -> usize {
    let [filters, channels, rows, columns] = conv.weight.dims();
    let places = (height + 1 - rows) * (width + 1 - columns);
    filters * channels * rows * columns * places
}

impl Network for SpikingNet {
    type Input = Tensor<4>;
    type Output = Tensor<2>;

    /// Computes the logits of pictures or recordings.
    ///
    /// # Shapes
    /// - `inputs`: `[batch, channels, height, width]`
    /// - output: `[batch, classes]`
    fn forward(&self, inputs: Tensor<4>) -> Tensor<2> {
        let outputs = self.run(self.encode(inputs), &mut |_| ());
        match self.readout {
            Readout::Counts => outputs.sum_dim(0),
            Readout::Membrane => outputs.mean_dim(0),
        }
        .squeeze_dim(0)
    }
}

impl SpikingNet {
    /// Computes the logits and records what the units do over time.
    ///
    /// # Shapes
    /// - `inputs`: `[batch, channels, height, width]`
    pub fn activity(&self, inputs: Tensor<4>) -> Activity {
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
        let outputs = self.run(encoded, &mut |stage| {
            let [_, _, units] = stage.currents.dims();
            if let Some(before) = layers.last_mut() {
                before.fan_out = stage.products as f64 / units_before as f64;
            }
            units_before = units;
            all_products.push(stage.products as u64);
            layers.push(LayerActivity {
                name: self.stage_name(layers.len()),
                fan_out: 0.0,
                drive: Some(Drive {
                    decay: stage.units.decay(units, &stage.currents.device()),
                    currents: stage.currents,
                    firing: stage.spikes.is_some().then(|| stage.units.firing()),
                }),
                spikes: stage.spikes,
            });
        });
        // A picture is multiplied once, a recording at every step.
        let passes = if self.is_recording { steps as u64 } else { 1 };
        let first = all_products.first().copied().unwrap_or(0);
        Activity {
            layers,
            logits: self.running_logits(outputs),
            readout: self.readout,
            dense_operations: passes * all_products.iter().sum::<u64>(),
            current_operations: if self.coding.is_spikes() {
                0
            } else {
                passes * first
            },
        }
    }

    /// Computes the logits that the network would output if it stopped after each step.
    ///
    /// # Shapes
    /// - `outputs` and output: `[steps, batch, classes]`
    fn running_logits(&self, outputs: Tensor<3>) -> Tensor<3> {
        let [steps, ..] = outputs.dims();
        match self.readout {
            Readout::Counts => outputs.cumsum(0),
            Readout::Membrane => {
                let counts = Tensor::arange(1..steps as i64 + 1, &outputs.device()).float();
                outputs.cumsum(0) / counts.reshape([steps, 1, 1])
            }
        }
    }

    /// Returns the name of a stage, counted from 1.
    fn stage_name(&self, stage: usize) -> String {
        let convolutions = self.convolutions.len();
        match stage.checked_sub(convolutions + 1) {
            None => format!("convolution {stage}"),
            Some(number) if number < self.hidden.len() => format!("hidden {}", number + 1),
            Some(_) => "output".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_have_the_documented_shapes() {
        let device = Device::flex();
        for readout in [Readout::Counts, Readout::Membrane] {
            let config = SpikingNetConfig::new([2, 8, 6], vec![[3, 3]], vec![5], 4)
                .with_time_steps(7)
                .with_readout(readout);
            let network = config.init(&device);
            let inputs = Tensor::ones([2, 2, 8, 6], &device);
            assert_eq!(network.forward(inputs.clone()).dims(), [2, 4]);
            let activity = network.activity(inputs);
            assert_eq!(activity.logits.dims(), [7, 2, 4]);
            let units: Vec<usize> = (activity.layers.iter())
                .filter_map(|layer| layer.drive.as_ref())
                .map(|drive| {
                    let [steps, batch, units] = drive.membranes(7).dims();
                    assert_eq!((steps, batch), (7, 2));
                    assert_eq!(drive.decay.dims(), [units]);
                    units
                })
                .collect();
            assert_eq!(units, [3 * 3 * 2, 5, 4]);
        }
    }
}
