//! Every experiment of the table trains one tiny epoch on generated data and leaves a whole run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::stage::{Stage, golden, table};
use burn::tensor::activation::softmax;
use burn::tensor::{Device, Tensor};
use datasets::{Origin, Preprocessing, synthetic};
use models::Predictor;
use models::file::{self, Card};
use serde_json::Value;
use train::data::DatasetName;
use train::experiments::{Experiment, Kind, Training, all};
use train::options::Family;
use train::options::OptionRow;

const SEED: u64 = 42;

/// What every training leaves behind.
const FILES: [&str; 13] = [
    "config.json",
    "log.jsonl",
    "metrics.csv",
    "checkpoint/epoch-1/network.bpk",
    "checkpoint/epoch-1/optimizer.bpk",
    "checkpoint/epoch-1/schedule.bpk",
    "model.safetensors",
    "result.json",
    "split.csv",
    "curves.svg",
    "curves.png",
    "card.md",
    "../latest/result.json",
];

/// What every classifier leaves behind, too.
const OF_CLASSIFIERS: [&str; 10] = [
    "predictions.csv",
    "confusion.svg",
    "confusion.png",
    "roc.svg",
    "roc.png",
    "reliability.svg",
    "reliability.png",
    "risk_coverage.svg",
    "risk_coverage.png",
    "mistakes.png",
];

/// What every autoencoder leaves behind, too.
const OF_AUTOENCODERS: [&str; 7] = [
    "reconstructions.csv",
    "reconstructions.svg",
    "reconstructions.png",
    "activity.svg",
    "activity.png",
    "codes.svg",
    "codes.png",
];

/// What every network over trees leaves behind, too.
const OF_TREES: [&str; 12] = [
    "predictions.csv",
    "confusion.svg",
    "confusion.png",
    "roc.svg",
    "roc.png",
    "reliability.svg",
    "reliability.png",
    "trees.svg",
    "trees.png",
    "mistakes.svg",
    "mistakes.png",
    "samples/sentences.txt",
];

/// What programs find in its `result.json`.
const FIELDS_OF_TREES: [&str; 20] = [
    "/format",
    "/experiment",
    "/recipe/learning_rate",
    "/recipe/clip_norm",
    "/data/classes/0",
    "/data/groups",
    "/network",
    "/vocabulary",
    "/temperature",
    "/train/loss",
    "/train/accuracy",
    "/valid/accuracy",
    "/valid/phrases/accuracy",
    "/test/accuracy",
    "/test/accuracy_interval/1",
    "/test/confusion/4/4",
    "/test/phrases/interval/1",
    "/test/polarity/accuracy",
    "/seconds/load",
    "/parameters",
];

/// What a variational one leaves behind beside that.
const OF_VARIATIONAL: [&str; 4] = [
    "drawn.svg",
    "drawn.png",
    "interpolations.svg",
    "interpolations.png",
];

/// What programs find in the `result.json` of an autoencoder.
const FIELDS_OF_AUTOENCODERS: [&str; 24] = [
    "/format",
    "/experiment",
    "/recipe/learning_rate",
    "/data/classes/0",
    "/data/groups",
    "/train/n",
    "/train/loss",
    "/train/bce",
    "/valid/n",
    "/valid/usual_error",
    "/test/n",
    "/test/bce",
    "/test/mse",
    "/test/psnr",
    "/code/units",
    "/code/mean",
    "/code/active",
    "/code/sparseness",
    "/code/dead_units",
    "/principal_plane/1",
    "/seconds/load",
    "/seconds/per_epoch/0",
    "/model",
    "/parameters",
];

/// What programs find in the `result.json` of a classifier.
const FIELDS: [&str; 70] = [
    "/format",
    "/experiment",
    "/seed",
    "/epochs",
    "/best_epoch",
    "/interrupted",
    "/device",
    "/parameters",
    "/recipe/optimizer",
    "/recipe/loss",
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
    let documentation = include_str!("../../src/report/result.rs");
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

fn check_files(stage: &Stage, run: &str, files: &[&str]) {
    for file in files {
        let size = fs::metadata(stage.path(run).join(file)).map(|file| file.len());
        assert!(size.is_ok_and(|bytes| bytes > 0), "{run}/{file}");
    }
}

/// Everything about a run on trees.
fn check_trees(
    stage: &Stage,
    experiment: &Experiment,
    training: &Training,
    run: &str,
    result: &Value,
) {
    check_files(stage, run, &OF_TREES);
    assert_eq!(*result, stage.json(&format!("{run}/result.json")));
    check_facts(experiment, training, result, &FIELDS_OF_TREES);
    let words = fs::read_to_string(stage.path(&format!("{run}/card.md"))).unwrap();
    for part in ["Not for", "| leakage |", "right-branching", "mistakes.png"] {
        assert!(words.contains(part), "{part} is missing:\n{words}");
    }
    // The accuracy can be worked out again from the table.
    let rows = table(&stage.path(&format!("{run}/predictions.csv")));
    for part in ["valid", "test"] {
        let rows: Vec<_> = rows.iter().filter(|row| row["split"] == part).collect();
        assert_eq!(result[part]["n"], rows.len());
        let right = rows.iter().filter(|row| row["truth"] == row["answer"]);
        let accuracy = right.count() as f64 / rows.len() as f64;
        assert_eq!(result[part]["accuracy"].as_f64().unwrap(), accuracy);
        // Words and phrases are about twice as many as words, and a sentence has seven at least.
        let phrases = result[part]["phrases"]["n"].as_u64().unwrap() as usize;
        assert!(phrases >= 7 * rows.len(), "{phrases} of {}", rows.len());
    }
    let model = stage.path(&format!("{run}/model.safetensors"));
    let (card, predictor) = file::load::<Preprocessing>(&model, &Device::flex()).unwrap();
    assert!(matches!(predictor, Predictor::TreeClassifier(_)));
    let Preprocessing::Tree(trees) = &card.preprocess else {
        panic!("{:?}", card.preprocess);
    };
    assert_eq!(result["vocabulary"], trees.vocabulary.len());
    assert!(trees.vocabulary.number("the") > 0);
}

/// Everything about a run of an autoencoder.
fn check_reconstruction(
    stage: &Stage,
    experiment: &Experiment,
    training: &Training,
    run: &str,
    result: &Value,
    count: usize,
) {
    check_files(stage, run, &OF_AUTOENCODERS);
    assert_eq!(*result, stage.json(&format!("{run}/result.json")));
    check_facts(experiment, training, result, &FIELDS_OF_AUTOENCODERS);
    check_split(
        &table(&stage.path(&format!("{run}/split.csv"))),
        result,
        count,
    );
    let recipe = &training.recipe;
    let has = |field: &str| result.pointer(field).is_some();
    assert_eq!(has("/test/psnr_noisy"), recipe.noise.is_some());
    assert_eq!(has("/unpenalized/code/mean"), recipe.penalty.is_some());
    assert!(has("/neighbours/accuracy") && !has("/anomalies"));
    let variational = has("/test/divergence");
    assert_eq!(variational, has("/test/negative_bound"));
    if variational {
        check_files(stage, run, &OF_VARIATIONAL);
    }
    let words = fs::read_to_string(stage.path(&format!("{run}/card.md"))).unwrap();
    for part in [
        "Not for",
        "| leakage |",
        "sparseness",
        "reconstructions.png",
    ] {
        assert!(words.contains(part), "{part} is missing:\n{words}");
    }

    // The figures can be worked out again from the table.
    let rows = table(&stage.path(&format!("{run}/reconstructions.csv")));
    for part in ["valid", "test"] {
        let rows: Vec<_> = rows.iter().filter(|row| row["split"] == part).collect();
        assert_eq!(result[part]["n"], rows.len());
        for figure in ["mse", "bce"] {
            let values = rows.iter().map(|row| row[figure].parse::<f64>().unwrap());
            let mean = values.sum::<f64>() / rows.len() as f64;
            let said = result[part][figure].as_f64().unwrap();
            assert!(
                (mean - said).abs() < 1e-6,
                "{part} {figure}: {mean}, {said}"
            );
        }
    }
    let mse = result["test"]["mse"].as_f64().unwrap();
    let psnr = result["test"]["psnr"].as_f64().unwrap();
    assert!((psnr + 10.0 * mse.log10()).abs() < 1e-9);
    check_model(stage, training, run, &rows, count);
}

/// The model in the file makes of clean pictures what the run made of them.
fn check_model(stage: &Stage, training: &Training, run: &str, rows: &Table, count: usize) {
    let model = stage.path(&format!("{run}/model.safetensors"));
    let device = Device::flex();
    let (card, predictor) = file::load::<Preprocessing>(&model, &device).unwrap();
    assert!(card.class_names.is_empty() && card.calibration.is_none());
    let Predictor::Reconstructor(network) = predictor else {
        panic!("{run}: {predictor:?}");
    };
    let rows: Vec<_> = rows.iter().filter(|row| row["split"] == "test").collect();
    let input = inputs_of(training, &card, &rows, count);
    let errors = (network.forward(input.clone()).pixels() - input).square();
    let errors = errors.flatten::<2>(1, 3).mean_dim(1).into_data();
    assert_eq!(errors.num_elements(), rows.len());
    if training.recipe.noise.is_none() {
        for (now, row) in errors.iter::<f64>().zip(rows) {
            let then = row["mse"].parse::<f64>().unwrap();
            assert!((now - then).abs() < 1e-5, "{now} now, {then} then");
        }
    }
}

fn check_result(experiment: &Experiment, training: &Training, result: &Value) {
    check_facts(experiment, training, result, &FIELDS);
}

/// What every training says of itself.
fn check_facts(experiment: &Experiment, training: &Training, result: &Value, fields: &[&str]) {
    for field in fields {
        let value = result.pointer(field).unwrap_or(&Value::Null);
        assert!(!value.is_null(), "{field}");
    }
    assert_eq!(result["experiment"], experiment.name);
    assert_eq!(result["seed"], SEED);
    assert_eq!(result["epochs"], 1);
    assert_eq!(result["best_epoch"], 1);
    assert_eq!(result["interrupted"], false);
    assert_eq!(result["data"]["generated"], true);
    // The size of a network over words is that of the vocabulary that was learned.
    if !is_in(experiment, Family::Trees) {
        assert_eq!(
            result["parameters"].as_u64().unwrap() as usize,
            training
                .layers(&models::Choices::default())
                .unwrap()
                .parameters()
        );
    }
    let medical = training.dataset().name.is_medical();
    assert_eq!(result.get("notice").is_some(), medical);
    // A digit is easily drawn; of everything else there is something to try the model on.
    let has_samples = training.dataset().name != DatasetName::Mnist;
    assert_eq!(result.get("samples").is_some(), has_samples);
}

fn is_in(experiment: &Experiment, family: Family) -> bool {
    experiment.families().contains(&family)
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

fn check_card(card: &Card<Preprocessing>, result: &Value) {
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
    card: &Card<Preprocessing>,
    predictor: &Predictor,
    predictions: &Table,
    count: usize,
) {
    let rows: Vec<_> = predictions
        .iter()
        .filter(|row| row["split"] == "test")
        .collect();
    let input = inputs_of(training, card, &rows, count);
    let network = predictor.classifier().unwrap();
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

/// The run's examples of these rows, made anew, as the network takes them.
fn inputs_of(
    training: &Training,
    card: &Card<Preprocessing>,
    rows: &[&BTreeMap<String, String>],
    count: usize,
) -> Tensor<4> {
    let device = Device::flex();
    let places = |origins: &[Origin]| -> Vec<usize> {
        let place = |row: &&BTreeMap<String, String>| {
            let mut origins = origins.iter();
            origins
                .position(|origin| origin.path == row["path"])
                .unwrap()
        };
        rows.iter().map(place).collect()
    };
    match &card.preprocess {
        Preprocessing::Image(preprocess) => {
            let set = match training.dataset().name {
                DatasetName::Mnist => synthetic::digits(count, SEED),
                _ => synthetic::phantoms(count, preprocess, SEED).unwrap(),
            };
            let places = places(&set.origins);
            preprocess.tensor(places.iter().map(|&place| set.image(place)), &device)
        }
        Preprocessing::Signal(preprocessing) => {
            let set = synthetic::eeg(count, card.class_names.len(), SEED);
            let places = places(&set.origins);
            preprocessing.tensor(places.iter().map(|&place| set.segment(place)), &device)
        }
        Preprocessing::Sentences(_) => panic!("sentences are no pictures"),
        Preprocessing::Tree(_) => unreachable!("they are checked elsewhere"),
    }
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
