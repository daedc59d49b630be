//! Trees: read, printed, refused, cut from plain text, and arranged as levels.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use datasets::Official;
use datasets::synthetic::phrases;
use datasets::trees::bracket::{parse, print};
use datasets::trees::{Grain, Labelling, Levels, Node, Tree, Vocabulary, plain, set};
use proptest::prelude::*;

fn tree(text: &str) -> Tree {
    parse(text, Labelling::Optional).unwrap()
}

#[test]
fn a_labelled_tree_lies_in_postorder() {
    let tree = parse("(3 (2 It) (4 (2 works) (4 well)))", Labelling::Required).unwrap();
    let labels: Vec<_> = tree
        .nodes()
        .iter()
        .map(|node| node.label.unwrap())
        .collect();
    assert_eq!(labels, [2, 2, 4, 4, 3]);
    assert_eq!(tree.words().collect::<Vec<_>>(), ["It", "works", "well"]);
    assert_eq!(
        tree.children(),
        [None, None, None, Some([1, 2]), Some([0, 3])]
    );
    assert_eq!(tree.phrases(), [0..1, 1..2, 2..3, 1..3, 0..3]);
    assert_eq!(tree.depths(), [1, 2, 2, 1, 0]);
}

#[test]
fn labels_may_be_left_out_where_they_are_not_required() {
    let bare = tree("(It (works well))");
    assert!(bare.nodes().iter().all(|node| node.label.is_none()));
    assert_eq!(print(&bare), "((It) ((works) (well)))");
    let some = tree("(4 It (works (1 well)))");
    let labels: Vec<_> = some.nodes().iter().map(|node| node.label).collect();
    assert_eq!(labels, [None, None, Some(1), None, Some(4)]);
    assert_eq!(
        tree("(3)").nodes()[0].word.as_deref(),
        Some("3"),
        "a word that is a number"
    );
}

#[test]
fn slashes_and_stars_lose_their_backslash() {
    let text = r"(2 (2 co-writer\/director) (2 \*\*))";
    let tree = parse(text, Labelling::Required).unwrap();
    assert_eq!(
        tree.words().collect::<Vec<_>>(),
        ["co-writer/director", "**"]
    );
    assert_eq!(print(&tree), text);
}

#[test]
fn backslashes_do_not_make_a_word_too_long() {
    let longest = tree(&format!("(2 {})", "/".repeat(200)));
    assert_eq!(tree(&print(&longest)), longest);
    let longer = format!("(2 {})", "/".repeat(201));
    let error = parse(&longer, Labelling::Optional).unwrap_err();
    assert!(error.reason.contains("201 bytes"), "{}", error.reason);
}

#[test]
fn what_is_no_tree_is_refused_with_its_column() {
    let deep = "(".repeat(100_000);
    let cases = [
        ("", 1, "there is no tree"),
        ("(2 It", 1, "never closed"),
        ("(2 It))", 7, "closes none"),
        ("(2 It) (2 It)", 8, "second tree"),
        ("(2 It) It", 8, "more after the tree"),
        ("It works", 1, "begins with an opening bracket"),
        ("(It)", 2, "'It' stands where the label belongs"),
        ("((2 a) (2 b))", 2, "label is missing"),
        ("(5 It)", 2, "label 5 is out of range"),
        (
            "(2 (99999999999999999999999999999999999999 It) (2 b))",
            5,
            "out of range",
        ),
        ("(-1 It)", 2, "'-1' stands where the label belongs"),
        ("(2 (2 It))", 1, "holds a single other one"),
        ("(2 (2 a) (2 b) (2 c))", 16, "trees are binary"),
        ("(2 a b)", 6, "one word or two brackets"),
        ("(2 a (2 b))", 6, "one word or two brackets"),
        ("(2)", 1, "holds no word"),
        ("()", 1, "holds no word"),
        (deep.as_str(), 1, "bytes, more than"),
        (&deep[..60_000], 2, "label is missing"),
    ];
    for (text, column, part) in cases {
        let start: String = text.chars().take(40).collect();
        match parse(text, Labelling::Required) {
            Err(error) => {
                assert_eq!(error.column, column, "{start}: {error}");
                assert!(error.to_string().contains(part), "{start}: {error}");
            }
            Ok(tree) => panic!("{start}: read as {tree:?}"),
        }
    }
    let error = parse(&deep[..60_000], Labelling::Optional).unwrap_err();
    assert!(error.reason.contains("more than 1000 brackets"), "{error}");
    let many = format!("({}", "a (".repeat(1200));
    let error = parse(&many, Labelling::Optional).unwrap_err();
    assert!(error.reason.contains("more than 1000"), "{error}");
}

#[test]
fn plain_text_is_cut_as_in_the_treebank() {
    let cases = [
        ("It works.", "It works ."),
        (
            "I don't like it, but she does!",
            "I do n't like it , but she does !",
        ),
        (
            "It's \"fun\" (really)...",
            "It 's `` fun '' -LRB- really -RRB- ...",
        ),
        ("You cannot lose", "You can not lose"),
        (
            "Mr. Bean's film vs. U.S. films",
            "Mr. Bean 's film vs. U.S. films",
        ),
        ("a film--not a play", "a film -- not a play"),
        ("‘tis “great”", "'tis `` great ''"),
        ("can't won't", "ca n't wo n't"),
        ("100% $5", "100 % $ 5"),
        ("n't 's", "n't 's"),
    ];
    for (text, words) in cases {
        assert_eq!(plain::words(text).join(" "), words, "{text}");
    }
    let tree = plain::parse("It works well.").unwrap();
    assert_eq!(print(&tree), "((It) ((works) ((well) (.))))");
    assert!(plain::parse(" \n").unwrap_err().reason.contains("no word"));
    assert!(
        plain::parse(&"a ".repeat(1001))
            .unwrap_err()
            .reason
            .contains("1001 words")
    );
}

#[test]
fn rare_words_are_unknown() {
    let words = ["A", "a", "B", "b", "c", "a"];
    let known = Vocabulary::new(words, true, 2);
    assert_eq!(known.len(), 3);
    assert_eq!(
        ["a", "A", "b", "c", "d"].map(|word| known.number(word)),
        [1, 1, 2, 0, 0]
    );
    let known = Vocabulary::new(words, false, 2);
    assert_eq!(["a", "A", "b"].map(|word| known.number(word)), [1, 0, 0]);
    let json = serde_json::to_string(&known).unwrap();
    assert_eq!(serde_json::from_str::<Vocabulary>(&json).unwrap(), known);
    let disordered = r#"{"lower_case": true, "words": ["b", "a"]}"#;
    let disordered: Vocabulary = serde_json::from_str(disordered).unwrap();
    assert!(
        disordered
            .check()
            .unwrap_err()
            .to_string()
            .contains("alphabetical")
    );
}

fn treebank(dir: &Path, train: &[u8], rest: &str) {
    fs::write(dir.join("train.txt"), train).unwrap();
    fs::write(dir.join("dev.txt"), rest).unwrap();
    fs::write(dir.join("test.txt"), rest).unwrap();
}

const TRAIN: &str = "(4 (2 so) (4 good))\n\n(2 (2 so) (2 so))\n(0 (2 So) (0 bad))\n(1 (4 good) (1 (2 not) (4 good)))\n";

#[test]
fn a_treebank_becomes_one_set() {
    let dir = tempfile::tempdir().unwrap();
    treebank(
        dir.path(),
        TRAIN.as_bytes(),
        "(3 (2 so) (3 fine))\n(1 (2 so) (1 bad))\n",
    );
    let mut all = set::read(dir.path(), Grain::Five).unwrap();
    assert_eq!(all.numbers(0), [Some(0), Some(0), None]);
    all.learn_words(&[0, 1, 2, 3], false, 1);
    assert_eq!(all.len(), 8);
    assert_eq!(all.labels, [4, 2, 0, 1, 3, 1, 3, 1]);
    assert_eq!(all.origins[2].path, "train/4", "the blank line counts");
    assert_eq!(print(&all.tree(3)), "(1 (4 good) (1 (2 not) (4 good)))");
    assert_eq!(
        all.preprocessing.vocabulary.len(),
        6,
        "so, So, good, bad, not: {:?}",
        all.preprocessing
    );
    assert_eq!(
        all.numbers(4)[1],
        Some(0),
        "fine is not in the training part"
    );
    let groups = all.groups();
    assert_eq!(groups[5], groups[7]);
    assert_eq!(groups[2], groups[5], "but for the case");

    let mut two = set::read(dir.path(), Grain::Two).unwrap();
    two.learn_words(&[0, 1, 2], true, 2);
    assert_eq!(two.labels, [1, 0, 0, 1, 0, 1, 0]);
    assert_eq!(two.classes(0), [None, Some(1), Some(1)]);
    assert_eq!(two.numbers(0), [Some(2), Some(1), None]);
}

#[test]
fn what_is_wrong_in_a_file_is_told_with_line_and_column() {
    let good = "(3 (2 so) (3 fine))\n";
    let cases: [(&[u8], &str); 6] = [
        (
            b"(3 (2 so) (3 fine))\n(3 (2 so) (7 fine))\n",
            "train.txt:2:12: the label 7",
        ),
        (
            b"(3 (2 so) (3 fine)",
            "train.txt:1:1: this bracket is never closed",
        ),
        (
            b"(3 (2 so) (3 fine))\n(2 \xff)\n",
            "train.txt:2:4: this byte is not UTF-8",
        ),
        (b"\n \n", "train.txt: has no trees"),
        (b"", "train.txt: has no trees"),
        (
            b"(3 (2 so) (3 fine)) (2 a)",
            "train.txt:1:21: a second tree",
        ),
    ];
    for (train, part) in cases {
        let dir = tempfile::tempdir().unwrap();
        treebank(dir.path(), train, good);
        let error = set::read(dir.path(), Grain::Five).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    let dir = tempfile::tempdir().unwrap();
    let error = set::read(dir.path(), Grain::Five).unwrap_err().to_string();
    assert!(error.contains("train.txt"), "{error}");
    fs::create_dir(dir.path().join("train.txt")).unwrap();
    let error = set::read(dir.path(), Grain::Five).unwrap_err().to_string();
    assert!(error.contains("is not a file"), "{error}");
}

/// 11,855 sentences in all, and 6,920, 872 and 1,821 that are not neutral (Socher et al. 2013).
#[test]
fn the_treebank_has_the_sentences_that_are_published() {
    let Some(data) = std::env::var_os("HEBB_DATA") else {
        println!("skipped: HEBB_DATA is not set");
        return;
    };
    let dir = Path::new(&data).join("sst-trees");
    for (grain, counts) in [
        (Grain::Five, [8544, 1101, 2210]),
        (Grain::Two, [6920, 872, 1821]),
    ] {
        let set = set::read(&dir, grain).unwrap();
        let parts = [Official::Train, Official::Valid, Official::Test].map(|part| {
            let of = set
                .origins
                .iter()
                .filter(|origin| origin.official == Some(part));
            of.count()
        });
        assert_eq!(parts, counts);
        let printed = fs::read_to_string(dir.join("dev.txt")).unwrap();
        if grain == Grain::Five {
            for (index, line) in printed.lines().enumerate() {
                assert_eq!(print(&set.tree(8544 + index)), line);
            }
        }
    }
}

#[test]
fn levels_hold_the_parts_of_a_phrase_in_the_level_before() {
    let one = [Some(7), Some(8), None, Some(9), None]; // ((7 8) 9)
    let two = [Some(5)];
    let levels = Levels::new([&one[..], &two[..]]);
    assert_eq!(levels.words, [7, 8, 9, 5]);
    assert_eq!(levels.leaves, [2, 1, 1]);
    assert_eq!(levels.children, [vec![0, 1], vec![0, 1]]);
    assert_eq!(levels.rows, [vec![0, 1, 2, 3, 4], vec![5]]);
    assert_eq!(levels.nodes(), 6);
    assert_eq!(Levels::new([]), Levels::default());
}

/// No classifier that sees only how often each word occurs can be better than the most frequent class of
/// each bag, whatever it learned.
#[test]
fn counting_words_fails_on_generated_trees_and_composing_does_not() {
    let set = phrases::trees(4000, 1, Grain::Five);
    let mut bags: HashMap<Vec<String>, [usize; 5]> = HashMap::new();
    for tree in 0..set.len() {
        let whole = set.tree(tree);
        let mut words: Vec<String> = whole.words().skip(2).map(str::to_owned).collect();
        words.sort_unstable();
        if words.iter().any(|word| word == "yet" || word == "hardly") {
            bags.entry(words).or_default()[set.labels[tree]] += 1;
        }
        assert_eq!(composed(&whole), set.labels[tree]);
    }
    // Bags seen once are always "right".
    let (right, seen) = (bags
        .values()
        .filter(|counts| counts.iter().sum::<usize>() > 1))
    .fold((0, 0), |(right, seen), counts| {
        (
            right + counts.iter().max().unwrap(),
            seen + counts.iter().sum::<usize>(),
        )
    });
    assert!(seen > 500, "{seen}");
    let best = right as f64 / seen as f64;
    assert!(best < 0.85, "{best}");
}

/// The label of the root, from the words and the brackets alone.
fn composed(tree: &Tree) -> usize {
    let mut values: Vec<i32> = Vec::new();
    let first: Vec<&Node> = tree.nodes().iter().collect();
    for (node, parts) in tree.children().into_iter().enumerate() {
        values.push(match parts {
            None => match first[node].word.as_deref().unwrap() {
                "dreadful" => -2,
                "clumsy" | "dull" => -1,
                "fine" | "clever" | "touching" => 1,
                "superb" => 2,
                _ => 0,
            },
            Some([left, right]) => match first[left].word.as_deref() {
                Some("hardly") => -values[right],
                Some("truly") => (2 * values[right]).clamp(-2, 2),
                _ => values[right],
            },
        });
    }
    (values.last().unwrap() + 2) as usize
}

#[test]
fn generated_trees_are_the_same_whatever_the_count() {
    let (few, many) = (
        phrases::trees(20, 5, Grain::Two),
        phrases::trees(200, 5, Grain::Two),
    );
    for tree in 0..few.len() {
        assert_eq!(few.tree(tree), many.tree(tree));
    }
    assert!(many.len() < 200, "neutral ones are left out");
    assert!(
        phrases::trees(20, 6, Grain::Two).tree(0) != few.tree(0)
            || phrases::trees(20, 6, Grain::Two).tree(1) != few.tree(1)
    );
}

/// Any binary tree: words and joins in an order that leaves one.
fn any_tree() -> impl Strategy<Value = Tree> {
    let word = r"[^\s()]{1,8}".prop_filter("letters", |word| {
        !word.chars().any(|c| c.is_whitespace() || c.is_control())
    });
    let leaf = (proptest::option::of(0_u8..5), word);
    let leaves =
        proptest::collection::vec((leaf, proptest::option::of(0_u8..5), any::<u8>()), 1..40);
    leaves.prop_map(|leaves| {
        let (mut nodes, mut open) = (Vec::new(), 0);
        let count = leaves.len();
        for (index, ((label, word), of_phrase, joins)) in leaves.into_iter().enumerate() {
            nodes.push(Node {
                label,
                word: Some(word),
            });
            open += 1;
            let joins = if index + 1 == count {
                open - 1
            } else {
                usize::from(joins) % open
            };
            for _ in 0..joins {
                nodes.push(Node {
                    label: of_phrase,
                    word: None,
                });
            }
            open -= joins;
        }
        Tree::new(nodes).unwrap()
    })
}

proptest! {
    #[test]
    fn what_is_printed_is_read_again(tree in any_tree()) {
        prop_assert_eq!(&parse(&print(&tree), Labelling::Optional).unwrap(), &tree);
        if tree.nodes().iter().all(|node| node.label.is_some()) {
            prop_assert_eq!(&parse(&print(&tree), Labelling::Required).unwrap(), &tree);
        }
    }

    #[test]
    fn nothing_that_is_read_panics(text in r"[()0-9a-z \\/*\t.]{0,80}|\PC{0,60}") {
        for labelling in [Labelling::Required, Labelling::Optional] {
            if let Ok(tree) = parse(&text, labelling) {
                prop_assert_eq!(parse(&print(&tree), Labelling::Optional).unwrap(), tree);
            }
        }
        if let Ok(tree) = plain::parse(&text) {
            prop_assert_eq!(tree.nodes().len(), 2 * tree.words().count() - 1);
        }
    }

    #[test]
    fn any_bytes_in_a_file_are_a_set_or_an_error_of_one_line(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let dir = tempfile::tempdir().unwrap();
        treebank(dir.path(), &bytes, "(2 a)\n");
        if let Err(error) = set::read(dir.path(), Grain::Five) {
            prop_assert_eq!(error.to_string().lines().count(), 1);
        }
    }

    #[test]
    fn every_node_has_one_row_above_those_of_its_parts(trees in proptest::collection::vec(any_tree(), 1..6)) {
        let numbers: Vec<Vec<Option<u32>>> = trees.iter()
            .map(|tree| tree.nodes().iter().enumerate().map(|(i, node)| node.word.as_ref().map(|_| i as u32)).collect())
            .collect();
        let levels = Levels::new(numbers.iter().map(Vec::as_slice));
        let mut rows: Vec<usize> = levels.rows.concat();
        rows.sort_unstable();
        prop_assert_eq!(rows, (0..levels.nodes()).collect::<Vec<_>>());
        prop_assert_eq!(levels.words.len(), levels.leaves.iter().sum::<usize>());
        // What each row is made of, found again from the levels alone.
        let (mut parts, mut before, mut words) = (HashMap::new(), 0, levels.words.iter());
        let mut row = 0;
        for (level, &leaves) in levels.leaves.iter().enumerate() {
            let start = row;
            let children = level.checked_sub(1).map_or(&[][..], |index| &levels.children[index]);
            for pair in children.chunks(2) {
                parts.insert(row, Ok([before + pair[0] as usize, before + pair[1] as usize]));
                row += 1;
            }
            for _ in 0..leaves {
                parts.insert(row, Err(*words.next().unwrap()));
                row += 1;
            }
            before = start;
        }
        for (tree, (rows, numbers)) in trees.iter().zip(levels.rows.iter().zip(&numbers)) {
            for (node, children) in tree.children().into_iter().enumerate() {
                let expected = match children {
                    Some([left, right]) => Ok([rows[left], rows[right]]),
                    None => Err(numbers[node].unwrap()),
                };
                prop_assert_eq!(parts[&rows[node]], expected);
            }
        }
    }
}
