//! Random splits that keep the proportions of the classes.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::partition::{Split, SplitKind};
use super::shuffle::shuffle;
use crate::error::{Error, Result};

/// Indices of the examples of training, validation and test.
pub(super) type Parts = (Vec<usize>, Vec<usize>, Vec<usize>);

/// Splits examples at random, each class in the same proportion.
///
/// `valid` and `test` are fractions of the whole; a fraction above 0 gives each class at least one example in that part.
/// The same seed gives the same split on every machine.
///
/// # Errors
/// - [`Error::Fractions`] if the fractions are out of range
/// - [`Error::TooFew`] if a class has too few examples to be in each part
pub fn random(labels: &[usize], valid: f64, test: f64, seed: u64) -> Result<Split> {
    let examples: Vec<usize> = (0..labels.len()).collect();
    let name = |class: usize| class.to_string();
    let (train, valid, test) = stratified(&examples, labels, valid, test, seed, name)?;
    Ok(Split {
        kind: SplitKind::Random,
        seed,
        train,
        valid,
        test,
        groups: examples,
    })
}

/// Counts the examples of each class, up to the highest class among them.
pub(super) fn class_sizes(examples: &[usize], labels: &[usize]) -> Vec<usize> {
    let classes = examples.iter().map(|&example| labels[example] + 1).max();
    let mut sizes = vec![0; classes.unwrap_or(0)];
    for &example in examples {
        sizes[labels[example]] += 1;
    }
    sizes
}

pub(super) fn check_fractions(valid: f64, test: f64) -> Result<()> {
    let in_range = |fraction: f64| (0.0..1.0).contains(&fraction);
    if in_range(valid) && in_range(test) && valid + test < 1.0 {
        Ok(())
    } else {
        Err(Error::Fractions { valid, test })
    }
}

/// Splits `examples` class by class into training, validation and test.
pub(super) fn stratified(
    examples: &[usize],
    labels: &[usize],
    valid: f64,
    test: f64,
    seed: u64,
    name: impl Fn(usize) -> String,
) -> Result<Parts> {
    check_fractions(valid, test)?;
    let mut classes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for &example in examples {
        classes.entry(labels[example]).or_default().push(example);
    }
    let sizes: Vec<usize> = classes.values().map(Vec::len).collect();
    let (tests, valids) = (shares(&sizes, test), shares(&sizes, valid));

    let (mut train_part, mut valid_part, mut test_part) = (vec![], vec![], vec![]);
    for ((class, mut members), (tests, valids)) in
        classes.into_iter().zip(tests.into_iter().zip(valids))
    {
        if tests + valids >= members.len() {
            return Err(Error::TooFew {
                class: name(class),
                count: members.len(),
            });
        }
        // Each class has its own random stream, so that more examples of one class do not change the others.
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(class as u64);
        shuffle(&mut members, &mut rng);
        test_part.extend(members.drain(..tests));
        valid_part.extend(members.drain(..valids));
        train_part.extend(members);
    }
    for part in [&mut train_part, &mut valid_part, &mut test_part] {
        part.sort_unstable();
    }
    Ok((train_part, valid_part, test_part))
}

/// Returns the number of examples of each class in a part that is a `fraction` of the whole. The largest remainders round
/// up, so that the sum is right, and every class has an example in a part that is not empty.
pub(super) fn shares(sizes: &[usize], fraction: f64) -> Vec<usize> {
    if fraction == 0.0 {
        return vec![0; sizes.len()];
    }
    let exact = |size: usize| size as f64 * fraction;
    // 0.1 * 30 is a little more than 3, other products a little less than a whole number.
    let floor = |size: usize| (exact(size) + 1e-9).floor() as usize;
    let mut counts: Vec<usize> = sizes.iter().map(|&size| floor(size)).collect();

    let wanted = exact(sizes.iter().sum()).round() as usize;
    let missing = wanted.saturating_sub(counts.iter().sum());
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    let remainder = |class: usize| exact(sizes[class]) - floor(sizes[class]) as f64;
    order.sort_by(|&a, &b| remainder(b).total_cmp(&remainder(a)));
    for &class in order.iter().take(missing) {
        counts[class] += 1;
    }
    counts.into_iter().map(|count| count.max(1)).collect()
}
