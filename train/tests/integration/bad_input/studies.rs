//! Wrong arguments and tables of studies.

use super::Case;

/// Options that mean nothing to an experiment, and tables of points.
pub(super) const STUDIES: &[Case] = &[
    (
        "mcculloch-pitts --optimizer adam",
        2,
        &["--optimizer", "mcculloch-pitts", "--seed"],
    ),
    ("mcculloch-pitts --csv good.csv", 2, &["--csv"]),
    ("mcculloch-pitts --summary", 2, &["--summary"]),
    ("perceptron --loss mse", 2, &["--loss", "perceptron"]),
    ("hebb --activation tanh", 2, &["--activation", "hebb"]),
    ("activations --activation tanh", 2, &["--activation"]),
    ("activations --epochs 3", 2, &["--epochs", "activations"]),
    ("dying-relu --folds 3", 2, &["--folds", "--stand-ins"]),
    ("dying-relu --data nowhere", 1, &["nowhere", "--data"]),
    ("overfitting --csv good.csv", 2, &["--csv", "overfitting"]),
    ("overfitting --schedule cosine", 2, &["--schedule"]),
    ("overfitting --data file", 1, &["file", "train-images"]),
    ("hebb --lr-find", 2, &["--lr-find", "hebb"]),
    (
        "brain-tumor-mlp --generated --stand-ins 40 --loss bce",
        1,
        &["--loss bce", "cross-entropy"],
    ),
    (
        "compare-optimizers --data nowhere",
        1,
        &["nowhere", "--data"],
    ),
    ("hebb --folds 3", 2, &["--folds", "hebb", "--learning-rate"]),
    ("hebb --device ndarray", 2, &["--device"]),
    ("perceptron --generated", 2, &["--generated", "--csv"]),
    ("perceptron-sgd --schedule cosine", 2, &["--schedule"]),
    ("mnist-mlp --csv good.csv", 2, &["--csv", "mnist-mlp"]),
    ("--resume runs/done --csv good.csv", 2, &["--csv"]),
    ("perceptron --csv nowhere.csv", 1, &["nowhere.csv", "--csv"]),
    ("perceptron --csv .", 1, &["not a regular file", "CSV"]),
    ("perceptron --csv empty.csv", 1, &["empty.csv", "label"]),
    (
        "perceptron --csv narrow.csv",
        1,
        &["narrow.csv", "0 features"],
    ),
    (
        "perceptron --csv header.csv",
        1,
        &["header.csv", "0 points"],
    ),
    (
        "perceptron --csv words.csv",
        1,
        &["words.csv", "row 3", "'width'", "'wide'"],
    ),
    (
        "hebb --csv nan.csv",
        1,
        &["nan.csv", "row 2", "'x2'", "'NaN'"],
    ),
    ("hebb --csv huge.csv", 1, &["huge.csv", "row 1", "'1e300'"]),
    (
        "perceptron-sgd --csv ragged.csv",
        1,
        &["ragged.csv", "row 2 has 2 columns", "3"],
    ),
    (
        "perceptron --csv unlabelled.csv",
        1,
        &["unlabelled.csv", "row 2", "column 3", "label"],
    ),
    (
        "perceptron --csv latin.csv",
        1,
        &["latin.csv", "line 2", "UTF-8"],
    ),
    (
        "perceptron --csv one.csv",
        1,
        &["one.csv", "labels is 1", "yes"],
    ),
    (
        "perceptron --csv three.csv",
        1,
        &["three.csv", "labels is 3", "a, b, c"],
    ),
    ("hebb --csv line.csv", 1, &["line.csv", "1 feature"]),
    (
        "hebb --csv same.csv",
        1,
        &["same.csv", "all points are the same"],
    ),
    ("hebb --out file", 1, &["file", "--out"]),
];

/// Currents, times and numbers of simulated neurons.
pub(super) const NEURONS: &[Case] = &[
    (
        "hodgkin-huxley --current 10",
        2,
        &["'10'", "step:I", ".csv"],
    ),
    (
        "hodgkin-huxley --current step:much",
        2,
        &["'much'", "not a number"],
    ),
    (
        "hodgkin-huxley --current step:10,to=5",
        2,
        &["'to'", "until="],
    ),
    (
        "hodgkin-huxley --current step:10,from=9,until=3",
        2,
        &["until=3"],
    ),
    ("hodgkin-huxley --current pulses:9,width=1", 2, &["every="]),
    ("hodgkin-huxley --current -5", 2, &["'-5'", "step:I"]),
    ("hodgkin-huxley --duration 0", 2, &["'0'", "--duration"]),
    ("hodgkin-huxley --duration -1", 2, &["'-1'", "above 0"]),
    ("hodgkin-huxley --duration NaN", 2, &["NaN", "above 0"]),
    ("hodgkin-huxley --duration 1e9", 2, &["1e9", "1000000"]),
    ("hodgkin-huxley --step 0", 2, &["'0'", "--step"]),
    ("hodgkin-huxley --step small", 2, &["small", "not a number"]),
    (
        "hodgkin-huxley --step 0.2",
        2,
        &["--step", "0.2 ms", "largest stable step is 0.0"],
    ),
    (
        "hodgkin-huxley --duration 5 --step 10",
        2,
        &["--step 10", "--duration"],
    ),
    (
        "hodgkin-huxley --current pulses:9,width=0.005,every=20",
        2,
        &["--step 0.01", "0.005 ms"],
    ),
    ("hodgkin-huxley --neurons 0", 2, &["'0'", "--neurons"]),
    ("hodgkin-huxley --neurons many", 2, &["many", "--neurons"]),
    ("hodgkin-huxley --spread 0.1", 2, &["--neurons"]),
    (
        "hodgkin-huxley --neurons 5 --spread 0.9",
        2,
        &["'0.9'", "0 to 0.5"],
    ),
    ("hodgkin-huxley --epochs 3", 2, &["--epochs", "--current"]),
    (
        "mnist-mlp --current step:10",
        2,
        &["--current", "mnist-mlp"],
    ),
    ("hebb --fi-curve", 2, &["--fi-curve", "hebb"]),
    ("--resume runs/done --duration 5", 2, &["--duration"]),
    (
        "hodgkin-huxley --current nowhere.csv",
        1,
        &["nowhere.csv", "--current"],
    ),
    (
        "hodgkin-huxley --current headless.csv",
        1,
        &["headless.csv: line 1", "time_ms,current_uA_per_cm2"],
    ),
    (
        "hodgkin-huxley --current unitless.csv",
        1,
        &["unitless.csv: line 1", "'current'", "current_uA_per_cm2"],
    ),
    (
        "hodgkin-huxley --current cell.csv",
        1,
        &["cell.csv: line 1", "'current_nA'", "uA/cm2"],
    ),
    (
        "hodgkin-huxley --current backwards.csv",
        1,
        &["backwards.csv: line 4", "1 ms comes after 2 ms"],
    ),
    (
        "hodgkin-huxley --current gap.csv",
        1,
        &["gap.csv: line 3", "'NaN'", "gap"],
    ),
    (
        "hodgkin-huxley --current hole.csv",
        1,
        &["hole.csv: line 3", "empty"],
    ),
    ("hodgkin-huxley --out file", 1, &["file", "--out"]),
];
