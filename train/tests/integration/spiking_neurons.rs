//! Studies of integrate-and-fire neurons, of plasticity, and of a fit to a recording, run from the command line.

use std::fs;
use std::path::Path;

use crate::stage::{Stage, said, table};
use metrics::coincidence::coincidence_factor;
use serde_json::{Value, json};

fn result(arguments: &str, stage: &Stage) -> Value {
    serde_json::from_str(&stage.trained(&format!("{arguments} --json")).stdout).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn near(value: &Value, expected: f64, tolerance: f64) {
    let error = (number(value) - expected).abs();
    assert!(error <= tolerance, "{value} instead of {expected}");
}

fn numbers(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap()
}

/// Every simulated rate equals the closed form, and at 250 pA the first spike comes after 20 ln(25 / 5) ms.
#[test]
fn the_rates_of_lif_equal_the_closed_form() {
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

/// The integration is exact, so its step does not change the spikes.
#[test]
fn the_spikes_of_lif_do_not_depend_on_the_step() {
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
    // A recorded current in nA is converted, and one per membrane area is refused.
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
fn izhikevichs_firing_patterns() {
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

/// The pairing protocol measures the window, and the drift equals the formula: spikes that follow potentiate, spikes that
/// precede depress.
#[test]
fn plasticity_depends_on_timing() {
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

/// Without a recording, the neuron is fitted to a simulated cell, and every second sweep is held out.
#[test]
fn a_neuron_is_fitted_to_a_simulated_cell() {
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
    // The simulated cell has 2 nS, -62 mV and 20 ms.
    near(&result["passive"]["resistance"], 500.0, 25.0);
    near(&result["passive"]["resting"], -62.0, 1.0);
    near(&result["passive"]["time_constant"], 20.0, 2.0);
    assert_eq!(result["passive"]["drift"].as_array().unwrap().len(), 16);
    let run = stage.path("runs/fit-neuron-1");
    the_mean_gamma_is_that_of_the_table(&run, &result);
    the_listed_spikes_give_the_gamma_of_the_last_sweep(&run, &result);
    for file in ["sweeps.svg", "sweeps.png", "fit.svg", "fit.png"] {
        let size = fs::metadata(run.join(file)).unwrap().len();
        assert!(size > 1000, "{file}");
    }
}

/// The mean is over the held-out sweeps whose coincidence factor is defined.
fn the_mean_gamma_is_that_of_the_table(run: &Path, result: &Value) {
    let sweeps = table(&run.join("sweeps.csv"));
    assert_eq!(sweeps.len(), 16);
    assert_eq!(
        (sweeps[0]["part"].as_str(), sweeps[1]["part"].as_str()),
        ("fitted", "held out")
    );
    let defined: Vec<f64> = (sweeps.iter().filter(|row| row["part"] == "held out"))
        .filter_map(|row| row["gamma"].parse().ok())
        .collect();
    let mean = defined.iter().sum::<f64>() / defined.len() as f64;
    near(&result["held_out_gamma"], mean, 1e-6);
}

fn the_listed_spikes_give_the_gamma_of_the_last_sweep(run: &Path, result: &Value) {
    let spikes = table(&run.join("spikes.csv"));
    let onset = 146.85;
    let of = |whose: &str| -> Vec<f64> {
        let rows = (spikes.iter()).filter(|row| row["of"] == whose && row["sweep"] == "15");
        let times = rows.map(|row| row["time_ms"].parse::<f64>().unwrap());
        times.filter(|time| *time >= onset).collect()
    };
    let (cell, neuron) = (of("cell"), of("neuron"));
    assert!(cell.len() > 20, "{}", cell.len());
    let gamma = coincidence_factor(&cell, &neuron, 4.0, 3000.0 - onset);
    let reported = &result["sweeps"][15]["gamma"];
    match gamma {
        Some(gamma) => near(reported, gamma, 1e-6),
        None => assert_eq!(reported, &Value::Null),
    }
}

#[test]
fn a_leaky_neuron_is_fitted_with_another_precision() {
    let stage = Stage::new();
    let arguments = "fit-neuron --generated --neuron lif --epochs 1 --precision 6";
    let lif = result(arguments, &stage);
    assert_eq!(
        (&lif["neuron"], &lif["precision"]),
        (&json!("lif"), &json!(6.0))
    );
    assert!(lif["parameters"]["refractory"].is_f64());
}

/// Writes `mine.csv`: three sweeps of 300 ms of a cell of 100 MOhm and 10 ms, which fires twice in its second step.
fn write_recording(stage: &Stage) {
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
            let response = 0.1 * current * (1.0 - (-since / 10.0).exp());
            text += &format!(",{}", if spike { 20.0 } else { -70.0 + response });
        }
        text.push('\n');
    }
    stage.write("mine.csv", &text);
}

#[test]
fn a_users_recording_is_fitted_with_its_protocol() {
    let stage = Stage::new();
    write_recording(&stage);
    let own = "fit-neuron --csv mine.csv --protocol 50..150:-20+10,180..260:50 --epochs 1";
    let result = result(own, &stage);
    assert_eq!(result["generated"], false);
    assert_eq!(result["protocol"], "50..150:-20+10,180..260:50");
    near(&result["passive"]["resistance"], 100.0, 1.0);
    near(&result["passive"]["time_constant"], 10.0, 0.5);
    assert_eq!(result["sweeps"][1]["cell"], 2);
}

#[test]
fn unusable_recordings_and_protocols_are_named() {
    let stage = Stage::new();
    write_recording(&stage);
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
        let last = said.stderr.lines().last().unwrap();
        assert!(
            words.iter().all(|word| last.contains(word)),
            "{arguments}: {}",
            said.stderr
        );
    }
}

/// Needs the recording in the folder that HEBB_DATA names.
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
    // The cell is more and more hyperpolarised after strong firing.
    assert!(
        drift[..6].iter().all(|one| one.abs() < 3.0) && drift[15] < -8.0,
        "{drift:?}"
    );
    let last = &result["sweeps"][15];
    assert_eq!(last["cell"], 42);
    assert!(number(&result["held_out_gamma"]) > 0.0);
}
