//! Answers of classifiers: the probability of each class, or the reason for no answer.

use std::io::{self, Write};

use console::{Alignment, Style, measure_text_width, pad_str, truncate_str};
use image::DynamicImage;
use models::Abstention;
use models::abstention::{largest_probability, softmax};
use models::layers::thousands;
use serde::{Serialize, Serializer};

use crate::info::ModelInfo;
use crate::kind::Answer;
use crate::terminal::{Terminal, printable};

/// Number of classes that are printed unless the user chooses another.
const DEFAULT_TOP: usize = 5;

/// Longest bar, in columns: longer ones are not easier to compare.
const MAX_BAR: usize = 50;

/// Shortest bar, in columns: if there is less room, the numbers stand alone.
const MIN_BAR: usize = 8;

/// Longest class name that is not shortened, in columns.
const MAX_NAME: usize = 30;

/// Width of `  `, `  ` and ` 100.0 %` around the name and the bar, in columns.
const MARGINS: usize = 12;

/// The answer of a classifier about one input.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ClassAnswer {
    /// Path of the input.
    pub path: String,
    /// Most probable class, or the name of the reason for no answer.
    pub class: String,
    /// Probability of the most probable class.
    pub probability: f64,
    answered: bool,
    /// Reason for no answer.
    #[serde(rename = "doubt")]
    pub abstention: Option<Abstention>,
    uncertain: bool,
    /// Probability of each class, in the model's order. They sum to 1.
    #[serde(serialize_with = "as_map")]
    pub probabilities: Vec<(String, f64)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<String>,
    /// Probability below which the model is uncertain.
    #[serde(skip)]
    threshold: Option<f64>,
    /// The picture, if it is drawn in the terminal.
    #[serde(skip)]
    pub picture: Option<DynamicImage>,
}

/// Serialises pairs as a map in their order.
fn as_map<S: Serializer>(pairs: &[(String, f64)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(
        pairs
            .iter()
            .map(|(class, probability)| (class, probability)),
    )
}

impl ClassAnswer {
    /// Creates the answer about the input `path` from its logits, calibrated if the model is. If there are `statistics`
    /// of the input, the model may abstain.
    pub fn new(info: &ModelInfo, path: String, logits: &[f32], statistics: Option<&[f64]>) -> Self {
        let probabilities = softmax(logits, temperature(info));
        let largest = largest_probability(&probabilities);
        let calibration = info.card.calibration.as_ref();
        let abstention = calibration
            .zip(statistics)
            .and_then(|(calibration, statistics)| calibration.abstention(largest, statistics));
        let names = info.card.class_names.iter().cloned();
        Self {
            threshold: calibration.and_then(|calibration| calibration.threshold),
            notice: info.notice.clone(),
            ..Self::with_probabilities(path, names.zip(probabilities).collect(), abstention)
        }
    }

    fn with_probabilities(
        path: String,
        probabilities: Vec<(String, f64)>,
        abstention: Option<Abstention>,
    ) -> Self {
        let top = ranking(&probabilities).first().copied().cloned();
        let (class, probability) = top.unwrap_or_default();
        Self {
            path,
            class: abstention.map_or(class, |abstention| abstention.name().to_owned()),
            probability,
            answered: abstention.is_none(),
            abstention,
            uncertain: abstention.is_some(),
            probabilities,
            notice: None,
            threshold: None,
            picture: None,
        }
    }

    /// Prints the most probable classes with their bars, the reason for no answer, and the notice.
    pub fn print_classes<W: Write>(&self, terminal: &mut Terminal<W>) -> io::Result<()> {
        if let Some(abstention) = self.abstention {
            let reason = explain(abstention, self.threshold);
            let reason = terminal.styled(Style::new().yellow(), reason);
            writeln!(terminal, "  {reason}")?;
        }
        let ranking = ranking(&self.probabilities).into_iter();
        let ranking: Vec<(String, f64)> = ranking
            .take(terminal.top.unwrap_or(DEFAULT_TOP))
            .map(|(class, probability)| (shortened(class), *probability))
            .collect();
        let (name_width, bar_width) = columns(&ranking, terminal.width);
        let gap = if bar_width > 0 { "  " } else { "" };
        for (rank, (name, probability)) in ranking.iter().enumerate() {
            let (name_style, bar_style) = if rank == 0 && self.abstention.is_none() {
                (Style::new().bold(), Style::new().green())
            } else {
                (Style::new(), Style::new().cyan())
            };
            let name = pad_str(name, name_width, Alignment::Left, Some("…"));
            let name = terminal.styled(name_style, name);
            let bar = terminal.styled(bar_style, bar(*probability, bar_width));
            writeln!(terminal, "  {name}{gap}{bar} {}", percent(*probability))?;
        }
        terminal.print_notice(self.notice.as_deref())?;
        writeln!(terminal)
    }
}

impl Answer for ClassAnswer {
    fn print(&self, terminal: &mut Terminal) -> io::Result<()> {
        terminal.print_input(&self.path, self.picture.iter())?;
        self.print_classes(terminal)
    }

    fn row(&self) -> Vec<String> {
        let fixed = [
            self.path.clone(),
            self.class.clone(),
            self.probability.to_string(),
            self.answered.to_string(),
            self.abstention.map_or("", Abstention::name).to_owned(),
        ];
        let probabilities = self.probabilities.iter();
        let probabilities = probabilities.map(|(_, probability)| probability.to_string());
        let cells = fixed.into_iter().chain(probabilities);
        cells.chain(self.notice.clone()).collect()
    }
}

/// Returns the header of the table of `--csv`.
pub(crate) fn header(info: &ModelInfo) -> Vec<String> {
    let classes = info.card.class_names.iter();
    let classes: Vec<_> = classes.map(|class| format!("p_{class}")).collect();
    let fixed = ["path", "class", "probability", "answered", "doubt"];
    let columns = fixed.into_iter().chain(classes.iter().map(String::as_str));
    info.with_notice_column(&columns.collect::<Vec<_>>())
}

/// Returns the temperature that the logits are divided by.
pub(crate) fn temperature(info: &ModelInfo) -> f64 {
    let calibration = info.card.calibration.as_ref();
    calibration.map_or(1.0, |calibration| calibration.temperature)
}

/// Describes the accuracy on examples that the training did not use: on the test part, or else on the validation part.
pub(crate) fn quality(info: &ModelInfo) -> (&'static str, String) {
    let accuracy = info.metric("accuracy", "test");
    let Some(metric) = accuracy.or_else(|| info.metric("accuracy", "valid")) else {
        return ("accuracy", "not measured".into());
    };
    let trimmed = |fraction| percent(fraction).trim_start().to_owned();
    let interval = metric.interval.map_or(String::new(), |[low, high]| {
        format!(" (interval {} to {})", trimmed(low), trimmed(high))
    });
    let (value, n, split) = (trimmed(metric.value), thousands(metric.n), &metric.split);
    (
        "accuracy",
        format!("{value}{interval} on {n} {split} examples"),
    )
}

/// Number of answers, and of the reasons for none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    answered: usize,
    uncertain: usize,
    unfamiliar: usize,
}

impl Counts {
    /// Counts an answer.
    pub fn add(&mut self, answer: &ClassAnswer) {
        *match answer.abstention {
            None => &mut self.answered,
            Some(Abstention::Uncertain) => &mut self.uncertain,
            Some(Abstention::OutOfDistribution) => &mut self.unfamiliar,
        } += 1;
    }

    /// Prints the counts; a single answer speaks for itself.
    pub fn print(&self, terminal: &mut Terminal, inputs: &str) -> io::Result<()> {
        let total = self.answered + self.uncertain + self.unfamiliar;
        if total < 2 {
            return Ok(());
        }
        let [total, answered, uncertain, unfamiliar] =
            [total, self.answered, self.uncertain, self.unfamiliar].map(thousands);
        writeln!(
            terminal,
            "{inputs:<9} {total}: {answered} answered, {uncertain} uncertain, {unfamiliar} unlike the training data"
        )
    }
}

/// Returns the classes from the most to the least probable; equally probable ones keep the model's order.
fn ranking(probabilities: &[(String, f64)]) -> Vec<&(String, f64)> {
    let mut classes: Vec<_> = probabilities.iter().collect();
    classes.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    classes
}

/// Explains why there is no answer.
fn explain(abstention: Abstention, threshold: Option<f64>) -> String {
    match abstention {
        Abstention::Uncertain => {
            let threshold = percent(threshold.unwrap_or(1.0));
            format!("uncertain: no class reaches {}", threshold.trim_start())
        }
        Abstention::OutOfDistribution => {
            "does not look like the training data: the probabilities below mean nothing".to_owned()
        }
    }
}

/// Returns the name of a class as it is printed.
fn shortened(name: &str) -> String {
    truncate_str(&printable(name), MAX_NAME, "…").into_owned()
}

/// Returns the widths of the names and of the bars.
fn columns(ranking: &[(String, f64)], width: usize) -> (usize, usize) {
    let widest = ranking.iter().map(|(name, _)| measure_text_width(name));
    let name = widest.max().unwrap_or(0);
    let name = name.min(width.saturating_sub(MARGINS).max(1));
    let bar = width.saturating_sub(MARGINS + name).min(MAX_BAR);
    (name, if bar < MIN_BAR { 0 } else { bar })
}

/// Returns a bar of `width` columns that is filled to an eighth of a column.
fn bar(fraction: f64, width: usize) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (fraction.clamp(0.0, 1.0) * width as f64 * 8.0).round() as usize;
    let mut bar = "█".repeat(eighths / 8);
    bar.push_str(PARTS[eighths % 8]);
    bar.push_str(&" ".repeat(width - eighths.div_ceil(8)));
    bar
}

/// Formats a fraction as ` 71.3 %`, always seven columns wide.
fn percent(fraction: f64) -> String {
    format!("{:5.1} %", fraction * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 3] = ["glioma", "meningioma", "none"];

    fn answer(
        names: &[&str],
        probabilities: &[f64],
        abstention: Option<Abstention>,
    ) -> ClassAnswer {
        let names = names.iter().map(|name| (*name).to_owned());
        let probabilities = names.zip(probabilities.iter().copied()).collect();
        ClassAnswer::with_probabilities("a.png".into(), probabilities, abstention)
    }

    fn printed(answer: &ClassAnswer, width: usize, top: Option<usize>) -> String {
        let mut terminal = Terminal {
            out: Vec::new(),
            width,
            colour: false,
            top,
        };
        answer.print_classes(&mut terminal).unwrap();
        String::from_utf8(terminal.out).unwrap()
    }

    #[test]
    fn classes_are_ranked_and_ties_keep_the_models_order() {
        let answer = answer(&["a", "b", "c", "d", "e"], &[0.1, 0.3, 0.2, 0.3, 0.1], None);
        let ranking = ranking(&answer.probabilities);
        let ranking: Vec<_> = ranking.iter().map(|(class, _)| class.as_str()).collect();
        assert_eq!(ranking, ["b", "d", "c", "a", "e"]);
        assert_eq!((&*answer.class, answer.probability), ("b", 0.3));
    }

    #[test]
    fn an_abstention_takes_the_place_of_the_class() {
        let class = |abstention| answer(&["cat", "dog"], &[0.4, 0.6], abstention).class;
        assert_eq!(class(None), "dog");
        assert_eq!(class(Some(Abstention::Uncertain)), "uncertain");
        assert_eq!(class(Some(Abstention::OutOfDistribution)), "unfamiliar");
    }

    #[test]
    fn json_keeps_the_models_order_of_classes() {
        let answer = answer(&["b", "a"], &[0.25, 0.75], None);
        assert_eq!(
            serde_json::to_string(&answer).unwrap(),
            r#"{"path":"a.png","class":"a","probability":0.75,"answered":true,"doubt":null,"uncertain":false,"probabilities":{"b":0.25,"a":0.75}}"#
        );
    }

    #[test]
    fn a_bar_is_filled_to_an_eighth_of_a_column() {
        let cases = [
            (0.0, 4, "    "),
            (1.0, 4, "████"),
            (0.5, 4, "██  "),
            (0.5, 3, "█▌ "),
            (1.0 / 32.0, 4, "▏   "),
            (31.0 / 32.0, 4, "███▉"),
            (0.7, 0, ""),
            (f64::NAN, 2, "  "),
            (7.0, 2, "██"),
        ];
        for (fraction, width, expected) in cases {
            assert_eq!(bar(fraction, width), expected, "{fraction} of {width}");
        }
    }

    #[test]
    fn a_ranking_is_aligned() {
        // 10 columns of names and 12 of margins leave 8 of 30 for the bars.
        let expected = "  meningioma  ██████    75.0 %\n  none        █▋        20.0 %\n  glioma      ▍          5.0 %\n\n";
        let answer = answer(&NAMES, &[0.05, 0.75, 0.2], None);
        assert_eq!(printed(&answer, 30, None), expected);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let answer = answer(&NAMES, &[0.05, 0.75, 0.2], None);
        for width in 24..200 {
            for line in printed(&answer, width, None).lines() {
                assert!(measure_text_width(line) <= width, "{width}: {line:?}");
            }
        }
    }

    #[test]
    fn top_threshold_and_notice_are_printed() {
        let uncertain = Some(Abstention::Uncertain);
        let mut unsure = answer(&NAMES, &[0.05, 0.75, 0.2], uncertain);
        unsure.threshold = Some(0.8);
        unsure.notice = Some("Research only.".to_owned());
        let text = printed(&unsure, 80, Some(1));
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "  uncertain: no class reaches 80.0 %");
        assert!(
            lines[1].contains("meningioma") && !text.contains("glioma"),
            "{text}"
        );
        assert_eq!(lines[2], "  Research only.");
        let unlike = Some(Abstention::OutOfDistribution);
        let text = printed(&answer(&NAMES, &[0.0, 1.0, 0.0], unlike), 80, None);
        assert!(
            text.starts_with("  does not look like the training data"),
            "{text}"
        );
    }

    #[test]
    fn a_class_name_cannot_rearrange_the_terminal() {
        let name = format!("\u{1b}[2J{}", "x".repeat(100));
        let answer = answer(&["glioma", &name, "none"], &[0.05, 0.75, 0.2], None);
        let text = printed(&answer, 40, None);
        assert!(!text.contains('\u{1b}') && text.contains('…'), "{text}");
    }
}
