//! Trainings that start from a model, freeze layers, go on with another recipe, or choose their best epoch by another
//! figure.

use std::collections::BTreeMap;
use std::fs;

use crate::stage::Stage;
use datasets::{Preprocessing, synthetic};
use models::file::{self, Card};
use safetensors::SafeTensors;

/// The tensors of a run's model: shape and bytes by name.
fn tensors(stage: &Stage, run: &str) -> BTreeMap<String, (Vec<usize>, Vec<u8>)> {
    let bytes = fs::read(stage.path(&format!("runs/{run}/model.safetensors"))).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = |(name, view): (&str, safetensors::tensor::TensorView<'_>)| {
        (
            name.to_owned(),
            (view.shape().to_vec(), view.data().to_vec()),
        )
    };
    file.iter().map(tensor).collect()
}

fn floats(bytes: &[u8]) -> impl Iterator<Item = f32> {
    let floats = bytes.as_chunks().0.iter();
    floats.map(|bytes| f32::from_le_bytes(*bytes))
}

fn card(stage: &Stage, run: &str) -> Card<Preprocessing> {
    file::read_card(&stage.path(&format!("runs/{run}/model.safetensors"))).unwrap()
}

fn text(stage: &Stage, file: &str) -> String {
    fs::read_to_string(stage.path(file)).unwrap()
}

/// The learning rates of the epochs of a run.
fn rates(stage: &Stage, run: &str) -> Vec<f64> {
    let log = text(stage, &format!("runs/{run}/log.jsonl"));
    let rate = |line: &str| {
        let epoch: serde_json::Value = serde_json::from_str(line).unwrap();
        epoch["learning_rate"].as_f64().unwrap()
    };
    log.lines().map(rate).collect()
}

/// A classifier of two classes becomes one of four, on a folder of somebody's own pictures. Weight decay, averaged
/// weights and running statistics must not move a bit of the frozen layers.
#[test]
fn frozen_layers_keep_every_bit_and_the_head_is_new() {
    let stage = Stage::new();
    let network = "brain-tumor-mlp --hidden 20,10 --normalization batch --batch-size 8 --device flex --no-tui";
    stage.trained(&format!("{network} --generated --stand-ins 60 --epochs 1"));
    synthetic::write_phantoms(&stage.path("hospital"), 10, 5).unwrap();
    let said = stage.trained(&format!(
        "{network} --data hospital --init runs/latest --freeze features --optimizer adamw --weight-decay 0.1 \
         --average-weights 0.9 --clip-norm 1 --epochs 2 --seed 3"
    ));
    let (before, after) = (
        tensors(&stage, "brain-tumor-mlp-1"),
        tensors(&stage, "brain-tumor-mlp-2"),
    );
    assert_eq!(before.len(), after.len());
    let changed: Vec<_> = (before.iter())
        .filter(|(name, tensor)| after[*name] != **tensor)
        .map(|(name, _)| name.as_str())
        .collect();
    let head = ["classifier.4.dense.bias", "classifier.4.dense.weight"];
    assert_eq!(changed, head, "{:?}", before.keys());
    assert_eq!(after[head[1]].0, [10, 4]);
    for words in [
        "init: 10 of 12 tensors with 98,320 parameters from ",
        "drawn from the seed: classifier.4.dense.weight, classifier.4.dense.bias, 44 parameters",
        "the classes are others than the model's",
        "frozen: the layers up to batch_normalization_1, 98,320 of 98,364 parameters",
    ] {
        assert!(said.stderr.contains(words), "{words}: {}", said.stderr);
    }

    let (config, result) = (
        stage.json("runs/brain-tumor-mlp-2/config.json"),
        stage.json("runs/brain-tumor-mlp-2/result.json"),
    );
    let model = config["init"]["model"].as_str().unwrap();
    assert!(
        model.ends_with("runs/brain-tumor-mlp-1/model.safetensors"),
        "{model}"
    );
    assert_eq!(config["init"], result["init"]);
    assert_eq!(result["recipe"]["freeze"], "features");
    let report = text(&stage, "runs/brain-tumor-mlp-2/card.md");
    let sum = config["init"]["sha256"].as_str().unwrap();
    for words in [
        sum,
        "| all layers but the last |",
        "ties go to the lower loss",
    ] {
        assert!(report.contains(words), "{words}: {report}");
    }

    // On the same classes the head is taken as well; another split of the same pictures is a risk that is named.
    let said = stage.trained(&format!(
        "{network} --data hospital --init brain-tumor-mlp-2 --epochs 1 --seed 4"
    ));
    for words in [
        "init: 12 of 12 tensors",
        "the model was trained on the same data with --seed 3",
    ] {
        assert!(said.stderr.contains(words), "{words}: {}", said.stderr);
    }
}

/// The statistics of the model are those that its weights were trained with.
#[test]
fn a_training_that_starts_from_a_model_keeps_its_preprocessing() {
    let stage = Stage::new();
    let network = "eeg-conv --generated --stand-ins 460 --epochs 1 --device flex --no-tui";
    stage.trained(&format!("{network} --seed 1"));
    stage.trained(&format!("{network} --seed 2"));
    let said = stage.trained(&format!(
        "{network} --seed 2 --classes 5 --init runs/eeg-conv-1/model.safetensors --freeze conv2d_1"
    ));
    let preprocessing = |run: &str| card(&stage, run).preprocess;
    assert_ne!(preprocessing("eeg-conv-1"), preprocessing("eeg-conv-2"));
    assert_eq!(preprocessing("eeg-conv-1"), preprocessing("eeg-conv-3"));
    assert!(
        said.stderr.contains("by the model's mean and deviation"),
        "{}",
        said.stderr
    );
    let (before, after) = (tensors(&stage, "eeg-conv-1"), tensors(&stage, "eeg-conv-3"));
    let frozen = ["features.0.conv.weight", "features.0.conv.bias"];
    for name in frozen {
        assert_eq!(before[name], after[name], "{name}");
    }
    let trained = before
        .iter()
        .filter(|(name, tensor)| after[*name] != **tensor);
    assert!(trained.count() > 2, "the layers above learn");
}

#[test]
fn a_fine_tuning_that_is_resumed_gives_the_same_bytes() {
    let stage = Stage::new();
    let network = "mnist-mlp --generated --stand-ins 200 --batch-size 32 --device flex --no-tui";
    stage.trained(&format!("{network} --epochs 1 --seed 1"));
    let tuned = format!("{network} --init runs/mnist-mlp-1 --freeze features --seed 2");
    let said = stage.trained(&format!("{tuned} --epochs 4"));
    // The classes are the model's, so that its head is kept as well.
    assert!(
        said.stderr.contains("init: 4 of 4 tensors"),
        "{}",
        said.stderr
    );
    stage.trained(&format!("{tuned} --epochs 2"));
    // The model is only needed at the start.
    fs::remove_dir_all(stage.path("runs/mnist-mlp-1")).unwrap();
    let said = stage.trained("--resume runs/mnist-mlp-3 --epochs 4 --no-tui");
    assert!(!said.stderr.contains("init:"), "{}", said.stderr);
    assert!(
        said.stderr
            .contains("from epoch 3 on: epochs 4 instead of 2"),
        "{}",
        said.stderr
    );
    assert!(!said.stderr.contains("learning rate:"), "{}", said.stderr);
    assert_eq!(
        tensors(&stage, "mnist-mlp-2"),
        tensors(&stage, "mnist-mlp-3")
    );
    let predictions = |run| text(&stage, &format!("runs/{run}/predictions.csv"));
    assert_eq!(predictions("mnist-mlp-2"), predictions("mnist-mlp-3"));
    let result = stage.json("runs/mnist-mlp-3/result.json");
    assert_eq!(result["earlier_recipes"][0]["until"]["epochs"], 2);
    assert_eq!(result["earlier_recipes"][0]["recipe"]["epochs"], 2);
    let report = text(&stage, "runs/mnist-mlp-3/card.md");
    assert!(
        report.contains("| until the end of epoch 2 | epochs 2 instead of 4 |"),
        "{report}"
    );
}

/// With a rate of almost nothing, what was trained is what it started from.
#[test]
fn translators_trees_and_folds_start_from_a_model() {
    let stage = Stage::new();
    for (experiment, options, again) in [
        ("translate", "--stand-ins 200", ""),
        ("sentiment-tree", "--stand-ins 120", ""),
        ("mnist-mlp", "--stand-ins 200", "--folds 2"),
    ] {
        let network =
            format!("{experiment} {options} --generated --epochs 1 --device flex --no-tui");
        stage.trained(&format!("{network} --seed 1"));
        let said = stage.trained(&format!(
            "{network} --seed 2 --init runs/{experiment}-1 --learning-rate 1e-12 {again}"
        ));
        let (before, after) = (
            tensors(&stage, &format!("{experiment}-1")),
            tensors(&stage, &format!("{experiment}-2")),
        );
        let all = format!("init: {0} of {0} tensors", before.len());
        assert!(said.stderr.contains(&all), "{all}: {}", said.stderr);
        for (name, (shape, bytes)) in &before {
            assert_eq!(after[name].0, *shape, "{name}");
            let moved = (floats(bytes).zip(floats(&after[name].1)))
                .map(|(before, after)| (before - after).abs())
                .fold(0.0, f32::max);
            assert!(moved < 1e-6, "{experiment}, {name}: {moved}");
        }
    }
}

/// One batch per epoch, so that the last rate of an epoch is its first.
#[test]
fn an_ended_schedule_is_laid_over_more_epochs_as_it_says() {
    let stage = Stage::new();
    let network = "mnist-mlp --generated --stand-ins 200 --batch-size 1000 --schedule cosine --device flex --no-tui";
    stage.trained(&format!("{network} --epochs 8"));
    stage.trained(&format!("{network} --epochs 4"));
    let said = stage.trained("--resume runs/mnist-mlp-2 --epochs 8 --no-tui");
    let [whole, resumed] = ["mnist-mlp-1", "mnist-mlp-2"].map(|run| rates(&stage, run));
    assert_eq!(whole[4..], resumed[4..]);
    assert!(resumed[4] > 2.0 * resumed[3], "{resumed:?}");
    let line = format!(
        "learning rate: the cosine schedule now covers 8 epochs; it goes on at {:.1e} (epoch 4 ended at {:.1e})",
        resumed[4], resumed[3]
    );
    assert!(said.stderr.contains(&line), "{line}: {}", said.stderr);

    let said = stage.trained(
        "--resume runs/mnist-mlp-2 --epochs 9 --learning-rate 0.005 --schedule constant --no-tui",
    );
    let last = rates(&stage, "mnist-mlp-2")[8];
    assert_eq!(last, 0.005);
    for words in [
        "it is constant from here on, at 5.0e-3 (epoch 8 ended at ",
        "from epoch 9 on: epochs 9 instead of 8, learning rate 0.005 instead of 0.008, schedule constant instead of cosine",
    ] {
        assert!(said.stderr.contains(words), "{words}: {}", said.stderr);
    }
    let earlier = stage.json("runs/mnist-mlp-2/result.json")["earlier_recipes"].clone();
    assert_eq!(earlier.as_array().unwrap().len(), 2);
}

#[test]
fn the_best_epoch_is_chosen_by_the_figure_that_the_user_names() {
    let stage = Stage::new();
    stage.trained(
        "mnist-mlp --generated --stand-ins 200 --epochs 4 --learning-rate 0.02 --monitor loss --device flex --no-tui",
    );
    let lowest = |run: &str| {
        let log = text(&stage, &format!("runs/{run}/log.jsonl"));
        let losses: Vec<f64> = (log.lines())
            .map(|line| {
                let epoch: serde_json::Value = serde_json::from_str(line).unwrap();
                epoch["valid"]["loss"].as_f64().unwrap()
            })
            .collect();
        let best = (0..losses.len()).min_by(|a, b| losses[*a].total_cmp(&losses[*b]));
        best.unwrap() + 1
    };
    let result = stage.json("runs/mnist-mlp-1/result.json");
    assert_eq!(result["best_epoch"], lowest("mnist-mlp-1"));
    assert_eq!(result["recipe"]["monitor"], "loss");
    let report = text(&stage, "runs/mnist-mlp-1/card.md");
    assert!(report.contains("the best by validation loss |"), "{report}");
    // A run that has ended is measured again, by the best of the networks that it kept.
    stage.trained("--resume runs/mnist-mlp-1 --monitor accuracy --no-tui");
    let report = text(&stage, "runs/mnist-mlp-1/card.md");
    assert!(
        report.contains("the best by validation accuracy; ties go to the lower loss |"),
        "{report}"
    );
}

/// Each is refused in one line; the words are what it must name.
#[test]
fn models_layers_and_figures_that_do_not_fit_are_refused() {
    let stage = Stage::new();
    let small = "--generated --stand-ins 100 --epochs 1 --device flex --no-tui";
    stage.trained(&format!("mnist-mlp {small}"));
    stage.write("torn.safetensors", "This is no model.");
    let cases: &[(&str, i32, &[&str])] = &[
        ("mnist-mlp --init nowhere", 1, &["nowhere"]),
        (
            "mnist-mlp --init torn.safetensors",
            1,
            &["torn.safetensors"],
        ),
        (
            "mnist-cnn --init runs/mnist-mlp-1",
            1,
            &[
                "--init runs/mnist-mlp-1",
                "Mlp",
                "mnist-cnn trains DigitCnn",
            ],
        ),
        (
            "mnist-mlp --hidden 30,20 --init runs/mnist-mlp-1",
            1,
            &[
                "0 of the 4 tensors",
                "[784, 128] there and [784, 30] here",
                "mnist-mlp trains Mlp",
            ],
        ),
        (
            "mnist-mlp --freeze dense_7",
            2,
            &["--freeze dense_7", "features", "dense"],
        ),
        (
            "mnist-mlp --monitor f1",
            2,
            &["--monitor f1", "accuracy or loss"],
        ),
        (
            "autoencoder --monitor accuracy",
            2,
            &["--monitor accuracy", "loss or bce"],
        ),
        (
            "--resume runs/mnist-mlp-1 --monitor f1",
            2,
            &["--monitor f1", "accuracy or loss"],
        ),
        (
            "--resume runs/mnist-mlp-1 --init x",
            2,
            &["--resume keeps --init"],
        ),
        (
            "--resume runs/mnist-mlp-1 --freeze dense",
            2,
            &["--resume keeps --freeze"],
        ),
        ("hebb --init x", 2, &["--init"]),
    ];
    for (arguments, code, words) in cases {
        let small = if arguments.starts_with("mnist") {
            small
        } else {
            ""
        };
        let said = stage.train(&format!("{arguments} {small}"));
        assert_eq!(said.code, *code, "{arguments}: {}", said.stderr);
        let last = said.stderr.trim_end().lines().last().unwrap();
        for word in *words {
            assert!(last.contains(word), "{arguments}: {word}: {}", said.stderr);
        }
    }

    // Without a checkpoint a run starts again, and its model must still be the same.
    stage.trained(&format!(
        "mnist-mlp {small} --init runs/mnist-mlp-1 --seed 5"
    ));
    fs::remove_dir_all(stage.path("runs/mnist-mlp-2/checkpoint")).unwrap();
    fs::remove_file(stage.path("runs/mnist-mlp-2/result.json")).unwrap();
    stage.trained(&format!("mnist-mlp {small} --seed 6"));
    fs::copy(
        stage.path("runs/mnist-mlp-3/model.safetensors"),
        stage.path("runs/mnist-mlp-1/model.safetensors"),
    )
    .unwrap();
    let said = stage.train("--resume runs/mnist-mlp-2 --no-tui");
    assert_eq!(said.code, 1);
    assert!(
        said.stderr
            .contains("is not the model that this run was to start from"),
        "{}",
        said.stderr
    );
}

#[test]
fn the_summary_says_what_is_frozen() {
    let stage = Stage::new();
    let said = stage.trained("brain-tumor --summary --freeze conv2d_1");
    // Both members: 9 * 16 + 9 * 16 * ... as the rows of the table say.
    let parameters = |name: &str| -> usize {
        let row = said
            .stdout
            .lines()
            .find(|line| line.contains(&format!("{name} (")))
            .unwrap();
        let cell = row
            .split(['│', '┆', '|'])
            .map(str::trim)
            .rfind(|cell| !cell.is_empty());
        cell.unwrap().replace(',', "").parse().unwrap()
    };
    let rows = ["conv2d", "batch_normalization", "conv2d_1"];
    let expected: usize = 2 * rows.map(parameters).iter().sum::<usize>();
    let last = said
        .stdout
        .trim_end()
        .lines()
        .last()
        .unwrap()
        .replace(',', "");
    assert_eq!(
        last,
        format!("Frozen params: {expected} (up to conv2d_1)"),
        "{}",
        said.stdout
    );
}
