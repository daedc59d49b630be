//! What the units of a spiking network did: for rasters, membranes, and counts of what was computed.

use burn::tensor::Tensor;
use kernels::Firing;

use super::Readout;
use super::units::integrate;

/// What a batch excited, layer by layer.
#[derive(Clone, Debug)]
pub struct Activity {
    /// From the input, where it is spikes, to the output.
    pub layers: Vec<LayerActivity>,
    /// What the network would have answered had it stopped after each step: logits, `[steps, batch, classes]`.
    pub evidence: Tensor<3>,
    /// What that evidence is.
    pub readout: Readout,
    /// Products and sums of one pass through the same network without spikes and time, one of each.
    pub dense_operations: u64,
    /// Products and sums of this network that no spike decides: where currents go in instead of spikes.
    pub current_operations: u64,
}

/// One layer.
#[derive(Clone, Debug)]
pub struct LayerActivity {
    /// Its name.
    pub name: String,
    /// 0 or 1, `[steps, batch, units]`; nothing where its units do not fire.
    pub spikes: Option<Tensor<3>>,
    /// How many units of the next layer a spike reaches, on average.
    pub fan_out: f64,
    /// What drives the membranes; nothing for an input.
    pub drive: Option<Drive>,
}

/// What drives membranes.
#[derive(Clone, Debug)]
pub struct Drive {
    /// `[steps or 1, batch, units]`
    pub currents: Tensor<3>,
    /// `[units]`
    pub decay: Tensor<1>,
    /// How they fire, if they do.
    pub firing: Option<Firing>,
}

impl Drive {
    /// The membranes, `[steps, batch, units]`.
    pub fn membranes(&self, steps: usize) -> Tensor<3> {
        let (currents, decay) = (self.currents.clone(), self.decay.clone());
        match self.firing {
            Some(firing) => kernels::leaky_membranes(currents, decay, steps, firing).1,
            None => integrate(currents, decay, steps),
        }
    }
}

impl Activity {
    /// What the evidence is called.
    pub fn evidence_name(&self) -> &'static str {
        match self.readout {
            Readout::Counts => "spikes of each class so far",
            Readout::Membrane => "mean membrane of each class so far",
        }
    }

    /// Spikes of each example in all layers, the input's included: `[batch]`.
    pub fn spikes(&self) -> Option<Tensor<1>> {
        let counts = self.layers.iter().filter_map(|layer| layer.counts());
        counts.reduce(|one, other| one + other)
    }

    /// Sums that spikes caused, for each example: each spike adds its weight to every unit that it reaches. `[batch]`.
    pub fn spike_operations(&self) -> Option<Tensor<1>> {
        let operations = (self.layers.iter())
            .filter_map(|layer| layer.counts().map(|counts| counts * layer.fan_out));
        operations.reduce(|one, other| one + other)
    }
}

/// What one example excited, in plain numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Excited {
    /// The name of each layer that fires, how many units it has, and its spikes `[steps][units]`, each 0 or 1.
    pub layers: Vec<(String, usize, Vec<f32>)>,
    /// The logits after each step, `[steps][classes]`.
    pub evidence: Vec<Vec<f64>>,
}

impl Activity {
    /// What the example of that number excited.
    ///
    /// # Panics
    /// If the batch holds no such example.
    pub fn of(&self, example: usize) -> Excited {
        let numbers = |tensor: &Tensor<3>| tensor.clone().narrow(1, example, 1).into_data();
        let [_, _, classes] = self.evidence.dims();
        let evidence: Vec<f64> = numbers(&self.evidence).iter::<f64>().collect();
        let fired = |layer: &LayerActivity| {
            let spikes = layer.spikes.as_ref()?;
            let [_, _, units] = spikes.dims();
            Some((
                layer.name.clone(),
                units,
                numbers(spikes).iter::<f32>().collect(),
            ))
        };
        Excited {
            layers: self.layers.iter().filter_map(fired).collect(),
            evidence: evidence.chunks(classes).map(<[f64]>::to_vec).collect(),
        }
    }
}

impl LayerActivity {
    /// Spikes of each example, `[batch]`.
    pub fn counts(&self) -> Option<Tensor<1>> {
        let spikes = self.spikes.clone()?;
        let [_, batch, _] = spikes.dims();
        Some(spikes.sum_dim(2).sum_dim(0).reshape([batch]))
    }
}
