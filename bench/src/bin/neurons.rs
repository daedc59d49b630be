//! `neurons`: times simulated neurons and prints them as one line of JSON.

use std::io::{BufRead, Write};

use anyhow::{Context, Result};
use bench::neurons::{self, Timing};
use clap::Parser;
use serde::Serialize;

/// Time Hodgkin-Huxley neurons, each under 10 uA/cm2 with a step of 0.01 ms.
#[derive(Debug, Parser)]
#[command(name = "neurons", version)]
struct Arguments {
    /// Number of neurons
    #[arg(value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    neurons: u32,

    /// Number of threads [default: RAYON_NUM_THREADS, else one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_024))]
    threads: Option<u32>,

    /// Simulated time, in ms
    #[arg(long, value_name = "MS", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    duration: u32,

    /// Read the simulated time from each line of standard input, instead of --duration: for a program that alternates
    /// between several
    #[arg(long)]
    turns: bool,
}

/// One line of the output.
#[derive(Debug, Serialize)]
struct Line {
    neurons: u32,
    threads: usize,
    duration_ms: f64,
    #[serde(flatten)]
    timing: Timing,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(threads) = arguments.threads {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads as usize)
            .build_global()
            .context("the number of threads cannot be set")?;
    }
    let time = |duration_ms: f64| -> Result<()> {
        let line = Line {
            neurons: arguments.neurons,
            threads: rayon::current_num_threads(),
            duration_ms,
            timing: neurons::timed(arguments.neurons as usize, duration_ms)?,
        };
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", serde_json::to_string(&line)?)?;
        Ok(out.flush()?)
    };
    if !arguments.turns {
        return time(f64::from(arguments.duration));
    }
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let duration: u32 = line
            .trim()
            .parse()
            .with_context(|| format!("'{line}': give a whole number of ms"))?;
        time(f64::from(duration.max(1)))?;
    }
    Ok(())
}
