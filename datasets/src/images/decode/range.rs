//! Samples that use a small or unusual part of their range: stretched to all of it, with a notice.
//!
//! Scanners save 12 bits in 16, and programs save floats of any unit. Scaled by what the format could hold, such pictures
//! are black, or white. They are stretched by the range that the file itself uses, as viewers do.

use image::DynamicImage;

/// 16-bit samples that stay below are stretched: they come from 10 to 14 bits.
const MAX_NARROW: u16 = 1 << 14;

/// By how much floats may leave the range of 0 to 1, as resampling makes them.
const OVERSHOOT: f32 = 0.05;

/// Converts samples to bytes: floats of 0 to 1 by a factor of 255, all others by the range that they use. Returns a
/// notice about the range.
///
/// # Errors
/// If a sample is not finite.
pub(super) fn to_bytes(
    samples: &[f32],
    is_float: bool,
) -> Result<(Vec<u8>, Option<String>), String> {
    if samples.iter().any(|sample| !sample.is_finite()) {
        return Err(
            "samples that are not numbers (NaN or infinite); replace them and save it again".into(),
        );
    }
    let (low, high) = samples
        .iter()
        .fold((f32::MAX, f32::MIN), |(low, high), &sample| {
            (low.min(sample), high.max(sample))
        });
    let (from, to, notice) = if is_float && low >= -OVERSHOOT && high <= 1.0 + OVERSHOOT {
        (0.0, 1.0, None)
    } else if is_float && low >= 0.0 && (64.0..=255.0).contains(&high) {
        let notice = format!("values of {low} to {high}: read as levels of 0 to 255");
        (0.0, 255.0, Some(notice))
    } else {
        let notice = format!("values of {low} to {high}: stretched by this range");
        (low, high, Some(notice))
    };
    let span = f64::from(to) - f64::from(from);
    let scale = if span > 0.0 { 255.0 / span } else { 0.0 };
    let byte = |&sample: &f32| {
        ((f64::from(sample) - f64::from(from)) * scale)
            .round()
            .clamp(0.0, 255.0) as u8
    };
    Ok((samples.iter().map(byte).collect(), notice))
}

/// Stretches a picture of 16 bits that uses a quarter of its range or less. Returns a notice about the range.
pub(super) fn widen(picture: &mut DynamicImage) -> Option<String> {
    let (samples, channels, colours): (&mut [u16], usize, usize) = match picture {
        DynamicImage::ImageLuma16(pixels) => (pixels, 1, 1),
        DynamicImage::ImageLumaA16(pixels) => (pixels, 2, 1),
        DynamicImage::ImageRgb16(pixels) => (pixels, 3, 3),
        DynamicImage::ImageRgba16(pixels) => (pixels, 4, 3),
        _ => return None,
    };
    let (mut low, mut high) = (u16::MAX, 0);
    for pixel in samples.chunks_exact(channels) {
        for &sample in &pixel[..colours] {
            (low, high) = (low.min(sample), high.max(sample));
        }
    }
    if high >= MAX_NARROW || low >= high {
        return None;
    }
    let span = u32::from(high - low);
    for pixel in samples.chunks_exact_mut(channels) {
        for sample in &mut pixel[..colours] {
            // To the nearest of 256 levels, which the conversion to 8 bits keeps.
            let level = (u32::from(*sample - low) * 255 + span / 2) / span;
            *sample = (level * 257) as u16;
        }
    }
    Some(format!(
        "levels of {low} to {high} in 16 bits, as of a scan of 10 to 14 bits: stretched by this range"
    ))
}
