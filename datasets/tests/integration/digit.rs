//! Photographs of digits: cut out, turned light on dark, centred, or refused.

use crate::support::real_data;
use datasets::Error;
use datasets::images::mnist;
use image::imageops::{FilterType, resize};
use image::{DynamicImage, GrayImage, Luma};

/// A seven: a bar and a slanted stroke of some thickness, drawn on a field of `side` pixels.
fn seven(side: u32, at: (f32, f32), size: f32, thick: f32, paper: u8, ink: u8) -> GrayImage {
    let distance = |p: (f32, f32), a: (f32, f32), b: (f32, f32)| {
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let along = ((p.0 - a.0) * dx + (p.1 - a.1) * dy) / (dx * dx + dy * dy);
        let along = along.clamp(0.0, 1.0);
        (p.0 - a.0 - along * dx).hypot(p.1 - a.1 - along * dy)
    };
    let corner = |x: f32, y: f32| (at.0 + x * size, at.1 + y * size);
    let (left, right, foot) = (corner(0.0, 0.0), corner(0.6, 0.0), corner(0.2, 1.0));
    GrayImage::from_fn(side, side, |x, y| {
        let p = (x as f32 + 0.5, y as f32 + 0.5);
        let near = distance(p, left, right).min(distance(p, right, foot));
        let inked = (thick / 2.0 - near + 0.5).clamp(0.0, 1.0);
        let value = f32::from(paper) + (f32::from(ink) - f32::from(paper)) * inked;
        [value as u8].into()
    })
}

fn prepare(picture: &GrayImage) -> Result<Vec<u8>, Error> {
    mnist::preprocessing().apply(&DynamicImage::from(picture.clone()))
}

fn refused(picture: &GrayImage) -> String {
    let error = prepare(picture).unwrap_err();
    assert!(matches!(error, Error::NotADigit { .. }), "{error}");
    error.to_string()
}

/// The box of pixels above a quarter of white, as width and height.
fn ink_size(digit: &[u8]) -> (usize, usize) {
    let ink: Vec<(usize, usize)> = (0..784)
        .filter(|&at| digit[at] > 64)
        .map(|at| (at % 28, at / 28))
        .collect();
    let range =
        |values: Vec<usize>| values.iter().max().unwrap() - values.iter().min().unwrap() + 1;
    (
        range(ink.iter().map(|(x, _)| *x).collect()),
        range(ink.iter().map(|(_, y)| *y).collect()),
    )
}

fn centre_of_mass(digit: &[u8]) -> (f64, f64) {
    let mass: f64 = digit.iter().map(|&light| f64::from(light)).sum();
    let moment = |place: fn(usize) -> usize| {
        let moments = (0..784).map(|at| (place(at) as f64 + 0.5) * f64::from(digit[at]));
        moments.sum::<f64>() / mass
    };
    (moment(|at| at % 28), moment(|at| at / 28))
}

#[test]
fn a_photograph_is_centred_as_mnist_is() {
    for (picture, what) in [
        (
            seven(300, (40.0, 30.0), 150.0, 20.0, 220, 40),
            "dark on light, in a corner",
        ),
        (
            seven(300, (150.0, 140.0), 120.0, 16.0, 30, 230),
            "light on dark",
        ),
        (
            seven(2000, (600.0, 500.0), 900.0, 100.0, 200, 90),
            "large and pale",
        ),
        (
            seven(28, (7.0, 5.0), 18.0, 3.0, 250, 10),
            "28x28, dark on light",
        ),
    ] {
        let digit = prepare(&picture).unwrap();
        let (width, height) = ink_size(&digit);
        assert!((19..=20).contains(&height), "{what}: {width}x{height}");
        assert!(width < height, "{what}: {width}x{height}");
        let (x, y) = centre_of_mass(&digit);
        assert!(
            (x - 14.5).abs() <= 0.51 && (y - 14.5).abs() <= 0.51,
            "{what}: {x} {y}"
        );
        assert_eq!(digit[0], 0, "{what}");
        assert!(digit.contains(&255), "{what}");
    }
}

#[test]
fn place_size_and_polarity_do_not_matter() {
    let digits = [
        seven(300, (40.0, 30.0), 150.0, 20.0, 220, 40),
        seven(300, (120.0, 90.0), 150.0, 20.0, 20, 240),
        seven(600, (200.0, 100.0), 300.0, 40.0, 255, 0),
    ]
    .map(|picture| prepare(&picture).unwrap());
    for other in &digits[1..] {
        let difference = (digits[0].iter().zip(other))
            .map(|(a, b)| u32::from(a.abs_diff(*b)))
            .sum::<u32>();
        assert!(difference < 784 * 5, "{difference}");
    }
}

#[test]
fn a_thin_pen_stays_visible() {
    let digit = prepare(&seven(600, (150.0, 100.0), 400.0, 4.0, 230, 60)).unwrap();
    let strong = digit.iter().filter(|&&light| light > 100).count();
    assert!(strong >= 25, "{strong} pixels");
}

#[test]
fn specks_and_noise_do_not_move_the_digit() {
    let clean = seven(300, (80.0, 60.0), 150.0, 20.0, 210, 50);
    let mut noisy = clean.clone();
    for (index, pixel) in noisy.pixels_mut().enumerate() {
        let noise = (index.wrapping_mul(2_654_435_761) >> 7) % 21;
        pixel.0[0] = (usize::from(pixel.0[0]) + noise)
            .saturating_sub(10)
            .min(255) as u8;
    }
    for speck in [(10, 10), (290, 5), (20, 280)] {
        noisy.put_pixel(speck.0, speck.1, Luma([30]));
        noisy.put_pixel(speck.0 + 1, speck.1, Luma([30]));
    }
    let (clean, noisy) = (prepare(&clean).unwrap(), prepare(&noisy).unwrap());
    let difference: u32 = (clean.iter().zip(&noisy))
        .map(|(a, b)| u32::from(a.abs_diff(*b)))
        .sum();
    assert!(difference < 784 * 8, "{difference}");
}

#[test]
fn what_is_no_digit_is_refused_with_a_reason() {
    let blank = GrayImage::from_pixel(200, 200, Luma([230]));
    assert!(refused(&blank).contains("no contrast"));
    assert!(refused(&GrayImage::from_pixel(28, 28, Luma([0]))).contains("no contrast"));
    assert!(refused(&GrayImage::from_pixel(3, 90, Luma([9]))).contains("3x90 pixels are too few"));

    let disc = GrayImage::from_fn(200, 200, |x, y| {
        let inside = (x as f32 - 100.0).hypot(y as f32 - 100.0) < 60.0;
        [if inside { 220 } else { 10 }].into()
    });
    assert!(refused(&disc).contains("filled area"), "{}", refused(&disc));

    let full = GrayImage::from_fn(200, 200, |x, y| {
        let margin = x.min(y).min(199 - x).min(199 - y);
        [if margin < 10 { 10 } else { 220 }].into()
    });
    assert!(
        refused(&full).contains("a frame with no digit in it"),
        "{}",
        refused(&full)
    );

    let mut two = seven(300, (30.0, 60.0), 150.0, 20.0, 220, 40);
    let second = seven(300, (170.0, 60.0), 150.0, 20.0, 220, 40);
    for (pixel, other) in two.pixels_mut().zip(second.pixels()) {
        pixel.0[0] = pixel.0[0].min(other.0[0]);
    }
    assert!(
        refused(&two).contains("2 figures side by side"),
        "{}",
        refused(&two)
    );

    let line = GrayImage::from_fn(200, 200, |x, y| {
        let on = (95..105).contains(&y) && (20..180).contains(&x);
        [if on { 0 } else { 255 }].into()
    });
    assert!(
        refused(&line).contains("wider than any digit"),
        "{}",
        refused(&line)
    );

    let board = GrayImage::from_fn(190, 190, |x, y| {
        let on = (x / 10) % 2 == 1 && (y / 10) % 2 == 1;
        [if on { 0 } else { 255 }].into()
    });
    assert!(
        refused(&board).contains("separate marks"),
        "{}",
        refused(&board)
    );
}

/// A drawing on 300x300 pixels with other levels.
fn altered(drawing: &GrayImage, level: fn([u32; 2], f32) -> f32) -> GrayImage {
    GrayImage::from_fn(300, 300, |x, y| {
        [level([x, y], f32::from(drawing.get_pixel(x, y).0[0])) as u8].into()
    })
}

/// Distance from the nearest side of 300x300 pixels.
fn from_side([x, y]: [u32; 2]) -> u32 {
    x.min(y).min(299 - x).min(299 - y)
}

fn soft_shadow([x, y]: [u32; 2], light: f32) -> f32 {
    light * (1.0 - (x + y) as f32 / 1000.0)
}

fn sharp_shadow([x, y]: [u32; 2], light: f32) -> f32 {
    let is_lit = x as f32 <= 150.0 + 30.0 * (y as f32 / 40.0).sin();
    if is_lit { light } else { light * 0.55 }
}

fn drawn_frame(at: [u32; 2], light: f32) -> f32 {
    let is_frame = (12..18).contains(&from_side(at));
    if is_frame { 60.0 } else { light }
}

fn frame_at_the_edge(at: [u32; 2], light: f32) -> f32 {
    if from_side(at) < 5 { 20.0 } else { light }
}

fn sheet_on_a_table(at: [u32; 2], light: f32) -> f32 {
    if from_side(at) < 45 { 50.0 } else { light }
}

#[test]
fn light_frames_and_margins_do_not_matter() {
    let plain = seven(300, (90.0, 70.0), 150.0, 20.0, 230, 40);
    let expected = prepare(&plain).unwrap();
    for (what, drawing) in [
        ("soft shadow", altered(&plain, soft_shadow)),
        ("sharp shadow", altered(&plain, sharp_shadow)),
        ("drawn frame", altered(&plain, drawn_frame)),
        ("frame at the edge", altered(&plain, frame_at_the_edge)),
        ("sheet on a table", altered(&plain, sheet_on_a_table)),
        (
            "without a margin",
            image::imageops::crop_imm(&plain, 79, 59, 113, 172).to_image(),
        ),
    ] {
        let digit = prepare(&drawing).unwrap_or_else(|error| panic!("{what}: {error}"));
        let difference: u32 = (digit.iter().zip(&expected))
            .map(|(a, b)| u32::from(a.abs_diff(*b)))
            .sum();
        assert!(difference < 784 * 6, "{what}: {difference}");
    }
}

/// Size and place in 28x28 pixels: only MNIST's own form is taken as it is, in both polarities.
#[test]
fn small_figures_out_of_place_are_centred() {
    let form = prepare(&seven(300, (90.0, 70.0), 150.0, 20.0, 10, 240)).unwrap();
    let own = GrayImage::from_raw(28, 28, form.clone()).unwrap();
    let inverted = GrayImage::from_fn(28, 28, |x, y| [255 - own.get_pixel(x, y).0[0]].into());
    assert_eq!(prepare(&own).unwrap(), form);
    assert_eq!(prepare(&inverted).unwrap(), form);
    for (at, size, thick) in [
        ((2.0, 2.0), 12.0, 1.7),
        ((14.0, 3.0), 20.0, 2.7),
        ((6.0, 1.0), 26.0, 3.5),
    ] {
        let digit = prepare(&seven(28, at, size, thick, 0, 255)).unwrap();
        let difference: u32 = (digit.iter().zip(&form))
            .map(|(a, b)| u32::from(a.abs_diff(*b)))
            .sum();
        assert!(difference < 784 * 10, "{size}: {difference}");
    }
}

#[test]
fn one_digit_above_another_is_refused_and_a_broken_one_is_not() {
    let on_white = |parts: &[(u32, u32, u32, u32)]| {
        GrayImage::from_fn(200, 300, |x, y| {
            let inside = |&(left, top, right, bottom): &(u32, u32, u32, u32)| {
                (left..right).contains(&x) && (top..bottom).contains(&y)
            };
            [if parts.iter().any(inside) { 20 } else { 240 }].into()
        })
    };
    // Two ones, the second thin.
    let two = on_white(&[(90, 30, 110, 130), (96, 170, 104, 260)]);
    assert!(
        refused(&two).contains("2 figures one above the other"),
        "{}",
        refused(&two)
    );
    let broken = on_white(&[(90, 30, 110, 140), (90, 146, 110, 260)]);
    prepare(&broken).unwrap();
    let bar = on_white(&[
        (60, 30, 140, 46),
        (60, 60, 76, 150),
        (60, 140, 140, 156),
        (124, 150, 140, 260),
    ]);
    prepare(&bar).unwrap();
}

/// Also where MNIST has its centres of mass: the tests above rest on it.
#[test]
fn mnist_itself_is_unchanged() {
    let Some(dir) = real_data("mnist") else {
        return;
    };
    let set = mnist::load(&dir).unwrap();
    let mut sum = (0.0, 0.0);
    for index in 0..set.len() {
        let (x, y) = centre_of_mass(set.image(index));
        sum = (sum.0 + x, sum.1 + y);
        let picture = GrayImage::from_raw(28, 28, set.image(index).to_vec()).unwrap();
        let digit = prepare(&picture).unwrap();
        assert_eq!(digit, set.image(index), "{}", set.origins[index].path);
    }
    let (x, y) = (sum.0 / set.len() as f64, sum.1 / set.len() as f64);
    assert!((x - 14.5).abs() < 0.1 && (y - 14.5).abs() < 0.1, "{x} {y}");
}

/// A digit as a photograph shows it: enlarged, dark on light, off the centre.
fn photograph(digit: &[u8]) -> GrayImage {
    let small = GrayImage::from_raw(28, 28, digit.to_vec()).unwrap();
    let large = resize(&small, 224, 224, FilterType::Triangle);
    let mut photograph = GrayImage::from_pixel(320, 280, Luma([235]));
    for (x, y, pixel) in large.enumerate_pixels() {
        let ink = u16::from(pixel.0[0]) * 4 / 5;
        photograph.put_pixel(x + 70, y + 20, Luma([235 - ink as u8]));
    }
    photograph
}

/// Cut out of photographs, MNIST's test digits must be as like its training digits as before: the
/// nearest of 6,000 (Euclidean) names them nearly as well.
#[test]
fn mnist_comes_back_from_a_photograph() {
    let Some(dir) = real_data("mnist") else {
        return;
    };
    let set = mnist::load(&dir).unwrap();
    let nearest = |digit: &[u8]| {
        let distance = |index: &usize| -> u32 {
            let pairs = digit.iter().zip(set.image(*index));
            pairs.map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2)).sum()
        };
        set.labels[(0..6_000).min_by_key(distance).unwrap()]
    };
    let (mut asked, mut as_it_is, mut photographed, mut refusals) = (0, 0, 0, 0);
    for index in (60_000..70_000).step_by(20) {
        asked += 1;
        as_it_is += usize::from(nearest(set.image(index)) == set.labels[index]);
        match prepare(&photograph(set.image(index))) {
            Ok(digit) => photographed += usize::from(nearest(&digit) == set.labels[index]),
            Err(error) => {
                refusals += 1;
                eprintln!("{}: {error}", set.origins[index].path);
            }
        }
    }
    eprintln!("of {asked}: {as_it_is} right, {photographed} from photographs, {refusals} refused");
    assert!(refusals * 200 <= asked, "{refusals} refused");
    assert!(
        photographed * 100 >= as_it_is * 97,
        "{photographed} and {as_it_is} of {asked}"
    );
}
