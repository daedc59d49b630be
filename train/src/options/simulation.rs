//! Options of simulated neurons and of fits to recordings.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Result, anyhow};
use clap::Args;
use neurons::Error;
use neurons::current::{self, Current, Samples, Unit};
use neurons::recording::Protocol;
use neurons::spiking::Times;

use super::names::{FittedNeuron, PatternChoice};
use super::number::number;
use crate::wrong_arguments::WrongArguments;

/// Longest run, in ms.
const LONGEST: f64 = 1e6;

/// Options of all simulated neurons. Times are in ms, currents in the neuron's unit.
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub struct SimulationOptions {
    /// Input current: step:I, ramp:I..I, pulses:I,width=MS,every=MS, sine:I,hz=F[,mean=I] or noise:I,sigma=S[,tau=MS],
    /// each with from=MS and until=MS if wanted; or a CSV table with the header time_ms,current_UNIT
    #[arg(long, value_name = "CURRENT|FILE", allow_negative_numbers = true)]
    pub current: Option<CurrentArgument>,

    /// Simulated time, in ms
    #[arg(long, value_name = "MS", allow_negative_numbers = true, value_parser = duration)]
    pub duration: Option<f64>,

    /// Integration step, in ms
    #[arg(long, value_name = "MS", allow_negative_numbers = true, value_parser = step)]
    pub step: Option<f64>,

    /// Also draw the f-I curve
    #[arg(long)]
    pub fi_curve: bool,

    /// Also simulate N neurons at once
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub neurons: Option<u32>,

    /// Standard deviation of the parameters of --neurons, as a share of each value
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, requires = "neurons", value_parser = spread)]
    pub spread: Option<f64>,

    /// Firing pattern: regular-spiking, intrinsically-bursting, chattering, fast-spiking, low-threshold-spiking,
    /// thalamo-cortical, resonator, or all
    #[arg(long, value_name = "NAME")]
    pub pattern: Option<PatternChoice>,

    /// Neuron to fit
    #[arg(long, value_name = "NAME")]
    pub neuron: Option<FittedNeuron>,

    /// Largest distance of coincident spikes, in ms
    #[arg(long, value_name = "MS", allow_negative_numbers = true, value_parser = precision)]
    pub precision: Option<f64>,

    /// Currents of the recording, in ms and pA: FROM..UNTIL:FIRST[+INCREMENT] for each step of a sweep, joined by commas
    #[arg(long, value_name = "STEPS", allow_negative_numbers = true)]
    pub protocol: Option<Protocol>,
}

/// The value of `--current`: a description or a file.
#[derive(Clone, Debug, PartialEq)]
pub enum CurrentArgument {
    /// A description such as `step:10`.
    Described(Current),
    /// A CSV table of a recorded current.
    Recorded(PathBuf),
}

impl FromStr for CurrentArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let path = PathBuf::from(text);
        let end = path.extension();
        if end.is_some_and(|end| end.eq_ignore_ascii_case("csv")) || path.is_file() {
            return Ok(Self::Recorded(path));
        }
        match text.parse() {
            Ok(current) => Ok(Self::Described(current)),
            Err(error) => Err(format!("{error}; or name a .csv file")),
        }
    }
}

impl SimulationOptions {
    /// Returns the current that was asked for in the neuron's unit, or `default`.
    ///
    /// # Errors
    /// If the file cannot be used; it and the line are named.
    pub fn current(&self, default: Current, unit: Unit) -> Result<Current> {
        match &self.current {
            None => Ok(default),
            Some(CurrentArgument::Described(current)) => Ok(current.clone()),
            Some(CurrentArgument::Recorded(path)) => {
                let samples = current::table::read(path, unit).map_err(|error| match error {
                    Error::Io { .. } => {
                        anyhow!("{error}; --current names a table of time and current")
                    }
                    other => other.into(),
                })?;
                Ok(Current::Samples(samples))
            }
        }
    }

    /// Returns the duration and the step that were asked for, or those of `default`.
    ///
    /// # Errors
    /// If the step is longer than the run, or than the shortest feature of the current.
    pub fn times(&self, current: &Current, default: Times) -> Result<Times> {
        let duration = self.duration.unwrap_or(default.duration);
        let step = self.step.unwrap_or(default.step);
        let wrong = |complaint: String| Err(WrongArguments::new(complaint).into());
        if step > duration {
            return wrong(format!(
                "--step {step} is longer than the {duration} ms that are simulated: give a shorter one, or a longer --duration"
            ));
        }
        if let (Current::Samples(samples), Some(CurrentArgument::Recorded(path))) =
            (current, &self.current)
        {
            let [start, end] = [samples.start(), samples.end()];
            let path = path.display();
            if start >= duration || end <= 0.0 {
                return wrong(format!(
                    "--current {path} flows from {start} to {end} ms, but only 0 to {duration} ms are simulated: give a longer --duration, or let its times begin at 0"
                ));
            }
            if let Some(note) = outside(samples, duration) {
                eprintln!("note: --current {path} {note}");
            }
        }
        match current.shortest() {
            Some(shortest) if step > shortest => wrong(format!(
                "--step {step} passes over what lasts {shortest} ms in --current {current}: give {shortest} at most"
            )),
            _ => Ok(Times::new(duration, step)),
        }
    }
}

/// Describes the part of a recorded current that lies outside of the simulation, if there is one.
fn outside(samples: &Samples, duration: f64) -> Option<String> {
    let [start, end] = [samples.start(), samples.end()];
    if start < 0.0 {
        return Some(format!(
            "begins at {start} ms; what flows before 0 ms is not simulated"
        ));
    }
    if end > duration {
        return Some(format!(
            "ends at {end} ms, but only {duration} ms are simulated; give --duration {end} for all of it"
        ));
    }
    (start > 0.0).then(|| format!("begins at {start} ms; before, the current is 0"))
}

fn duration(text: &str) -> Result<f64, String> {
    number(
        text,
        |time| time > 0.0 && time <= LONGEST,
        "above 0 and at most 1000000 ms",
    )
}

fn step(text: &str) -> Result<f64, String> {
    number(
        text,
        |step| (1e-4..=100.0).contains(&step),
        "from 0.0001 to 100 ms",
    )
}

fn spread(text: &str) -> Result<f64, String> {
    number(text, |share| (0.0..=0.5).contains(&share), "from 0 to 0.5")
}

fn precision(text: &str) -> Result<f64, String> {
    number(
        text,
        |window| (0.1..=100.0).contains(&window),
        "from 0.1 to 100 ms",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_csv_file_is_a_recorded_current() {
        let argument = |text: &str| text.parse::<CurrentArgument>();
        assert_eq!(
            argument("step:10"),
            Ok(CurrentArgument::Described(Current::step(10.0)))
        );
        let file = argument("recorded/cell 1.CSV");
        assert_eq!(
            file,
            Ok(CurrentArgument::Recorded("recorded/cell 1.CSV".into()))
        );
        let error = argument("cell.txt").unwrap_err();
        assert!(
            error.contains("'cell.txt'") && error.contains(".csv"),
            "{error}"
        );
    }

    #[test]
    fn a_current_outside_of_the_simulation_is_told() {
        let samples = |times: [f64; 2]| Samples::new(times.to_vec(), vec![1.0, 1.0]).unwrap();
        for (times, words) in [
            ([0.0, 200.0], None),
            ([0.0, 100.0], None),
            ([-5.0, 200.0], Some("begins at -5 ms; what flows before")),
            (
                [0.0, 300.0],
                Some("only 200 ms are simulated; give --duration 300"),
            ),
            ([150.0, 300.0], Some("ends at 300 ms")),
            (
                [150.0, 200.0],
                Some("begins at 150 ms; before, the current is 0"),
            ),
        ] {
            let note = outside(&samples(times), 200.0);
            assert_eq!(note.is_some(), words.is_some(), "{times:?}");
            let note = note.unwrap_or_default();
            assert!(note.contains(words.unwrap_or_default()), "{note}");
        }
        let options = SimulationOptions {
            current: Some(CurrentArgument::Recorded("late.csv".into())),
            ..SimulationOptions::default()
        };
        let default = Times::new(200.0, 0.01);
        for times in [[5000.0, 5200.0], [-20.0, -10.0]] {
            let current = Current::Samples(samples(times));
            let error = options.times(&current, default).unwrap_err().to_string();
            assert!(
                error.contains("late.csv") && error.contains("only 0 to 200 ms"),
                "{error}"
            );
        }
        let longer = SimulationOptions {
            duration: Some(6000.0),
            ..options
        };
        let current = Current::Samples(samples([5000.0, 5200.0]));
        assert!(longer.times(&current, default).is_ok());
    }

    #[test]
    fn the_step_must_fit_the_duration_and_the_current() {
        let arguments = |step| SimulationOptions {
            step,
            ..SimulationOptions::default()
        };
        let default = Times::new(200.0, 0.01);
        let pulses: Current = "pulses:5,width=0.5,every=20".parse().unwrap();
        assert_eq!(arguments(None).times(&pulses, default).unwrap(), default);
        for (step, current, words) in [
            (0.6, &pulses, ["--step 0.6", "0.5 ms"]),
            (300.0, &Current::step(1.0), ["--step 300", "200 ms"]),
        ] {
            let error = arguments(Some(step)).times(current, default).unwrap_err();
            let error = error.to_string();
            assert!(words.iter().all(|word| error.contains(word)), "{error}");
        }
    }
}
