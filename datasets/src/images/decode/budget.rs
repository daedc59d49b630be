//! Memory that all pictures decoded at the same time share.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Memory for the bytes of files.
pub(super) static FILES: Budget = Budget::new(512 << 20);
/// Memory for decoded pixels, with the copies that decoding makes. Who holds a part of it never waits for [`FILES`], so
/// that no two threads wait for each other.
pub(super) static PIXELS: Budget = Budget::new(1 << 30);

/// A number of bytes that threads share. They are served in the order in which they came.
pub(super) struct Budget {
    total: u64,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    free: u64,
    /// Numbers of the next thread to come, and of the next to be served.
    next: u64,
    served: u64,
}

/// A part of a budget, given back when it is dropped.
pub(super) struct Permit<'a> {
    budget: &'a Budget,
    bytes: u64,
}

impl Budget {
    pub const fn new(total: u64) -> Self {
        Self {
            total,
            state: Mutex::new(State {
                free: total,
                next: 0,
                served: 0,
            }),
            changed: Condvar::new(),
        }
    }

    /// Waits until `bytes` are free and takes them; `None` if they are more than the whole budget.
    pub fn take(&self, bytes: u64) -> Option<Permit<'_>> {
        if bytes > self.total {
            return None;
        }
        let mut state = self.lock();
        let number = state.next;
        state.next += 1;
        while state.served != number || state.free < bytes {
            let waited = self.changed.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        state.served += 1;
        state.free -= bytes;
        drop(state);
        self.changed.notify_all();
        Some(Permit {
            budget: self,
            bytes,
        })
    }

    // No code panics while it holds the lock, so that a poisoned state is whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit<'_> {
    /// Returns the size of the part, in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.budget.lock().free += self.bytes;
        self.budget.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn threads_never_hold_more_than_the_budget() {
        let budget = Budget::new(10);
        let (held, most) = (AtomicU64::new(0), AtomicU64::new(0));
        thread::scope(|scope| {
            for thread in 0..8 {
                let (budget, held, most) = (&budget, &held, &most);
                scope.spawn(move || {
                    for round in 0..200 {
                        let bytes = (thread * 7 + round) % 11;
                        let permit = budget.take(bytes).unwrap();
                        let now = held.fetch_add(bytes, Ordering::SeqCst) + bytes;
                        most.fetch_max(now, Ordering::SeqCst);
                        thread::yield_now();
                        held.fetch_sub(permit.bytes(), Ordering::SeqCst);
                    }
                });
            }
        });
        assert!(most.into_inner() <= 10);
        assert_eq!(budget.lock().free, 10);
    }

    #[test]
    fn more_than_the_whole_budget_is_refused() {
        assert!(Budget::new(10).take(11).is_none());
    }
}
