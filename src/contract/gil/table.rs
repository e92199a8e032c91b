//! Rows of tables in an interpreter.
//!
//! | promise | row |
//! |---|---|
//! | a philosopher eats without the interpreter lock | [`who_share_no_fork_eat_together`] |

use crate::contract::{join, rounds, spawn};
use crate::engine::Outcome;
use crate::port::Table;
use crate::sync::Barrier;
use std::sync::Arc;

/// Two philosophers who sit across the table meet while they eat: neither keeps the interpreter from the other.
pub fn who_share_no_fork_eat_together<T: Table>() -> Outcome {
    let table = Arc::new(T::with_seats(4));
    let meeting = Arc::new(Barrier::new(2).named(format_args!("meeting")));
    for _ in rounds(1) {
        let philosophers = [0, 2].map(|seat| {
            let (table, meeting) = (table.clone(), meeting.clone());
            spawn(&format!("philosopher {seat}"), move || table.dine(seat, &mut || _ = meeting.wait()))
        });
        philosophers.into_iter().for_each(join);
    }
    Ok("met".to_owned())
}
