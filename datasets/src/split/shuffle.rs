//! A shuffle whose results never change.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

/// Shuffles items (Fisher and Yates). Implemented here because splits must not change with the version of a library.
pub(super) fn shuffle(items: &mut [usize], rng: &mut ChaCha8Rng) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(last as u64 + 1, rng) as usize);
    }
}

/// Draws a uniform number below `bound`, by rejection (Lemire 2019, ACM TOMACS 29(1):3).
fn below(bound: u64, rng: &mut ChaCha8Rng) -> u64 {
    let threshold = bound.wrapping_neg() % bound;
    loop {
        let product = u128::from(rng.next_u64()) * u128::from(bound);
        if product as u64 >= threshold {
            return (product >> 64) as u64;
        }
    }
}
