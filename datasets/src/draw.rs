//! Random draws of a training, each of which depends on its place only.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The place of a batch in a training: everything that is drawn for the batch follows from it.
///
/// A training that is resumed at any batch therefore draws what it would have drawn without the interruption. Nothing is
/// drawn from a generator that carries its state from one batch to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// Seed of the training.
    pub seed: u64,
    /// Number of the epoch, from 1.
    pub epoch: usize,
    /// Number of the batch in it, from 0.
    pub batch: usize,
}

/// What is drawn; draws for different purposes are independent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Order of the examples of an epoch.
    Order,
    /// Augmentation of the pictures of a batch.
    Augmentation,
    /// Noise on the inputs of a batch.
    Noise,
    /// Inputs of a decoder that are replaced by the network's own predictions.
    TeacherForcing,
    /// Draws of the network in a training step: dropout, sampled codes, spike trains.
    Step,
    /// Draws of the network in the validation of an epoch.
    Validation,
    /// Choice of the examples of an epoch, if classes are drawn equally often.
    Sampling,
}

impl Draw {
    /// Returns the seed of the generator for a purpose.
    pub fn seed(self, purpose: Purpose) -> u64 {
        let place = [purpose as u64, self.epoch as u64, self.batch as u64];
        place
            .into_iter()
            .fold(scramble(self.seed), |state, part| scramble(state ^ part))
    }

    /// Returns the generator for a purpose.
    pub(crate) fn generator(self, purpose: Purpose) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(self.seed(purpose))
    }
}

/// Maps a number to another one of which every bit depends on every bit of the first: a step of SplitMix64 (Steele et al.
/// 2014, <https://doi.org/10.1145/2660193.2660195>).
fn scramble(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The first outputs of SplitMix64 from the state 0, as in Vigna's reference implementation.
    #[test]
    fn numbers_are_scrambled_as_by_splitmix64() {
        assert_eq!(scramble(0), 0xE220_A839_7B1D_CDAF);
        assert_eq!(scramble(0x9E37_79B9_7F4A_7C15), 0x6E78_9E6A_A1B9_65F4);
    }

    #[test]
    fn every_place_and_purpose_has_a_seed_of_its_own() {
        let mut seeds = BTreeSet::new();
        for seed in 0..4 {
            for epoch in 1..20 {
                for batch in 0..20 {
                    let draw = Draw { seed, epoch, batch };
                    for purpose in [Purpose::Order, Purpose::Noise, Purpose::Step] {
                        seeds.insert(draw.seed(purpose));
                    }
                }
            }
        }
        assert_eq!(seeds.len(), 4 * 19 * 20 * 3);
    }
}
