//! Answers of autoencoders, and the files that they write.

use std::collections::BTreeMap;
use std::path::Path;

use crate::stage::{Stage, outcome, success};
use serde_json::Value;

/// By hand: x = 51/255 = 0.2, the code 0.4, the logit 0.2, the output sigma(0.2) = 0.549834, 140 of 255; (0.549834 - 0.2)^2 = 0.122384; 0.8 * 0.2 - ln sigma(0.2) = 0.758139.
const CODE: f64 = 0.4;
const BACK: u8 = 140;
const MSE: f64 = 0.122_384;
const BCE: f64 = 0.758_139;

fn close(value: &Value, expected: f64) {
    let value = value.as_f64().unwrap();
    assert!((value - expected).abs() < 1e-5, "{value} for {expected}");
}

fn pixel(path: &Path) -> u8 {
    image::open(path).unwrap().to_luma8().get_pixel(0, 0).0[0]
}

fn table(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

#[test]
fn a_picture_is_reconstructed_with_its_error() {
    let stage = Stage::new();
    stage.dot("grey.png", 51);
    stage.dot_autoencoder("model.safetensors", |_| {});
    let text = success(stage.infer(&["grey.png", "--model", "model.safetensors"]));
    let lines: Vec<_> = text.lines().collect();
    let file = Path::new("reconstructions").join("grey-reconstructed.png");
    assert_eq!(lines[0], "grey.png");
    assert_eq!(
        lines[1],
        "  error 0.12238 (PSNR 9.1 dB), usual: 95 % of the validation pictures stay below 0.20000"
    );
    assert_eq!(lines[2], format!("  reconstruction: {}", file.display()));
    assert!(
        text.contains("PSNR      16.99 dB, mean squared error 0.02000 on 10,000 test examples"),
        "{text}"
    );
    assert_eq!(
        pixel(&stage.path("reconstructions/grey-reconstructed.png")),
        BACK
    );

    // White is reconstructed as sigma(5) = 0.993; with a limit below its error of 4.5e-5 that is unusual.
    stage.dot("white.png", 255);
    stage.dot_autoencoder("strict.safetensors", |card| {
        card.metrics[2].value = 1e-5;
    });
    let text = success(stage.infer(&["white.png", "grey.png", "-m", "strict.safetensors"]));
    assert!(text.contains("unusual: 95 %"), "{text}");
    assert!(
        text.contains("pictures  2: 2 with an unusual error"),
        "{text}"
    );
}

#[test]
fn json_has_the_documented_fields() {
    let stage = Stage::new();
    stage.dot("grey.png", 51);
    stage.dot_autoencoder("model.safetensors", |_| {});
    let arguments = ["grey.png", "-m", "model.safetensors", "--json"];
    let document: Value = serde_json::from_str(&success(stage.infer(&arguments))).unwrap();
    assert_eq!(document["model"]["experiment"], "autoencoder");
    assert_eq!(document["model"]["calibration"], Value::Null);
    let answer = &document["answers"][0];
    assert_eq!(answer["path"], "grey.png");
    close(&answer["mse"], MSE);
    close(&answer["bce"], BCE);
    close(&answer["psnr"], -10.0 * MSE.log10());
    close(&answer["code"][0], CODE);
    assert_eq!(answer["unusual"], false);
    let file = answer["reconstruction"].as_str().unwrap();
    assert_eq!(pixel(&stage.path(file)), BACK);
    assert!(answer.get("notice").is_none());

    // Without a measured error, no error is called usual.
    stage.dot_autoencoder("bare.safetensors", |card| card.metrics.clear());
    let arguments = ["grey.png", "-m", "bare.safetensors", "--json"];
    let document: Value = serde_json::from_str(&success(stage.infer(&arguments))).unwrap();
    assert_eq!(document["answers"][0]["unusual"], Value::Null);
    let text = success(stage.infer(&["grey.png", "-m", "bare.safetensors"]));
    assert!(
        !text.contains("usual") && text.contains("not measured"),
        "{text}"
    );
}

#[test]
fn a_folder_is_reconstructed_with_its_tables() {
    let stage = Stage::new();
    for (place, level) in [0u8, 51, 255].into_iter().enumerate() {
        stage.dot(&format!("dots/{place}/dot.png"), level);
    }
    stage.write("dots/torn.png", "This is no picture.");
    stage.dot_autoencoder("model.safetensors", |_| {});
    let arguments = [
        "dots",
        "-m",
        "model.safetensors",
        "--csv",
        "errors.csv",
        "--codes",
        "codes.csv",
        "--reconstructions",
        "a/b",
    ];
    let (code, _, stderr) = outcome(stage.infer(&arguments));
    assert_eq!(code, 1);
    assert!(
        stderr.contains("torn.png") && stderr.contains("1 of 4 pictures"),
        "{stderr}"
    );
    let read = |name: &str| table(&std::fs::read_to_string(stage.path(name)).unwrap());
    let (errors, codes) = (read("errors.csv"), read("codes.csv"));
    assert_eq!((errors.len(), codes.len()), (3, 3));
    for (error, code) in errors.iter().zip(&codes) {
        assert_eq!(error["path"], code["path"]);
        assert!(stage.path(&error["reconstruction"]).is_file(), "{error:?}");
    }
    let grey = errors
        .iter()
        .position(|row| row["path"].contains("1"))
        .unwrap();
    close(
        &Value::from(errors[grey]["mse"].parse::<f64>().unwrap()),
        MSE,
    );
    close(
        &Value::from(codes[grey]["c_0"].parse::<f64>().unwrap()),
        CODE,
    );
    let names: Vec<_> = ["dot", "dot-2", "dot-3"]
        .map(|stem| stage.path(&format!("a/b/{stem}-reconstructed.png")))
        .to_vec();
    assert!(names.iter().all(|file| file.is_file()));

    let codes = success(stage.infer(&["dots/1", "-m", "model.safetensors", "--codes", "-"]));
    assert_eq!(table(&codes).len(), 1);
    assert!(codes.starts_with("path,c_0\n"), "{codes}");
}

#[test]
fn a_notice_accompanies_every_reconstruction_of_a_scan() {
    const NOTICE: &str = "not a medical device";
    let stage = Stage::new();
    stage.dot("scan.png", 51);
    stage.dot_autoencoder("model.safetensors", |card| {
        card.data.name = "brain-tumor-mri".into();
    });
    let arguments = ["scan.png", "-m", "model.safetensors"];
    assert!(success(stage.infer(&arguments)).contains(NOTICE));
    let text = success(stage.infer(&[&arguments[..], &["--json"]].concat()));
    let document: Value = serde_json::from_str(&text).unwrap();
    let notice = document["answers"][0]["notice"].as_str().unwrap();
    assert!(notice.contains(NOTICE));
    let text = success(stage.infer(&[&arguments[..], &["--csv", "-"]].concat()));
    assert!(table(&text)[0]["notice"].contains(NOTICE), "{text}");
}

#[test]
fn standard_input_is_reconstructed_like_the_file() {
    let stage = Stage::new();
    let picture = std::fs::read(stage.dot("grey.png", 51)).unwrap();
    stage.dot_autoencoder("model.safetensors", |_| {});
    let mut command = stage.infer(&["-", "-m", "model.safetensors"]);
    command.write_stdin(picture);
    assert!(success(command).contains("error 0.12238"));
    assert_eq!(
        pixel(&stage.path("reconstructions/stdin-reconstructed.png")),
        BACK
    );
}
