//! What the threads of a round on real cores were in the middle of when nothing moved any more.

use crate::port::lock::{ENTER, TRY_ENTER};
use crate::port::table::{DINE, forks_of};
use crate::scenario::{Role, Step};

/// A thread that has not done all its steps.
#[derive(Clone, Copy, Debug)]
pub struct Unfinished<'a> {
    /// What it was to do.
    pub role: &'a Role,
    /// The size of the subject.
    pub size: usize,
    /// Steps that it has done.
    pub done: usize,
    /// Whether it has begun the next one.
    pub begun: bool,
    /// Whether it has eaten in that one, or has been in the critical section.
    pub ate: bool,
}

/// A line a thread.
pub fn unfinished(threads: &[Unfinished<'_>]) -> String {
    let lines = threads.iter().map(|thread| {
        let Unfinished { role, done, .. } = thread;
        format!("\n{} {}, operation {} of {}", role.name, doing(thread), done + 1, role.steps.len())
    });
    STILL.to_owned() + &lines.collect::<String>()
}

/// The same of a row, whose threads nobody watches: the time that did not come to its end.
pub fn unfinished_row(name: &str, time: usize, times: usize) -> String {
    format!("{STILL}\n{name}, time {time} of {times}")
}

const STILL: &str = "nothing moves any more";

fn doing(thread: &Unfinished<'_>) -> String {
    match thread.role.steps[thread.done] {
        step if !thread.begun => format!("is about to {step}"),
        Step { verb: DINE, on: Some(seat) } if !thread.ate => {
            let (left, right) = forks_of(seat as usize, thread.size);
            format!("waits for fork {left} or fork {right}")
        }
        Step { verb: DINE, .. } => "has eaten and puts down its forks".to_owned(),
        Step { verb: ENTER | TRY_ENTER, .. } if thread.ate => "has been inside and leaves".to_owned(),
        step => format!("waits in {step}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::exchange::POP;

    #[test]
    fn a_thread_says_what_it_waits_for() {
        let role =
            Role { name: "philosopher 2".to_owned(), steps: vec![DINE.on(2), POP.step(), ENTER.step()] };
        let at = |done, begun, ate| doing(&Unfinished { role: &role, size: 3, done, begun, ate });
        assert_eq!(at(0, false, false), "is about to dine at 2");
        assert_eq!(at(0, true, false), "waits for fork 2 or fork 0");
        assert_eq!(at(0, true, true), "has eaten and puts down its forks");
        assert_eq!(at(1, true, false), "waits in pop");
        assert_eq!(at(2, true, false), "waits in enter");
        assert_eq!(at(2, true, true), "has been inside and leaves");
    }
}
