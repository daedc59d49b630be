//! Splits are disjoint, complete, stratified and the same for one seed.
#![allow(clippy::unwrap_used)] // the helpers of tests, too

mod support;

use datasets::split::{official, random};
use datasets::{Channels, Error, ImageSet, Official, Origin, SplitKind};
use proptest::prelude::*;
use support::preprocess;

fn set(examples: &[(usize, Option<Official>)]) -> ImageSet {
    ImageSet {
        name: "tiny".into(),
        generated: true,
        class_names: vec!["left".into(), "right".into()],
        preprocess: preprocess(1, 1, Channels::Grey),
        pixels: vec![0; examples.len()],
        labels: examples.iter().map(|(label, _)| *label).collect(),
        origins: (examples.iter().enumerate())
            .map(|(index, (_, official))| Origin {
                path: format!("{index}"),
                sha256: format!("{index:064x}"),
                official: *official,
            })
            .collect(),
        looks: vec![],
        skipped: vec![],
    }
}

fn part(part: Official, each: usize) -> Vec<(usize, Option<Official>)> {
    (0..2 * each).map(|index| (index % 2, Some(part))).collect()
}

proptest! {
    #[test]
    fn parts_are_disjoint_complete_and_stratified(
        counts in prop::collection::vec(20usize..120, 1..6),
        valid in 0.0f64..0.4, test in 0.0f64..0.4, seed in any::<u64>(),
    ) {
        // Interleaved, so that a split by position would show.
        let longest = *counts.iter().max().unwrap();
        let labels: Vec<usize> = (0..longest)
            .flat_map(|round| (0..counts.len()).map(move |class| (round, class)))
            .filter(|&(round, class)| round < counts[class])
            .map(|(_, class)| class)
            .collect();
        let split = random(&labels, valid, test, seed).unwrap();
        let mut all = [split.train.clone(), split.valid.clone(), split.test.clone()].concat();
        all.sort_unstable();
        prop_assert_eq!(all, (0..labels.len()).collect::<Vec<_>>());
        for (part, fraction) in [(&split.valid, valid), (&split.test, test)] {
            prop_assert!(part.is_sorted());
            let wanted = labels.len() as f64 * fraction;
            // Every class has at least one example, so small fractions may be exceeded.
            prop_assert!((part.len() as f64 - wanted).abs() <= counts.len() as f64 + 0.5);
            for (class, &count) in counts.iter().enumerate() {
                let found = part.iter().filter(|&&index| labels[index] == class).count();
                prop_assert!((found as f64 - count as f64 * fraction).abs() <= 1.0);
                prop_assert!(fraction == 0.0 || found > 0);
            }
        }
        prop_assert_eq!(&random(&labels, valid, test, seed).unwrap(), &split);
    }
}

#[test]
fn another_seed_gives_another_split() {
    let labels: Vec<usize> = (0..200).map(|index| index % 4).collect();
    let one = random(&labels, 0.1, 0.2, 1).unwrap();
    assert_eq!((one.valid.len(), one.test.len()), (20, 40));
    assert_ne!(one.test, random(&labels, 0.1, 0.2, 2).unwrap().test);
}

/// The published figures of a seed rest on its split: it must never change.
#[test]
fn a_seed_keeps_its_split_for_ever() {
    let labels: Vec<usize> = (0..20).map(|index| index % 2).collect();
    let split = random(&labels, 0.2, 0.2, 7).unwrap();
    assert_eq!(split.valid, SEED_7_VALID);
    assert_eq!(split.test, SEED_7_TEST);
}
const SEED_7_VALID: [usize; 4] = [0, 4, 9, 13];
const SEED_7_TEST: [usize; 4] = [3, 8, 12, 15];

#[test]
fn totals_follow_the_fractions_of_the_whole() {
    // 2,939 pictures of four classes, 90/10: the tenth is 294, as round(293.9).
    let counts = [834, 844, 450, 811];
    let labels: Vec<usize> = (counts.iter().enumerate())
        .flat_map(|(class, &count)| std::iter::repeat_n(class, count))
        .collect();
    let split = random(&labels, 0.1, 0.0, 3).unwrap();
    assert_eq!(split.valid.len(), 294);
    assert!(split.test.is_empty());
}

#[test]
fn impossible_splits_are_refused() {
    for (valid, test) in [(0.5, 0.5), (-0.1, 0.0), (0.0, 1.0), (f64::NAN, 0.1)] {
        let error = random(&[0, 1, 0, 1], valid, test, 1).unwrap_err();
        assert!(matches!(error, Error::Fractions { .. }), "{error}");
    }
    let error = random(&[0, 0, 0, 0, 1, 1], 0.2, 0.2, 1).unwrap_err();
    assert!(
        error.to_string().contains("class 1 has 2 examples"),
        "{error}"
    );
}

#[test]
fn the_official_split_is_kept() {
    let examples = [part(Official::Train, 10), part(Official::Test, 3)].concat();
    let split = official(&set(&examples), 0.2, 5).unwrap();
    assert_eq!(split.kind, SplitKind::Official);
    assert_eq!(split.test, (20..26).collect::<Vec<_>>());
    assert_eq!(split.valid.len(), 4);
    assert!(split.valid.iter().all(|&index| index < 20));
    assert_eq!(split.train.len(), 16);
    assert!(official(&set(&examples), 0.0, 5).unwrap().valid.is_empty());

    let examples = [examples, part(Official::Valid, 2)].concat();
    let split = official(&set(&examples), 0.2, 5).unwrap();
    assert_eq!(split.valid, (26..30).collect::<Vec<_>>());
    assert_eq!(split.train.len(), 20);
}

#[test]
fn a_set_without_official_split_is_refused() {
    let train = part(Official::Train, 5);
    let lacking = [(1, Some(Official::Test))];
    for (examples, expected) in [
        (vec![(0, None), (1, None)], "0 is in no part"),
        (train.clone(), "no test examples"),
        (
            [&train[..], &lacking].concat(),
            "class left has no test example",
        ),
    ] {
        let error = official(&set(&examples), 0.2, 1).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn kinds_have_names() {
    for kind in [SplitKind::Random, SplitKind::Official] {
        assert_eq!(kind.to_string().parse::<SplitKind>().unwrap(), kind);
        let json = serde_json::to_string(&kind).unwrap();
        assert_eq!(json, format!("\"{kind}\""));
    }
    let error = "grouped".parse::<SplitKind>().unwrap_err().to_string();
    assert!(
        error.contains("grouped") && error.contains("random"),
        "{error}"
    );
}
