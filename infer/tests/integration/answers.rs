//! Answers about one picture and about many, as text, JSON and CSV.

use std::collections::BTreeMap;
use std::fs;

use crate::abstention::calibration;
use crate::stage::{Stage, outcome, success};
use serde_json::Value;

pub fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_picture_is_answered_with_bars_and_a_summary_of_the_model() {
    let stage = Stage::new();
    stage.dot_model("m.safetensors", 3f32.ln(), |_| {});
    stage.dot("a.png", 255);
    let text = success(stage.infer(&["a.png", "--model", "m.safetensors"]));
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "a.png");
    assert!(
        lines[1].starts_with("  light  ███") && lines[1].ends_with("  75.0 %"),
        "{text}"
    );
    assert!(
        lines[2].starts_with("  dark   ███") && lines[2].ends_with("  25.0 %"),
        "{text}"
    );
    for part in [
        "mnist-mlp (m.safetensors)",
        "2026-01-31T12:00:00Z",
        "mnist (real data): 54,000 training",
        "97.5 % (interval 97.2 % to 97.8 %) on 10,000 test examples",
        "flex (CPU, SIMD)",
    ] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
    assert!(
        !text.contains('\u{1b}'),
        "no colours without a terminal: {text}"
    );
}

/// The logits of the dot's model are `slope * x` and 0, so the probabilities are known.
#[test]
fn probabilities_are_those_worked_out_by_hand() {
    let stage = Stage::new();
    for level in [0, 51, 255] {
        stage.dot(&format!("{level}.png"), level);
    }
    let of = |model: &str| {
        let text =
            success(stage.infer(&["0.png", "51.png", "255.png", "--json", "--model", model]));
        let light = |answer: &Value| answer["probabilities"]["light"].as_f64().unwrap();
        json(&text)["answers"]
            .as_array()
            .unwrap()
            .iter()
            .map(light)
            .collect::<Vec<_>>()
    };
    let close = |found: Vec<f64>, expected: [f64; 3]| {
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
        }
    };
    // x = 0, 0.2, 1 and slope 5 ln 2: odds of 1, 2 and 32.
    stage.dot_model("plain", 5.0 * 2f32.ln(), |_| {});
    close(of("plain"), [1.0 / 2.0, 2.0 / 3.0, 32.0 / 33.0]);
    // A temperature of 5 takes the fifth root of the odds.
    stage.dot_model("calibrated", 5.0 * 2f32.ln(), |card| {
        card.calibration = calibration(5.0, 0.0)
    });
    close(
        of("calibrated"),
        [
            1.0 / 2.0,
            2f64.powf(0.2) / (1.0 + 2f64.powf(0.2)),
            2.0 / 3.0,
        ],
    );
}

#[test]
fn json_has_the_documented_fields() {
    let stage = Stage::new();
    stage.digit_model("m.safetensors", |_| {});
    stage.digit("a.png", 4);
    let document = json(&success(stage.infer(&[
        "a.png",
        "--model",
        "m.safetensors",
        "--json",
    ])));
    let keys = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(keys(&document), "answers failed model");
    assert_eq!(
        keys(&document["model"]),
        "calibration class_names data device epochs experiment file hebb_version metrics notice seed trained_at"
    );
    assert_eq!(
        keys(&document["answers"][0]),
        "answered class doubt path probabilities probability uncertain"
    );
    assert_eq!(document["answers"][0]["path"], "a.png");
    assert_eq!(document["answers"][0]["uncertain"], false);
    assert_eq!(document["failed"], json("[]"));
    assert_eq!(document["model"]["data"]["train"], 54_000);
    assert_eq!(document["model"]["metrics"][0]["value"], 0.975);
    assert_eq!(document["model"]["notice"], Value::Null);
}

#[test]
fn probabilities_sum_to_one_and_the_class_is_the_most_probable() {
    let stage = Stage::new();
    stage.digit_model("m.safetensors", |_| {});
    for number in 0..20 {
        stage.digit(&format!("digits/{number:02}.png"), number);
    }
    let document = json(&success(stage.infer(&[
        "digits",
        "--model",
        "m.safetensors",
        "--json",
    ])));
    let answers = document["answers"].as_array().unwrap();
    assert_eq!(answers.len(), 20);
    for answer in answers {
        let probabilities = answer["probabilities"].as_object().unwrap();
        assert_eq!(probabilities.len(), 10);
        let sum: f64 = probabilities.values().map(|p| p.as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-6, "{answer}");
        let largest = probabilities
            .values()
            .map(|p| p.as_f64().unwrap())
            .fold(0.0, f64::max);
        assert_eq!(answer["probability"].as_f64().unwrap(), largest);
        assert_eq!(
            probabilities[answer["class"].as_str().unwrap()]
                .as_f64()
                .unwrap(),
            largest
        );
    }
}

/// Pictures in several batches have the answers that each has alone.
#[test]
fn a_folder_is_answered_like_its_pictures() {
    let stage = Stage::new();
    stage.colour_model("m.safetensors", |_| {});
    for number in 0..40 {
        stage.colours(&format!("scans/{}/{number:02}.png", number / 20), number);
    }
    let document = json(&success(stage.infer(&[
        "scans",
        "--model",
        "m.safetensors",
        "--json",
    ])));
    let answers = document["answers"].as_array().unwrap();
    let paths: Vec<_> = answers
        .iter()
        .map(|answer| answer["path"].as_str().unwrap().to_owned())
        .collect();
    let expected: Vec<_> = (0..40)
        .map(|n| format!("scans/{}/{n:02}.png", n / 20))
        .collect();
    assert_eq!(paths, expected);
    for number in [0, 31, 32, 39] {
        let alone = stage.infer(&[&paths[number], "--model", "m.safetensors", "--json"]);
        let alone = json(&success(alone))["answers"][0].clone();
        assert_eq!(alone["class"], answers[number]["class"]);
        let difference = alone["probability"].as_f64().unwrap()
            - answers[number]["probability"].as_f64().unwrap();
        assert!(difference.abs() < 1e-5, "{}: {difference}", paths[number]);
    }
}

#[test]
fn every_format_is_read() {
    let stage = Stage::new();
    stage.colour_model("m.safetensors", |_| {});
    let names = ["a.jpg", "b.png", "c.tiff", "d.bmp", "e.webp", "f.gif"];
    let mut classes = BTreeMap::new();
    for name in names {
        stage.colours(name, 3);
        let text = success(stage.infer(&[name, "--model", "m.safetensors", "--json"]));
        let probability = json(&text)["answers"][0]["probabilities"]["ant"]
            .as_f64()
            .unwrap();
        classes.insert(name, probability);
    }
    // The same picture, but for what JPEG and GIF lose.
    for name in names {
        assert!(
            (classes[name] - classes["b.png"]).abs() < 0.1,
            "{classes:?}"
        );
    }
    for name in ["c.tiff", "d.bmp", "e.webp"] {
        assert_eq!(classes[name], classes["b.png"], "{name}");
    }
}

#[test]
fn standard_input_is_answered_like_the_file() {
    let stage = Stage::new();
    stage.digit_model("m.safetensors", |_| {});
    let path = stage.digit("a.png", 2);
    let file = json(&success(stage.infer(&[
        "a.png",
        "--model",
        "m.safetensors",
        "--json",
    ])));
    let mut command = stage.infer(&["-", "--model", "m.safetensors", "--json"]);
    command.write_stdin(fs::read(path).unwrap());
    let stdin = json(&success(command));
    assert_eq!(stdin["answers"][0]["path"], "-");
    assert_eq!(
        stdin["answers"][0]["probabilities"],
        file["answers"][0]["probabilities"]
    );
}

#[test]
fn pictures_that_cannot_be_read_are_reported_and_the_others_answered() {
    let stage = Stage::new();
    stage.digit_model("m.safetensors", |_| {});
    stage.digit("scans/a.png", 1);
    stage.write("scans/b.png", "no picture");
    stage.digit("scans/c.png", 2);
    stage.write("scans/.hidden.png", "no picture either");

    let (code, stdout, stderr) =
        outcome(stage.infer(&["scans", "--model", "m.safetensors", "--json"]));
    assert_eq!(code, 1);
    let document = json(&stdout);
    assert_eq!(document["answers"].as_array().unwrap().len(), 2);
    assert_eq!(document["failed"].as_array().unwrap().len(), 1);
    assert_eq!(document["failed"][0]["path"], "scans/b.png");
    let lines: Vec<_> = stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{stderr}");
    assert!(lines[0].contains("scans/b.png"), "{stderr}");
    assert!(lines[1].contains("1 of 3 pictures"), "{stderr}");

    let (code, stdout, _) = outcome(stage.infer(&["scans", "--model", "m.safetensors"]));
    assert_eq!(code, 1);
    assert!(
        stdout.contains("scans/a.png") && stdout.contains("scans/c.png"),
        "{stdout}"
    );

    let (code, stdout, stderr) =
        outcome(stage.infer(&["scans", "--model", "m.safetensors", "--strict", "--json"]));
    assert_eq!(
        (code, stdout.as_str(), stderr.lines().count()),
        (1, "", 1),
        "{stderr}"
    );
    assert!(stderr.contains("scans/b.png"), "{stderr}");
}

#[test]
fn the_table_agrees_with_the_document() {
    let stage = Stage::new();
    stage.digit_model("m.safetensors", |_| {});
    for number in 0..3 {
        stage.digit(&format!("digits/{number}.png"), number);
    }
    let arguments = [
        "digits",
        "--model",
        "m.safetensors",
        "--json",
        "--csv",
        "answers.csv",
    ];
    let document = json(&success(stage.infer(&arguments)));
    let mut table = csv::Reader::from_path(stage.path("answers.csv")).unwrap();
    let header: Vec<_> = table.headers().unwrap().iter().map(str::to_owned).collect();
    let classes = (0..10).map(|digit| format!("p_{digit}"));
    let expected = ["path", "class", "probability", "answered", "doubt"]
        .map(str::to_owned)
        .into_iter()
        .chain(classes);
    assert_eq!(header, expected.collect::<Vec<_>>());
    let rows: Vec<_> = table.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 3);
    for (row, answer) in rows.iter().zip(document["answers"].as_array().unwrap()) {
        assert_eq!(&row[0], answer["path"].as_str().unwrap());
        assert_eq!(&row[1], answer["class"].as_str().unwrap());
        assert_eq!((&row[3], &row[4]), ("true", ""));
        let sum: f64 = (5..15).map(|i| row[i].parse::<f64>().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-6, "{row:?}");
        // The last digit may differ: serde_json reads numbers fast, not exactly.
        let difference =
            row[5].parse::<f64>().unwrap() - answer["probabilities"]["0"].as_f64().unwrap();
        assert!(difference.abs() < 1e-12, "{row:?}");
    }

    let stdout = success(stage.infer(&["digits", "--model", "m.safetensors", "--csv", "-"]));
    assert_eq!(
        stdout,
        fs::read_to_string(stage.path("answers.csv")).unwrap()
    );
}

#[test]
fn top_limits_what_is_shown() {
    let stage = Stage::new();
    stage.digit_model("m.safetensors", |_| {});
    stage.digit("a.png", 5);
    let shown = |arguments: &[&str]| {
        let all = [&["a.png", "--model", "m.safetensors"], arguments].concat();
        success(stage.infer(&all))
            .lines()
            .filter(|line| line.trim_end().ends_with(" %"))
            .count()
    };
    assert_eq!(shown(&[]), 5);
    assert_eq!(shown(&["--top", "1"]), 1);
    assert_eq!(shown(&["-k", "10"]), 10);
    assert_eq!(shown(&["--top", "99"]), 10);
}

#[test]
fn without_a_terminal_nothing_is_drawn() {
    let stage = Stage::new();
    stage.dot_model("m", 1.0, |_| {});
    stage.dot("a.png", 255);
    let (code, shown, stderr) = outcome(stage.infer(&["a.png", "--model", "m", "--show"]));
    assert_eq!((code, stderr.lines().count()), (0, 1), "{stderr}");
    assert!(stderr.contains("--show"), "{stderr}");
    assert_eq!(shown, success(stage.infer(&["a.png", "--model", "m"])));
}

/// The answers about the first batch can be read before the last input is there.
#[test]
fn json_is_written_as_the_answers_come() {
    use std::io::{BufRead, BufReader, Read, Write};
    const BEFORE: usize = 70;
    let stage = Stage::new();
    stage.dot_model("m", 1.0, |_| {});
    let picture = fs::read(stage.dot("a.png", 255)).unwrap();
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("infer"))
        .current_dir(stage.path(""))
        .args(["a.png"; BEFORE])
        .args(["-", "--json", "--model", "m", "--device", "flex"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    // Pictures are answered in batches of 32.
    while text.matches("\"path\"").count() < 64 {
        assert!(stdout.read_line(&mut text).unwrap() > 0, "{text}");
    }
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&picture).unwrap();
    drop(stdin);
    stdout.read_to_string(&mut text).unwrap();
    assert!(child.wait().unwrap().success());
    let document = json(&text);
    let answers = document["answers"].as_array().unwrap();
    let paths: Vec<_> = answers.iter().map(|answer| &answer["path"]).collect();
    let expected: Vec<_> = std::iter::repeat_n("a.png", BEFORE).chain(["-"]).collect();
    assert_eq!(paths, expected);
    assert_eq!(document["failed"], Value::Array(Vec::new()));
}

/// As in `infer scans | head -1`.
#[test]
fn a_closed_pipe_is_not_an_error() {
    let stage = Stage::new();
    stage.dot_model("m", 1.0, |_| {});
    stage.dot("a.png", 255);
    for extra in [&[][..], &["--json"], &["--csv", "-"]] {
        let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("infer"))
            .current_dir(stage.path(""))
            .args(["a.png", "--model", "m"])
            .args(extra)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{extra:?}");
        assert!(output.status.success(), "{extra:?}");
    }
}

#[test]
fn a_page_is_chosen_and_said() {
    use image::codecs::gif::GifEncoder;

    let stage = Stage::new();
    stage.dot_model("m.safetensors", 1.0, |_| {});
    let mut gif = Vec::new();
    let mut encoder = GifEncoder::new(&mut gif);
    // Blank, then a mean of 102, then a mean of 204.
    for levels in [[0, 0], [51, 153], [153, 255]] {
        let frame = image::RgbaImage::from_fn(2, 1, |x, _| {
            let level = levels[x as usize];
            image::Rgba([level, level, level, 255])
        });
        encoder.encode_frame(image::Frame::new(frame)).unwrap();
    }
    drop(encoder);
    stage.write("cine.gif", gif);
    let light = |page: &[&str]| {
        let arguments = [&["cine.gif", "--model", "m.safetensors", "--json"], page].concat();
        let (code, text, stderr) = outcome(stage.infer(&arguments));
        assert_eq!(code, 0, "{stderr}");
        let light = &json(&text)["answers"][0]["probabilities"]["light"];
        (light.as_f64().unwrap(), stderr)
    };
    let sigmoid = |level: f64| 1.0 / (1.0 + (-level / 255.0).exp());
    let (chosen, stderr) = light(&[]);
    assert!((chosen - sigmoid(102.0)).abs() < 0.01, "{chosen}");
    assert!(stderr.contains("cine.gif: frame 2 of 3"), "{stderr}");
    let (chosen, stderr) = light(&["--page", "3"]);
    assert!((chosen - sigmoid(204.0)).abs() < 0.01, "{chosen}");
    assert!(stderr.is_empty(), "{stderr}");
    let (code, _, stderr) =
        outcome(stage.infer(&["cine.gif", "--model", "m.safetensors", "--page", "4"]));
    assert_eq!(code, 1);
    assert!(
        stderr.contains("cine.gif: no frame 4 in it: there are 3"),
        "{stderr}"
    );
}
