//! A question, and its one answer.

use super::{Address, Correct, Dead, Protocol};
use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::sync::time::Deadline;
use crate::sync::{Futex, UnsafeCell, hint, note};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

/// Where the answer goes. Who asked is told where it is dropped without one.
///
/// Invariant: the word leaves `OPEN` once. Until then the slot belongs to who answers; afterwards, where it is `ANSWERED`, to who asked. So an
/// answer is received, or comes back, never both.
pub struct Reply<R, P: Protocol = Correct>(Arc<Letter<R>>, PhantomData<P>);

struct Letter<R> {
    word: Futex,
    slot: UnsafeCell<Option<R>>,
}

// SAFETY: the word says whose the slot is, and answers may be sent.
unsafe impl<R: Send> Sync for Letter<R> {}

const OPEN: u32 = 0;
const ANSWERED: u32 = 1;
const DROPPED: u32 = 2;
const GIVEN_UP: u32 = 3;

/// Looks before a thread sleeps.
const LOOKS: u32 = 500;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// It did not come in time. If one comes, it goes back to who gives it.
    TimedOut,
    /// The question was dropped without one.
    Dropped,
    /// The actor is dead: the question is in the dead letters.
    Dead,
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TimedOut => "the answer did not come in time",
            Self::Dropped => "the question was dropped",
            Self::Dead => "the actor is dead",
        })
    }
}

impl std::error::Error for NoAnswer {}

/// Gives up the wait for an answer; false where it is over.
pub(super) fn give_up(word: &Futex) -> bool {
    // Ordering: Relaxed, since nothing was written for who answers.
    word.compare_exchange(OPEN, GIVEN_UP, Relaxed, Relaxed).is_ok()
}

/// The same in two steps: a look, and a store.
pub(super) fn look_then_give_up(word: &Futex) -> bool {
    let is_open = word.load(Relaxed) == OPEN;
    if is_open {
        word.store(GIVEN_UP, Relaxed);
    }
    is_open
}

impl<R: fmt::Debug + Send, P: Protocol> Reply<R, P> {
    /// Answers.
    ///
    /// # Errors
    /// Who asked has given up, or was answered before: the answer comes back.
    #[track_caller]
    pub fn answer(&mut self, answer: R) -> Result<(), R> {
        note(format_args!("answer {answer:?}"));
        let Letter { word, slot } = &*self.0;
        if word.load(Relaxed) != OPEN {
            return Err(answer);
        }
        // SAFETY: the pointer is valid for the call. There is one reply, and the question was open: nobody else looks into the
        // slot before the word says that there is an answer.
        slot.with_mut(|slot| unsafe { *slot = Some(answer) });
        // Ordering: Release, for the Acquire of who asked: the answer is in the slot.
        if word.compare_exchange(OPEN, ANSWERED, Release, Relaxed).is_ok() {
            word.wake_one();
            return Ok(());
        }
        // SAFETY: as above, and who has given up never looks.
        let back = slot.with_mut(|slot| unsafe { (*slot).take() });
        Err(back.expect("nobody took it"))
    }
}

impl<R, P: Protocol> Drop for Reply<R, P> {
    fn drop(&mut self) {
        let word = &self.0.word;
        if word.compare_exchange(OPEN, DROPPED, Relaxed, Relaxed).is_ok() {
            word.wake_one();
        }
    }
}

impl<R> Letter<R> {
    /// Waits for the answer, so long.
    fn wait<P: Protocol>(&self, time: Duration) -> Result<R, NoAnswer> {
        let deadline = Deadline::after(time);
        for _ in 0..hint::spins(LOOKS) {
            if self.word.load(Relaxed) != OPEN {
                break;
            }
            hint::spin_briefly();
        }
        loop {
            // Ordering: Acquire, for the Release of who answers.
            match self.word.load(Acquire) {
                ANSWERED => {
                    // SAFETY: the pointer is valid for the call, and who has answered does not look any more.
                    let answer = self.slot.with_mut(|slot| unsafe { (*slot).take() });
                    return Ok(answer.expect("the answer is taken once"));
                }
                DROPPED => return Err(NoAnswer::Dropped),
                open => {
                    // Woken by the answer, or by the drop of the reply.
                    let in_time = deadline.left().is_some_and(|left| self.word.wait_timeout(open, left));
                    if !in_time && P::give_up(&self.word) {
                        return Err(NoAnswer::TimedOut);
                    }
                }
            }
        }
    }
}

impl<M: fmt::Debug + Send, P: Protocol> Address<M, P> {
    /// Sends a question, made of where the answer goes, and waits for the answer, so long.
    ///
    /// # Errors
    /// There is none, and why.
    #[track_caller]
    pub fn ask<R: fmt::Debug + Send>(
        &self,
        question: impl FnOnce(Reply<R, P>) -> M,
        time: Duration,
    ) -> Result<R, NoAnswer> {
        let letter = Arc::new(Letter {
            word: Futex::new(OPEN).named(format_args!("answer")),
            slot: UnsafeCell::new(None).named(format_args!("slot")),
        });
        let answer = match self.send(question(Reply(letter.clone(), PhantomData))) {
            Ok(()) => letter.wait::<P>(time),
            Err(Dead) => {
                // Whoever finds the question among the dead letters learns that nobody waits for its answer.
                let _ = give_up(&letter.word);
                Err(NoAnswer::Dead)
            }
        };
        note(format_args!("answered: {answer:?}"));
        answer
    }
}

impl<R, P: Protocol> fmt::Debug for Reply<R, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").finish_non_exhaustive()
    }
}
