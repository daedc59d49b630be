//! Random generators and origins of generated examples.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::dataset::Origin;
use crate::hash::sha256_hex;

/// Creates the random generator of example `index` of the series of `seed`.
pub(super) fn generator(seed: u64, index: usize) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(index as u64);
    rng
}

/// Creates the origin of a generated example: its index in the series, and the SHA-256 of its content.
pub(super) fn origin(series: &str, index: usize, content: &[u8]) -> Origin {
    Origin {
        path: format!("{series}/{index:06}"),
        sha256: sha256_hex(content),
        official: None,
    }
}
