//! Statistics of preprocessed pictures, by which out-of-distribution pictures are recognised.
//!
//! They measure brightness, evenness, fineness and symmetry, which differ between the pictures a network was trained on
//! (head scans, for example) and pictures of another kind (a digit, a page, a cat). The outputs of the network itself do
//! not suffice, because far from the training data they are often as confident as anywhere (Nguyen et al. 2015,
//! <https://arxiv.org/abs/1412.1897>). `tests/reference/unfamiliar.py` of `train` finds the following of 1,590 pictures
//! that are not scans, with limits at which the network abstains on one validation scan in a hundred:
//!
//! | score | MNIST | generated | photographs | abstentions on test scans |
//! |---|---|---|---|---|
//! | highest probability | 2 % | 2 % | 3 % | 2.3 % |
//! | energy of the logits | 0 % | 18 % | 6 % | 3.4 % |
//! | Mahalanobis distance, last hidden layer | 37 % | 14 % | 7 % | 0.7 % |
//! | tenth nearest neighbour, last hidden layer | 2 % | 4 % | 4 % | 1.1 % |
//! | Mahalanobis distance, these statistics | 100 % | 100 % | 100 % | 1.1 % |

use crate::images::preprocessing::{Channels, ImagePreprocessing};

/// Names of the [`statistics`] of a picture, in their order. Models store them, so that a model fitted to other statistics is
/// recognised.
pub const STATISTICS: [&str; 21] = [
    "mean",
    "deviation",
    "dark",
    "bright",
    "median",
    "ninth_decile",
    "border_mean",
    "border_deviation",
    "centre_mean",
    "centre_deviation",
    "gradient_x_1",
    "gradient_y_1",
    "gradient_x_2",
    "gradient_y_2",
    "gradient_x_4",
    "gradient_y_4",
    "gradient_x_8",
    "gradient_y_8",
    "mirror",
    "entropy",
    "colour",
];

/// Number of scales at which gradients are measured: steps of 1, 2, 4 and 8 pixels.
const SCALES: usize = 4;

/// Number of bins of the entropy.
const BINS: usize = 8;

/// Maximum value of a dark pixel, of 0 to 1.
const DARK: f32 = 0.05;
/// Minimum value of a bright pixel, of 0 to 1.
const BRIGHT: f32 = 0.9;

/// Added to gradients, so that their logarithm is finite; smaller gradients are negligible.
const EPSILON: f64 = 1e-3;

/// Computes the statistics of a preprocessed picture, in the order of [`STATISTICS`]. All are finite.
///
/// # Panics
/// If the picture does not have the length of this preprocessing.
pub fn statistics(preprocessing: &ImagePreprocessing, image: &[u8]) -> [f64; STATISTICS.len()] {
    assert_eq!(
        image.len(),
        preprocessing.bytes(),
        "bytes of a preprocessed picture"
    );
    let (grey, colour) = grey(preprocessing.channels, image);
    let map = GreyImage {
        width: preprocessing.width,
        height: preprocessing.height,
        values: grey,
    };
    let [mean, deviation] = mean_and_deviation(map.values.iter().copied());
    let share = |test: &dyn Fn(f32) -> bool| {
        map.values.iter().filter(|value| test(**value)).count() as f64 / map.values.len() as f64
    };
    let mut sorted = map.values.clone();
    sorted.sort_unstable_by(f32::total_cmp);
    let quantile = |q: f64| f64::from(sorted[((sorted.len() - 1) as f64 * q).round() as usize]);
    let [border_mean, border_deviation] = mean_and_deviation(map.border());
    let [centre_mean, centre_deviation] = mean_and_deviation(map.centre());

    let mut statistics = vec![
        mean,
        deviation,
        share(&|value| value < DARK),
        share(&|value| value > BRIGHT),
        quantile(0.5),
        quantile(0.9),
        border_mean,
        border_deviation,
        centre_mean,
        centre_deviation,
    ];
    let (mirror, entropy) = (map.mirror(mean), entropy(&map.values));
    let mut scaled = map;
    for _ in 0..SCALES {
        statistics.extend(scaled.gradients().map(|gradient| (gradient + EPSILON).ln()));
        scaled = scaled.halved();
    }
    statistics.extend([mirror, entropy, colour]);
    std::array::from_fn(|place| statistics[place])
}

/// Returns the picture in grey, of 0 to 1, and the mean distance of its colours from grey.
fn grey(channels: Channels, image: &[u8]) -> (Vec<f32>, f64) {
    if channels == Channels::Grey {
        return (
            image.iter().map(|&byte| f32::from(byte) / 255.0).collect(),
            0.0,
        );
    }
    let plane = image.len() / 3;
    let (red, rest) = image.split_at(plane);
    let (green, blue) = rest.split_at(plane);
    let mut colour = 0u64;
    let mut grey = Vec::with_capacity(plane);
    for ((&red, &green), &blue) in red.iter().zip(green).zip(blue) {
        let (least, most) = (red.min(green).min(blue), red.max(green).max(blue));
        colour += u64::from(most - least);
        // Luma by ITU-R BT.709, as in the image crate.
        let luma = 0.2126 * f32::from(red) + 0.7152 * f32::from(green) + 0.0722 * f32::from(blue);
        grey.push(luma / 255.0);
    }
    (grey, colour as f64 / 255.0 / plane.max(1) as f64)
}

/// A grey picture, row by row.
struct GreyImage {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

impl GreyImage {
    fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.width.max(1))
    }

    /// Returns the values of the border, a sixteenth of the side wide and at least one pixel.
    fn border(&self) -> impl Iterator<Item = f32> {
        let [across, down] = [self.width, self.height].map(|side| (side / 16).max(1));
        self.rows().enumerate().flat_map(move |(row, values)| {
            let outer = row < down || row + down >= self.height;
            values
                .iter()
                .enumerate()
                .filter_map(move |(column, value)| {
                    let side = column < across || column + across >= self.width;
                    (outer || side).then_some(*value)
                })
        })
    }

    /// Returns the values of the middle quarter of each side.
    fn centre(&self) -> impl Iterator<Item = f32> {
        let middle = |side: usize| side * 3 / 8..(side * 5).div_ceil(8);
        let (rows, columns) = (middle(self.height), middle(self.width));
        (self.rows().skip(rows.start).take(rows.len()))
            .flat_map(move |row| row[columns.clone()].iter().copied())
    }

    /// Returns the mean absolute differences between horizontal and vertical neighbours; 0 without neighbours.
    fn gradients(&self) -> [f64; 2] {
        let mean = |sum: f64, count: usize| sum / count.max(1) as f64;
        let difference = |a: &f32, b: &f32| f64::from((a - b).abs());
        let across = self.rows().flat_map(|row| row.windows(2));
        let across: f64 = across.map(|pair| difference(&pair[0], &pair[1])).sum();
        let below = self.values.iter().skip(self.width);
        let down: f64 = self
            .values
            .iter()
            .zip(below)
            .map(|(a, b)| difference(a, b))
            .sum();
        [
            mean(across, self.width.saturating_sub(1) * self.height),
            mean(down, self.width * self.height.saturating_sub(1)),
        ]
    }

    /// Averages two by two pixels. An odd row or column at the edge is dropped.
    fn halved(&self) -> Self {
        let (width, height) = (self.width / 2, self.height / 2);
        let at = |column: usize, row: usize| self.values[row * self.width + column];
        let places =
            (0..height).flat_map(|row| (0..width).map(move |column| (2 * column, 2 * row)));
        let mean = |(x, y)| (at(x, y) + at(x + 1, y) + at(x, y + 1) + at(x + 1, y + 1)) / 4.0;
        Self {
            width,
            height,
            values: places.map(mean).collect(),
        }
    }

    /// Returns the correlation with the picture mirrored left to right.
    fn mirror(&self, mean: f64) -> f64 {
        let (mut same, mut all) = (0.0, 0.0);
        for row in self.rows() {
            for (value, mirrored) in row.iter().zip(row.iter().rev()) {
                let [value, mirrored] = [value, mirrored].map(|value| f64::from(*value) - mean);
                same += value * mirrored;
                all += value * value;
            }
        }
        // EPSILON keeps rounding errors of an even picture from being taken for a correlation.
        same / (all + EPSILON)
    }
}

/// Returns the mean and the standard deviation.
fn mean_and_deviation(values: impl Iterator<Item = f32>) -> [f64; 2] {
    let (mut n, mut sum, mut squares) = (0usize, 0.0, 0.0);
    for value in values.map(f64::from) {
        n += 1;
        sum += value;
        squares += value * value;
    }
    let n = n.max(1) as f64;
    let mean = sum / n;
    [mean, (squares / n - mean * mean).max(0.0).sqrt()]
}

/// Returns the entropy of the distribution of grey levels over the bins, in nats.
fn entropy(values: &[f32]) -> f64 {
    let mut counts = [0usize; BINS];
    for value in values {
        counts[((value * BINS as f32) as usize).min(BINS - 1)] += 1;
    }
    let share = |count: usize| count as f64 / values.len().max(1) as f64;
    let part = |count: &usize| match share(*count) {
        0.0 => 0.0,
        share => -share * share.ln(),
    };
    counts.iter().map(part).sum()
}
