//! Working memory of each thread, kept from call to call.

use std::cell::RefCell;

use aligned_vec::{AVec, ConstAlign};

/// A buffer aligned to a cache line, so that no vector lies across two.
struct Buffer(AVec<f32, ConstAlign<64>>);

impl Default for Buffer {
    fn default() -> Self {
        Self(AVec::new(64))
    }
}

/// The buffers of one thread. They grow to the largest length asked for and keep it.
#[derive(Default)]
pub(crate) struct Scratch {
    buffers: [Buffer; 5],
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Scratch {
    /// Runs `work` with the buffers of this thread. `work` must not call this function again.
    pub(crate) fn with<R>(work: impl FnOnce(&mut Self) -> R) -> R {
        SCRATCH.with_borrow_mut(work)
    }

    /// Returns buffers of these lengths, at most 5. They hold what an earlier call left.
    pub(crate) fn take<const N: usize>(&mut self, lengths: [usize; N]) -> [&mut [f32]; N] {
        let mut buffers = self.buffers.iter_mut();
        lengths.map(|length| match buffers.next() {
            Some(Buffer(values)) => {
                if values.len() < length {
                    values.resize(length, 0.0);
                }
                &mut values[..length]
            }
            None => &mut [],
        })
    }
}
