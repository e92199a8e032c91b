//! What was read of which write, and which writes belong together.

use super::{Operation, violated};
use crate::check::Decision;
use crate::spec::RegisterAnswer::{Differs, Done, Value};
use crate::spec::RegisterCall::{CompareExchange, Read, Write};
use std::collections::{HashMap, HashSet};

/// A value: who wrote it, who read it, and who exchanged it for another.
#[derive(Debug, Default)]
struct Life {
    writer: Option<usize>,
    reads: Vec<usize>,
    exchange: Option<usize>,
}

/// The values of a log.
#[derive(Debug, Default)]
pub(super) struct Values {
    lives: HashMap<u32, Life>,
    /// For each operation that wrote a value and has surely taken place, one from which that is known: itself, or one that read the value or
    /// exchanged it.
    reasons: Vec<Option<usize>>,
    /// Compare-exchanges that have failed.
    pub(super) failed: Vec<usize>,
    /// Compare-exchanges that returned, and may have failed or not.
    pub(super) unsure: Vec<usize>,
}

impl Values {
    /// Finds them.
    ///
    /// # Errors
    /// `Unknown` where values are not distinct, `Violated` where a value was read that nobody wrote.
    pub(super) fn read(log: &[Operation]) -> Result<Self, Decision> {
        let mut values = Self::default();
        values.lives.entry(0).or_default();
        values.find_writers(log)?;
        values.find_readers(log)?;
        Ok(values)
    }

    fn find_writers(&mut self, log: &[Operation]) -> Result<(), Decision> {
        for (index, entry) in log.iter().enumerate() {
            let (Write(value) | CompareExchange(_, value)) = entry.call else { continue };
            if entry.answer == Some(Differs) {
                self.failed.push(index);
                continue;
            }
            if value == 0 || self.lives.entry(value).or_default().writer.replace(index).is_some() {
                let reason =
                    format!("{value} is written more than once, and this check needs distinct values");
                return Err(Decision::Unknown(reason));
            }
        }
        Ok(())
    }

    /// Goes from what was surely read to the operations that have surely taken place.
    fn find_readers(&mut self, log: &[Operation]) -> Result<(), Decision> {
        let mut sure = Vec::new();
        for (index, entry) in log.iter().enumerate() {
            match (entry.call, entry.answer) {
                (Read, Some(Value(value))) => {
                    let life = self.lives.entry(value).or_default();
                    life.reads.push(index);
                    sure.extend(life.writer.map(|writer| (writer, index)));
                    if life.writer.is_none() && value != 0 {
                        return violated(format!("{value} was read, and never written"), [index]);
                    }
                }
                (CompareExchange(..) | Write(_), Some(Done)) => sure.push((index, index)),
                (Write(_), None) if entry.has_ended() => sure.push((index, index)),
                _ => {}
            }
        }
        self.reasons = vec![None; log.len()];
        self.join(log, sure)?;
        for life in self.lives.values_mut() {
            life.writer = life.writer.filter(|&writer| self.reasons[writer].is_some());
        }
        let is_open = |&i: &usize| {
            let is_exchange = matches!(log[i].call, CompareExchange(..));
            is_exchange && log[i].answer.is_none() && log[i].has_ended() && self.reasons[i].is_none()
        };
        self.unsure = (0..log.len()).filter(is_open).collect();
        Ok(())
    }

    /// Finds what else has taken place: the writes of the values that were exchanged.
    fn join(&mut self, log: &[Operation], mut sure: Vec<(usize, usize)>) -> Result<(), Decision> {
        while let Some((index, reason)) = sure.pop() {
            if self.reasons[index].replace(reason).is_some() {
                continue;
            }
            let CompareExchange(expected, _) = log[index].call else { continue };
            let life = self.lives.entry(expected).or_default();
            let (writer, other) = (life.writer, life.exchange.replace(index));
            if writer.is_none() && expected != 0 {
                let reason = format!("{expected} was exchanged, and never written");
                return violated(reason, self.with_reasons(vec![index]));
            }
            sure.extend(writer.map(|writer| (writer, index)));
            if let Some(other) = other {
                let entries = self.with_reasons([index, other].into_iter().chain(writer).collect());
                return violated(format!("{expected} was exchanged twice, and written once"), entries);
            }
        }
        Ok(())
    }

    /// These operations, and those from which it is known that they have taken place.
    pub(super) fn with_reasons(&self, mut entries: Vec<usize>) -> Vec<usize> {
        let mut at = 0;
        while at < entries.len() {
            let reason = self.reasons.get(entries[at]).copied().flatten();
            entries.extend(reason.filter(|reason| !entries.contains(reason)));
            at += 1;
        }
        entries
    }
}

/// What an operation is in the story of its block.
fn name(log: &[Operation], index: usize) -> String {
    match (log[index].call, log[index].answer) {
        (Read, Some(Value(value))) => format!("a read of {value}"),
        (Write(value), _) => format!("the write of {value}"),
        (CompareExchange(from, to), _) => format!("the exchange of {from} for {to}"),
        (Read, _) => "a read".to_owned(),
    }
}

/// A time, or -1: before the log begins.
pub(super) type Time = i128;

/// Operations that nothing can come between: a write, its reads, and the same of what its value was exchanged for.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// Its values, each with the operation that wrote it, in order.
    pub(super) values: Vec<(u32, Option<usize>)>,
    /// The first end of one of its operations, and whose that is. The value that is there at first was written before all.
    pub(super) first_end: Time,
    first: Option<usize>,
    /// The last beginning of one of its operations, and whose that is.
    pub(super) last_begin: Time,
    last: Option<usize>,
}

impl Block {
    /// Whether it must fill some time. Otherwise it takes place at any one moment from its last beginning to its first end.
    pub(super) const fn is_fixed(&self) -> bool {
        self.first_end < self.last_begin
    }

    pub(super) fn value(&self) -> String {
        match self.values.as_slice() {
            [(value, _)] => value.to_string(),
            [(value, _), ..] => format!("{value} with what it was exchanged for"),
            [] => String::new(),
        }
    }

    /// From when to when it stays, in words.
    pub(super) fn stays(&self, log: &[Operation]) -> String {
        let from = self.first.map_or_else(|| "the beginning".to_owned(), |first| name(log, first));
        let to = self.last.map_or_else(String::new, |last| name(log, last));
        format!("{} stayed, from {from} to {to}", self.value())
    }

    /// The operations that say where it is, and that make it one block.
    pub(super) fn entries(&self) -> Vec<usize> {
        self.values.iter().filter_map(|(_, writer)| *writer).chain(self.first).chain(self.last).collect()
    }

    fn widen(&mut self, log: &[Operation], index: usize) {
        let (begun, ended) = (Time::from(log[index].begun), Time::from(log[index].ended));
        if ended < self.first_end {
            (self.first_end, self.first) = (ended, Some(index));
        }
        if begun > self.last_begin {
            (self.last_begin, self.last) = (begun, Some(index));
        }
    }
}

/// All blocks of a log.
#[derive(Debug)]
pub(super) struct Blocks<'a> {
    pub(super) all: Vec<Block>,
    values: &'a Values,
}

impl<'a> Blocks<'a> {
    /// Puts operations together.
    ///
    /// # Errors
    /// `Violated` where values were exchanged in a circle.
    pub(super) fn new(log: &[Operation], values: &'a Values) -> Result<Self, Decision> {
        let heads = values.lives.iter().filter(|(value, life)| match life.writer {
            Some(writer) => matches!(log[writer].call, Write(_)),
            None => **value == 0,
        });
        let mut heads: Vec<u32> = heads.map(|(value, _)| *value).collect();
        heads.sort_unstable();
        let mut blocks = Self { all: Vec::with_capacity(heads.len()), values };
        blocks.all.extend(heads.into_iter().map(|head| values.block(log, head)));
        let found: usize = blocks.all.iter().map(|block| block.values.len()).sum();
        let written = values.lives.iter().filter(|(value, life)| **value == 0 || life.writer.is_some());
        if found < written.clone().count() {
            let in_blocks: HashSet<usize> =
                blocks.all.iter().flat_map(|block| &block.values).filter_map(|value| value.1).collect();
            let circle =
                written.filter_map(|(_, life)| life.writer).filter(|writer| !in_blocks.contains(writer));
            return violated(
                "values were exchanged in a circle, and none of them was written".to_owned(),
                circle.collect::<Vec<_>>(),
            );
        }
        Ok(blocks)
    }

    /// In each block, nothing of a later stage ends before something of an earlier one begins.
    ///
    /// # Errors
    /// `Violated`, with two operations of which that is so.
    pub(super) fn have_their_order(&self, log: &[Operation]) -> Result<(), Decision> {
        for block in &self.all {
            let mut latest: Option<usize> = None;
            for stage in self.values.stages(block) {
                for &index in &stage {
                    let Some(before) = latest.filter(|&before| log[index].precedes(&log[before])) else {
                        continue;
                    };
                    let reason = format!("{} ended before {} began", name(log, index), name(log, before));
                    let writers = block.values.iter().filter_map(|(_, writer)| *writer);
                    return violated(reason, writers.chain([index, before]).collect::<Vec<_>>());
                }
                latest = stage.into_iter().chain(latest).max_by_key(|&index| log[index].begun);
            }
        }
        Ok(())
    }

    /// From when on each value of a block is in at the earliest, where the block takes place in this time.
    pub(super) fn steps(&self, log: &[Operation], block: &Block, begin: Time, end: Time) -> Vec<(Time, u32)> {
        let mut at = begin;
        let mut steps = Vec::with_capacity(block.values.len());
        for &(value, writer) in &block.values {
            let begun = |index: usize| Time::from(log[index].begun).clamp(begin, end);
            at = writer.map_or(at, begun).max(at);
            steps.push((at, value));
            at = self.values.lives[&value].reads.iter().map(|&index| begun(index)).fold(at, Time::max);
        }
        steps
    }

    /// Operations that show that this value was in at every moment of the other operation, if it was.
    pub(super) fn surely_in(&self, log: &[Operation], value: u32, other: &Operation) -> Option<Vec<usize>> {
        let life = self.values.lives.get(&value)?;
        let all = || life.writer.into_iter().chain(life.reads.iter().copied()).chain(life.exchange);
        let first = all().min_by_key(|&index| log[index].ended).filter(|_| value != 0);
        let last = all().max_by_key(|&index| log[index].begun)?;
        let is_in = first.is_some_and(|first| log[first].precedes(other)) || value == 0;
        (is_in && other.precedes(&log[last])).then(|| {
            let block =
                self.all.iter().find(|block| block.values.iter().any(|(of_block, _)| *of_block == value));
            block.map(Block::entries).into_iter().flatten().chain(first).chain([last]).collect()
        })
    }
}

impl Values {
    fn block(&self, log: &[Operation], head: u32) -> Block {
        let mut block =
            Block { values: Vec::new(), first_end: Time::MAX, first: None, last_begin: -1, last: None };
        if head == 0 {
            block.first_end = -1;
        }
        let mut next = Some(head);
        while let Some(value) = next {
            let life = &self.lives[&value];
            block.values.push((value, life.writer));
            life.writer.iter().chain(&life.reads).for_each(|&index| block.widen(log, index));
            next = life.exchange.and_then(|exchange| match log[exchange].call {
                CompareExchange(_, to) => Some(to),
                Read | Write(_) => None,
            });
        }
        block
    }

    /// The operations of a block in their order: a write, its reads, an exchange, the reads of that, and so on.
    fn stages(&self, block: &Block) -> impl Iterator<Item = Vec<usize>> {
        let stages = block
            .values
            .iter()
            .map(|(value, writer)| [Vec::from_iter(*writer), self.lives[value].reads.clone()]);
        stages.flatten()
    }
}
