//! Bad data, runs and places to write to.

use super::Case;

pub(super) const MNIST: &[Case] = &[
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
    (
        "mnist-mlp --data alike --split random",
        1,
        &["of the class 7", "0, 1, 2, 3, 4, 5, 6, 8, 9"],
    ),
    ("mnist-mlp --data scans", 1, &["scans", "train-images"]),
];

pub(super) const SCANS: &[Case] = &[
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
        &["class rare", "too few examples (1)"],
    ),
    (
        "brain-tumor --data scans --split official",
        1,
        &["official", "random"],
    ),
    (
        "brain-tumor --data scans --folds 5",
        1,
        &["class glioma_tumor has too few groups", "(4)", "--folds"],
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
        &[
            "class glioma_tumor has too few groups",
            "(1)",
            "of all: 16",
            "random",
        ],
    ),
    ("check nowhere", 1, &["nowhere", "--data"]),
    ("check file", 1, &["file", "no such folder"]),
    ("check none", 1, &["none", "one folder of pictures"]),
    ("check good", 1, &["good", "one folder of pictures"]),
    ("check broken", 1, &["broken", "unreadable", "a.png"]),
    ("check scans --out file", 1, &["file", "--out"]),
];

pub(super) const RUNS: &[Case] = &[
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

pub(super) const PLACES: &[Case] = &[
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
