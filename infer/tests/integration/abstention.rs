//! When a model does not answer, and the notice that accompanies its answers.

use crate::answers::json;
use crate::stage::{Stage, success};
use datasets::images;
use models::{Calibration, OodDetector};
use serde_json::Value;

pub fn calibration(temperature: f64, threshold: f64) -> Option<Calibration> {
    Some(Calibration {
        temperature,
        threshold: Some(threshold),
        target_error: None,
        ood_detector: None,
    })
}

#[test]
fn below_the_threshold_the_answer_is_uncertain() {
    let stage = Stage::new();
    stage.dot("a.png", 255);
    // The more probable class has 75 %.
    for (threshold, uncertain, class) in [(0.74, false, "light"), (0.76, true, "uncertain")] {
        stage.dot_model("m", 3f32.ln(), |card| {
            card.calibration = calibration(1.0, threshold)
        });
        let answer =
            json(&success(stage.infer(&["a.png", "--model", "m", "--json"])))["answers"][0].clone();
        assert_eq!(answer["uncertain"], uncertain);
        assert_eq!(answer["answered"], !uncertain);
        assert_eq!(answer["doubt"] == "uncertain", uncertain);
        assert_eq!(answer["class"], class);
        assert!((answer["probability"].as_f64().unwrap() - 0.75).abs() < 1e-6);
        let text = success(stage.infer(&["a.png", "--model", "m"]));
        assert_eq!(
            text.contains("uncertain: no class reaches 76.0 %"),
            uncertain,
            "{text}"
        );
        let table = success(stage.infer(&["a.png", "--model", "m", "--csv", "-"]));
        assert!(
            table
                .lines()
                .nth(1)
                .unwrap()
                .starts_with(&format!("a.png,{class},")),
            "{table}"
        );
    }
}

/// Creates a model of dots of 40 % to 60 % grey, a dot like them, and another.
fn stage_with_detector() -> Stage {
    let stage = Stage::new();
    stage.dot("known.png", 130);
    stage.dot("other.png", 255);
    stage.dot_model("m", 9.0, |card| {
        let dots = 102..=153;
        let rows: Vec<_> = dots
            .map(|level| images::statistics(&card.preprocess, &[level]).to_vec())
            .collect();
        let mut detector = OodDetector::fit(&images::STATISTICS, &rows).unwrap();
        detector.limit = 20.0;
        card.experiment = "brain-tumor".into();
        card.calibration = Some(Calibration {
            ood_detector: Some(detector),
            ..calibration(1.0, 0.9).unwrap()
        });
    });
    stage
}

const PICTURES: [&str; 4] = ["known.png", "other.png", "--model", "m"];

#[test]
fn a_picture_unlike_the_training_data_is_not_answered() {
    let stage = stage_with_detector();
    let text = success(stage.infer(&PICTURES));
    assert_eq!(
        text.matches("does not look like the training data").count(),
        1,
        "{text}"
    );
    assert!(
        text.contains("pictures  2: 1 answered, 0 uncertain, 1 unlike the training data"),
        "{text}"
    );
    assert_eq!(text.matches("not a medical device").count(), 2, "{text}");
}

#[test]
fn json_and_csv_report_a_picture_unlike_the_training_data() {
    let stage = stage_with_detector();
    let arguments = [&PICTURES[..], &["--json"]].concat();
    let document = json(&success(stage.infer(&arguments)));
    let [known, other] = [0, 1].map(|place| document["answers"][place].clone());
    assert_eq!(
        (&known["class"], &known["doubt"]),
        (&json("\"light\""), &Value::Null)
    );
    assert_eq!(
        (&other["class"], &other["doubt"]),
        (&json("\"unfamiliar\""), &json("\"unfamiliar\""))
    );
    assert_eq!(
        (&other["answered"], &other["uncertain"]),
        (&json("false"), &json("true"))
    );
    assert!(
        other["notice"]
            .as_str()
            .unwrap()
            .contains("not a medical device")
    );
    assert_eq!(document["model"]["calibration"]["familiarity_limit"], 20.0);

    let table = success(stage.infer(&[&PICTURES[..], &["--csv", "-"]].concat()));
    let lines: Vec<_> = table.lines().collect();
    let starts = [
        "path,class,probability,answered,doubt,p_light",
        "known.png,light,",
        "other.png,unfamiliar,",
    ];
    for (line, start) in lines.iter().zip(starts) {
        assert!(line.starts_with(start), "{table}");
    }
    assert!(lines[1].contains(",true,,"), "{table}");
    assert!(lines[2].contains(",false,unfamiliar,"), "{table}");
}

/// All three outputs have the notice, for models whose answers need one.
#[test]
fn a_notice_accompanies_every_answer() {
    let stage = Stage::new();
    stage.dot("a.png", 0);
    stage.dot("b.png", 9);
    let medical = "Research and teaching only, not a medical device.";
    let generated = "generated stand-ins, not on real data";
    stage.dot_model("own", 1.0, |card| {
        card.notice = Some("Handle with care.".into())
    });
    stage.dot_model("tumour", 1.0, |card| {
        card.experiment = "brain-tumor-mlp".into()
    });
    stage.dot_model("phantoms", 1.0, |card| {
        card.experiment = "brain-tumor".into();
        card.notice = Some(medical.into());
        card.data.generated = true;
    });
    let cases: [(&str, &[&str]); 3] = [
        ("own", &["Handle with care."]),
        ("tumour", &[medical]),
        ("phantoms", &[medical, generated]),
    ];
    for (model, parts) in cases {
        let text = success(stage.infer(&["a.png", "b.png", "--model", model]));
        let document = json(&success(
            stage.infer(&["a.png", "b.png", "--model", model, "--json"]),
        ));
        let table = success(stage.infer(&["a.png", "b.png", "--model", model, "--csv", "-"]));
        assert!(
            table.lines().next().unwrap().ends_with(",notice"),
            "{table}"
        );
        for part in parts {
            assert_eq!(text.matches(part).count(), 2, "{model}: {text}");
            assert_eq!(table.matches(part).count(), 2, "{model}: {table}");
            for answer in document["answers"].as_array().unwrap() {
                assert_eq!(
                    answer["notice"].as_str().unwrap().matches(part).count(),
                    1,
                    "{model}: {answer}"
                );
            }
        }
    }
    stage.dot_model("plain", 1.0, |_| {});
    let text = success(stage.infer(&["a.png", "--model", "plain"]));
    assert!(
        !text.contains("medical") && !text.contains("stand-ins"),
        "{text}"
    );
}
