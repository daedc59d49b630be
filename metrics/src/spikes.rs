//! What a spiking network spends on its answers, and how soon it could have given them.

use serde::Serialize;

/// Energy of a sum and of a product with its sum, 32-bit floats at 45 nm, in picojoules (Horowitz 2014,
/// <https://doi.org/10.1109/ISSCC.2014.6757323>).
const PICOJOULES: [f64; 2] = [0.9, 4.6];

/// Figures of a spiking network over a part.
#[derive(Clone, Debug, Serialize)]
pub struct SpikeFigures {
    /// The accuracy had it answered after each step, the first step first.
    pub accuracy_by_step: Vec<f64>,
    /// Spikes of one answer, of all layers, the input's included.
    pub spikes_per_answer: f64,
    /// From the input, where it is spikes, to the output, where it fires.
    pub layers: Vec<LayerSpikes>,
    /// What one answer costs, beside the same network without spikes.
    pub operations: Operations,
}

/// Spikes of a layer.
#[derive(Clone, Debug, Serialize)]
pub struct LayerSpikes {
    /// Its name.
    pub name: String,
    /// How many units it has.
    pub units: usize,
    /// Spikes of one answer.
    pub per_answer: f64,
    /// Of a unit at a step.
    pub rate: f64,
}

/// Operations of one answer.
#[derive(Clone, Debug, Serialize)]
pub struct Operations {
    /// Sums that spikes cause: each adds its weight to every unit that it reaches.
    pub spike_sums: f64,
    /// Products with their sums where currents go in instead of spikes.
    pub current_products: f64,
    /// Products with their sums for the membranes: one for each unit and step.
    pub membrane_products: f64,
    /// Products with their sums of the same network without spikes.
    pub without_spikes: f64,
    /// The energy of all of it over that of the same network without spikes, by the energies of 32-bit sums and
    /// products at 45 nm: an estimate for hardware that does nothing where no spike comes. A processor like this
    /// one computes every step in full.
    pub energy_ratio: f64,
}

/// What adds up over examples.
#[derive(Clone, Debug, PartialEq)]
pub struct SpikeCounts {
    /// The number of examples.
    pub examples: usize,
    /// The number of steps of one example.
    pub steps: usize,
    /// The number of right answers after each step.
    pub right: Vec<usize>,
    /// The layers that fire.
    pub layers: Vec<LayerCounts>,
    /// Sums that spikes cause.
    pub spike_sums: f64,
    /// Membranes of all layers.
    pub membranes: usize,
    /// Products with their sums of one example where currents go in instead of spikes.
    pub current_operations: u64,
    /// Products with their sums of one example of the same network without spikes.
    pub dense_operations: u64,
}

/// Spikes of a layer, summed over examples.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerCounts {
    /// Its name.
    pub name: String,
    /// How many units it has.
    pub units: usize,
    /// Its spikes.
    pub spikes: f64,
}

impl SpikeCounts {
    /// The figures of one answer.
    pub fn figures(self) -> SpikeFigures {
        let (steps, examples) = (self.steps as f64, self.examples as f64);
        let layers: Vec<_> = (self.layers.into_iter())
            .map(|layer| LayerSpikes {
                per_answer: layer.spikes / examples,
                rate: layer.spikes / examples / (layer.units as f64 * steps),
                name: layer.name,
                units: layer.units,
            })
            .collect();
        let [
            spike_sums,
            current_products,
            membrane_products,
            without_spikes,
        ] = [
            self.spike_sums / examples,
            self.current_operations as f64,
            self.membranes as f64 * steps,
            self.dense_operations as f64,
        ];
        let [sum, product] = PICOJOULES;
        let energy = sum * spike_sums + product * (current_products + membrane_products);
        SpikeFigures {
            accuracy_by_step: (self.right.iter())
                .map(|right| *right as f64 / examples)
                .collect(),
            spikes_per_answer: layers.iter().map(|layer| layer.per_answer).sum(),
            layers,
            operations: Operations {
                spike_sums,
                current_products,
                membrane_products,
                without_spikes,
                energy_ratio: energy / (product * without_spikes),
            },
        }
    }
}
