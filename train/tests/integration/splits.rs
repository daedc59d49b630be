//! Groups from the folder to the figures: `train check`, grouped and official splits, patients,
//! recorded splits, cross-validation.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::stage::{Stage, table};
use datasets::synthetic;
use image::DynamicImage;
use serde_json::{Value, json};

/// `Training` and `Testing` of phantoms, twelve and six of each class, with four faults: a mirrored
/// copy of a training picture in the test, the same file in the test, a copy with another label,
/// and a file that is no picture.
fn leaky(stage: &Stage) {
    synthetic::write_phantoms(&stage.path("leaky/Training"), 12, 1).unwrap();
    synthetic::write_phantoms(&stage.path("leaky/Testing"), 6, 2).unwrap();
    let training = |class: &str, number: usize| {
        stage.path(&format!("leaky/Training/{class}/{class}-{number:04}.png"))
    };
    let testing = |name: &str| stage.path(&format!("leaky/Testing/{name}"));
    let open = |path: std::path::PathBuf| -> DynamicImage { image::open(path).unwrap() };
    open(training("glioma_tumor", 3))
        .fliph()
        .save(testing("glioma_tumor/mirrored.png"))
        .unwrap();
    fs::copy(training("no_tumor", 0), testing("no_tumor/same.png")).unwrap();
    let other = stage.path("leaky/Training/meningioma_tumor/contradicts.png");
    open(training("pituitary_tumor", 5))
        .rotate90()
        .save(other)
        .unwrap();
    stage.write("leaky/Training/no_tumor/torn.png", "This is no picture.\n");
}

#[test]
fn check_finds_copies_leaks_contradictions_and_unreadable_files() {
    let stage = Stage::new();
    leaky(&stage);
    let said = stage.trained("check leaky --json");
    let found: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(found, stage.json("runs/check-leaky-1/check.json"));
    assert_eq!(found["pictures"], 75);
    assert_eq!(found["groups"], 72);
    assert_eq!(
        found["redundant"],
        json!({"same_file": 1, "same_pixels": 0, "near": 2, "total": 3})
    );
    let leaks = &found["leaks"];
    assert_eq!((&leaks["leaking"], &leaks["test"]), (&json!(2), &json!(26)));
    assert_eq!(leaks["same_file"], 1);
    assert_eq!(
        leaks["by_class"][0],
        json!({"class": "glioma_tumor", "leaking": 1, "test": 7})
    );
    let conflict = &found["label_conflicts"][0];
    assert_eq!(
        conflict["classes"],
        json!(["meningioma_tumor", "pituitary_tumor"])
    );
    assert_eq!(found["unreadable"][0]["path"], "Training/no_tumor/torn.png");
    assert_eq!(
        found["classes"][2]["parts"],
        json!({"train": 12, "test": 7})
    );
    for words in [
        "2 of 26 test pictures",
        "groups with several labels: 1",
        "torn.png: not a picture",
    ] {
        assert!(said.stderr.contains(words), "{words}: {}", said.stderr);
    }

    let rows = table(&stage.path("runs/check-leaky-1/duplicates.csv"));
    assert_eq!(rows.len(), 6);
    let row = |end: &str| rows.iter().find(|row| row["path"].ends_with(end)).unwrap();
    assert_eq!(row("mirrored.png")["leaks"], "true");
    assert_eq!(row("contradicts.png")["conflict"], "true");
    let likeness: BTreeSet<&str> = rows.iter().map(|row| &*row["likeness"]).collect();
    assert_eq!(likeness, BTreeSet::from(["", "near", "same file"]));
    let sheet = image::open(stage.path("runs/check-leaky-1/groups.png")).unwrap();
    assert!(sheet.width() > 1000 && sheet.height() > 400);
    assert!(!stage.path("runs/latest").exists());

    // Without official parts and copies there is less to tell.
    synthetic::write_phantoms(&stage.path("data/clean"), 3, 1).unwrap();
    let said = stage.trained("check clean");
    assert!(
        said.stdout.contains("no official test part"),
        "{}",
        said.stdout
    );
    let found = stage.json("runs/check-clean-1/check.json");
    assert_eq!((found.get("leaks"), found.get("sheet")), (None, None));
}

/// The part of each group, where it has only one.
fn parts_of_groups(rows: &[BTreeMap<String, String>]) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut parts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in rows {
        parts
            .entry(&row["group"])
            .or_default()
            .insert(&row["split"]);
    }
    parts
}

const RUN: &str = "brain-tumor --data leaky --epochs 1 --batch-size 16 --device flex --no-tui";

#[test]
fn a_grouped_split_divides_no_group_and_can_be_replayed() {
    let stage = Stage::new();
    leaky(&stage);
    stage.trained(RUN);
    let result = stage.json("runs/brain-tumor-1/result.json");
    assert_eq!(result["data"]["split"], "grouped");
    assert_eq!(
        (&result["data"]["groups"], &result["data"]["leaking"]),
        (&json!(72), &json!(0))
    );
    assert!(result.get("test_clean").is_none());
    let rows = table(&stage.path("runs/brain-tumor-1/split.csv"));
    let parts = parts_of_groups(&rows);
    assert_eq!((rows.len(), parts.len()), (75, 72));
    assert!(parts.values().all(|parts| parts.len() == 1));

    stage.trained(&format!("{RUN} --split runs/brain-tumor-1 --seed 7"));
    assert_eq!(
        stage.json("runs/brain-tumor-2/result.json")["data"]["split"],
        "file"
    );
    let read =
        |run: &str| fs::read_to_string(stage.path(&format!("runs/{run}/split.csv"))).unwrap();
    assert_eq!(read("brain-tumor-1"), read("brain-tumor-2"));

    // A picture has changed since.
    let class = stage.path("leaky/Testing/no_tumor");
    fs::copy(
        class.join("no_tumor-0001.png"),
        class.join("no_tumor-0002.png"),
    )
    .unwrap();
    let said = stage.train(&format!("{RUN} --split runs/brain-tumor-1/split.csv"));
    assert_eq!(said.code, 1);
    for words in [
        "split.csv: 1 of its pictures are not those",
        "Testing/no_tumor/no_tumor-0002.png",
    ] {
        assert!(said.stderr.contains(words), "{}", said.stderr);
    }
}

#[test]
fn an_official_split_is_measured_with_and_without_its_leaks() {
    let stage = Stage::new();
    leaky(&stage);
    let said = stage.trained(&format!("{RUN} --split official"));
    let result = stage.json("runs/brain-tumor-1/result.json");
    assert_eq!(result["data"]["split"], "official");
    assert_eq!(result["data"]["leaking"], 2);
    let n = ["test", "test_clean", "test_leaking"].map(|part| result[part]["n"].clone());
    assert_eq!(n, [json!(26), json!(24), json!(2)]);
    let right = |part: &str| {
        result[part]["accuracy"].as_f64().unwrap() * result[part]["n"].as_f64().unwrap()
    };
    let sum = right("test_clean") + right("test_leaking");
    assert!((right("test") - sum).abs() < 1e-9);
    let words = "2 of the 26 test pictures share a group with training or validation";
    assert!(said.stdout.contains(words), "{}", said.stdout);
    let card = fs::read_to_string(stage.path("runs/brain-tumor-1/card.md")).unwrap();
    assert!(card.contains(words), "{card}");
}

/// Each patient has one picture of each class: the pictures of a patient stay together.
#[test]
fn patients_stay_together() {
    let stage = Stage::new();
    synthetic::write_phantoms(&stage.path("scans"), 20, 1).unwrap();
    let mut lines = "path,patient\n".to_owned();
    for class in synthetic::Mass::ALL.map(synthetic::Mass::name) {
        for number in 0..20 {
            lines += &format!("{class}/{class}-{number:04}.png,patient {number}\n");
        }
    }
    stage.write("patients.csv", lines);
    stage.trained(
        "brain-tumor --data scans --groups patients.csv --epochs 1 --device flex --no-tui",
    );
    let rows = table(&stage.path("runs/brain-tumor-1/split.csv"));
    let parts = parts_of_groups(&rows);
    assert_eq!((rows.len(), parts.len()), (80, 20));
    assert!(parts.values().all(|parts| parts.len() == 1));
}

#[test]
fn folds_test_every_picture_once() {
    let stage = Stage::new();
    leaky(&stage);
    let said = stage.trained(&format!("{RUN} --folds 3 --json"));
    let result: Value = serde_json::from_str(&said.stdout).unwrap();
    let run = "runs/brain-tumor-1";
    assert_eq!(result, stage.json(&format!("{run}/result.json")));
    assert_eq!(
        (&result["folds"], &result["interrupted"]),
        (&json!(3), &json!(false))
    );
    assert_eq!(result["pooled"]["n"], 75);
    let spread = &result["test"]["accuracy"];
    let values: Vec<f64> = serde_json::from_value(spread["values"].clone()).unwrap();
    assert_eq!(values.len(), 3);
    let mean = values.iter().sum::<f64>() / 3.0;
    assert!((spread["mean"].as_f64().unwrap() - mean).abs() < 1e-12);

    let tested: Vec<_> = table(&stage.path(&format!("{run}/predictions.csv")));
    let paths: BTreeSet<_> = tested.iter().map(|row| &row["path"]).collect();
    assert_eq!((tested.len(), paths.len()), (75, 75));
    let right = tested
        .iter()
        .filter(|row| row["truth"] == row["answer"])
        .count();
    let pooled = result["pooled"]["accuracy"].as_f64().unwrap();
    assert!((pooled - right as f64 / 75.0).abs() < 1e-12);
    for fold in 1..=3 {
        let rows = table(&stage.path(&format!("{run}/fold-{fold}/split.csv")));
        assert!(
            parts_of_groups(&rows)
                .values()
                .all(|parts| parts.len() == 1)
        );
        assert!(
            stage
                .path(&format!("{run}/fold-{fold}/model.safetensors"))
                .is_file()
        );
    }
    for file in [
        "model.safetensors",
        "card.md",
        "confusion.svg",
        "config.json",
        "../latest/card.md",
    ] {
        assert!(stage.path(run).join(file).is_file(), "{file}");
    }
    let best = format!("{run}/fold-{}/model.safetensors", result["best_fold"]);
    let bytes = |path: &str| fs::read(stage.path(path)).unwrap();
    assert!(bytes(&best) == bytes(&format!("{run}/model.safetensors")));

    // A fold that is missing is trained again, the others are not.
    fs::remove_dir_all(stage.path(&format!("{run}/fold-2"))).unwrap();
    fs::remove_file(stage.path(&format!("{run}/result.json"))).unwrap();
    let said = stage.trained("--resume runs/latest --device flex --no-tui");
    let epochs = said
        .stderr
        .lines()
        .filter(|line| line.starts_with("epoch "))
        .count();
    assert_eq!(epochs, 1, "{}", said.stderr);
    let again = stage.json(&format!("{run}/result.json"));
    // A figure that was read back from a file may differ in its last bit.
    for figure in ["mean", "std"] {
        let [now, before] = [&again, &result].map(|of| of["test"]["accuracy"][figure].as_f64());
        assert!((now.unwrap() - before.unwrap()).abs() < 1e-12, "{figure}");
    }
    assert_eq!(again["pooled"], result["pooled"]);
}

#[test]
fn the_best_model_of_the_folds_alone_is_kept() {
    let stage = Stage::new();
    stage.trained("mnist-mlp --generated --stand-ins 80 --folds 2 --fold-models best --epochs 1 --device flex --no-tui");
    let run = stage.path("runs/mnist-mlp-1");
    assert!(run.join("model.safetensors").is_file());
    for fold in ["fold-1", "fold-2"] {
        assert!(run.join(fold).join("result.json").is_file());
        assert!(!run.join(fold).join("model.safetensors").exists());
        assert!(!run.join(fold).join("checkpoint").exists());
    }
}

/// Phantoms in the folder where the user stands, beside which the runs are written.
#[test]
fn runs_beside_the_class_folders_are_no_class() {
    let stage = Stage::new();
    synthetic::write_phantoms(&stage.path(""), 4, 1).unwrap();
    for name in ["pituitary_tumor", "meningioma_tumor"] {
        fs::remove_dir_all(stage.path(name)).unwrap();
    }
    fs::create_dir(stage.path("later")).unwrap();
    let arguments = "brain-tumor-mlp --data . --epochs 1 --no-tui --json";
    let said = stage.train(arguments);
    assert_eq!(said.code, 1, "{}", said.stdout);
    assert!(said.stderr.contains("--classes \"glioma_tumor,no_tumor\""));
    for run in 1..=2 {
        stage.trained(&format!("{arguments} --classes no_tumor,glioma_tumor"));
        let result = stage.json(&format!("runs/brain-tumor-mlp-{run}/result.json"));
        assert_eq!(
            result["data"]["classes"],
            json!(["glioma_tumor", "no_tumor"])
        );
    }
    let said = stage.trained("check . --json --merge ill=glioma_tumor,later");
    let found: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(found["classes"][0]["class"], "ill");
    assert_eq!(found["notes"], json!(["left out runs/: written by Hebb"]));
    let said = stage.train("check . --merge any=glioma_tumor,no_tumor,later");
    assert!(
        said.stderr.contains("only the class any is left"),
        "{}",
        said.stderr
    );
}

/// Labels, patients, parts and weights from a table, with weights of classes; the run goes on bit for bit after a stop.
#[test]
fn labels_of_a_table_are_trained_with_weights_of_classes() {
    let stage = Stage::new();
    synthetic::write_phantoms(&stage.path("scans"), 8, 1).unwrap();
    let mut table = "file;diagnosis;weight\n".to_owned();
    for class in ["glioma_tumor", "no_tumor"] {
        for number in 0..8 {
            table += &format!("{class}-{number:04};{};0,5\n", class.to_uppercase());
        }
    }
    stage.write("labels.csv", table);
    let arguments = "brain-tumor-mlp --data scans --labels labels.csv --class-weights NO_TUMOR=3 \
        --sampling balanced --no-tui --epochs";
    stage.trained(&format!("{arguments} 2"));
    stage.trained(&format!("{arguments} 1"));
    stage.trained("--resume runs/brain-tumor-mlp-2 --epochs 2 --no-tui");
    let [whole, resumed] = [1, 2].map(|run| format!("runs/brain-tumor-mlp-{run}"));
    for file in ["predictions.csv", "split.csv"] {
        let read = |run: &str| fs::read_to_string(stage.path(run).join(file)).unwrap();
        assert_eq!(read(&whole), read(&resumed), "{file}");
    }
    let result = stage.json(&format!("{whole}/result.json"));
    assert_eq!(
        result["data"]["classes"],
        json!(["GLIOMA_TUMOR", "NO_TUMOR"])
    );
    assert_eq!(
        result["class_weights"],
        json!({"GLIOMA_TUMOR": 1.0, "NO_TUMOR": 3.0})
    );
    assert_eq!(result["recipe"]["sampling"], "balanced");
    let card = fs::read_to_string(stage.path(&whole).join("card.md")).unwrap();
    assert!(
        card.contains("NO_TUMOR=3: GLIOMA_TUMOR 1.000, NO_TUMOR 3.000"),
        "{card}"
    );
    let said = stage.train("brain-tumor-mlp --data scans --class-weights x=2 --epochs 1 --no-tui");
    assert!(
        said.stderr.contains("there is no class x"),
        "{}",
        said.stderr
    );
}
