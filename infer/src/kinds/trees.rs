//! Classifiers of sentences with their parse trees, which answer for every phrase.

use std::io::{self, Write};
use std::path::PathBuf;

use burn::tensor::Tensor;
use console::{Style, truncate_str};
use datasets::trees::{Labelling, Levels, Node, TreePreprocessing, bracket, plain};
use datasets::{Grain, Tree};
use figures::tree::{self, SIGNS, shade};
use models::abstention::softmax;
use models::{Forest, InputShape, Network};
use serde::Serialize;

use crate::arguments::Arguments;
use crate::classes::{self, ClassAnswer, temperature};
use crate::error::{Error, Failure, Outcomes, Result};
use crate::info::ModelInfo;
use crate::kind::{Answer, Kind};
use crate::lines::{self, Line};
use crate::terminal::{Terminal, note, printable};

/// Largest number of trees in one drawing.
const MAX_DRAWN: usize = 100;

/// A classifier of sentences.
pub(crate) struct Trees {
    info: ModelInfo,
    preprocessing: TreePreprocessing,
    network: Box<dyn Network<Input = Forest, Output = Tensor<2>> + Send>,
    drawing: Option<Drawing>,
}

/// The drawing of `--tree`.
struct Drawing {
    path: PathBuf,
    trees: Vec<tree::Tree>,
    /// Number of further trees, which are not drawn.
    omitted: usize,
}

/// A sentence with its tree.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sentence {
    /// Origin: `--text` or `file:line`.
    path: String,
    tree: Tree,
    /// Whether the tree was assumed because there was no parse: right-branching, each word before all that follows.
    is_assumed: bool,
}

/// The answer about one sentence.
#[derive(Serialize)]
pub(crate) struct TreeAnswer {
    #[serde(flatten)]
    classes: ClassAnswer,
    words: Vec<String>,
    /// The tree in brackets, with the predicted classes as labels.
    tree: String,
    right_branching: bool,
    /// Every phrase, in postorder.
    phrases: Vec<Phrase>,
    /// Children of every phrase, in postorder.
    #[serde(skip)]
    children: Vec<Option<[usize; 2]>>,
}

/// A word or phrase with its most probable class.
#[derive(Serialize)]
struct Phrase {
    /// First of its words.
    start: usize,
    /// End of its words.
    end: usize,
    class: String,
    probability: f64,
    /// Index of the class.
    #[serde(skip)]
    index: usize,
}

impl Trees {
    /// Prepares a classifier for the arguments.
    ///
    /// # Errors
    /// If the preprocessing does not fit the network, or an option does not apply.
    pub fn new(
        info: ModelInfo,
        preprocessing: TreePreprocessing,
        network: Box<dyn Network<Input = Forest, Output = Tensor<2>> + Send>,
        arguments: &Arguments,
    ) -> Result<Self> {
        let (named, expected) = (
            info.card.class_names.len(),
            preprocessing.grain.class_names().len(),
        );
        if named != expected {
            return Err(info.contradiction(format!(
                "its card names {named} classes, but its preprocessing has {expected}"
            )));
        }
        let vocabulary = &preprocessing.vocabulary;
        let shape = InputShape::Words(vocabulary.len());
        info.check(vocabulary.check(), shape, &[])?;
        let kind = "a classifier of sentences";
        arguments.check_options(&["--text", "--top", "--tree"], kind, &info.path)?;
        Ok(Self {
            info,
            preprocessing,
            network,
            drawing: arguments.tree.clone().map(|path| Drawing {
                path,
                trees: Vec::new(),
                omitted: 0,
            }),
        })
    }

    /// Creates the answer about a sentence from the logits of its phrases, `rows` of `logits`.
    fn interpret(&self, sentence: &Sentence, rows: &[usize], logits: &[f32]) -> TreeAnswer {
        let names = &self.info.card.class_names;
        let temperature = temperature(&self.info);
        let row = |row: usize| &logits[row * names.len()..(row + 1) * names.len()];
        let spans = sentence.tree.phrases();
        let phrases: Vec<Phrase> = (spans.into_iter().zip(rows))
            .map(|(words, &index)| {
                let probabilities = softmax(row(index), temperature);
                // Of equally probable classes the first: `max_by` returns the last.
                let classes = (0..names.len()).rev();
                let class = classes.max_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b]));
                let class = class.unwrap_or(0);
                Phrase {
                    start: words.start,
                    end: words.end,
                    class: names[class].clone(),
                    probability: probabilities[class],
                    index: class,
                }
            })
            .collect();
        // The sentence itself is the last phrase in postorder.
        let root = rows.last().copied().unwrap_or(0);
        TreeAnswer {
            classes: ClassAnswer::new(&self.info, sentence.path.clone(), row(root), None),
            words: sentence.tree.words().map(str::to_owned).collect(),
            tree: labelled(&sentence.tree, &phrases, names.len()),
            right_branching: sentence.is_assumed,
            phrases,
            children: sentence.tree.children(),
        }
    }
}

/// Writes a tree in brackets, with predicted classes as labels of 0 to 4.
fn labelled(tree: &Tree, phrases: &[Phrase], classes: usize) -> String {
    let nodes = tree.nodes().iter().zip(phrases).map(|(node, phrase)| Node {
        label: Some(shade(phrase.index, classes) as u8),
        word: node.word.clone(),
    });
    Tree::new(nodes.collect()).map_or(String::new(), |tree| bracket::print(&tree))
}

impl Drawing {
    fn add(&mut self, sentence: &Sentence, answer: &TreeAnswer, grain: Grain) {
        if self.trees.len() == MAX_DRAWN {
            self.omitted += 1;
            return;
        }
        let ClassAnswer {
            path,
            class,
            probability,
            ..
        } = &answer.classes;
        let nodes = sentence.tree.nodes().iter();
        let label = |node: &Node| node.label.and_then(|label| grain.class(label));
        self.trees.push(tree::Tree {
            title: format!("{path}: {class} ({:.0} %)", 100.0 * probability),
            children: answer.children.clone(),
            words: nodes.clone().map(|node| node.word.clone()).collect(),
            classes: answer.phrases.iter().map(|phrase| phrase.index).collect(),
            labels: nodes.map(label).collect(),
        });
    }

    fn write(&self, classes: usize) -> Result<()> {
        files::write(&self.path, tree::draw(&self.trees, classes))
            .map_err(|error| Error::write("--tree", error))?;
        if self.omitted > 0 {
            note(&format!(
                "{} holds the first {MAX_DRAWN} trees only",
                self.path.display()
            ));
        }
        Ok(())
    }
}

impl Kind for Trees {
    type Input = Sentence;
    type Answer = TreeAnswer;

    const BATCH: usize = 64;
    const FAILED: &'static str = "sentences could not be answered";

    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn read(&self, arguments: &Arguments) -> Result<Outcomes<Sentence>> {
        Ok(read(&arguments.text, &arguments.inputs))
    }

    fn answer(&mut self, sentences: &[Sentence]) -> Result<Outcomes<TreeAnswer>> {
        let vocabulary = &self.preprocessing.vocabulary;
        let numbers: Vec<Vec<Option<u32>>> = (sentences.iter())
            .map(|sentence| {
                let number = |node: &Node| Some(vocabulary.number(node.word.as_deref()?));
                sentence.tree.nodes().iter().map(number).collect()
            })
            .collect();
        let levels = Levels::new(numbers.iter().map(Vec::as_slice));
        let (words, children) = levels.tensors(&self.info.device);
        let output = self.network.forward(Forest {
            words,
            leaves: levels.leaves.clone(),
            children,
        });
        let logits = self.info.logits(output, levels.nodes())?;
        let answers = sentences.iter().zip(&levels.rows).map(|(sentence, rows)| {
            let answer = self.interpret(sentence, rows, &logits);
            if let Some(drawing) = &mut self.drawing {
                drawing.add(sentence, &answer, self.preprocessing.grain);
            }
            Ok(answer)
        });
        Ok(answers.collect())
    }

    fn columns(&self) -> Vec<String> {
        classes::header(&self.info)
    }

    fn finish(&mut self) -> Result<()> {
        let classes = self.info.card.class_names.len();
        (self.drawing.as_ref()).map_or(Ok(()), |drawing| drawing.write(classes))
    }

    fn quality(&self) -> (&'static str, String) {
        classes::quality(&self.info)
    }
}

impl Answer for TreeAnswer {
    fn print(&self, terminal: &mut Terminal) -> io::Result<()> {
        terminal.print_input(&self.classes.path, [])?;
        if self.right_branching {
            let note = "plain text without a parse: the tree is assumed to be right-branching";
            writeln!(terminal, "  {note}")?;
        }
        // Phrases that are still to be printed: the node, the text before it, and the text before its children.
        let mut rest = vec![(self.children.len() - 1, String::new(), String::new())];
        while let Some((node, before, below)) = rest.pop() {
            let phrase = &self.phrases[node];
            let shade = shade(phrase.index, self.classes.probabilities.len());
            let sign = terminal.styled(style(shade), format!("{:>2}", SIGNS[shade]));
            let words = self.words[phrase.start..phrase.end].join(" ");
            let line = format!("  {before}{sign} {}", printable(&words));
            let line = truncate_str(&line, terminal.width, "…");
            writeln!(terminal, "{line}")?;
            if let Some([left, right]) = self.children[node] {
                rest.push((right, format!("{below}└─ "), format!("{below}   ")));
                rest.push((left, format!("{below}├─ "), format!("{below}│  ")));
            }
        }
        self.classes.print_classes(terminal)
    }

    fn row(&self) -> Vec<String> {
        self.classes.row()
    }
}

/// Returns the style of a shade: red, grey, blue.
fn style(shade: usize) -> Style {
    match shade {
        0 => Style::new().red().bold(),
        1 => Style::new().red(),
        3 => Style::new().blue(),
        4 => Style::new().blue().bold(),
        _ => Style::new().dim(),
    }
}

/// Reads the sentences of `--text` and of text files.
fn read(texts: &[String], files: &[PathBuf]) -> Outcomes<Sentence> {
    lines::read(texts, files).and_then(parse)
}

/// Parses a line: a tree in brackets, or plain text.
fn parse(line: Line) -> std::result::Result<Sentence, Failure> {
    let Line { path, text } = line;
    let is_tree = is_tree(&text);
    let tree = if is_tree {
        bracket::parse(&text, Labelling::Optional)
    } else {
        plain::parse(&text)
    };
    match tree {
        Ok(tree) => Ok(Sentence {
            path,
            is_assumed: !is_tree && tree.words().count() > 2,
            tree,
        }),
        Err(error) => Err(Failure {
            error: format!("{path}: {error}"),
            path,
        }),
    }
}

/// Whether a line is a tree. Plain text, too, may stand in brackets, as `(I loved it)` and `(3 stars)`: a tree has brackets
/// within its outer ones, or is of two words. Brackets around nothing count as a tree, so that its missing word is named.
fn is_tree(text: &str) -> bool {
    let Some(inner) = text
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
    else {
        return false;
    };
    // (Really) good (I mean it): the first bracket closes before the last.
    let mut depth = 0_i32;
    let is_closed_before = inner.chars().any(|letter| {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        depth < 0
    });
    let is_digit = |letter: char| letter.is_ascii_digit();
    let after_label = inner.trim_start_matches(is_digit).trim_start();
    if is_closed_before && !after_label.starts_with('(') {
        return false;
    }
    if inner.trim().is_empty() || inner.contains('(') {
        return true;
    }
    let words: Vec<&str> = inner.split_whitespace().collect();
    words.len() == 2 && !words[0].chars().all(is_digit)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn brackets_are_a_tree_and_anything_else_is_text() {
        // A line, its tree, and whether that is assumed.
        let cases = [
            ("(3 (2 It) (4 works))", "(3 (2 It) (4 works))", false),
            ("(It works)", "((It) (works))", false),
            ("It works well.", "((It) ((works) ((well) (.))))", true),
            (
                "(I loved it)",
                "((-LRB-) ((I) ((loved) ((it) (-RRB-)))))",
                true,
            ),
            ("(3 stars)", "((-LRB-) ((3) ((stars) (-RRB-))))", true),
            (
                "(Good) (bad)",
                "((-LRB-) ((Good) ((-RRB-) ((-LRB-) ((bad) (-RRB-))))))",
                true,
            ),
            (
                "good (3 stars)",
                "((good) ((-LRB-) ((3) ((stars) (-RRB-)))))",
                true,
            ),
            (
                "(Really) good",
                "((-LRB-) ((Really) ((-RRB-) (good))))",
                true,
            ),
        ];
        for (text, tree, is_assumed) in cases {
            let sentence = parse(Line {
                path: "--text".into(),
                text: text.into(),
            });
            let sentence = sentence.unwrap();
            assert_eq!(bracket::print(&sentence.tree), tree);
            assert_eq!(sentence.is_assumed, is_assumed, "{text}");
        }
    }

    #[test]
    fn lines_of_a_file_are_sentences_and_bad_ones_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.txt");
        fs::write(&file, "good\n\n(3 (2 a) (9 b))\n").unwrap();
        let found = read(&[], std::slice::from_ref(&file));
        assert_eq!(found.ok[0].path, format!("{}:1", file.display()));
        let error = found.failed[0].to_string();
        assert!(error.contains("a.txt:3: column 11: the label 9"), "{error}");
        fs::write(&file, b"good\n\xff\n").unwrap();
        let error = read(&[], &[file]).failed[0].to_string();
        assert!(error.contains("a.txt:2 is not UTF-8 text"), "{error}");
    }
}
