//! Checks of a run folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use burn::tensor::activation::softmax;
use burn::tensor::{Device, Tensor};
use datasets::{Origin, Preprocessing, synthetic};
use models::Predictor;
use models::file::{self, Card};
use serde_json::Value;
use train::data::DatasetName;
use train::experiments::{Experiment, Training};
use train::options::Family;

use super::expected::*;
use super::{SEED, Table};
use crate::stage::{Stage, table};

pub(super) fn check_files(stage: &Stage, run: &str, files: &[&str]) {
    for file in files {
        let size = fs::metadata(stage.path(run).join(file)).map(|file| file.len());
        assert!(size.is_ok_and(|bytes| bytes > 0), "{run}/{file}");
    }
}

/// Everything about a run on trees.
pub(super) fn check_trees(
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
pub(super) fn check_reconstruction(
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
pub(super) fn check_model(
    stage: &Stage,
    training: &Training,
    run: &str,
    rows: &Table,
    count: usize,
) {
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

pub(super) fn check_result(experiment: &Experiment, training: &Training, result: &Value) {
    check_facts(experiment, training, result, &FIELDS);
}

/// What every training says of itself.
pub(super) fn check_facts(
    experiment: &Experiment,
    training: &Training,
    result: &Value,
    fields: &[&str],
) {
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

pub(super) fn is_in(experiment: &Experiment, family: Family) -> bool {
    experiment.families().contains(&family)
}

/// Every picture is in one part, and every class in every part.
pub(super) fn check_split(split: &Table, result: &Value, count: usize) {
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
pub(super) fn check_predictions(predictions: &Table, split: &Table, result: &Value) {
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

pub(super) fn check_card(card: &Card<Preprocessing>, result: &Value) {
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
pub(super) fn check_answers(
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
pub(super) fn inputs_of(
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
