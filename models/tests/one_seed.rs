//! One seed gives one network. Alone in its file: the generator is the process's, and another test that draws
//! between the seed and the weights would take numbers from it.
#![allow(clippy::unwrap_used)]

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Int, Tensor, TensorData};
use models::{
    Cell, Composition, Forest, Network, NetworkConfig, SequenceClassifierConfig, TreeNetConfig,
    ZooEntry,
};

/// Every parameter of a network, in order.
#[derive(Default)]
struct Parameters(Vec<TensorData>);

impl ModuleVisitor for Parameters {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        self.0.push(parameter.val().into_data());
    }
}

fn parameters<C: NetworkConfig>(config: &C, seed: u64) -> Vec<TensorData> {
    let device = Device::flex();
    device.seed(seed);
    let network = config.init(&device);
    // Drawn between the weights and their first use.
    let _ = Tensor::<1>::random([3], burn::tensor::Distribution::Default, &device);
    let mut parameters = Parameters::default();
    network.visit(&mut parameters);
    parameters.0
}

fn check_seeds<C: ZooEntry>() {
    for (name, config) in C::examples() {
        let drawn = parameters(&config, 3);
        assert!(
            drawn == parameters(&config, 3),
            "{name}: one seed, two networks"
        );
        assert!(
            drawn != parameters(&config, 4),
            "{name}: two seeds, one network"
        );
    }
}

macro_rules! check_every_network {
    ($($(#[$doc:meta])* $module:ident::$config:ident as $variant:ident,)*) => {
        fn check_every_network() {
            $(check_seeds::<models::networks::$module::$config>();)*
        }
    };
}

models::every_network!(check_every_network);

/// `(1 (2 3))`.
fn tree(device: &Device) -> Forest {
    let numbers = |values: [i32; 3]| Tensor::<1, Int>::from_data(values, device);
    let pair = |values: [i32; 2]| Tensor::<1, Int>::from_data(values, device);
    Forest {
        words: numbers([2, 3, 1]),
        leaves: vec![2, 1, 0],
        children: vec![pair([0, 1]), pair([1, 0])],
    }
}

/// One test, as tests of a file run side by side.
#[test]
fn one_seed_gives_one_network_whatever_follows() {
    check_every_network();
    let device = Device::flex();
    let trees = |composition, hidden| {
        device.seed(3);
        let network = TreeNetConfig::new(composition, 7, 4, hidden, 5).init(&device);
        network.forward(tree(&device)).into_data()
    };
    for (composition, hidden) in [(Composition::TreeLstm, 3), (Composition::Plain, 4)] {
        assert_eq!(trees(composition, hidden), trees(composition, hidden));
    }
    let recurrent = |cell| {
        device.seed(3);
        let network = SequenceClassifierConfig::mnist(cell, 8).init(&device);
        let images = Tensor::ones([2, 1, 28, 28], &device);
        network.forward(images).into_data()
    };
    for cell in [Cell::Rnn, Cell::Gru, Cell::Lstm] {
        assert_eq!(recurrent(cell), recurrent(cell));
    }
    device.seed(4);
    let other = SequenceClassifierConfig::mnist(Cell::Gru, 8).init(&device);
    let other = other
        .forward(Tensor::ones([2, 1, 28, 28], &device))
        .into_data();
    assert_ne!(other, recurrent(Cell::Gru));
}
