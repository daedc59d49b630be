//! Results of the out-of-distribution check: how often a model abstains on inputs of another kind than its training data.

use models::Abstention;
use serde::Serialize;

use super::screen;

/// Result of the check.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct OodCheck {
    /// Outcomes over all inputs.
    #[serde(flatten)]
    pub all: OutcomeCounts,
    /// Outcomes of each kind of input, in the order of their first input.
    pub kinds: Vec<KindCounts>,
}

/// Outcomes of one kind of input.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KindCounts {
    /// Name of the kind, such as `checkerboard`.
    pub kind: String,
    /// Outcomes of the inputs of this kind.
    #[serde(flatten)]
    pub counts: OutcomeCounts,
}

/// Number of inputs by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OutcomeCounts {
    /// Number of inputs.
    pub n: usize,
    /// Inputs on which the model does not abstain.
    pub answered: usize,
    /// Inputs without a class that is probable enough.
    pub uncertain: usize,
    /// Inputs that are detected as out of distribution.
    pub unfamiliar: usize,
    /// Inputs that preprocessing refuses, such as a landscape without a digit.
    pub refused: usize,
}

/// What happened to one input.
#[derive(Clone, Copy, Debug)]
pub enum Outcome {
    /// Preprocessing failed.
    Refused,
    /// The model gave a prediction, or abstained.
    Classified(Option<Abstention>),
}

impl OutcomeCounts {
    fn count(&mut self, outcome: Outcome) {
        self.n += 1;
        *match outcome {
            Outcome::Refused => &mut self.refused,
            Outcome::Classified(None) => &mut self.answered,
            Outcome::Classified(Some(Abstention::Uncertain)) => &mut self.uncertain,
            Outcome::Classified(Some(Abstention::OutOfDistribution)) => &mut self.unfamiliar,
        } += 1;
    }

    /// Returns the fraction of inputs without a prediction, from 0 to 1.
    pub fn abstention_rate(&self) -> f64 {
        1.0 - self.answered as f64 / self.n.max(1) as f64
    }
}

impl OodCheck {
    /// Counts the outcome of one input.
    pub fn count(&mut self, kind: &str, outcome: Outcome) {
        self.all.count(outcome);
        let known = self.kinds.iter().position(|known| known.kind == kind);
        let index = known.unwrap_or_else(|| {
            self.kinds.push(KindCounts {
                kind: kind.to_owned(),
                counts: OutcomeCounts::default(),
            });
            self.kinds.len() - 1
        });
        self.kinds[index].counts.count(outcome);
    }

    /// Returns a table with a line for each kind, and one for all inputs.
    pub fn table(&self) -> String {
        let header = [
            "pictures of",
            "n",
            "answered",
            "uncertain",
            "unfamiliar",
            "refused",
        ];
        let kinds = (self.kinds.iter()).map(|kind| (kind.kind.as_str(), kind.counts));
        let rows = kinds.chain([("all", self.all)]).map(|(kind, counts)| {
            let OutcomeCounts {
                n,
                answered,
                uncertain,
                unfamiliar,
                refused,
            } = counts;
            let counts = [n, answered, uncertain, unfamiliar, refused];
            let counts = counts.map(|count| count.to_string());
            [kind.to_owned()].into_iter().chain(counts).collect()
        });
        screen::table(header, rows)
    }
}
