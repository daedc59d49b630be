//! How fast Hebb is.
//!
//! # Speed
//! Three programs measure, from the smallest to the whole:
//!
//! - `cargo bench -p bench --profile dev`: each convolution, max-pooling and dense layer of the
//!   networks at the network's batch size, forward alone and forward with backward. A filter picks
//!   some of them: `cargo bench -p bench --profile dev -- conv.*brain-tumor-cnn`. For convolutions
//!   and dense layers an `item` is a floating-point operation. (The development profile is what
//!   users run, and is optimised; without `--profile dev`, Burn would be compiled once more.)
//! - `cargo run -p bench --bin steps -- mnist-cnn --threads 1 --batch 64`: whole training steps
//!   (forward, backward, optimiser) with the objective and the optimiser that `train` uses, as one
//!   line of JSON.
//! - `bench/compare`: Hebb and Keras in turn on the same networks, batch sizes, data and number of
//!   threads: the training step, the epoch, reading the data, the answer for one picture from a cold
//!   process, the peak memory. It needs Python 3 and makes itself an environment with a pinned
//!   TensorFlow; `bench/compare --help` tells the rest.
//!
//! What is compared is stated where it is done: [`training`] for a step of ours,
//! `bench/keras_side.py` for everything of Keras's. Each side runs the way its user would run it at
//! its fastest, and both are warm before a clock starts. Times are medians over rounds in which the
//! two take turns, so that a busy minute of the machine falls on both.
//!
//! # Modules
//! - [`networks`]: what is measured
//! - [`neurons`]: simulated neurons
//! - [`shapes`]: the layers of those networks, one by one
//! - [`training`]: a network in the middle of its training

pub mod networks;
pub mod neurons;
pub mod shapes;
pub mod training;
