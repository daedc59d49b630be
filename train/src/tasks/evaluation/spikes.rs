//! Activity of spiking networks over one part of the data.

use anyhow::Result;
use burn::data::dataloader::DataLoader;
use burn::tensor::Tensor;
use datasets::ImageBatch;
use metrics::spikes::{LayerCounts, SpikeCounts, SpikeMetrics};
use models::Activity;

use crate::fit::batch::Batch;
use crate::fit::console::progress_bar;

/// Measures the activity of a network over every example of `loader`, with a progress bar; `None` if the loader is
/// empty.
///
/// # Errors
/// When the loader or the device fails.
pub fn spike_metrics(
    activity: &dyn Fn(Tensor<4>) -> Activity,
    loader: &dyn DataLoader<ImageBatch>,
) -> Result<Option<SpikeMetrics>> {
    let mut counts: Option<SpikeCounts> = None;
    let bar = progress_bar(loader.num_items() as u64, "spikes");
    for batch in loader.iter() {
        let (input, labels) = batch?.into_parts();
        let activity = activity(input);
        let labels: Vec<i64> = labels.own.into_data().iter::<i64>().collect();
        bar.inc(labels.len() as u64);
        let counts = counts.get_or_insert_with(|| empty_counts(&activity));
        add_batch(counts, &activity, &labels);
    }
    bar.finish_and_clear();
    Ok(counts.map(SpikeCounts::metrics))
}

/// Creates the counts of no example, for a network with layers like those of `activity`.
fn empty_counts(activity: &Activity) -> SpikeCounts {
    let [steps, ..] = activity.logits.dims();
    let units = |tensor: &Tensor<3>| tensor.dims()[2];
    let firing = activity.layers.iter().filter_map(|layer| {
        let spikes = layer.spikes.as_ref()?;
        Some(LayerCounts {
            name: layer.name.clone(),
            units: units(spikes),
            spikes: 0.0,
        })
    });
    let layers = activity.layers.iter();
    let driven = layers.filter_map(|layer| layer.drive.as_ref());
    SpikeCounts {
        examples: 0,
        steps,
        correct: vec![0; steps],
        layers: firing.collect(),
        spike_additions: 0.0,
        membranes: driven.map(|drive| units(&drive.currents)).sum(),
        current_operations: activity.current_operations,
        dense_operations: activity.dense_operations,
    }
}

/// Adds the spikes and the predictions of one batch.
fn add_batch(counts: &mut SpikeCounts, activity: &Activity, labels: &[i64]) {
    let total = |counts: Tensor<1>| counts.into_data().iter::<f64>().sum::<f64>();
    counts.examples += labels.len();
    counts.spike_additions += activity.spike_operations().map_or(0.0, total);
    let spikes = activity.layers.iter().filter_map(|layer| layer.counts());
    for (layer, spikes) in counts.layers.iter_mut().zip(spikes) {
        layer.spikes += total(spikes);
    }
    let predicted = activity.logits.clone().argmax(2).into_data();
    let predicted: Vec<i64> = predicted.iter::<i64>().collect();
    let steps = predicted.chunks(labels.len()).take(counts.steps);
    for (step, predicted) in steps.enumerate() {
        counts.add_predictions(step, predicted, labels);
    }
}
