//! Working memory of one thread, kept from call to call.

use std::cell::RefCell;

use aligned_vec::{AVec, ConstAlign};

/// Values aligned to a cache line, so that no vector lies across two.
type Lines = AVec<f32, ConstAlign<64>>;

/// The buffers of one thread. They grow to the largest picture seen and stay.
#[derive(Default)]
pub(crate) struct Scratch {
    buffers: [Buffer; 5],
}

struct Buffer(Lines);

impl Default for Buffer {
    fn default() -> Self {
        Self(Lines::new(64))
    }
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Scratch {
    /// Runs the work with this thread's buffers.
    pub(crate) fn with<R>(work: impl FnOnce(&mut Self) -> R) -> R {
        SCRATCH.with_borrow_mut(work)
    }

    /// Buffers of these lengths. What they hold is left over from earlier.
    pub(crate) fn take<const N: usize>(&mut self, lengths: [usize; N]) -> [&mut [f32]; N] {
        let mut buffers = self.buffers.iter_mut();
        lengths.map(|length| match buffers.next() {
            Some(Buffer(lines)) => {
                if lines.len() < length {
                    lines.resize(length, 0.0);
                }
                &mut lines[..length]
            }
            None => &mut [],
        })
    }
}
