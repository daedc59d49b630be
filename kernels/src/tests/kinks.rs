//! Where an operation is not smooth: at the bounds of a rectifier, and at ties of a maximum. Both sides of a kink are
//! right there, so that gradients are not compared.

use super::reference::bounds;
use crate::rectifier::Rectifier;

/// Distance from a kink below which values are not compared.
const KINK: f64 = 1e-3;

/// Returns whether each sum lies away from the bounds of a rectifier.
pub fn away_from_bounds(sums: &[f32], rectifier: Rectifier) -> Vec<bool> {
    let bounds = bounds(rectifier);
    let is_away = |sum: &f32| {
        bounds
            .iter()
            .all(|bound| (f64::from(*sum) - bound).abs() > KINK)
    };
    sums.iter().map(is_away).collect()
}

/// Returns whether the largest value of each window of `size x size` lies away from all others.
pub fn without_ties(planes: &[f32], [height, width]: [usize; 2], size: usize) -> Vec<bool> {
    let mut regular = Vec::new();
    for plane in planes.chunks_exact(height * width) {
        for (y, x) in (0..height / size).flat_map(|y| (0..width / size).map(move |x| (y, x))) {
            let row = |row: usize| &plane[(y * size + row) * width + x * size..][..size];
            let mut window: Vec<f32> = (0..size).flat_map(row).copied().collect();
            window.sort_by(f32::total_cmp);
            let tie = window.windows(2).last();
            regular.push(tie.is_none_or(|pair| f64::from(pair[1] - pair[0]) > KINK));
        }
    }
    regular
}
