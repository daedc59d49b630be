//! Splits are disjoint, complete, stratified and the same for one seed.

use crate::support::preprocessing;
use datasets::split::{Split, folds, grouped, official, patients, random, record};
use datasets::{Channels, Error, ImageSet, Official, Origin, SplitKind};
use proptest::prelude::*;

fn set(examples: &[(usize, Option<Official>)]) -> ImageSet {
    ImageSet {
        name: "tiny".into(),
        generated: true,
        class_names: vec!["left".into(), "right".into()],
        preprocessing: preprocessing(1, 1, Channels::Grey),
        pixels: vec![0; examples.len()],
        labels: examples.iter().map(|(label, _)| *label).collect(),
        origins: (examples.iter().enumerate())
            .map(|(index, (_, official))| Origin {
                path: format!("{index}"),
                sha256: format!("{index:064x}"),
                official: *official,
            })
            .collect(),
        fingerprints: vec![],
        skipped: vec![],
    }
}

fn part(part: Official, each: usize) -> Vec<(usize, Option<Official>)> {
    (0..2 * each).map(|index| (index % 2, Some(part))).collect()
}

/// The official split where each example is its own group.
fn official_of(set: &ImageSet, valid: f64, seed: u64) -> Result<Split, Error> {
    official(set, &(0..set.len()).collect::<Vec<_>>(), valid, seed)
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
    let split = official_of(&set(&examples), 0.2, 5).unwrap();
    assert_eq!(split.kind, SplitKind::Official);
    assert_eq!(split.test, (20..26).collect::<Vec<_>>());
    assert_eq!(split.valid.len(), 4);
    assert!(split.valid.iter().all(|&index| index < 20));
    assert_eq!(split.train.len(), 16);
    assert!(
        official_of(&set(&examples), 0.0, 5)
            .unwrap()
            .valid
            .is_empty()
    );

    let examples = [examples, part(Official::Valid, 2)].concat();
    let split = official_of(&set(&examples), 0.2, 5).unwrap();
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
        let error = official_of(&set(&examples), 0.2, 1).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn kinds_have_names() {
    for kind in [SplitKind::Grouped, SplitKind::Random, SplitKind::Official] {
        assert_eq!(kind.to_string().parse::<SplitKind>().unwrap(), kind);
        let json = serde_json::to_string(&kind).unwrap();
        assert_eq!(json, format!("\"{kind}\""));
    }
    let error = "half".parse::<SplitKind>().unwrap_err().to_string();
    assert!(
        error.contains("half") && error.contains("grouped"),
        "{error}"
    );
}

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
        error.contains("1 groups") && error.contains("500 pictures"),
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
        error.contains("class 1 has 3 groups") && error.contains("--folds"),
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

#[test]
fn the_official_split_tells_which_test_examples_leak() {
    let set = set(&[part(Official::Train, 10), part(Official::Test, 3)].concat());
    let mut groups: Vec<usize> = (0..26).collect();
    (groups[0], groups[2], groups[20], groups[23]) = (0, 0, 0, 1);
    let split = official(&set, &groups, 0.2, 5).unwrap();
    assert_eq!(split.leaking(), [true, false, false, true, false, false]);
    assert_eq!(split.groups_of(&split.test), [0, 21, 22, 1, 24, 25]);
    // Training and validation share no group.
    let both = split.valid.contains(&0) == split.valid.contains(&2);
    assert!(both, "{:?}", split.valid);
}

fn file(content: impl AsRef<[u8]>) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), content).unwrap();
    file
}

#[test]
fn a_recorded_split_is_replayed() {
    let set = set(&part(Official::Train, 20));
    let groups: Vec<usize> = (0..40).map(|index| index / 4 + index % 2 * 10).collect();
    let split = grouped(&set.labels, &groups, 0.2, 0.2, 3).unwrap();
    let table = String::from_utf8(record::to_csv(&set, &split).unwrap()).unwrap();
    let replayed = record::replay(file(&table).path(), &set, 3).unwrap();
    assert_eq!(replayed.kind, SplitKind::File);
    assert_eq!(
        (replayed.train, replayed.valid, replayed.test),
        (split.train, split.valid, split.test)
    );
    for (one, other) in groups
        .iter()
        .zip(&groups[1..])
        .zip(replayed.groups.windows(2))
    {
        assert_eq!(one.0 == one.1, other[0] == other[1]);
    }

    let lines: Vec<&str> = table.lines().collect();
    let without_line_3 = [&lines[..2], &lines[3..]].concat().join("\n");
    for (content, expected) in [
        (
            table.replace("\n7,", "\n77,"),
            "1 of its pictures are not in the data, the first is 77",
        ),
        (
            table.replace(",left,", ",right,"),
            "20 of its pictures are not those",
        ),
        (
            table.replace("0000a,", "0000c,"),
            "1 of its pictures are not those",
        ),
        (
            without_line_3,
            "1 pictures of the data are not in it, the first is 1",
        ),
        (
            format!("{table}{}\n", lines[5]),
            "line 42: 4 is listed twice",
        ),
        (
            table.replace(",valid", ",maybe"),
            "'maybe' is none of train, valid, test",
        ),
        (
            table.replace(",test", ",train"),
            "none of its pictures is in the part test",
        ),
        (table.replace("sha256", "sum"), "no column 'sha256'"),
        (format!("{table}1,2\n"), "not a CSV table"),
        (String::new(), "no column 'path'"),
    ] {
        let file = file(content);
        let error = record::replay(file.path(), &set, 3)
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
        assert!(error.starts_with(&file.path().display().to_string()) && !error.contains('\n'));
    }
}

/// What a split trained on one class leaves out is in no part, is recorded so, and is read back so.
#[test]
fn a_split_trained_on_one_class_is_recorded_and_read_back() {
    let examples = [part(Official::Train, 20), part(Official::Test, 5)].concat();
    let set = set(&examples);
    let whole = datasets::split::random(&set.labels, 0.2, 0.2, 3).unwrap();
    let only = whole.clone().trained_on(&set.labels, 1);
    assert!(
        only.train
            .iter()
            .chain(&only.valid)
            .all(|&index| set.labels[index] == 1)
    );
    assert_eq!(only.test, whole.test);
    let kept = whole.train.iter().filter(|&&index| set.labels[index] == 1);
    assert_eq!(only.train.len(), kept.count());
    let table = String::from_utf8(record::to_csv(&set, &only).unwrap()).unwrap();
    let unused = set.len() - only.train.len() - only.valid.len() - only.test.len();
    assert_eq!(table.matches(",unused").count(), unused);
    assert!(unused > 0);
    let read = record::replay(file(table).path(), &set, 3).unwrap();
    assert_eq!(
        [read.train, read.valid, read.test],
        [only.train, only.valid, only.test]
    );
}

#[test]
fn patients_are_read_from_a_table() {
    let mut set = set(&part(Official::Train, 2));
    set.skipped.push(datasets::Skipped {
        path: "torn".into(),
        reason: "torn".into(),
    });
    let good =
        "\u{feff}patient,path,remark\r\nAda,0,\r\nBob,./1,x\nAda , 3,\nEve,torn,\n\"C,D\",2,\n";
    assert_eq!(
        patients::read(file(good).path(), &set).unwrap(),
        [0, 1, 2, 0]
    );
    for (content, expected) in [
        (
            "path,patient\n0,Ada\n9,Bob\n",
            "line 3: there is no picture '9'; write paths like 0",
        ),
        (
            "path,patient\n0,Ada\n1,Bob\n",
            "2 pictures have no line in it, the first is 2",
        ),
        (
            "path,patient\n0,Ada\n0,Bob\n",
            "line 3: 0 is of patient 'Bob', but of 'Ada' before",
        ),
        ("path,patient\n0,\n", "line 2: 0 has no patient"),
        ("0,Ada\n1,Bob\n", "no column 'path'"),
        ("path,patient\n0,Ada,x\n", "not a CSV table"),
        ("", "no column 'path'"),
    ] {
        let error = patients::read(file(content).path(), &set)
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
    }
    let error = patients::read(file(b"path,patient\n\xff\xfe,\x00\n").path(), &set).unwrap_err();
    assert!(error.to_string().contains("not a CSV table"), "{error}");
    let error = patients::read(std::path::Path::new("none.csv"), &set)
        .unwrap_err()
        .to_string();
    assert!(error.contains("cannot read none.csv"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    assert!(
        patients::read(folder.path(), &set)
            .unwrap_err()
            .to_string()
            .contains("not a regular file")
    );
}
