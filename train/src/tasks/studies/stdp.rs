//! Spike-timing-dependent plasticity: its window, and the weights under correlated spike trains.

use anyhow::Result;
use figures::{Axis, Mark, Plot, Series, plot};
use neurons::spiking::{CorrelatedTrains, Stdp};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::report::figure;
use crate::report::finished::Finished;
use crate::report::screen;
use crate::run_folder::RunFolder;
use crate::tasks::job::StudyJob;

/// Firing rate of each side of a synapse, per ms.
const RATE: f64 = 0.01;

/// Correlations: the fraction of presynaptic spikes with a related postsynaptic one, and its delay in ms.
const CORRELATIONS: [(f64, f64); 5] =
    [(0.0, 5.0), (0.1, 5.0), (0.3, 5.0), (0.3, 20.0), (0.3, -5.0)];

/// Number of synapses per correlation.
const SYNAPSES: usize = 50;

/// Number of pairs of the protocol that measures the window, as in Bi and Poo (1998).
const PAIRS: usize = 60;

/// Time between two pairs, in ms, as in Bi and Poo: long enough that pairs barely interact.
const INTERVAL: f64 = 1000.0;

/// Time over which the drift is measured, in ms: too short for a weight to reach a bound.
const DRIFT: f64 = 10_000.0;

/// Default time over which weights are followed, in ms.
pub const DURATION: f64 = 100_000.0;

/// Intervals between the points of the mean weight's course.
const COURSE: u32 = 200;

/// The contents of `result.json`.
#[derive(Serialize)]
struct Findings {
    rule: Stdp,
    window: Vec<Measured>,
    duration: f64,
    correlations: Vec<Course>,
}

/// The pairing protocol at one delay.
#[derive(Serialize)]
struct Measured {
    /// t_post - t_pre, in ms.
    delay: f64,
    /// Simulated mean change of the weight per pair.
    change: f64,
    /// Change of the weight by a single pair, from the window.
    window: f64,
}

/// Synapses under one correlation.
#[derive(Serialize)]
struct Course {
    correlation: f64,
    delay: f64,
    /// Drift of the mean weight in the beginning, per s.
    drift: f64,
    /// Drift by the formula, per s.
    expected_drift: f64,
    /// Final mean weight.
    weight: f64,
    /// Final standard deviation between synapses.
    deviation: f64,
    /// Time in s and mean weight.
    course: Vec<(f64, f64)>,
    #[serde(skip)]
    each: Vec<Vec<(f64, f64)>>,
}

/// Measures the window with pairs of spikes, and follows weights under more and less correlated spike trains.
///
/// # Errors
/// If a file cannot be written.
pub fn run(job: &StudyJob<'_>) -> Result<Finished> {
    let rule = Stdp::song();
    let duration = job.options.simulation.duration.unwrap_or(DURATION);
    let seed = job.options.seed;
    let findings = Findings {
        window: (-20..=20)
            .map(|step| f64::from(step) * 4.0)
            .map(|delay| Measured {
                delay,
                change: rule.pairing_protocol(delay, PAIRS, INTERVAL),
                window: rule.window(delay),
            })
            .collect(),
        correlations: (CORRELATIONS.iter().enumerate())
            .map(|(number, &(correlation, delay))| {
                let trains = CorrelatedTrains {
                    rate: RATE,
                    correlation,
                    delay,
                };
                course(&rule, trains, duration, seed, number)
            })
            .collect(),
        rule,
        duration,
    };
    let plots = [window_plot(&findings), weight_plot(&findings)];
    figure::write(&job.folder, "stdp", &plot::draw(&plots, 2)?)?;
    write_window(&job.folder, &findings.window)?;
    write_weights(&job.folder, &findings.correlations)?;
    job.finish(&summary(&findings), &findings)
}

/// Simulates the synapses under correlated trains; `number` tells their random streams from those of other trains.
fn course(
    rule: &Stdp,
    trains: CorrelatedTrains,
    duration: f64,
    seed: u64,
    number: usize,
) -> Course {
    let half = rule.largest / 2.0;
    let synapses = number * SYNAPSES..(number + 1) * SYNAPSES;
    let each: Vec<_> = synapses
        .map(|stream| {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            random.set_stream(stream as u64);
            let [pre, post] = trains.draw(duration, &mut random);
            rule.run(&pre, &post, half)
        })
        .collect();
    let weights = |time: f64| each.iter().map(move |course| weight_at(course, time, half));
    let mean = |time: f64| weights(time).sum::<f64>() / SYNAPSES as f64;
    let weight = mean(duration);
    let squares = weights(duration).map(|one| (one - weight).powi(2));
    let measured = DRIFT.min(duration);
    Course {
        correlation: trains.correlation,
        delay: trains.delay,
        drift: (mean(measured) - half) / measured * 1000.0,
        expected_drift: rule.drift(&trains) * 1000.0,
        weight,
        deviation: (squares.sum::<f64>() / SYNAPSES as f64).sqrt(),
        course: (0..=COURSE)
            .map(|point| {
                let time = duration * f64::from(point) / f64::from(COURSE);
                (time / 1000.0, mean(time))
            })
            .collect(),
        each,
    }
}

/// Returns the weight at a time in ms, given its course after each spike and its initial value.
fn weight_at(course: &[(f64, f64)], time: f64, start: f64) -> f64 {
    match course.partition_point(|(at, _)| *at <= time) {
        0 => start,
        after => course[after - 1].1,
    }
}

/// Writes `window.csv`: the measured and the expected change of the weight at each delay.
fn write_window(folder: &RunFolder, window: &[Measured]) -> Result<()> {
    let mut table = files::Table::new(["delay_ms", "change", "window"])?;
    for pair in window {
        let changes = [pair.change, pair.window].map(|change| format!("{change:.9}"));
        table.row(std::iter::once(pair.delay.to_string()).chain(changes))?;
    }
    folder.write("window.csv", table.finish()?)
}

/// Writes `weights.csv`: the mean weight over time under each correlation.
fn write_weights(folder: &RunFolder, correlations: &[Course]) -> Result<()> {
    let mut table = files::Table::new(["correlation", "delay_ms", "time_s", "weight"])?;
    for one in correlations {
        let [correlation, delay] = [one.correlation, one.delay].map(|value| value.to_string());
        for (time, weight) in &one.course {
            let [time, weight] = [format!("{time:.3}"), format!("{weight:.6}")];
            table.row([&correlation, &delay, &time, &weight])?;
        }
    }
    folder.write("weights.csv", table.finish()?)
}

/// Plots the window and the simulated pairs.
fn window_plot(findings: &Findings) -> Plot {
    let measured = findings
        .window
        .iter()
        .map(|pair| (pair.delay, 100.0 * pair.change));
    let line = |range: std::ops::Range<i32>| -> Vec<(f64, f64)> {
        let places = range.map(|place| (f64::from(place) + 0.5) / 4.0);
        places
            .map(|delay| (delay, 100.0 * findings.rule.window(delay)))
            .collect()
    };
    Plot::new(
        "The window",
        Axis::new("t post - t pre (ms)"),
        Axis::new("change of a pair (% of the largest weight)"),
        vec![
            Series::line("", line(-320..0), 6),
            Series::line("formula", line(0..320), 6),
            Series::line("60 pairs", measured.collect(), 1).marked(Mark::Rings),
        ],
    )
}

/// Number of synapses per correlation that are drawn beside their mean.
const DRAWN: usize = 6;

/// Plots the weights over time.
fn weight_plot(findings: &Findings) -> Plot {
    let mut series = Vec::new();
    for (number, one) in findings.correlations.iter().enumerate() {
        for course in one.each.iter().take(DRAWN) {
            let points = course.iter().map(|(time, weight)| (time / 1000.0, *weight));
            series.push(Series::line("", points.collect(), number).marked(Mark::Thin));
        }
        let name = format!("{} % after {} ms", 100.0 * one.correlation, one.delay);
        series.push(Series::line(name, one.course.clone(), number));
    }
    Plot::new(
        "Weights, by the share of spikes that follow",
        Axis::new("time (s)"),
        Axis::new("weight"),
        series,
    )
}

/// Returns the summary for the screen.
fn summary(findings: &Findings) -> String {
    let header = [
        "correlation",
        "delay (ms)",
        "drift (1/s)",
        "by the formula",
        "weight in the end",
        "deviation",
    ];
    let rows = findings.correlations.iter().map(|one| {
        vec![
            screen::number(one.correlation),
            screen::number(one.delay),
            format!("{:.5}", one.drift),
            format!("{:.5}", one.expected_drift),
            format!("{:.3}", one.weight),
            format!("{:.3}", one.deviation),
        ]
    });
    format!(
        "{SYNAPSES} synapses each, both sides at {} Hz for {} s\n{}",
        1000.0 * RATE,
        findings.duration / 1000.0,
        screen::table(header, rows)
    )
}
