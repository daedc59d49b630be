//! The MNIST reader on sound, faulty, arbitrary and real files.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::support::real_data;
use datasets::Dataset;
use datasets::Official;
use datasets::images::mnist;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

const FILES: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn images(count: u32) -> Vec<u8> {
    let mut bytes = words(&[0x803, count, 28, 28]);
    bytes.extend((0..count * 784).map(|at| (at / 784 * 7 + at % 251) as u8));
    bytes
}

fn labels(count: u32) -> Vec<u8> {
    let mut bytes = words(&[0x801, count]);
    bytes.extend((0..count).map(|at| (at % 10) as u8));
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// 30 training and 20 test pictures.
fn sound(dir: &Path) {
    let contents = [images(30), labels(30), images(20), labels(20)];
    for (name, bytes) in FILES.iter().zip(contents) {
        fs::write(dir.join(name), bytes).unwrap();
    }
}

#[test]
fn reads_raw_and_gzipped_files_in_both_spellings() {
    let raw = tempfile::tempdir().unwrap();
    sound(raw.path());
    let set = mnist::load(raw.path()).unwrap();
    assert_eq!(set.len(), 50);
    assert_eq!(set.class_names.len(), 10);
    assert_eq!(set.image(31), &images(20)[16 + 784..16 + 2 * 784]);
    assert_eq!(set.labels[..12], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
    assert_eq!(set.origins[30].path, "test/0");
    assert_eq!(set.origins[29].official, Some(Official::Train));
    assert_eq!(set.pixels.len(), 50 * 784);

    let other = tempfile::tempdir().unwrap();
    for name in FILES {
        let bytes = fs::read(raw.path().join(name)).unwrap();
        let spelled = name.replace("-idx", ".idx");
        // One of them is unpacked although its name says otherwise.
        let content = if name == FILES[3] {
            bytes
        } else {
            gzip(&bytes)
        };
        fs::write(other.path().join(format!("{spelled}.gz")), content).unwrap();
    }
    let gzipped = mnist::load(other.path()).unwrap();
    assert_eq!(gzipped.fingerprint(), set.fingerprint());
    assert_eq!(gzipped.pixels, set.pixels);
}

/// Pictures of a stroke: across, or down.
fn strokes(count: usize, is_across: bool) -> Vec<u8> {
    let mut bytes = words(&[0x803, count as u32, 28, 28]);
    let (width, height) = if is_across { (20, 3) } else { (3, 20) };
    let is_ink =
        |at: usize| (4..4 + width).contains(&(at % 28)) && (4..4 + height).contains(&(at / 28));
    let picture: Vec<u8> = (0..784)
        .map(|at| if is_ink(at) { 200 } else { 0 })
        .collect();
    (0..count).for_each(|_| bytes.extend(&picture));
    bytes
}

#[test]
fn the_files_of_emnist_are_found_and_turned_upright() {
    let folder = tempfile::tempdir().unwrap();
    let names = FILES.map(|name| format!("emnist-digits-{}", name.replace("t10k", "test")));
    let contents = [strokes(30, true), labels(30), strokes(20, true), labels(20)];
    for (name, bytes) in names.iter().zip(contents) {
        fs::write(folder.path().join(format!("{name}.gz")), gzip(&bytes)).unwrap();
    }
    let set = mnist::load(folder.path()).unwrap();
    assert_eq!((&*set.name, set.len()), ("emnist-digits", 50));
    assert_eq!(set.image(7), &strokes(1, false)[16..]);
    // MNIST's digits are upright already.
    let upright = tempfile::tempdir().unwrap();
    let contents = [
        strokes(30, false),
        labels(30),
        strokes(20, false),
        labels(20),
    ];
    for (name, bytes) in FILES.iter().zip(contents) {
        fs::write(upright.path().join(name), bytes).unwrap();
    }
    let set = mnist::load(upright.path()).unwrap();
    assert_eq!(
        (&*set.name, set.image(7)),
        ("mnist", &strokes(1, false)[16..])
    );

    fs::write(
        folder.path().join("emnist-letters-train-images-idx3-ubyte"),
        "x",
    )
    .unwrap();
    let error = mnist::load(folder.path()).unwrap_err().to_string();
    assert!(
        error.contains("several sets (emnist-digits, emnist-letters)"),
        "{error}"
    );
}

#[test]
fn fashion_mnist_gets_its_own_names() {
    let folder = tempfile::tempdir().unwrap();
    sound(folder.path());
    let mut bytes = labels(30);
    bytes[8..24].copy_from_slice(&[9, 0, 0, 3, 0, 2, 7, 2, 5, 5, 0, 9, 5, 5, 7, 9]);
    fs::write(folder.path().join(FILES[1]), bytes).unwrap();
    let set = mnist::load(folder.path()).unwrap();
    assert_eq!(
        (&*set.name, &*set.class_names[9]),
        ("fashion-mnist", "Ankle boot")
    );
    assert_eq!(set.preprocessing.source, datasets::ImageSource::Picture);
}

#[test]
fn letters_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut letters = labels(30);
    letters[8 + 17] = 26;
    let contents = [images(30), letters, images(20), labels(20)];
    for (name, bytes) in FILES.iter().zip(contents) {
        let name = format!("emnist-letters-{}", name.replace("t10k", "test"));
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let error = mnist::load(folder.path()).unwrap_err().to_string();
    assert!(
        error.contains("label 17 is 26") && error.contains("emnist-digits"),
        "{error}"
    );
}

#[test]
fn each_fault_names_the_file_and_both_values() {
    let cut = |bytes: Vec<u8>, by: usize| bytes[..bytes.len() - by].to_vec();
    let long = |mut bytes: Vec<u8>| {
        bytes.push(0);
        bytes
    };
    let mut label_ten = labels(30);
    label_ten[8 + 17] = 10;
    let mut narrow = images(30);
    narrow[15] = 27;
    let half_gzip = cut(gzip(&images(30)), 400);
    let cases: Vec<(usize, Vec<u8>, &[&str])> = vec![
        (0, vec![], &["truncated", "0 bytes of 16"]),
        (0, vec![0, 0, 8], &["truncated", "3 bytes of 16"]),
        (0, cut(words(&[0x803, 30, 28, 28]), 5), &["11 bytes of 16"]),
        (0, labels(30), &["0x00000801", "0x00000803"]),
        (1, images(30), &["0x00000803", "0x00000801"]),
        (0, b"<!DOCTYPE html><html>".to_vec(), &["0x3c21444f"]),
        (0, narrow, &["27x28", "28x28"]),
        (0, cut(images(30), 1), &["23535 bytes of 23536"]),
        (0, cut(images(30), 23520), &["16 bytes of 23536"]),
        (0, long(images(30)), &["23537 bytes or more", "23536"]),
        (1, long(labels(30)), &["39 bytes or more", "38"]),
        (1, cut(labels(30), 3), &["35 bytes of 38"]),
        (0, images(29), &["29 images", "30 labels"]),
        (3, labels(21), &["20 images", "21 labels"]),
        (1, label_ten, &["label 17 is 10", "0 to 9"]),
        (
            0,
            words(&[0x803, u32::MAX, 28, 28]),
            &["4294967295", "10000000"],
        ),
        (1, words(&[0x801, 10_000_001]), &["10000001", "10000000"]),
        (
            0,
            words(&[0x803, 10_000_000, 28, 28]),
            &["16 bytes of 7840000016"],
        ),
        (0, half_gzip, &["truncated", "of 23536"]),
        (0, long(gzip(&images(30))), &["unpack"]),
        (0, cut(gzip(&images(30)), 4), &["unpack"]),
        (
            0,
            [0x1f, 0x8b, 0, 0, 0, 0].to_vec(),
            &["truncated", "0 bytes of 16"],
        ),
    ];
    for (file, content, expected) in cases {
        let dir = tempfile::tempdir().unwrap();
        sound(dir.path());
        fs::write(dir.path().join(FILES[file]), &content).unwrap();
        let error = mnist::load(dir.path()).unwrap_err().to_string();
        assert!(error.contains(FILES[file]), "{error}");
        assert!(!error.contains('\n'), "{error}");
        for value in expected {
            assert!(error.contains(value), "{value:?} is not in: {error}");
        }
    }
}

#[test]
fn missing_files_are_listed_with_the_remedy() {
    let dir = tempfile::tempdir().unwrap();
    sound(dir.path());
    fs::remove_file(dir.path().join(FILES[2])).unwrap();
    for dir in [dir.path(), Path::new("/nowhere")] {
        let error = mnist::load(dir).unwrap_err().to_string();
        for part in [
            &dir.display().to_string(),
            FILES[2],
            "train fetch mnist",
            "--data DIR",
        ] {
            assert!(error.contains(part), "{part:?} is not in: {error}");
        }
    }
}

/// 20 MB of zeros after a header for 30 pictures, in 20 kB of gzip: read to the byte after the end.
#[test]
fn a_gzip_bomb_does_not_unfold() {
    let dir = tempfile::tempdir().unwrap();
    sound(dir.path());
    let mut bomb = images(30);
    bomb.resize(20 << 20, 0);
    fs::write(dir.path().join(FILES[0]), gzip(&bomb)).unwrap();
    let error = mnist::load(dir.path()).unwrap_err().to_string();
    assert!(
        error.contains("23537 bytes or more, but its header announces 23536"),
        "{error}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn arbitrary_bytes_never_panic(
        file in 0usize..4,
        header in prop::collection::vec(prop_oneof![
            Just(0x803u32), Just(0x801), Just(28), 0u32..40, any::<u32>(),
        ], 0..5),
        tail in prop::collection::vec(any::<u8>(), 0..900),
        gzipped in any::<bool>(),
    ) {
        let dir = tempfile::tempdir().unwrap();
        sound(dir.path());
        let content = [words(&header), tail].concat();
        let content = if gzipped { gzip(&content) } else { content };
        fs::write(dir.path().join(FILES[file]), content).unwrap();
        if let Ok(set) = mnist::load(dir.path()) {
            prop_assert_eq!(set.pixels.len(), set.len() * 784);
        }
    }
}

#[test]
fn the_real_files() {
    let Some(dir) = real_data("mnist") else {
        return;
    };
    let start = std::time::Instant::now();
    let set = mnist::load(&dir).unwrap();
    eprintln!("MNIST read in {:.2?}", start.elapsed());
    let count = |part| {
        (set.origins.iter())
            .filter(|origin| origin.official == Some(part))
            .count()
    };
    assert_eq!(count(Official::Train), 60_000);
    assert_eq!(count(Official::Test), 10_000);
    // Published class counts of the training files.
    let training: Vec<usize> = (0..60_000).collect();
    assert_eq!(
        set.class_counts(&training),
        [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    );
    assert_eq!(set.labels[..5], [5, 0, 4, 1, 9]);
}
