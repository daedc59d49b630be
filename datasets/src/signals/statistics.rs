//! Statistics of segments of recordings, by which out-of-distribution signals are recognised.

/// Names of the [`statistics`] of a segment, in their order.
pub const STATISTICS: [&str; 6] = [
    "log_deviation",
    "log_line_length",
    "crossings",
    "log_kurtosis",
    "offset",
    "autocorrelation_4",
];

/// Computes the statistics of a segment, in the order of [`STATISTICS`]. They measure strength, speed and spikiness, which
/// differ between the recordings a network was trained on and signals of another kind (a flat line, hum, noise).
pub fn statistics(segment: &[f32]) -> [f64; STATISTICS.len()] {
    /// Keeps logarithms and quotients of a flat signal finite.
    const EPSILON: f64 = 1e-3;
    /// Lag of the autocorrelation, in samples.
    const LAG: usize = 4;
    let values: Vec<f64> = segment.iter().copied().map(f64::from).collect();
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let centred: Vec<f64> = values.iter().map(|value| value - mean).collect();
    let moment = |power| centred.iter().map(|x| x.powi(power)).sum::<f64>() / count;
    let (variance, fourth) = (moment(2), moment(4));
    let pairs = || centred.windows(2);
    let line = pairs().map(|pair| (pair[1] - pair[0]).abs()).sum::<f64>() / count;
    let crossings = pairs()
        .filter(|pair| (pair[0] < 0.0) != (pair[1] < 0.0))
        .count();
    let lagged = centred.iter().zip(centred.iter().skip(LAG));
    let lagged = lagged.map(|(x, later)| x * later).sum::<f64>() / count;
    let scale = variance.max(EPSILON * EPSILON);
    [
        scale.sqrt().ln(),
        line.max(EPSILON).ln(),
        crossings as f64 / count,
        (fourth / (scale * scale)).max(EPSILON).ln(),
        mean / scale.sqrt(),
        lagged / scale,
    ]
}
