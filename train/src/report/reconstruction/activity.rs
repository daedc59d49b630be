//! Figure of an autoencoder's codes: histogram of their values, and mean activity of each unit.

use metrics::codes::Codes;
use plotters::prelude::*;

use crate::report::figure::{self, Area, COLOURS, DrawResult, FigureError};

/// Width and height of the figure, in pixels.
const SIZE: (u32, u32) = (1000, 420);

/// Number of bins of the histogram.
const BINS: usize = 60;

/// Fraction of the largest values that the histogram leaves out, so that a long tail does not compress the rest.
const TAIL: f64 = 0.002;

/// Codes of one network, with its name and colour in the legend.
struct Series<'a> {
    name: &'static str,
    codes: &'a Codes,
    colour: RGBColor,
}

/// Draws the test part's codes, beside those of the network without the penalty if there is one.
///
/// # Errors
/// When drawing fails.
pub fn draw(codes: &Codes, unpenalized: Option<&Codes>) -> Result<String, FigureError> {
    let own = Series {
        name: if unpenalized.is_some() {
            "with the penalty"
        } else {
            "the code"
        },
        codes,
        colour: COLOURS[0],
    };
    let other = unpenalized.map(|codes| Series {
        name: "without",
        codes,
        colour: COLOURS[1],
    });
    let all: Vec<Series<'_>> = std::iter::once(own).chain(other).collect();
    figure::svg(SIZE, |area| {
        let panels = area.split_evenly((1, 2));
        histogram(&panels[0], &all)?;
        units(&panels[1], &all)
    })
}

/// Draws the fraction of values in each bin. Zeros are counted in the legend: their bar would dwarf all others.
fn histogram(panel: &Area<'_>, all: &[Series<'_>]) -> DrawResult {
    let mut values: Vec<f32> = all
        .iter()
        .flat_map(|series| series.codes.values.iter().copied())
        .filter(|value| value.is_finite())
        .collect();
    values.sort_by(f32::total_cmp);
    let at = |share: f64| {
        let place = share * values.len().saturating_sub(1) as f64;
        f64::from(values.get(place as usize).copied().unwrap_or(0.0))
    };
    let low = if at(0.0) < 0.0 { at(TAIL) } else { 0.0 };
    let high = at(1.0 - TAIL).max(low + 1e-3);
    let width = (high - low) / BINS as f64;
    let shares: Vec<Vec<f64>> = all
        .iter()
        .map(|series| {
            let mut bins = vec![0.0; BINS];
            for value in series.codes.values.iter().filter(|value| **value != 0.0) {
                let bin = ((f64::from(*value) - low) / width).floor();
                if (0.0..BINS as f64).contains(&bin) {
                    bins[bin as usize] += 1.0 / series.codes.values.len() as f64;
                }
            }
            bins
        })
        .collect();
    let highest = shares.iter().flatten().copied().fold(1e-3, f64::max);
    let digits = if highest < 0.02 { 1 } else { 0 };
    let mut chart = figure::chart(
        panel,
        "Values of the code that are not zero",
        [
            ("value", low..high),
            ("share of all values", 0.0..1.3 * highest),
        ],
        [&|x| format!("{x:.1}"), &move |y| {
            format!("{:.digits$} %", 100.0 * y)
        }],
    )?;
    for (series, shares) in all.iter().zip(shares) {
        let colour = series.colour;
        let bars = shares.into_iter().enumerate().map(|(bin, share)| {
            let left = low + bin as f64 * width;
            Rectangle::new(
                [(left, 0.0), (left + width, share)],
                colour.mix(0.55).filled(),
            )
        });
        let zeros = series.codes.values.iter().filter(|value| **value == 0.0);
        let zeros = zeros.count() as f64 / series.codes.values.len().max(1) as f64;
        let label = format!("{}: {:.1} % are zero", series.name, 100.0 * zeros);
        chart.draw_series(bars)?.label(label).legend(move |(x, y)| {
            Rectangle::new([(x, y - 5), (x + 18, y + 5)], colour.mix(0.55).filled())
        });
    }
    figure::legend(&mut chart, SeriesLabelPosition::UpperRight)
}

/// Draws the mean activity of each unit, in descending order.
fn units(panel: &Area<'_>, all: &[Series<'_>]) -> DrawResult {
    let means: Vec<Vec<f64>> = all
        .iter()
        .map(|series| series.codes.mean_by_unit())
        .collect();
    let highest = means.iter().flatten().copied().fold(1e-3, f64::max);
    let units = means.first().map_or(1, Vec::len).max(2);
    let mut chart = figure::chart(
        panel,
        "Mean activity of each unit",
        [
            ("unit, the most active first", 0.5..units as f64 + 0.5),
            ("mean of |c|", 0.0..1.3 * highest),
        ],
        [&|x| format!("{x:.0}"), &|y| format!("{y:.2}")],
    )?;
    for (series, means) in all.iter().zip(means) {
        let colour = series.colour;
        let mean = means.iter().sum::<f64>() / means.len().max(1) as f64;
        let points: Vec<(f64, f64)> = (1..).map(f64::from).zip(means).collect();
        let label = format!("{}: mean {mean:.3}", series.name);
        chart
            .draw_series(LineSeries::new(points.clone(), colour.stroke_width(2)))?
            .label(label)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
        let dots = points.into_iter();
        chart.draw_series(dots.map(|point| Circle::new(point, 3, colour.filled())))?;
    }
    figure::legend(&mut chart, SeriesLabelPosition::UpperRight)
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
