//! Arguments of `train` and `infer`, one word on each line.

use train::experiments;
use train::options::TABLE;

use super::Seeds;

/// Command lines of `train` with values of every kind, to which those of the tables are added.
const TRAIN: [&str; 27] = [
    "--list",
    "--help",
    "--device help",
    "mnist-mlp --summary --hidden 64,32 --activation relu,tanh --normalization batch",
    "mnist-mlp --epochs 3 --batch-size 32 --learning-rate 0.01 --optimizer sgd --schedule cosine",
    "mnist-mlp --generated --stand-ins 400 --seed 7 --out runs --json --no-tui",
    "mnist-mlp --folds 5 --fold-models best --checkpoint-every 5m",
    "mnist-dropout --clip-norm 1 --average-weights 0.99 --label-smoothing 0.1 --monitor loss",
    "autoencoder --noise gaussian:0.3 --penalty l1:0.001 --class 3",
    "autoencoder --noise salt-and-pepper:0.2 --loss bce",
    "mnist-snn --time-steps 10 --coding latency --decay learned:0.9 --reset subtract",
    "mnist-snn --surrogate arctangent:2 --readout counts",
    "brain-tumor --split official --groups patients.csv --augment none --sampling balanced",
    "brain-tumor --classes glioma,meningioma --merge tumor=glioma,pituitary --class-weights balanced",
    "eeg-gru --classes 2 --target-error 0.05 --freeze features",
    "translate --max-words 10 --teacher-forcing 0.5",
    "sentiment --dataset sst --network plain",
    "lif --current step:2 --duration 100 --step 0.1",
    "izhikevich --pattern all --neurons 10 --spread 0.1 --seed 3",
    "hodgkin-huxley --current sine:10,hz=50",
    "fit-neuron --csv cell.csv --protocol 0..5:1+2 --neuron adex --precision 2",
    "--resume latest --epochs 9",
    "fetch mnist --force",
    "check scans --groups patients.csv",
    "evaluate latest --data scans --split test",
    "compare-optimizers mnist-mlp --epochs 2",
    "export latest small.safetensors",
];

/// Command lines of `infer`.
const INFER: [&str; 14] = [
    "scan.jpg",
    "scans more.png --top 1 --strict",
    "- --json",
    "stack.tif --page 12 --show",
    "digit.png --model mnist-mlp-3 --runs runs --device flex",
    "scans --csv answers.csv -k 3",
    "digits --codes - --reconstructions out",
    "eeg.csv --model eeg-gru-1 --traces traces --rasters rasters",
    "--text Hello. -t -5 --attention a.svg",
    "--text (It(works)) --tree t.svg",
    "a.png --device wgpu:1",
    "a.png --csv - --codes -",
    "--device help",
    "--version",
];

/// Returns the inputs of the targets that read arguments.
pub fn all() -> Vec<Seeds> {
    let lines = |line: &str| line.replace(' ', "\n");
    let names = experiments::all()
        .into_iter()
        .map(|one| one.name.to_owned());
    let options = TABLE
        .iter()
        .map(|row| format!("mnist-mlp\n--{}\n1", row.name));
    let train = TRAIN.into_iter().map(lines).chain(names).chain(options);
    vec![
        Seeds::text("train_arguments", train),
        Seeds::text("infer_arguments", INFER.map(lines)),
    ]
}
