//! The set in memory and the batches made from it.

use std::sync::Arc;

use crate::support::preprocessing;
use crate::support::sha256_hex;
use burn::data::dataset::DatasetError;
use datasets::Dataset;
use datasets::images::batch::{
    loader, reconstruction_loader, reconstruction_training_loader, training_loader,
};
use datasets::{
    Augmentation, Channels, Emphasis, ImageBatch, ImageSet, Noise, Origin, ReconstructionBatch,
    Scaling,
};

/// Pictures of 2x1 RGB; picture `i` has the bytes `i, i + 1, ...`, and class `i % 3`.
fn set(count: usize) -> ImageSet {
    let pixels: Vec<u8> = (0..count)
        .flat_map(|index| (0..6).map(move |byte| (index + byte) as u8))
        .collect();
    ImageSet {
        name: "tiny".into(),
        generated: true,
        class_names: ["a", "b", "c"].map(String::from).to_vec(),
        preprocessing: preprocessing(2, 1, Channels::Rgb),
        labels: (0..count).map(|index| index % 3).collect(),
        origins: (pixels.chunks(6).enumerate())
            .map(|(index, pixels)| Origin {
                path: format!("train/{index}"),
                sha256: sha256_hex(pixels),
                official: None,
            })
            .collect(),
        pixels,
        fingerprints: vec![],
        skipped: vec![],
        notes: Vec::new(),
        annotations: datasets::Annotations::default(),
    }
}

/// The labels and first values of each batch.
type Seen = Vec<Vec<(i64, usize)>>;

fn seen(batches: impl Iterator<Item = Result<ImageBatch, DatasetError>>) -> Seen {
    batches
        .map(|batch| {
            let batch = batch.unwrap();
            let [count, channels, height, width] = batch.images.dims();
            assert_eq!([channels, height, width], [3, 1, 2]);
            assert_eq!(batch.targets.own.dims(), [count]);
            let labels = batch.targets.own.into_data();
            let values: Vec<f32> = batch.images.into_data().try_to_vec().unwrap();
            let firsts = values
                .chunks(6)
                .map(|image| (image[0] * 255.0).round() as usize);
            labels.iter::<i64>().zip(firsts).collect()
        })
        .collect()
}

/// The batches of an epoch of a training, without the first `skipped` ones.
fn epoch(set: &Arc<ImageSet>, seed: u64, epoch: usize, skipped: usize) -> Seen {
    let all = (0..set.len()).collect();
    let loader = training_loader(set.clone(), all, 4, seed, None, Emphasis::default());
    seen(loader.epoch(epoch, skipped))
}

#[test]
fn batches_hold_every_example_with_its_label() {
    let set = Arc::new(set(10));
    let batches = seen(loader(set.clone(), (0..10).collect(), 4).iter());
    assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 2]);
    let flat: Vec<_> = batches.concat();
    assert_eq!(flat, (0..10).map(|i| (i as i64 % 3, i)).collect::<Vec<_>>());

    let mut shuffled = epoch(&set, 1, 1, 0).concat();
    assert_ne!(shuffled, flat);
    shuffled.sort_by_key(|(_, first)| *first);
    assert_eq!(shuffled, flat);
}

#[test]
fn the_order_depends_on_seed_and_epoch_only() {
    let set = Arc::new(set(50));
    assert_eq!(epoch(&set, 7, 3, 0), epoch(&set, 7, 3, 0));
    assert_ne!(epoch(&set, 7, 3, 0), epoch(&set, 7, 2, 0));
    assert_ne!(epoch(&set, 7, 1, 0), epoch(&set, 8, 1, 0));
}

#[test]
fn an_epoch_can_start_at_any_batch() {
    let set = Arc::new(set(50));
    let whole = epoch(&set, 7, 3, 0);
    for skipped in [1, 7, 12, 13, 20] {
        let rest = epoch(&set, 7, 3, skipped);
        assert_eq!(rest, whole[skipped.min(13)..]);
    }
    let loader = training_loader(set, (0..50).collect(), 4, 7, None, Emphasis::default());
    assert_eq!(loader.batches(), 13);
    let mut rest = loader.epoch(3, 7);
    assert_eq!(rest.progress().items_processed, 28);
    rest.next();
    assert_eq!(rest.progress().items_processed, 32);
}

/// The augmented pictures of one epoch, without those of its first `skipped` batches.
fn augmented(set: &Arc<ImageSet>, epoch: usize, skipped: usize) -> Vec<Vec<f32>> {
    let augmentation = Some(Augmentation {
        mix: 0.2,
        ..Augmentation::SCANS
    });
    let loader = training_loader(
        set.clone(),
        (0..set.len()).collect(),
        4,
        3,
        augmentation,
        Emphasis::default(),
    );
    let batches = loader.epoch(epoch, skipped);
    batches
        .map(|batch| batch.unwrap().images.into_data().try_to_vec().unwrap())
        .collect()
}

#[test]
fn alterations_depend_on_seed_epoch_and_batch_only() {
    let set = Arc::new(set(12));
    let whole = augmented(&set, 2, 0);
    assert_eq!(augmented(&set, 2, 1), whole[1..]);
    assert_ne!(augmented(&set, 1, 0), whole);
}

/// The input of each picture, by the picture's first value.
fn disturbed(
    batches: impl Iterator<Item = Result<ReconstructionBatch, DatasetError>>,
) -> std::collections::BTreeMap<usize, Vec<f32>> {
    let mut seen = std::collections::BTreeMap::new();
    for batch in batches {
        let batch = batch.unwrap();
        assert_eq!(batch.inputs.dims(), batch.targets.dims());
        let values = |tensor: burn::tensor::Tensor<4>| -> Vec<f32> {
            tensor.into_data().try_to_vec().unwrap()
        };
        let (inputs, targets) = (values(batch.inputs), values(batch.targets));
        for (input, target) in inputs.chunks(6).zip(targets.chunks(6)) {
            let first = (target[0] * 255.0).round() as usize;
            let clean: Vec<f32> = (0..6).map(|byte| (first + byte) as f32 / 255.0).collect();
            assert_eq!(target, clean, "the target is the picture");
            seen.insert(first, input.to_vec());
        }
    }
    seen
}

#[test]
fn noise_is_fixed_in_evaluation_and_new_in_every_epoch_of_a_training() {
    let set = Arc::new(set(10));
    let all: Vec<usize> = (0..10).collect();
    let noise = Some(Noise::Gaussian { sigma: 0.5 });
    let fixed = |indices: &[usize], batch| {
        let indices = indices.to_vec();
        disturbed(reconstruction_loader(set.clone(), indices, batch, noise, 3).iter())
    };
    let seen = fixed(&all, 4);
    assert_eq!(seen.len(), 10);
    assert_eq!(fixed(&[7, 3], 1)[&7], seen[&7]);
    let distinct: std::collections::BTreeSet<_> =
        seen.values().map(|values| format!("{values:?}")).collect();
    assert_eq!(distinct.len(), 10);

    let training =
        |seed| reconstruction_training_loader(set.clone(), all.clone(), 4, seed, None, noise);
    let loader = training(3);
    let (first, second) = (disturbed(loader.epoch(1, 0)), disturbed(loader.epoch(2, 0)));
    assert!((0..10).all(|picture| first[&picture] != second[&picture]));
    let rest = disturbed(training(3).epoch(2, 1));
    assert_eq!(rest.len(), 6);
    assert!(
        rest.iter()
            .all(|(picture, input)| second[picture] == *input)
    );
    assert_ne!(disturbed(training(4).epoch(1, 0)), first);

    let clean = reconstruction_loader(set.clone(), all.clone(), 4, None, 3);
    assert_eq!(
        disturbed(clean.iter())[&0],
        [0.0, 1.0, 2.0, 3.0, 4.0, 5.0].map(|v: f32| v / 255.0)
    );
}

#[test]
fn an_empty_part_gives_no_batch() {
    let set = Arc::new(set(3));
    let empty = training_loader(set.clone(), vec![], 4, 1, None, Emphasis::default());
    assert_eq!((empty.batches(), empty.epoch(1, 0).count()), (0, 0));
    let one_by_one = loader(set, vec![2, 0], 0);
    assert_eq!((one_by_one.num_items(), one_by_one.iter().count()), (2, 2));
}

/// By hand: training values of the first channel 0, 1, 2, 3 (of 255), of the last 4, 5, 6, 7.
#[test]
fn standardising_uses_the_training_examples_only() {
    let mut set = set(9);
    set.standardize(&[0, 2]);
    let Scaling::Standardize { mean, std } = set.preprocessing.scaling.clone() else {
        panic!("{:?}", set.preprocessing.scaling);
    };
    for (channel, (mean, std)) in mean.iter().zip(&std).enumerate() {
        let expected = (1.5 + 2.0 * channel as f32) / 255.0;
        assert!((mean - expected).abs() < 1e-7, "{channel}: {mean}");
        assert!(
            (std - 1.25f32.sqrt() / 255.0).abs() < 1e-7,
            "{channel}: {std}"
        );
    }
    let images = [set.image(0), set.image(2)];
    let device = burn::tensor::Device::default();
    let tensor = set.preprocessing.tensor(images, &device);
    let values: Vec<f32> = tensor.into_data().try_to_vec().unwrap();
    let mean = values.iter().sum::<f32>() / 12.0;
    let square = values.iter().map(|value| value * value).sum::<f32>() / 12.0;
    assert!(
        mean.abs() < 1e-4 && (square - 1.0).abs() < 1e-3,
        "{mean} {square}"
    );
}

#[test]
fn a_constant_channel_and_an_empty_part_keep_the_scaling_usable() {
    let mut set = set(2);
    set.standardize(&[]);
    assert_eq!(set.preprocessing.scaling, Scaling::Unit);
    set.pixels.fill(51);
    set.standardize(&[0, 1]);
    let expected = Scaling::Standardize {
        mean: vec![0.2; 3],
        std: vec![1.0; 3],
    };
    assert_eq!(set.preprocessing.scaling, expected);
    set.preprocessing.validate().unwrap();
}

#[test]
fn the_fingerprint_knows_content_and_not_order() {
    let set = set(5);
    let fingerprint = set.fingerprint();
    assert_eq!(fingerprint.len(), 64);

    let mut reordered = set.clone();
    reordered.labels.reverse();
    reordered.origins.reverse();
    reordered.origins[0].path = "elsewhere".into();
    assert_eq!(reordered.fingerprint(), fingerprint);

    let mut relabelled = set.clone();
    relabelled.labels[0] = 2;
    assert_ne!(relabelled.fingerprint(), fingerprint);
    let mut renamed = set.clone();
    renamed.class_names[0] = "z".into();
    assert_ne!(renamed.fingerprint(), fingerprint);
    let mut fewer = set.clone();
    fewer.labels.pop();
    fewer.origins.pop();
    assert_ne!(fewer.fingerprint(), fingerprint);
}

#[test]
fn classes_are_counted() {
    assert_eq!(set(10).class_counts(&[0, 1, 3, 9]), [3, 1, 0]);
}

/// FIPS 180-4's example for "abc".
#[test]
fn hashes_are_hexadecimal() {
    let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(sha256_hex(b"abc"), expected);
}
