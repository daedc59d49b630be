//! The interval of a proportion.

/// The 97.5 % quantile of the standard normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Returns the 95 % score interval of the proportion of `successes` among `n` trials.
///
/// With p = successes / n and z = 1.96: (p + z²/2n ± z √(p(1 - p)/n + z²/4n²)) / (1 + z²/n), clipped to 0..1
/// (Wilson 1927, J. Am. Stat. Assoc. 22, 209). The trials are taken to be independent.
///
/// Without a trial the interval is `[0, 1]`.
///
/// # Examples
/// ```
/// let [low, high] = metrics::proportion::wilson_interval(8, 10);
/// assert!((low - 0.490).abs() < 1e-3 && (high - 0.943).abs() < 1e-3);
/// ```
pub fn wilson_interval(successes: usize, n: usize) -> [f64; 2] {
    if n == 0 {
        return [0.0, 1.0];
    }
    let (p, n) = (successes as f64 / n as f64, n as f64);
    let denominator = 1.0 + Z * Z / n;
    let centre = (p + Z * Z / (2.0 * n)) / denominator;
    let half_width = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt() / denominator;
    [
        (centre - half_width).max(0.0),
        (centre + half_width).min(1.0),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// statsmodels: `proportion_confint(8, 10, method="wilson")` = (0.490162, 0.943318).
    #[test]
    fn wilson_interval_agrees_with_statsmodels() {
        let [low, high] = wilson_interval(8, 10);
        assert!(
            (low - 0.490_162).abs() < 1e-6 && (high - 0.943_318).abs() < 1e-6,
            "{low} {high}"
        );
        assert_eq!(wilson_interval(0, 0), [0.0, 1.0]);
    }

    #[test]
    fn wilson_interval_stays_between_zero_and_one() {
        for n in [1, 2, 5, 1000] {
            let [low, high] = wilson_interval(0, n);
            assert!((0.0..1e-9).contains(&low) && high < 1.0, "{low} {high}");
            let [low, high] = wilson_interval(n, n);
            assert!(
                low > 0.0 && (1.0 - 1e-9..=1.0).contains(&high),
                "{low} {high}"
            );
        }
    }
}
