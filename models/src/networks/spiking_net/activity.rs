//! Records of a spiking network's activity: spikes, membranes and counts of operations.

use burn::tensor::Tensor;
use kernels::SpikeParameters;

use super::options::Readout;
use super::units::integrate;

/// Activity of a spiking network for one batch, layer by layer.
#[derive(Clone, Debug)]
pub struct Activity {
    /// Activity of each layer, from the input to the output.
    pub layers: Vec<LayerActivity>,
    /// Logits that the network would output if it stopped after each step, `[steps, batch, classes]`.
    pub logits: Tensor<3>,
    /// Readout that the logits come from.
    pub readout: Readout,
    /// Number of multiply-accumulate operations of one pass through the same network without spikes and time.
    pub dense_operations: u64,
    /// Number of multiply-accumulate operations on currents instead of spikes, which do not depend on the activity.
    pub current_operations: u64,
}

/// Activity of one layer.
#[derive(Clone, Debug)]
pub struct LayerActivity {
    /// Name of the layer.
    pub name: String,
    /// Spikes, 0 or 1, `[steps, batch, units]`; `None` if the units do not fire.
    pub spikes: Option<Tensor<3>>,
    /// Number of units of the next layer that a spike reaches, on average.
    pub fan_out: f64,
    /// Drive of the membranes; `None` for the input.
    pub drive: Option<Drive>,
}

/// Input currents of a layer's membranes, with the parameters of the units.
#[derive(Clone, Debug)]
pub struct Drive {
    /// Input currents, `[steps or 1, batch, units]`.
    pub currents: Tensor<3>,
    /// Decay of each membrane per step, `[units]`.
    pub decay: Tensor<1>,
    /// Threshold and reset; `None` if the units do not fire.
    pub firing: Option<SpikeParameters>,
}

impl Drive {
    /// Computes the membrane potentials.
    ///
    /// # Shapes
    /// - output: `[steps, batch, units]`
    pub fn membranes(&self, steps: usize) -> Tensor<3> {
        let (currents, decay) = (self.currents.clone(), self.decay.clone());
        match self.firing {
            Some(firing) => kernels::leaky_membranes(currents, decay, steps, firing).1,
            None => integrate(currents, decay, steps),
        }
    }
}

impl Activity {
    /// Returns a description of the logits after each step, for figures.
    pub fn logits_name(&self) -> &'static str {
        match self.readout {
            Readout::Counts => "spikes of each class so far",
            Readout::Membrane => "mean membrane of each class so far",
        }
    }

    /// Counts the spikes of each example in all layers, the input included.
    ///
    /// Returns `None` if no layer fires.
    ///
    /// # Shapes
    /// - output: `[batch]`
    pub fn spikes(&self) -> Option<Tensor<1>> {
        let counts = self.layers.iter().filter_map(|layer| layer.counts());
        counts.reduce(|one, other| one + other)
    }

    /// Counts the additions that the spikes of each example cause: a spike adds a weight to every unit that it reaches.
    ///
    /// Returns `None` if no layer fires.
    ///
    /// # Shapes
    /// - output: `[batch]`
    pub fn spike_operations(&self) -> Option<Tensor<1>> {
        let operations = (self.layers.iter())
            .filter_map(|layer| layer.counts().map(|counts| counts * layer.fan_out));
        operations.reduce(|one, other| one + other)
    }
}

/// Activity for one example, in plain numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct ExampleActivity {
    /// Spikes of each layer that fires.
    pub layers: Vec<LayerSpikes>,
    /// Logits after each step, `[steps][classes]`.
    pub logits: Vec<Vec<f64>>,
}

/// Spikes of one layer for one example.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerSpikes {
    /// Name of the layer.
    pub name: String,
    /// Number of units.
    pub units: usize,
    /// 0 or 1 for each step and unit, `steps * units` values step by step.
    pub spikes: Vec<f32>,
}

impl Activity {
    /// Returns the activity for one example of the batch.
    ///
    /// # Panics
    /// If the batch has no such example.
    pub fn example(&self, example: usize) -> ExampleActivity {
        let numbers = |tensor: &Tensor<3>| tensor.clone().narrow(1, example, 1).into_data();
        let [_, _, classes] = self.logits.dims();
        let logits: Vec<f64> = numbers(&self.logits).iter::<f64>().collect();
        let spikes = |layer: &LayerActivity| {
            let spikes = layer.spikes.as_ref()?;
            let [_, _, units] = spikes.dims();
            Some(LayerSpikes {
                name: layer.name.clone(),
                units,
                spikes: numbers(spikes).iter::<f32>().collect(),
            })
        };
        ExampleActivity {
            layers: self.layers.iter().filter_map(spikes).collect(),
            logits: logits.chunks(classes).map(<[f64]>::to_vec).collect(),
        }
    }
}

impl LayerActivity {
    /// Counts the spikes of each example; `None` if the units do not fire.
    ///
    /// # Shapes
    /// - output: `[batch]`
    pub fn counts(&self) -> Option<Tensor<1>> {
        let spikes = self.spikes.clone()?;
        let [_, batch, _] = spikes.dims();
        Some(spikes.sum_dim(2).sum_dim(0).reshape([batch]))
    }
}
