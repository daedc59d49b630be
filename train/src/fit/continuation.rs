//! Training on with another recipe: what changes, and what is said about it.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::progress::{LEARNING_RATE, Position, Progress};
use super::recipe::Recipe;
use super::schedule::Schedule;

/// A recipe that a run had before it was resumed with another. Stored in `config.json` and `result.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EarlierRecipe {
    /// Position up to which the network was trained by it.
    pub until: Position,
    /// The recipe.
    pub recipe: Recipe,
}

/// Notes that a run goes on at `position` by `recipe` instead of by `before`.
pub fn note(earlier: &mut Vec<EarlierRecipe>, position: Position, before: Recipe, recipe: &Recipe) {
    match earlier.last() {
        // No step was taken since the last change.
        Some(last) if last.until == position => {
            if last.recipe == *recipe {
                earlier.pop();
            }
        }
        _ if position == Position::default() || before == *recipe => {}
        _ => earlier.push(EarlierRecipe {
            until: position,
            recipe: before,
        }),
    }
}

/// Returns the recipe by which the checkpoint at `position` was trained, if it is another than the run's.
pub fn changed_at(earlier: &[EarlierRecipe], position: Position) -> Option<&Recipe> {
    let last = earlier.last().filter(|last| last.until == position);
    last.map(|last| &last.recipe)
}

/// Returns the settings that two recipes do not share: `epochs 60 instead of 40`.
pub fn differences(recipe: &Recipe, other: &Recipe) -> Vec<String> {
    let [new, old] = [recipe, other].map(settings);
    let value = |settings: &Map<String, Value>, name: &str| match settings.get(name) {
        None | Some(Value::Null) => "none".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    let mut names: Vec<_> = new.keys().chain(old.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let differ = (names.into_iter()).filter(|name| value(&new, name) != value(&old, name));
    differ
        .map(|name| {
            let words = name.replace('_', " ");
            format!(
                "{words} {} instead of {}",
                value(&new, name),
                value(&old, name)
            )
        })
        .collect()
}

fn settings(recipe: &Recipe) -> Map<String, Value> {
    match serde_json::to_value(recipe) {
        Ok(Value::Object(settings)) => settings,
        _ => Map::new(),
    }
}

/// A training that goes on by another recipe than before.
pub(super) struct Continuation<'a> {
    pub(super) before: &'a Recipe,
    pub(super) recipe: &'a Recipe,
    pub(super) start: Position,
    pub(super) progress: &'a Progress,
    /// Number of batches of an epoch.
    pub(super) batches: usize,
}

impl Continuation<'_> {
    /// Returns whether a schedule that observes the validation loss goes on from where it was.
    pub(super) fn keeps_plateau(&self) -> bool {
        self.before.schedule == self.recipe.schedule
            && self.before.learning_rate == self.recipe.learning_rate
    }

    /// Returns what to say before the training goes on.
    ///
    /// # Errors
    /// When Burn's scheduler refuses the learning rate.
    pub(super) fn lines(&self) -> Result<Vec<String>> {
        let changes = differences(self.recipe, self.before).join(", ");
        let mut lines = vec![format!(
            "from epoch {} on: {changes}",
            self.start.epochs + 1
        )];
        lines.extend(self.learning_rate()?);
        Ok(lines)
    }

    /// Describes how the learning rate goes on, if it is not as planned before.
    fn learning_rate(&self) -> Result<Option<String>> {
        let Self { before, recipe, .. } = self;
        let schedule = recipe.schedule;
        let plan = |recipe: &Recipe| (recipe.schedule, recipe.learning_rate);
        let depends_on_steps = !matches!(schedule, Schedule::Constant | Schedule::Plateau);
        let has_other_steps =
            before.epochs != recipe.epochs || before.batch_size != recipe.batch_size;
        if plan(before) == plan(recipe) && !(depends_on_steps && has_other_steps) {
            return Ok(None);
        }
        let rates = recipe.rates(self.batches * recipe.epochs)?;
        let next = rates
            .after(self.start.steps(self.batches))
            .scheduler
            .step()
            .base();
        let covers = match schedule {
            Schedule::Constant => "it is constant from here on,".to_owned(),
            Schedule::Plateau => "the plateau schedule starts anew,".to_owned(),
            _ => format!(
                "the {} schedule now covers {} epochs; it goes on",
                schedule.name(),
                recipe.epochs
            ),
        };
        let last = self.last_rate().map_or(String::new(), |rate| {
            let (epoch, verb) = match self.start.batches {
                0 => (self.start.epochs, "ended"),
                _ => (self.start.epochs + 1, "was"),
            };
            format!(" (epoch {epoch} {verb} at {rate:.1e})")
        });
        Ok(Some(format!("learning rate: {covers} at {next:.1e}{last}")))
    }

    /// Returns the learning rate of the last step.
    fn last_rate(&self) -> Option<f64> {
        let metrics = &self.progress.metrics;
        let within = metrics.iter().find(|(name, _)| name == LEARNING_RATE);
        let ended = || Some(self.progress.epochs.last()?.learning_rate);
        within.map(|(_, rate)| rate.last).or_else(ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::history::Epoch;

    fn recipe(epochs: usize) -> Recipe {
        Recipe::adam(0.01, 32, epochs).cosine()
    }

    #[test]
    fn recipes_are_noted_with_the_position_that_they_reached() {
        let mut earlier = Vec::new();
        let at = Position::end_of;
        // A change before the first step, and one that changes nothing.
        note(&mut earlier, at(0), recipe(2), &recipe(3));
        note(&mut earlier, at(2), recipe(3), &recipe(3));
        assert!(earlier.is_empty());
        note(&mut earlier, at(2), recipe(3), &recipe(5));
        assert_eq!(changed_at(&earlier, at(2)), Some(&recipe(3)));
        assert_eq!(changed_at(&earlier, at(3)), None);
        // Another change at the same place: nothing was trained by the recipe between.
        note(&mut earlier, at(2), recipe(5), &recipe(6));
        assert_eq!(earlier.len(), 1);
        assert_eq!(earlier[0].recipe, recipe(3));
        note(&mut earlier, at(2), recipe(6), &recipe(3));
        assert!(earlier.is_empty());
    }

    #[test]
    fn differences_name_both_values() {
        let other = Recipe {
            patience: Some(3),
            batch_size: 16,
            ..recipe(4)
        };
        let expected = ["batch size 16 instead of 32", "patience 3 instead of none"];
        assert_eq!(differences(&other, &recipe(4)), expected);
        assert!(differences(&other, &other).is_empty());
    }

    /// Two epochs of 100 steps of two become two of four: half way down the cosine, 0.01 * (1 + cos(pi (200 - 20) / 380))
    /// / 2 = 5.4e-3.
    #[test]
    fn a_schedule_that_is_laid_over_more_epochs_says_so() {
        let (before, after) = (recipe(2), recipe(4));
        let progress = Progress {
            epochs: vec![Epoch {
                learning_rate: 1e-5,
                ..Epoch::default()
            }],
            ..Progress::default()
        };
        let continuation = |recipe| Continuation {
            before: &before,
            recipe,
            start: Position::end_of(2),
            progress: &progress,
            batches: 100,
        };
        let lines = continuation(&after).lines().unwrap();
        assert_eq!(
            lines,
            [
                "from epoch 3 on: epochs 4 instead of 2",
                "learning rate: the cosine schedule now covers 4 epochs; it goes on at 5.4e-3 (epoch 2 ended at 1.0e-5)"
            ]
        );
        let monitored = Recipe {
            monitor: Some("loss".to_owned()),
            ..before.clone()
        };
        let lines = continuation(&monitored).lines().unwrap();
        assert_eq!(lines, ["from epoch 3 on: monitor loss instead of none"]);
        let changed = Recipe::adam(0.1, 32, 2);
        let lines = continuation(&changed).lines().unwrap();
        assert_eq!(
            lines[1],
            "learning rate: it is constant from here on, at 1.0e-1 (epoch 2 ended at 1.0e-5)"
        );
    }
}
