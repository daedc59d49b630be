//! Dividing a set into training, validation and test.
//!
//! Copies of one picture, or pictures of one patient, are a group, and a split that divides a group
//! measures memory. [`grouped`] and [`folds`] never do; [`random`] and [`official`] may, and
//! [`Split::leaking`] tells which test examples are concerned.

mod apportion;
pub mod patients;
pub mod record;
mod table;

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::str::FromStr;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

use apportion::{Apportioned, Counts};

use crate::error::{Error, Result};
use crate::examples::{Examples, Official};

/// The stream of the generator that deals groups; classes have theirs from 0 on.
const GROUPS: u64 = u64::MAX;

/// Indices of a set's examples, in three disjoint parts, each in rising order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// How it was made.
    pub kind: SplitKind,
    /// The seed it was made with.
    pub seed: u64,
    /// Examples to train on.
    pub train: Vec<usize>,
    /// Examples to choose by; may be empty.
    pub valid: Vec<usize>,
    /// Examples to report on; may be empty.
    pub test: Vec<usize>,
    /// The group of every example of the set, whatever its part: copies of one picture, or pictures
    /// of one patient. Where nothing is known, each example is its own group.
    pub groups: Vec<usize>,
}

impl Split {
    /// The same split of a set whose groups are known.
    ///
    /// # Panics
    /// If there is not one group per example.
    pub fn with_groups(self, groups: Vec<usize>) -> Self {
        assert_eq!(groups.len(), self.groups.len(), "a group for each example");
        Self { groups, ..self }
    }

    /// The same split with nothing but examples of one class to train on and to choose by; what is
    /// left out is in no part.
    ///
    /// # Panics
    /// If there is not one label per example.
    pub fn trained_on(mut self, labels: &[usize], class: usize) -> Self {
        for part in [&mut self.train, &mut self.valid] {
            part.retain(|&index| labels[index] == class);
        }
        self
    }

    /// The groups of the examples at `indices`, in their order: what a bootstrap by group draws.
    ///
    /// # Panics
    /// If an index is no example of the set.
    pub fn groups_of(&self, indices: &[usize]) -> Vec<usize> {
        indices.iter().map(|&index| self.groups[index]).collect()
    }

    /// How many groups there are.
    pub fn group_count(&self) -> usize {
        self.groups.iter().collect::<HashSet<_>>().len()
    }

    /// For each example of `test`, in its order: whether another of its group was trained on or
    /// chosen with. Such an example measures memory; all are clean where the split is grouped.
    pub fn leaking(&self) -> Vec<bool> {
        let seen: HashSet<usize> = (self.train.iter().chain(&self.valid))
            .map(|&index| self.groups[index])
            .collect();
        (self.test.iter())
            .map(|&index| seen.contains(&self.groups[index]))
            .collect()
    }
}

/// How a set is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SplitKind {
    /// At random, each group whole, in nearly the same proportion for each class.
    Grouped,
    /// At random, in the same proportion for each class.
    Random,
    /// As the set's publisher did.
    Official,
    /// As a `split.csv` says.
    File,
}

impl fmt::Display for SplitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Grouped => "grouped",
            Self::Random => "random",
            Self::Official => "official",
            Self::File => "file",
        })
    }
}

impl FromStr for SplitKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "grouped" => Ok(Self::Grouped),
            "random" => Ok(Self::Random),
            "official" => Ok(Self::Official),
            _ => Err(Error::Unknown {
                what: "split",
                value: text.into(),
                choices: "grouped, random, official, or the split.csv of a run",
            }),
        }
    }
}

/// Divides examples at random, each class in the same proportion.
///
/// `valid` and `test` are fractions of the whole; a fraction above 0 gives each class at least one
/// example in that part. One seed gives one split, on every machine.
///
/// # Errors
/// [`Error::Fractions`] if the fractions are no fractions, [`Error::TooFew`] if a class cannot have
/// an example in each part.
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

/// Divides examples at random, each group whole and each class in nearly the same proportion: see
/// `apportion.rs` for what is possible. Where each example is its own group this is [`random`],
/// example by example.
///
/// # Errors
/// As [`random`]; [`Error::TooFewGroups`] if a class cannot have a group in each part.
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

/// Divides examples for cross-validation: `count` splits, in each of which another `count`-th of the
/// examples is the test, and a fraction `valid` of the whole, from the rest, is for validation.
/// Groups stay whole and classes in proportion, as with [`grouped`].
///
/// # Errors
/// [`Error::TooFewGroups`] if a class cannot have a group in each part of each split,
/// [`Error::Fractions`] if nothing is left to train on.
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

/// Divides a set as its publisher did. Where there is no official validation part, a fraction
/// `valid` of each class's official training examples becomes it, with no group divided between
/// training and validation. The publisher may have divided groups: [`Split::leaking`] tells.
///
/// # Errors
/// [`Error::NoOfficialSplit`] if the set has none, else as with [`grouped`].
///
/// # Panics
/// If there is not one group per example of the set.
pub fn official(examples: &dyn Examples, groups: &[usize], valid: f64, seed: u64) -> Result<Split> {
    let set = examples.catalogue();
    assert_eq!(set.origins.len(), groups.len(), "a group for each example");
    let part = |part: Official| -> Vec<usize> {
        (set.origins.iter().enumerate())
            .filter(|(_, origin)| origin.official == Some(part))
            .map(|(index, _)| index)
            .collect()
    };
    let (train, mut validation, test) = (
        part(Official::Train),
        part(Official::Valid),
        part(Official::Test),
    );
    if let Some(origin) = set.origins.iter().find(|origin| origin.official.is_none()) {
        return Err(no_split(set.name, format!("{} is in no part", origin.path)));
    }
    for (part, name) in [(&train, "training"), (&test, "test")] {
        if part.is_empty() {
            return Err(no_split(set.name, format!("there are no {name} examples")));
        }
    }

    let name = |class: usize| (set.class_names.get(class)).map_or(class.to_string(), String::clone);
    let mut training = train;
    if validation.is_empty() {
        (training, validation, _) =
            by_group(&training, set.labels, groups, valid, 0.0, seed, name)?;
    }
    for (indices, part) in [
        (&training, "training"),
        (&validation, "validation"),
        (&test, "test"),
    ] {
        let counts = examples.class_counts(indices);
        if let Some(class) = counts.iter().position(|&count| count == 0)
            && !indices.is_empty()
        {
            let reason = format!("class {} has no {part} example", name(class));
            return Err(no_split(set.name, reason));
        }
    }
    Ok(Split {
        kind: SplitKind::Official,
        seed,
        train: training,
        valid: validation,
        test,
        groups: groups.to_vec(),
    })
}

fn no_split(set: &str, reason: String) -> Error {
    Error::NoOfficialSplit {
        name: set.to_owned(),
        reason,
    }
}

type Parts = (Vec<usize>, Vec<usize>, Vec<usize>);

/// Divides `examples` group by group into training, validation and test.
fn by_group(
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

/// Deals the groups of `examples` to as many parts as there are rows in `wanted`.
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

/// How many of the examples are of each class, up to the highest class among them.
fn class_sizes(examples: &[usize], labels: &[usize]) -> Vec<usize> {
    let mut sizes = vec![
        0;
        examples
            .iter()
            .map(|&example| labels[example] + 1)
            .max()
            .unwrap_or(0)
    ];
    examples
        .iter()
        .for_each(|&example| sizes[labels[example]] += 1);
    sizes
}

fn check_fractions(valid: f64, test: f64) -> Result<()> {
    let in_range = |fraction: f64| (0.0..1.0).contains(&fraction);
    if in_range(valid) && in_range(test) && valid + test < 1.0 {
        Ok(())
    } else {
        Err(Error::Fractions { valid, test })
    }
}

/// Divides `examples` class by class into training, validation and test.
fn stratified(
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
        // A stream of its own: more examples of one class leave the others where they were.
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

/// How many of each class go to a part that takes `fraction` of the whole: the largest remainders
/// round up, so that the sum is right, and no class is left out of a part that is not empty.
fn shares(sizes: &[usize], fraction: f64) -> Vec<usize> {
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

/// Fisher and Yates's shuffle, written out because a split has to outlive versions of a library.
fn shuffle(items: &mut [usize], rng: &mut ChaCha8Rng) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(last as u64 + 1, rng) as usize);
    }
}

/// A uniform number below `bound`, by rejection (Lemire 2019, ACM TOMACS 29(1):3).
fn below(bound: u64, rng: &mut ChaCha8Rng) -> u64 {
    let threshold = bound.wrapping_neg() % bound;
    loop {
        let product = u128::from(rng.next_u64()) * u128::from(bound);
        if product as u64 >= threshold {
            return (product >> 64) as u64;
        }
    }
}
