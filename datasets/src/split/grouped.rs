//! Splits that keep groups whole.

use std::collections::{BTreeMap, HashSet};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::apportion::{Apportioned, Counts};
use super::partition::{Split, SplitKind};
use super::stratified::{Parts, check_fractions, class_sizes, shares, stratified};
use crate::error::{Error, Result};

/// Random stream that deals groups; the classes have the streams from 0 on.
const GROUPS: u64 = u64::MAX;

/// Splits examples at random, with groups kept whole and classes in nearly the same proportion (`apportion.rs` says how
/// nearly). If each example is its own group, the result is that of [`random`](super::random).
///
/// # Errors
/// - [`Error::Fractions`] if the fractions are out of range
/// - [`Error::TooFew`] if a class has too few examples to be in each part
/// - [`Error::TooFewGroups`] if a class has too few groups to be in each part
///
/// # Panics
/// If there is not one group per label.
pub fn grouped(
    labels: &[usize],
    groups: &[usize],
    valid: f64,
    test: f64,
    seed: u64,
) -> Result<Split> {
    assert_eq!(labels.len(), groups.len(), "a group for each example");
    let examples: Vec<usize> = (0..labels.len()).collect();
    let name = |class: usize| class.to_string();
    let (train, valid, test) = by_group(&examples, labels, groups, valid, test, seed, name)?;
    Ok(Split {
        kind: SplitKind::Grouped,
        seed,
        train,
        valid,
        test,
        groups: groups.to_vec(),
    })
}

/// Makes `count` splits for cross-validation. Each tests on another `count`-th of the examples; a fraction `valid` of the
/// whole, taken from the rest, is for validation. Groups are kept whole and classes in proportion, as with [`grouped`].
///
/// # Errors
/// - [`Error::TooFewGroups`] if a class has too few groups to be in each part of each split
/// - [`Error::Fractions`] if nothing is left to train on
///
/// # Panics
/// If there is not one group per label, or fewer than two folds.
pub fn folds(
    labels: &[usize],
    groups: &[usize],
    count: usize,
    valid: f64,
    seed: u64,
) -> Result<Vec<Split>> {
    assert!(count >= 2, "two folds at least");
    assert_eq!(labels.len(), groups.len(), "a group for each example");
    let examples: Vec<usize> = (0..labels.len()).collect();
    let name = |class: usize| class.to_string();
    let share = 1.0 / count as f64;
    if !(0.0..1.0 - share).contains(&valid) {
        return Err(Error::Fractions { valid, test: share });
    }
    let sizes = class_sizes(&examples, labels);
    let wanted = vec![sizes.iter().map(|&size| size as f64 * share).collect(); count];
    let parts = deal(&examples, labels, groups, &wanted, seed, name)?;
    (parts.iter().enumerate())
        .map(|(fold, test)| {
            let others = parts.iter().enumerate().filter(|(other, _)| *other != fold);
            let mut rest: Vec<usize> = others.flat_map(|(_, part)| part).copied().collect();
            rest.sort_unstable();
            let valid = valid / (1.0 - share);
            let (train, valid, _) = by_group(&rest, labels, groups, valid, 0.0, seed, name)?;
            Ok(Split {
                kind: SplitKind::Grouped,
                seed,
                train,
                valid,
                test: test.clone(),
                groups: groups.to_vec(),
            })
        })
        .collect()
}

/// Splits `examples` group by group into training, validation and test.
pub(super) fn by_group(
    examples: &[usize],
    labels: &[usize],
    groups: &[usize],
    valid: f64,
    test: f64,
    seed: u64,
    name: impl Fn(usize) -> String + Copy,
) -> Result<Parts> {
    let distinct: HashSet<usize> = examples.iter().map(|&example| groups[example]).collect();
    if distinct.len() == examples.len() {
        return stratified(examples, labels, valid, test, seed, name);
    }
    check_fractions(valid, test)?;
    let sizes = class_sizes(examples, labels);
    let (tests, valids) = (shares(&sizes, test), shares(&sizes, valid));
    let mut wanted = vec![vec![0.0; sizes.len()]; 3];
    for (class, &size) in sizes.iter().enumerate().filter(|(_, size)| **size > 0) {
        let held_out = tests[class] + valids[class];
        if held_out >= size {
            return Err(Error::TooFew {
                class: name(class),
                count: size,
            });
        }
        for (part, count) in [size - held_out, valids[class], tests[class]]
            .into_iter()
            .enumerate()
        {
            wanted[part][class] = count as f64;
        }
    }
    let parts = deal(examples, labels, groups, &wanted, seed, name)?;
    let mut parts = parts.into_iter();
    let mut next = || parts.next().unwrap_or_default();
    Ok((next(), next(), next()))
}

/// Deals the groups of `examples` to the parts; `wanted[part][class]` is a number of examples.
fn deal(
    examples: &[usize],
    labels: &[usize],
    groups: &[usize],
    wanted: &[Vec<f64>],
    seed: u64,
    name: impl Fn(usize) -> String,
) -> Result<Vec<Vec<usize>>> {
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for &example in examples {
        members.entry(groups[example]).or_default().push(example);
    }
    let members: Vec<Vec<usize>> = members.into_values().collect();
    let counts: Vec<Counts> = (members.iter())
        .map(|group| {
            let sizes = class_sizes(group, labels).into_iter().enumerate();
            sizes.filter(|(_, count)| *count > 0).collect()
        })
        .collect();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(GROUPS);
    let dealt = Apportioned::new(&counts, wanted, &mut rng).map_err(|class| {
        let of_class = (counts.iter()).filter(|group| group.iter().any(|(of, _)| *of == class));
        Error::TooFewGroups {
            class: name(class),
            groups: of_class.count(),
            largest: counts
                .iter()
                .map(|group| group.iter().map(|(_, n)| n).sum())
                .max()
                .unwrap_or(0),
            parts: wanted.len(),
        }
    })?;
    let mut parts = vec![Vec::new(); wanted.len()];
    for (group, &part) in members.iter().zip(&dealt.part) {
        parts[part].extend(group);
    }
    parts.iter_mut().for_each(|part| part.sort_unstable());
    Ok(parts)
}
