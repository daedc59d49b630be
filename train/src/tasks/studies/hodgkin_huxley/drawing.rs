//! Figures of the squid axon: the membrane over time and in its phase plane, the f-I curve, many neurons.

use anyhow::Result;
use neurons::spiking::hodgkin_huxley::IonicCurrents;
use neurons::spiking::{HodgkinHuxley, HodgkinHuxleyState, TracePoint};

use super::Rate;
use crate::report::figure;
use crate::report::plot::{self, Mark, Plot, Series};
use crate::run_folder::RunFolder;

/// Largest number of points of a line; of more, the lowest and the highest of each stretch are drawn.
const POINTS: usize = 4000;

/// Number of neurons whose spikes are drawn.
const RASTER: usize = 50;

type Point = TracePoint<HodgkinHuxleyState>;

/// Draws `hodgkin_huxley.svg`: potential, gates, currents, and the phase plane.
pub(super) fn draw(folder: &RunFolder, neuron: &HodgkinHuxley, points: &[Point]) -> Result<()> {
    let over_time = |value: &dyn Fn(&Point) -> f64| {
        thinned(
            points
                .iter()
                .map(|point| (point.time, value(point)))
                .collect(),
        )
    };
    let current = |which: fn(&IonicCurrents) -> f64| {
        over_time(&move |point: &Point| which(&point.state.currents(neuron)))
    };
    let plots = [
        Plot {
            title: "Membrane potential".to_owned(),
            across: "ms".to_owned(),
            up: "mV".to_owned(),
            series: vec![Series::line("", over_time(&|point| point.state.voltage), 0)],
            ..Plot::default()
        },
        Plot {
            title: "Open gates".to_owned(),
            across: "ms".to_owned(),
            up: "share".to_owned(),
            series: vec![
                Series::line("m (sodium on)", over_time(&|point| point.state.m), 1),
                Series::line("h (sodium off)", over_time(&|point| point.state.h), 0),
                Series::line("n (potassium)", over_time(&|point| point.state.n), 2),
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
                Series::line("input (inwards)", over_time(&|point| point.current), 3),
            ],
            ..Plot::default()
        },
        phase_plane(neuron, points),
    ];
    figure::write(folder, "hodgkin_huxley", &plot::draw(&plots, 2)?)
}

/// Plots V against n with their nullclines; that of V is for m in its steady state, h at rest, and the last current.
fn phase_plane(neuron: &HodgkinHuxley, points: &[Point]) -> Plot {
    let input = points.last().map_or(0.0, |point| point.current);
    let h = HodgkinHuxleyState::at_rest(neuron).h;
    let voltages = (-800..=500).map(|tenth| f64::from(tenth) / 10.0);
    let still_n = voltages
        .clone()
        .map(|voltage| (voltage, HodgkinHuxleyState::held_at(voltage).n));
    let still_voltage = voltages.map(|voltage| {
        let held = HodgkinHuxleyState {
            h,
            n: 0.0,
            ..HodgkinHuxleyState::held_at(voltage)
        };
        let currents = held.currents(neuron);
        let rest = input - currents.sodium - currents.leak;
        let n_4 = rest / (neuron.potassium * (voltage - neuron.potassium_reversal));
        (voltage, n_4.sqrt().sqrt())
    });
    let still_voltage: Vec<(f64, f64)> = still_voltage.collect();
    // In pieces, where n is between 0 and 1.
    let pieces = still_voltage.chunk_by(|a, b| is_fraction(a.1) == is_fraction(b.1));
    let pieces = pieces.filter(|piece| is_fraction(piece[0].1)).enumerate();
    let still_voltage = pieces.map(|(number, piece)| {
        let name = if number == 0 { "dV/dt = 0" } else { "" };
        Series::line(name, piece.to_vec(), 1).marked(Mark::Dashes)
    });
    let path = points
        .iter()
        .map(|point| (point.state.voltage, point.state.n));
    // The path is not sorted by V: the first point of each stretch stands for it.
    let every = points.len().div_ceil(POINTS).max(1);
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

fn is_fraction(n: f64) -> bool {
    (0.0..=1.0).contains(&n)
}

/// Draws `fi_curve.svg`.
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

/// Draws `neurons.svg`: spikes of the first neurons, and the distribution of the rates of all.
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
    let ordered = ordered.map(|(rank, rate)| (*rate, (rank as f64 + 1.0) / count));
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

/// Thins points to the lowest and the highest of each stretch, in order, so that no spike is lost.
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
    fn thinning_keeps_every_spike() {
        let mut points: Vec<(f64, f64)> = (0..100_000).map(|time| (f64::from(time), 0.0)).collect();
        points[77_777].1 = 40.0;
        points[12_345].1 = -80.0;
        let thin = thinned(points);
        assert!(thin.len() <= POINTS);
        assert!(thin.contains(&(77_777.0, 40.0)) && thin.contains(&(12_345.0, -80.0)));
        assert!(thin.windows(2).all(|pair| pair[0].0 <= pair[1].0));
        assert_eq!(thinned(vec![(0.0, 1.0); 3]).len(), 3);
    }
}
