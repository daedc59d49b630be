//! Answers about sentences: the sentiment of each, and of its phrases.

use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use console::{Style, truncate_str};
use datasets::Grain;
use datasets::trees::Levels;
use datasets::trees::drawing::{self, Drawn, SIGNS, shade};
use models::abstention::softmax;

use crate::answer::Answer;
use crate::arguments::Arguments;
use crate::error::{Error, Result};
use crate::json;
use crate::model::Model;
use crate::report::{self, Report};
use crate::run::{Failures, tell};
use crate::sentences::{Sentence, Sentences, collect};
use crate::table::Table;
use crate::text::printable;

/// Sentences that go through the network at once.
const BATCH: usize = 64;

/// The most trees of one drawing.
const DRAWN: usize = 100;

/// What the model says about one sentence.
#[derive(Clone, Debug)]
pub struct SentenceAnswer {
    /// The sentence with its tree.
    pub sentence: Sentence,
    /// About the whole.
    pub answer: Answer,
    /// The most probable class of every phrase, in postorder, and its probability.
    pub phrases: Vec<(usize, f64)>,
}

impl SentenceAnswer {
    fn classes(&self) -> Vec<usize> {
        self.phrases.iter().map(|(class, _)| *class).collect()
    }

    /// The tree with the classes found as labels, from 0 to 4.
    pub fn tree(&self, classes: usize) -> String {
        let nodes = self.sentence.tree.nodes().iter().zip(&self.phrases);
        let nodes = nodes.map(|(node, (class, _))| datasets::trees::Node {
            label: Some(shade(*class, classes) as u8),
            word: node.word.clone(),
        });
        datasets::Tree::new(nodes.collect())
            .map_or(String::new(), |tree| datasets::trees::bracket::print(&tree))
    }
}

/// Answers for every sentence that the arguments mean.
///
/// # Errors
/// The model cannot answer, or the answers cannot be written.
pub fn answer_all(
    arguments: &Arguments,
    model: &Model,
    device: &str,
    mut table: Option<Table>,
) -> Result<ExitCode> {
    let Sentences { read, failed } = collect(&arguments.text, &arguments.inputs);
    let total = read.len() + failed.len();
    let mut failures = Failures::new(arguments.strict);
    failures.add(failed)?;
    let class_names = &model.card.class_names;
    let for_person = !arguments.json && !arguments.table_on_stdout();
    let report = for_person.then(|| Report::new(model, arguments.top));
    if let Some(table) = &mut table {
        table.header(class_names, model.notice.as_deref())?;
    }
    let mut out = BufWriter::new(io::stdout());
    let mut kept: Vec<SentenceAnswer> = Vec::new();
    for batch in read.chunks(BATCH) {
        for one in answer(model, batch)? {
            if let Some(report) = &report {
                print(&mut out, report, &one)?;
            }
            if let Some(table) = &mut table {
                table.row(&one.answer, class_names)?;
            }
            if arguments.json || arguments.tree.is_some() && kept.len() < DRAWN {
                kept.push(one);
            }
        }
        out.flush()?;
    }
    table.map_or(Ok(()), Table::finish)?;
    if let Some(file) = &arguments.tree {
        draw(file, &kept, model)?;
        if read.len() > DRAWN {
            tell(&format!(
                "only the first {DRAWN} trees are drawn in {}",
                file.display()
            ));
        }
    }
    if arguments.json {
        json::write_sentences(&mut out, model, device, &kept, &failures.all)?;
    } else if for_person && !read.is_empty() {
        writeln!(out)?;
        report::model(&mut out, model, device)?;
    }
    out.flush()?;
    failures.end(total, "sentences could not be answered")
}

/// Answers for a batch of sentences, in their order.
fn answer(model: &Model, sentences: &[Sentence]) -> Result<Vec<SentenceAnswer>> {
    let (_, vocabulary) = model.tree_preparation()?;
    let numbers: Vec<Vec<Option<u32>>> = (sentences.iter())
        .map(|sentence| {
            let nodes = sentence.tree.nodes().iter();
            nodes
                .map(|node| node.word.as_deref().map(|word| vocabulary.number(word)))
                .collect()
        })
        .collect();
    let levels = Levels::new(numbers.iter().map(Vec::as_slice));
    let logits = model.phrase_logits(&levels)?;
    let classes = model.card.class_names.len();
    let temperature = model
        .card
        .calibration
        .as_ref()
        .map_or(1.0, |calibration| calibration.temperature);
    let answers = sentences.iter().zip(&levels.rows).map(|(sentence, rows)| {
        let mut whole = Vec::new();
        let phrases = rows.iter().map(|&row| {
            whole = softmax(&logits[row * classes..(row + 1) * classes], temperature);
            let better = |best: usize, class: usize| {
                if whole[class] > whole[best] {
                    class
                } else {
                    best
                }
            };
            let class = (0..classes).fold(0, better);
            (class, whole[class])
        });
        let phrases = phrases.collect();
        SentenceAnswer {
            sentence: sentence.clone(),
            phrases,
            answer: Answer {
                path: sentence.path.clone(),
                probabilities: whole,
                doubt: None,
                picture: None,
            },
        }
    });
    Ok(answers.collect())
}

/// The tree, a line for each phrase, and the ranked classes.
fn print(out: &mut impl Write, report: &Report, one: &SentenceAnswer) -> io::Result<()> {
    report.path(out, &one.sentence.path)?;
    if one.sentence.is_made_up {
        let note = "plain text: no parse was given, so the tree is right-branching, each word before all that follows";
        writeln!(out, "  {note}")?;
    }
    let tree = &one.sentence.tree;
    let (children, phrases) = (tree.children(), tree.phrases());
    let words: Vec<&str> = tree.words().collect();
    // What is still to be printed: a node, what stands before it, and what before its parts.
    let mut rest = vec![(children.len() - 1, String::new(), String::new())];
    while let Some((node, before, below)) = rest.pop() {
        let (class, _) = one.phrases[node];
        let place = shade(class, report.class_names.len());
        let sign = style(place)
            .force_styling(report.look.colour)
            .apply_to(format!("{:>2}", SIGNS[place]));
        let phrase = words[phrases[node].clone()].join(" ");
        let line = format!("  {before}{sign} {}", printable(&phrase));
        writeln!(out, "{}", truncate_str(&line, report.look.width, "…"))?;
        if let Some([left, right]) = children[node] {
            rest.push((right, format!("{below}└─ "), format!("{below}   ")));
            rest.push((left, format!("{below}├─ "), format!("{below}│  ")));
        }
    }
    report.answer(out, &one.answer)
}

/// Red, grey, blue.
fn style(place: usize) -> Style {
    match place {
        0 => Style::new().red().bold(),
        1 => Style::new().red(),
        3 => Style::new().blue(),
        4 => Style::new().blue().bold(),
        _ => Style::new().dim(),
    }
}

/// Writes the trees as SVG.
fn draw(file: &Path, all: &[SentenceAnswer], model: &Model) -> Result<()> {
    let (grain, _): (Grain, _) = model.tree_preparation()?;
    let class_names = &model.card.class_names;
    let drawn: Vec<_> = (all.iter().take(DRAWN))
        .map(|one| {
            let (class, probability) = one.answer.top();
            let title = format!(
                "{}: {} ({:.0} %)",
                one.sentence.path,
                class_names[class],
                100.0 * probability
            );
            let truths = one.sentence.tree.nodes().iter();
            let truths: Vec<_> = truths
                .map(|node| node.label.and_then(|label| grain.class(label)))
                .collect();
            (one, title, one.classes(), truths)
        })
        .collect();
    let drawn: Vec<Drawn<'_>> = (drawn.iter())
        .map(|(one, title, classes, truths)| Drawn {
            tree: &one.sentence.tree,
            title,
            classes,
            truths,
        })
        .collect();
    let svg = drawing::svg(&drawn, class_names.len());
    files::write(file, svg).map_err(|error| Error::Drawing {
        path: error.path,
        reason: error.source.to_string(),
    })
}
