//! The rates of a neuron that is alone.
//!
//! One neuron waits for its exponential and its division in every stage of a step; what is read from a table comes
//! sooner. Cubic polynomials between places a sixteenth of a millivolt apart (Hermite's: values and slopes at both
//! ends) are within 1e-12 of the equations.

#![cfg(target_arch = "x86_64")]

use std::sync::LazyLock;

use super::equations::{Kinetics, Rates, rates};
use crate::spiking::number::Fused;

/// The potentials in mV that the table knows, and its cells for one of them.
const RANGE: [f64; 2] = [-120.0, 80.0];
const PER_MILLIVOLT: f64 = 16.0;

/// For each rate the factors of x^3, x^2, x and 1, x from -1/2 to 1/2 across the cell; the last two places are empty.
type Cell = [[f64; 8]; 4];

/// Polynomials for the six rates in each cell.
pub(crate) struct RateTable {
    cells: Vec<Cell>,
}

impl RateTable {
    /// The one there is; 0.8 MB, made in a millisecond when it is first asked for.
    pub(crate) fn shared() -> &'static Self {
        static TABLE: LazyLock<RateTable> = LazyLock::new(RateTable::new);
        &TABLE
    }

    fn new() -> Self {
        let count = ((RANGE[1] - RANGE[0]) * PER_MILLIVOLT) as i32;
        let cells = (0..=count).map(|place| cell(f64::from(place)));
        Self {
            cells: cells.collect(),
        }
    }
}

/// The rates so many cells from the beginning of the table.
fn at(place: f64) -> [f64; 6] {
    let Rates { m, h, n } = rates(RANGE[0] + place / PER_MILLIVOLT);
    [m[0], m[1], h[0], h[1], n[0], n[1]]
}

fn cell(place: f64) -> Cell {
    let ends = [place - 0.5, place + 0.5].map(|end| (at(end), slopes(end)));
    let [(before, rising_before), (after, rising_after)] = ends;
    let mut cell = [[0.0; 8]; 4];
    for rate in 0..6 {
        let [low, high] = [before[rate], after[rate]];
        let [slope_low, slope_high] = [rising_before[rate], rising_after[rate]];
        let difference = high - low;
        let cubic = slope_low + slope_high - 2.0 * difference;
        let square = (slope_high - slope_low) / 2.0;
        cell[0][rate] = cubic;
        cell[1][rate] = square;
        cell[2][rate] = difference - cubic / 4.0;
        cell[3][rate] = (low + high) / 2.0 - square / 4.0;
    }
    cell
}

/// Per cell, by differences over two cells on either side, whose error is of fourth order.
fn slopes(place: f64) -> [f64; 6] {
    let [a, b, c, d] = [-2.0, -1.0, 1.0, 2.0].map(|by| at(place + by));
    let mut slopes = [0.0; 6];
    for (rate, slope) in slopes.iter_mut().enumerate() {
        *slope = (8.0 * (c[rate] - b[rate]) - (d[rate] - a[rate])) / 12.0;
    }
    slopes
}

impl Kinetics<Fused> for RateTable {
    #[inline(always)]
    fn rates(&self, Fused(voltage): Fused) -> Rates<Fused> {
        // Adding 2^52 rounds to a whole number, which then stands in the last bits.
        const ROUND: f64 = 4_503_599_627_370_496.0;
        let place = voltage.mul_add(PER_MILLIVOLT, -RANGE[0] * PER_MILLIVOLT);
        let rounded = place + ROUND;
        let Some([cubic, square, linear, constant]) =
            self.cells.get(rounded.to_bits() as u32 as usize)
        else {
            return beyond(voltage);
        };
        let x = place - (rounded - ROUND);
        let mut found = [0.0; 8];
        for rate in 0..8 {
            let sum = cubic[rate]
                .mul_add(x, square[rate])
                .mul_add(x, linear[rate]);
            found[rate] = sum.mul_add(x, constant[rate]);
        }
        let pair = |rate: usize| [Fused(found[rate]), Fused(found[rate + 1])];
        Rates {
            m: pair(0),
            h: pair(2),
            n: pair(4),
        }
    }
}

/// Potentials that the table does not know.
#[cold]
#[inline(never)]
fn beyond(voltage: f64) -> Rates<Fused> {
    let Rates { m, h, n } = rates(voltage);
    let [m, h, n] = [m, h, n].map(|pair| pair.map(Fused));
    Rates { m, h, n }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everywhere, in the table and beyond it, near the removable singularities too.
    #[test]
    fn the_table_is_as_good_as_the_equations() {
        let table = RateTable::shared();
        for place in -200_000..200_000 {
            let voltage = f64::from(place) * 1.003e-3;
            let (found, expected) = (table.rates(Fused(voltage)), rates(voltage));
            let found = [found.m, found.h, found.n];
            for (found, expected) in found.into_iter().zip([expected.m, expected.h, expected.n]) {
                for (Fused(found), expected) in found.into_iter().zip(expected) {
                    let error = (found - expected).abs() / expected.max(1.0);
                    assert!(
                        error < 2e-12,
                        "{voltage} mV: {found}, {expected}: {error:e}"
                    );
                }
            }
        }
        assert!(table.rates(Fused(f64::NAN)).m[0].0.is_nan());
    }
}
