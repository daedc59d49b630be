//! Trees as a picture: every phrase a disc in the colour of its class.

use std::fmt::Write;

use crate::trees::tree::Tree;

/// Pixels of a letter of a word, about.
const LETTER: f64 = 7.0;
/// Pixels between two words.
const GAP: f64 = 16.0;
/// Pixels of a disc's radius.
const RADIUS: f64 = 9.0;
/// Pixels from one level to the next, and the least in a deep tree.
const LEVEL: [f64; 2] = [26.0, 5.0];
/// Pixels that the levels of a deep tree share.
const HEIGHT: f64 = 700.0;
/// Pixels above a tree for its title, below it for its words, and around it.
const TITLE: f64 = 44.0;
const WORDS: f64 = 30.0;
const MARGIN: f64 = 16.0;

/// The colours from the first to the last of five classes: red, grey, blue.
pub const COLOURS: [[u8; 3]; 5] = [
    [178, 24, 43],
    [239, 138, 98],
    [205, 205, 205],
    [103, 169, 207],
    [33, 102, 172],
];

/// The signs of five classes.
pub const SIGNS: [&str; 5] = ["−−", "−", "0", "+", "++"];

/// A tree with the classes of its phrases.
#[derive(Clone, Copy, Debug)]
pub struct Drawn<'a> {
    /// The tree.
    pub tree: &'a Tree,
    /// What stands above it.
    pub title: &'a str,
    /// The class of every phrase, in postorder.
    pub classes: &'a [usize],
    /// What the classes should be, where it is known: a phrase that differs gets a ring in that colour.
    pub truths: &'a [Option<u8>],
}

/// The place of a class among five: two classes are the second and the fourth.
pub fn shade(class: usize, classes: usize) -> usize {
    match classes {
        2 => 1 + 2 * class.min(1),
        _ => class.min(4),
    }
}

/// Trees below each other, as SVG.
///
/// `classes` is how many classes there are, 2 or 5. What of [`Drawn`] is shorter than its tree leaves the
/// other phrases grey.
pub fn svg(trees: &[Drawn<'_>], classes: usize) -> String {
    let laid: Vec<Laid> = trees.iter().map(|drawn| Laid::new(drawn.tree)).collect();
    let titles = trees
        .iter()
        .map(|drawn| drawn.title.chars().count() as f64 * LETTER);
    let widths = laid.iter().map(|laid| laid.width).chain(titles);
    let width = widths.fold(0.0, f64::max) + 2.0 * MARGIN;
    let height = laid.iter().map(|laid| laid.height + TITLE).sum::<f64>() + MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"Roboto, sans-serif\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    let mut top = 0.0;
    for (drawn, laid) in trees.iter().zip(&laid) {
        // Writing to a String cannot fail.
        let _ = draw(&mut svg, drawn, laid, top, classes);
        top += laid.height + TITLE;
    }
    svg + "</svg>\n"
}

/// Where the nodes of a tree are.
struct Laid {
    places: Vec<(f64, f64)>,
    width: f64,
    height: f64,
}

impl Laid {
    fn new(tree: &Tree) -> Self {
        let children = tree.children();
        let mut heights = vec![0_usize; children.len()];
        for (node, parts) in children.iter().enumerate() {
            heights[node] = parts.map_or(0, |[left, right]| 1 + heights[left].max(heights[right]));
        }
        let highest = heights.last().copied().unwrap_or(0);
        let level = (HEIGHT / highest.max(1) as f64).clamp(LEVEL[1], LEVEL[0]);
        let mut width = 0.0;
        let mut places: Vec<(f64, f64)> = Vec::with_capacity(children.len());
        for (node, parts) in children.iter().enumerate() {
            let across = match parts {
                Some([left, right]) => (places[*left].0 + places[*right].0) / 2.0,
                None => {
                    let letters = tree.nodes()[node].word.as_deref().unwrap_or_default();
                    let room = (letters.chars().count() as f64 * LETTER).max(2.0 * RADIUS) + GAP;
                    width += room;
                    width - room / 2.0
                }
            };
            let down = (highest - heights[node]) as f64 * level;
            places.push((across + MARGIN, down + RADIUS));
        }
        let height = highest as f64 * level + 2.0 * RADIUS + WORDS;
        Self {
            places,
            width,
            height,
        }
    }
}

fn draw(
    svg: &mut String,
    drawn: &Drawn<'_>,
    laid: &Laid,
    top: f64,
    classes: usize,
) -> std::fmt::Result {
    let top = top + TITLE;
    writeln!(
        svg,
        "<text x=\"{MARGIN}\" y=\"{:.1}\" font-size=\"14\" fill=\"#262626\">{}</text>",
        top - 16.0,
        escaped(drawn.title)
    )?;
    let place = |node: usize| (laid.places[node].0, laid.places[node].1 + top);
    for (node, parts) in drawn.tree.children().into_iter().enumerate() {
        for part in parts.into_iter().flatten() {
            let ((x1, y1), (x2, y2)) = (place(node), place(part));
            writeln!(
                svg,
                "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"#969696\"/>"
            )?;
        }
    }
    for (node, word) in drawn.tree.nodes().iter().map(|node| &node.word).enumerate() {
        let (x, y) = place(node);
        let shown = drawn
            .classes
            .get(node)
            .map_or(2, |&class| shade(class, classes));
        let truth = drawn.truths.get(node).copied().flatten();
        let truth = truth.map_or(shown, |class| shade(usize::from(class), classes));
        let [ring, wide] = if truth == shown {
            [shown, 0]
        } else {
            [truth, 4]
        };
        writeln!(
            svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{RADIUS}\" fill=\"{}\" stroke=\"{}\" stroke-width=\"{wide}\"/>",
            hex(COLOURS[shown]),
            hex(COLOURS[ring])
        )?;
        let ink = if matches!(shown, 0 | 4) {
            "#ffffff"
        } else {
            "#262626"
        };
        writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{:.1}\" font-size=\"11\" text-anchor=\"middle\" fill=\"{ink}\">{}</text>",
            y + 4.0,
            SIGNS[shown]
        )?;
        if let Some(word) = word {
            writeln!(
                svg,
                "<text x=\"{x:.1}\" y=\"{:.1}\" font-size=\"13\" text-anchor=\"middle\" fill=\"#262626\">{}</text>",
                y + RADIUS + 16.0,
                escaped(word)
            )?;
        }
    }
    Ok(())
}

fn hex([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Text as XML takes it; what XML has no place for becomes a question mark.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => safe.push('?'),
            _ if character.is_control() => safe.push('?'),
            _ => safe.push(character),
        }
    }
    safe
}
