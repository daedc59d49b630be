//! Stand-ins for EEG recordings, and out-of-distribution signals.

use std::f32::consts::TAU;

use rand::{Rng, RngExt};

use super::generator::generator;
use crate::dataset::Origin;
use crate::hash::sha256_hex;
use crate::signals::SignalSet;
use crate::signals::eeg::{self, CHUNKS, CLASSES, RATE_HZ, SAMPLES, label_of};

/// The kinds of out-of-distribution signals, generated in turn.
pub const OOD_SIGNALS: [&str; 6] = ["flat", "hum", "noise", "ramp", "clicks", "square"];

/// Generates at least `count` segments of recordings of the five kinds of the Bonn data, 23 of each recording. Each recording
/// is a slow random walk with a rhythm: fast and strong spikes and waves in a seizure, 10 Hz with closed eyes, slower near
/// a tumour. With 2 `classes`, the labels are seizure and rest.
pub fn eeg(count: usize, classes: usize, seed: u64) -> SignalSet {
    let recordings = count.div_ceil(CHUNKS).max(1);
    let mut set = eeg::empty(classes, true);
    set.values.reserve(recordings * CHUNKS * SAMPLES);
    for recording in 0..recordings {
        let kind = recording % CLASSES + 1;
        let values = record(kind, CHUNKS * SAMPLES, &mut generator(seed, recording));
        for (chunk, segment) in values.chunks_exact(SAMPLES).enumerate() {
            let bytes: Vec<u8> = segment
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect();
            set.values.extend(segment);
            set.labels.push(label_of(kind, classes));
            set.recordings.push(recording);
            set.origins.push(Origin {
                path: format!("X{}.V1.{}", chunk + 1, recording + 1),
                sha256: sha256_hex(&bytes),
                official: None,
            });
        }
    }
    set
}

/// Generates a recording of kind 1 (seizure) to 5 (eyes open), in microvolts.
fn record(kind: usize, samples: usize, rng: &mut impl Rng) -> Vec<f32> {
    // Frequency of the rhythm in hertz, its amplitude, and the amplitude of the walk.
    let (rhythm, strength, walk) = match kind {
        1 => (
            rng.random_range(3.0..6.0),
            rng.random_range(150.0..400.0),
            25.0,
        ),
        2 => (
            rng.random_range(1.0..2.5),
            rng.random_range(30.0..60.0),
            12.0,
        ),
        3 => (
            rng.random_range(2.0..4.0),
            rng.random_range(20.0..45.0),
            9.0,
        ),
        4 => (
            rng.random_range(9.0..11.5),
            rng.random_range(35.0..70.0),
            9.0,
        ),
        _ => (
            rng.random_range(14.0..22.0),
            rng.random_range(8.0..18.0),
            12.0,
        ),
    };
    let mut phase: f32 = rng.random_range(0.0..TAU);
    let mut level = 0.0f32;
    (0..samples)
        .map(|_| {
            phase += TAU * rhythm / RATE_HZ as f32 * rng.random_range(0.8..1.2);
            level = 0.97 * level + walk * rng.random_range(-1.0..1.0);
            // The waves of a seizure are sharp.
            let wave = if kind == 1 {
                phase.cos().powi(5) - 0.4 * (0.5 * phase).sin()
            } else {
                phase.cos()
            };
            (level + strength * wave).round()
        })
        .collect()
}

/// Generates out-of-distribution signal `index` of the series of `seed`, and returns its kind.
pub fn ood_signal(index: usize, samples: usize, seed: u64) -> (&'static str, Vec<f32>) {
    let rng = &mut generator(seed, index);
    let kind = OOD_SIGNALS[index % OOD_SIGNALS.len()];
    let strength: f32 = 10f32.powf(rng.random_range(0.0..4.0));
    let rate = RATE_HZ as f32;
    let period = rng.random_range(4..40usize);
    let wave = |at: usize| match kind {
        "flat" => 1.0,
        "hum" => (TAU * 50.0 * at as f32 / rate).sin(),
        "ramp" => at as f32 / samples.max(1) as f32,
        "clicks" => f32::from(u8::from(at.is_multiple_of(period * 4))),
        "square" => f32::from(u8::from((at / period).is_multiple_of(2))) - 0.5,
        _ => 0.0,
    };
    let values = (0..samples)
        .map(|at| match kind {
            "noise" => strength * rng.random_range(-1.0..1.0),
            _ => strength * wave(at),
        })
        .collect();
    (kind, values)
}
