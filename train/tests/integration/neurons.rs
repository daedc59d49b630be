//! Studies of neurons that learn by a rule, run from the command line.

use crate::stage::Stage;
use serde_json::{Value, json};

fn result(arguments: &str, stage: &Stage) -> Value {
    serde_json::from_str(&stage.trained(&format!("{arguments} --json")).stdout).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn truth_tables_of_threshold_units() {
    let stage = Stage::new();
    let result = result("mcculloch-pitts", &stage);
    let answers = |unit: &Value| -> Vec<bool> {
        let rows = unit["truth_table"].as_array().unwrap();
        rows.iter().map(|row| row[1].as_bool().unwrap()).collect()
    };
    let units = result["units"].as_array().unwrap();
    let tables: Vec<_> = units.iter().map(answers).collect();
    assert_eq!(tables[0], [false, false, false, true]);
    assert_eq!(tables[1], [false, true, true, true]);
    assert_eq!(tables[2], [true, true, true, false]);
    assert_eq!(tables[3], [true, false]);
    assert_eq!(tables[4], [0, 0, 0, 1, 0, 1, 1, 1].map(|fires| fires == 1));
    assert_eq!(answers(&result["xor"]), [false, true, true, false]);
    assert_eq!(result["xor"]["single_unit"], Value::Null);
    assert_eq!(result["computed_by_one_unit"], 14);
    insta::assert_snapshot!(stage.trained("mcculloch-pitts").stdout);
}

/// For every seed, Oja's unit reaches a cosine of 0.999, and Sanger's units one of 0.99.
#[test]
fn weights_converge_to_the_principal_components() {
    let stage = Stage::new();
    for seed in 1..=5 {
        let result = result(&format!("hebb --seed {seed}"), &stage);
        let oja = numbers(&result["oja"]["cosines"]);
        assert!(oja.len() == 1 && oja[0] >= 0.999, "seed {seed}: {oja:?}");
        let sanger = numbers(&result["sanger"]["cosines"]);
        assert!(
            sanger.len() == 3 && sanger.iter().all(|cosine| *cosine >= 0.99),
            "seed {seed}: {sanger:?}"
        );
        for pair in result["associator"]["pairs"].as_array().unwrap() {
            assert_eq!(pair["recalled"], pair["target"]);
        }
    }
}

/// The weights equal those of the chapter's programs in NumPy (`neurons/tests/reference/perceptron.py`).
#[test]
fn perceptrons_stay_within_novikoffs_bound() {
    let stage = Stage::new();
    let result = result("perceptron", &stage);
    let lessons = result["lessons"].as_array().unwrap();
    assert_eq!(lessons[0]["weights"], json!([-0.02, 0.02, 0.01]));
    assert_eq!(lessons[1]["weights"], json!([0.0, 0.01, 0.01]));
    assert_eq!(lessons[3]["weights"], json!([0.01, -0.01, 0.0]));
    for lesson in &lessons[..3] {
        let updates = lesson["updates"].as_f64().unwrap();
        assert!(updates <= lesson["bound"].as_f64().unwrap(), "{lesson}");
        assert_eq!(lesson["right"], lesson["n"]);
        assert!(lesson["settled_in"].is_u64());
    }
    assert_eq!(lessons[3]["separable"], false);
    assert_eq!(lessons[3]["bound"], Value::Null);
    assert_eq!(lessons[3]["settled_in"], Value::Null);
    insta::assert_snapshot!(stage.trained("perceptron").stdout);
}

#[test]
fn the_perceptron_of_lab_2() {
    let stage = Stage::new();
    let result = result("perceptron-sgd", &stage);
    let lesson = &result["lessons"][0];
    assert_eq!(lesson["weights"], json!([2.0, 3.0, 13.0]));
    assert_eq!(lesson["passes"].as_array().unwrap().len(), 20);
    insta::assert_snapshot!(stage.trained("perceptron-sgd").stdout);
}

/// Points of two and of three features, with and without a header.
#[test]
fn the_users_points_are_learned() {
    let stage = Stage::new();
    stage.write(
        "pets.csv",
        "weight,ears,kind\n4,7,cat\n30,12,dog\n5,6,cat\n25,11,dog\n",
    );
    stage.write("solid.csv", "0,0,1,-1\n1,0,1,1\n0,1,0,-1\n1,1,0,1\n");
    let pets = result("perceptron --csv pets.csv --epochs 5000", &stage);
    let lesson = &pets["lessons"][0];
    assert_eq!(lesson["classes"], json!(["cat", "dog"]));
    assert_eq!(lesson["features"], json!(["weight", "ears"]));
    assert_eq!(
        (&lesson["right"], &lesson["separable"]),
        (&json!(4), &json!(true))
    );
    let solid = result("perceptron-sgd --csv solid.csv", &stage);
    assert_eq!(solid["lessons"][0]["features"], json!(["x1", "x2", "x3"]));
    assert_eq!(solid["lessons"][0]["right"], 4);
    let few = stage.trained("perceptron --csv pets.csv --epochs 1").stdout;
    assert!(few.contains("give more --epochs"), "{few}");
    let components = result(
        "hebb --csv pets.csv --epochs 400 --learning-rate 0.05",
        &stage,
    );
    assert_eq!(components["oja"]["n"], 4);
    assert!(numbers(&components["oja"]["cosines"])[0] >= 0.999);
}

#[test]
fn the_seed_determines_the_result() {
    let stage = Stage::new();
    let findings = |seed| result(&format!("hebb --epochs 3 --seed {seed}"), &stage)["oja"].clone();
    assert_eq!(findings(1), findings(1));
    assert_ne!(findings(1), findings(2));
}
