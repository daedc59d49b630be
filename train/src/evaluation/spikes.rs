//! The activity of a spiking network over a whole part.

use anyhow::Result;
use burn::data::dataloader::DataLoader;
use burn::tensor::Tensor;
use datasets::Labels;
use metrics::spikes::{LayerCounts, SpikeCounts, SpikeFigures};
use models::{Activity, Network};

use crate::console::progress_bar;
use crate::supervised::Batch;

/// Runs the network over the whole loader, showing a bar; nothing if it does not spike.
///
/// # Errors
/// When the loader or the device fails.
pub fn spikes<N, B>(network: &N, loader: &dyn DataLoader<B>) -> Result<Option<SpikeFigures>>
where
    N: Network<Output = Tensor<2>>,
    B: Batch<Input = N::Input, Target = Labels>,
{
    let mut counts: Option<SpikeCounts> = None;
    let bar = progress_bar(loader.num_items() as u64, "spikes");
    for batch in loader.iter() {
        let (input, labels) = batch?.into_parts();
        let Some(activity) = network.activity(input) else {
            break;
        };
        let labels: Vec<i64> = labels.own.into_data().iter::<i64>().collect();
        bar.inc(labels.len() as u64);
        add(
            counts.get_or_insert_with(|| counts_of(&activity)),
            &activity,
            &labels,
        );
    }
    bar.finish_and_clear();
    Ok(counts.map(SpikeCounts::figures))
}

/// Nothing counted yet of a network with this activity.
fn counts_of(activity: &Activity) -> SpikeCounts {
    let [steps, ..] = activity.evidence.dims();
    let units = |tensor: &Tensor<3>| tensor.dims()[2];
    let firing = activity.layers.iter().filter_map(|layer| {
        let spikes = layer.spikes.as_ref()?;
        Some(LayerCounts {
            name: layer.name.clone(),
            units: units(spikes),
            spikes: 0.0,
        })
    });
    let driven = activity
        .layers
        .iter()
        .filter_map(|layer| layer.drive.as_ref());
    SpikeCounts {
        examples: 0,
        steps,
        right: vec![0; steps],
        layers: firing.collect(),
        spike_sums: 0.0,
        membranes: driven.map(|drive| units(&drive.currents)).sum(),
        current_operations: activity.current_operations,
        dense_operations: activity.dense_operations,
    }
}

/// Adds the examples of a batch.
fn add(sums: &mut SpikeCounts, activity: &Activity, labels: &[i64]) {
    let total = |counts: Tensor<1>| counts.into_data().iter::<f64>().sum::<f64>();
    sums.examples += labels.len();
    sums.spike_sums += activity.spike_operations().map_or(0.0, total);
    let counts = activity.layers.iter().filter_map(|layer| layer.counts());
    for (layer, counts) in sums.layers.iter_mut().zip(counts) {
        layer.spikes += total(counts);
    }
    let answers = activity.evidence.clone().argmax(2).into_data();
    let answers: Vec<i64> = answers.iter::<i64>().collect();
    for (right, answers) in sums.right.iter_mut().zip(answers.chunks(labels.len())) {
        *right += answers
            .iter()
            .zip(labels)
            .filter(|(answer, label)| answer == label)
            .count();
    }
}
