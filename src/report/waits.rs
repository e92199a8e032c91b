//! Who waits for whom, in words.

use crate::event::op::{Class, ThreadId};
use crate::event::trace::{Object, Trace};
use crate::judge::finding::{Awaited, Hold, Wait, WokenButCancelled, cycle, wait_for, woken_but_cancelled};

/// One line for each blocked thread: those of the wait-for cycle first, in its order, then the
/// others. A thread that only waits for the end of a thread of which there is a line has none. Then one for each thread
/// that was woken and whose future was dropped all the same: the wake-up may have been somebody else's.
pub fn wait_lines(trace: &Trace) -> Vec<String> {
    let waits = wait_for(trace);
    let circle = cycle(&waits).unwrap_or_default();
    let in_circle = |wait: &Wait| circle.iter().any(|other| other.thread == wait.thread);
    let blocked = |thread: ThreadId| waits.iter().any(|wait| wait.thread == thread);
    let only_joins = |wait: &Wait| matches!(wait.awaited, Awaited::End(thread) if blocked(thread));
    let others = waits.iter().filter(|wait| !in_circle(wait) && !only_joins(wait));
    let waits = circle.iter().copied().chain(others).map(|wait| line(trace, wait));
    waits.chain(woken_but_cancelled(trace).iter().map(|both| both_lines(trace, both))).collect()
}

fn both_lines(trace: &Trace, WokenButCancelled { thread, woken, cancelled }: &WokenButCancelled) -> String {
    format!("{} was woken ({woken}), but cancelled ({cancelled})", trace.thread_name(*thread))
}

fn line(trace: &Trace, wait: &Wait) -> String {
    let who = trace.thread_name(wait.thread);
    let holds: Vec<String> = wait.holds.iter().map(|hold| held(trace, hold)).collect();
    let holds = if holds.is_empty() { "nothing".to_owned() } else { holds.join(" and ") };
    format!("{who} holds {holds}, waits for {}", awaited(trace, wait))
}

fn held(trace: &Trace, hold: &Hold) -> String {
    let shared = if hold.shared { " for reading" } else { "" };
    format!("{}{shared} ({})", trace.object_name(hold.object), hold.place)
}

fn awaited(trace: &Trace, wait: &Wait) -> String {
    let place = &wait.place;
    match wait.awaited {
        Awaited::Lock(lock) => {
            format!("{} ({place}), {}", trace.object_name(lock), holders(trace, wait))
        }
        Awaited::Notification(object) => {
            let what = match trace.object(object) {
                Some(Object { class: Class::Atomic, .. }) => "a futex_wake",
                _ => "a notification",
            };
            format!("{what} of {} ({place})", trace.object_name(object))
        }
        Awaited::Message(mailbox) => format!("a message in {} ({place})", trace.object_name(mailbox)),
        Awaited::Token => format!("a token ({place})"),
        Awaited::End(thread) => format!("the end of {} ({place})", trace.thread_name(thread)),
        Awaited::Change => format!("a change of what it reads ({place})"),
    }
}

fn holders(trace: &Trace, wait: &Wait) -> String {
    let names: Vec<&str> = wait
        .blockers
        .iter()
        .map(|blocker| if *blocker == wait.thread { "itself" } else { trace.thread_name(*blocker) })
        .collect();
    match names.as_slice() {
        [] => "held by nobody who is known".to_owned(),
        names => format!("held by {}", names.join(" and ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::op::Op;
    use crate::judge::finding::script::{Script, crossed_forks};

    #[test]
    fn a_circle_of_philosophers_is_told_in_its_order() {
        assert_eq!(
            wait_lines(&crossed_forks(3)),
            [
                "philosopher 1 holds fork 1 (table.rs:40), waits for fork 2 (table.rs:41), held by philosopher 2",
                "philosopher 2 holds fork 2 (table.rs:40), waits for fork 3 (table.rs:41), held by philosopher 3",
                "philosopher 3 holds fork 3 (table.rs:40), waits for fork 1 (table.rs:41), held by philosopher 1",
            ]
        );
    }

    #[test]
    fn who_was_woken_but_cancelled_is_named() {
        let mut script = Script::new();
        script.answered(ThreadId(1), Op::Cancel, 1).answered(ThreadId(2), Op::Cancel, 1);
        script.answered(ThreadId(3), Op::Cancel, 0).did(ThreadId(2), Op::Unpark(ThreadId(1)));
        script.did(ThreadId(2), Op::Unpark(ThreadId(3))).waits(ThreadId(3), Op::Park { timed: false });
        assert_eq!(
            wait_lines(&script.trace),
            [
                "thread 3 holds nothing, waits for a token (table.rs:41)",
                "thread 1 was woken (table.rs:41), but cancelled (table.rs:40)",
            ]
        );
    }

    #[test]
    fn other_waits_say_what_would_have_ended_them() {
        let mut script = Script::new();
        let (condvar, lock) = (script.condvar("not empty"), script.mutex("state"));
        script.did(ThreadId(2), Op::Lock(lock)).did(ThreadId(3), Op::Read(lock));
        script.waits(ThreadId(1), Op::Wake { object: condvar, timed: false });
        script.waits(ThreadId(2), Op::Lock(lock));
        script.waits(ThreadId(3), Op::Park { timed: false });
        let object = script.atomic("word");
        script.waits(ThreadId(5), Op::Wake { object, timed: false });
        script.waits(ThreadId(4), Op::Yield).waits(ThreadId::MAIN, Op::Join(ThreadId(1)));
        assert_eq!(
            wait_lines(&script.trace),
            [
                "thread 2 holds state (table.rs:40), waits for state (table.rs:41), held by itself and thread 3",
                "thread 1 holds nothing, waits for a notification of not empty (table.rs:40)",
                "thread 3 holds state for reading (table.rs:40), waits for a token (table.rs:41)",
                "thread 4 holds nothing, waits for a change of what it reads (table.rs:40)",
                "thread 5 holds nothing, waits for a futex_wake of word (table.rs:40)",
            ]
        );
    }
}
