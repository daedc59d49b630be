//! Answers of translators, as text, JSON, CSV and drawings.

use std::fs;

use crate::stage::{Stage, outcome, success};
use serde_json::Value;

const MODEL: [&str; 2] = ["--model", "fr.safetensors"];

fn stage() -> Stage {
    let stage = Stage::new();
    stage.translator("fr.safetensors", |_| {});
    stage.write(
        "sentences.txt",
        "\u{feff}The cat sees the dog.\r\n\nDoes the black mouse follow a king?\n",
    );
    stage
}

fn with_model<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [arguments, &MODEL].concat()
}

fn answers(stage: &Stage, arguments: &[&str]) -> Vec<Value> {
    let stdout = success(stage.infer(&[&with_model(arguments)[..], &["--json"]].concat()));
    let document: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(document["model"]["experiment"], "translate");
    assert_eq!(document["failed"], Value::Array(Vec::new()));
    document["answers"].as_array().unwrap().clone()
}

#[test]
fn a_sentence_is_printed_with_its_translations_and_their_probabilities() {
    let stage = stage();
    let text = success(stage.infer(&with_model(&[
        "--text",
        "The cat sees the dog.",
        "--top",
        "2",
    ])));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "The cat sees the dog.");
    assert!(
        lines[1].contains(" %  ") && lines[2].contains(" %  "),
        "{text}"
    );
    assert!(!lines[3].contains(" %  "), "{text}");
    assert!(
        text.contains("translate") && text.contains("fr.safetensors"),
        "{text}"
    );
}

#[test]
fn json_has_every_alternative() {
    let stage = stage();
    let all = answers(&stage, &["--text", "The cat sees the dog.", "--top", "4"]);
    let [answer] = &all[..] else {
        panic!("{all:?}")
    };
    assert_eq!(answer["path"], "--text");
    assert_eq!(answer["text"], "The cat sees the dog.");
    assert_eq!(answer["longer_than_trained"], false);
    let alternatives = answer["alternatives"].as_array().unwrap();
    assert_eq!(alternatives.len(), 4);
    assert_eq!(alternatives[0]["translation"], answer["translation"]);
    for alternative in alternatives {
        let probability = alternative["probability"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&probability), "{alternative}");
        assert!(alternative["ended"].is_boolean() && alternative["score"].is_number());
    }
}

#[test]
fn a_sentence_in_a_text_is_translated_as_it_is_alone() {
    let stage = stage();
    let all = answers(&stage, &["sentences.txt"]);
    let places: Vec<&Value> = all.iter().map(|answer| &answer["path"]).collect();
    assert_eq!(places, ["sentences.txt:1", "sentences.txt:3"]);
    for answer in &all {
        let alone = answers(&stage, &["--text", answer["text"].as_str().unwrap()]);
        // Random weights: translations are about equally probable, and rounding may choose.
        let score = |answer: &Value| answer["alternatives"][0]["score"].as_f64().unwrap();
        let (alone, among) = (score(&alone[0]), score(answer));
        assert!((alone - among).abs() < 1e-4, "{alone} and {among}");
    }
    let mut command = stage.infer(&with_model(&["-", "--json"]));
    command.write_stdin(fs::read(stage.path("sentences.txt")).unwrap());
    let document: Value = serde_json::from_str(&success(command)).unwrap();
    assert_eq!(document["answers"][1]["path"], "-:3");
    assert_eq!(document["answers"][1]["text"], all[1]["text"]);
}

#[test]
fn unseen_characters_are_accepted() {
    let stage = stage();
    for text in [
        "Ωμέγα 中文 🐿 \u{200d}",
        "-5 < 3 & \"x\"",
        "<end> <padding>",
        "a\u{7}b",
    ] {
        let all = answers(&stage, &["--text", text]);
        assert_eq!(all[0]["text"], text);
    }
}

#[test]
fn a_sentence_longer_than_the_training_sentences_is_marked() {
    let stage = stage();
    let long = "the cat ".repeat(10);
    let all = answers(&stage, &["--text", &long]);
    assert_eq!(all[0]["longer_than_trained"], true);
    let text = success(stage.infer(&with_model(&["--text", &long])));
    assert!(text.contains("longer than the 10 words"), "{text}");
}

#[test]
fn attention_has_a_row_for_each_predicted_token() {
    let stage = stage();
    let arguments = ["--text", "The cat sees the dog.", "--attention", "a.svg"];
    success(stage.infer(&with_model(&arguments)));
    let svg = fs::read_to_string(stage.path("a.svg")).unwrap();
    assert!(
        svg.starts_with("<svg") && svg.contains(">cat</text>"),
        "{svg}"
    );
    let cells = svg.matches("<title>").count();
    let read = svg.matches("rotate(-90").count();
    assert!(
        read > 4 && cells.is_multiple_of(read),
        "{cells} cells, {read} columns"
    );
}

#[test]
fn sentences_are_translated_although_a_file_is_missing() {
    let stage = stage();
    let (code, stdout, stderr) =
        outcome(stage.infer(&with_model(&["missing.txt", "sentences.txt"])));
    assert_eq!(code, 1);
    assert!(stdout.contains("The cat sees the dog."), "{stdout}");
    assert!(stderr.contains("cannot read missing.txt"), "{stderr}");
    assert!(
        stderr.contains("1 of 3 sentences could not be translated"),
        "{stderr}"
    );
}

#[test]
fn a_table_has_a_row_for_each_sentence() {
    let stage = stage();
    success(stage.infer(&with_model(&["sentences.txt", "--csv", "a.csv"])));
    let mut reader = csv::Reader::from_path(stage.path("a.csv")).unwrap();
    let header = reader.headers().unwrap().clone();
    assert_eq!(
        header.iter().collect::<Vec<_>>(),
        ["path", "text", "translation", "probability"]
    );
    assert_eq!(reader.records().count(), 2);
}

#[test]
fn a_model_of_generated_sentences_says_so_with_every_answer() {
    let stage = Stage::new();
    stage.translator("fr.safetensors", |card| {
        card.data.generated = true;
        card.metrics = vec![models::file::Metric {
            name: "bleu".into(),
            split: "test".into(),
            value: 41.25,
            interval: Some([40.0, 42.5]),
            n: 6_721,
        }];
    });
    let text = success(stage.infer(&with_model(&["--text", "Hello.", "--csv", "a.csv"])));
    assert!(text.contains("generated stand-ins"), "{text}");
    let figure = "41.2 (interval 40.0 to 42.5) on 6,721 test examples";
    assert!(text.contains(figure), "{text}");
    let table = fs::read_to_string(stage.path("a.csv")).unwrap();
    assert!(
        table.starts_with("path,text,translation,probability,notice"),
        "{table}"
    );
    let all = answers(&stage, &["--text", "Hello."]);
    assert!(all[0]["notice"].as_str().unwrap().contains("generated"));
}
