//! Every experiment of the table trains one tiny epoch on generated data and leaves a whole run.

mod checks;
mod expected;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use burn::tensor::Device;
use datasets::Preprocessing;
use models::file;
use serde_json::Value;
use train::experiments::{Kind, all};
use train::options::{Family, OptionRow};

use self::checks::*;
use self::expected::*;
use crate::stage::{Stage, golden, table};

const SEED: u64 = 42;

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
            // Three recordings of each of five kinds, 23 pieces each.
            name if name.starts_with("eeg-") => 345,
            _ => 80,
        };
        let said = stage.trained(&format!(
            "{} --generated --stand-ins {count} --epochs 1 --batch-size 16 --seed {SEED} --device flex --json",
            experiment.name
        ));
        let run = format!("runs/{}-1", experiment.name);
        check_files(&stage, &run, &FILES);
        let result = stage.json(&format!("{run}/result.json"));
        golden::check(experiment.name, &result);
        check_keys(&result);
        if is_in(&experiment, Family::Translation) {
            continue; // translate.rs looks at it
        }
        if is_in(&experiment, Family::Autoencoder) {
            let result: Value = serde_json::from_str(&said.stdout).unwrap();
            check_reconstruction(&stage, &experiment, training, &run, &result, count);
            continue;
        }
        if is_in(&experiment, Family::Trees) {
            let result: Value = serde_json::from_str(&said.stdout).unwrap();
            check_trees(&stage, &experiment, training, &run, &result);
            continue;
        }
        check_files(&stage, &run, &OF_CLASSIFIERS);
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
        let (card, predictor) = file::load::<Preprocessing>(&model, &device).unwrap();
        check_card(&card, &result);
        check_answers(training, &card, &predictor, &predictions, count);
    }
}

/// Every key of `result.json` stands in the table of its documentation.
fn check_keys(result: &Value) {
    let documentation = include_str!("../../../src/report/result.rs");
    for key in result.as_object().unwrap().keys() {
        let is_documented = documentation
            .lines()
            .any(|line| line.starts_with("//! |") && line.contains(&format!("`{key}`")));
        assert!(is_documented, "{key} is not documented");
    }
}

/// What every study leaves behind beside its figures.
const STUDY_FILES: [&str; 2] = ["config.json", "result.json"];

/// Every study of the table, as small as it can be made with the options it takes.
#[test]
fn every_study_runs_and_leaves_its_findings() {
    let stage = Stage::new();
    for experiment in all() {
        if !matches!(experiment.kind, Kind::Study(_)) {
            continue;
        }
        println!("{}", experiment.name);
        let small = [
            "generated",
            "stand-ins 80",
            "epochs 1",
            "device flex",
            "duration 50",
        ];
        let options: String = small
            .into_iter()
            .filter(|option| {
                let row = option.split(' ').next().and_then(OptionRow::find);
                row.is_some_and(|row| experiment.takes(row))
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
        golden::check(experiment.name, &result);
        assert_eq!(result, stage.json(&format!("{run}/result.json")));
        assert_eq!(result["format"], 1);
        assert_eq!(result["experiment"], experiment.name);
        assert_eq!(result["seed"], SEED);
        let config = stage.json(&format!("{run}/config.json"));
        assert_eq!(config["options"]["json"], "true");
    }
    // It points to the newest model, and studies leave none.
    assert!(!stage.path("runs/latest").exists());
}

/// On the scans, with the other noise, with the other penalty, trained on one class: the arguments,
/// what else is in the run's folder, and what in `result.json`.
const OTHERWISE: [(&str, &[&str], &[&str]); 6] = [
    (
        "autoencoder --dataset brain-tumor-mri --train-class no_tumor",
        &["anomalies.svg", "anomalies.png"],
        &[
            "/anomalies/auroc",
            "/anomalies/interval/1",
            "/anomalies/by_class/2/auroc",
            "/notice",
        ],
    ),
    (
        "autoencoder --train-class 1 --schedule constant",
        &["anomalies.png"],
        &["/anomalies/by_class/8/auroc"],
    ),
    (
        "autoencoder-sparse --penalty l1:1e-3+kl:0.01:0.1",
        &["without-penalty/log.jsonl"],
        &["/unpenalized/test/bce", "/recipe/penalty/kl"],
    ),
    (
        "autoencoder-sparse --dataset brain-tumor-mri --penalty none",
        &["samples"],
        &["/code/mean"],
    ),
    (
        "autoencoder-denoising --dataset brain-tumor-mri --noise salt-and-pepper:0.3",
        &["samples"],
        &["/test/psnr_noisy", "/recipe/noise/salt-and-pepper/share"],
    ),
    (
        "autoencoder-variational --dataset brain-tumor-mri --augment scans",
        &["drawn.png", "interpolations.png"],
        &["/test/negative_bound"],
    ),
];

#[test]
fn autoencoders_take_their_options() {
    for (arguments, files, fields) in OTHERWISE {
        println!("{arguments}");
        let stage = Stage::new();
        let said = stage.trained(&format!(
            "{arguments} --generated --stand-ins 80 --epochs 1 --batch-size 16 --device flex --json"
        ));
        let result: Value = serde_json::from_str(&said.stdout).unwrap();
        for field in fields {
            assert!(result.pointer(field).is_some(), "{arguments}: {field}");
        }
        let run = format!("runs/{}-1", result["experiment"].as_str().unwrap());
        for file in files {
            assert!(stage.path(&run).join(file).exists(), "{arguments}: {file}");
        }
        // What was left out is in no part, and the split can be used again.
        let split = table(&stage.path(&format!("{run}/split.csv")));
        let class = result["data"]["train_class"].as_str();
        for row in &split {
            let fits = class.is_none_or(|class| row["class"] == class || row["split"] == "test");
            assert!(fits || row["split"] == "unused", "{row:?}");
        }
        let again = stage.trained(&format!(
            "{arguments} --generated --stand-ins 80 --epochs 1 --batch-size 16 --device flex --json --split {run}/split.csv"
        ));
        let again: Value = serde_json::from_str(&again.stdout).unwrap();
        assert_eq!(again["data"]["test"], result["data"]["test"]);
        if result.get("unpenalized").is_none() {
            stage.trained(&format!("--resume {run} --epochs 2 --device flex --no-tui"));
            assert_eq!(stage.epochs(&run), [1, 2]);
        }
    }
}

/// The network beside it is trained on when a run goes on.
#[test]
fn a_penalised_run_goes_on_with_both_networks() {
    let stage = Stage::new();
    let arguments = "--generated --stand-ins 80 --batch-size 16 --device flex --no-tui";
    stage.trained(&format!("autoencoder-sparse --epochs 1 {arguments}"));
    stage.trained("--resume runs/latest --epochs 3 --device flex --no-tui");
    assert_eq!(stage.epochs("runs/autoencoder-sparse-1"), [1, 2, 3]);
    let other = "runs/autoencoder-sparse-1/without-penalty";
    assert_eq!(stage.epochs(other), [1, 2, 3]);
    let result = stage.json("runs/autoencoder-sparse-1/result.json");
    assert_eq!(result["unpenalized"]["epochs"], 3);
}

/// The composition of the generated trees can be learned by both networks, and two classes are told
/// without the neutral sentences.
#[test]
fn both_networks_over_trees_learn_to_compose() {
    let stage = Stage::new();
    for (network, number, how) in [
        ("tree-lstm", 1, "--epochs 5"),
        ("plain", 2, "--epochs 14 --learning-rate 0.05"),
    ] {
        let said = stage.trained(&format!(
            "sentiment-tree --network {network} --classes 2 --generated --stand-ins 1200 {how} --seed {SEED} --device flex --json"
        ));
        let result: Value = serde_json::from_str(&said.stdout).unwrap();
        assert_eq!(result["network"], network);
        assert_eq!(result["data"]["classes"].as_array().unwrap().len(), 2);
        assert!(
            result["data"]["train"].as_u64().unwrap() < 1000,
            "neutral ones are left out"
        );
        assert!(result["test"].get("polarity").is_none());
        let accuracy = result["test"]["accuracy"].as_f64().unwrap();
        assert!(accuracy > 0.9, "{network}: {accuracy}");
        let layers = if network == "plain" { 3 } else { 4 };
        let run = format!("runs/sentiment-tree-{number}");
        let bytes = fs::read(stage.path(&format!("{run}/model.safetensors"))).unwrap();
        let header = String::from_utf8_lossy(&bytes);
        assert_eq!(header.matches(".weight\"").count(), layers, "{network}");
    }
    stage.trained("--resume runs/sentiment-tree-2 --epochs 15 --device flex --no-tui");
    assert_eq!(stage.epochs("runs/sentiment-tree-2").last(), Some(&15));
}
