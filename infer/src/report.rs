//! The answers for a person: ranked classes with bars, and what is known about the model.

use std::io::{self, Write};

use console::{Term, measure_text_width, pad_str, style, truncate_str};

use crate::answer::Answer;
use crate::model::Model;
use crate::reconstruct::Reconstructed;
use crate::text::printable;
use models::Abstention;
use models::layers::thousands;

/// Classes shown where `--top` says nothing.
const SHOWN: usize = 5;

/// Width where there is no terminal to ask, in columns.
const WIDTH: usize = 80;

/// The longest bar, in columns: longer ones are not easier to compare.
const LONGEST_BAR: usize = 50;

/// The shortest bar, in columns: below it the numbers stand alone.
const SHORTEST_BAR: usize = 8;

/// The longest class name that is not shortened, in columns.
const LONGEST_NAME: usize = 30;

/// `  `, `  ` and ` 100.0 %` around the name and the bar, in columns.
const AROUND: usize = 12;

/// How the terminal looks.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Its width, in columns.
    pub width: usize,
    /// Whether it shows colours.
    pub colour: bool,
}

impl Look {
    /// That of standard output.
    pub fn of_stdout() -> Self {
        let columns = Term::stdout()
            .size_checked()
            .map(|(_, columns)| usize::from(columns));
        Self {
            width: columns.unwrap_or(WIDTH),
            colour: console::colors_enabled(),
        }
    }
}

/// Prints answers of one model.
pub struct Report {
    /// The terminal.
    pub look: Look,
    /// The classes, in the model's order.
    pub class_names: Vec<String>,
    /// How many classes are shown.
    pub top: Option<usize>,
    /// The probability below which the model counts as uncertain.
    pub threshold: Option<f64>,
    /// What must stand with every answer.
    pub notice: Option<String>,
}

impl Report {
    /// A report of a model's answers.
    pub fn new(model: &Model, top: Option<usize>) -> Self {
        Self {
            look: Look::of_stdout(),
            class_names: model.card.class_names.clone(),
            top,
            threshold: model
                .card
                .calibration
                .as_ref()
                .and_then(|calibration| calibration.threshold),
            notice: model.notice.clone(),
        }
    }

    /// The picture's path alone, above the picture itself and the answer.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn path(&self, out: &mut impl Write, path: &str) -> io::Result<()> {
        let path = printable(path);
        writeln!(
            out,
            "{}",
            style(path).bold().force_styling(self.look.colour)
        )
    }

    /// The ranked classes with their bars, the doubt and the notice.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn answer(&self, out: &mut impl Write, answer: &Answer) -> io::Result<()> {
        let mut ranking = answer.ranking();
        ranking.truncate(self.top.unwrap_or(SHOWN));
        let (name_width, bar_width) = self.columns(&ranking);
        if let Some(doubt) = answer.doubt {
            let line = style(self.doubt(doubt)).yellow();
            writeln!(out, "  {}", line.force_styling(self.look.colour))?;
        }
        for (rank, &class) in ranking.iter().enumerate() {
            let probability = answer.probabilities[class];
            let name = self.name(class);
            let name = pad_str(&name, name_width, console::Alignment::Left, Some("…"));
            let first = rank == 0 && answer.doubt.is_none();
            let (name, bar) = (style(name), style(bar(probability, bar_width)));
            let (name, bar) = if first {
                (name.bold(), bar.green())
            } else {
                (name, bar.cyan())
            };
            let (name, bar) = (
                name.force_styling(self.look.colour),
                bar.force_styling(self.look.colour),
            );
            let gap = if bar_width > 0 { "  " } else { "" };
            writeln!(out, "  {name}{gap}{bar} {}", percent(probability))?;
        }
        self.end(out)
    }

    /// How far what came back is from the picture, where it was written, and the notice. `usual` is
    /// the error that nearly all pictures of the model's kind stay below.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn reconstruction(
        &self,
        out: &mut impl Write,
        one: &Reconstructed,
        usual: Option<f64>,
    ) -> io::Result<()> {
        let error = format!("error {:.5} (PSNR {:.1} dB)", one.mse, one.psnr());
        let verdict = match (one.is_unusual(usual), usual) {
            (Some(unusual), Some(usual)) => {
                let word = if unusual { "unusual" } else { "usual" };
                format!(", {word}: 95 % of the validation pictures stay below {usual:.5}")
            }
            _ => String::new(),
        };
        let line = style(format!("{error}{verdict}"));
        let line = match one.is_unusual(usual) {
            Some(true) => line.yellow(),
            _ => line.green(),
        };
        writeln!(out, "  {}", line.force_styling(self.look.colour))?;
        let file = one.file.display().to_string();
        writeln!(out, "  reconstruction: {}", printable(&file))?;
        self.end(out)
    }

    /// The notice, and a line between this picture and the next.
    fn end(&self, out: &mut impl Write) -> io::Result<()> {
        if let Some(notice) = &self.notice {
            let notice = style(printable(notice))
                .yellow()
                .force_styling(self.look.colour);
            writeln!(out, "  {notice}")?;
        }
        writeln!(out)
    }

    /// Why there is no answer, in words.
    fn doubt(&self, doubt: Abstention) -> String {
        match doubt {
            Abstention::Uncertain => {
                let threshold = percent(self.threshold.unwrap_or(1.0));
                format!("uncertain: no class reaches {}", threshold.trim_start())
            }
            Abstention::OutOfDistribution => {
                "does not look like the training data: the probabilities below mean nothing"
                    .to_owned()
            }
        }
    }

    /// The columns of the names and of the bars.
    fn columns(&self, ranking: &[usize]) -> (usize, usize) {
        let widest = ranking
            .iter()
            .map(|&class| measure_text_width(&self.name(class)))
            .max()
            .unwrap_or(0);
        let name = widest
            .min(LONGEST_NAME)
            .min(self.look.width.saturating_sub(AROUND).max(1));
        let bar = self
            .look
            .width
            .saturating_sub(AROUND + name)
            .min(LONGEST_BAR);
        (name, if bar < SHORTEST_BAR { 0 } else { bar })
    }

    fn name(&self, class: usize) -> String {
        let name = self.class_names.get(class).map_or("", String::as_str);
        truncate_str(&printable(name), LONGEST_NAME, "…").into_owned()
    }
}

/// A bar of `width` columns, filled to an eighth of a column, with blanks for the rest.
pub fn bar(fraction: f64, width: usize) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (fraction.clamp(0.0, 1.0) * width as f64 * 8.0).round() as usize;
    let part = PARTS[eighths % 8];
    let mut bar = "█".repeat(eighths / 8);
    bar.push_str(part);
    bar.push_str(&" ".repeat(width - eighths.div_ceil(8)));
    bar
}

/// ` 71.3 %`, always seven columns wide.
fn percent(fraction: f64) -> String {
    format!("{:5.1} %", fraction * 100.0)
}

/// How many of several pictures were answered and how many not; nothing for a single one, which
/// speaks for itself.
///
/// # Errors
/// `out` cannot be written.
pub fn tally(out: &mut impl Write, doubts: &[Option<Abstention>]) -> io::Result<()> {
    if doubts.len() < 2 {
        return Ok(());
    }
    let count = |wanted| thousands(doubts.iter().filter(|doubt| **doubt == wanted).count());
    writeln!(
        out,
        "pictures  {}: {} answered, {} uncertain, {} unlike the training data",
        thousands(doubts.len()),
        count(None),
        count(Some(Abstention::Uncertain)),
        count(Some(Abstention::OutOfDistribution))
    )
}

/// How many of several pictures came back with an unusual error.
///
/// # Errors
/// `out` cannot be written.
pub fn tally_unusual(out: &mut impl Write, unusual: &[bool]) -> io::Result<()> {
    if unusual.len() < 2 {
        return Ok(());
    }
    let count = unusual.iter().filter(|unusual| **unusual).count();
    writeln!(
        out,
        "pictures  {}: {} with an unusual error",
        thousands(unusual.len()),
        thousands(count)
    )
}

/// Which model answered: trained when, on what, how well, and where it computes.
///
/// # Errors
/// `out` cannot be written.
pub fn model(out: &mut impl Write, model: &Model, device: &str) -> io::Result<()> {
    let card = &model.card;
    let rows = [
        (
            "model",
            format!("{} ({})", card.experiment, model.path.display()),
        ),
        (
            "trained",
            format!(
                "{}, epochs: {}, seed: {}",
                card.trained_at, card.epochs, card.seed
            ),
        ),
        ("data", data_line(&card.data)),
        quality_line(model),
        ("device", device.to_owned()),
    ];
    for (what, text) in rows {
        writeln!(out, "{what:<9} {}", printable(&text))?;
    }
    Ok(())
}

fn data_line(data: &models::file::DataCard) -> String {
    let kind = if data.generated {
        "generated stand-ins, no real data"
    } else {
        "real data"
    };
    let [train, valid, test] = [data.train, data.valid, data.test].map(thousands);
    let (name, split) = (&data.name, &data.split);
    format!(
        "{name} ({kind}): {train} training, {valid} validation, {test} test examples, {split} split"
    )
}

/// How well it does: the accuracy of a classifier, the error of an autoencoder, BLEU of a translator.
fn quality_line(model: &Model) -> (&'static str, String) {
    if model.reconstructs() {
        ("PSNR", psnr_line(&model.card.metrics))
    } else if model.translates() {
        ("BLEU", bleu_line(&model.card.metrics))
    } else {
        ("accuracy", accuracy_line(&model.card.metrics))
    }
}

/// The error on examples the training never saw.
fn psnr_line(metrics: &[models::file::Metric]) -> String {
    let of = |name: &str| {
        metrics
            .iter()
            .find(|metric| metric.name == name && metric.split == "test")
    };
    let (Some(psnr), Some(mse)) = (of("psnr"), of("mse")) else {
        return "not measured".into();
    };
    format!(
        "{:.2} dB, mean squared error {:.5} on {} test examples",
        psnr.value,
        mse.value,
        thousands(psnr.n)
    )
}

/// How near translations of sentences that the training never saw come to their references.
fn bleu_line(metrics: &[models::file::Metric]) -> String {
    let mut metrics = metrics.iter();
    let found = metrics.find(|metric| metric.name == "bleu" && metric.split == "test");
    found.map_or("not measured".into(), |bleu| {
        let interval = bleu.interval.map_or(String::new(), |[low, high]| {
            format!(" (interval {low:.1} to {high:.1})")
        });
        let count = thousands(bleu.n);
        format!("{:.1}{interval} on {count} test examples", bleu.value)
    })
}

/// The accuracy on examples the training never saw: of the test, else of the validation.
fn accuracy_line(metrics: &[models::file::Metric]) -> String {
    let of = |split: &str| {
        metrics
            .iter()
            .find(|metric| metric.name == "accuracy" && metric.split == split)
    };
    let Some(metric) = of("test").or_else(|| of("valid")) else {
        return "not measured".into();
    };
    let interval = metric.interval.map_or(String::new(), |[low, high]| {
        format!(
            " (interval {} to {})",
            percent(low).trim_start(),
            percent(high).trim_start()
        )
    });
    let (value, n) = (percent(metric.value), thousands(metric.n));
    format!(
        "{}{interval} on {n} {} examples",
        value.trim_start(),
        metric.split
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(width: usize) -> Report {
        Report {
            look: Look {
                width,
                colour: false,
            },
            class_names: ["glioma", "meningioma", "none"].map(str::to_owned).to_vec(),
            top: None,
            threshold: None,
            notice: None,
        }
    }

    fn printed(report: &Report, probabilities: [f64; 3], doubt: Option<Abstention>) -> String {
        let probabilities = probabilities.to_vec();
        let answer = Answer {
            path: "a.png".into(),
            probabilities,
            doubt,
            picture: None,
        };
        let mut out = Vec::new();
        report.answer(&mut out, &answer).unwrap();
        String::from_utf8(out).unwrap()
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
    fn an_answer_is_ranked_and_lined_up() {
        // 10 columns of names and 12 around leave 8 of 30 for the bars.
        let expected = "  meningioma  ██████    75.0 %\n  none        █▋        20.0 %\n  glioma      ▍          5.0 %\n\n";
        assert_eq!(printed(&report(30), [0.05, 0.75, 0.2], None), expected);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in 24..200 {
            for line in printed(&report(width), [0.05, 0.75, 0.2], None).lines() {
                assert!(measure_text_width(line) <= width, "{width}: {line:?}");
            }
        }
    }

    #[test]
    fn top_threshold_and_notice_are_heeded() {
        let mut report = report(80);
        report.top = Some(1);
        report.threshold = Some(0.8);
        report.notice = Some("Research only.".into());
        let text = printed(&report, [0.05, 0.75, 0.2], Some(Abstention::Uncertain));
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "  uncertain: no class reaches 80.0 %");
        assert!(
            lines[1].contains("meningioma") && !text.contains("glioma"),
            "{text}"
        );
        assert_eq!(lines[2], "  Research only.");
        let text = printed(
            &report,
            [0.0, 1.0, 0.0],
            Some(Abstention::OutOfDistribution),
        );
        assert!(
            text.starts_with("  does not look like the training data"),
            "{text}"
        );
    }

    #[test]
    fn a_class_name_cannot_rearrange_the_terminal() {
        let mut report = report(40);
        report.class_names[1] = format!("\u{1b}[2J{}", "x".repeat(100));
        let text = printed(&report, [0.05, 0.75, 0.2], None);
        assert!(!text.contains('\u{1b}') && text.contains('…'), "{text}");
    }
}
