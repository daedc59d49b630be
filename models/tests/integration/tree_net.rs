//! Recursive networks: PyTorch's values (`reference/tree_net.py`, torch 2.15, node by node), batches, refused sizes.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::GradientsParams;
use burn::store::ModuleSnapshot;
use burn::tensor::{Device, Int, Tensor, TensorData};
use models::{
    Architecture, Choices, Composition, Forest, InputShape, Network, NetworkConfig, TreeNet,
    TreeNetConfig,
};

fn numbers(values: &[i64], device: &Device) -> Tensor<1, Int> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), device)
}

fn forest(words: &[i64], leaves: &[usize], children: &[&[i64]], device: &Device) -> Forest {
    Forest {
        words: numbers(words, device),
        leaves: leaves.to_vec(),
        children: children
            .iter()
            .map(|of_level| numbers(of_level, device))
            .collect(),
    }
}

/// Returns the trees `((1 (2 3)) 4)`, `(5 (6 (1 (2 0))))` and `3`.
fn three_trees(device: &Device) -> Forest {
    forest(
        &[2, 0, 2, 3, 1, 1, 6, 4, 5, 3],
        &[2, 3, 2, 2, 1],
        &[&[0, 1], &[1, 2, 3, 0], &[2, 0, 3, 1], &[0, 2, 3, 1]],
        device,
    )
}

/// Rows of the nodes, each tree in postorder as in the script.
const ROWS: [usize; 17] = [8, 3, 4, 6, 10, 12, 14, 13, 9, 5, 0, 1, 2, 7, 11, 15, 16];

/// Labels of the nodes in postorder, -1 for none.
const LABELS: [i64; 17] = [2, 3, -1, 1, 4, 0, 3, 4, -1, 1, 2, 3, 0, 2, 4, 1, 2];

fn config(composition: Composition) -> TreeNetConfig {
    let hidden = if composition == Composition::Plain {
        4
    } else {
        3
    };
    TreeNetConfig::new(composition, 7, 4, hidden, 5)
}

/// Sets the parameters to 0.5 sin(1.3 row + 0.7 column + kind), as in the script.
struct ByFormula {
    kinds: Vec<f64>,
}

impl ModuleMapper for ByFormula {
    fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let kind = self.kinds.remove(0);
        let dims = parameter.dims();
        let columns = dims[D - 1];
        let values: Vec<f32> = (0..dims.iter().product::<usize>())
            .map(|at| {
                let (row, column) = ((at / columns) as f64, (at % columns) as f64);
                (0.5 * (1.3 * row + 0.7 * column + kind).sin()) as f32
            })
            .collect();
        Param::from_data(TensorData::new(values, dims), &parameter.device())
    }
}

fn network(composition: Composition, device: &Device) -> TreeNet {
    let kinds = match composition {
        Composition::Plain => vec![1.0, 4.0, 5.0, 6.0, 7.0],
        Composition::TreeLstm => vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0],
    };
    config(composition)
        .init(device)
        .map(&mut ByFormula { kinds })
}

/// Collects the sum of each parameter's gradient times cos(index).
struct Weighted<'a> {
    gradients: &'a GradientsParams,
    sums: Vec<f64>,
}

impl ModuleVisitor for Weighted<'_> {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        let gradient = self.gradients.get::<D>(parameter.id).unwrap().into_data();
        let terms = gradient
            .iter::<f64>()
            .enumerate()
            .map(|(at, value)| value * (at as f64).cos());
        self.sums.push(terms.sum());
    }
}

fn check(composition: Composition, logits: &[[f64; 5]; 17], loss: f64, gradients: &[(&str, f64)]) {
    let device = Device::flex().autodiff();
    let network = network(composition, &device);
    let output = network.forward(three_trees(&device));
    assert_eq!(output.dims(), [17, 5]);
    let got: Vec<f64> = output.to_data().iter::<f64>().collect();
    for (row, expected) in ROWS.into_iter().zip(logits) {
        for (got, expected) in got[5 * row..].iter().zip(expected) {
            assert!(
                (got - expected).abs() < 2e-6,
                "row {row}: {got} for {expected}"
            );
        }
    }
    let labelled = ROWS
        .into_iter()
        .zip(LABELS)
        .filter(|(_, label)| *label >= 0);
    let (rows, labels): (Vec<i64>, Vec<i64>) =
        labelled.map(|(row, label)| (row as i64, label)).unzip();
    let kept = output.select(0, numbers(&rows, &device));
    let got = CrossEntropyLossConfig::new()
        .init(&device)
        .forward(kept, numbers(&labels, &device));
    assert!((got.clone().into_scalar::<f64>() - loss).abs() < 1e-6);
    let of_parameters = GradientsParams::from_grads(got.backward(), &network);
    let mut weighted = Weighted {
        gradients: &of_parameters,
        sums: Vec::new(),
    };
    network.visit(&mut weighted);
    assert_eq!(weighted.sums.len(), gradients.len());
    for (got, (name, expected)) in weighted.sums.iter().zip(gradients) {
        assert!(
            (got - expected).abs() < 2e-6,
            "{name}: {got} for {expected}"
        );
    }
    let names: Vec<String> = network
        .collect(None, None, false)
        .iter()
        .map(|tensor| tensor.name.clone())
        .collect();
    for (name, _) in gradients {
        assert!(
            names.iter().any(|known| known == name),
            "{name} in {names:?}"
        );
    }
}

#[test]
fn the_plain_network_agrees_with_pytorch() {
    let logits = [
        [0.317977, 0.807507, 0.917254, 0.595602, -0.006171],
        [0.051552, 0.319896, 0.437788, 0.349781, 0.097267],
        [0.190847, 0.087471, -0.057044, -0.174730, -0.210238],
        [0.380569, 0.290341, 0.063561, -0.193112, -0.358962],
        [0.129123, -0.182923, -0.408937, -0.442622, -0.268135],
        [0.531794, 0.450735, 0.157689, -0.209522, -0.478191],
        [0.619210, 0.601213, 0.300457, -0.141609, -0.517074],
        [0.574906, 0.877506, 0.767402, 0.296376, -0.314039],
        [0.257022, 0.742563, 0.878864, 0.601822, 0.041734],
        [0.317977, 0.807507, 0.917254, 0.595602, -0.006171],
        [0.051552, 0.319896, 0.437788, 0.349781, 0.097267],
        [0.599809, 0.835953, 0.678936, 0.202604, -0.369015],
        [-0.024653, -0.000106, 0.024491, 0.037570, 0.032978],
        [0.240073, 0.061629, -0.145800, -0.284657, -0.289636],
        [0.258189, -0.054737, -0.341919, -0.468292, -0.374419],
        [0.512541, 0.058490, -0.423071, -0.705654, -0.656358],
        [0.190847, 0.087471, -0.057044, -0.174730, -0.210238],
    ];
    let gradients = [
        ("embedding.weight", -0.0293106),
        ("phrases.weight", 0.0007673),
        ("phrases.bias", -0.1093323),
        ("classes.weight", -0.0384948),
        ("classes.bias", 0.2220185),
    ];
    check(Composition::Plain, &logits, 1.6318065, &gradients);
}

#[test]
fn the_tree_lstm_agrees_with_pytorch() {
    let logits = [
        [0.400222, 0.567188, 0.467397, 0.147782, -0.241337],
        [0.384338, 0.540921, 0.443101, 0.136883, -0.233713],
        [0.318871, 0.505945, 0.455065, 0.190161, -0.164179],
        [0.428104, 0.590247, 0.474787, 0.136028, -0.266708],
        [0.477106, 0.640578, 0.502776, 0.128511, -0.306195],
        [0.351097, 0.549054, 0.488782, 0.198628, -0.184943],
        [0.498464, 0.666614, 0.521244, 0.130725, -0.321275],
        [0.394925, 0.571608, 0.479455, 0.161807, -0.231942],
        [0.400637, 0.565428, 0.464289, 0.144788, -0.242809],
        [0.400222, 0.567188, 0.467397, 0.147782, -0.241337],
        [0.384338, 0.540921, 0.443101, 0.136883, -0.233713],
        [0.391954, 0.571275, 0.481916, 0.165905, -0.228134],
        [0.449320, 0.615141, 0.491652, 0.136931, -0.282191],
        [0.483404, 0.649589, 0.510263, 0.130952, -0.309948],
        [0.495782, 0.662093, 0.517011, 0.128770, -0.320033],
        [0.490768, 0.664484, 0.525683, 0.139645, -0.312070],
        [0.318871, 0.505945, 0.455065, 0.190161, -0.164179],
    ];
    let gradients = [
        ("embedding.weight", 0.0076215),
        ("words.weight", 0.0054843),
        ("words.bias", -0.0082770),
        ("phrases.weight", 0.0006596),
        ("phrases.bias", 0.0023741),
        ("classes.weight", 0.0397713),
        ("classes.bias", 0.2238411),
    ];
    check(Composition::TreeLstm, &logits, 1.6594797, &gradients);
}

/// A tree has the same logits alone and in a batch.
#[test]
fn other_trees_of_the_batch_have_no_influence() {
    let device = Device::flex();
    for composition in [Composition::Plain, Composition::TreeLstm] {
        let network = network(composition, &device);
        let all: Vec<f32> = network
            .forward(three_trees(&device))
            .into_data()
            .iter::<f32>()
            .collect();
        // ((1 (2 3)) 4): rows of 2, 3, (2 3), 1, (1 (2 3)), 4 and all.
        let alone = forest(
            &[2, 3, 1, 4],
            &[2, 1, 1, 0],
            &[&[0, 1], &[1, 0], &[0, 1]],
            &device,
        );
        let alone: Vec<f32> = network.forward(alone).into_data().iter::<f32>().collect();
        for (row, among) in [3, 4, 6, 8, 10, 12, 14].into_iter().enumerate() {
            for class in 0..5 {
                let (alone, among) = (alone[5 * row + class], all[5 * among + class]);
                assert!(
                    (alone - among).abs() < 1e-6,
                    "{composition:?}, row {row}: {alone} for {among}"
                );
            }
        }
    }
}

#[test]
fn the_layer_table_counts_every_parameter() {
    let known = 18_280;
    for (config, parameters) in [
        // 300 a word, 3 gates of 300 -> 150, 5 gates of 300 -> 150, 150 -> 5
        (
            TreeNetConfig::tree_lstm(known, 5),
            18_280 * 300 + 3 * 150 * 301 + 5 * 150 * 301 + 5 * 151,
        ),
        (
            TreeNetConfig::plain(known, 2),
            18_280 * 50 + 50 * 101 + 2 * 51,
        ),
    ] {
        config.validate().unwrap();
        assert_eq!(config.layers().parameters(), parameters);
        assert_eq!(config.blank(&Device::flex()).num_params(), parameters);
        let architecture: Architecture = config.clone().into();
        assert_eq!(architecture.classes(), config.classes);
        assert_eq!(architecture.input(), InputShape::Words(known));
        let json = serde_json::to_string(&architecture).unwrap();
        assert_eq!(
            serde_json::from_str::<Architecture>(&json).unwrap(),
            architecture
        );
    }
    insta::assert_snapshot!(
        "sentiment-tree",
        TreeNetConfig::tree_lstm(known, 5).layers().to_string()
    );
}

#[test]
fn dropout_is_active_in_training_only() {
    let device = Device::flex().autodiff();
    let network = config(Composition::TreeLstm)
        .with_dropout(0.5)
        .init(&device);
    let training = || network.forward(three_trees(&device)).into_data();
    assert_ne!(training(), training());
    let answering = network.valid();
    let answer = || answering.forward(three_trees(&Device::flex())).into_data();
    assert_eq!(answer(), answer());
}

#[test]
fn another_composition_has_its_own_sizes() {
    let choices = Choices {
        composition: Some(Composition::Plain),
        ..Choices::default()
    };
    let chosen = choices.apply(TreeNetConfig::tree_lstm(9, 2)).unwrap();
    assert_eq!(chosen, TreeNetConfig::plain(9, 2));
    let refused = choices.apply(models::MlpConfig::mnist());
    assert!(refused.unwrap_err().to_string().contains("plain"));
    assert!(
        "lstm"
            .parse::<Composition>()
            .unwrap_err()
            .contains("choose plain or tree-lstm")
    );
}

#[test]
fn sizes_out_of_bounds_are_refused_by_name() {
    type Change = fn(&mut TreeNetConfig);
    let cases: [(Change, &str); 8] = [
        (|config| config.vocabulary = 0, "vocabulary is 0"),
        (|config| config.vocabulary = usize::MAX, "vocabulary"),
        (|config| config.embedding = usize::MAX, "word's vector"),
        (|config| config.hidden = 0, "phrase's vector is 0"),
        (|config| config.classes = 1, "number of classes is 1"),
        (|config| config.dropout = 1.0, "dropout is 1"),
        (|config| config.dropout = f64::NAN, "dropout is NaN"),
        (
            |config| (config.vocabulary, config.embedding) = (1_000_000, 4096),
            "number of parameters",
        ),
    ];
    for (change, part) in cases {
        let mut config = TreeNetConfig::tree_lstm(9, 2);
        change(&mut config);
        let message = config.validate().unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
    let plain = TreeNetConfig {
        hidden: 49,
        ..TreeNetConfig::plain(9, 2)
    };
    let message = plain.validate().unwrap_err().to_string();
    assert!(message.contains("plain network is 49"), "{message}");
}
