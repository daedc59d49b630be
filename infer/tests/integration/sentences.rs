//! Answers of a network over trees that is trained on generated sentences first.

use std::fs;

use crate::stage::{Stage, outcome, success};
use serde_json::Value;

/// Creates a stage with a trained model of sentences as the newest run, and a model of pictures.
fn stage() -> Stage {
    let stage = Stage::new();
    let runs = stage.path("runs");
    let arguments = [
        "train",
        "sentiment-tree",
        "--generated",
        "--stand-ins",
        "600",
        "--epochs",
        "6",
        "--seed",
        "1",
        "--device",
        "flex",
        "--no-tui",
        "--out",
    ];
    let arguments = arguments.into_iter().map(Into::into);
    train::run(arguments.chain([runs.into_os_string()])).unwrap();
    stage.digit_model("digits.safetensors", |_| {});
    stage.digit("good.png", 3);
    stage.write("empty.txt", "\n \n");
    stage.write("latin.txt", b"good\ncaf\xe9\n");
    stage.write("mixed.txt", "a superb film\n(2 (2 a) (7 b))\n");
    stage.write("folder/a.txt", "fine\n");
    stage
}

/// Arguments, standard input, exit code, and parts of the one line on standard error.
const BAD: &[(&str, &[u8], i32, &[&str])] = &[
    ("--text=", b"", 1, &["--text", "no word"]),
    ("--text ((a", b"", 0, &[]),
    ("--text ()", b"", 1, &["column 1", "no word"]),
    ("--text (a)(b)", b"", 0, &[]),
    (
        "--text ((a)(b))((c)(d))",
        b"",
        1,
        &["column 9", "second tree"],
    ),
    (
        "--text (5(a)(b))",
        b"",
        1,
        &["column 2", "label 5", "0 (very negative)"],
    ),
    ("--text ((a)(b)(c))", b"", 1, &["column 8", "binary"]),
    ("--text (((a)))", b"", 1, &["single"]),
    ("missing.txt", b"", 1, &["missing.txt"]),
    ("empty.txt", b"", 1, &["empty.txt", "no sentence"]),
    ("latin.txt", b"", 1, &["latin.txt:2", "UTF-8"]),
    (
        "mixed.txt --strict",
        b"",
        1,
        &["mixed.txt:2", "column 11", "label 7"],
    ),
    ("good.png", b"", 1, &["good.png", "UTF-8"]),
    ("folder", b"", 1, &["folder", "not a text file"]),
    ("-", b"", 1, &["standard input", "no sentence"]),
    ("-", b"\xff\n", 1, &["standard input:1", "UTF-8"]),
    (
        "--text a --codes codes.csv",
        b"",
        2,
        &["--codes", "sentences"],
    ),
    ("--text a --show", b"", 2, &["--show", "sentences"]),
    (
        "--text a --tree no/such/folder/a.svg",
        b"",
        1,
        &["no/such/folder", "--tree"],
    ),
    ("--text a --tree folder", b"", 1, &["folder", "--tree"]),
    (
        "--text a --model digits.safetensors",
        b"",
        2,
        &["--text", "digits.safetensors"],
    ),
    (
        "good.png --tree a.svg --model digits.safetensors",
        b"",
        2,
        &["--tree", "digits.safetensors"],
    ),
    ("--text a --top 0", b"", 2, &["--top"]),
    ("--text", b"", 2, &["--text"]),
];

#[test]
fn sentences_are_answered_and_bad_ones_named_in_one_line() {
    let stage = stage();
    for (arguments, stdin, code, names) in BAD {
        let words: Vec<&str> = arguments.split_whitespace().collect();
        let mut command = stage.infer(&words);
        command.write_stdin(stdin.to_vec());
        let (found, _, stderr) = outcome(command);
        assert_eq!(found, *code, "{arguments}: {stderr}");
        if *code != 0 {
            assert_eq!(stderr.lines().count(), 1, "{arguments}: {stderr}");
        }
        for name in *names {
            assert!(
                stderr.contains(name),
                "{arguments}: {name} is missing: {stderr}"
            );
        }
        assert!(!stderr.contains("internal error"), "{arguments}: {stderr}");
    }
    a_tree_is_drawn(&stage);
    plain_text_is_reported_as_right_branching(&stage);
    json_has_every_phrase(&stage);
    the_class_depends_on_the_tree(&stage);
    deep_and_long_sentences_are_answered(&stage);
}

fn a_tree_is_drawn(stage: &Stage) {
    let tree = "((the film) (is (hardly superb)))";
    let text = success(stage.infer(&["--text", tree, "--tree", "drawn.svg"]));
    for line in ["the film is hardly superb", "├─", "hardly superb", "└─"] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(
        !text.contains("right-branching") && text.contains("very negative"),
        "{text}"
    );
    let svg = fs::read_to_string(stage.path("drawn.svg")).unwrap();
    assert_eq!(svg.matches("<circle").count(), 9, "{svg}");
    let mut coloured = stage.infer(&["--text", tree]);
    coloured.env("CLICOLOR_FORCE", "1");
    assert!(outcome(coloured).1.contains("\u{1b}["));
}

fn plain_text_is_reported_as_right_branching(stage: &Stage) {
    let text = success(stage.infer(&["--text", "The film is truly superb."]));
    assert!(text.contains("right-branching"), "{text}");
    assert!(text.contains("film is truly superb ."), "{text}");
}

fn json_has_every_phrase(stage: &Stage) {
    stage.write(
        "three.txt",
        "(2 (2 the) (3 film))\n\na superb film\n(2 (9 a) (2 b))\n",
    );
    let (code, stdout, stderr) =
        outcome(stage.infer(&["three.txt", "--json", "--csv", "three.csv"]));
    assert_eq!((code, stderr.lines().count()), (1, 2), "{stderr}");
    let document: Value = serde_json::from_str(&stdout).unwrap();
    let answers = document["answers"].as_array().unwrap();
    assert_eq!(
        (answers.len(), document["failed"].as_array().unwrap().len()),
        (2, 1)
    );
    assert_eq!(answers[0]["path"], "three.txt:1");
    assert_eq!(answers[1]["path"], "three.txt:3");
    assert_eq!(
        (
            &answers[0]["right_branching"],
            &answers[1]["right_branching"]
        ),
        (&false.into(), &true.into())
    );
    for answer in answers {
        let phrases = answer["phrases"].as_array().unwrap();
        assert_eq!(
            phrases.len(),
            2 * answer["words"].as_array().unwrap().len() - 1
        );
        let root = phrases.last().unwrap();
        assert_eq!(
            (&root["class"], &root["probability"]),
            (&answer["class"], &answer["probability"])
        );
        let sum: f64 = answer["probabilities"]
            .as_object()
            .unwrap()
            .values()
            .map(|p| p.as_f64().unwrap())
            .sum();
        assert!((sum - 1.0).abs() < 1e-9, "{sum}");
        assert!(answer["tree"].as_str().unwrap().starts_with('('));
    }
    assert_eq!(
        fs::read_to_string(stage.path("three.csv"))
            .unwrap()
            .lines()
            .count(),
        3
    );
}

/// The same words in another tree have another class.
fn the_class_depends_on_the_tree(stage: &Stage) {
    let class = |tree: &str| {
        let document = success(stage.infer(&["--text", tree, "--json"]));
        let document: Value = serde_json::from_str(&document).unwrap();
        document["answers"][0]["class"].as_str().unwrap().to_owned()
    };
    let first = class("((the film) (is (superb (yet dreadful))))");
    let second = class("((the film) (is (dreadful (yet superb))))");
    assert_eq!(
        [first.as_str(), second.as_str()],
        ["very negative", "very positive"]
    );
}

fn deep_and_long_sentences_are_answered(stage: &Stage) {
    let long = "film ".repeat(1000);
    success(stage.infer(&["--text", &long, "--tree", "long.svg"]));
    let (code, _, stderr) = outcome(stage.infer(&["--text", &"film ".repeat(1001)]));
    assert!(code == 1 && stderr.contains("1001 words"), "{stderr}");
    let (code, _, stderr) = outcome(stage.infer(&["--text", &format!("{})", "(".repeat(60_000))]));
    assert!(
        code == 1 && stderr.contains("brackets inside one another"),
        "{stderr}"
    );
}
