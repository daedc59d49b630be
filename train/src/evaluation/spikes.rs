//! What a spiking network spends on its answers, and how soon it could have given them.

use anyhow::Result;
use burn::data::dataloader::DataLoader;
use burn::tensor::Tensor;
use datasets::Labels;
use models::{Activity, Network};
use serde::Serialize;

use crate::console::progress_bar;
use crate::supervised::Batch;

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

/// Runs the network over the whole loader, showing a bar; nothing if it does not spike.
///
/// # Errors
/// When the loader or the device fails.
pub fn spikes<N, B>(network: &N, loader: &dyn DataLoader<B>) -> Result<Option<SpikeFigures>>
where
    N: Network<Output = Tensor<2>>,
    B: Batch<Input = N::Input, Target = Labels>,
{
    let mut sums: Option<Sums> = None;
    let bar = progress_bar(loader.num_items() as u64, "spikes");
    for batch in loader.iter() {
        let (input, labels) = batch?.into_parts();
        let Some(activity) = network.activity(input) else {
            break;
        };
        let labels: Vec<i64> = labels.own.into_data().iter::<i64>().collect();
        bar.inc(labels.len() as u64);
        sums.get_or_insert_with(|| Sums::new(&activity))
            .add(&activity, &labels);
    }
    bar.finish_and_clear();
    Ok(sums.map(Sums::figures))
}

/// What adds up over examples.
struct Sums {
    examples: f64,
    steps: usize,
    right: Vec<usize>,
    /// Spikes of each layer that fires.
    layers: Vec<(String, usize, f64)>,
    spike_sums: f64,
    /// Membranes of all layers.
    membranes: usize,
    current_operations: u64,
    dense_operations: u64,
}

impl Sums {
    fn new(activity: &Activity) -> Self {
        let [steps, ..] = activity.evidence.dims();
        let units = |tensor: &Tensor<3>| tensor.dims()[2];
        let firing = activity.layers.iter().filter_map(|layer| {
            let spikes = layer.spikes.as_ref()?;
            Some((layer.name.clone(), units(spikes), 0.0))
        });
        let driven = activity
            .layers
            .iter()
            .filter_map(|layer| layer.drive.as_ref());
        Self {
            examples: 0.0,
            steps,
            right: vec![0; steps],
            layers: firing.collect(),
            spike_sums: 0.0,
            membranes: driven.map(|drive| units(&drive.currents)).sum(),
            current_operations: activity.current_operations,
            dense_operations: activity.dense_operations,
        }
    }

    fn add(&mut self, activity: &Activity, labels: &[i64]) {
        let total = |counts: Tensor<1>| counts.into_data().iter::<f64>().sum::<f64>();
        self.examples += labels.len() as f64;
        self.spike_sums += activity.spike_operations().map_or(0.0, total);
        let counts = activity.layers.iter().filter_map(|layer| layer.counts());
        for ((.., sum), counts) in self.layers.iter_mut().zip(counts) {
            *sum += total(counts);
        }
        let answers = activity.evidence.clone().argmax(2).into_data();
        let answers: Vec<i64> = answers.iter::<i64>().collect();
        for (right, answers) in self.right.iter_mut().zip(answers.chunks(labels.len())) {
            *right += answers
                .iter()
                .zip(labels)
                .filter(|(answer, label)| answer == label)
                .count();
        }
    }

    fn figures(self) -> SpikeFigures {
        let steps = self.steps as f64;
        let layers: Vec<_> = (self.layers.into_iter())
            .map(|(name, units, sum)| LayerSpikes {
                name,
                units,
                per_answer: sum / self.examples,
                rate: sum / self.examples / (units as f64 * steps),
            })
            .collect();
        let [
            spike_sums,
            current_products,
            membrane_products,
            without_spikes,
        ] = [
            self.spike_sums / self.examples,
            self.current_operations as f64,
            self.membranes as f64 * steps,
            self.dense_operations as f64,
        ];
        let [sum, product] = PICOJOULES;
        let energy = sum * spike_sums + product * (current_products + membrane_products);
        SpikeFigures {
            accuracy_by_step: (self.right.iter())
                .map(|right| *right as f64 / self.examples)
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
