//! Drawn test trees: the sentences that are classified best, and the worst errors.

use anyhow::Result;
use burn::tensor::Tensor;
use datasets::TreeSet;
use datasets::trees::Levels;
use figures::tree::{self, Tree};
use metrics::Predictions;
use models::{Forest, Network, TreeNet};

use crate::report::figure;
use crate::report::trained::Trained;

/// Number of trees drawn of each kind.
const COUNT: usize = 4;

/// Number of words of a tree that fits a figure.
const WORDS: std::ops::RangeInclusive<usize> = 6..=22;

/// Writes `trees.svg` and `trees.png` with correct sentences, and `mistakes.svg` and `mistakes.png`.
pub fn write(run: &Trained<'_, TreeSet, TreeNet>, test: &Predictions) -> Result<()> {
    let Trained { set, split, .. } = run;
    let predicted = test.predicted_classes();
    let mut places: Vec<usize> = (0..test.len()).collect();
    places.sort_by(|&a, &b| test.losses[a].total_cmp(&test.losses[b]));
    let is_correct = |place: &&usize| predicted[**place] == test.labels[**place];
    let fits = |place: &&usize| WORDS.contains(&set.tree(split.test[**place]).words().count());
    // One sentence of each class.
    let mut correct: Vec<usize> = Vec::new();
    for &place in places.iter().filter(is_correct).filter(fits) {
        let seen = correct
            .iter()
            .any(|&other| test.labels[other] == test.labels[place]);
        if !seen && correct.len() <= COUNT {
            correct.push(place);
        }
    }
    let wrong = places
        .iter()
        .rev()
        .filter(|place| !is_correct(place))
        .filter(fits);
    let wrong: Vec<usize> = wrong.take(COUNT).copied().collect();
    for (name, places) in [("trees", correct), ("mistakes", wrong)] {
        figure::write(run.folder, name, &drawn(run, test, &places))?;
    }
    Ok(())
}

fn drawn(run: &Trained<'_, TreeSet, TreeNet>, test: &Predictions, places: &[usize]) -> String {
    let Trained { set, split, .. } = run;
    let names = &set.class_names;
    let predicted = test.predicted_classes();
    let trees = places.iter().map(|&place| {
        let index = split.test[place];
        let (class, label) = (predicted[place], test.labels[place]);
        let row = &test.probabilities[place * test.classes..];
        let title = format!(
            "{}: {} ({:.0} %), labelled {}. A ring is what a phrase is labelled where that differs.",
            set.origins[index].path,
            names[class],
            100.0 * row[class],
            names[label]
        );
        let tree = set.tree(index);
        Tree {
            title,
            children: tree.children(),
            words: tree.nodes().iter().map(|node| node.word.clone()).collect(),
            classes: phrases(run.network, &set.numbers(index), run.device),
            labels: set.classes(index),
        }
    });
    tree::draw(&trees.collect::<Vec<_>>(), names.len())
}

/// Returns the predicted class of every phrase of a tree, in postorder.
fn phrases(network: &TreeNet, tree: &[Option<u32>], device: &burn::tensor::Device) -> Vec<usize> {
    let levels = Levels::new([tree]);
    let (words, children) = levels.tensors(device);
    let logits: Tensor<2> = network.forward(Forest {
        words,
        leaves: levels.leaves,
        children,
    });
    let classes = logits.argmax(1).into_data();
    let classes: Vec<usize> = classes.iter::<i64>().map(|class| class as usize).collect();
    levels
        .rows
        .concat()
        .into_iter()
        .map(|row| classes[row])
        .collect()
}
