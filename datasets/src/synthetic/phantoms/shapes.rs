//! Ellipses, irregular outlines and smooth noise, from which phantoms are made.

use std::f32::consts::TAU;

use rand::{Rng, RngExt};

/// Rises from 0 to 1 as `value` goes from `low` to `high`, smoothly (smoothstep).
pub(super) fn step(low: f32, high: f32, value: f32) -> f32 {
    let t = ((value - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Interpolates linearly.
pub(super) fn mix(from: f32, to: f32, part: f32) -> f32 {
    from + (to - from) * part
}

/// Smooth noise: random values on a grid, interpolated in between.
pub(super) struct Texture(Vec<f32>);

impl Texture {
    const SIDE: usize = 64;

    pub(super) fn random(rng: &mut impl Rng) -> Self {
        Self(
            (0..Self::SIDE * Self::SIDE)
                .map(|_| rng.random_range(-1.0f32..1.0))
                .collect(),
        )
    }

    /// Returns the noise at a position, within -1..1, with `cells` grid cells per unit of length.
    pub(super) fn at(&self, x: f32, y: f32, cells: f32) -> f32 {
        let (x, y) = (x * cells + 1000.0, y * cells + 1000.0);
        let (column, row) = (x as usize, y as usize);
        let (across, down) = (step(0.0, 1.0, x.fract()), step(0.0, 1.0, y.fract()));
        let knot =
            |column: usize, row: usize| self.0[row % Self::SIDE * Self::SIDE + column % Self::SIDE];
        mix(
            mix(knot(column, row), knot(column + 1, row), across),
            mix(knot(column, row + 1), knot(column + 1, row + 1), across),
            down,
        )
    }
}

/// An ellipse of one brightness with a soft edge.
pub(super) struct Blob {
    centre: [f32; 2],
    radii: [f32; 2],
    /// Sine and cosine of the rotation.
    turn: (f32, f32),
    level: f32,
    /// Width of the edge, as a fraction of the radius.
    edge: f32,
}

impl Blob {
    pub(super) fn new(centre: [f32; 2], radii: [f32; 2], angle: f32, level: f32) -> Self {
        let edge = (0.03 / radii[0].min(radii[1])).clamp(0.08, 0.8);
        Self {
            centre,
            radii,
            turn: angle.sin_cos(),
            level,
            edge,
        }
    }

    /// Paints the ellipse over `signal` at a position.
    pub(super) fn paint(&self, signal: f32, x: f32, y: f32) -> f32 {
        let (x, y) = (x - self.centre[0], y - self.centre[1]);
        let reach = self.radii[0].max(self.radii[1]) * (1.0 + self.edge);
        if x.abs() > reach || y.abs() > reach {
            return signal;
        }
        let (sin, cos) = self.turn;
        let along = (cos * x + sin * y) / self.radii[0];
        let across = (cos * y - sin * x) / self.radii[1];
        let inside = 1.0 - step(1.0 - self.edge, 1.0 + self.edge, along.hypot(across));
        mix(signal, self.level, inside)
    }
}

/// A closed, irregular outline around a centre: a radius near 1 for every direction.
pub(super) struct Outline(Vec<f32>);

impl Outline {
    const STEPS: usize = 512;

    /// Adds waves of 2, 3, ... `waves` + 1 lobes to a circle. `strength` is the amplitude of the first wave; the others are
    /// weaker.
    pub(super) fn random(waves: usize, strength: f32, rng: &mut impl Rng) -> Self {
        let waves: Vec<(f32, f32, f32)> = (0..waves)
            .map(|wave| {
                let lobes = (wave + 2) as f32;
                let height = strength * rng.random_range(-1.0f32..1.0) / (1.0 + 0.5 * wave as f32);
                (lobes, height, rng.random_range(0.0..TAU))
            })
            .collect();
        let radius = |step: usize| {
            let angle = step as f32 / Self::STEPS as f32 * TAU;
            let wave =
                |&(lobes, height, phase): &(f32, f32, f32)| height * (lobes * angle + phase).cos();
            1.0 + waves.iter().map(wave).sum::<f32>()
        };
        Self((0..Self::STEPS).map(radius).collect())
    }

    /// Returns the radius in the direction of `(x, y)`.
    pub(super) fn radius(&self, x: f32, y: f32) -> f32 {
        let turn = y.atan2(x) / TAU;
        let step = (turn.rem_euclid(1.0) * Self::STEPS as f32) as usize % Self::STEPS;
        self.0.get(step).copied().unwrap_or(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::generator::generator;

    #[test]
    fn step_and_mix_by_hand() {
        assert_eq!(
            [
                step(1.0, 3.0, 0.0),
                step(1.0, 3.0, 2.0),
                step(1.0, 3.0, 9.0)
            ],
            [0.0, 0.5, 1.0]
        );
        assert_eq!(
            [step(3.0, 1.0, 0.0), step(3.0, 1.0, 9.0)],
            [1.0, 0.0],
            "falling"
        );
        assert_eq!(mix(2.0, 4.0, 0.25), 2.5);
    }

    #[test]
    fn texture_meets_its_knots_and_stays_in_range() {
        let texture = Texture::random(&mut generator(1, 0));
        // Coordinates are shifted by 1000 cells, which is column and row 1000 % 64 = 40.
        assert_eq!(
            texture.at(0.0, 0.0, 1.0),
            texture.0[40 * Texture::SIDE + 40]
        );
        for step in 0..1000 {
            let value = texture.at(step as f32 * 0.013 - 5.0, step as f32 * 0.007, 3.0);
            assert!((-1.0..=1.0).contains(&value), "{value}");
        }
    }

    #[test]
    fn a_blob_paints_inside_and_nowhere_else() {
        let blob = Blob::new([0.5, 0.0], [0.2, 0.1], 0.0, 0.9);
        let painted = |x, y| (blob.paint(0.1, x, y) * 100.0).round();
        assert_eq!(painted(0.5, 0.0), 90.0);
        assert_eq!(painted(0.5, 0.15), 10.0);
        assert_eq!(painted(0.62, 0.0), 90.0, "the long axis lies along x");
        assert_eq!(painted(0.5, 0.12), painted(0.5, -0.12));
    }
}
