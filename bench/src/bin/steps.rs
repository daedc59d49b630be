//! `steps`: times training steps of one network and prints them as one line of JSON.

use std::io::{BufRead, Write};

use anyhow::{Context, Result};
use bench::networks::{self, Measured};
use bench::training::{Timing, Training};
use clap::Parser;
use models::device::{self, DeviceChoice};
use serde::Serialize;

/// Time training steps of one network: forward, backward, optimiser.
#[derive(Debug, Parser)]
#[command(name = "steps", version)]
struct Arguments {
    /// mnist-mlp, mnist-cnn, brain-tumor, brain-tumor-cnn, mnist-lstm or eeg-gru
    #[arg(value_name = "NETWORK", value_parser = networks::find)]
    network: Measured,

    /// Number of examples per step [default: that of the network's experiment]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    batch: Option<u32>,

    /// Number of threads [default: RAYON_NUM_THREADS, else one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_024))]
    threads: Option<u32>,

    /// Number of timed steps
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    steps: u32,

    /// Number of steps before those
    #[arg(long, value_name = "N", default_value_t = 3)]
    warm_up: u32,

    /// Read the number of timed steps from each line of standard input, instead of --steps: for a program that
    /// alternates between several
    #[arg(long)]
    turns: bool,

    /// Device to compute on.
    #[arg(
        long,
        help = "Device to compute on: auto, flex, ndarray, wgpu[:N], cuda[:N]",
        value_name = "DEVICE",
        env = "HEBB_DEVICE",
        hide_env_values = true,
        default_value = "auto"
    )]
    device: DeviceChoice,

    /// Seed of weights and batches
    #[arg(long, value_name = "N", default_value_t = 42)]
    seed: u64,
}

/// One line of the output.
#[derive(Debug, Serialize)]
struct Line<'a> {
    network: &'a str,
    parameters: usize,
    batch: usize,
    threads: usize,
    device: &'a str,
    warm_up: u32,
    #[serde(flatten)]
    timing: Timing,
}

fn main() -> Result<()> {
    train::fit::memory::keep_freed();
    let arguments = Arguments::parse();
    train::fit::threads::compute_here(arguments.threads.map(|threads| threads as usize))
        .context("the number of threads cannot be set")?;
    let selected = device::select(&arguments.device)?;
    let batch = arguments
        .batch
        .map_or(arguments.network.batch, |batch| batch as usize);
    let mut training = Training::new(&arguments.network, batch, &selected.device, arguments.seed)?;
    for _ in 0..arguments.warm_up {
        training.step();
    }
    let mut time = |steps: usize| -> Result<()> {
        let line = Line {
            network: arguments.network.name,
            parameters: training.parameters,
            batch,
            threads: rayon::current_num_threads(),
            device: &selected.description,
            warm_up: arguments.warm_up,
            timing: training.timed(steps),
        };
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", serde_json::to_string(&line)?)?;
        Ok(out.flush()?)
    };
    if !arguments.turns {
        return time(arguments.steps as usize);
    }
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let steps = line.trim().parse();
        time(steps.with_context(|| format!("'{line}': give a number of steps"))?)?;
    }
    Ok(())
}
