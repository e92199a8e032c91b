//! What comes next where the search has planned nothing.

use super::{Present, Sleeper};
use crate::engine::machine::RUN;
use crate::event::op::ThreadId;

/// An enabled transition that does not sleep: of a thread that was left behind, or of the running thread,
/// which saves a context switch; one that is held back comes last. Where nothing is enabled, a forced step.
pub(super) fn any_awake(
    state: &impl Present,
    sleep: &[Sleeper],
    hint: Option<(ThreadId, u8)>,
) -> Option<(ThreadId, u8)> {
    let sleeps = |thread: ThreadId| {
        let choices = sleep.iter().map(|it| &it.transition).filter(|it| it.thread == thread);
        choices.fold(0, |choices, transition| choices | 1 << transition.choice)
    };
    let awake = |thread: ThreadId| state.choices(thread) & !sleeps(thread);
    let is_awake = |&(thread, choice): &(ThreadId, u8)| awake(thread) & 1 << choice != 0;
    let first = |thread: ThreadId| {
        let choices = awake(thread) & !(1 << RUN);
        (choices != 0).then(|| (thread, choices.trailing_zeros() as u8))
    };
    let enabled = || state.threads().any(|thread| state.choices(thread) != 0);
    let forced = || state.forced_thread().map(|thread| (thread, 0));
    let mut unfairly_delayed = state.threads().filter(|&thread| state.is_unfairly_delayed(thread));
    unfairly_delayed
        .find_map(first)
        .or_else(|| hint.filter(is_awake))
        .or_else(|| first(state.running()))
        .or_else(|| state.threads().find_map(first))
        .or_else(|| state.threads().map(|thread| (thread, RUN)).find(is_awake))
        .or_else(|| if enabled() { None } else { forced() })
}
