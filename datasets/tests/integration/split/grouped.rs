//! Grouped splits and folds keep every group whole.

use datasets::Error;
use datasets::split::{folds, grouped, random};
use proptest::prelude::*;

/// Random groups: mostly single pictures, some copies, a few patients of many; some groups bear
/// several labels.
fn groupings() -> impl Strategy<Value = (Vec<usize>, Vec<usize>)> {
    let group = (
        prop_oneof![6 => Just(1usize), 3 => 2usize..5, 1 => 5usize..=MOST_OF_A_PATIENT],
        0usize..4,
        prop::bool::weighted(0.02),
    );
    prop::collection::vec(group, 500..900).prop_map(|groups| {
        let (mut labels, mut of) = (vec![], vec![]);
        for (number, (size, class, conflict)) in groups.into_iter().enumerate() {
            for member in 0..size {
                labels.push(if conflict {
                    (class + member) % 4
                } else {
                    class
                });
                of.push(number);
            }
        }
        (labels, of)
    })
}
const MOST_OF_A_PATIENT: usize = 12;

/// Every example is in one part, and every group too.
fn assert_whole(parts: &[&Vec<usize>], groups: &[usize]) -> Result<(), TestCaseError> {
    let mut all: Vec<usize> = parts.iter().flat_map(|part| part.iter().copied()).collect();
    all.sort_unstable();
    prop_assert_eq!(all, (0..groups.len()).collect::<Vec<_>>());
    let mut part_of = vec![None; groups.len()];
    for (number, part) in parts.iter().enumerate() {
        prop_assert!(part.is_sorted());
        for &example in *part {
            let known = part_of[groups[example]].get_or_insert(number);
            prop_assert_eq!(*known, number, "group {} is on two sides", groups[example]);
        }
    }
    Ok(())
}

/// Shares of the classes among examples.
fn class_shares(part: &[usize], labels: &[usize]) -> [f64; 4] {
    let mut shares = [0.0; 4];
    part.iter()
        .for_each(|&example| shares[labels[example]] += 1.0 / part.len() as f64);
    shares
}

fn assert_shares(part: &[usize], labels: &[usize]) -> Result<(), TestCaseError> {
    let all: Vec<usize> = (0..labels.len()).collect();
    let (found, whole) = (class_shares(part, labels), class_shares(&all, labels));
    for (found, whole) in found.iter().zip(whole) {
        prop_assert!((found - whole).abs() <= 0.02, "{} of {}", found, whole);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]
    #[test]
    fn no_group_is_on_two_sides_and_classes_keep_their_shares(
        (labels, groups) in groupings(),
        valid in 0.08f64..0.2, test in 0.1f64..0.3, seed in any::<u64>(),
    ) {
        let split = grouped(&labels, &groups, valid, test, seed).unwrap();
        let parts = [&split.train, &split.valid, &split.test];
        assert_whole(&parts, &groups)?;
        for (part, fraction) in parts.iter().zip([1.0 - valid - test, valid, test]) {
            assert_shares(part, &labels)?;
            let share = part.len() as f64 / labels.len() as f64;
            prop_assert!((share - fraction).abs() <= 0.02, "{} for {}", share, fraction);
        }
        prop_assert!(split.leaking().iter().all(|leaks| !leaks));
        prop_assert_eq!(&grouped(&labels, &groups, valid, test, seed).unwrap(), &split);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn folds_are_grouped_and_stratified_and_test_every_example_once(
        (labels, groups) in groupings(), count in 2usize..8, seed in any::<u64>(),
    ) {
        let splits = folds(&labels, &groups, count, 0.1, seed).unwrap();
        prop_assert_eq!(splits.len(), count);
        let tests: Vec<&Vec<usize>> = splits.iter().map(|split| &split.test).collect();
        assert_whole(&tests, &groups)?;
        for split in &splits {
            assert_whole(&[&split.train, &split.valid, &split.test], &groups)?;
            for part in [&split.train, &split.valid, &split.test] {
                assert_shares(part, &labels)?;
            }
        }
    }

    /// Where all groups are of one size there is nothing small to fill up with: a part misses its
    /// share by at most half a group of each class, and what rounding adds.
    #[test]
    fn patients_of_many_pictures_miss_the_shares_by_half_a_patient(
        patients in 20usize..60, size in 2usize..12, seed in any::<u64>(),
    ) {
        let groups: Vec<usize> = (0..4 * patients * size).map(|example| example / size).collect();
        let labels: Vec<usize> = groups.iter().map(|group| group % 4).collect();
        let split = grouped(&labels, &groups, 0.1, 0.2, seed).unwrap();
        let parts = [&split.train, &split.valid, &split.test];
        assert_whole(&parts, &groups)?;
        for (part, fraction) in parts.iter().zip([0.7, 0.1, 0.2]) {
            for class in 0..4 {
                let found = part.iter().filter(|&&example| labels[example] == class).count();
                let missed = (found as f64 - (patients * size) as f64 * fraction).abs();
                prop_assert!(missed <= size as f64 / 2.0 + 2.0, "{} of size {}", missed, size);
            }
        }
    }
}

#[test]
fn without_copies_the_grouped_split_is_the_random_one() {
    let labels: Vec<usize> = (0..200).map(|index| index % 4).collect();
    let alone: Vec<usize> = (0..200).collect();
    let (one, other) = (
        grouped(&labels, &alone, 0.1, 0.2, 7).unwrap(),
        random(&labels, 0.1, 0.2, 7).unwrap(),
    );
    assert_eq!(
        (one.train, one.valid, one.test),
        (other.train, other.valid, other.test)
    );
}

/// Two fifths of the pictures are linked in one chain: they can only be trained on.
#[test]
fn a_giant_group_goes_to_training() {
    let labels: Vec<usize> = (0..500).map(|index| index % 4).collect();
    let groups: Vec<usize> = (0..500)
        .map(|index: usize| index.saturating_sub(200))
        .collect();
    let split = grouped(&labels, &groups, 0.1, 0.2, 3).unwrap();
    assert!((0..200).all(|index| split.train.contains(&index)));
    assert_eq!((split.valid.len(), split.test.len()), (50, 100));

    // All in one group: nothing to divide.
    let error = grouped(&labels, &vec![0; 500], 0.1, 0.2, 3)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("together (1)") && error.contains("of all: 500"),
        "{error}"
    );
}

#[test]
fn classes_of_few_groups_are_in_every_part_or_refused() {
    // Ten patients of class 0, three of class 1, each of ten pictures.
    let groups: Vec<usize> = (0..130).map(|index| index / 10).collect();
    let labels: Vec<usize> = groups
        .iter()
        .map(|&group| usize::from(group >= 10))
        .collect();
    for seed in 0..20 {
        let split = grouped(&labels, &groups, 0.1, 0.1, seed).unwrap();
        for part in [&split.train, &split.valid, &split.test] {
            assert!(part.iter().any(|&example| labels[example] == 1));
        }
    }
    assert_eq!(folds(&labels, &groups, 3, 0.1, 1).unwrap().len(), 3);
    let error = folds(&labels, &groups, 4, 0.1, 1).unwrap_err().to_string();
    assert!(
        error.contains("class 1 has too few groups of pictures that belong together (3)")
            && error.contains("--folds"),
        "{error}"
    );
    assert!(matches!(
        folds(&labels, &groups, 2, 0.5, 1),
        Err(Error::Fractions { .. })
    ));
}

/// The published figures of a seed rest on its split: it must never change.
#[test]
fn a_seed_keeps_its_grouped_split_for_ever() {
    let groups: Vec<usize> = (0..40).map(|index| index * 2 / 3).collect();
    let labels: Vec<usize> = groups.iter().map(|group| group % 2).collect();
    let split = grouped(&labels, &groups, 0.2, 0.2, 7).unwrap();
    assert_eq!(split.valid, GROUPED_7_VALID);
    assert_eq!(split.test, GROUPED_7_TEST);
}
const GROUPED_7_VALID: [usize; 8] = [2, 18, 19, 20, 21, 22, 23, 39];
const GROUPED_7_TEST: [usize; 7] = [3, 4, 11, 15, 16, 26, 29];
