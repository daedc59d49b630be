//! Splits are disjoint, complete, stratified and the same for one seed.

mod grouped;

use crate::support::preprocessing;
use datasets::split::{Split, grouped, official, patients, random, record};
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
        notes: Vec::new(),
        annotations: datasets::Annotations::default(),
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
        error
            .to_string()
            .contains("class 1 has too few examples (2)"),
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
        (
            format!("{table}1,2\n"),
            "line 42: has 2 cells, but the first line names 5 columns",
        ),
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
    for good in [
        good.to_owned(),
        // As spreadsheets write it, with semicolons, tabs or rows of empty cells at the end.
        good.replace(',', ";").replace("C;D", "C,D"),
        good.replace(',', "\t") + "\t\t\r\n\r\n",
        good.replace("patient,path", "Patient,PATH"),
    ] {
        assert_eq!(
            patients::read(file(&good).path(), &set).unwrap(),
            [0, 1, 2, 0],
            "{good:?}"
        );
    }
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
        ("path,patient\n0,Ada,x\n", "line 2: has 3 cells"),
        (
            "path;patient\n/scans/set/0;Ada\n",
            "line 2: there is no picture '/scans/set/0'; write it as '0'",
        ),
        (
            "path;name\n0;Ada\n",
            "no column 'patient', but 'path', 'name'",
        ),
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
