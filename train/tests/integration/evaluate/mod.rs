//! `train evaluate`: the figures of a run measured again from its model file, and a model on data of another origin.

mod same;

use std::fmt::Write;
use std::fs;

use self::same::{assert_same_files, files, without_own_keys};
use crate::stage::{Stage, table};
use datasets::synthetic::{self, phrases};
use datasets::trees::bracket;
use serde_json::Value;

/// Trainings of every task, network and kind of data.
const TRAININGS: [&str; 10] = [
    "mnist-mlp --stand-ins 120",
    "brain-tumor --stand-ins 60",
    "eeg-gru --stand-ins 345 --classes 5",
    "mnist-snn --stand-ins 80",
    "autoencoder-denoising --stand-ins 80",
    "autoencoder-variational --stand-ins 80",
    "autoencoder-sparse --stand-ins 80",
    "autoencoder --stand-ins 160 --train-class 1",
    "translate --stand-ins 120",
    "sentiment-tree --stand-ins 120",
];

#[test]
fn a_run_that_is_evaluated_again_has_the_same_figures_bit_for_bit() {
    let stage = Stage::new();
    for training in TRAININGS {
        println!("{training}");
        let experiment = training.split(' ').next().unwrap();
        let [run, evaluation] = [
            format!("runs/{experiment}-1"),
            format!("runs/{experiment}-evaluation-1"),
        ];
        stage.trained(&format!(
            "{training} --generated --epochs 2 --batch-size 16 --seed 5 --no-tui"
        ));
        let before = files(&stage.path(&run));
        let said = stage.trained(&format!("evaluate {run} --json"));
        let result: Value = serde_json::from_str(&said.stdout).unwrap();
        assert_eq!(result, stage.json(&format!("{evaluation}/result.json")));
        assert_eq!(result["evaluation"]["same_data"], true, "{}", said.stderr);
        assert_eq!(result["evaluation"]["same_split"], true);
        let means = ["runs/latest", &evaluation].map(|folder| {
            let loss = &stage.json(&format!("{folder}/result.json"))["train"]["loss"];
            loss.as_f64().unwrap()
        });
        assert!((means[0] - means[1]).abs() < 1e-12, "{means:?}");
        assert_eq!(
            without_own_keys(result),
            without_own_keys(stage.json(&format!("{run}/result.json"))),
        );
        assert_same_files(&stage.path(&evaluation), &stage.path(&run));
        assert!(files(&stage.path(&run)) == before, "the run has changed");
    }
}

#[test]
fn a_model_file_alone_is_measured_on_the_split_of_its_training() {
    let stage = Stage::new();
    stage.trained("mnist-mlp --generated --stand-ins 120 --epochs 2 --no-tui");
    stage.trained("mnist-mlp --generated --stand-ins 120 --epochs 1 --no-tui");
    let model = stage.path("mine.safetensors");
    fs::copy(stage.path("runs/mnist-mlp-1/model.safetensors"), &model).unwrap();
    let said = stage.trained("evaluate mine.safetensors --out elsewhere");
    let result = stage.json("elsewhere/mnist-mlp-evaluation-1/result.json");
    let run = stage.json("runs/mnist-mlp-1/result.json");
    for key in [
        "valid",
        "test",
        "calibration",
        "data",
        "epochs",
        "parameters",
    ] {
        assert_eq!(result[key], run[key], "{key}");
    }
    // A model file does not hold them.
    for key in ["recipe", "best_epoch", "interrupted", "train"] {
        assert!(result.get(key).is_none(), "{key}");
    }
    assert_eq!(result["model"], "mine.safetensors");
    let sha256 = datasets::sha256_hex(&fs::read(&model).unwrap());
    assert_eq!(result["evaluation"]["model_sha256"], sha256.as_str());
    assert_eq!(result["evaluation"]["seen"], Value::Null);
    for part in [
        "mnist-mlp: test accuracy",
        "mine.safetensors",
        &sha256[..12],
    ] {
        assert!(said.stdout.contains(part), "{part}: {}", said.stdout);
    }
    let card = fs::read_to_string(stage.path("elsewhere/mnist-mlp-evaluation-1/card.md")).unwrap();
    assert!(
        card.contains("split as in it") && card.contains(&sha256),
        "{card}"
    );
    assert!(!card.contains("curves") && !card.contains("NaN"), "{card}");

    // The newest run is the default, and an evaluation does not become it.
    stage.trained("evaluate");
    let newest = stage.json("runs/mnist-mlp-evaluation-1/result.json");
    assert_eq!(newest["model"], "runs/mnist-mlp-2/model.safetensors");
    stage.trained("evaluate mnist-mlp-1");
    assert!(
        stage
            .path("runs/mnist-mlp-evaluation-2/result.json")
            .is_file()
    );
    assert_eq!(stage.json("runs/latest/result.json")["epochs"], 1);

    // Another split of the same data is measured, with a warning.
    let said = stage.trained("evaluate mine.safetensors --split random");
    assert!(
        said.stderr.contains("split in another way"),
        "{}",
        said.stderr
    );
    let said = stage.trained("evaluate mnist-mlp-1 --split all --json");
    let result: Value = serde_json::from_str(&said.stdout).unwrap();
    let data = &run["data"];
    let seen = data["train"].as_u64().unwrap() + data["valid"].as_u64().unwrap();
    assert_eq!(result["evaluation"]["seen"], seen);
    assert_eq!(result["test"]["n"], 120);
    let expected = format!("{seen} of the 120 test pictures were trained on");
    assert!(said.stderr.contains(&expected), "{}", said.stderr);
}

#[test]
fn a_run_that_was_killed_in_its_evaluation_is_finished() {
    let stage = Stage::new();
    stage.trained("mnist-mlp --generated --stand-ins 80 --epochs 1 --no-tui");
    let run = stage.path("runs/mnist-mlp-1");
    let read = |name: &str| fs::read(run.join(name)).unwrap();
    let tables = ["predictions.csv", "split.csv", "log.jsonl"];
    let (before, figures) = (tables.map(read), stage.json("runs/latest/result.json"));
    for file in ["result.json", "model.safetensors", "predictions.csv"] {
        fs::remove_file(run.join(file)).unwrap();
    }
    let said = stage.train("evaluate mnist-mlp-1 --split random");
    assert_eq!(said.code, 1);
    assert!(said.stderr.contains("train --resume"), "{}", said.stderr);
    stage.trained("evaluate mnist-mlp-1");
    assert!(tables.map(read) == before);
    let finished = stage.json("runs/mnist-mlp-1/result.json");
    assert_eq!(without_own_keys(finished), without_own_keys(figures));
    assert!(!stage.path("runs/mnist-mlp-evaluation-1").exists());
}

/// A model of phantoms in folders; the classes are those of the folders.
fn stage_with_model_of_scans() -> Stage {
    let stage = Stage::new();
    synthetic::write_phantoms(&stage.path("scans"), 8, 1).unwrap();
    stage.trained(
        "brain-tumor-mlp --data scans --hidden 4 --epochs 2 --batch-size 8 --split random --no-tui",
    );
    stage
}

#[test]
fn scans_of_another_origin_are_the_test_part_as_a_whole() {
    let stage = stage_with_model_of_scans();
    let run = stage.json("runs/brain-tumor-mlp-1/result.json");
    synthetic::write_phantoms(&stage.path("hospital-b"), 5, 2).unwrap();
    fs::remove_dir_all(stage.path("hospital-b/pituitary_tumor")).unwrap();
    let said = stage.trained("evaluate runs/latest --data hospital-b --json");
    let result: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(result["data"]["name"], "hospital-b");
    assert_eq!(result["data"]["split"], "all");
    assert_eq!(result["data"]["classes"], run["data"]["classes"]);
    let sizes = ["train", "valid", "test"].map(|part| result["data"][part].as_u64().unwrap());
    assert_eq!(sizes, [0, 0, 15]);
    assert_eq!(
        (&result["test"]["n"], &result["evaluation"]["seen"]),
        (&15.into(), &0.into())
    );
    assert_eq!(result["evaluation"]["same_data"], false);
    assert_eq!(result["test"]["per_class"][3]["support"], 0);
    assert!(result.get("valid").is_none() && result["calibration"].get("valid").is_none());
    // Nothing is fitted to what is measured.
    for key in [
        "temperature",
        "threshold",
        "target_error",
        "familiarity_limit",
    ] {
        assert_eq!(result["calibration"][key], run["calibration"][key], "{key}");
    }
    assert_eq!(result["notice"], run["notice"]);
    assert!(
        said.stderr.contains("not a medical device"),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr
            .contains("other data than those of the training"),
        "{}",
        said.stderr
    );

    let folder = stage.path("runs/brain-tumor-mlp-evaluation-1");
    let rows = table(&folder.join("predictions.csv"));
    assert!(rows.len() == 15 && rows.iter().all(|row| row["split"] == "test"));
    let card = fs::read_to_string(folder.join("card.md")).unwrap();
    for part in [
        "hospital-b, all split",
        "none of the 15 test pictures",
        "not a medical device",
    ] {
        assert!(card.contains(part), "{part}: {card}");
    }
    for part in ["NaN", "validation part, by", "after every choice"] {
        assert!(!card.contains(part), "{part}: {card}");
    }

    // A copy of a training example is found by its checksum, but not by a model file alone.
    let split = table(&stage.path("runs/brain-tumor-mlp-1/split.csv"));
    let trained = split
        .iter()
        .find(|row| row["split"] == "train" && row["class"] == "no_tumor");
    let copy = stage.path("hospital-b/no_tumor/copy.png");
    fs::copy(stage.path("scans").join(&trained.unwrap()["path"]), copy).unwrap();
    let said = stage.trained("evaluate runs/latest --data hospital-b");
    let expected = "1 of the 16 test pictures were trained on";
    assert!(said.stdout.contains(expected), "{}", said.stdout);
    let model = stage.path("runs/latest/model.safetensors");
    fs::copy(model, stage.path("alone.safetensors")).unwrap();
    let said = stage.trained("evaluate alone.safetensors --data hospital-b");
    assert!(
        said.stdout.contains("may have been trained on"),
        "{}",
        said.stdout
    );

    // A split that is asked for has a validation part.
    let said = stage.trained("evaluate runs/latest --data scans --split grouped --json");
    let result: Value = serde_json::from_str(&said.stdout).unwrap();
    assert!(result["valid"]["n"].as_u64().unwrap() > 0);
    assert_eq!(result["evaluation"]["same_data"], true);

    // The data of the training at another place are split as in the training.
    fs::rename(stage.path("scans"), stage.path("moved")).unwrap();
    let said = stage.trained("evaluate runs/latest --data moved --json");
    let result: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(result["evaluation"]["same_split"], true);
    assert_eq!(result["test"], run["test"]);
}

#[test]
fn one_class_and_one_picture_are_enough() {
    let stage = stage_with_model_of_scans();
    synthetic::write_phantoms(&stage.path("few"), 1, 2).unwrap();
    for class in ["meningioma_tumor", "no_tumor", "pituitary_tumor"] {
        fs::remove_dir_all(stage.path("few").join(class)).unwrap();
    }
    stage.trained("evaluate --data few");
    let result = stage.json("runs/brain-tumor-mlp-evaluation-1/result.json");
    assert_eq!(
        (&result["test"]["n"], &result["test"]["auroc"]),
        (&1.into(), &Value::Null)
    );

    // Digits as pictures, in a folder for each.
    stage.trained("mnist-mlp --generated --stand-ins 120 --epochs 1 --no-tui");
    stage.trained("autoencoder-variational --generated --stand-ins 80 --epochs 1 --no-tui");
    let digits = synthetic::digits(20, 3);
    for index in 0..20 {
        let folder = stage.path(&format!("digits/{}", digits.labels[index]));
        fs::create_dir_all(&folder).unwrap();
        let pixels = digits.image(index).to_vec();
        let picture = image::GrayImage::from_raw(28, 28, pixels).unwrap();
        picture.save(folder.join(format!("{index}.png"))).unwrap();
    }
    for run in ["mnist-mlp", "autoencoder-variational"] {
        stage.trained(&format!("evaluate {run}-1 --data digits"));
        let result = stage.json(&format!("runs/{run}-evaluation-1/result.json"));
        assert_eq!(result["test"]["n"], 20, "{run}");
        assert!(result.get("valid").is_none());
    }
    let result = stage.json("runs/autoencoder-variational-evaluation-1/result.json");
    assert!(
        result.get("neighbours").is_none(),
        "there is no training part"
    );
}

/// A table of EEG like the published one.
fn eeg_table(rows: usize) -> String {
    let set = synthetic::eeg(rows, 5, 9);
    let mut text = "name".to_owned();
    (1..=178).for_each(|sample| write!(text, ",X{sample}").unwrap());
    text += ",y\n";
    for (index, label) in set.labels.iter().enumerate() {
        write!(text, "{}", set.origins[index].path).unwrap();
        for value in set.segment(index) {
            write!(text, ",{value}").unwrap();
        }
        writeln!(text, ",{}", label + 1).unwrap();
    }
    text
}

#[test]
fn recordings_sentences_and_trees_of_another_origin_are_measured() {
    let stage = Stage::new();
    let pairs: String = (0..30)
        .map(|index| synthetic::sentence_pair(77, index).join("\t") + "\n")
        .collect();
    let trees: String = (0..30)
        .map(|index| bracket::print(&phrases::tree(77, index)) + "\n")
        .collect();
    stage.write("eeg.csv", eeg_table(115));
    stage.write("pairs.tsv", pairs);
    stage.write("trees.txt", trees);
    for (training, data, n) in [
        ("eeg-conv --stand-ins 345", "eeg.csv", 115),
        ("translate --stand-ins 120", "pairs.tsv", 30),
        ("sentiment-tree --stand-ins 120", "trees.txt", 30),
    ] {
        let experiment = training.split(' ').next().unwrap();
        stage.trained(&format!("{training} --generated --epochs 1 --no-tui"));
        let said = stage.trained(&format!("evaluate --data {data} --json"));
        let result: Value = serde_json::from_str(&said.stdout).unwrap();
        assert_eq!(result["data"]["name"], data);
        assert_eq!(
            (&result["data"]["split"], &result["test"]["n"]),
            (&"all".into(), &n.into())
        );
        assert!(result.get("valid").is_none(), "{experiment}");
        let card = format!("runs/{experiment}-evaluation-1/card.md");
        let card = fs::read_to_string(stage.path(&card)).unwrap();
        assert!(
            !card.contains("NaN") && !card.contains("validation part;"),
            "{card}"
        );
    }
}

/// Arguments after `evaluate`, and what the one line must name.
const REFUSED: [(&str, &[&str]); 15] = [
    ("nowhere", &["nowhere", "model file or the folder of a run"]),
    ("none", &["none", "model.safetensors"]),
    ("file", &["file", "safetensors"]),
    ("empty.safetensors", &["empty.safetensors", "0 bytes"]),
    ("torn.safetensors", &["torn.safetensors", "damaged"]),
    (
        "runs/folds",
        &["runs/folds", "cross-validation", "runs/folds/fold-1"],
    ),
    ("runs/folds/model.safetensors", &["runs/folds", "fold-1"]),
    ("runs/hebb-1", &["runs/hebb-1", "study hebb"]),
    (
        "runs/killed",
        &["runs/killed", "train --resume runs/killed"],
    ),
    ("--data nowhere", &["nowhere", "--data"]),
    ("--data none", &["none", "one folder of pictures per class"]),
    ("--data file", &["file"]),
    (
        "--data strange",
        &["pituitary_tumor, tulip", "no_tumor, pituitary_tumor"],
    ),
    ("runs/moved", &["gone", "--data"]),
    ("--out file", &["file"]),
];

#[test]
fn what_cannot_be_evaluated_is_named_in_one_line() {
    let stage = stage_with_model_of_scans();
    stage.trained("hebb --epochs 1");
    fs::rename(
        stage.path("runs/brain-tumor-mlp-1"),
        stage.path("runs/done"),
    )
    .unwrap();
    fs::remove_file(stage.path("runs/latest")).unwrap();
    stage.write("file", "This is no folder.\n");
    stage.write("empty.safetensors", "");
    fs::create_dir(stage.path("none")).unwrap();
    let model = fs::read(stage.path("runs/done/model.safetensors")).unwrap();
    stage.write("torn.safetensors", &model[..model.len() / 2]);
    let config = stage.json("runs/done/config.json");
    for (name, key, value) in [
        (
            "folds",
            "/folds",
            serde_json::json!({"count": 2, "models": "all"}),
        ),
        ("moved", "/data/folder", "gone".into()),
        ("killed", "/seed", 42.into()),
    ] {
        let mut config = config.clone();
        let (parent, key) = key.rsplit_once('/').unwrap();
        config.pointer_mut(parent).unwrap()[key] = value;
        stage.write(&format!("runs/{name}/config.json"), config.to_string());
        for file in ["model.safetensors", "result.json", "split.csv"] {
            let from = stage.path("runs/done").join(file);
            fs::copy(from, stage.path(&format!("runs/{name}/{file}"))).unwrap();
        }
    }
    fs::remove_file(stage.path("runs/killed/result.json")).unwrap();
    synthetic::write_phantoms(&stage.path("strange"), 1, 1).unwrap();
    fs::rename(stage.path("strange/no_tumor"), stage.path("strange/tulip")).unwrap();
    let runs = || fs::read_dir(stage.path("runs")).unwrap().count();
    let before = runs();
    let mut wrong = Vec::new();
    for (arguments, parts) in REFUSED {
        // Options alone are about the finished run.
        let run = if arguments.starts_with("--") {
            "runs/done "
        } else {
            ""
        };
        let said = stage.train(&format!("evaluate {run}{arguments}"));
        let line = said.stderr.lines().last().unwrap_or_default();
        let is_named = parts.iter().all(|part| line.contains(part));
        if said.code != 1 || !line.starts_with("error: ") || !is_named || runs() != before {
            wrong.push(format!("{arguments}: code {}\n{}", said.code, said.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let said = stage.train("evaluate runs/done --split half");
    assert!(
        said.code == 2 && said.stderr.contains("half"),
        "{}",
        said.stderr
    );
}

#[test]
fn the_split_of_a_file_is_asked_for_where_the_run_is_not_known() {
    let stage = stage_with_model_of_scans();
    let training = "brain-tumor-mlp --data scans --hidden 4 --epochs 1 --no-tui";
    stage.trained(&format!("{training} --split runs/brain-tumor-mlp-1"));
    let model = stage.path("runs/brain-tumor-mlp-2/model.safetensors");
    fs::copy(model, stage.path("alone.safetensors")).unwrap();
    let mut command = stage.command("evaluate alone.safetensors");
    command.env("HEBB_DATA", stage.path("scans"));
    let said = crate::stage::said(command);
    assert!(
        said.code == 1 && said.stderr.contains("--split FILE"),
        "{}",
        said.stderr
    );
    let mut command =
        stage.command("evaluate alone.safetensors --split runs/brain-tumor-mlp-1 --json");
    command.env("HEBB_DATA", stage.path("scans"));
    let said = crate::stage::said(command);
    let result: Value =
        serde_json::from_str(&said.stdout).unwrap_or_else(|_| panic!("{}", said.stderr));
    let run = stage.json("runs/brain-tumor-mlp-2/result.json");
    assert_eq!(result["test"], run["test"]);

    // The run has its own copy of the split.
    fs::remove_dir_all(stage.path("runs/brain-tumor-mlp-1")).unwrap();
    let said = stage.trained("evaluate runs/brain-tumor-mlp-2 --json");
    let result: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(result["test"], run["test"]);
}
