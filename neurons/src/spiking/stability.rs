//! Stability of the classical Runge-Kutta method of fourth order (Hairer and Wanner, *Solving Ordinary Differential
//! Equations II*, section IV.2).
//!
//! For y' = lambda y, one step of length h multiplies y by R(z) = 1 + z + z^2/2 + z^3/6 + z^4/24 with z = h lambda.
//! The method is stable if |R(z)| <= 1.

use num_complex::Complex64;

/// End of the interval of stability on the negative real axis: R(-2.785...) = 1.
pub const REAL_LIMIT: f64 = 2.785_293_563_405_282;

/// Bisections of the largest stable step: its error is 3 / |lambda| times 2^-60.
const BISECTIONS: usize = 60;

/// Returns the largest step with which the method is stable for y' = J y with the 2 x 2 matrix `jacobian`, in the unit
/// of time of its entries. Growing modes set no limit; the result is infinite if no mode decays.
///
/// ```
/// let largest = neurons::spiking::stability::largest_stable_step([[-1.0, 0.0], [0.0, -0.1]]);
/// assert!((largest - 2.785_293_6).abs() < 1e-6);
/// ```
pub fn largest_stable_step([[a, b], [c, d]]: [[f64; 2]; 2]) -> f64 {
    let (mean, discriminant) = ((a + d) / 2.0, ((a - d) / 2.0).powi(2) + b * c);
    let root = match discriminant.abs().sqrt() {
        root if discriminant >= 0.0 => Complex64::new(root, 0.0),
        root => Complex64::new(0.0, root),
    };
    let eigenvalues = [mean - root, mean + root];
    (eigenvalues.into_iter().filter(|lambda| lambda.re < 0.0))
        .map(largest_for_mode)
        .fold(f64::INFINITY, f64::min)
}

/// Returns the largest stable step of a decaying mode, by bisection.
fn largest_for_mode(lambda: Complex64) -> f64 {
    // The region of stability reaches to at least 2.5 / |lambda| and at most 3 / |lambda| in every direction of the left
    // half plane that is not almost imaginary.
    let (mut stable, mut unstable) = (0.0, 3.0 / modulus(lambda));
    for _ in 0..BISECTIONS {
        let step = (stable + unstable) / 2.0;
        if amplification(step * lambda) <= 1.0 {
            stable = step;
        } else {
            unstable = step;
        }
    }
    stable
}

/// Returns |R(z)|.
fn amplification(z: Complex64) -> f64 {
    // Horner's scheme: 1 + z (1 + z/2 (1 + z/3 (1 + z/4))).
    let one = Complex64::from(1.0);
    let factor = [4.0, 3.0, 2.0, 1.0]
        .iter()
        .fold(one, |sum, divisor| one + z * sum / divisor);
    modulus(factor)
}

/// Returns |z|. (`Complex64::norm` needs a feature of num-complex that would change the build of every crate.)
fn modulus(z: Complex64) -> f64 {
    z.re.hypot(z.im)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The interval of stability ends at 2.78529 on the real axis and at 2 sqrt 2 on the imaginary one.
    #[test]
    fn the_largest_stable_step() {
        let real = largest_stable_step([[-1.0, 0.0], [0.0, -0.1]]);
        assert!((real - REAL_LIMIT).abs() < 1e-6, "{real}");
        let oscillating = largest_stable_step([[-1e-9, 1.0], [-1.0, -1e-9]]);
        assert!((oscillating - 8.0_f64.sqrt()).abs() < 1e-4, "{oscillating}");
        assert_eq!(largest_stable_step([[1.0, 0.0], [0.0, 2.0]]), f64::INFINITY);
    }

    #[test]
    fn a_real_mode_is_stable_up_to_the_limit() {
        assert!((amplification(Complex64::from(-REAL_LIMIT)) - 1.0).abs() < 1e-12);
    }
}
