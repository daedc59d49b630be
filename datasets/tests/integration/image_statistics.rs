//! The statistics by which a picture is told from those of another kind.

use datasets::images::{STATISTICS, statistics};
use datasets::{Channels, Filter, Fit, ImagePreprocessing, ImageSource, Scaling};
use proptest::prelude::*;

fn preprocessing(width: usize, height: usize, channels: Channels) -> ImagePreprocessing {
    ImagePreprocessing {
        width,
        height,
        channels,
        filter: Filter::Bilinear,
        fit: Fit::Stretch,
        scaling: Scaling::Unit,
        source: ImageSource::Picture,
    }
}

fn of(statistics: &[f64; STATISTICS.len()], name: &str) -> f64 {
    statistics[STATISTICS.iter().position(|known| *known == name).unwrap()]
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-6, "{found}, not {expected}");
}

/// The left half black, the right half white.
#[test]
fn a_picture_of_two_halves_by_hand() {
    let image: Vec<u8> = (0..16 * 16)
        .map(|i| if i % 16 < 8 { 0 } else { 255 })
        .collect();
    let statistics = statistics(&preprocessing(16, 16, Channels::Grey), &image);
    for (name, expected) in [
        ("mean", 0.5),
        ("deviation", 0.5),
        ("dark", 0.5),
        ("bright", 0.5),
        ("ninth_decile", 1.0),
        ("border_mean", 0.5),
        ("centre_mean", 0.5),
        // One step of 1 among 15, 7, 3 and 1 neighbours.
        ("gradient_x_1", (1.0f64 / 15.0 + 1e-3).ln()),
        ("gradient_x_2", (1.0f64 / 7.0 + 1e-3).ln()),
        ("gradient_x_4", (1.0f64 / 3.0 + 1e-3).ln()),
        ("gradient_x_8", (1.0f64 + 1e-3).ln()),
        ("gradient_y_1", 1e-3f64.ln()),
        ("mirror", -64.0 / (64.0 + 1e-3)),
        ("entropy", 2f64.ln()),
        ("colour", 0.0),
    ] {
        close(of(&statistics, name), expected);
    }
}

#[test]
fn the_border_is_a_frame_and_the_centre_a_square() {
    let mut image = vec![0u8; 32 * 32];
    for (place, value) in image.iter_mut().enumerate() {
        let (x, y) = (place % 32, place / 32);
        if x < 2 || y < 2 || x >= 30 || y >= 30 {
            *value = 51;
        } else if (12..20).contains(&x) && (12..20).contains(&y) {
            *value = 204;
        }
    }
    let statistics = statistics(&preprocessing(32, 32, Channels::Grey), &image);
    close(of(&statistics, "border_mean"), 0.2);
    close(of(&statistics, "border_deviation"), 0.0);
    close(of(&statistics, "centre_mean"), 0.8);
    close(
        of(&statistics, "mirror"),
        1.0 - 1e-3 / (1e-3 + of(&statistics, "deviation").powi(2) * 1024.0),
    );
}

#[test]
fn colours_are_noticed_and_grey_in_three_planes_is_grey() {
    let plane: Vec<u8> = (0..64).map(|i| i * 3).collect();
    let grey = statistics(&preprocessing(8, 8, Channels::Grey), &plane);
    let three = statistics(&preprocessing(8, 8, Channels::Rgb), &plane.repeat(3));
    for (grey, three) in grey.iter().zip(three) {
        assert!((grey - three).abs() < 1e-5, "{grey} {three}");
    }
    let red = [vec![255; 64], vec![0; 128]].concat();
    close(
        of(
            &statistics(&preprocessing(8, 8, Channels::Rgb), &red),
            "colour",
        ),
        1.0,
    );
}

proptest! {
    /// Whatever the size and the pixels.
    #[test]
    fn every_statistic_is_finite(
        width in 1usize..40,
        height in 1usize..40,
        colour in any::<bool>(),
        seed in any::<u8>(),
    ) {
        let channels = if colour { Channels::Rgb } else { Channels::Grey };
        let preprocessing = preprocessing(width, height, channels);
        let image: Vec<u8> = (0..preprocessing.bytes())
            .map(|i| (i as u8).wrapping_mul(seed).wrapping_add(seed))
            .collect();
        let statistics = statistics(&preprocessing, &image);
        prop_assert!(statistics.iter().all(|value| value.is_finite()), "{statistics:?}");
    }
}
