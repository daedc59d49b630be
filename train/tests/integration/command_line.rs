//! What `train` says on the command line, to people and to programs.

use std::fs;

use crate::stage::Stage;
use datasets::Preprocessing;
use models::file;
use serde_json::Value;
use train::options::TABLE;

/// What is printed by a command that does not train: no error, nothing on stderr, no run.
fn printed(arguments: &str) -> String {
    let stage = Stage::new();
    let said = stage.trained(arguments);
    assert_eq!(said.stderr, "");
    assert!(!stage.path("runs").exists());
    said.stdout
}

#[test]
fn the_list_of_experiments() {
    insta::assert_snapshot!(printed("--list"));
}

/// Maximum number of lines of the help without an experiment.
const FIRST_PAGE: usize = 40;

/// Maximum number of lines of the help of `mnist-mlp`, a classifier of images with every option of layers.
const PAGE: usize = 54;

#[test]
fn the_help() {
    let help = printed("--help");
    assert!(help.lines().count() <= FIRST_PAGE, "{help}");
    assert_eq!(help, printed("-h"));
    insta::assert_snapshot!(help);
    for command in ["fetch", "check", "evaluate", "probe", "export"] {
        let name = format!("the_help_of_{command}");
        insta::assert_snapshot!(name, printed(&format!("{command} --help")));
    }
}

/// Each page lists what the experiment takes, as the table of options says, and nothing else.
#[test]
fn the_help_of_every_experiment() {
    for experiment in train::experiments::all() {
        let name = experiment.name;
        let help = printed(&format!("{name} --help"));
        insta::assert_snapshot!(format!("the_help_of_{name}"), help);
        let is_listed = |option: &str| {
            let option = format!("--{option}");
            help.lines()
                .any(|line| line.split_whitespace().next() == Some(&option))
        };
        for row in TABLE {
            assert!(
                !is_listed(row.name) || experiment.takes(row),
                "{name} --{}",
                row.name
            );
        }
        for option in ["seed", "out", "json", "no-tui"] {
            assert!(is_listed(option), "{name} --{option}");
        }
    }
    let help = printed("mnist-mlp --help");
    assert!(help.lines().count() <= PAGE, "{help}");
    assert_eq!(help, printed("mnist-mlp -h"));
    assert_eq!(help, printed("--help mnist-mlp --epochs 3"));
}

#[test]
fn the_help_of_a_run_and_of_a_comparison() {
    insta::assert_snapshot!("the_help_of_resume", printed("--resume nowhere --help"));
    let help = printed("compare-optimizers mnist-snn --help");
    insta::assert_snapshot!("the_help_of_compare_optimizers", help);
}

#[test]
fn the_version() {
    let version = printed("--version");
    assert_eq!(version, format!("train {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_layers_of_the_convolutional_networks() {
    insta::assert_snapshot!("brain_tumor_cnn", printed("brain-tumor-cnn --summary"));
    insta::assert_snapshot!("mnist_cnn", printed("mnist-cnn --summary"));
}

#[test]
fn the_devices() {
    let help = printed("--device help");
    for name in ["auto", "flex", "ndarray"] {
        assert!(help.lines().any(|line| line.starts_with(name)), "{help}");
    }
}

/// `head` closes the pipe early.
#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let stage = Stage::new();
    for arguments in ["--list", "--help", "mnist-mlp --summary"] {
        let mut command = stage.std_command(arguments);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command.stdout(writer).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), stderr.as_str()), (Some(0), ""));
    }
}

#[test]
fn json_is_alone_on_standard_output() {
    let stage = Stage::new();
    let said = stage.trained(
        "mnist-mlp --generated --stand-ins 80 --epochs 2 --batch-size 16 --device ndarray --json",
    );
    let result: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(result["epochs"], 2);
    assert_eq!(result["device"], "ndarray (CPU)");
    let lines: Vec<_> = said.stderr.lines().collect();
    let epochs = lines
        .iter()
        .filter(|line| line.starts_with("epoch "))
        .count();
    assert_eq!(epochs, 2, "{lines:?}");
    assert!(
        said.stderr.contains("mnist-mlp: test accuracy"),
        "{lines:?}"
    );
}

#[test]
fn without_data_the_first_line_tells_of_stand_ins() {
    let stage = Stage::new();
    let said = stage.trained("mnist-mlp --epochs 1 --device flex");
    let first = said.stderr.lines().next().unwrap();
    assert!(first.contains("generated stand-ins"), "{first}");
    assert!(first.contains("train fetch"), "{first}");
    assert!(
        said.stdout.contains("generated stand-ins"),
        "{}",
        said.stdout
    );
    let result = stage.json("runs/latest/result.json");
    assert_eq!(result["data"]["generated"], true);
    let card = fs::read_to_string(stage.path("runs/latest/card.md")).unwrap();
    assert!(card.contains("generated stand-ins"), "{card}");
}

/// `train` alone is `train brain-tumor`, and its answers carry the notice wherever they go.
#[test]
fn the_default_experiment_carries_the_notice() {
    const NOTICE: &str = "Research and teaching only, not a medical device.";
    let stage = Stage::new();
    let said = stage.trained("--generated --stand-ins 40 --epochs 1 --device flex");
    assert!(said.stdout.contains(NOTICE), "{}", said.stdout);
    let run = stage.path("runs/brain-tumor-1");
    assert_eq!(
        stage.json("runs/brain-tumor-1/result.json")["notice"],
        NOTICE
    );
    let words = fs::read_to_string(run.join("card.md")).unwrap();
    assert!(words.contains(NOTICE), "{words}");
    let card = file::read_card::<Preprocessing>(&run.join("model.safetensors")).unwrap();
    assert_eq!(card.notice.as_deref(), Some(NOTICE));
    // The pictures to try it on are there.
    for sample in stage.json("runs/brain-tumor-1/result.json")["samples"]
        .as_array()
        .unwrap()
    {
        assert!(stage.path(sample.as_str().unwrap()).is_file(), "{sample}");
    }
}

/// A rate of 1e-9 moves no answer, so the second epoch is no better than the first.
#[test]
fn early_stopping_stops() {
    let stage = Stage::new();
    let said = stage.trained(
        "mnist-mlp --generated --stand-ins 80 --epochs 20 --learning-rate 1e-9 --early-stop 1 --device flex --json",
    );
    let result: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(
        (&result["epochs"], &result["best_epoch"]),
        (&2.into(), &1.into())
    );
    assert_eq!(result["recipe"]["patience"], 1);
    assert_eq!(result["interrupted"], false);
    assert_eq!(stage.epochs("runs/mnist-mlp-1"), [1, 2]);

    // A run that has been stopped can still go on, and `latest` keeps naming it.
    stage.trained("--resume runs/latest --epochs 20 --early-stop 3 --device flex --no-tui");
    assert_eq!(stage.epochs("runs/mnist-mlp-1"), [1, 2, 3, 4]);
    assert_eq!(stage.json("runs/latest/result.json")["epochs"], 4);
}

#[test]
fn a_cosine_schedule_takes_the_experiments_peak() {
    let stage = Stage::new();
    stage.trained("mnist-mlp --generated --stand-ins 80 --epochs 2 --schedule cosine --optimizer adamw --device flex --no-tui");
    let config = stage.json("runs/mnist-mlp-1/config.json");
    let experiment = train::experiments::find("mnist-mlp").unwrap();
    let other = &experiment.training().unwrap().other_recipe;
    let peak = other.as_ref().map(|recipe| recipe.learning_rate);
    assert_eq!(config["recipe"]["learning_rate"].as_f64(), peak);
    assert_eq!(config["recipe"]["schedule"], "cosine");
    assert_eq!(config["recipe"]["optimizer"], "adamw");
}

/// Every optimiser brings its usual rate, unless a rate is given; every schedule and loss trains.
#[test]
fn every_optimizer_schedule_and_loss() {
    let stage = Stage::new();
    let mut number = 0;
    let mut recipe = |options: &str| -> Value {
        number += 1;
        stage.trained(&format!(
            "mnist-mlp --generated --stand-ins 80 --epochs 2 --batch-size 16 --device flex --no-tui {options}"
        ));
        assert_eq!(stage.epochs(&format!("runs/mnist-mlp-{number}")), [1, 2]);
        stage.json(&format!("runs/mnist-mlp-{number}/result.json"))["recipe"].clone()
    };
    for (optimizer, rate) in [
        ("sgd", 0.1),
        ("momentum", 0.01),
        ("nesterov", 0.01),
        ("adam", 0.001),
        ("nadam", 0.002),
        ("adamw", 0.001),
        ("adamax", 0.002),
        ("adagrad", 0.01),
        ("rmsprop", 0.001),
    ] {
        let trained = recipe(&format!("--optimizer {optimizer}"));
        assert_eq!(
            (&trained["optimizer"], &trained["learning_rate"]),
            (&optimizer.into(), &rate.into())
        );
    }
    let trained = recipe("--optimizer sgd --learning-rate 0.05");
    assert_eq!(trained["learning_rate"], 0.05);
    for schedule in ["constant", "step", "exponential", "cosine", "plateau"] {
        assert_eq!(
            recipe(&format!("--schedule {schedule}"))["schedule"],
            schedule
        );
    }
    for loss in ["cross-entropy", "one-hot", "mse", "bce"] {
        assert_eq!(recipe(&format!("--loss {loss}"))["loss"], loss);
    }
}

/// A rate of 1e-9 brings no lower loss worth the name: it is halved from the second epoch's end on. The
/// rate is kept over a pause.
#[test]
fn a_plateau_halves_the_rate() {
    let stage = Stage::new();
    let rates = || -> Vec<f64> {
        let log = fs::read_to_string(stage.path("runs/mnist-mlp-1/log.jsonl")).unwrap();
        let epochs = log
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        epochs
            .map(|epoch| epoch["learning_rate"].as_f64().unwrap())
            .collect()
    };
    stage.trained("mnist-mlp --generated --stand-ins 80 --epochs 3 --schedule plateau --learning-rate 1e-9 --device flex --no-tui");
    assert_eq!(rates(), [1e-9, 1e-9, 5e-10]);
    stage.trained("--resume runs/mnist-mlp-1 --epochs 5 --device flex --no-tui");
    assert_eq!(rates(), [1e-9, 1e-9, 5e-10, 2.5e-10, 1.25e-10]);
}

/// The search for a rate leaves its figure and its proposal, and the run as it is without it.
#[test]
fn a_search_for_a_rate_changes_nothing() {
    let stage = Stage::new();
    let train = |option: &str| {
        stage.trained(&format!(
            "mnist-dropout --generated --stand-ins 300 --epochs 1 --device flex --no-tui {option}"
        ))
    };
    let said = train("--lr-find");
    assert!(said.stderr.contains("falls fastest at"), "{}", said.stderr);
    train("");
    let read = |run: &str, file: &str| {
        fs::read(stage.path(&format!("runs/mnist-dropout-{run}/{file}"))).unwrap()
    };
    assert_eq!(read("1", "predictions.csv"), read("2", "predictions.csv"));
    assert_eq!(read("1", "config.json"), read("2", "config.json"));
    let found = stage.json("runs/mnist-dropout-1/lr_find.json");
    let proposed = found["proposed"].as_f64().unwrap();
    assert!((1e-5..0.5).contains(&proposed), "{proposed}");
    assert!(stage.path("runs/mnist-dropout-1/lr_find.png").is_file());
    assert!(!stage.path("runs/mnist-dropout-2/lr_find.svg").exists());
}

#[test]
fn every_optimizer_on_one_picture() {
    let stage = Stage::new();
    let said = stage.trained(
        "compare-optimizers --generated --stand-ins 80 --epochs 2 --device flex --seed 3 --json",
    );
    let result: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(result, stage.json("runs/compare-mnist-mlp-1/result.json"));
    assert_eq!(
        (&result["experiment"], &result["seed"]),
        (&"mnist-mlp".into(), &3.into())
    );
    let optimizers = result["optimizers"].as_array().unwrap();
    assert_eq!(optimizers.len(), 9);
    for one in optimizers {
        assert_eq!(one["epochs"].as_array().unwrap().len(), 2, "{one}");
        assert_eq!(one["result"]["seed"], 3);
        assert_eq!(
            one["result"]["recipe"]["learning_rate"],
            one["learning_rate"]
        );
    }
    let svg = fs::read_to_string(stage.path("runs/compare-mnist-mlp-1/optimizers.svg")).unwrap();
    assert!(svg.contains("nadam") && svg.contains("rmsprop"));
    assert!(
        stage
            .path("runs/compare-mnist-mlp-1/sgd/model.safetensors")
            .is_file()
    );
}

/// Every activation trains, in every network that has a choice, and the model's file says which it was.
#[test]
fn every_activation() {
    let stage = Stage::new();
    let train = |experiment: &str, options: &str| {
        stage.trained(&format!(
            "{experiment} --generated --stand-ins 80 --epochs 1 --batch-size 16 --device flex --no-tui {options}"
        ));
        let card = file::read_card::<Preprocessing>(&stage.path("runs/latest/model.safetensors"));
        let architecture = serde_json::to_value(card.unwrap().architecture).unwrap();
        let found =
            architecture.as_object().unwrap().values().next().unwrap()["activation"].clone();
        let config = stage.json("runs/latest/config.json");
        assert_eq!(config["network"]["activation"], found);
        found
    };
    for name in [
        "relu", "relu6", "sigmoid", "tanh", "gelu", "selu", "elu", "swish",
    ] {
        assert_eq!(train("mnist-mlp", &format!("--activation {name}")), name);
    }
    let leaky = train("mnist-mlp", "--activation leaky-relu:0.2");
    assert_eq!(leaky["leaky-relu"]["slope"], 0.2);
    let each = train("brain-tumor-mlp", "--activation relu,tanh,elu,swish");
    assert_eq!(each, serde_json::json!(["relu", "tanh", "elu", "swish"]));
    for experiment in ["mnist-cnn", "brain-tumor"] {
        assert_eq!(train(experiment, "--activation tanh"), "tanh");
    }
}

/// Hidden layers, normalisation and initialisation are the chosen ones, in the model's file and in the run's.
#[test]
fn layers_of_ones_own() {
    let stage = Stage::new();
    let card = |options: &str| {
        stage.trained(&format!(
            "{options} --generated --stand-ins 80 --epochs 1 --batch-size 16 --device flex --no-tui"
        ));
        let card = file::read_card::<Preprocessing>(&stage.path("runs/latest/model.safetensors"));
        card.unwrap().architecture
    };
    let xavier = serde_json::json!({"XavierUniform": {"gain": 1.0}});
    for experiment in ["mnist-mlp", "mnist-cnn", "brain-tumor"] {
        for (name, kind) in [
            ("none", None),
            ("batch", Some("batch")),
            ("layer", Some("layer")),
        ] {
            let options = "--initialization xavier --normalization";
            let architecture = card(&format!("{experiment} {options} {name}"));
            let normalized = architecture.layers().rows.iter().any(|row| {
                kind.is_some_and(|kind| row.name.starts_with(&format!("{kind}_normalization")))
            });
            assert_eq!(normalized, kind.is_some(), "{experiment} {name}");
            let json = serde_json::to_value(&architecture).unwrap();
            let network = json.as_object().unwrap().values().next().unwrap();
            assert_eq!(network["normalization"], serde_json::json!(kind));
            assert_eq!(network["initializer"], xavier);
            assert_eq!(
                stage.json("runs/latest/config.json")["network"]["normalization"],
                name
            );
        }
    }
    let deep = card("mnist-mlp --hidden 30,20,20,10 --activation relu,relu,tanh,relu");
    assert_eq!(
        deep.num_params(),
        785 * 30 + 31 * 20 + 21 * 20 + 21 * 10 + 11 * 10
    );
    let json = serde_json::to_value(&deep).unwrap();
    assert!(
        json["Mlp"]["initializer"]["KaimingUniform"].is_object(),
        "{json}"
    );
}

/// Generated digits are too easy to overfit, but each size and its figures must be there.
#[test]
fn three_sizes_and_dead_units() {
    let stage = Stage::new();
    let options = "--generated --stand-ins 200 --epochs 2 --device flex --json";
    let result: Value =
        serde_json::from_str(&stage.trained(&format!("overfitting {options}")).stdout).unwrap();
    let networks = result["networks"].as_array().unwrap();
    assert_eq!(networks.len(), 3);
    for (network, parameters) in networks.iter().zip([1_600, 25_450, 1_863_690]) {
        assert_eq!(network["parameters"], parameters);
        let losses: Vec<f64> = (network["epochs"].as_array().unwrap().iter())
            .map(|epoch| epoch["valid"]["loss"].as_f64().unwrap())
            .collect();
        let lowest = losses.iter().copied().fold(f64::INFINITY, f64::min);
        assert_eq!(
            (losses.len(), network["lowest"].as_f64()),
            (2, Some(lowest))
        );
    }
    let result: Value =
        serde_json::from_str(&stage.trained(&format!("dying-relu {options}")).stdout).unwrap();
    let networks = result["networks"].as_array().unwrap();
    assert_eq!(networks.len(), 2);
    for network in networks {
        let dead: Vec<Vec<f64>> = serde_json::from_value(network["dead"].clone()).unwrap();
        // Before training, and after each of two epochs; four layers.
        assert_eq!(dead.iter().map(Vec::len).collect::<Vec<_>>(), [4; 3]);
        assert!(
            dead.iter()
                .flatten()
                .all(|share| (0.0..=1.0).contains(share))
        );
    }
}
