//! `kill`: kills trainings, resumes them, and compares the results byte for byte.

use std::process::ExitCode;

use anyhow::{Result, ensure};
use bench::kill::campaign::{Campaign, Training};
use bench::kill::faults::Faults;
use bench::kill::{Mode, process, table};
use clap::{Parser, ValueEnum};

/// Experiments that are killed unless others are named: noise, a recurrent network with averaged weights and checkpoints
/// within an epoch, trees, dropout, and a cross-validation.
const EXPERIMENTS: [&str; 5] = [
    "autoencoder-denoising --generated --stand-ins 120 --batch-size 32 --epochs 2",
    "eeg-gru --generated --stand-ins 345 --batch-size 32 --epochs 3 --average-weights 0.9 --checkpoint-every 3",
    "sentiment-tree --generated --stand-ins 80 --batch-size 16 --epochs 2",
    "mnist-dropout --generated --stand-ins 300 --batch-size 32 --epochs 3",
    "eeg-conv --generated --stand-ins 460 --batch-size 32 --epochs 2 --folds 2",
];

/// Kill trainings at drawn moments, resume them, and compare every file with that of a training left alone.
#[derive(Debug, Parser)]
#[command(name = "kill", version)]
struct Arguments {
    /// Arguments of `train`, each set in quotes: "mnist-mlp --generated --epochs 3" [default: five small trainings]
    #[arg(value_name = "EXPERIMENT")]
    experiments: Vec<String>,

    /// Number of kills
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
    kills: u32,

    /// How a process is ended: after a time, at a system call that writes, by a full disk [default: all of them]
    #[arg(long, value_name = "MODE", value_delimiter = ',')]
    mode: Vec<Mode>,

    /// Seed of the moments
    #[arg(long, value_name = "N", default_value_t = 42)]
    seed: u64,

    /// Go on after a training that came out otherwise
    #[arg(long)]
    keep_going: bool,
}

fn main() -> ExitCode {
    let (result, code) = match process::acts_as_train() {
        Some(result) => {
            let code = train::exit_code(&result);
            (result, code)
        }
        None => (run(&Arguments::parse()), 1),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if code != 0 {
                eprintln!("error: {}", train::one_line(&error));
            }
            ExitCode::from(code)
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let folder = tempfile::Builder::new().prefix("hebb-kill-").tempdir()?;
    let faults = Faults::compile(folder.path());
    let modes = match (&*arguments.mode, &faults) {
        ([], Ok(_)) => Mode::value_variants().to_vec(),
        ([], Err(error)) => {
            eprintln!("note: killing after a time only ({error:#})");
            vec![Mode::Time]
        }
        (modes, _) => modes.to_vec(),
    };
    let campaign = Campaign::new(folder.path(), faults.ok(), arguments.seed);
    let experiments: Vec<&str> = match &*arguments.experiments {
        [] => EXPERIMENTS.to_vec(),
        named => named.iter().map(String::as_str).collect(),
    };
    let references = (experiments.iter())
        .map(|experiment| campaign.reference(experiment))
        .collect::<Result<Vec<_>>>()?;
    let trainings = campaign.run(&references, &modes, arguments.kills as usize, |training| {
        show(training);
        training.problems.is_empty() || arguments.keep_going
    })?;
    let differing = trainings
        .iter()
        .filter(|training| !training.problems.is_empty())
        .count();
    println!("{}", table::draw(&trainings));
    if differing > 0 {
        let kept = folder.keep();
        eprintln!(
            "note: the trainings that differ are kept in {}",
            kept.display()
        );
    }
    ensure!(
        differing == 0,
        "{differing} of {} trainings came out otherwise than the one left alone",
        trainings.len()
    );
    Ok(())
}

/// Prints one line about a training, and one about each problem.
fn show(training: &Training) {
    let kills = training.kills.iter();
    let kills: Vec<_> = kills
        .map(|kill| format!("{} ({:?})", kill.moment.name(), kill.mode).to_lowercase())
        .collect();
    let outcome = if training.problems.is_empty() {
        "equal"
    } else {
        "DIFFERS"
    };
    eprintln!("{outcome}: {}: {}", training.arguments, kills.join(", "));
    for problem in &training.problems {
        eprintln!("    {problem}");
    }
}
