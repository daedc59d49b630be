//! The figures: the membrane over time and in its phase plane, the f-I curve, many neurons.

use anyhow::Result;
use neurons::spiking::hodgkin_huxley::{Moment, Parameters, State};

use super::Rate;
use crate::report::figure;
use crate::report::plot::{self, Mark, Plot, Series};
use crate::run_folder::RunFolder;

/// Points of a line at most; of more, the lowest and the highest of each stretch are drawn.
const POINTS: usize = 4000;

/// Neurons whose spikes are drawn.
const RASTER: usize = 50;

/// `hodgkin_huxley.svg`: potential, gates, currents, and the phase plane.
pub(super) fn draw(folder: &RunFolder, parameters: &Parameters, moments: &[Moment]) -> Result<()> {
    let over_time = |value: &dyn Fn(&Moment) -> f64| {
        thinned(
            moments
                .iter()
                .map(|moment| (moment.time, value(moment)))
                .collect(),
        )
    };
    let current = |which: fn(&neurons::spiking::hodgkin_huxley::Currents) -> f64| {
        over_time(&move |moment: &Moment| which(&moment.state.currents(parameters)))
    };
    let plots = [
        Plot {
            title: "Membrane potential".to_owned(),
            across: "ms".to_owned(),
            up: "mV".to_owned(),
            series: vec![Series::line(
                "",
                over_time(&|moment| moment.state.voltage),
                0,
            )],
            ..Plot::default()
        },
        Plot {
            title: "Open gates".to_owned(),
            across: "ms".to_owned(),
            up: "share".to_owned(),
            series: vec![
                Series::line("m (sodium on)", over_time(&|moment| moment.state.m), 1),
                Series::line("h (sodium off)", over_time(&|moment| moment.state.h), 0),
                Series::line("n (potassium)", over_time(&|moment| moment.state.n), 2),
            ],
            ranges: [None, Some(-0.05..1.35)], // room for the legend
            ..Plot::default()
        },
        Plot {
            title: "Currents (outwards)".to_owned(),
            across: "ms".to_owned(),
            up: "uA/cm2".to_owned(),
            series: vec![
                Series::line("sodium", current(|currents| currents.sodium), 1),
                Series::line("potassium", current(|currents| currents.potassium), 2),
                Series::line("leak", current(|currents| currents.leak), 6),
                Series::line("input (inwards)", over_time(&|moment| moment.input), 3),
            ],
            ..Plot::default()
        },
        phase_plane(parameters, moments),
    ];
    figure::write(folder, "hodgkin_huxley", &plot::draw(&plots, 2)?)
}

/// V against n, with the lines on which each of them stands still: that of V for m settled, h as it is at rest, and
/// the last input.
fn phase_plane(parameters: &Parameters, moments: &[Moment]) -> Plot {
    let input = moments.last().map_or(0.0, |moment| moment.input);
    let h = State::at_rest(parameters).h;
    let voltages = (-800..=500).map(|place| f64::from(place) / 10.0);
    let still_n = voltages
        .clone()
        .map(|voltage| (voltage, State::held_at(voltage).n));
    let still_voltage = voltages.map(|voltage| {
        let held = State {
            h,
            n: 0.0,
            ..State::held_at(voltage)
        };
        let currents = held.currents(parameters);
        let rest = input - currents.sodium - currents.leak;
        let n_4 = rest / (parameters.potassium * (voltage - parameters.potassium_reversal));
        (voltage, n_4.sqrt().sqrt())
    });
    let still_voltage: Vec<(f64, f64)> = still_voltage.collect();
    // In pieces: n is a share, and no line joins where it would be none.
    let pieces = still_voltage.chunk_by(|a, b| is_share(a.1) == is_share(b.1));
    let pieces = pieces.filter(|piece| is_share(piece[0].1)).enumerate();
    let still_voltage = pieces.map(|(number, piece)| {
        let name = if number == 0 { "dV/dt = 0" } else { "" };
        Series::line(name, piece.to_vec(), 1).marked(Mark::Dashes)
    });
    let path = moments
        .iter()
        .map(|moment| (moment.state.voltage, moment.state.n));
    // Its places are in no order across: the first of each stretch stands for it.
    let every = moments.len().div_ceil(POINTS).max(1);
    let mut series = vec![Series::line("dn/dt = 0", still_n.collect(), 2).marked(Mark::Dashes)];
    series.extend(still_voltage);
    series.push(Series::line("path", path.step_by(every).collect(), 0));
    Plot {
        title: "Phase plane".to_owned(),
        across: "V (mV)".to_owned(),
        up: "n".to_owned(),
        series,
        ranges: [Some(-82.0..55.0), Some(0.0..1.4)],
        ..Plot::default()
    }
}

fn is_share(n: f64) -> bool {
    (0.0..=1.0).contains(&n)
}

/// `fi_curve.svg`.
pub(super) fn draw_curve(folder: &RunFolder, curve: &[Rate]) -> Result<()> {
    let points = curve
        .iter()
        .map(|one| (one.current_ua_per_cm2, one.rate_hz))
        .collect();
    let plot = Plot {
        title: "f-I curve".to_owned(),
        across: "step of current (uA/cm2)".to_owned(),
        up: "rate (Hz)".to_owned(),
        series: vec![Series::line("", points, 0)],
        ..Plot::default()
    };
    figure::write(folder, "fi_curve", &plot::draw(&[plot], 1)?)
}

/// `neurons.svg`: spikes of the first neurons, and the rates of all in order.
pub(super) fn draw_many(
    folder: &RunFolder,
    spikes: &[Vec<f64>],
    rates: &[f64],
    duration: f64,
) -> Result<()> {
    let shown = spikes.iter().take(RASTER).enumerate();
    let raster = shown.flat_map(|(neuron, spikes)| {
        let last = &spikes[spikes.len().saturating_sub(POINTS / RASTER)..];
        last.iter().map(move |time| (*time, neuron as f64))
    });
    let mut sorted = rates.to_vec();
    sorted.sort_by(f64::total_cmp);
    let every = sorted.len().div_ceil(POINTS).max(1);
    let count = sorted.len() as f64;
    let ordered = sorted.iter().enumerate().step_by(every);
    let ordered = ordered.map(|(place, rate)| (*rate, (place as f64 + 1.0) / count));
    let plots = [
        Plot {
            title: "Spikes of the first neurons".to_owned(),
            across: "ms".to_owned(),
            up: "neuron".to_owned(),
            series: vec![Series::line("", raster.collect(), 0).marked(Mark::Specks)],
            ranges: [
                Some(0.0..duration),
                Some(-1.0..spikes.len().min(RASTER) as f64),
            ],
            ..Plot::default()
        },
        Plot {
            title: "Rates".to_owned(),
            across: "Hz".to_owned(),
            up: "share of neurons up to here".to_owned(),
            series: vec![Series::line("", ordered.collect(), 0)],
            ..Plot::default()
        },
    ];
    figure::write(folder, "neurons", &plot::draw(&plots, 2)?)
}

/// The lowest and the highest point of each stretch, in the order of time, so that no spike is lost.
fn thinned(points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    if points.len() <= POINTS {
        return points;
    }
    let stretches = points.chunks(points.len().div_ceil(POINTS / 2));
    let ends = stretches.flat_map(|stretch| {
        let by_height = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let mut ends: Vec<(f64, f64)> = [
            stretch.iter().min_by(by_height),
            stretch.iter().max_by(by_height),
        ]
        .into_iter()
        .flatten()
        .copied()
        .collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        ends
    });
    ends.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_spike_is_lost_where_points_are() {
        let mut points: Vec<(f64, f64)> =
            (0..100_000).map(|place| (f64::from(place), 0.0)).collect();
        points[77_777].1 = 40.0;
        points[12_345].1 = -80.0;
        let thin = thinned(points);
        assert!(thin.len() <= POINTS);
        assert!(thin.contains(&(77_777.0, 40.0)) && thin.contains(&(12_345.0, -80.0)));
        assert!(thin.windows(2).all(|pair| pair[0].0 <= pair[1].0));
        assert_eq!(thinned(vec![(0.0, 1.0); 3]).len(), 3);
    }
}
