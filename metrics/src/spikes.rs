//! Activity of spiking networks: accuracy over time, spike rates, and the operations and energy of one prediction.

use serde::Serialize;

/// Energy of a 32-bit floating-point addition at 45 nm, in picojoules (Horowitz 2014,
/// <https://doi.org/10.1109/ISSCC.2014.6757323>).
const ADDITION_PICOJOULES: f64 = 0.9;

/// Energy of a 32-bit floating-point multiplication (3.7 pJ) and addition at 45 nm, in picojoules (same source).
const MULTIPLY_ADD_PICOJOULES: f64 = 4.6;

/// Activity of a spiking network on one part of the data, per prediction.
#[derive(Clone, Debug, Serialize)]
pub struct SpikeMetrics {
    /// Accuracy if the network's evidence is read out after each step, the first step first.
    pub accuracy_by_step: Vec<f64>,
    /// Spikes per prediction, summed over all layers and including the input's.
    pub spikes_per_answer: f64,
    /// Firing layers, from the input (if it consists of spikes) to the output (if it fires).
    pub layers: Vec<LayerSpikes>,
    /// Operations per prediction, and those of the same network without spikes.
    pub operations: OperationCounts,
}

/// Spikes of one layer.
#[derive(Clone, Debug, Serialize)]
pub struct LayerSpikes {
    /// Name of the layer.
    pub name: String,
    /// Number of units.
    pub units: usize,
    /// Spikes per prediction.
    pub per_answer: f64,
    /// Spikes per unit and step, from 0 to 1.
    pub rate: f64,
}

/// Operations of one prediction.
#[derive(Clone, Debug, Serialize)]
pub struct OperationCounts {
    /// Additions caused by spikes: each spike adds its weight to every unit that it reaches.
    pub spike_sums: f64,
    /// Multiply-adds of layers whose input is currents instead of spikes.
    pub current_products: f64,
    /// Multiply-adds of the membranes: one per unit and step.
    pub membrane_products: f64,
    /// Multiply-adds of the same network without spikes.
    pub without_spikes: f64,
    /// Energy of all operations over that of the same network without spikes.
    ///
    /// An estimate for hardware that is idle without a spike, from the energies of 32-bit operations at 45 nm; a
    /// general-purpose processor computes every step in full. Not finite for a network without multiply-adds.
    pub energy_ratio: f64,
}

/// Counts of a spiking network, summed over examples.
#[derive(Clone, Debug, PartialEq)]
pub struct SpikeCounts {
    /// Number of examples.
    pub examples: usize,
    /// Number of steps per example.
    pub steps: usize,
    /// Number of correct predictions after each step.
    pub correct: Vec<usize>,
    /// Firing layers.
    pub layers: Vec<LayerCounts>,
    /// Additions caused by spikes, over all examples.
    pub spike_additions: f64,
    /// Number of membranes, over all layers.
    pub membranes: usize,
    /// Multiply-adds per example of layers whose input is currents instead of spikes.
    pub current_operations: u64,
    /// Multiply-adds per example of the same network without spikes.
    pub dense_operations: u64,
}

/// Spikes of one layer, summed over examples.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerCounts {
    /// Name of the layer.
    pub name: String,
    /// Number of units.
    pub units: usize,
    /// Number of spikes.
    pub spikes: f64,
}

impl SpikeCounts {
    /// Adds the predictions of one batch after one step.
    ///
    /// # Panics
    /// If `step` is not below the number of steps.
    pub fn add_predictions(&mut self, step: usize, predicted: &[i64], labels: &[i64]) {
        let pairs = predicted.iter().zip(labels);
        self.correct[step] += pairs
            .filter(|(predicted, label)| predicted == label)
            .count();
    }

    /// Computes the metrics per prediction; all counts are 0 without an example.
    ///
    /// # Examples
    /// ```
    /// use metrics::spikes::{LayerCounts, SpikeCounts};
    ///
    /// let metrics = SpikeCounts {
    ///     examples: 10,
    ///     steps: 4,
    ///     correct: vec![5, 7, 8, 9],
    ///     layers: vec![LayerCounts { name: "hidden".into(), units: 20, spikes: 400.0 }],
    ///     spike_additions: 4_000.0,
    ///     membranes: 30,
    ///     current_operations: 80,
    ///     dense_operations: 1_000,
    /// }
    /// .metrics();
    /// assert_eq!(metrics.accuracy_by_step, [0.5, 0.7, 0.8, 0.9]);
    /// assert_eq!((metrics.spikes_per_answer, metrics.layers[0].rate), (40.0, 0.5));
    /// ```
    pub fn metrics(self) -> SpikeMetrics {
        let steps = self.steps as f64;
        let examples = self.examples.max(1) as f64;
        let layers: Vec<_> = (self.layers.into_iter())
            .map(|layer| LayerSpikes {
                per_answer: layer.spikes / examples,
                rate: layer.spikes / examples / (layer.units as f64 * steps),
                name: layer.name,
                units: layer.units,
            })
            .collect();
        let spike_sums = self.spike_additions / examples;
        let current_products = self.current_operations as f64;
        let membrane_products = self.membranes as f64 * steps;
        let without_spikes = self.dense_operations as f64;
        let energy = ADDITION_PICOJOULES * spike_sums
            + MULTIPLY_ADD_PICOJOULES * (current_products + membrane_products);
        SpikeMetrics {
            accuracy_by_step: (self.correct.iter())
                .map(|correct| *correct as f64 / examples)
                .collect(),
            spikes_per_answer: layers.iter().map(|layer| layer.per_answer).sum(),
            layers,
            operations: OperationCounts {
                spike_sums,
                current_products,
                membrane_products,
                without_spikes,
                energy_ratio: energy / (MULTIPLY_ADD_PICOJOULES * without_spikes),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts() -> SpikeCounts {
        SpikeCounts {
            examples: 0,
            steps: 2,
            correct: vec![0; 2],
            layers: vec![LayerCounts {
                name: "hidden".to_owned(),
                units: 5,
                spikes: 0.0,
            }],
            spike_additions: 0.0,
            membranes: 6,
            current_operations: 10,
            dense_operations: 50,
        }
    }

    /// 0.9 pJ * 100 additions + 4.6 pJ * (10 + 6 * 2) multiply-adds, over 4.6 pJ * 50.
    #[test]
    fn the_energy_ratio_by_hand() {
        let mut counts = counts();
        counts.examples = 4;
        counts.spike_additions = 400.0;
        counts.layers[0].spikes = 12.0;
        counts.add_predictions(0, &[0, 1, 2, 0], &[0, 1, 1, 1]);
        counts.add_predictions(1, &[0, 1, 1, 0], &[0, 1, 1, 1]);
        let metrics = counts.metrics();
        assert_eq!(metrics.accuracy_by_step, [0.5, 0.75]);
        assert_eq!(
            (metrics.layers[0].per_answer, metrics.layers[0].rate),
            (3.0, 0.3)
        );
        let expected = (0.9 * 100.0 + 4.6 * 22.0) / (4.6 * 50.0);
        let found = metrics.operations.energy_ratio;
        assert!((found - expected).abs() < 1e-12, "{found}");
    }

    #[test]
    fn without_an_example_nothing_is_correct_and_nothing_fires() {
        let metrics = counts().metrics();
        assert_eq!(metrics.accuracy_by_step, [0.0, 0.0]);
        assert_eq!(metrics.spikes_per_answer, 0.0);
    }
}
