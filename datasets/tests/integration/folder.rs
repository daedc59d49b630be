//! Folders of pictures: layouts, order, what is passed over and what is refused.

use std::fs;
use std::path::Path;

use crate::support::{preprocessing, real_data};
use datasets::Dataset;
use datasets::images::folder::load;
use datasets::{Channels, ClassChoice, FolderOptions, Official, split};
use image::RgbImage;
use tempfile::TempDir;

pub(crate) fn options() -> FolderOptions {
    FolderOptions {
        name: "tiny".into(),
        preprocessing: preprocessing(4, 4, Channels::Rgb),
        strict: false,
        classes: None,
        labels: None,
        choice: ClassChoice::default(),
        progress: false,
    }
}

/// A PNG of one colour; the value of its red tells it apart.
fn paint(root: &Path, path: &str, red: u8) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    RgbImage::from_pixel(9, 7, [red, 20, 30].into())
        .save(path)
        .unwrap();
}

fn write(root: &Path, path: &str, content: &[u8]) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

pub(crate) fn tree(paths: &[&str]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for (index, path) in paths.iter().enumerate() {
        paint(root.path(), path, index as u8);
    }
    root
}

fn alone(set: &datasets::ImageSet) -> Vec<usize> {
    (0..set.len()).collect()
}

pub(crate) fn refused(root: &Path, options: &FolderOptions) -> String {
    let error = load(root, options).unwrap_err().to_string();
    assert!(!error.contains('\n'), "{error}");
    error
}

#[test]
fn a_flat_folder_in_sorted_order() {
    let root = tree(&["b/2.png", "a/9.png", "b/1.png", "a/10.png"]);
    let set = load(root.path(), &options()).unwrap();
    let paths: Vec<&str> = set
        .origins
        .iter()
        .map(|origin| origin.path.as_str())
        .collect();
    assert_eq!(paths, ["a/10.png", "a/9.png", "b/1.png", "b/2.png"]);
    assert_eq!(set.class_names, ["a", "b"]);
    assert_eq!(set.labels, [0, 0, 1, 1]);
    let reds: Vec<u8> = (0..4).map(|index| set.image(index)[0]).collect();
    assert_eq!(reds, [3, 1, 2, 0]);
    assert_eq!(set.image(0)[16], 20);
    assert!(set.origins.iter().all(|origin| origin.official.is_none()));
    let file = fs::read(root.path().join("a/10.png")).unwrap();
    assert_eq!(set.origins[0].sha256, crate::support::sha256_hex(&file));
}

#[test]
fn the_spellings_of_a_split() {
    for (train, valid, test) in [
        ("Training", "Validation", "Testing"),
        ("train", "valid", "test"),
        ("TRAIN", "val", "Test"),
    ] {
        let paths: Vec<String> = ["a", "b"]
            .iter()
            .flat_map(|class| [train, valid, test].map(|part| format!("{part}/{class}/1.png")))
            .collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let root = tree(&paths);
        let set = load(root.path(), &options()).unwrap();
        for (part, name) in [
            (Official::Train, train),
            (Official::Valid, valid),
            (Official::Test, test),
        ] {
            let found: Vec<&str> = (set.origins.iter())
                .filter(|origin| origin.official == Some(part))
                .map(|origin| origin.path.as_str())
                .collect();
            let expected = ["a", "b"].map(|class| format!("{name}/{class}/1.png"));
            assert_eq!(found, expected);
        }
        let split = split::official(&set, &alone(&set), 0.5, 1).unwrap();
        assert_eq!(
            (split.train.len(), split.valid.len(), split.test.len()),
            (2, 2, 2)
        );
    }
}

#[test]
fn a_class_may_be_called_test() {
    let root = tree(&["test/1.png", "rest/1.png"]);
    let set = load(root.path(), &options()).unwrap();
    assert_eq!(set.class_names, ["rest", "test"]);
}

#[test]
fn the_expected_order_of_classes_is_kept_and_checked() {
    let root = tree(&["no_tumor/1.png", "glioma/1.png"]);
    let with = |classes: &[&str]| FolderOptions {
        classes: Some(classes.iter().map(|class| class.to_string()).collect()),
        ..options()
    };
    let set = load(root.path(), &with(&["no_tumor", "glioma"])).unwrap();
    assert_eq!(set.class_names, ["no_tumor", "glioma"]);
    assert_eq!(set.labels, [1, 0]);
    for wrong in [
        &["no_tumor", "pituitary"][..],
        &["glioma"],
        &["glioma", "glioma"],
    ] {
        let error = refused(root.path(), &with(wrong));
        assert!(error.contains("glioma, no_tumor"), "{error}");
        assert!(error.contains(&wrong.join(", ")), "{error}");
    }
}

#[test]
fn a_known_class_may_have_no_folder_but_not_an_empty_one() {
    let root = tree(&["glioma/1.png"]);
    let known = FolderOptions {
        classes: Some(["no_tumor", "glioma"].map(String::from).to_vec()),
        ..options()
    };
    let set = load(root.path(), &known).unwrap();
    assert_eq!(set.class_names, ["no_tumor", "glioma"]);
    assert_eq!(set.labels, [1]);
    fs::create_dir(root.path().join("no_tumor")).unwrap();
    let error = refused(root.path(), &known);
    assert!(error.contains("class no_tumor"), "{error}");
    let error = refused(tree(&["outside.png"]).path(), &known);
    assert!(error.contains("no folder in it"), "{error}");
}

#[test]
fn unusable_files_are_passed_over_and_listed() {
    let root = tree(&["a/1.png", "a/3.png", "b/1.png", "outside.png"]);
    for hidden in [
        "a/.DS_Store",
        "b/Thumbs.db",
        ".git/x",
        "__MACOSX/1.png",
        "README.md",
    ] {
        write(root.path(), hidden, b"x");
    }
    write(root.path(), "a/2.png", b"no picture");
    write(root.path(), "a/notes.txt", b"scanned on Monday");
    write(root.path(), "b/0.png", b"");
    write(root.path(), "b/inner/1.png", b"");
    let set = load(root.path(), &options()).unwrap();
    assert_eq!(set.len(), 3);
    assert_eq!(set.pixels.len(), 3 * 48);
    let reds: Vec<u8> = (0..3).map(|index| set.image(index)[0]).collect();
    assert_eq!(reds, [0, 1, 2]);
    let mut skipped: Vec<(&str, &str)> = (set.skipped.iter())
        .map(|skipped| (skipped.path.as_str(), skipped.reason.as_str()))
        .collect();
    skipped.sort_unstable();
    let expected = [
        ("a/2.png", "not a picture"),
        ("a/notes.txt", "not a picture"),
        ("b/0.png", "empty"),
        ("b/inner/1.png", "empty"),
        ("outside.png", "outside the class folders"),
    ];
    assert_eq!(skipped.len(), expected.len(), "{skipped:?}");
    for ((path, reason), (expected_path, part)) in skipped.iter().zip(expected) {
        assert_eq!(*path, expected_path);
        assert!(reason.contains(part), "{reason}");
    }
}

#[test]
fn strict_refuses_the_first_unusable_file() {
    let root = tree(&["a/1.png", "b/1.png"]);
    write(root.path(), "a/2.png", b"no picture");
    write(root.path(), "b/2.png", b"");
    let strict = FolderOptions {
        strict: true,
        ..options()
    };
    let error = refused(root.path(), &strict);
    assert!(error.contains("a/2.png: not a picture"), "{error}");
}

#[test]
fn what_is_no_set_of_classes_is_refused() {
    let options = options();
    let cases: [(TempDir, &[&str]); 5] = [
        (tree(&[]), &["no folder"]),
        (tree(&["a/1.png"]), &["only the folder a", "two at least"]),
        (tree(&["1.png", "2.png"]), &["no folder"]),
        (
            tree(&["train/a/1.png", "Training/b/1.png"]),
            &["both", "Training", "keep one"],
        ),
        (
            tree(&["train/1.png", "test/2.png"]),
            &["test/ and train/", "no class folders", "--labels"],
        ),
    ];
    for (root, parts) in cases {
        let error = refused(root.path(), &options);
        for part in parts {
            assert!(error.contains(part), "{part:?} is not in: {error}");
        }
    }
    let root = tree(&["b/1.png", "c/1.png"]);
    write(root.path(), "a/1.png", b"broken");
    let error = refused(root.path(), &options);
    assert!(
        error.contains("class a") && error.contains("a/1.png: not a picture"),
        "{error}"
    );
    fs::remove_file(root.path().join("a/1.png")).unwrap();
    assert!(refused(root.path(), &options).contains("has no file"));
    assert!(refused(&root.path().join("none"), &options).contains("cannot list"));
    assert!(refused(&root.path().join("b/1.png"), &options).contains("cannot list"));
}

#[test]
fn a_preprocess_out_of_range_is_refused_first() {
    let mut options = options();
    options.preprocessing.width = 0;
    assert!(refused(Path::new("/nowhere"), &options).contains("width is 0"));
}

#[cfg(unix)]
#[test]
fn links_in_circles_do_not_hang() {
    use std::os::unix::fs::symlink;
    let root = tree(&["a/1.png", "b/1.png"]);
    symlink(root.path(), root.path().join("a/up")).unwrap();
    symlink("self.png", root.path().join("a/self.png")).unwrap();
    symlink(root.path().join("a/1.png"), root.path().join("b/2.png")).unwrap();
    let set = load(root.path(), &options()).unwrap();
    assert_eq!((set.len(), set.skipped.len()), (3, 2));
}

#[test]
fn the_same_folder_gives_the_same_set() {
    let paths: Vec<String> = (0..40)
        .map(|index| format!("{}/{index}.png", index % 3))
        .collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let root = tree(&paths);
    let (one, two) = (load(root.path(), &options()), load(root.path(), &options()));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!((one.pixels, one.origins), (two.pixels, two.origins));
}

#[test]
fn the_real_tumour_scans() {
    let Some(dir) = real_data("brain-tumor-mri") else {
        return;
    };
    let options = FolderOptions {
        preprocessing: preprocessing(150, 150, Channels::Rgb),
        ..options()
    };
    let start = std::time::Instant::now();
    let set = load(&dir, &options).unwrap();
    eprintln!("{} scans read in {:.2?}", set.len(), start.elapsed());
    assert_eq!(set.skipped, []);
    assert_eq!(
        set.class_names,
        [
            "glioma_tumor",
            "meningioma_tumor",
            "no_tumor",
            "pituitary_tumor"
        ]
    );
    let split = split::official(&set, &alone(&set), 0.0, 1).unwrap();
    assert_eq!(set.class_counts(&split.train), [714, 691, 355, 697]);
    assert_eq!(set.class_counts(&split.test), [93, 99, 95, 65]);
}

#[test]
fn the_real_two_class_scans() {
    let Some(dir) = real_data("brain-tumor-2class") else {
        return;
    };
    let options = FolderOptions {
        preprocessing: preprocessing(70, 70, Channels::Grey),
        ..options()
    };
    let set = load(&dir, &options).unwrap();
    let everything: Vec<usize> = (0..set.len()).collect();
    assert_eq!(set.skipped, []);
    assert_eq!(set.class_counts(&everything), [2234, 1879]);
}

/// The line of an I/O error includes the cause, so the cause must not be a source of the error as well.
#[test]
fn the_cause_of_an_error_is_printed_once() {
    let error = load(Path::new("/nowhere"), &options()).unwrap_err();
    let mut lines = vec![error.to_string()];
    let mut source = std::error::Error::source(&error);
    while let Some(next) = source {
        lines.push(next.to_string());
        source = next.source();
    }
    let printed = lines.join(": ");
    assert!(printed.starts_with("cannot list /nowhere: "), "{printed}");
    assert_eq!(printed.matches("os error 2").count(), 1, "{printed}");
}

/// Paths of a set with their classes.
pub(crate) fn with_classes(set: &datasets::ImageSet) -> Vec<(&str, &str)> {
    let pairs = set.origins.iter().zip(&set.labels);
    pairs
        .map(|(origin, label)| (&*origin.path, &*set.class_names[*label]))
        .collect()
}

#[test]
fn classes_are_found_where_archives_put_them() {
    // The files of each folder, its classes, and a part of the line about it.
    type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str);
    let cases: [Case<'_>; 6] = [
        (
            &["archive/set/a/1.png", "archive/set/b/1.png"],
            &[("archive/set/a/1.png", "a"), ("archive/set/b/1.png", "b")],
            "the class folders are in archive/set/",
        ),
        (
            &["a/1.png", "b/1.png", "set/a/1.png", "set/b/1.png"],
            &[("a/1.png", "a"), ("b/1.png", "b")],
            "left out set/: a second copy",
        ),
        (
            &["a/deep/1.png", "a/2.png", "b/1.png"],
            &[("a/2.png", "a"), ("a/deep/1.png", "a"), ("b/1.png", "b")],
            "1 files in folders within the class folders belong to its class, such as a/deep/1.png",
        ),
        (
            &["train/a/1.png", "train/b/1.png", "test/1.png", "test/2.png"],
            &[("train/a/1.png", "a"), ("train/b/1.png", "b")],
            "left out 2 pictures in test/: they have no class",
        ),
        (
            &["train/a/1.png", "train/b/1.png", "spare/1.png"],
            &[("train/a/1.png", "a"), ("train/b/1.png", "b")],
            "left out 1 pictures in spare/",
        ),
        (
            &["a/1.png", "a/1_mask.png", "b/images/1.png", "b/masks/1.png"],
            &[("a/1.png", "a"), ("b/images/1.png", "b")],
            "left out 1 masks of b, such as b/masks/1.png",
        ),
    ];
    for (files, expected, note) in cases {
        let root = tree(files);
        let set = load(root.path(), &options()).unwrap();
        assert_eq!(with_classes(&set), expected);
        let notes = &set.notes;
        assert!(notes.iter().any(|line| line.contains(note)), "{notes:?}");
    }
    let plain = tree(&["a/1.png", "b/1.png"]);
    assert!(load(plain.path(), &options()).unwrap().notes.is_empty());
}

#[test]
fn parts_of_a_split_may_be_within_the_classes() {
    let root = tree(&[
        "a/train/1.png",
        "a/test/1.png",
        "b/train/1.png",
        "b/test_set/1.png",
    ]);
    let set = load(root.path(), &options()).unwrap();
    let parts: Vec<_> = set.origins.iter().map(|origin| origin.official).collect();
    let (train, test) = (Some(Official::Train), Some(Official::Test));
    assert_eq!(parts, [test, train, test, train]);
    assert_eq!(set.labels, [0, 0, 1, 1]);
}

#[test]
fn what_hebb_wrote_is_left_out() {
    let root = tree(&["a/1.png", "b/1.png", "reconstructions/1-reconstructed.png"]);
    let config = br#"{"hebb_version": "0.1.0", "experiment": "brain-tumor"}"#;
    write(root.path(), "runs/brain-tumor-1/config.json", config);
    paint(root.path(), "runs/brain-tumor-1/curves.png", 9);
    let set = load(root.path(), &options()).unwrap();
    assert_eq!(set.class_names, ["a", "b"]);
    assert_eq!(set.skipped, []);
    assert_eq!(
        set.notes,
        ["left out reconstructions/, runs/: written by Hebb"]
    );
    // A class may have the name.
    let root = tree(&["runs/1.png", "walks/1.png"]);
    let set = load(root.path(), &options()).unwrap();
    assert_eq!(set.class_names, ["runs", "walks"]);
}

#[test]
fn one_class_may_be_spelt_in_two_ways() {
    let root = tree(&[
        "Training/Glioma/1.png",
        "Training/gliome\u{301}/1.png",
        "Testing/glioma/1.png",
        "Testing/gliom\u{e9}/1.png",
    ]);
    let set = load(root.path(), &options()).unwrap();
    assert_eq!(set.class_names, ["Glioma", "gliome\u{301}"]);
    assert_eq!(set.labels, [0, 1, 0, 1]);
    assert_eq!(set.notes.len(), 2, "{:?}", set.notes);
    let split = split::official(&set, &alone(&set), 0.0, 1).unwrap();
    assert_eq!((split.train.len(), split.test.len()), (2, 2));
}

#[test]
fn classes_are_merged_and_left_out() {
    let root = tree(&["a/1.png", "b/1.png", "b/2.png", "c/1.png"]);
    fs::create_dir(root.path().join("empty")).unwrap();
    let with = |merged: &str, kept: &[&str]| FolderOptions {
        choice: ClassChoice {
            merged: vec![merged.parse().unwrap()],
            kept: Some(kept.iter().map(|name| name.to_string()).collect()),
        },
        ..options()
    };
    assert!(refused(root.path(), &options()).contains("--classes \"a,b,c\""));
    let set = load(root.path(), &with("x=a,c", &["b", "x"])).unwrap();
    assert_eq!(
        with_classes(&set),
        [
            ("a/1.png", "x"),
            ("b/1.png", "b"),
            ("b/2.png", "b"),
            ("c/1.png", "x")
        ]
    );
    assert_eq!(set.notes, ["left out the classes empty"]);
    let message = refused(root.path(), &with("x=a,d", &["x"]));
    assert!(
        message.starts_with("--merge x=a,d: there is no class d"),
        "{message}"
    );
    // A set that is no folder is chosen from in the same way.
    let mut digits = datasets::synthetic::digits(30, 1);
    digits
        .choose_classes(&with("odd=1,3", &["odd", "4"]).choice)
        .unwrap();
    assert_eq!(digits.class_names, ["4", "odd"]);
    assert_eq!(digits.class_counts(&alone(&digits)), [3, 6]);
    assert_eq!(digits.pixels.len(), 9 * 784);
}

#[cfg(unix)]
#[test]
fn names_that_are_not_unicode_or_end_with_a_blank_survive_a_recorded_split() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let root = tree(&["a/0.png", "a/1.png", "b /0.png", "b /1.png", "b /2.png"]);
    for (index, name) in [&b"x\xE9.png"[..], b"x\xE8.png"].into_iter().enumerate() {
        let path = root.path().join("a").join(OsStr::from_bytes(name));
        fs::rename(root.path().join(format!("a/{index}.png")), path).unwrap();
    }
    paint(root.path(), "a/2.png", 77);
    let set = load(root.path(), &options()).unwrap();
    let paths: Vec<_> = set
        .origins
        .iter()
        .take(3)
        .map(|origin| &*origin.path)
        .collect();
    assert_eq!(paths, ["a/2.png", "a/x\\xE8.png", "a/x\\xE9.png"]);
    for path in &paths {
        assert!(datasets::path_below(root.path(), path).is_file(), "{path}");
    }
    let made = split::random(&set.labels, 0.3, 0.3, 1).unwrap();
    let record = root.path().join("split.csv");
    fs::write(&record, split::record::to_csv(&set, &made).unwrap()).unwrap();
    let set = load(root.path(), &options()).unwrap();
    let replayed = split::record::replay(&record, &set, 1).unwrap();
    assert_eq!((replayed.train, replayed.test), (made.train, made.test));
}

#[test]
fn pictures_that_were_stretched_are_said() {
    let folder = tempfile::tempdir().unwrap();
    for (class, index) in ["a", "b"]
        .into_iter()
        .flat_map(|class| (0..4).map(move |i| (class, i)))
    {
        let dir = folder.path().join(class);
        fs::create_dir_all(&dir).unwrap();
        let level = |x: u32, y: u32| [(x * 40 + y * 4 + index) as u16];
        let scan =
            image::ImageBuffer::<image::Luma<u16>, _>::from_fn(9, 9, |x, y| level(x, y).into());
        scan.save(dir.join(format!("{index}.png"))).unwrap();
    }
    let set = load(folder.path(), &options()).unwrap();
    assert_eq!((set.len(), set.notes.len()), (8, 6));
    assert!(
        set.notes[0].starts_with("a/0.png: levels of 0 to 352"),
        "{:?}",
        set.notes
    );
    assert!(set.notes[5].contains("3 more"), "{:?}", set.notes);
}
