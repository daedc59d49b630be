//! Search for a learning rate: the loss while the rate grows from step to step (Smith 2017,
//! <https://arxiv.org/abs/1506.01186>).

use anyhow::Result;
use burn::data::dataloader::DataLoader;
use burn::module::{Module, ModuleDisplay};
use figures::{Axis, Mark, Plot, Series, plot};
use models::Network;
use serde::Serialize;

use crate::fit::batch::Batch;
use crate::fit::objective::{HasLoss, Objective};
use crate::fit::recipe::{LEARNING_RATES, Recipe};
use crate::fit::supervised::Supervised;
use crate::report::figure;
use crate::run_folder::RunFolder;

/// First and last learning rate.
const RATES: [f64; 2] = [1e-7, 1.0];

/// Number of steps from the first rate to the last.
const STEPS: usize = 140;

/// Decay of the exponential moving average of the loss.
const SMOOTHING: f64 = 0.9;

/// Ratio of the loss to its minimum at which the search ends.
const TOO_HIGH: f64 = 4.0;

/// Result of the search, in `lr_find.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Search {
    /// Learning rate at which the loss falls fastest.
    pub proposed: Option<f64>,
    /// Each learning rate, with the moving average of the loss.
    pub tried: Vec<[f64; 2]>,
}

/// Trains `network` for a few steps at a growing learning rate, and records the losses.
///
/// # Errors
/// When a batch cannot be loaded.
pub fn search<N, O, B>(
    network: N,
    objective: O,
    recipe: &Recipe,
    batches: &dyn DataLoader<B>,
) -> Result<Search>
where
    N: Module + ModuleDisplay + Network + 'static,
    O: Objective<N::Output> + Sync + 'static,
    B: Batch<Input = N::Input, Target = O::Target>,
{
    let mut model = Supervised::new(network, objective);
    let mut optimizer = recipe.optimizer();
    let mut losses = Vec::new();
    let endless = std::iter::repeat_with(|| batches.iter()).flatten();
    for (step, batch) in endless.take(STEPS).enumerate() {
        let share = step as f64 / (STEPS - 1) as f64;
        let rate = RATES[0] * (RATES[1] / RATES[0]).powf(share);
        let (stepped, report) = model.take_step(batch?, &mut optimizer, rate);
        losses.push([rate, report.loss().into_scalar::<f32>().into()]);
        if is_too_high(&smoothed(&losses)) {
            break;
        }
        model = stepped;
    }
    let tried = smoothed(&losses);
    Ok(Search {
        proposed: steepest(&tried),
        tried,
    })
}

/// Returns the exponential moving average of the losses, corrected for starting at zero.
fn smoothed(losses: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut mean = 0.0;
    let mut weight = 0.0;
    let means = losses.iter().map(|[rate, loss]| {
        mean = SMOOTHING * mean + (1.0 - SMOOTHING) * loss;
        weight = SMOOTHING * weight + (1.0 - SMOOTHING);
        [*rate, mean / weight]
    });
    means.collect()
}

fn is_too_high(tried: &[[f64; 2]]) -> bool {
    let lowest = tried
        .iter()
        .map(|[_, loss]| *loss)
        .fold(f64::INFINITY, f64::min);
    (tried.last()).is_some_and(|[_, loss]| !loss.is_finite() || *loss > TOO_HIGH * lowest)
}

/// Returns the learning rate around which the loss falls fastest before its minimum; `None` if it never falls.
fn steepest(tried: &[[f64; 2]]) -> Option<f64> {
    /// Number of steps to either side, a quarter of a decade.
    const REACH: usize = 5;
    let finite = tried
        .iter()
        .take_while(|[_, loss]| loss.is_finite())
        .count();
    let tried = &tried[..finite];
    let lowest = (0..finite).min_by(|a, b| tried[*a][1].total_cmp(&tried[*b][1]))?;
    let fall = |middle: &usize| tried[middle - REACH][1] - tried[middle + REACH][1];
    let middles = REACH..(lowest + 1).saturating_sub(REACH);
    let best = middles.max_by(|a, b| fall(a).total_cmp(&fall(b)))?;
    (fall(&best) > 0.0).then(|| tried[best][0])
}

impl Search {
    /// Writes `lr_find.json` and draws `lr_find`.
    ///
    /// # Errors
    /// When the figure cannot be drawn or a file cannot be written.
    pub fn write(&self, folder: &RunFolder) -> Result<()> {
        folder.write_json("lr_find.json", self)?;
        let points: Vec<(f64, f64)> = self
            .tried
            .iter()
            .map(|[rate, loss]| (*rate, *loss))
            .collect();
        let losses = points
            .iter()
            .map(|(_, loss)| *loss)
            .filter(|loss| loss.is_finite());
        let (low, start) = (
            losses.clone().fold(f64::INFINITY, f64::min),
            points.first().map_or(1.0, |(_, loss)| *loss),
        );
        // The range leaves out the explosion at the end, which would hide the fall.
        let range = (start > low).then_some(low - 0.1 * (start - low)..start + 0.6 * (start - low));
        let mut series = vec![Series::line("loss", points.clone(), 0)];
        if let Some(rate) = self.proposed {
            let at = points
                .into_iter()
                .filter(|(tried, _)| *tried == rate)
                .collect();
            series.push(Series::line(format!("{rate:.1e}"), at, 1).marked(Mark::Dots));
        }
        let loss = Axis::new("loss, fading mean");
        let plot = Plot::new(
            "Loss while the learning rate grows",
            Axis::new("learning rate").logarithmic(),
            match range {
                Some(range) => loss.range(range),
                None => loss,
            },
            series,
        );
        figure::write(folder, "lr_find", &plot::draw(&[plot], 1)?)
    }

    /// Returns one line about the learning rate that was found.
    pub fn advice(&self, recipe: &Recipe, folder: &RunFolder) -> String {
        let figure = folder.file("lr_find.svg");
        let figure = figure.display();
        match self.proposed {
            Some(rate) if LEARNING_RATES.contains(&rate) => format!(
                "learning rate: the loss falls fastest at {rate:.1e} ({figure}); this run keeps {:e}; try --learning-rate {rate:.1e}",
                recipe.learning_rate
            ),
            _ => format!(
                "learning rate: the loss does not fall at any rate from {:e} to {:e} ({figure}); try another --optimizer",
                RATES[0], RATES[1]
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A loss that falls fastest around 1e-3 and explodes from 1e-1 on.
    #[test]
    fn the_steepest_place_is_found() {
        let losses: Vec<[f64; 2]> = (0..STEPS)
            .map(|step| {
                let exponent = -7.0 + 7.0 * step as f64 / (STEPS - 1) as f64;
                let fall = 2.0 / (1.0 + (3.0 * (exponent + 3.0)).exp());
                let explosion = (8.0 * (exponent + 0.8)).exp();
                [10_f64.powf(exponent), 0.3 + fall + explosion]
            })
            .collect();
        let proposed = steepest(&losses).unwrap();
        assert!((proposed.log10() + 3.0).abs() < 0.1, "{proposed:e}");
        let last = losses.iter().position(|[_, loss]| *loss > 1.2).unwrap();
        assert!(!is_too_high(&losses[..last]));
        assert!(is_too_high(&[[1e-3, 0.5], [1e-2, 2.1]]));
        assert!(is_too_high(&[[1e-3, 0.5], [1e-2, f64::NAN]]));
        let flat = [[1e-3, 1.0]; 30];
        assert_eq!((steepest(&flat), steepest(&[])), (None, None));
    }

    /// By hand: 4; (0.9 * 0.4 + 0.1 * 2) / 0.19 = 0.56 / 0.19.
    #[test]
    fn a_fading_mean_is_corrected_for_its_start() {
        let means = smoothed(&[[1e-3, 4.0], [1e-2, 2.0]]);
        assert_eq!(means[0], [1e-3, 4.0]);
        assert!((means[1][1] - 0.56 / 0.19).abs() < 1e-12);
    }
}
