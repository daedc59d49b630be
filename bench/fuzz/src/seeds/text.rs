//! Sentence pairs, parse trees, currents and protocols.

use datasets::synthetic::{phrases, sentence_pair};
use datasets::trees::bracket;

use super::Seeds;

/// Returns the inputs of all targets that read lines of text.
pub fn all() -> Vec<Seeds> {
    let tree = |index| bracket::print(&phrases::tree(1, index));
    let unlabelled = |tree: String| tree.replace(|letter: char| letter.is_ascii_digit(), "");
    let lines = |count: usize| (0..count).map(tree).collect::<Vec<_>>().join("\n");
    let brackets = (0..6)
        .map(tree)
        .chain((0..3).map(|index| unlabelled(tree(index))))
        .chain(["(3 (2 It) (4 works))", "(It (works well))", "(2 -LRB-)"].map(str::to_owned));
    vec![
        Seeds::text("pairs", pairs()),
        Seeds::text(
            "trees",
            [lines(1), lines(5), format!("\u{feff}{}\r\n", lines(2))],
        ),
        Seeds::text("bracket", brackets),
        Seeds::text(
            "plain",
            [
                "The film isn't dull, but it's long.",
                "\"Superb,\" he said (twice) -- and then...",
                "Mr. Smith can't; they'll pay $5.50 [or 10%]!",
                "l'\u{e9}t\u{e9} \u{201c}quoted\u{201d} \u{2014} d'accord?",
            ],
        ),
        Seeds::text(
            "current",
            [
                "step:10",
                "step:2.5,from=5,until=60",
                "ramp:0..20,from=1",
                "pulses:8,width=2,every=10",
                "sine:3,hz=40,mean=1",
                "noise:5,sigma=2",
                "noise:1,sigma=0.5,tau=5,grid=0.2,seed=7,until=90",
                "0..200:-100+20",
                "100..200:-25,300..700:-100+50",
            ],
        ),
    ]
}

/// Files of sentence pairs.
fn pairs() -> Vec<String> {
    let pair = |index| sentence_pair(1, index).join("\t");
    let file: Vec<String> = (0..8).map(pair).collect();
    vec![
        file.join("\n"),
        format!("English\tFrench\n{}", file[..3].join("\r\n")),
        format!("{}\tCC-BY 2.0 (France) Attribution\n", pair(9)),
        "1\tGo.\tVa !\n2\tRun!\tCours !\n".to_owned(),
        "Go.\tVa\u{a0}!\nCafe\u{301}.\tCaf\u{e9}.\n".to_owned(),
    ]
}
