//! Learning-rate schedules.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use burn::lr_scheduler::exponential::ExponentialLrSchedulerConfig;
use burn::lr_scheduler::linear::LinearLrSchedulerConfig;
use burn::lr_scheduler::module_lr_scheduler::ModuleLrScheduler;
use burn::lr_scheduler::sequential::SequentialLrSchedulerConfig;
use burn::lr_scheduler::step::StepLrSchedulerConfig;
use burn::lr_scheduler::{LrScheduler, LrSchedulerConfig, LrSchedulerRecord};
use burn::optim::LearningRate;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// Learning-rate schedules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Schedule {
    /// Constant rate.
    Constant,
    /// Division by ten after each third of the steps.
    Step,
    /// Exponential decay to a hundredth.
    Exponential,
    /// Linear warm-up over the first 5 % of the steps, then half a cosine down to zero (Loshchilov and Hutter, 2017).
    Cosine,
    /// Halving after every epoch without a lower validation loss.
    Plateau,
}

/// Fraction of the steps over which `Schedule::Cosine` warms up; common practice, not tuned.
const WARM_UP: f64 = 0.05;

/// Factor of the rate at the end of `Schedule::Exponential`; not tuned.
const FINAL_FACTOR: f64 = 0.01;

/// The learning rate of each step.
pub struct Rates {
    /// Scheduler for Burn.
    pub scheduler: ModuleLrScheduler,
    /// Its state if it depends on the validation loss, which must be observed after every epoch.
    pub plateau: Option<Plateau>,
}

impl Rates {
    /// Skips the rates of the first `steps` steps, so that a rate follows from its step alone, whatever came before. The
    /// rate of a schedule that observes the validation loss stays.
    pub fn after(mut self, steps: usize) -> Self {
        for _ in 0..steps {
            self.scheduler.step();
        }
        self
    }
}

impl Schedule {
    /// Returns the name on the command line.
    pub fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Returns the rates of `steps` steps; `rate` is the largest of them.
    ///
    /// # Errors
    /// When Burn's scheduler refuses the rate.
    pub fn rates(self, rate: f64, steps: usize) -> Result<Rates, String> {
        let steps = steps.max(1);
        let scheduler = match self {
            Self::Constant => rate.into(),
            Self::Step => StepLrSchedulerConfig::new(rate, steps.div_ceil(3)).init()?,
            Self::Exponential => {
                let factor = FINAL_FACTOR.powf(1.0 / steps as f64);
                ExponentialLrSchedulerConfig::new(rate, factor).init()?
            }
            Self::Cosine => cosine_with_warm_up(rate, steps)?,
            Self::Plateau => {
                let plateau = Plateau::new(rate);
                return Ok(Rates {
                    scheduler: ModuleLrScheduler::new(plateau.clone()),
                    plateau: Some(plateau),
                });
            }
        };
        Ok(Rates {
            scheduler,
            plateau: None,
        })
    }
}

fn cosine_with_warm_up(peak: f64, steps: usize) -> Result<ModuleLrScheduler, String> {
    let warm_up = ((steps as f64 * WARM_UP) as usize).max(1);
    let rest = steps.saturating_sub(warm_up).max(1);
    let rise = LinearLrSchedulerConfig::new(peak / warm_up as f64, peak, warm_up);
    let fall = CosineAnnealingLrSchedulerConfig::new(peak, rest);
    SequentialLrSchedulerConfig::new(
        vec![
            LrSchedulerConfig::Linear(rise),
            LrSchedulerConfig::Cosine(fall),
        ],
        vec![warm_up],
    )
    .init()
}

/// The rate of `Schedule::Plateau`, shared by the scheduler and the observer of the validation loss, which Burn does not
/// pass to schedulers.
#[derive(Clone, Debug)]
pub struct Plateau {
    state: Arc<Mutex<PlateauState>>,
}

#[derive(Clone, Copy, Debug)]
struct PlateauState {
    rate: f64,
    lowest: f64,
}

impl Plateau {
    fn new(rate: f64) -> Self {
        let lowest = f64::INFINITY;
        Self {
            state: Arc::new(Mutex::new(PlateauState { rate, lowest })),
        }
    }

    /// Observes an epoch's validation loss, and halves the rate unless the loss fell by more than a ten-thousandth, which
    /// is PyTorch's default threshold.
    pub fn observe(&self, loss: f64) {
        let mut state = self.lock();
        if loss < state.lowest * (1.0 - 1e-4) {
            state.lowest = loss;
        } else {
            state.rate /= 2.0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, PlateauState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LrScheduler for Plateau {
    fn step(&mut self) -> LearningRate {
        self.lock().rate
    }

    fn to_record(&self) -> LrSchedulerRecord {
        let PlateauState { rate, lowest } = *self.lock();
        LrSchedulerRecord::new()
            .with_scalar("rate", rate)
            .with_scalar("lowest", lowest)
    }

    fn load_record(&mut self, record: LrSchedulerRecord) {
        if let (Some(rate), Some(lowest)) = (record.scalar("rate"), record.scalar("lowest")) {
            *self.lock() = PlateauState { rate, lowest };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(schedule: Schedule, rate: f64, steps: usize) -> Vec<f64> {
        let mut rates = schedule.rates(rate, steps).unwrap();
        let step = |_| rates.scheduler.step().base();
        (0..steps).map(step).collect()
    }

    #[test]
    fn cosine_rises_to_the_peak_then_falls_to_nearly_zero() {
        let rates = rates(Schedule::Cosine, 0.01, 1000);
        assert!(rates[0] < 0.001);
        assert!((rates[50] - 0.01).abs() < 1e-4, "{}", rates[50]);
        // Half way down the cosine: step 50 + 475 of 950.
        assert!((rates[525] - 0.005).abs() < 1e-4, "{}", rates[525]);
        assert!(rates[999] < 1e-5, "{}", rates[999]);
        assert!(rates.windows(2).skip(50).all(|pair| pair[1] <= pair[0]));
    }

    #[test]
    fn steps_and_exponentials_match_hand_computed_rates() {
        let close = |got: f64, expected: f64| (got - expected).abs() < 1e-12;
        assert_eq!(rates(Schedule::Constant, 0.1, 3), [0.1; 3]);
        let steps = rates(Schedule::Step, 0.1, 7);
        let expected = [0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.001];
        assert!(
            steps.iter().zip(expected).all(|(a, b)| close(*a, b)),
            "{steps:?}"
        );
        // 0.01^(1/2) = 0.1 at every step.
        let exponential = rates(Schedule::Exponential, 1.0, 2);
        assert!(
            close(exponential[0], 1.0) && close(exponential[1], 0.1),
            "{exponential:?}"
        );
    }

    #[test]
    fn a_plateau_halves_the_rate_and_survives_a_checkpoint() {
        let mut rates = Schedule::Plateau.rates(0.8, 10).unwrap();
        let plateau = rates.plateau.unwrap();
        let mut after = |loss| {
            plateau.observe(loss);
            rates.scheduler.step().base()
        };
        let seen = [3.0, 2.0, 2.0, 1.99999, f64::NAN, 1.0].map(&mut after);
        assert_eq!(seen, [0.8, 0.8, 0.4, 0.2, 0.1, 0.1]);
        let record = rates.scheduler.to_record();
        let fresh = Schedule::Plateau.rates(0.8, 10).unwrap();
        assert_eq!(fresh.scheduler.load_record(record).step().base(), 0.1);
        fresh.plateau.unwrap().observe(1.5);
    }
}
