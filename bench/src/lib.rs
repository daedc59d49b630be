//! Measurements of Hebb's speed, and of what its trainings survive.
//!
//! # Speed
//! Three programs measure, from single layers to whole runs:
//!
//! - `cargo bench -p bench --profile dev`: each convolution, max-pooling and dense layer of the
//!   networks at the network's batch size, forward alone and forward with backward. A filter selects
//!   some of them: `cargo bench -p bench --profile dev -- conv.*brain-tumor-cnn`. For convolutions
//!   and dense layers an `item` is a floating-point operation. (Users run the development profile,
//!   which is optimised; without `--profile dev`, Burn would be compiled once more.)
//! - `cargo run -p bench --bin steps -- mnist-cnn --threads 1 --batch 64`: whole training steps
//!   (forward, backward, optimiser) with the objective and the optimiser that `train` uses, as one
//!   line of JSON.
//! - `bench/compare`: Hebb and Keras in turn on the same networks, batch sizes, data and number of
//!   threads: training step, epoch, reading of the data, prediction for one image from a cold
//!   process, peak memory. It needs Python 3 and creates an environment with a pinned TensorFlow;
//!   `bench/compare --help` explains its options.
//!
//! [`training`] defines Hebb's training step, `bench/keras_side.py` everything of Keras's. Each side
//! runs the way its user would run it at its fastest, and both are warm before they are timed. Times
//! are medians over rounds in which the two alternate, so that a busy minute of the machine falls on
//! both.
//!
//! # Robustness
//! `cargo run -p bench --bin kill -- --kills 30` kills trainings at drawn moments, resumes them, and compares the results
//! byte for byte: see [`kill`].
//!
//! # Modules
//! - [`kill`]: trainings that are killed and resumed
//! - [`networks`]: the networks that are measured
//! - [`neurons`]: simulated Hodgkin-Huxley neurons
//! - [`shapes`]: the layers of those networks, one by one
//! - [`training`]: training steps of a network

pub mod kill;
pub mod networks;
pub mod neurons;
pub mod shapes;
pub mod training;
