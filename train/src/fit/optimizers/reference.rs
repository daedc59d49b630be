//! Comparison of an optimiser's steps with PyTorch's, for tests.

use burn::optim::{Optimizer, RecordState, StateSink, StateSource};
use burn::tensor::{DType, Device, Tensor, TensorData};

/// Compares the parameters after steps 1, 10 and 50 with those of PyTorch, on the problem of
/// `train/tests/reference/optimizers.py`: in `f64`, and in `f32` with the state saved and loaded after every step.
pub(super) fn check<O: Optimizer>(optimizer: &O, expected: [[f64; 4]; 3]) {
    for (dtype, tolerance) in [(DType::F64, 1e-11), (DType::F32, 5e-6)] {
        let reload = (dtype == DType::F32).then_some(reload as fn(_) -> _);
        let got = parameters(optimizer, dtype, reload);
        for (got, expected) in got.iter().flatten().zip(expected.into_iter().flatten()) {
            let error = (got - expected).abs();
            assert!(error < tolerance, "{dtype:?}: {got} for {expected}");
        }
    }
}

fn parameters<O: Optimizer>(
    optimizer: &O,
    dtype: DType,
    reload: Option<fn(O::State<1>) -> O::State<1>>,
) -> Vec<Vec<f64>> {
    let device = Device::flex();
    let tensor =
        |values: &[f64]| Tensor::<1>::from_data(TensorData::from(values), (&device, dtype));
    let mut w = vec![0.5, -0.25, 1.0, 2.0];
    let mut state = None;
    let mut kept = Vec::new();
    for step in 1..=50 {
        let gradient: Vec<f64> = (0..4)
            .map(|i| (i + 1) as f64 * (w[i] - i as f64).sin() + w[(i + 1) % 4] / 10.0)
            .collect();
        let (stepped, next) = optimizer.step(0.02, tensor(&w), tensor(&gradient), state);
        state = match reload {
            Some(reload) => next.map(reload),
            None => next,
        };
        w = stepped.into_data().iter::<f64>().collect();
        if [1, 10, 50].contains(&step) {
            kept.push(w.clone());
        }
    }
    kept
}

/// Returns the state as a checkpoint restores it.
fn reload<S: RecordState>(state: S) -> S {
    let mut sink = StateSink::default();
    state.state_flatten("w", &mut sink);
    let mut source = StateSource::new(sink.scalars.into_iter().collect());
    for (name, data) in sink.tensors {
        source.insert_tensor(name, data);
    }
    RecordState::state_unflatten("w", &mut source, &Device::flex()).unwrap()
}
