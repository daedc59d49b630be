//! The studies of simple neurons, of plasticity, and of a fit to a recording, from the command line.

use std::fs;

use crate::stage::{Stage, said, table};
use serde_json::{Value, json};

fn result(arguments: &str, stage: &Stage) -> Value {
    serde_json::from_str(&stage.trained(&format!("{arguments} --json")).stdout).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap()
}

/// Every counted rate is the formula's, and the first spike comes after 20 ln(25 / 5) ms at 250 pA.
#[test]
fn lif_fires_as_its_formula_says() {
    let stage = Stage::new();
    let result = result("lif --fi-curve", &stage);
    let neuron = &result["neurons"][0];
    assert!((number(&neuron["spikes"][0]) - 20.0 * 5.0_f64.ln()).abs() < 1e-9);
    let rates = neuron["fi_curve"].as_array().unwrap();
    assert_eq!(rates.len(), 41);
    for at in rates {
        let (counted, formula) = (number(&at["rate"]), number(&at["formula"]));
        assert!((counted - formula).abs() <= 1e-8 * formula, "{at}");
    }
    assert_eq!(rates[10]["rate"], 0.0); // at the rheobase
    assert!(number(&rates[11]["rate"]) > 15.0);
    let trace = table(&stage.path("runs/lif-1/lif.csv"));
    assert_eq!(trace.len(), 3001);
    assert_eq!(trace[0]["membrane_mV"], "-70.000000");
    let rows = table(&stage.path("runs/lif-1/fi_curve.csv"));
    assert_eq!((rows.len(), rows[0]["neuron"].as_str()), (41, "lif"));
    assert!(stage.path("runs/lif-1/fi_curve.png").is_file());
}

/// Its step is exact: no size of it changes the spikes.
#[test]
fn lif_takes_any_step() {
    let stage = Stage::new();
    let spikes = |step: &str| {
        let result = result(&format!("lif --duration 500 --step {step}"), &stage);
        numbers(&result["neurons"][0]["spikes"])
    };
    let (fine, coarse) = (spikes("0.01"), spikes("100"));
    assert_eq!(fine.len(), coarse.len());
    let pairs = fine.iter().zip(&coarse);
    assert!(
        pairs.clone().all(|(one, other)| (one - other).abs() < 1e-8),
        "{fine:?} {coarse:?}"
    );
}

#[test]
fn adex_adapts() {
    let stage = Stage::new();
    let result = result("adex --current step:800,from=20,until=400", &stage);
    let spikes = numbers(&result["neurons"][0]["spikes"]);
    // SciPy's, neurons/tests/reference/spiking.py.
    let expected = [
        37.719, 60.485, 91.267, 134.478, 191.595, 256.174, 322.684, 389.551,
    ];
    assert_eq!(spikes.len(), expected.len());
    for (spike, expected) in spikes.iter().zip(expected) {
        assert!((spike - expected).abs() < 0.01, "{spikes:?}");
    }
    let trace = table(&stage.path("runs/adex-1/adex.csv"));
    let adaptation = |row: usize| trace[row]["adaptation_pA"].parse::<f64>().unwrap();
    assert!(adaptation(3900) > 100.0 && adaptation(100).abs() < 1.0);
    // A recorded current of the unit that it takes, and one that it cannot take.
    stage.write("cell.csv", "time_ms,current_nA\n0,0.8\n500,0.8\n");
    let recorded = self::result("adex --current cell.csv", &stage);
    assert!(recorded["neurons"][0]["spikes"].as_array().unwrap().len() >= 8);
    stage.write("patch.csv", "time_ms,current_uA_per_cm2\n0,1\n500,1\n");
    let refused = stage.train("adex --current patch.csv");
    assert!(
        refused.code == 1 && refused.stderr.contains("area"),
        "{}",
        refused.stderr
    );
}

#[test]
fn izhikevichs_patterns() {
    let stage = Stage::new();
    let all = result("izhikevich", &stage);
    let names: Vec<&str> = (all["neurons"].as_array().unwrap().iter())
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names.len(), 7);
    assert_eq!((names[0], names[6]), ("regular-spiking", "resonator"));
    let of = |name: &str| {
        let found = all["neurons"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["name"] == name);
        numbers(&found.unwrap()["spikes"])
    };
    let intervals =
        |name: &str| -> Vec<f64> { of(name).windows(2).map(|pair| pair[1] - pair[0]).collect() };
    // Adapting; a burst, then single spikes; bursts; fast without adaptation.
    let regular = intervals("regular-spiking");
    assert!(
        regular[1] > 2.0 * regular[0] && regular.len() < 10,
        "{regular:?}"
    );
    let bursting = intervals("intrinsically-bursting");
    assert!(
        bursting[0] < 5.0 && bursting[5..].iter().all(|gap| *gap > 20.0),
        "{bursting:?}"
    );
    let chattering = intervals("chattering");
    let pauses = chattering.iter().filter(|gap| **gap > 30.0).count();
    assert!(
        pauses >= 4 && chattering.len() > 4 * pauses,
        "{chattering:?}"
    );
    let fast = intervals("fast-spiking");
    assert!(
        fast[10..].iter().all(|gap| (gap - 7.34).abs() < 0.01),
        "{fast:?}"
    );
    let one = result("izhikevich --pattern chattering --fi-curve", &stage);
    assert_eq!(one["neurons"].as_array().unwrap().len(), 1);
    assert_eq!(numbers(&one["neurons"][0]["spikes"]), of("chattering"));
    assert_eq!(one["neurons"][0]["fi_curve"][0]["rate"], 0.0);
}

/// The pairing is the window, and the drift is the formula's; what follows potentiates, what comes before depresses.
#[test]
fn plasticity_goes_by_timing() {
    let stage = Stage::new();
    let result = result("stdp", &stage);
    for pair in result["window"].as_array().unwrap() {
        let (change, window) = (number(&pair["change"]), number(&pair["window"]));
        assert!((change - window).abs() < 1e-6, "{pair}");
    }
    let courses = result["correlations"].as_array().unwrap();
    for one in courses {
        let (drift, expected) = (number(&one["drift"]), number(&one["expected_drift"]));
        // 50 synapses for 10 s.
        assert!(
            (drift - expected).abs() < 0.002 + 0.1 * expected.abs(),
            "{one}"
        );
    }
    let weight = |number: usize| self::number(&courses[number]["weight"]);
    assert!(
        weight(2) > 0.95 && weight(4) < 0.05,
        "{} {}",
        weight(2),
        weight(4)
    );
    assert!(weight(0) < 0.55 && weight(1) > weight(0));
    let rows = table(&stage.path("runs/stdp-1/weights.csv"));
    assert_eq!(rows.len(), 5 * 201);
    assert!(stage.path("runs/stdp-1/stdp.svg").is_file());
}

/// In a fresh clone: a simulated cell, every second sweep held out.
#[test]
fn a_fit_without_data() {
    let stage = Stage::new();
    let said = stage.trained("fit-neuron --epochs 2 --json");
    assert!(
        said.stderr.contains("fitting to a simulated cell"),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("says nothing about real ones"));
    let result: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(result["generated"], true);
    assert_eq!(result["fitted_sweeps"], json!([0, 2, 4, 6, 8, 10, 12, 14]));
    assert_eq!(
        result["held_out_sweeps"],
        json!([1, 3, 5, 7, 9, 11, 13, 15])
    );
    // The stand-in's 2 nS, -62 mV and 20 ms.
    let passive = &result["passive"];
    assert!(
        (number(&passive["resistance"]) - 500.0).abs() < 25.0,
        "{passive}"
    );
    assert!(
        (number(&passive["resting"]) + 62.0).abs() < 1.0,
        "{passive}"
    );
    assert!(
        (number(&passive["time_constant"]) - 20.0).abs() < 2.0,
        "{passive}"
    );
    assert_eq!(passive["drift"].as_array().unwrap().len(), 16);
    let sweeps = table(&stage.path("runs/fit-neuron-1/sweeps.csv"));
    assert_eq!(sweeps.len(), 16);
    assert_eq!(
        (sweeps[0]["part"].as_str(), sweeps[1]["part"].as_str()),
        ("fitted", "held out")
    );
    // The mean is over those of the held-out sweeps whose factor is known.
    let known: Vec<f64> = (sweeps.iter().filter(|row| row["part"] == "held out"))
        .filter_map(|row| row["gamma"].parse().ok())
        .collect();
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    assert!((number(&result["held_out_gamma"]) - mean).abs() < 1e-6);
    // The spikes that are listed give the factor that is told.
    let of = |whose: &str, sweep: &str| -> Vec<f64> {
        let rows = table(&stage.path("runs/fit-neuron-1/spikes.csv"));
        let rows = rows
            .into_iter()
            .filter(|row| row["of"] == whose && row["sweep"] == sweep);
        let times = rows.map(|row| row["time_ms"].parse::<f64>().unwrap());
        times.filter(|time| *time >= 146.85).collect()
    };
    let (cell, neuron) = (of("cell", "15"), of("neuron", "15"));
    assert!(cell.len() > 20, "{}", cell.len());
    let gamma = metrics::coincidence::coincidence_factor(&cell, &neuron, 4.0, 3000.0 - 146.85);
    let told = result["sweeps"][15]["gamma"].as_f64();
    assert!(
        gamma
            .zip(told)
            .is_none_or(|(one, other)| (one - other).abs() < 1e-6)
    );
    assert_eq!(gamma.is_some(), told.is_some());
    for file in ["sweeps.svg", "sweeps.png", "fit.svg", "fit.png"] {
        let size = fs::metadata(stage.path("runs/fit-neuron-1").join(file))
            .unwrap()
            .len();
        assert!(size > 1000, "{file}");
    }
    let lif = self::result(
        "fit-neuron --generated --neuron lif --epochs 1 --precision 6",
        &stage,
    );
    assert_eq!(
        (&lif["neuron"], &lif["precision"]),
        (&json!("lif"), &json!(6.0))
    );
    assert!(lif["parameters"]["refractory"].is_f64());
}

/// A recording of one's own: the table is read, and its protocol has to be given.
#[test]
fn a_recording_of_ones_own() {
    let stage = Stage::new();
    // A cell of 100 MOhm and 10 ms that fires twice in its second step, in 3 sweeps of 300 ms.
    let mut text = "# mine\ntime_ms,a_mV,b_mV,c_mV\n".to_owned();
    for sample in 0..3000 {
        let time = f64::from(sample) / 10.0;
        text += &format!("{time}");
        for sweep in 0..3 {
            let current = -20.0 + 10.0 * f64::from(sweep);
            let since = if (50.0..150.0).contains(&time) {
                time - 50.0
            } else {
                0.0
            };
            let spike = [200.0, 230.0]
                .iter()
                .any(|at| (*at..at + 1.0).contains(&time));
            let way = 0.1 * current * (1.0 - (-since / 10.0).exp());
            text += &format!(",{}", if spike { 20.0 } else { -70.0 + way });
        }
        text.push('\n');
    }
    stage.write("mine.csv", &text);
    let own = "fit-neuron --csv mine.csv --protocol 50..150:-20+10,180..260:50 --epochs 1";
    let result = result(own, &stage);
    assert_eq!(result["generated"], false);
    assert_eq!(result["protocol"], "50..150:-20+10,180..260:50");
    let passive = &result["passive"];
    assert!(
        (number(&passive["resistance"]) - 100.0).abs() < 1.0,
        "{passive}"
    );
    assert!(
        (number(&passive["time_constant"]) - 10.0).abs() < 0.5,
        "{passive}"
    );
    assert_eq!(result["sweeps"][1]["cell"], 2);
    for (arguments, code, words) in [
        ("--csv mine.csv", 2, ["--protocol", "146.85..646.85"]),
        (
            "--csv mine.csv --protocol 0..500:1",
            1,
            ["0 to 500 ms", "300.0 ms"],
        ),
        (
            "--csv mine.csv --protocol 0..50:1",
            1,
            ["mine.csv", "resistance"],
        ),
        (
            "--csv none.csv --protocol 0..50:1",
            1,
            ["none.csv", "cannot read"],
        ),
        ("--protocol 0..50:1", 2, ["--protocol", "--csv"]),
        ("--data nowhere", 1, ["nowhere", "no such folder"]),
    ] {
        let said = stage.train(&format!("fit-neuron {arguments} --epochs 1"));
        assert_eq!(said.code, code, "{arguments}: {}", said.stderr);
        let lines: Vec<_> = said.stderr.lines().collect();
        let told = lines.last().unwrap();
        assert!(
            words.iter().all(|word| told.contains(word)),
            "{arguments}: {}",
            said.stderr
        );
    }
}

/// The real recording, where HEBB_DATA names it.
#[test]
fn a_fit_to_a_real_cell() {
    let Some(data) = std::env::var_os("HEBB_DATA") else {
        println!("SKIPPED: HEBB_DATA is not set, no real recording to fit to");
        return;
    };
    if !std::path::Path::new(&data).join("ephys").is_dir() {
        println!("SKIPPED: no ephys in HEBB_DATA");
        return;
    }
    let stage = Stage::new();
    let mut command = stage.command("fit-neuron --epochs 5 --json");
    command.env("HEBB_DATA", &data);
    let said = said(command);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let result: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(result["generated"], false);
    let passive = &result["passive"];
    assert!(
        (1350.0..1650.0).contains(&number(&passive["resistance"])),
        "{passive}"
    );
    assert!(
        (40.0..70.0).contains(&number(&passive["time_constant"])),
        "{passive}"
    );
    let drift = numbers(&passive["drift"]);
    // From the first sweeps on it sinks: the cell is hyperpolarised after it has fired much.
    assert!(
        drift[..6].iter().all(|one| one.abs() < 3.0) && drift[15] < -8.0,
        "{drift:?}"
    );
    let last = &result["sweeps"][15];
    assert_eq!(last["cell"], 42);
    assert!(number(&result["held_out_gamma"]) > 0.0);
}
