//! Binary trees of sentences: every phrase is a disc in the colour of its class.

use plotters::style::RGBColor;

use crate::fonts::text_width;
use crate::markup::{Anchor, Markup, hex};
use crate::style::{INK, LABEL_SIZE, MUTED, WORD_SIZE};

/// Space between two words, in pixels.
const GAP: f64 = 16.0;

/// Radius of a disc, in pixels.
const RADIUS: f64 = 9.0;

/// Distance between two levels, and the smallest distance in a deep tree, in pixels.
const LEVEL: [f64; 2] = [26.0, 5.0];

/// Height that the levels of a deep tree share, in pixels.
const HEIGHT: f64 = 700.0;

/// Height of the title above a tree, height of the words below it, and the space around, in pixels.
const TITLE: f64 = 44.0;
const WORDS: f64 = 30.0;
const MARGIN: f64 = 16.0;

/// Colours of five classes from the most negative to the most positive: red, grey, blue (RdBu of ColorBrewer, Harrower
/// and Brewer 2003, with a darker grey).
const COLOURS: [RGBColor; 5] = [
    RGBColor(178, 24, 43),
    RGBColor(239, 138, 98),
    RGBColor(205, 205, 205),
    RGBColor(103, 169, 207),
    RGBColor(33, 102, 172),
];

/// Signs of five classes from the most negative to the most positive.
pub const SIGNS: [&str; 5] = ["−−", "−", "0", "+", "++"];

/// A binary tree with the classes of its phrases. Nodes are in postorder: children stand before their parent.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// Text above the tree.
    pub title: String,
    /// Children of each node, `None` for words.
    pub children: Vec<Option<[usize; 2]>>,
    /// Word of each node, `None` for phrases.
    pub words: Vec<Option<String>>,
    /// Predicted class of each node. Nodes beyond its end are neutral.
    pub classes: Vec<usize>,
    /// Label of each node, if it is known. A node whose label differs from its class gets a ring in the label's colour.
    pub labels: Vec<Option<u8>>,
}

impl Tree {
    fn word(&self, node: usize) -> Option<&str> {
        self.words.get(node)?.as_deref()
    }
}

/// Returns the place of a class among five: of two classes, the second and the fourth.
///
/// # Examples
/// ```
/// use figures::tree::{SIGNS, shade};
///
/// assert_eq!(SIGNS[shade(1, 2)], "+");
/// assert_eq!(SIGNS[shade(4, 5)], "++");
/// ```
pub fn shade(class: usize, classes: usize) -> usize {
    match classes {
        2 => 1 + 2 * class.min(1),
        _ => class.min(4),
    }
}

/// Draws trees below each other, and returns the SVG. The number of `classes` is 2 or 5.
///
/// # Examples
/// ```
/// use figures::tree::{Tree, draw};
///
/// let tree = Tree {
///     title: "not bad".to_owned(),
///     children: vec![None, None, Some([0, 1])],
///     words: vec![Some("not".to_owned()), Some("bad".to_owned()), None],
///     classes: vec![1, 0, 3],
///     labels: vec![],
/// };
/// assert!(draw(&[tree], 5).contains(">bad</text>"));
/// ```
pub fn draw(trees: &[Tree], classes: usize) -> String {
    let layouts: Vec<Layout> = trees.iter().map(Layout::new).collect();
    let titles = trees.iter().map(|tree| text_width(&tree.title, WORD_SIZE));
    let widths = layouts.iter().map(|layout| layout.width).chain(titles);
    let width = widths.fold(0.0, f64::max) + 2.0 * MARGIN;
    let heights = layouts.iter().map(|layout| layout.height + TITLE);
    let mut svg = Markup::new(width, heights.sum::<f64>() + MARGIN);
    let mut top = 0.0;
    for (tree, layout) in trees.iter().zip(&layouts) {
        let baseline = (MARGIN, top + TITLE - 16.0);
        svg.text(baseline, (WORD_SIZE, INK), Anchor::Start, &tree.title, "");
        draw_tree(&mut svg, tree, layout, top + TITLE, classes);
        top += layout.height + TITLE;
    }
    svg.finish()
}

/// Places of a tree's nodes, in pixels.
struct Layout {
    places: Vec<(f64, f64)>,
    width: f64,
    height: f64,
}

impl Layout {
    /// Places words side by side, and phrases above the middle of their children.
    fn new(tree: &Tree) -> Self {
        let mut heights = vec![0_usize; tree.children.len()];
        for (node, parts) in tree.children.iter().enumerate() {
            heights[node] = parts.map_or(0, |[left, right]| 1 + heights[left].max(heights[right]));
        }
        let highest = heights.last().copied().unwrap_or(0);
        let level = (HEIGHT / highest.max(1) as f64).clamp(LEVEL[1], LEVEL[0]);
        let mut width = 0.0;
        let mut places: Vec<(f64, f64)> = Vec::with_capacity(heights.len());
        for (node, parts) in tree.children.iter().enumerate() {
            let across = match parts {
                Some([left, right]) => (places[*left].0 + places[*right].0) / 2.0,
                None => {
                    let word = tree.word(node).unwrap_or_default();
                    let room = text_width(word, WORD_SIZE).max(2.0 * RADIUS) + GAP;
                    width += room;
                    MARGIN + width - room / 2.0
                }
            };
            let down = (highest - heights[node]) as f64 * level;
            places.push((across, down + RADIUS));
        }
        let height = highest as f64 * level + 2.0 * RADIUS + WORDS;
        Self {
            places,
            width,
            height,
        }
    }
}

fn draw_tree(svg: &mut Markup, tree: &Tree, layout: &Layout, top: f64, classes: usize) {
    let place = |node: usize| (layout.places[node].0, layout.places[node].1 + top);
    for (node, parts) in tree.children.iter().enumerate() {
        for &part in parts.iter().flatten() {
            let ((x1, y1), (x2, y2)) = (place(node), place(part));
            svg.element(format_args!(
                "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"{}\"/>",
                hex(MUTED)
            ));
        }
    }
    for node in 0..tree.children.len() {
        let (x, y) = place(node);
        let shown = tree.classes.get(node);
        let shown = shown.map_or(2, |&class| shade(class, classes));
        let label = tree.labels.get(node).copied().flatten();
        let label = label.map_or(shown, |class| shade(usize::from(class), classes));
        let ring = if label == shown { 0 } else { 4 };
        svg.element(format_args!(
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{RADIUS}\" fill=\"{}\" stroke=\"{}\" stroke-width=\"{ring}\"/>",
            hex(COLOURS[shown]),
            hex(COLOURS[label])
        ));
        let is_dark = matches!(shown, 0 | 4);
        let ink = if is_dark {
            RGBColor(255, 255, 255)
        } else {
            INK
        };
        svg.text(
            (x, y + 4.0),
            (LABEL_SIZE - 1, ink),
            Anchor::Middle,
            SIGNS[shown],
            "",
        );
        if let Some(word) = tree.word(node) {
            let baseline = (x, y + RADIUS + 16.0);
            svg.text(baseline, (WORD_SIZE, INK), Anchor::Middle, word, "");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::png;

    #[test]
    fn every_word_and_phrase_is_drawn() {
        let word = |text: &str| Some(text.to_owned());
        let tree = Tree {
            title: "a \"title\"".to_owned(),
            children: vec![
                None,
                None,
                None,
                Some([1, 2]),
                Some([0, 3]),
                None,
                Some([4, 5]),
            ],
            words: vec![
                word("<good>"),
                word("&"),
                word("不"),
                None,
                None,
                word("बुरा"),
                None,
            ],
            classes: vec![3, 2, 2, 2, 3, 1, 0],
            labels: vec![None, None, None, None, None, Some(1), Some(4)],
        };
        let svg = draw(&[tree.clone(), tree.clone()], 5);
        assert_eq!(svg.matches("<circle").count(), 2 * 7);
        assert_eq!(svg.matches("<line").count(), 2 * 6);
        for text in [
            "&lt;good&gt;",
            "&amp;",
            ">不<",
            "बुरा",
            "a &quot;title&quot;",
            "−−",
        ] {
            assert!(svg.contains(text), "{text} in {svg}");
        }
        // One phrase differs from its label.
        assert_eq!(svg.matches("stroke-width=\"4\"").count(), 2);
        assert!(png(&svg).is_ok());
        // Of two classes, and of too few of them.
        let classes = vec![];
        assert!(draw(&[Tree { classes, ..tree }], 2).contains("बुरा"));
    }
}
