//! The model that an evaluation measures, and how the data relate to those of its training.

use super::result::{DataSummary, EvaluatedModel, RunFacts};
use super::section::{Section, Table};

/// Number of digits of a checksum that messages show.
const SHOWN_DIGITS: usize = 12;

impl EvaluatedModel {
    /// Describes how the data relate to those of the training; `None` if they are the same, split in the same way.
    pub fn caveat(&self, data: &DataSummary) -> Option<String> {
        if self.same_data && self.same_split {
            return None;
        }
        let (n, noun) = (data.test, data.noun);
        let seen = match self.seen {
            Some(0) => format!("none of the {n} test {noun} was trained on (by their SHA-256)"),
            Some(seen) => format!(
                "{seen} of the {n} test {noun} were trained on or chosen by (by their SHA-256), so that the figures \
                 measure memory in part"
            ),
            None => {
                "examples may have been trained on, which the model file does not list".to_owned()
            }
        };
        let relation = if self.same_data {
            "the data of the training, split in another way than in it".to_owned()
        } else {
            format!(
                "other data than those of the training, {} (fingerprint {} instead of {})",
                self.trained_on.name,
                shortened(&data.fingerprint),
                shortened(&self.trained_on.fingerprint)
            )
        };
        Some(format!("{relation}: {seen}"))
    }

    /// Returns the last lines of the summary on the screen.
    pub fn lines(&self, run: &RunFacts) -> Vec<String> {
        let mut lines = vec![format!(
            "model {} (SHA-256 {}), evaluated in {:.1} s; report: {}",
            run.model,
            shortened(&self.model_sha256),
            run.seconds.evaluate,
            self.folder
        )];
        lines.extend(self.caveat(&run.data));
        lines
    }

    /// Describes the model and the data on the card.
    pub fn section(&self, run: &RunFacts) -> Section {
        let (data, trained_on) = (&run.data, &self.trained_on);
        let mut table = Table::new(["", ""]);
        let mut row = |name: &str, value: &str| table.row([name, value]);
        row("model", &format!("`{}`", run.model));
        row("SHA-256", &format!("`{}`", self.model_sha256));
        row(
            "trained",
            &format!("{}, {} epochs", self.trained_at, run.epochs),
        );
        let training = format!(
            "{}, {} split, seed {}: {} training, {} validation, {} test",
            trained_on.name,
            trained_on.split,
            run.seed,
            trained_on.train,
            trained_on.valid,
            trained_on.test
        );
        row("trained on", &training);
        row("fingerprint", &format!("`{}`", trained_on.fingerprint));
        let measured = format!(
            "{}, {} split: {} validation, {} test",
            data.name, data.split, data.valid, data.test
        );
        row("measured on", &measured);
        row("fingerprint", &format!("`{}`", data.fingerprint));
        let caveat = self.caveat(data);
        let same = || "the data of the training, split as in it".to_owned();
        row("relation", &caveat.unwrap_or_else(same));
        row(
            "groups",
            data.leakage.as_deref().unwrap_or("each example is its own"),
        );
        row("unreadable files", &data.skipped.to_string());
        row("device", &run.device);
        row("parameters", &run.parameters.to_string());
        Section::new("Evaluation").card_text(table.markdown())
    }

    /// Returns a sentence about generated data, if the model was trained or measured on them.
    pub fn generated(&self, data: &DataSummary) -> Option<&'static str> {
        match (self.trained_on.generated, data.generated) {
            (true, true) => Some(
                "Trained and tested on generated stand-ins: the figures say nothing about real data.",
            ),
            (true, false) => Some("Trained on generated stand-ins, not on real data."),
            (false, true) => {
                Some("Tested on generated stand-ins: the figures say nothing about real data.")
            }
            (false, false) => None,
        }
    }
}

/// Returns the first digits of a checksum.
fn shortened(checksum: &str) -> &str {
    checksum.get(..SHOWN_DIGITS).unwrap_or(checksum)
}
