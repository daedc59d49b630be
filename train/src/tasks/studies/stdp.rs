//! Spike-timing-dependent plasticity: its window, and the weights under correlated spike trains.

use std::fmt::Write as _;

use anyhow::Result;
use figures::{Axis, Mark, Plot, Series, plot};
use neurons::spiking::Stdp;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::report::figure;
use crate::report::finished::Finished;
use crate::report::screen;
use crate::tasks::job::StudyJob;

/// Firing rate of each side of a synapse, per ms.
const RATE: f64 = 0.01;

/// Correlations: the fraction of presynaptic spikes with a related postsynaptic one, and its delay in ms.
const CORRELATIONS: [(f64, f64); 5] =
    [(0.0, 5.0), (0.1, 5.0), (0.3, 5.0), (0.3, 20.0), (0.3, -5.0)];

/// Number of synapses per correlation.
const SYNAPSES: usize = 50;

/// Pairs of the protocol that measures the window, one per second, as in Bi and Poo (1998).
const PAIRS: usize = 60;

/// Time over which the drift is measured, in ms: too short for a weight to reach a bound.
const DRIFT: f64 = 10_000.0;

/// Default time over which weights are followed, in ms.
const DURATION: f64 = 100_000.0;

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
            .map(|step| measure(&rule, f64::from(step) * 4.0))
            .collect(),
        correlations: (CORRELATIONS.iter().enumerate())
            .map(|(number, &with)| course(&rule, with, duration, seed, number))
            .collect(),
        rule,
        duration,
    };
    let plots = [window_plot(&findings), weight_plot(&findings)];
    figure::write(&job.folder, "stdp", &plot::draw(&plots, 2)?)?;
    let mut table = "delay_ms,change,window\n".to_owned();
    for pair in &findings.window {
        let _ = writeln!(
            table,
            "{},{:.9},{:.9}",
            pair.delay, pair.change, pair.window
        );
    }
    job.folder.write("window.csv", table)?;
    let mut table = "correlation,delay_ms,time_s,weight\n".to_owned();
    for one in &findings.correlations {
        for (time, weight) in &one.course {
            let _ = writeln!(
                table,
                "{},{},{time:.3},{weight:.6}",
                one.correlation, one.delay
            );
        }
    }
    job.folder.write("weights.csv", table)?;
    job.finish(&summary(&findings), &findings)
}

/// Measures the mean change of the weight by a pair, over 60 pairs a second apart, which barely interact.
fn measure(rule: &Stdp, delay: f64) -> Measured {
    let pre: Vec<f64> = (1..=PAIRS).map(|pair| 1000.0 * pair as f64).collect();
    let post: Vec<f64> = pre.iter().map(|time| time + delay).collect();
    let half = rule.largest / 2.0;
    let end = rule
        .run(&pre, &post, half)
        .last()
        .map_or(half, |(_, weight)| *weight);
    Measured {
        delay,
        change: (end - half) / PAIRS as f64,
        window: rule.window(delay),
    }
}

/// Simulates the synapses under one correlation.
fn course(
    rule: &Stdp,
    (correlation, delay): (f64, f64),
    duration: f64,
    seed: u64,
    number: usize,
) -> Course {
    let half = rule.largest / 2.0;
    let mut each = Vec::with_capacity(SYNAPSES);
    for synapse in 0..SYNAPSES {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream((number * SYNAPSES + synapse) as u64);
        let [pre, post] = trains(correlation, delay, duration, &mut random);
        each.push(rule.run(&pre, &post, half));
    }
    let at = |course: &[(f64, f64)], time: f64| match course.partition_point(|(at, _)| *at <= time)
    {
        0 => half,
        place => course[place - 1].1,
    };
    let mean =
        |time: f64| each.iter().map(|course| at(course, time)).sum::<f64>() / SYNAPSES as f64;
    let weight = mean(duration);
    let squares = each
        .iter()
        .map(|course| (at(course, duration) - weight).powi(2));
    let measured = DRIFT.min(duration);
    Course {
        correlation,
        delay,
        drift: (mean(measured) - half) / measured * 1000.0,
        expected_drift: drift(rule, correlation, delay) * 1000.0,
        weight,
        deviation: (squares.sum::<f64>() / SYNAPSES as f64).sqrt(),
        course: (0..=200)
            .map(|place| {
                let time = duration * f64::from(place) / 200.0;
                (time / 1000.0, mean(time))
            })
            .collect(),
        each,
    }
}

/// Returns the drift of the weight per ms far from the bounds: chance pairs contribute the area of the window, related
/// pairs its value at their delay (Kempter, Gerstner and van Hemmen 1999, <https://doi.org/10.1103/PhysRevE.59.4498>).
fn drift(rule: &Stdp, correlation: f64, delay: f64) -> f64 {
    RATE * RATE * rule.area() + correlation * RATE * rule.window(delay)
}

/// Draws a Poisson train, and a second one of the same rate: a fraction of its spikes follows those of the first, the
/// others are independent.
fn trains(correlation: f64, delay: f64, duration: f64, random: &mut ChaCha8Rng) -> [Vec<f64>; 2] {
    let pre = poisson(RATE, duration, random);
    let mut post = poisson(RATE * (1.0 - correlation), duration, random);
    let follows = pre
        .iter()
        .filter(|_| random.random_range(0.0..1.0) < correlation);
    post.extend(follows.map(|time| time + delay));
    post.retain(|time| (0.0..duration).contains(time));
    post.sort_by(f64::total_cmp);
    [pre, post]
}

/// Draws a Poisson train with `rate` spikes per ms.
fn poisson(rate: f64, duration: f64, random: &mut ChaCha8Rng) -> Vec<f64> {
    let (mut train, mut time) = (Vec::new(), 0.0);
    loop {
        // 1 - u is never 0.
        time -= (1.0 - random.random_range(0.0..1.0_f64)).ln() / rate;
        if time >= duration {
            return train;
        }
        train.push(time);
    }
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
        screen::table(header.map(str::to_owned).to_vec(), rows)
    )
}
