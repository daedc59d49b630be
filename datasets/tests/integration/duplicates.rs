//! Copies are found in whatever orientation, size, quality and brightness, and nothing else is.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::time::Instant;

use crate::support::{preprocessing, real_data};
use datasets::Dataset;
use datasets::duplicates::{CopyKind, compare, groups};
use datasets::images::Fingerprint;
use datasets::images::folder;
use datasets::synthetic::{Mass, phantom};
use datasets::{Channels, FolderOptions, ImageSet, Official, Origin, images};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, GrayImage, RgbImage};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// A set of these pictures, as if each were a file of its own.
fn set(pictures: &[&DynamicImage]) -> ImageSet {
    ImageSet {
        name: "pictures".into(),
        generated: true,
        class_names: vec!["only".into()],
        preprocessing: preprocessing(1, 1, Channels::Grey),
        pixels: vec![0; pictures.len()],
        labels: vec![0; pictures.len()],
        origins: (0..pictures.len())
            .map(|index| Origin {
                path: format!("{index}"),
                sha256: format!("{index:064x}"),
                official: None,
            })
            .collect(),
        fingerprints: (pictures.par_iter())
            .map(|picture| Fingerprint::new(picture).unwrap())
            .collect(),
        skipped: vec![],
        notes: Vec::new(),
        annotations: datasets::Annotations::default(),
    }
}

fn generator(stream: usize) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(2024);
    rng.set_stream(stream as u64);
    rng
}

fn phantoms(count: usize) -> Vec<DynamicImage> {
    let draw = |index: usize| phantom(Mass::ALL[index % 4], &mut generator(index)).into();
    (0..count).into_par_iter().map(draw).collect()
}

/// What happens to pictures that circulate.
const ALTERATIONS: [&str; 7] = [
    "flipped",
    "rotated by 90 degrees",
    "JPEG of quality 40",
    "rescaled to 60-150 %",
    "brightness 75-125 %",
    "2 % cropped off both sides, at a random place",
    "flipped, rescaled and compressed",
];

fn altered(picture: &DynamicImage, how: usize, rng: &mut ChaCha8Rng) -> DynamicImage {
    match how {
        0 => picture.fliph(),
        1 => picture.rotate90(),
        2 => jpeg(picture, 40),
        3 => rescaled(picture, rng.random_range(0.6..1.5)),
        4 => {
            let factor: f32 = rng.random_range(0.75..1.25);
            let mut pixels = picture.to_rgb8();
            pixels
                .iter_mut()
                .for_each(|value| *value = (f32::from(*value) * factor) as u8);
            pixels.into()
        }
        5 => {
            let (width, height) = (picture.width(), picture.height());
            let (across, down) = (width.div_ceil(50), height.div_ceil(50));
            let (left, top) = (rng.random_range(0..=across), rng.random_range(0..=down));
            picture.crop_imm(left, top, width - across, height - down)
        }
        _ => jpeg(&rescaled(&picture.flipv(), rng.random_range(0.7..1.3)), 60),
    }
}

fn rescaled(picture: &DynamicImage, factor: f32) -> DynamicImage {
    let side = |side: u32| (side as f32 * factor).round().max(1.0) as u32;
    picture.resize_exact(
        side(picture.width()),
        side(picture.height()),
        FilterType::Triangle,
    )
}

fn jpeg(picture: &DynamicImage, quality: u8) -> DynamicImage {
    let mut file = Cursor::new(Vec::new());
    picture
        .write_with_encoder(JpegEncoder::new_with_quality(&mut file, quality))
        .unwrap();
    images::decode_bytes(file.get_ref(), "a copy").unwrap()
}

/// Plants `count` altered copies among the pictures; for each its original, how it was altered, and
/// whether it was found. Then how many pairs of originals share a group.
fn plant(originals: &[DynamicImage], count: usize) -> (Vec<(usize, usize, bool)>, usize) {
    let planted: Vec<(usize, usize)> = (0..count)
        .map(|copy| (copy * originals.len() / count, copy % ALTERATIONS.len()))
        .collect();
    let copies: Vec<DynamicImage> = (planted.par_iter().enumerate())
        .map(|(copy, &(original, how))| {
            altered(&originals[original], how, &mut generator(1_000_000 + copy))
        })
        .collect();
    let all: Vec<&DynamicImage> = originals.iter().chain(&copies).collect();
    let set = set(&all);
    let (start, cpu) = (Instant::now(), cpu_seconds());
    let groups = groups(&set, false).unwrap();
    eprintln!(
        "{} pictures searched in {:.2?}, {:.1} s of computing",
        all.len(),
        start.elapsed(),
        cpu_seconds() - cpu
    );

    let found = (planted.into_iter().enumerate())
        .map(|(copy, (original, how))| {
            (
                original,
                how,
                groups[originals.len() + copy] == groups[original],
            )
        })
        .collect();
    let mut sizes = vec![0usize; all.len()];
    groups[..originals.len()]
        .iter()
        .for_each(|&group| sizes[group] += 1);
    (
        found,
        sizes
            .iter()
            .map(|size| size * size.saturating_sub(1) / 2)
            .sum(),
    )
}

/// What all threads of this process have computed so far, where Linux tells: on a busy machine
/// that is what the time on an idle one comes from.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = text.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2);
    ticks
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}

fn report(found: &[(usize, usize, bool)]) -> usize {
    for (how, name) in ALTERATIONS.iter().enumerate() {
        let of_kind: Vec<_> = found.iter().filter(|(_, other, _)| *other == how).collect();
        let hits = of_kind.iter().filter(|(_, _, found)| *found).count();
        eprintln!("{name}: {hits} of {}", of_kind.len());
    }
    found.iter().filter(|(_, _, found)| *found).count()
}

#[test]
fn planted_copies_are_found_and_distinct_pictures_are_not_linked() {
    let originals = phantoms(2000);
    let (found, false_links) = plant(&originals, 200);
    let hits = report(&found);
    assert!(hits >= 198, "{hits} of 200 copies found");
    assert!(
        false_links <= 2,
        "{false_links} pairs of distinct pictures are linked"
    );
}

/// The real scans hold copies of their own, so false links cannot be counted here.
#[test]
fn copies_planted_among_real_scans_are_found() {
    // The second set is at most 112 pixels a side: cutting 2 % off moves much of it between pixels.
    for (name, least) in [("brain-tumor-mri", 274), ("brain-tumor-2class", 268)] {
        let Some(dir) = real_data(name) else {
            return;
        };
        let set = folder::load(&dir, &tiny(name)).unwrap();
        let originals: Vec<DynamicImage> = (set.origins.par_iter().step_by(5))
            .map(|origin| images::decode(&dir.join(&origin.path)).unwrap())
            .collect();
        let (found, _) = plant(&originals, 280);
        let hits = report(&found);
        assert!(hits >= least, "{name}: {hits} of 280 copies found");
    }
}

fn tiny(name: &str) -> FolderOptions {
    FolderOptions {
        name: name.into(),
        preprocessing: preprocessing(8, 8, Channels::Grey),
        strict: false,
        classes: None,
        labels: None,
        choice: datasets::ClassChoice::default(),
        progress: false,
    }
}

/// Counts known for the 2,809 pictures in the data folder: of 352 Testing pictures, 234 have a copy in
/// Training and 80 are the same file; 2,371 groups of copies.
#[test]
fn the_leaks_of_the_real_scans() {
    let Some(dir) = real_data("brain-tumor-mri") else {
        return;
    };
    let set = folder::load(&dir, &tiny("brain-tumor-mri")).unwrap();
    let set = &set;
    let start = Instant::now();
    let groups = groups(set, false).unwrap();
    eprintln!("{} scans searched in {:.2?}", set.len(), start.elapsed());
    let in_part =
        |part| (0..set.len()).filter(move |&index| set.origins[index].official == Some(part));
    let trained: BTreeSet<usize> = in_part(Official::Train)
        .map(|index| groups[index])
        .collect();
    let leaking: Vec<usize> = in_part(Official::Test)
        .filter(|&index| trained.contains(&groups[index]))
        .collect();
    let by_class = set.class_counts(&leaking);
    eprintln!("leaking by class: {by_class:?}");
    assert!(leaking.len().abs_diff(234) <= 6, "{}", leaking.len());
    for (found, known) in by_class.iter().zip([18usize, 95, 95, 26]) {
        assert!(found.abs_diff(known) <= 3, "{by_class:?}");
    }
    let files: BTreeSet<&str> = in_part(Official::Train)
        .map(|index| &*set.origins[index].sha256)
        .collect();
    let exact =
        in_part(Official::Test).filter(|&index| files.contains(&*set.origins[index].sha256));
    assert_eq!(exact.count(), 80);
    let count = groups.iter().max().unwrap() + 1;
    assert!(count.abs_diff(2371) <= 24, "{count} groups");
}

#[test]
fn the_groups_of_the_real_two_class_scans() {
    let Some(dir) = real_data("brain-tumor-2class") else {
        return;
    };
    let set = folder::load(&dir, &tiny("brain-tumor-2class")).unwrap();
    let groups = groups(&set, false).unwrap();
    assert_eq!(set.len(), 4113);
    let count = groups.iter().max().unwrap() + 1;
    eprintln!("{count} groups");
    assert!(count.abs_diff(1371) <= 14, "{count} groups");
}

/// The same pixels in another format, or grey stored as colour, are the same picture.
#[test]
fn files_and_pixels_are_told_apart() {
    let grey = phantom(Mass::Glioma, &mut generator(1));
    let colour: DynamicImage = DynamicImage::ImageLuma8(grey.clone()).to_rgb8().into();
    let other = phantom(Mass::None, &mut generator(2)).into();
    let (grey, flipped) = (DynamicImage::from(grey), colour.fliph());
    let mut set = set(&[&grey, &colour, &other, &flipped, &grey]);
    set.origins[4].sha256 = set.origins[0].sha256.clone();
    assert_eq!(groups(&set, false).unwrap(), [0, 0, 1, 0, 0]);
    assert_eq!(compare(&set, 0, 4).unwrap().0, CopyKind::File);
    assert_eq!(compare(&set, 0, 1).unwrap().0, CopyKind::Pixels);
    let (how, correlation) = compare(&set, 0, 3).unwrap();
    assert!(
        how == CopyKind::Near && correlation > 0.9999,
        "{correlation}"
    );

    // Where only prepared pictures are known, equal files are found still.
    set.fingerprints.clear();
    assert_eq!(groups(&set, false).unwrap(), [0, 1, 2, 3, 0]);
}

/// Blank pages are all alike, but no copies of each other unless their pixels are the same.
#[test]
fn blank_pictures_form_no_group() {
    let blank = |grey: u8, width: u32| -> DynamicImage {
        GrayImage::from_pixel(width, 40, [grey].into()).into()
    };
    let pictures = [blank(0, 40), blank(255, 40), blank(0, 41), blank(255, 40)];
    let pictures: Vec<&DynamicImage> = pictures.iter().collect();
    assert_eq!(groups(&set(&pictures), false).unwrap(), [0, 1, 2, 1]);
    assert_eq!(groups(&set(&[]), false).unwrap(), [0usize; 0]);
}

/// With more pictures there are more that might be taken for copies. (The table in the documentation of
/// `datasets::duplicates` is of this with 1,250 to 10,000 pictures.)
#[test]
fn more_pictures_bring_no_false_links() {
    for count in [300, 600] {
        let (_, false_links) = plant(&phantoms(count * 9 / 10), count / 10);
        assert_eq!(false_links, 0, "of {count} pictures");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    /// Hostile sizes do no harm.
    #[test]
    fn pictures_of_any_size_have_a_look(width in 1u32..300, height in 1u32..300, grey in any::<u8>()) {
        let picture = RgbImage::from_fn(width, height, |x, y| [grey, x as u8, y as u8].into()).into();
        let set = set(&[&picture, &picture]);
        prop_assert_eq!(groups(&set, false).unwrap(), vec![0, 0]);
    }
}
