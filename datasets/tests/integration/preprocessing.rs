//! The one preprocessing: shapes, resizing, borders, scaling and the check of foreign values.

use crate::support::{gradient, preprocessing};
use burn::tensor::Device;
use datasets::{Channels, Error, Filter, Fit, ImagePreprocessing, ImageSource, Scaling};
use image::{DynamicImage, GrayImage, RgbImage};

fn grey(width: u32, height: u32, light: impl Fn(u32, u32) -> u8) -> DynamicImage {
    GrayImage::from_fn(width, height, |x, y| [light(x, y)].into()).into()
}

#[test]
fn colours_become_planes() {
    let picture: DynamicImage = RgbImage::from_fn(2, 1, |x, _| {
        [10 + x as u8, 20 + x as u8, 30 + x as u8].into()
    })
    .into();
    let preprocessing = preprocessing(2, 1, Channels::Rgb);
    let planes = preprocessing.apply(&picture).unwrap();
    assert_eq!(planes, [10, 11, 20, 21, 30, 31]);
    assert_eq!(preprocessing.shape(), [3, 1, 2]);
}

#[test]
fn grey_and_colour_of_a_grey_picture_agree() {
    let picture = grey(50, 40, |x, y| (x * 5) as u8 ^ (y * 3) as u8);
    let one = preprocessing(16, 16, Channels::Grey)
        .apply(&picture)
        .unwrap();
    let three = preprocessing(16, 16, Channels::Rgb)
        .apply(&picture)
        .unwrap();
    assert_eq!(three, one.repeat(3));
}

/// A checkerboard of single pixels is grey from afar; a resizer that only picks pixels gives black
/// and white.
#[test]
fn reducing_does_not_alias() {
    let board = grey(200, 200, |x, y| if (x + y) % 2 == 0 { 255 } else { 0 });
    for filter in [
        Filter::Box,
        Filter::Bilinear,
        Filter::CatmullRom,
        Filter::Lanczos3,
    ] {
        let mut preprocessing = preprocessing(10, 10, Channels::Grey);
        preprocessing.filter = filter;
        let bytes = preprocessing.apply(&board).unwrap();
        assert!(
            bytes.iter().all(|byte| (120..136).contains(byte)),
            "{filter:?}: {bytes:?}"
        );
    }
}

#[test]
fn padding_keeps_the_aspect_ratio() {
    let mut preprocessing = preprocessing(8, 8, Channels::Grey);
    preprocessing.fit = Fit::Pad;
    let wide = preprocessing.apply(&grey(40, 20, |_, _| 200)).unwrap();
    for (y, row) in wide.chunks_exact(8).enumerate() {
        let expected = if (2..6).contains(&y) { 200 } else { 0 };
        assert_eq!(row, [expected; 8], "row {y}");
    }
    let tall = preprocessing.apply(&grey(1, 300, |_, _| 200)).unwrap();
    assert_eq!(tall.iter().filter(|&&byte| byte == 200).count(), 8);
}

#[test]
fn tensors_are_scaled_as_the_card_says() {
    let device = Device::default();
    let images: [&[u8]; 2] = [&[0, 51, 255, 102], &[255, 255, 0, 0]];
    let mut preprocessing = preprocessing(2, 1, Channels::Grey);
    preprocessing.height = 2;
    for (scaling, expected) in [
        (Scaling::Raw, [0.0, 51.0, 255.0, 102.0]),
        (Scaling::Unit, [0.0, 0.2, 1.0, 0.4]),
        (
            Scaling::Standardize {
                mean: vec![0.2],
                std: vec![0.5],
            },
            [-0.4, 0.0, 1.6, 0.4],
        ),
    ] {
        preprocessing.scaling = scaling;
        let tensor = preprocessing.tensor(images, &device);
        assert_eq!(tensor.dims(), [2, 1, 2, 2]);
        let values: Vec<f32> = tensor.into_data().try_to_vec().unwrap();
        for (value, expected) in values.iter().zip(expected) {
            assert!((value - expected).abs() < 1e-6, "{value} {expected}");
        }
    }
}

#[test]
fn large_batches_are_scaled_like_small_ones() {
    let device = Device::default();
    let mut preprocessing = preprocessing(150, 150, Channels::Rgb);
    preprocessing.scaling = Scaling::Standardize {
        mean: vec![0.1, 0.2, 0.3],
        std: vec![0.4, 0.5, 0.6],
    };
    let bytes = preprocessing.apply(&gradient(99, 120)).unwrap();
    let values = |count: usize| -> Vec<f32> {
        let images = std::iter::repeat_n(bytes.as_slice(), count);
        preprocessing
            .tensor(images, &device)
            .into_data()
            .try_to_vec()
            .unwrap()
    };
    let (one, many) = (values(1), values(20)); // 20 pictures: 1.35 million values
    assert_eq!(many, one.repeat(20));
    let green = 150 * 150 + 7;
    let expected = (f32::from(bytes[green]) / 255.0 - 0.2) / 0.5;
    assert!((one[green] - expected).abs() < 1e-6);
}

#[test]
fn values_out_of_range_are_named() {
    let sound = preprocessing(8, 8, Channels::Rgb);
    let with = |change: &dyn Fn(&mut ImagePreprocessing)| {
        let mut changed = sound.clone();
        change(&mut changed);
        changed
    };
    let scaled = |mean: Vec<f32>, std: Vec<f32>| {
        with(&move |p| {
            p.scaling = Scaling::Standardize {
                mean: mean.clone(),
                std: std.clone(),
            };
        })
    };
    let cases = [
        (with(&|p| p.width = 0), "width is 0"),
        (with(&|p| p.height = 5000), "height is 5000"),
        (with(&|p| p.width = usize::MAX), "1 to 4096"),
        (scaled(vec![0.0; 1], vec![1.0; 3]), "mean is 1 values long"),
        (scaled(vec![0.0; 3], vec![]), "std is 0 values long"),
        (scaled(vec![0.0; 3], vec![1.0, 0.0, 1.0]), "std is 0"),
        (scaled(vec![0.0; 3], vec![1.0, -1.0, 1.0]), "std is -1"),
        (scaled(vec![f32::NAN; 3], vec![1.0; 3]), "mean is NaN"),
        (scaled(vec![0.0; 3], vec![f32::INFINITY; 3]), "std is inf"),
        (with(&|p| p.source = ImageSource::Digit), "size of a digit"),
    ];
    for (preprocessing, expected) in cases {
        let error = preprocessing.validate().unwrap_err();
        assert!(matches!(error, Error::Preprocessing { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
        let applied = preprocessing.apply(&gradient(9, 9)).unwrap_err();
        assert_eq!(applied.to_string(), error.to_string());
    }
    sound.validate().unwrap();
}

#[test]
fn survives_json_and_refuses_unknown_fields() {
    let mut preprocessing = preprocessing(8, 8, Channels::Rgb);
    preprocessing.scaling = Scaling::Standardize {
        mean: vec![0.1, 0.2, 0.3],
        std: vec![0.25; 3],
    };
    let json = serde_json::to_string(&preprocessing).unwrap();
    assert_eq!(
        serde_json::from_str::<ImagePreprocessing>(&json).unwrap(),
        preprocessing
    );
    let longer = json.replacen('{', "{\"gamma\":2,", 1);
    let error = serde_json::from_str::<ImagePreprocessing>(&longer).unwrap_err();
    assert!(error.to_string().contains("gamma"), "{error}");
}

#[test]
fn a_picture_without_pixels_is_refused() {
    let error = preprocessing(8, 8, Channels::Grey)
        .apply(&GrayImage::new(0, 5).into())
        .unwrap_err();
    assert!(error.to_string().contains("0x5"), "{error}");
}
