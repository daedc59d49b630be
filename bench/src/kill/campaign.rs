//! Plans the trainings, ends their processes, resumes them, and judges what comes out.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use super::Mode;
use super::compare::Contents;
use super::faults::{Fault, Faults};
use super::moment::{self, Moment};
use super::process::{self, Ended, Trigger};

/// Largest number of kills in one training.
const KILLS_PER_TRAINING: usize = 3;

/// Options that every process gets.
const COMMON: [&str; 3] = ["--no-tui", "--device", "flex"];

/// A training that is left alone, for comparison, and how to start others like it.
pub struct Reference {
    /// Arguments of `train`, the experiment first.
    arguments: Vec<String>,
    contents: Contents,
    duration: Duration,
    /// Number of system calls that change files, if they can be counted.
    calls: Option<u64>,
    epochs: usize,
    steps: f64,
    train_seconds: f64,
}

/// One kill.
#[derive(Clone, Debug)]
pub struct Kill {
    /// How the process was ended.
    pub mode: Mode,
    /// What it was doing.
    pub moment: Moment,
    /// Steps since the last checkpoint, estimated from the time since then.
    pub steps_lost: f64,
}

/// One training that was killed and resumed.
#[derive(Clone, Debug)]
pub struct Training {
    /// Arguments of `train`.
    pub arguments: String,
    /// Kills, in their order.
    pub kills: Vec<Kill>,
    /// Everything that went otherwise than in the training that was left alone.
    pub problems: Vec<String>,
}

/// What is drawn for a training.
struct Plan<'a> {
    reference: &'a Reference,
    mode: Mode,
    kills: usize,
    rng: ChaCha8Rng,
}

/// How a process ended, of a training that is to be killed.
enum Verdict {
    /// It came to its end first.
    Finished,
    Killed(Moment),
    Wrong(String),
}

/// A place for the trainings, and the library of faults if there is one.
pub struct Campaign {
    folder: PathBuf,
    faults: Option<Faults>,
    seed: u64,
}

impl Campaign {
    /// Prepares a campaign in `folder`. Without `faults`, processes are killed after a time only.
    pub fn new(folder: &Path, faults: Option<Faults>, seed: u64) -> Self {
        Self {
            folder: folder.to_path_buf(),
            faults,
            seed,
        }
    }

    /// Runs an experiment without interruption, twice: what two runs do not share cannot be compared.
    ///
    /// # Errors
    /// If the experiment fails, or the two differ.
    pub fn reference(&self, arguments: &str) -> Result<Reference> {
        let words: Vec<String> = arguments.split_whitespace().map(str::to_owned).collect();
        let name = words.first().context("name an experiment")?;
        let folder = self.folder.join("left-alone");
        let run = || {
            if folder.exists() {
                fs::remove_dir_all(&folder)?;
            }
            let trigger = match &self.faults {
                Some(faults) => Trigger::Call(faults, Fault::None),
                None => Trigger::Time(None),
            };
            let ended = process::run(&folder, &start(&words), trigger)?;
            ensure!(
                ended.code == Some(0),
                "train {arguments}: {}",
                last_line(&ended.stderr)
            );
            anyhow::Ok((ended, Contents::read(&folder.join("runs"))?))
        };
        let (_, first) = run()?;
        let (ended, contents) = run()?;
        let differences = contents.differences(&first);
        ensure!(
            differences.is_empty(),
            "train {arguments}: two uninterrupted trainings differ: {}",
            differences.join("; ")
        );
        let result = folder.join("runs").join(format!("{name}-1/result.json"));
        let result: Value = serde_json::from_str(&fs::read_to_string(result)?)?;
        let result = result.pointer("/fold_results/0").unwrap_or(&result);
        let number = |pointer: &str| {
            let number = result.pointer(pointer).and_then(Value::as_f64);
            number.with_context(|| format!("result.json has no {pointer}"))
        };
        let epochs = number("/epochs")?;
        let batches = (number("/data/train")? / number("/recipe/batch_size")?).ceil();
        Ok(Reference {
            arguments: words,
            contents,
            duration: ended.lived,
            calls: ended.report.map(|report| report.calls),
            epochs: epochs as usize,
            steps: epochs * batches,
            train_seconds: number("/seconds/train")?,
        })
    }

    /// Trains until `kills` processes have been ended; `each` is called with every training, and stops the campaign by
    /// returning `false`.
    ///
    /// # Errors
    /// If a process cannot be started, or a mode needs system calls to be counted and they cannot be.
    pub fn run(
        &self,
        references: &[Reference],
        modes: &[Mode],
        kills: usize,
        mut each: impl FnMut(&Training) -> bool,
    ) -> Result<Vec<Training>> {
        let mut trainings = Vec::new();
        let mut left = kills;
        for number in 0.. {
            if left == 0 {
                break;
            }
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
            rng.set_stream(number as u64);
            let plan = Plan {
                reference: &references[number % references.len()],
                mode: modes[number / references.len() % modes.len()],
                kills: rng.random_range(1..=KILLS_PER_TRAINING).min(left),
                rng,
            };
            let training = self.train(&format!("training-{number}"), plan)?;
            left -= training.kills.len();
            let goes_on = each(&training);
            trainings.push(training);
            if !goes_on {
                break;
            }
        }
        Ok(trainings)
    }

    /// Trains once, and kills and resumes on the way. The folder of a training with a problem is kept.
    fn train(&self, name: &str, mut plan: Plan<'_>) -> Result<Training> {
        let folder = self.folder.join(name);
        let reference = plan.reference;
        let mut training = Training {
            arguments: reference.arguments.join(" "),
            kills: Vec::new(),
            problems: Vec::new(),
        };
        let mut is_finished = false;
        while training.kills.len() < plan.kills && !is_finished && training.problems.is_empty() {
            let trigger = self.trigger(&mut plan)?;
            let arguments = reference.next(&folder);
            let ended = process::run(&folder, &arguments, trigger)?;
            match reference.judge(&folder, plan.mode, &ended) {
                Verdict::Finished => is_finished = true,
                Verdict::Killed(moment) => training.kills.push(Kill {
                    mode: plan.mode,
                    moment,
                    steps_lost: reference.steps_lost(&folder, &ended),
                }),
                Verdict::Wrong(problem) => training.problems.push(problem),
            }
            // Killed after its last change, at the sync of a folder: `--resume` has nothing to do.
            is_finished |= reference.run_folder(&folder).join("result.json").exists();
        }
        if training.problems.is_empty() && !is_finished {
            let arguments = reference.next(&folder);
            let ended = process::run(&folder, &arguments, Trigger::Time(None))?;
            if ended.code != Some(0) {
                let line = last_line(&ended.stderr);
                let problem = format!("`train {}`: {line}", arguments.join(" "));
                training.problems.push(problem);
            }
        }
        if training.problems.is_empty() {
            let contents = Contents::read(&folder.join("runs"))?;
            training.problems = contents.differences(&reference.contents);
        }
        if training.problems.is_empty() {
            fs::remove_dir_all(&folder)?;
        } else {
            let path = folder.display();
            training.problems.push(format!("its files are in {path}"));
        }
        Ok(training)
    }

    /// Draws when a process ends.
    fn trigger(&self, plan: &mut Plan<'_>) -> Result<Trigger<'_>> {
        let reference = plan.reference;
        if plan.mode == Mode::Time {
            let after = reference.duration.mul_f64(plan.rng.random());
            return Ok(Trigger::Time(Some(after)));
        }
        let (Some(faults), Some(calls)) = (&self.faults, reference.calls) else {
            bail!("system calls cannot be counted here; use `--mode time`");
        };
        let call = plan.rng.random_range(1..=calls);
        let fault = match plan.mode {
            Mode::Full => Fault::Full(call),
            _ => Fault::Kill(call),
        };
        Ok(Trigger::Call(faults, fault))
    }
}

impl Reference {
    /// Returns the name of the run's folder in `runs`.
    fn run_name(&self) -> String {
        format!("{}-1", self.arguments[0])
    }

    fn run_folder(&self, folder: &Path) -> PathBuf {
        folder.join("runs").join(self.run_name())
    }

    /// Returns the arguments with which a training goes on, or starts if it has no folder yet.
    fn next(&self, folder: &Path) -> Vec<String> {
        if !self.run_folder(folder).exists() {
            return start(&self.arguments);
        }
        let run = format!("runs/{}", self.run_name());
        let resume = ["--resume", &run];
        resume
            .iter()
            .chain(&COMMON)
            .map(|word| (*word).to_owned())
            .collect()
    }

    /// Judges how a process ended that was to be killed.
    fn judge(&self, folder: &Path, mode: Mode, ended: &Ended) -> Verdict {
        let hit = ended.report.as_ref().and_then(|report| report.hit.as_ref());
        let moment = moment::of(&self.run_folder(folder), ended.started, hit, self.epochs);
        let line = last_line(&ended.stderr);
        match (ended.code, mode, hit) {
            (Some(0), Mode::Full, Some(hit)) => Verdict::Wrong(format!(
                "a full disk at the {} of {} went unnoticed",
                hit.call,
                hit.path.display()
            )),
            (Some(0), ..) => Verdict::Finished,
            (None, Mode::Time | Mode::Write, _) => Verdict::Killed(moment),
            (Some(1), Mode::Full, Some(hit)) => {
                let errors = ended
                    .stderr
                    .lines()
                    .filter(|line| line.starts_with("error: "));
                let names_remedy = line.contains("--resume") || line.contains("--out");
                if errors.count() == 1 && line.starts_with("error: ") && names_remedy {
                    return Verdict::Killed(moment);
                }
                Verdict::Wrong(format!(
                    "a full disk at the {} of {} ends in `{line}`",
                    hit.call,
                    hit.path.display()
                ))
            }
            (code, ..) => Verdict::Wrong(format!("ended with code {code:?}: {line}")),
        }
    }

    /// Estimates the number of steps since the last checkpoint, at the speed of the training that was left alone.
    fn steps_lost(&self, folder: &Path, ended: &Ended) -> f64 {
        let run = self.run_folder(folder);
        let since = moment::last_checkpoint(&run).max(moment::loaded(&run));
        let since = since.unwrap_or(ended.started).max(ended.started);
        let end = ended.started + ended.lived;
        let lost = end.duration_since(since);
        let lost = lost.unwrap_or_default().as_secs_f64();
        (lost / self.train_seconds * self.steps).min(self.steps)
    }
}

/// Returns the arguments of a new training.
fn start(words: &[String]) -> Vec<String> {
    let common = COMMON.iter().map(|word| (*word).to_owned());
    words.iter().cloned().chain(common).collect()
}

fn last_line(stderr: &str) -> &str {
    stderr.trim_end().lines().last().unwrap_or_default()
}
