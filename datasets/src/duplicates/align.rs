//! Alignment of two thumbnails that are shifted and scaled a little, as a crop is, by Gauss-Newton steps on the squared
//! difference (Lucas and Kanade 1981, Proc. IJCAI 674).

/// Maximum of scale and shift, as a fraction of the side.
const MAX_SHIFT: f32 = 0.04;
/// Number of unknowns: scale and shift in both directions, contrast, brightness.
const UNKNOWNS: usize = 6;

/// Horizontal scale and shift, vertical scale and shift, as fractions of the side.
pub(super) type Placement = [f32; 4];

/// Returns the best correlation of `moving` with `fixed`, and the placement of `moving` that achieves it.
///
/// # Shapes
/// Both pictures have `SIDE * SIDE` pixels, row by row.
pub(super) fn align<const SIDE: usize>(
    fixed: &[f32],
    moving: &[f32],
    start: Placement,
    steps: usize,
) -> (f32, Placement) {
    let mut placement = start;
    let mut moved = warp::<SIDE>(moving, &placement);
    let mut best = (correlation(fixed, &moved), placement);
    for _ in 0..steps {
        let step = gauss_newton::<SIDE>(fixed, &moved);
        for (value, change) in placement.iter_mut().zip(step) {
            *value = (*value + change / SIDE as f32).clamp(-MAX_SHIFT, MAX_SHIFT);
        }
        moved = warp::<SIDE>(moving, &placement);
        let found = correlation(fixed, &moved);
        // NaN, from a picture of one colour, ends the search as well.
        if found.partial_cmp(&best.0) != Some(std::cmp::Ordering::Greater) {
            break;
        }
        best = (found, placement);
    }
    best
}

/// Moves a picture with linear interpolation; its edges are repeated outside.
pub(super) fn warp<const SIDE: usize>(picture: &[f32], placement: &Placement) -> Vec<f32> {
    let middle = (SIDE as f32 - 1.0) / 2.0;
    let line = |scale: f32, shift: f32| -> [(usize, f32); SIDE] {
        std::array::from_fn(|at| {
            let from_middle = (at as f32 - middle) / middle;
            let at = at as f32 + SIDE as f32 * (scale * from_middle + shift);
            let at = at.clamp(0.0, SIDE as f32 - 1.001);
            (at as usize, at.fract())
        })
    };
    let (columns, rows) = (
        line(placement[0], placement[1]),
        line(placement[2], placement[3]),
    );
    let mut moved = Vec::with_capacity(SIDE * SIDE);
    for (row, down) in rows {
        let (above, below) = picture[row * SIDE..].split_at(SIDE);
        moved.extend(columns.iter().map(|&(column, across)| {
            let mix = |one: f32, other: f32, part: f32| one + part * (other - one);
            let above = mix(above[column], above[column + 1], across);
            let below = mix(below[column], below[column + 1], across);
            mix(above, below, down)
        }));
    }
    moved
}

/// Moves a picture with cubic interpolation (Catmull and Rom 1974), which blurs less than [`warp`].
pub(super) fn warp_cubic<const SIDE: usize>(picture: &[f32], placement: &Placement) -> Vec<f32> {
    let middle = (SIDE as f32 - 1.0) / 2.0;
    let line = |scale: f32, shift: f32| -> [([usize; 4], [f32; 4]); SIDE] {
        std::array::from_fn(|at| {
            let from_middle = (at as f32 - middle) / middle;
            let at = at as f32 + SIDE as f32 * (scale * from_middle + shift);
            let at = at.clamp(0.0, SIDE as f32 - 1.0);
            let (first, t) = (at as usize, at.fract());
            let places = [0, 1, 2, 3].map(|next| (first + next).saturating_sub(1).min(SIDE - 1));
            let weights = [
                ((2.0 - t) * t - 1.0) * t / 2.0,
                ((3.0 * t - 5.0) * t * t + 2.0) / 2.0,
                ((4.0 - 3.0 * t) * t + 1.0) * t / 2.0,
                (t - 1.0) * t * t / 2.0,
            ];
            (places, weights)
        })
    };
    let (columns, rows) = (
        line(placement[0], placement[1]),
        line(placement[2], placement[3]),
    );
    let sum = |values: [f32; 4], weights: [f32; 4]| -> f32 {
        values
            .iter()
            .zip(weights)
            .map(|(value, weight)| value * weight)
            .sum()
    };
    let mut across = Vec::with_capacity(SIDE * SIDE);
    for row in picture.chunks_exact(SIDE) {
        across.extend(
            (columns.iter()).map(|(places, weights)| sum(places.map(|at| row[at]), *weights)),
        );
    }
    let mut moved = Vec::with_capacity(SIDE * SIDE);
    for (places, weights) in rows {
        moved.extend(
            (0..SIDE).map(|column| sum(places.map(|row| across[row * SIDE + column]), weights)),
        );
    }
    moved
}

/// Returns the change of the placement, in pixels, that brings `moved` nearest to `fixed` to first order.
fn gauss_newton<const SIDE: usize>(fixed: &[f32], moved: &[f32]) -> [f32; 4] {
    let middle = (SIDE as f32 - 1.0) / 2.0;
    let mut equations = [[0.0; UNKNOWNS + 1]; UNKNOWNS];
    for row in 1..SIDE - 1 {
        let y = (row as f32 - middle) / middle;
        for column in 1..SIDE - 1 {
            let x = (column as f32 - middle) / middle;
            let at = row * SIDE + column;
            let across = (moved[at + 1] - moved[at - 1]) / 2.0;
            let down = (moved[at + SIDE] - moved[at - SIDE]) / 2.0;
            let change = [
                across * x,
                across,
                down * y,
                down,
                moved[at],
                1.0 / SIDE as f32,
            ];
            for (equation, one) in equations.iter_mut().zip(change) {
                for (sum, other) in equation.iter_mut().zip(change) {
                    *sum += one * other;
                }
                equation[UNKNOWNS] += one * fixed[at];
            }
        }
    }
    for (at, equation) in equations.iter_mut().enumerate() {
        // A picture without detail in a direction leaves its position there undetermined.
        equation[at] = equation[at] * (1.0 + 1e-4) + 1e-9;
    }
    let solved = solve(equations);
    [solved[0], solved[1], solved[2], solved[3]]
}

/// Solves the equations by Gauss-Jordan elimination; the matrix is positive definite.
fn solve(mut equations: [[f32; UNKNOWNS + 1]; UNKNOWNS]) -> [f32; UNKNOWNS] {
    for at in 0..UNKNOWNS {
        let pivot = equations[at][at];
        let row = equations[at].map(|value| value / pivot);
        equations[at] = row;
        for (_, other) in equations
            .iter_mut()
            .enumerate()
            .filter(|(other, _)| *other != at)
        {
            let factor = other[at];
            for (value, sub) in other.iter_mut().zip(row) {
                *value -= factor * sub;
            }
        }
    }
    equations.map(|equation| equation[UNKNOWNS])
}

/// Returns Pearson's correlation of two pictures.
pub(super) fn correlation(one: &[f32], other: &[f32]) -> f32 {
    let count = one.len() as f32;
    let mean = |values: &[f32]| values.iter().sum::<f32>() / count;
    let means = (mean(one), mean(other));
    let (mut both, mut first, mut second) = (0.0, 0.0, 0.0);
    for (one, other) in one.iter().zip(other) {
        let (one, other) = (one - means.0, other - means.1);
        both += one * other;
        first += one * one;
        second += other * other;
    }
    both / (first * second).sqrt()
}

/// Smooths a picture by 1 2 1 in both directions, so that half-pixel moves change it little.
pub(super) fn smooth<const SIDE: usize>(picture: &[f32]) -> Vec<f32> {
    let place = |row: usize, column: usize| row * SIDE + column;
    let pass = |picture: &[f32], neighbours: &dyn Fn(usize, usize) -> [usize; 2]| -> Vec<f32> {
        let places = (0..SIDE * SIDE).map(|at| {
            let [before, after] = neighbours(at / SIDE, at % SIDE);
            (picture[before] + 2.0 * picture[at] + picture[after]) / 4.0
        });
        places.collect()
    };
    let last = SIDE - 1;
    let across = pass(picture, &|row, column| {
        [
            place(row, column.saturating_sub(1)),
            place(row, (column + 1).min(last)),
        ]
    });
    pass(&across, &|row, column| {
        [
            place(row.saturating_sub(1), column),
            place((row + 1).min(last), column),
        ]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_moved_by_two_percent_is_aligned_again() {
        let blob = |x: f32, y: f32, size: f32| (-(x * x + y * y) / size).exp();
        let picture: Vec<f32> = (0..64 * 64)
            .map(|at| ((at % 64) as f32, (at / 64) as f32))
            .map(|(x, y)| {
                blob(x - 20.0, y - 25.0, 60.0) - blob(x - 40.0, y - 30.0, 90.0)
                    + blob(x - 30.0, y - 48.0, 30.0)
            })
            .collect();
        let moved = warp::<64>(&picture, &[0.02, -0.01, -0.015, 0.02]);
        let before = correlation(&picture, &moved);
        let (after, placement) = align::<64>(&picture, &moved, [0.0; 4], 6);
        assert!(before < 0.985 && after > 0.999, "{before} {after}");
        for (found, expected) in placement.iter().zip([-0.02, 0.01, 0.015, -0.02]) {
            assert!((found - expected).abs() < 2e-3, "{placement:?}");
        }
    }

    #[test]
    fn pictures_of_one_colour_correlate_with_nothing() {
        let (flat, ramp): (Vec<f32>, Vec<f32>) = (0..256).map(|at| (0.0, at as f32)).unzip();
        for (fixed, moving) in [(&flat, &flat), (&flat, &ramp), (&ramp, &flat)] {
            let (found, _) = align::<16>(fixed, moving, [0.0; 4], 4);
            assert!(found.is_nan() || found.abs() < 1e-6, "{found}");
        }
    }
}
