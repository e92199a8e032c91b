//! Whether a queue may answer as it did on real cores.

use crate::check::{Decision, Witness, linearizability};
use crate::history::log::Entry;
use crate::history::{History, MOST, Operation};
use crate::spec::{QueueAnswer, QueueCall, QueueSpec};
use std::time::{Duration, Instant};

/// So many threads can have an operation under way at a time where the orders of these are tried.
const MOST_AT_ONCE: usize = 6;

/// Decides whether the log is linearizable to this queue.
pub(super) fn decide(spec: &QueueSpec, log: &[Entry<QueueCall, QueueAnswer>]) -> Decision {
    let threads = log.iter().map(|entry| entry.process).max().map_or(0, |last| last as usize + 1);
    if threads > MOST_AT_ONCE {
        return Decision::Unknown(format!("{threads} threads, and {MOST_AT_ONCE} can be judged"));
    }
    if log.len() > MOST {
        return Decision::Unknown(format!("more than {MOST} operations"));
    }
    let start = Instant::now();
    let at = |time| start + Duration::from_nanos(time);
    let operation = |entry: &Entry<QueueCall, QueueAnswer>| {
        let answer = entry.answer.filter(|_| entry.has_ended())?;
        let (begun, ended) = (at(entry.begun), at(entry.ended));
        Some(Operation { call: entry.call, answer, begun, ended })
    };
    let Some(operations) = log.iter().map(operation).collect::<Option<Vec<_>>>() else {
        return Decision::Unknown("an operation has no answer".to_owned());
    };
    match History::in_time(operations) {
        Ok(history) => linearizability::refute(spec, &history).map_or(Decision::Holds, |entries| {
            let reason = format!("no {} queue answers so, asked in this order", spec.order);
            Decision::Violated(Witness { reason, entries })
        }),
        Err(too_long) => Decision::Unknown(too_long.to_string()),
    }
}
