//! Figures of the squid axon: the membrane over time and in its phase plane, the f-I curve, many neurons.

use anyhow::Result;
use figures::{Axis, Mark, Plot, Series, plot};
use neurons::spiking::hodgkin_huxley::IonicCurrents;
use neurons::spiking::{HodgkinHuxley, HodgkinHuxleyState, TracePoint};

use super::excitability::Rate;
use super::population::SimulatedPopulation;
use crate::report::figure;
use crate::run_folder::RunFolder;

/// Number of neurons whose spikes are drawn, and maximum number of spikes of each, the last ones.
const RASTER: [usize; 2] = [50, 80];

type Point = TracePoint<HodgkinHuxleyState>;

/// Draws `hodgkin_huxley.svg`: potential, gates, currents, and the phase plane.
pub(super) fn draw(folder: &RunFolder, neuron: &HodgkinHuxley, points: &[Point]) -> Result<()> {
    let over_time = |value: &dyn Fn(&Point) -> f64| -> Vec<(f64, f64)> {
        let points = points.iter().map(|point| (point.time, value(point)));
        points.collect()
    };
    let plot = |title: &str, unit: &str, series| {
        Plot::new(title, Axis::new("ms"), Axis::new(unit), series)
    };
    let current = |which: fn(&IonicCurrents) -> f64| {
        over_time(&move |point: &Point| which(&point.state.currents(neuron)))
    };
    let plots = [
        plot(
            "Membrane potential",
            "mV",
            vec![Series::line("", over_time(&|point| point.state.voltage), 0)],
        ),
        plot(
            "Open gates",
            "share",
            vec![
                Series::line("m (sodium on)", over_time(&|point| point.state.m), 1),
                Series::line("h (sodium off)", over_time(&|point| point.state.h), 0),
                Series::line("n (potassium)", over_time(&|point| point.state.n), 2),
            ],
        ),
        plot(
            "Currents (outwards)",
            "uA/cm2",
            vec![
                Series::line("sodium", current(|currents| currents.sodium), 1),
                Series::line("potassium", current(|currents| currents.potassium), 2),
                Series::line("leak", current(|currents| currents.leak), 6),
                Series::line("input (inwards)", over_time(&|point| point.current), 3),
            ],
        ),
        phase_plane(neuron, points),
    ];
    figure::write(folder, "hodgkin_huxley", &plot::draw(&plots, 2)?)
}

/// Plots V against n with their nullclines; that of V is for h at rest and the last current.
fn phase_plane(neuron: &HodgkinHuxley, points: &[Point]) -> Plot {
    let current = points.last().map_or(0.0, |point| point.current);
    let h = HodgkinHuxleyState::at_rest(neuron).h;
    let voltages = (-800..=500).map(|tenth| f64::from(tenth) / 10.0);
    let of_n = voltages.clone();
    let of_n = of_n.map(|voltage| (voltage, HodgkinHuxleyState::held_at(voltage).n));
    let of_voltage: Vec<(f64, Option<f64>)> = voltages
        .map(|voltage| {
            let n = HodgkinHuxleyState::voltage_nullcline(neuron, voltage, h, current);
            (voltage, n)
        })
        .collect();
    let path = points
        .iter()
        .map(|point| (point.state.voltage, point.state.n));
    let mut series = vec![Series::line("dn/dt = 0", of_n.collect(), 2).marked(Mark::Dashes)];
    // In pieces, as no n balances the currents at some potentials.
    let pieces = of_voltage.chunk_by(|a, b| a.1.is_some() == b.1.is_some());
    for piece in pieces.filter(|piece| piece[0].1.is_some()) {
        let name = if series.len() == 1 { "dV/dt = 0" } else { "" };
        let points = piece
            .iter()
            .filter_map(|(voltage, n)| Some((*voltage, (*n)?)));
        series.push(Series::line(name, points.collect(), 1).marked(Mark::Dashes));
    }
    series.push(Series::line("path", path.collect(), 0));
    let voltage = Axis::new("V (mV)").range(-82.0..55.0);
    Plot::new("Phase plane", voltage, Axis::new("n"), series)
}

/// Draws `fi_curve.svg`.
pub(super) fn draw_curve(folder: &RunFolder, curve: &[Rate]) -> Result<()> {
    let points = curve
        .iter()
        .map(|one| (one.current_ua_per_cm2, one.rate_hz))
        .collect();
    let (x, y) = (
        Axis::new("step of current (uA/cm2)"),
        Axis::new("rate (Hz)"),
    );
    let plot = Plot::new("f-I curve", x, y, vec![Series::line("", points, 0)]);
    figure::write(folder, "fi_curve", &plot::draw(&[plot], 1)?)
}

/// Draws `neurons.svg`: spikes of the first neurons, and the distribution of the rates of all.
pub(super) fn draw_population(
    folder: &RunFolder,
    population: &SimulatedPopulation,
    duration: f64,
) -> Result<()> {
    let SimulatedPopulation { spikes, rates, .. } = population;
    let [neurons, most] = RASTER;
    let shown = spikes.iter().take(neurons).enumerate();
    let raster = shown.flat_map(|(neuron, spikes)| {
        let last = &spikes[spikes.len().saturating_sub(most)..];
        last.iter().map(move |time| (*time, neuron as f64))
    });
    let mut sorted = rates.clone();
    sorted.sort_by(f64::total_cmp);
    let count = sorted.len() as f64;
    let ordered = sorted.iter().enumerate();
    let ordered = ordered.map(|(rank, rate)| (*rate, (rank as f64 + 1.0) / count));
    let plots = [
        Plot::new(
            "Spikes of the first neurons",
            Axis::new("ms").range(0.0..duration),
            Axis::new("neuron").range(-1.0..spikes.len().min(neurons) as f64),
            vec![Series::line("", raster.collect(), 0).marked(Mark::Specks)],
        ),
        Plot::new(
            "Rates",
            Axis::new("Hz"),
            Axis::new("share of neurons up to here"),
            vec![Series::line("", ordered.collect(), 0)],
        ),
    ];
    figure::write(folder, "neurons", &plot::draw(&plots, 2)?)
}
