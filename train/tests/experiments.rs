//! Every experiment of the table trains one tiny epoch on generated data and leaves a whole run.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod stage;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use burn::tensor::Device;
use burn::tensor::activation::softmax;
use datasets::{ImageSet, Preprocess, synthetic};
use models::Predictor;
use models::file::{self, Card};
use serde_json::Value;
use stage::{Stage, table};
use train::data::Set;
use train::experiments::{Experiment, Kind, Training, all};

const SEED: u64 = 42;

/// What every run leaves behind.
const FILES: [&str; 23] = [
    "config.json",
    "log.jsonl",
    "metrics.csv",
    "checkpoint/epoch-1/network.bpk",
    "checkpoint/epoch-1/optimizer.bpk",
    "checkpoint/epoch-1/schedule.bpk",
    "model.safetensors",
    "result.json",
    "split.csv",
    "predictions.csv",
    "curves.svg",
    "curves.png",
    "confusion.svg",
    "confusion.png",
    "roc.svg",
    "roc.png",
    "reliability.svg",
    "reliability.png",
    "risk_coverage.svg",
    "risk_coverage.png",
    "mistakes.png",
    "card.md",
    "../latest/result.json",
];

/// What programs find in `result.json`.
const FIELDS: [&str; 69] = [
    "/format",
    "/experiment",
    "/seed",
    "/epochs",
    "/best_epoch",
    "/interrupted",
    "/device",
    "/parameters",
    "/recipe/optimizer",
    "/recipe/learning_rate",
    "/recipe/schedule",
    "/recipe/batch_size",
    "/recipe/epochs",
    "/data/name",
    "/data/generated",
    "/data/fingerprint",
    "/data/classes/0",
    "/data/split",
    "/data/train",
    "/data/valid",
    "/data/test",
    "/data/groups",
    "/data/leaking",
    "/data/skipped",
    "/train/n",
    "/train/loss",
    "/train/accuracy",
    "/valid/n",
    "/valid/loss",
    "/valid/accuracy",
    "/test/n",
    "/test/loss",
    "/test/accuracy",
    "/test/accuracy_interval/1",
    "/test/error_rate",
    "/test/macro_f1",
    "/test/per_class/0/precision",
    "/test/per_class/0/recall",
    "/test/per_class/0/support",
    "/test/confusion/0/0",
    "/test/balanced_accuracy",
    "/test/macro_precision",
    "/test/macro_recall",
    "/test/auroc",
    "/test/brier",
    "/test/calibration_error",
    "/test/intervals/resamples",
    "/test/intervals/groups",
    "/test/intervals/accuracy/0",
    "/test/intervals/macro_f1/1",
    "/test/intervals/auroc/1",
    "/test/intervals/per_class/0/recall/0",
    "/test/per_class/0/auroc",
    "/test/reliability/0/n",
    "/test/risk_coverage/aurc",
    "/test/risk_coverage/accuracy_at_90",
    "/test/risk_coverage/curve/0/1",
    "/calibration/temperature",
    "/calibration/target_error",
    "/calibration/threshold",
    "/calibration/familiarity_limit",
    "/calibration/test/coverage",
    "/calibration/test/calibration_error_before",
    "/calibration/probe/n",
    "/calibration/probe/kinds/0/kind",
    "/seconds/load",
    "/seconds/train",
    "/seconds/per_epoch/0",
    "/model",
];

type Table = Vec<BTreeMap<String, String>>;

#[test]
fn every_experiment_trains_and_leaves_a_whole_run() {
    let stage = Stage::new();
    for experiment in all() {
        let Kind::Training(training) = &experiment.kind else {
            continue;
        };
        println!("{}", experiment.name);
        // Nine convolutions on 150x150 take their time; 40 is the least that can be divided.
        let count = match experiment.name {
            "brain-tumor-cnn" => 40,
            _ => 80,
        };
        let said = stage.trained(&format!(
            "{} --generated --stand-ins {count} --epochs 1 --batch-size 16 --seed {SEED} --device flex --json",
            experiment.name
        ));
        let run = format!("runs/{}-1", experiment.name);
        for file in FILES {
            let size = fs::metadata(stage.path(&run).join(file)).map(|file| file.len());
            assert!(size.is_ok_and(|bytes| bytes > 0), "{run}/{file}");
        }
        let words = fs::read_to_string(stage.path(&format!("{run}/card.md"))).unwrap();
        for part in [
            "Not for",
            "| leakage |",
            "bootstrap",
            "Uncertain",
            "Unfamiliar",
        ] {
            assert!(words.contains(part), "{part} is missing:\n{words}");
        }
        let result: Value = serde_json::from_str(&said.stdout).unwrap();
        assert_eq!(result, stage.json(&format!("{run}/result.json")));
        check_result(&experiment, training, &result);

        let split = table(&stage.path(&format!("{run}/split.csv")));
        check_split(&split, &result, count);
        let predictions = table(&stage.path(&format!("{run}/predictions.csv")));
        check_predictions(&predictions, &split, &result);

        let model = stage.path(&format!("{run}/model.safetensors"));
        let device = Device::flex();
        let (card, predictor) = file::load::<Preprocess>(&model, &device).unwrap();
        check_card(&card, &result);
        check_answers(training, &card, &predictor, &predictions, count);
    }
}

/// What every study leaves behind beside its figures.
const STUDY_FILES: [&str; 3] = ["config.json", "result.json", "../latest/result.json"];

/// Every study of the table, as small as it can be made with the options it takes.
#[test]
fn every_study_runs_and_leaves_its_findings() {
    let stage = Stage::new();
    for experiment in all() {
        let Kind::Study(study) = &experiment.kind else {
            continue;
        };
        println!("{}", experiment.name);
        let small = ["generated", "stand-ins 80", "epochs 1", "device flex"];
        let options: String = small
            .into_iter()
            .filter(|option| {
                option
                    .split(' ')
                    .next()
                    .is_some_and(|name| study.takes.contains(&name))
            })
            .map(|option| format!(" --{option}"))
            .collect();
        let said = stage.trained(&format!(
            "{}{options} --seed {SEED} --json",
            experiment.name
        ));
        let run = format!("runs/{}-1", experiment.name);
        for file in STUDY_FILES {
            assert!(stage.path(&run).join(file).is_file(), "{run}/{file}");
        }
        let figures = |end: &str| {
            let files = fs::read_dir(stage.path(&run)).unwrap();
            let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
            let names: BTreeSet<_> = names
                .filter_map(|name| Some(name.strip_suffix(end)?.to_owned()))
                .collect();
            names
        };
        assert!(!figures(".svg").is_empty(), "{run} has no figure");
        assert_eq!(figures(".svg"), figures(".png"));
        let result: Value = serde_json::from_str(&said.stdout).unwrap();
        assert_eq!(result, stage.json(&format!("{run}/result.json")));
        assert_eq!(result["format"], 1);
        assert_eq!(result["experiment"], experiment.name);
        assert_eq!(result["seed"], SEED);
        let config = stage.json(&format!("{run}/config.json"));
        assert_eq!(config["options"]["json"], "true");
    }
}

fn check_result(experiment: &Experiment, training: &Training, result: &Value) {
    for field in FIELDS {
        let value = result.pointer(field).unwrap_or(&Value::Null);
        assert!(!value.is_null(), "{field}");
    }
    assert_eq!(result["experiment"], experiment.name);
    assert_eq!(result["seed"], SEED);
    assert_eq!(result["epochs"], 1);
    assert_eq!(result["best_epoch"], 1);
    assert_eq!(result["interrupted"], false);
    assert_eq!(result["data"]["generated"], true);
    assert_eq!(
        result["parameters"].as_u64().unwrap() as usize,
        training.layers().parameters()
    );
    let medical = training.pictures.set.is_medical();
    assert_eq!(result.get("notice").is_some(), medical);
    assert_eq!(result.get("samples").is_some(), medical);
}

/// Every picture is in one part, and every class in every part.
fn check_split(split: &Table, result: &Value, count: usize) {
    let paths: BTreeSet<_> = split.iter().map(|row| &row["path"]).collect();
    assert_eq!((split.len(), paths.len()), (count, count));
    assert!(split.iter().all(|row| row["sha256"].len() == 64));
    let classes = result["data"]["classes"].as_array().unwrap().len();
    for part in ["train", "valid", "test"] {
        let rows: Vec<_> = split.iter().filter(|row| row["split"] == part).collect();
        assert_eq!(result["data"][part], rows.len(), "{part}");
        let found: BTreeSet<_> = rows.iter().map(|row| &row["class"]).collect();
        assert_eq!(found.len(), classes, "{part}");
    }
    let known = ["train", "valid", "test"];
    assert!(split.iter().all(|row| known.contains(&&*row["split"])));
}

/// The figures of `result.json` can be worked out again from the table.
fn check_predictions(predictions: &Table, split: &Table, result: &Value) {
    let classes: Vec<_> = result["data"]["classes"]
        .as_array()
        .unwrap()
        .iter()
        .collect();
    for part in ["valid", "test"] {
        let of_part = |table: &Table| -> BTreeSet<(String, String)> {
            let rows = table.iter().filter(|row| row["split"] == part);
            let truth = |row: &BTreeMap<String, String>| {
                row.get("truth").unwrap_or_else(|| &row["class"]).clone()
            };
            rows.map(|row| (row["path"].clone(), truth(row))).collect()
        };
        assert_eq!(of_part(predictions), of_part(split), "{part}");

        let rows: Vec<_> = predictions
            .iter()
            .filter(|row| row["split"] == part)
            .collect();
        assert_eq!(result[part]["n"], rows.len());
        let mut right = 0.0;
        let (mut least, mut most) = (0.0, 0.0);
        for row in &rows {
            let p = |class: &str| row[&format!("p_{class}")].parse::<f64>().unwrap();
            let all: Vec<f64> = classes
                .iter()
                .map(|class| p(class.as_str().unwrap()))
                .collect();
            let sum: f64 = all.iter().sum();
            assert!((sum - 1.0).abs() < 1e-6 * all.len() as f64, "{row:?}");
            let largest = all.iter().copied().fold(0.0, f64::max);
            assert!(p(&row["answer"]) >= largest - 1e-6, "{row:?}");
            right += f64::from(u8::from(row["truth"] == row["answer"]));
            // The table holds six decimals.
            least -= (p(&row["truth"]) + 5e-7).ln();
            most -= (p(&row["truth"]) - 5e-7).max(0.0).ln();
        }
        let n = rows.len() as f64;
        let of_result = |figure: &str| result[part][figure].as_f64().unwrap();
        assert!((right / n - of_result("accuracy")).abs() < 1e-12, "{part}");
        assert!((1.0 - right / n - of_result("error_rate")).abs() < 1e-12);
        let loss = of_result("loss") * n;
        assert!(
            least <= loss + 1e-6 && loss <= most + 1e-6,
            "{part}: {loss}"
        );
    }
}

fn check_card(card: &Card<Preprocess>, result: &Value) {
    assert_eq!(result["experiment"], card.experiment);
    assert_eq!(
        result["data"]["classes"],
        Value::from(card.class_names.clone())
    );
    assert_eq!(result["data"]["fingerprint"], card.data.fingerprint);
    assert!(card.data.generated);
    assert_eq!((card.seed, card.epochs), (SEED, 1));
    assert_eq!(
        result.get("notice").and_then(Value::as_str),
        card.notice.as_deref()
    );
    let accuracy = card
        .metrics
        .iter()
        .find(|metric| metric.split == "test" && metric.name == "accuracy")
        .unwrap();
    assert_eq!(result["test"]["accuracy"], accuracy.value);
    assert_eq!(result["test"]["n"], accuracy.n);
}

/// The model in the file gives the probabilities that were written down, for pictures made anew.
fn check_answers(
    training: &Training,
    card: &Card<Preprocess>,
    predictor: &Predictor,
    predictions: &Table,
    count: usize,
) {
    let set: ImageSet = match training.pictures.set {
        Set::Mnist => synthetic::digits(count, SEED),
        Set::BrainTumorMri | Set::BrainTumor2Class => {
            synthetic::phantoms(count, &card.preprocess, SEED).unwrap()
        }
    };
    let rows: Vec<_> = predictions
        .iter()
        .filter(|row| row["split"] == "test")
        .collect();
    let pictures = rows.iter().map(|row| {
        let place = set
            .origins
            .iter()
            .position(|origin| origin.path == row["path"]);
        set.image(place.unwrap())
    });
    let input = card.preprocess.tensor(pictures, &Device::flex());
    let Predictor::ImageClassifier(network) = predictor;
    let temperature = card.calibration.as_ref().unwrap().temperature;
    let probabilities = softmax(network.forward(input) / temperature, 1).into_data();
    let written = rows.iter().flat_map(|row| {
        let column = |class: &String| row[&format!("p_{class}")].parse::<f64>().unwrap();
        card.class_names.iter().map(column).collect::<Vec<_>>()
    });
    assert_eq!(
        probabilities.num_elements(),
        rows.len() * card.class_names.len()
    );
    for (now, then) in probabilities.iter::<f64>().zip(written) {
        assert!((now - then).abs() < 1e-4, "{now} now, {then} then");
    }
}
