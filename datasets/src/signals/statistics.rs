//! Statistics of a piece of a recording.

/// The names of the [`statistics`] of a piece, in their order.
pub const STATISTICS: [&str; 6] = [
    "log_deviation",
    "log_line_length",
    "crossings",
    "log_kurtosis",
    "offset",
    "autocorrelation_4",
];

/// Statistics of a piece: how strong, how fast, how spiky. They tell recordings of
/// another kind (a flat line, hum, noise) from those a network was trained on.
pub fn statistics(piece: &[f32]) -> [f64; STATISTICS.len()] {
    const FAINT: f64 = 1e-3;
    const LAG: usize = 4;
    let values: Vec<f64> = piece.iter().copied().map(f64::from).collect();
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
    let scale = variance.max(FAINT * FAINT);
    [
        scale.sqrt().ln(),
        line.max(FAINT).ln(),
        crossings as f64 / count,
        (fourth / (scale * scale)).max(FAINT).ln(),
        mean / scale.sqrt(),
        lagged / scale,
    ]
}
