//! Generated stand-ins, so that everything runs, is tested and is shown with no data and no network:
//! the ten digits drawn from strokes ([`digits`]), head phantoms of four classes ([`phantoms`]),
//! pictures that are neither ([`oddity`]), recordings in place of EEG ([`eeg`]), signals that are
//! none ([`odd_signal`]), and sentences with their parses ([`phrases`]).
//!
//! Image `i` of seed `s` is always the same, whatever the count asked for and however many threads
//! draw: each has its own generator, the stream `i` of ChaCha8 seeded with `s`.

mod digits;
mod oddities;
mod phantoms;
pub mod phrases;
mod sentences;
mod signals;

pub use digits::{DIGIT_SIZE, digit, digits};
pub use oddities::{ODDITIES, oddity};
pub use phantoms::{Mass, PHANTOM_SIZE, phantom, phantoms, write_phantoms};
pub use sentences::{sentence_pair, sentence_pairs};
pub use signals::{ODD_SIGNALS, eeg, odd_signal};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::dataset::Origin;
use crate::hash::sha256_hex;

/// The generator of image `index` of `seed`.
fn generator(seed: u64, index: usize) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(index as u64);
    rng
}

/// Where a generated image comes from: its place in the series, and the sum of its pixels.
fn origin(series: &str, index: usize, pixels: &[u8]) -> Origin {
    Origin {
        path: format!("{series}/{index:06}"),
        sha256: sha256_hex(pixels),
        official: None,
    }
}

/// A closed, irregular outline around a centre: the radius in every direction, near 1.
struct Outline(Vec<f32>);

impl Outline {
    const STEPS: usize = 512;

    /// Adds waves of 2, 3, ... `waves` + 1 lobes to a circle; `strength` is the amplitude of the first,
    /// higher ones are weaker.
    fn random(waves: usize, strength: f32, rng: &mut impl rand::Rng) -> Self {
        let waves: Vec<(f32, f32, f32)> = (0..waves)
            .map(|wave| {
                let lobes = (wave + 2) as f32;
                let height = strength * rng.random_range(-1.0f32..1.0) / (1.0 + 0.5 * wave as f32);
                (lobes, height, rng.random_range(0.0..std::f32::consts::TAU))
            })
            .collect();
        let radius = |step: usize| {
            let angle = step as f32 / Self::STEPS as f32 * std::f32::consts::TAU;
            let wave =
                |&(lobes, height, phase): &(f32, f32, f32)| height * (lobes * angle + phase).cos();
            1.0 + waves.iter().map(wave).sum::<f32>()
        };
        Self((0..Self::STEPS).map(radius).collect())
    }

    /// The radius in the direction of `(x, y)`.
    fn radius(&self, x: f32, y: f32) -> f32 {
        let turn = y.atan2(x) / std::f32::consts::TAU;
        let step = (turn.rem_euclid(1.0) * Self::STEPS as f32) as usize % Self::STEPS;
        self.0.get(step).copied().unwrap_or(1.0)
    }
}
