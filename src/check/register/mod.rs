//! Whether a log of a register is linearizable, where no value is written twice, nor the first one, 0, at all: in O(n log n).
//!
//! It is then known which write each read has read. A write and its reads are a *block*; exchanges that succeeded join blocks to longer ones, in
//! which values follow each other. In a block everything takes place between the first end of an operation of it, and the last
//! beginning of one, or, if that is earlier, at any one moment between the two. So a log is linearizable if and only if
//! - no value is read before it was written, nor once it was exchanged;
//! - the times that two blocks must fill do not overlap;
//! - no block that takes place at a moment has only moments that another block must fill.
//!
//! A compare-exchange that failed needs a moment at which another value than the expected one is in the register, which depends on how blocks are placed. The
//! check places them in two ways, as early and as late as they can be, and accepts the log if one will do. It rejects it if
//! the expected value must be in at every moment of the operation; in between it does not decide.
//!
//! Operations that never returned have taken place if what they wrote was read, and are left out otherwise. A compare-exchange that returned, whose
//! answer is unknown, and whose value nobody has read, counts as one that failed, but does not make the log wrong.
//!
//! Phillip Gibbons, Ephraim Korach, "Testing shared memories", 1997, section 4.2. That exchanges join blocks is there as well; what is said of those that
//! failed is our own.

mod blocks;
#[cfg(test)]
mod tests;
mod timeline;

use self::blocks::{Block, Blocks, Values};
use self::timeline::Timeline;
use super::{Decision, Witness};
use crate::history::log::Entry;
use crate::spec::{RegisterAnswer, RegisterCall};

/// An entry of a register's log.
type Operation = Entry<RegisterCall, RegisterAnswer>;

/// Whether a log of a register is linearizable.
///
/// Gives `Unknown` where a value is written twice, or 0 is written, or where compare-exchanges have failed of which it is not clear whether another value can
/// have been in the register.
///
/// ```
/// use refectory::check::{Decision, register};
/// use refectory::history::log::Entry;
/// use refectory::spec::{RegisterAnswer, RegisterCall};
///
/// let write = |value, begun, ended| Entry {
///     process: 0, call: RegisterCall::Write(value), answer: Some(RegisterAnswer::Done), begun, ended,
/// };
/// let read = |value, begun, ended| Entry {
///     process: 1, call: RegisterCall::Read, answer: Some(RegisterAnswer::Value(value)), begun, ended,
/// };
/// assert_eq!(register::check(&[write(7, 0, 5), read(0, 1, 2), read(7, 3, 4)]), Decision::Holds);
/// let Decision::Violated(witness) = register::check(&[write(7, 0, 1), write(9, 2, 3), read(7, 4, 5)]) else {
///     panic!("an old value")
/// };
/// assert_eq!(witness.reason, "9 came and went while 7 stayed, from the write of 7 to a read of 7");
/// ```
pub fn check(log: &[Operation]) -> Decision {
    decide(log).unwrap_or_else(|decision| decision)
}

fn decide(log: &[Operation]) -> Result<Decision, Decision> {
    if let Some(entry) = log.iter().position(|entry| entry.ended < entry.begun) {
        return Err(Decision::Unknown(format!("entry {entry} ends before it begins")));
    }
    answers_fit(log)?;
    let values = Values::read(log)?;
    place(log, &values).map_err(|decision| match decision {
        Decision::Violated(Witness { reason, entries }) => {
            let mut entries = values.with_reasons(entries);
            entries.sort_unstable();
            Decision::Violated(Witness { reason, entries })
        }
        other => other,
    })
}

fn place(log: &[Operation], values: &Values) -> Result<Decision, Decision> {
    let blocks = Blocks::new(log, values)?;
    blocks.have_their_order(log)?;
    let fixed = apart(log, &blocks)?;
    may_fail(log, values, &blocks, &fixed)
}

fn violated<T>(reason: String, entries: impl Into<Vec<usize>>) -> Result<T, Decision> {
    let mut entries = entries.into();
    entries.sort_unstable();
    entries.dedup();
    Err(Decision::Violated(Witness { reason, entries }))
}

fn answers_fit(log: &[Operation]) -> Result<(), Decision> {
    use RegisterAnswer::{Differs, Done, Value};
    use RegisterCall::{CompareExchange, Read, Write};
    let wrong = log.iter().enumerate().find_map(|(index, entry)| match (entry.call, entry.answer) {
        (_, None)
        | (Read, Some(Value(_)))
        | (Write(_), Some(Done))
        | (CompareExchange(..), Some(Done | Differs)) => None,
        (call, Some(answer)) => Some((index, call, answer)),
    });
    wrong.map_or(Ok(()), |(index, call, answer)| {
        violated(format!("{answer:?} is no answer to {call:?}"), [index])
    })
}

/// The blocks that must fill some time, in order. They must not overlap, nor leave no moment to others.
fn apart(log: &[Operation], blocks: &Blocks) -> Result<Vec<Block>, Decision> {
    let mut fixed: Vec<Block> = blocks.all.iter().filter(|block| block.is_fixed()).cloned().collect();
    fixed.sort_unstable_by_key(|block| block.first_end);
    if let Some([one, other]) = fixed.array_windows().find(|[one, other]| other.first_end < one.last_begin) {
        let reason = format!("{}, and {}, at the same time", one.stays(log), other.stays(log));
        return violated(reason, [one.entries(), other.entries()].concat());
    }
    for block in blocks.all.iter().filter(|block| !block.is_fixed()) {
        let before = fixed.partition_point(|other| other.first_end < block.last_begin);
        let Some(around) = before.checked_sub(1).map(|index| &fixed[index]) else { continue };
        if block.first_end < around.last_begin {
            let reason = format!("{} came and went while {}", block.value(), around.stays(log));
            return violated(reason, [block.entries(), around.entries()].concat());
        }
    }
    Ok(fixed)
}

/// Whether each compare-exchange that failed can have met another value.
fn may_fail(
    log: &[Operation],
    values: &Values,
    blocks: &Blocks,
    fixed: &[Block],
) -> Result<Decision, Decision> {
    if values.failed.is_empty() && values.unsure.is_empty() {
        return Ok(Decision::Holds);
    }
    for &failed in &values.failed {
        if let Some(entries) = blocks.surely_in(log, expected(log[failed].call), &log[failed]) {
            let value = expected(log[failed].call);
            let reason = format!(
                "{:?} answered Differs, but at every moment of that {value} was in the register",
                log[failed].call
            );
            return violated(reason, [entries, vec![failed]].concat());
        }
    }
    let differs = |timeline: &Timeline| {
        let mut all = values.failed.iter().chain(&values.unsure);
        all.all(|&entry| timeline.differs(log[entry].begun, log[entry].ended, expected(log[entry].call)))
    };
    let ways = [Timeline::early(log, blocks, fixed), Timeline::late(log, blocks, fixed)];
    Ok(if ways.iter().any(differs) {
        Decision::Holds
    } else {
        Decision::Unknown(
            "whether a compare-exchange can have failed depends on the order of operations".to_owned(),
        )
    })
}

const fn expected(call: RegisterCall) -> u32 {
    match call {
        RegisterCall::CompareExchange(expected, _) => expected,
        RegisterCall::Read | RegisterCall::Write(_) => 0,
    }
}
