//! One seed gives one network. Alone in its file: the generator is the process's, and another test that draws
//! between the seed and the weights would take numbers from it.
#![allow(clippy::unwrap_used)]

use burn::tensor::{Device, Int, Tensor};
use models::{
    Cell, Composition, Forest, Network, NetworkConfig, SequenceClassifierConfig, TreeNetConfig,
};

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

#[test]
fn one_seed_gives_one_network_whatever_follows() {
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
