//! One way in which the values of a register may have followed each other.

use super::Operation;
use super::blocks::{Block, Blocks, Time};

/// Which value is in from when on, in order.
#[derive(Debug)]
pub(super) struct Timeline(Vec<(Time, u32)>);

impl Timeline {
    /// Blocks that take place at one moment do so as early as they can.
    pub(super) fn early(log: &[Operation], blocks: &Blocks<'_>, fixed: &[Block]) -> Self {
        Self::new(log, blocks, |block| {
            let before = fixed.partition_point(|other| other.first_end < block.last_begin);
            before
                .checked_sub(1)
                .map_or(block.last_begin, |index| fixed[index].last_begin.max(block.last_begin))
        })
    }

    /// Blocks that take place at one moment do so as late as they can.
    pub(super) fn late(log: &[Operation], blocks: &Blocks<'_>, fixed: &[Block]) -> Self {
        Self::new(log, blocks, |block| {
            let after = fixed.partition_point(|other| other.last_begin <= block.first_end);
            fixed.get(after).map_or(block.first_end, |other| other.first_end.min(block.first_end))
        })
    }

    fn new(log: &[Operation], blocks: &Blocks<'_>, moment: impl Fn(&Block) -> Time) -> Self {
        let begins = |block: &Block| if block.is_fixed() { block.first_end } else { moment(block) };
        // What fills some time comes behind what takes place when that begins.
        let mut order: Vec<(Time, bool, usize)> = blocks
            .all
            .iter()
            .enumerate()
            .map(|(index, block)| (begins(block), block.is_fixed(), index))
            .collect();
        order.sort_unstable();
        let mut steps = Vec::new();
        for (begin, _, index) in order {
            let block = &blocks.all[index];
            let end = block.last_begin.max(begin);
            steps.extend(blocks.steps(log, block, begin, end));
        }
        Self(steps)
    }

    /// Whether at some moment of this time another value is in than this one.
    pub(super) fn differs(&self, begun: u64, ended: u64, value: u32) -> bool {
        let (begun, ended) = (Time::from(begun), Time::from(ended));
        let first = self.0.partition_point(|&(at, _)| at < begun).saturating_sub(1);
        let until = self.0.partition_point(|&(at, _)| at <= ended);
        self.0[first..until].iter().any(|&(_, other)| other != value)
    }
}
