//! Figure of an autoencoder's codes: histogram of their values, and mean activity of each unit.

use figures::{Axis, FigureError, Mark, Plot, Series, plot};
use metrics::codes::Codes;

/// Number of bins of the histogram.
const BINS: usize = 60;

/// Fraction of the largest values that the histogram leaves out, so that a long tail does not compress the rest.
const TAIL: f64 = 0.002;

/// Codes of one network, with its name in the legend.
type Named<'a> = (&'static str, &'a Codes);

/// Draws the test part's codes, beside those of the network without the penalty if there is one.
///
/// # Errors
/// When drawing fails.
pub fn draw(codes: &Codes, unpenalized: Option<&Codes>) -> Result<String, FigureError> {
    let all: Vec<Named<'_>> = match unpenalized {
        Some(other) => vec![("with the penalty", codes), ("without", other)],
        None => vec![("the code", codes)],
    };
    plot::draw(&[histogram(&all), units(&all)], 2)
}

/// Plots the fraction of values in each bin. Zeros are counted in the legend: their bar would dwarf all others.
fn histogram(all: &[Named<'_>]) -> Plot {
    let mut values: Vec<f32> = all
        .iter()
        .flat_map(|(_, codes)| codes.values.iter().copied())
        .filter(|value| value.is_finite())
        .collect();
    values.sort_by(f32::total_cmp);
    let at = |share: f64| {
        let place = share * values.len().saturating_sub(1) as f64;
        f64::from(values.get(place as usize).copied().unwrap_or(0.0))
    };
    let low = if at(0.0) < 0.0 { at(TAIL) } else { 0.0 };
    let high = at(1.0 - TAIL).max(low + 1e-3);
    let bars = |(colour, (name, codes)): (usize, &Named<'_>)| {
        let share = 1.0 / codes.values.len().max(1) as f64;
        let (mut bins, mut zeros) = ([0.0; BINS], 0.0);
        for value in &codes.values {
            let bin = (BINS as f64 * (f64::from(*value) - low) / (high - low)).floor();
            if *value == 0.0 {
                zeros += share;
            } else if (0.0..BINS as f64).contains(&bin) {
                bins[bin as usize] += share;
            }
        }
        let label = format!("{name}: {:.1} % are zero", 100.0 * zeros);
        Series::bars(label, &bins, low..high, colour)
    };
    Plot::new(
        "Values of the code that are not zero",
        Axis::new("value").range(low..high),
        Axis::new("share of all values").percent(),
        all.iter().enumerate().map(bars).collect(),
    )
}

/// Plots the mean activity of each unit, in descending order.
fn units(all: &[Named<'_>]) -> Plot {
    let curve = |(colour, (name, codes)): (usize, &Named<'_>)| {
        let means = codes.mean_by_unit();
        let mean = means.iter().sum::<f64>() / means.len().max(1) as f64;
        let points = (1..).map(f64::from).zip(means).collect();
        Series::line(format!("{name}: mean {mean:.3}"), points, colour).marked(Mark::Joined)
    };
    Plot::new(
        "Mean activity of each unit",
        Axis::new("unit, the most active first").integers(),
        Axis::new("mean of |c|"),
        all.iter().enumerate().map(curve).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_networks_are_drawn_with_their_means() {
        let codes = |scale: f32| Codes {
            units: 4,
            values: (0..400).map(|i| scale * (i % 7) as f32).collect(),
        };
        let svg = draw(&codes(0.5), Some(&codes(1.0))).unwrap();
        for part in ["with the penalty: 14.5 % are zero", "without: mean 2.9"] {
            assert!(svg.contains(part), "{part}: {svg}");
        }
        assert_eq!(svg.matches("<circle").count(), 8);
        let alone = draw(&codes(1.0), None).unwrap();
        assert!(alone.contains("the code: mean") && !alone.contains("without"));
        // Codes that are all zero, or missing, are drawn too.
        for values in [vec![0.0; 8], vec![]] {
            let svg = draw(&Codes { units: 4, values }, None).unwrap();
            assert!(svg.contains("mean 0.000"), "{svg}");
        }
    }
}
