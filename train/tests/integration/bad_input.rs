//! Bad input, one line each: `train` must name it in one line, end with 1 (failed) or 2 (wrong
//! arguments), never with a panic, and leave no run behind. To add a case, add a line to a table.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::stage::{Said, Stage, said};
use datasets::synthetic;
use serde_json::{Value, json};

/// The arguments, the exit code, what the line must name.
type Case = (&'static str, i32, &'static [&'static str]);

const ARGUMENTS: &[Case] = &[
    ("bogus", 2, &["bogus", "mnist-mlp"]),
    ("fetsh", 2, &["fetsh"]),
    ("MNIST-MLP", 2, &["MNIST-MLP", "mnist-mlp"]),
    ("mnist-mlp more", 2, &["more"]),
    ("--bogus", 2, &["--bogus"]),
    ("--epochs", 2, &["--epochs"]),
    ("--epochs 0", 2, &["'0'", "--epochs"]),
    ("--epochs -1", 2, &["'-1'", "--epochs"]),
    ("--epochs abc", 2, &["abc", "--epochs"]),
    ("--epochs 1.5", 2, &["1.5", "--epochs"]),
    ("--epochs 99999999999", 2, &["99999999999"]),
    ("--batch-size 0", 2, &["'0'", "--batch-size"]),
    ("--batch-size 70000", 2, &["70000", "65536"]),
    ("--learning-rate 0", 2, &["'0'", "above 0"]),
    ("--learning-rate -1", 2, &["'-1'", "above 0"]),
    ("--learning-rate NaN", 2, &["NaN", "above 0"]),
    ("--learning-rate inf", 2, &["inf", "at most 1"]),
    ("--learning-rate 2", 2, &["'2'", "at most 1"]),
    ("--learning-rate fast", 2, &["fast", "not a number"]),
    ("--optimizer newton", 2, &["newton", "adam"]),
    ("--schedule stairs", 2, &["stairs", "cosine"]),
    ("autoencoder --noise loud", 2, &["loud", "gaussian:SIGMA"]),
    (
        "autoencoder --noise gaussian:0",
        2,
        &["gaussian:0", "above 0"],
    ),
    (
        "autoencoder --noise salt-and-pepper:2",
        2,
        &["salt-and-pepper:2", "at most 1"],
    ),
    (
        "izhikevich --pattern bursting",
        2,
        &["'bursting'", "chattering", "or all"],
    ),
    ("lif --pattern all", 2, &["--pattern", "lif", "--current"]),
    ("mnist-mlp --pattern all", 2, &["--pattern", "mnist-mlp"]),
    ("lif --current step:x", 2, &["step:x"]),
    ("adex --step 50", 2, &["50 ms", "largest stable one is 26."]),
    (
        "izhikevich --step 2 --current step:-20",
        2,
        &["2 ms", "largest stable one is 1."],
    ),
    ("stdp --duration 0", 2, &["'0'", "--duration"]),
    ("stdp --step 1", 2, &["--step", "stdp", "--duration"]),
    ("fit-neuron --neuron hh", 2, &["'hh'", "adex"]),
    ("fit-neuron --precision 0", 2, &["'0'", "0.1 to 100 ms"]),
    ("fit-neuron --precision near", 2, &["near", "not a number"]),
    (
        "fit-neuron --protocol 5..1:3",
        2,
        &["'5..1:3'", "FROM..UNTIL:FIRST"],
    ),
    (
        "fit-neuron --protocol 0..5:1,4..6:1",
        2,
        &["'4..6:1'", "order"],
    ),
    ("fit-neuron --protocol 0..5:1", 2, &["--protocol", "--csv"]),
    ("fit-neuron --csv x.csv", 2, &["x.csv", "--protocol"]),
    (
        "fit-neuron --csv x.csv --protocol 0..5:1",
        1,
        &["x.csv", "cannot read"],
    ),
    ("hodgkin-huxley --pattern all", 2, &["--pattern"]),
    ("translate --max-words 0", 2, &["--max-words", "0"]),
    ("translate --max-words 101", 2, &["--max-words", "101"]),
    (
        "translate --label-smoothing 1.5",
        2,
        &["1.5", "from 0 to 1"],
    ),
    ("translate --teacher-forcing -1", 2, &["-1", "from 0 to 1"]),
    ("translate --teacher-forcing x", 2, &["x", "not a number"]),
    ("translate --hidden 3", 2, &["--hidden", "translate"]),
    (
        "translate --noise gaussian:0.1",
        2,
        &["--noise", "translate"],
    ),
    ("mnist-mlp --max-words 5", 2, &["--max-words", "mnist-mlp"]),
    (
        "mnist-mlp --label-smoothing 0.1",
        2,
        &["--label-smoothing", "mnist-mlp"],
    ),
    ("mnist-snn --time-steps 0", 2, &["'0'", "--time-steps"]),
    ("mnist-snn --time-steps 1001", 2, &["1001", "1000"]),
    ("mnist-snn --coding morse", 2, &["morse", "latency"]),
    (
        "mnist-snn --coding delta --summary",
        2,
        &["delta", "pictures", "latency"],
    ),
    (
        "eeg-snn --coding rate --summary",
        2,
        &["rate", "recordings", "delta"],
    ),
    (
        "eeg-snn --time-steps 9 --summary",
        2,
        &["9 steps", "recording"],
    ),
    ("mnist-snn --decay 1.1", 2, &["1.1", "learned:"]),
    ("mnist-snn --decay learned:x", 2, &["learned:x", "0 to 1"]),
    ("mnist-snn --reset half", 2, &["half", "subtract or zero"]),
    (
        "mnist-snn --surrogate arctangent:-1",
        2,
        &["arctangent:-1", "0.001 to 1000"],
    ),
    (
        "mnist-snn --surrogate sigmoid",
        2,
        &["sigmoid", "triangular"],
    ),
    ("mnist-snn --readout sum", 2, &["sum", "membrane"]),
    ("mnist-mlp --decay 0.9", 2, &["--decay", "mnist-mlp"]),
    ("mnist-snn --hidden 10", 2, &["hidden", "10"]),
    ("autoencoder --penalty l2:1", 2, &["l2:1", "kl:WEIGHT"]),
    ("autoencoder --penalty l1:-1", 2, &["l1:-1", "above 0"]),
    (
        "autoencoder --penalty kl:1:2",
        2,
        &["kl:1:2", "between 0 and 1"],
    ),
    (
        "autoencoder-variational --penalty l1:1",
        2,
        &["--penalty", "autoencoder-variational", "divergence"],
    ),
    (
        "autoencoder --penalty kl:1:0.1",
        2,
        &["kl:1:0.1", "autoencoder-sparse"],
    ),
    (
        "autoencoder --dataset brain-tumor-2class",
        2,
        &["brain-tumor-2class", "mnist or brain-tumor-mri"],
    ),
    (
        "mnist-mlp --dataset brain-tumor-mri",
        2,
        &["brain-tumor-mri", "mnist-mlp learns from mnist"],
    ),
    ("autoencoder --dataset digits", 2, &["digits", "mnist"]),
    ("mnist-mlp --noise gaussian:1", 2, &["--noise", "mnist-mlp"]),
    (
        "brain-tumor --penalty l1:1",
        2,
        &["--penalty", "brain-tumor"],
    ),
    (
        "mnist-mlp --train-class 1",
        2,
        &["--train-class", "mnist-mlp"],
    ),
    ("autoencoder --folds 3", 2, &["--folds", "autoencoder"]),
    (
        "autoencoder --target-error 0.1",
        2,
        &["--target-error", "autoencoder"],
    ),
    (
        "autoencoder --generated --train-class eleven",
        1,
        &["eleven", "--train-class", "0, 1, 2"],
    ),
    (
        "autoencoder --dataset brain-tumor-mri --generated --train-class No_Tumor",
        1,
        &["No_Tumor", "no_tumor"],
    ),
    (
        "--activation bent",
        2,
        &["'bent'", "gelu", "leaky-relu:SLOPE"],
    ),
    ("--activation leaky-relu:steep", 2, &["'leaky-relu:steep'"]),
    ("--activation relu,,tanh", 2, &["''", "relu"]),
    (
        "mnist-mlp --activation relu,tanh --summary",
        2,
        &["relu,tanh", "1 hidden layers"],
    ),
    (
        "brain-tumor-mlp --activation relu,tanh",
        2,
        &["relu,tanh", "give one activation, or 4"],
    ),
    (
        "mnist-cnn --activation relu,tanh",
        2,
        &["relu,tanh", "give one"],
    ),
    (
        "--resume runs/done --activation tanh",
        2,
        &["--resume", "--activation"],
    ),
    ("--hidden 30,0", 2, &["'0'", "--hidden"]),
    ("--hidden many", 2, &["many", "--hidden"]),
    (
        "mnist-cnn --hidden 30,20",
        2,
        &["30, 20", "only perceptrons"],
    ),
    (
        "mnist-mlp --hidden 30,20 --activation relu,tanh,relu",
        2,
        &["relu,tanh,relu", "give one activation, or 2"],
    ),
    (
        "--normalization group",
        2,
        &["group", "none, batch or layer"],
    ),
    ("--initialization zero", 2, &["zero", "xavier or he"]),
    ("autoencoder --hidden 3", 2, &["--hidden", "autoencoder"]),
    (
        "hebb --normalization batch",
        2,
        &["--normalization", "hebb"],
    ),
    ("export absent.safetensors out", 1, &["absent.safetensors"]),
    ("export runs/done", 2, &["OUT"]),
    ("--loss hinge", 2, &["hinge", "one-hot", "bce"]),
    ("--lr-find --folds 3", 2, &["--lr-find", "--folds"]),
    ("--resume runs/done --lr-find", 2, &["--lr-find"]),
    ("compare-optimizers bogus", 2, &["bogus", "mnist-mlp"]),
    ("compare-optimizers hebb", 2, &["hebb", "--list"]),
    (
        "compare-optimizers --optimizer adam",
        2,
        &["--optimizer", "leave it out"],
    ),
    (
        "compare-optimizers --learning-rate 0.1",
        2,
        &["--learning-rate", "usual rate"],
    ),
    (
        "compare-optimizers mnist-cnn --noise gaussian:1",
        2,
        &["--noise", "mnist-cnn"],
    ),
    ("autoencoder --loss mse", 2, &["--loss", "autoencoder"]),
    ("autoencoder --activation relu", 2, &["--activation"]),
    ("compare-optimizers --folds 3", 2, &["--folds"]),
    ("compare-optimizers --csv x.csv", 2, &["--csv"]),
    (
        "compare-optimizers mnist-mlp --time-steps 5",
        2,
        &["--time-steps 5", "mnist-mlp does not take"],
    ),
    (
        "compare-optimizers --target-error 0.1",
        2,
        &["--target-error 0.1", "leave it out"],
    ),
    ("--early-stop 0", 2, &["'0'", "--early-stop"]),
    (
        "--clip-norm 0",
        2,
        &["'0'", "--clip-norm", "above 0, or none"],
    ),
    ("--clip-norm wide", 2, &["'wide'", "--clip-norm"]),
    (
        "--weight-decay 1.5",
        2,
        &["'1.5'", "--weight-decay", "from 0 to 1"],
    ),
    (
        "mnist-mlp --generated --optimizer sgd --weight-decay 0.1",
        1,
        &["weight decay", "0.1", "sgd", "--optimizer adamw"],
    ),
    (
        "--average-weights 1",
        2,
        &["'1'", "--average-weights", "none"],
    ),
    (
        "--average-weights -0.5",
        2,
        &["'-0.5'", "--average-weights"],
    ),
    ("eeg-gru --classes 3", 2, &["'3'", "--classes", "2 or 5"]),
    ("mnist-mlp --classes 5", 2, &["--classes", "mnist-mlp"]),
    ("eeg-gru --augment digits", 2, &["--augment", "eeg-gru"]),
    ("autoencoder --classes 5", 2, &["--classes", "autoencoder"]),
    ("--device abacus", 2, &["abacus", "flex"]),
    ("--device wgpu:x", 2, &["wgpu:x"]),
    ("--split half", 2, &["half", "grouped", "official"]),
    ("--folds 1", 2, &["'1'", "--folds"]),
    ("--folds -2", 2, &["'-2'", "--folds"]),
    ("--folds 1000", 2, &["'1000'", "100"]),
    ("--folds many", 2, &["many", "--folds"]),
    ("--fold-models best", 2, &["--folds"]),
    ("--folds 3 --fold-models some", 2, &["some", "best"]),
    ("--resume runs/done --folds 3", 2, &["--resume", "--folds"]),
    (
        "--resume runs/done --groups x.csv",
        2,
        &["--resume", "--groups"],
    ),
    (
        "--folds 3 --split official",
        1,
        &["official", "--folds", "grouped"],
    ),
    (
        "--folds 3 --split x.csv",
        1,
        &["x.csv", "--folds", "grouped"],
    ),
    ("check", 2, &["NAME|DIR"]),
    ("check scans --epochs 3", 2, &["--epochs"]),
    ("--seed -3", 2, &["-3", "--seed"]),
    ("--seed many", 2, &["many", "--seed"]),
    ("--generated --stand-ins 39", 2, &["39", "40"]),
    ("--stand-ins 50", 2, &["--generated"]),
    ("--resume runs/done --seed 3", 2, &["--resume", "--seed"]),
    ("mnist-mlp --resume runs/done", 2, &["--resume"]),
    (
        "--resume runs/done --classes 5",
        2,
        &["--classes 5", "--resume keeps"],
    ),
    (
        "--resume runs/done --max-words 5",
        2,
        &["--max-words 5", "--resume keeps"],
    ),
    (
        "--resume runs/done --strict",
        2,
        &["--strict: --resume keeps"],
    ),
    (
        "--resume runs/done --time-steps 3",
        2,
        &["--time-steps 3", "--resume keeps"],
    ),
    (
        "--resume runs/done --summary",
        2,
        &["--summary: --resume keeps"],
    ),
    ("fetch", 2, &["NAME"]),
    (
        "fetch bogus",
        2,
        &["bogus", "mnist, brain-tumor-mri, eeg-bonn"],
    ),
    ("fetch mnist --epochs 3", 2, &["--epochs"]),
];

/// Options that mean nothing to an experiment, and tables of points.
const STUDIES: &[Case] = &[
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
    ("perceptron --csv .", 1, &["cannot be read"]),
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
        &["latin.csv", "row 2", "UTF-8"],
    ),
    (
        "perceptron --csv one.csv",
        1,
        &["one.csv", "1 different", "yes"],
    ),
    (
        "perceptron --csv three.csv",
        1,
        &["three.csv", "3 different", "a, b, c"],
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
const NEURONS: &[Case] = &[
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

const MNIST: &[Case] = &[
    ("mnist-mlp --data nowhere", 1, &["nowhere", "--data"]),
    ("mnist-mlp --data file", 1, &["file", "train-images"]),
    ("mnist-mlp --data none", 1, &["none", "train fetch mnist"]),
    (
        "mnist-mlp --data short",
        1,
        &["short/train-images", "truncated", "bytes of"],
    ),
    (
        "mnist-mlp --data magic",
        1,
        &["magic/t10k-labels", "0x00000803", "0x00000801"],
    ),
    (
        "mnist-mlp --data counts",
        1,
        &["counts/train-labels", "40 images", "39 labels"],
    ),
    (
        "mnist-mlp --data label",
        1,
        &["label/train-labels", "label 5 is 17"],
    ),
    ("mnist-mlp --data size", 1, &["size/train-images", "29x28"]),
    ("mnist-mlp --data longer", 1, &["longer/t10k-labels", "18"]),
    (
        "mnist-mlp --data garbage",
        1,
        &["garbage/train-images", "unpack"],
    ),
    ("mnist-mlp --data few", 1, &["mnist", "class"]),
    ("mnist-mlp --data scans", 1, &["scans", "train-images"]),
];

const SCANS: &[Case] = &[
    ("brain-tumor --data nowhere", 1, &["nowhere", "--data"]),
    ("brain-tumor --data file", 1, &["file"]),
    (
        "brain-tumor --data none",
        1,
        &["none", "one folder of pictures per class"],
    ),
    ("brain-tumor --data good", 1, &["good", "no folder"]),
    (
        "brain-tumor --data one",
        1,
        &["one", "glioma_tumor", "two at least"],
    ),
    ("brain-tumor --data empty", 1, &["empty", "nothing"]),
    (
        "brain-tumor --data broken",
        1,
        &["broken", "unreadable", "a.png"],
    ),
    (
        "brain-tumor --data torn --strict",
        1,
        &["torn", "no_tumor/torn.png"],
    ),
    (
        "brain-tumor --data scarce",
        1,
        &["class rare", "1 examples"],
    ),
    (
        "brain-tumor --data scans --split official",
        1,
        &["official", "random"],
    ),
    (
        "brain-tumor --data scans --folds 5",
        1,
        &["class glioma_tumor has 4 groups", "--folds"],
    ),
    (
        "brain-tumor --data scans --split nowhere.csv",
        1,
        &["nowhere.csv", "cannot read"],
    ),
    (
        "brain-tumor --data scans --split file",
        1,
        &["file", "no column 'path'", "split.csv"],
    ),
    (
        "brain-tumor --data scans --split other.csv",
        1,
        &["other.csv", "1 of its pictures", "a/b.png", "--data"],
    ),
    (
        "brain-tumor --data scans --groups nowhere.csv",
        1,
        &["nowhere.csv", "cannot read"],
    ),
    (
        "brain-tumor --data scans --groups none",
        1,
        &["none", "not a regular file"],
    ),
    (
        "brain-tumor --data scans --groups empty.csv",
        1,
        &["empty.csv", "no column 'path'", "path,patient"],
    ),
    (
        "brain-tumor --data scans --groups hostile.csv",
        1,
        &["hostile.csv", "not a CSV table"],
    ),
    (
        "brain-tumor --data scans --groups stranger.csv",
        1,
        &["stranger.csv", "line 2", "x/y.png", "glioma_tumor/"],
    ),
    (
        "brain-tumor --data scans --groups short.csv",
        1,
        &["short.csv", "15 pictures have no line", "one for each"],
    ),
    (
        "brain-tumor --data scans --groups one.csv",
        1,
        &["class glioma_tumor has 1 groups", "16 pictures", "random"],
    ),
    ("check nowhere", 1, &["nowhere", "--data"]),
    ("check file", 1, &["file", "no such folder"]),
    ("check none", 1, &["none", "one folder of pictures"]),
    ("check good", 1, &["good", "one folder of pictures"]),
    ("check broken", 1, &["broken", "unreadable", "a.png"]),
    ("check scans --out file", 1, &["file", "--out"]),
];

const RUNS: &[Case] = &[
    ("--resume nowhere", 1, &["nowhere", "config.json"]),
    ("--resume scans", 1, &["scans", "config.json"]),
    (
        "--resume runs/done",
        1,
        &["runs/done", "complete", "--epochs"],
    ),
    ("--resume done", 1, &["runs/done", "complete"]),
    (
        "--resume runs/done --label-smoothing 0.1",
        2,
        &["--label-smoothing 0.1", "mnist-mlp does not take"],
    ),
    (
        "--resume runs/garbled",
        1,
        &["garbled/config.json", "new run"],
    ),
    ("--resume runs/older", 1, &["older/config.json", "recipe"]),
    (
        "--resume runs/hostile",
        1,
        &["hostile/config.json", "batch size"],
    ),
    ("--resume runs/unknown", 1, &["mnist-xyz", "mnist-mlp"]),
    ("--resume runs/moved --epochs 2", 1, &["vanished", "--data"]),
    (
        "--resume runs/longer --epochs 1",
        1,
        &["runs/longer", "2 epochs are done", "--epochs 1"],
    ),
    (
        "--resume runs/torn --epochs 2",
        1,
        &["runs/torn", "epoch-1", "cannot be read"],
    ),
    (
        "--resume runs/logless --epochs 2",
        1,
        &["logless/log.jsonl"],
    ),
    (
        "--resume runs/mislogged --epochs 2",
        1,
        &["mislogged/log.jsonl", "line 1"],
    ),
];

const PLACES: &[Case] = &[
    ("mnist-mlp --generated --out file", 1, &["file", "--out"]),
    (
        "mnist-mlp --generated --out file/inside",
        1,
        &["file/inside", "--out"],
    ),
    (
        "fetch mnist --data new --mirror http://127.0.0.1:1",
        1,
        &["127.0.0.1:1", "mnist"],
    ),
    (
        "fetch brain-tumor-mri --data new --mirror http://127.0.0.1:1",
        1,
        &["127.0.0.1:1"],
    ),
    (
        "fetch mnist --data file --mirror http://127.0.0.1:1",
        1,
        &["file"],
    ),
];

#[cfg(not(feature = "wgpu"))]
const NO_WGPU: Case = ("--generated --device wgpu", 1, &["wgpu", "--features"]);
#[cfg(not(feature = "cuda"))]
const NO_CUDA: Case = ("--generated --device cuda:0", 1, &["cuda", "--features"]);

/// One good set of digits, one good folder of scans, one finished run, and what is wrong with others.
fn stage() -> Stage {
    let stage = Stage::new();
    stage.write("file", "This is no folder.\n");
    fs::create_dir(stage.path("none")).unwrap();
    digits(&stage);
    scans(&stage);
    stage
}

type Files = BTreeMap<&'static str, Vec<u8>>;

/// An IDX file: the big-endian header, then the bytes.
fn idx(header: &[u32], bytes: &[u8]) -> Vec<u8> {
    let header: Vec<u8> = header.iter().flat_map(|word| word.to_be_bytes()).collect();
    [&header, bytes].concat()
}

/// Four of each digit to train on, one of each to test.
fn good_digits() -> Files {
    let images = |count: u32| {
        let set = synthetic::digits(count as usize, 1);
        idx(&[0x803, count, 28, 28], &set.pixels)
    };
    let labels = |count: u32| {
        let labels: Vec<u8> = (0..count).map(|label| (label % 10) as u8).collect();
        idx(&[0x801, count], &labels)
    };
    BTreeMap::from([
        ("train-images-idx3-ubyte", images(40)),
        ("train-labels-idx1-ubyte", labels(40)),
        ("t10k-images-idx3-ubyte", images(10)),
        ("t10k-labels-idx1-ubyte", labels(10)),
    ])
}

fn digits(stage: &Stage) {
    let write = |folder: &str, change: &dyn Fn(&mut Files)| {
        let mut files = good_digits();
        change(&mut files);
        for (name, content) in files {
            stage.write(&format!("{folder}/{name}"), content);
        }
    };
    write("good", &|_| {});
    write("short", &|files| {
        files
            .get_mut("train-images-idx3-ubyte")
            .unwrap()
            .truncate(5000);
    });
    write("magic", &|files| {
        files.get_mut("t10k-labels-idx1-ubyte").unwrap()[3] = 3;
    });
    write("counts", &|files| {
        let labels: Vec<u8> = (0..39).map(|label| label % 10).collect();
        files.insert("train-labels-idx1-ubyte", idx(&[0x801, 39], &labels));
    });
    write("label", &|files| {
        files.get_mut("train-labels-idx1-ubyte").unwrap()[8 + 5] = 17;
    });
    write("size", &|files| {
        files.get_mut("train-images-idx3-ubyte").unwrap()[15] = 29;
    });
    write("longer", &|files| {
        files.get_mut("t10k-labels-idx1-ubyte").unwrap().push(0);
    });
    write("garbage", &|files| {
        let garbage = [&[0x1f, 0x8b, 8, 0][..], &[0xff; 60]].concat();
        files.insert("train-images-idx3-ubyte", garbage);
    });
    write("few", &|files| {
        let pixels = vec![0; 28 * 28];
        files.insert("train-images-idx3-ubyte", idx(&[0x803, 1, 28, 28], &pixels));
        files.insert("train-labels-idx1-ubyte", idx(&[0x801, 1], &[0]));
    });
}

fn scans(stage: &Stage) {
    let write = |folder: &str| {
        synthetic::write_phantoms(&stage.path(folder), 4, 1).unwrap();
    };
    write("scans");
    write("one");
    for class in ["meningioma_tumor", "no_tumor", "pituitary_tumor"] {
        fs::remove_dir_all(stage.path("one").join(class)).unwrap();
    }
    write("empty");
    fs::create_dir(stage.path("empty/nothing")).unwrap();
    write("broken");
    for name in ["a.png", "b.jpg"] {
        stage.write(
            &format!("broken/unreadable/{name}"),
            "This is no picture.\n",
        );
    }
    write("torn");
    let whole = first_file(&stage.path("torn/no_tumor"));
    stage.write("torn/no_tumor/torn.png", &whole[..whole.len() / 2]);
    write("scarce");
    stage.write("scarce/rare/only.png", whole);
}

/// Tables about the pictures of `scans`, most of them wrong.
fn tables(stage: &Stage) {
    let mut pictures = Vec::new();
    for class in fs::read_dir(stage.path("scans")).unwrap() {
        let class = class.unwrap();
        for file in fs::read_dir(class.path()).unwrap() {
            let names = [class.file_name(), file.unwrap().file_name()];
            pictures.push(names.map(|name| name.into_string().unwrap()).join("/"));
        }
    }
    let one: String = pictures
        .iter()
        .map(|path| format!("{path},Ada\n"))
        .collect();
    stage.write("one.csv", format!("path,patient\n{one}"));
    stage.write("short.csv", format!("path,patient\n{},Ada\n", pictures[0]));
    stage.write("stranger.csv", "path,patient\nx/y.png,Ada\n");
    stage.write("empty.csv", "");
    stage.write("hostile.csv", b"path,patient\n\xff\xfe\x00,\"\n");
    stage.write("other.csv", "path,sha256,group,split\na/b.png,00,0,train\n");
}

fn first_file(folder: &Path) -> Vec<u8> {
    let entry = fs::read_dir(folder).unwrap().next().unwrap().unwrap();
    fs::read(entry.path()).unwrap()
}

/// A finished run, and damaged copies of it.
fn runs(stage: &Stage) {
    stage.trained("mnist-mlp --generated --stand-ins 80 --epochs 1 --device flex --no-tui");
    fs::rename(stage.path("runs/mnist-mlp-1"), stage.path("runs/done")).unwrap();
    fs::remove_file(stage.path("runs/latest")).unwrap();
    let copy = |name: &str| copy_folder(&stage.path("runs/done"), &stage.path("runs").join(name));
    let config = |name: &str, change: &dyn Fn(&mut Value)| {
        copy(name);
        let mut config = stage.json("runs/done/config.json");
        change(&mut config);
        stage.write(&format!("runs/{name}/config.json"), config.to_string());
    };
    config("older", &|config| {
        config.as_object_mut().unwrap().remove("recipe");
    });
    config("hostile", &|config| {
        config["recipe"]["batch_size"] = json!(0)
    });
    config("unknown", &|config| {
        config["experiment"] = json!("mnist-xyz")
    });
    config("moved", &|config| {
        config["data"]["generated"] = json!(false);
        config["data"]["folder"] = json!("vanished");
    });
    for name in ["garbled", "longer", "torn", "logless", "mislogged"] {
        copy(name);
    }
    // Checkpoints of the first versions hold no progress: it is that of the log.
    for name in ["logless", "mislogged"] {
        let progress = format!("runs/{name}/checkpoint/epoch-1/progress.cbor");
        fs::remove_file(stage.path(&progress)).unwrap();
    }
    stage.trained("--resume runs/longer --epochs 2 --device flex --no-tui");
    fs::remove_file(stage.path("runs/latest")).unwrap();
    stage.write("runs/garbled/config.json", "{\"experiment\": \"mnist-ml");
    let part = stage.path("runs/torn/checkpoint/epoch-1/network.bpk");
    let whole = fs::read(&part).unwrap();
    fs::write(part, &whole[..whole.len() / 3]).unwrap();
    fs::remove_file(stage.path("runs/logless/log.jsonl")).unwrap();
    stage.write("runs/mislogged/log.jsonl", "epoch one\n");
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Every file and folder below `runs`.
fn left_behind(stage: &Stage) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![stage.path("runs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            found.insert(path.display().to_string());
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    found
}

/// Every case of the table ends as it says.
fn check(stage: &Stage, cases: &[Case]) {
    let mut wrong = Vec::new();
    for (arguments, expected, names) in cases {
        let before = left_behind(stage);
        let Said {
            code,
            stdout,
            stderr,
        } = stage.train(arguments);
        let line = stderr.trim_end().lines().last().unwrap_or_default();
        let errors = (stderr.lines().filter(|line| line.starts_with("error: "))).count();
        let missing: Vec<_> = names.iter().filter(|name| !line.contains(**name)).collect();
        let after = left_behind(stage);
        let changed: Vec<_> = before.symmetric_difference(&after).collect();
        let fine = code == *expected
            && stdout.is_empty()
            && line.starts_with("error: ")
            && errors == 1
            && !stderr.contains("panicked")
            && !stderr.contains("internal error")
            && missing.is_empty()
            && changed.is_empty();
        if !fine {
            wrong.push(format!(
                "train {arguments}\n  code {code}, expected {expected}; not named: {missing:?}; changed: {changed:?}\n  stdout: {stdout:?}\n  stderr: {stderr:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_good_ones_are_good() {
    let stage = stage();
    let said = stage.trained("mnist-mlp --data good --epochs 1 --device flex --json");
    let result: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(result["data"]["generated"], false);
    assert_eq!(
        (
            &result["data"]["train"],
            &result["data"]["valid"],
            &result["data"]["test"]
        ),
        (&json!(30), &json!(10), &json!(10))
    );

    // Without --strict an unreadable picture is passed over, counted and named.
    let said = stage.trained("brain-tumor --data torn --epochs 1 --device flex --json");
    let result: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(result["data"]["skipped"], 1);
    assert!(said.stderr.contains("no_tumor/torn.png"), "{}", said.stderr);
    let data = &result["data"];
    let used = ["train", "valid", "test"].map(|part| data[part].as_u64().unwrap());
    assert_eq!(used.iter().sum::<u64>(), 16);
}

#[test]
fn wrong_arguments() {
    check(&Stage::new(), ARGUMENTS);
}

#[test]
fn bad_studies() {
    let stage = Stage::new();
    for (name, content) in [
        ("good.csv", &b"1,2,a\n3,5,b\n"[..]),
        ("empty.csv", b""),
        ("narrow.csv", b"a\nb\n"),
        ("header.csv", b"width,height,kind\n"),
        ("words.csv", b"width,height,kind\n1,2,a\nwide,2,b\n"),
        ("nan.csv", b"1,2,a\n1,NaN,b\n"),
        ("huge.csv", b"1e300,2,a\n1,2,b\n"),
        ("ragged.csv", b"1,2,a\n1,b\n"),
        ("unlabelled.csv", b"1,2,a\n1,2,\n"),
        ("latin.csv", b"1,2,a\n1,2,\xe9\n"),
        ("one.csv", b"1,2,yes\n3,4,yes\n"),
        ("three.csv", b"1,2,a\n3,4,b\n5,6,c\n"),
        ("line.csv", b"1,a\n2,b\n"),
        ("same.csv", b"1,2,a\n1,2,b\n"),
        ("file", b"This is no folder.\n"),
    ] {
        stage.write(name, content);
    }
    check(&stage, STUDIES);
}

#[test]
fn bad_neurons() {
    let stage = Stage::new();
    let named = "time_ms,current_uA_per_cm2";
    for (name, content) in [
        ("headless.csv", "0,10\n1,20\n".to_owned()),
        ("unitless.csv", "time_ms,current\n0,10\n1,20\n".to_owned()),
        ("cell.csv", "time_ms,current_nA\n0,10\n1,20\n".to_owned()),
        ("backwards.csv", format!("{named}\n0,1\n2,1\n1,1\n")),
        ("gap.csv", format!("{named}\n0,1\n1,NaN\n")),
        ("hole.csv", format!("{named}\n0,1\n1,\n")),
        ("file", "This is no folder.\n".to_owned()),
    ] {
        stage.write(name, content);
    }
    check(&stage, NEURONS);
}

#[test]
fn bad_digits() {
    check(&stage(), MNIST);
}

#[test]
fn bad_scans() {
    let stage = stage();
    tables(&stage);
    check(&stage, SCANS);
}

#[test]
fn bad_runs() {
    let stage = stage();
    runs(&stage);
    check(&stage, RUNS);
}

#[test]
fn bad_places() {
    check(&stage(), PLACES);
}

/// Numbers that overflow are an error, not a model that nobody can load.
#[test]
fn a_training_that_diverges() {
    let arguments = "brain-tumor --normalization none --generated --stand-ins 80 --epochs 3 --batch-size 16 --optimizer sgd --learning-rate 1 --device flex --no-tui";
    check(
        &Stage::new(),
        &[(arguments, 1, &["epoch 1", "--learning-rate below 1"])],
    );
}

#[test]
fn devices_that_are_not_built_in() {
    let stage = Stage::new();
    #[cfg(not(feature = "wgpu"))]
    check(&stage, &[NO_WGPU]);
    #[cfg(not(feature = "cuda"))]
    check(&stage, &[NO_CUDA]);
    let _ = stage; // with every feature nothing is left to refuse
}

/// The folder of the environment counts like `--data`, and `--generated` counts more than both.
#[test]
fn the_data_folder_of_the_environment() {
    let stage = Stage::new();
    let with_data = |arguments: &str| {
        let mut command = stage.command(arguments);
        command.env("HEBB_DATA", "nowhere");
        said(command)
    };
    let said = with_data("mnist-mlp --epochs 1");
    assert_eq!(said.code, 1);
    assert!(
        said.stderr.contains("nowhere: no such folder"),
        "{}",
        said.stderr
    );
    assert!(left_behind(&stage).is_empty());
    let said = with_data("mnist-mlp --generated --stand-ins 80 --epochs 1 --device flex");
    assert_eq!(said.code, 0, "{}", said.stderr);
    let said = with_data("fetch bogus");
    assert_eq!(said.code, 2);
}
