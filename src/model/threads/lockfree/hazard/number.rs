//! Numbers of threads, none of which two living threads have at once.
//!
//! Invariant: a number is in use by the thread that took it, or among those that ended threads have given back. The lowest of
//! these is taken first, so that numbers stay below the most threads that have lived at once.
//!
//! Under an engine it is the [place](crate::sync::thread::place) of the thread, which nobody else gets in an execution.

#[cfg(feature = "instrumented")]
use crate::sync;
use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The number of the thread that calls.
#[inline]
pub(super) fn mine() -> usize {
    #[cfg(feature = "instrumented")]
    if sync::is_modelled() {
        return sync::thread::place();
    }
    match NUMBER.get() {
        NONE => first(),
        number => number,
    }
}

const NONE: usize = usize::MAX;

thread_local! {
    /// The thread's number, where it is found quickest.
    static NUMBER: Cell<usize> = const { Cell::new(NONE) };
    static TAKEN: Taken = Taken::new();
}

/// Plain std: no engine comes here.
#[expect(clippy::disallowed_types, reason = "no engine is to see it")]
static NUMBERS: std::sync::Mutex<Numbers> =
    std::sync::Mutex::new(Numbers { next: 0, back: BinaryHeap::new() });

struct Numbers {
    next: usize,
    /// Those that were given back.
    back: BinaryHeap<Reverse<usize>>,
}

impl Numbers {
    fn take(&mut self) -> usize {
        self.back.pop().map_or_else(
            || {
                self.next += 1;
                self.next - 1
            },
            |Reverse(number)| number,
        )
    }
}

/// A number until the thread ends. The lock around the numbers orders all that its thread did before what the next one does.
struct Taken(usize);

impl Taken {
    fn new() -> Self {
        Self(NUMBERS.lock().expect("nobody panics with it").take())
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        NUMBER.set(NONE);
        NUMBERS.lock().expect("nobody panics with it").back.push(Reverse(self.0));
    }
}

/// The thread's first look. One that comes when the thread has given its number back already, from the destructor of another
/// thread-local, gets a number that nobody gives back.
#[cold]
fn first() -> usize {
    let number = TAKEN.try_with(|taken| taken.0);
    let number = number.unwrap_or_else(|_| NUMBERS.lock().expect("nobody panics with it").take());
    NUMBER.set(number);
    number
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::Barrier;
    use std::thread;

    #[test]
    fn a_thread_keeps_its_number() {
        assert_eq!(mine(), mine());
    }

    #[test]
    fn no_two_threads_have_the_same() {
        let meeting = Barrier::new(4);
        let number = || {
            let number = mine();
            meeting.wait();
            number
        };
        let mut numbers: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(number)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 4);
    }

    #[test]
    fn the_lowest_number_comes_back_first() {
        let mut numbers = Numbers { next: 0, back: BinaryHeap::new() };
        assert_eq!([(); 3].map(|()| numbers.take()), [0, 1, 2]);
        numbers.back.extend([Reverse(2), Reverse(0)]);
        assert_eq!([(); 3].map(|()| numbers.take()), [0, 2, 3]);
    }
}
