//! Where intervals are drawn.

use super::Interval;
use std::collections::BTreeMap;

/// Which row an interval is in, and from which column to which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) row: usize,
    pub(super) from: usize,
    /// The column of its end. One that never ended goes to the last column.
    pub(super) to: usize,
}

/// Rows, and the spans of intervals in them.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// The process of each row; one whose operations overlap each other has several.
    pub(super) rows: Vec<u32>,
    pub(super) spans: Vec<Span>,
    /// The number of columns.
    pub(super) width: usize,
}

/// A point in time at which something begins or ends. Where both happen at once, the beginning is first: they overlap.
type Point = (u64, bool);

impl Layout {
    /// A layout in which each interval has room for so many characters between its ends.
    pub(super) fn new(intervals: &[Interval], room: impl Fn(usize) -> usize) -> Self {
        let columns = columns(intervals, &room);
        let open = |index: usize| columns[&(intervals[index].begun, false)] + room(index) + 1;
        let ends = intervals.iter().filter_map(|one| one.ended).map(|ended| columns[&(ended, true)]);
        let opens = (0..intervals.len()).filter(|index| intervals[*index].ended.is_none()).map(open);
        let last = ends.chain(opens).max().unwrap_or(0);
        let (rows, places) = rows(intervals);
        let span = |(one, row): (&Interval, usize)| Span {
            row,
            from: columns[&(one.begun, false)],
            to: one.ended.map_or(last, |ended| columns[&(ended, true)]),
        };
        Self { rows, spans: intervals.iter().zip(places).map(span).collect(), width: last + 1 }
    }
}

/// The column of each point: as far to the left as what is between two points allows.
fn columns(intervals: &[Interval], room: impl Fn(usize) -> usize) -> BTreeMap<Point, usize> {
    // For each point the intervals that end there.
    let mut points: BTreeMap<Point, Vec<usize>> = BTreeMap::new();
    for (index, one) in intervals.iter().enumerate() {
        points.entry((one.begun, false)).or_default();
        if let Some(ended) = one.ended {
            points.entry((ended, true)).or_default().push(index);
        }
    }
    let mut columns: BTreeMap<Point, usize> = BTreeMap::new();
    for (point, ending) in points {
        let last = columns.last_key_value().map(|((_, is_end), column)| (*is_end, *column));
        // A blank between the end of one and the beginning of the next.
        let least = last.map_or(0, |(is_end, column)| column + if is_end && !point.1 { 2 } else { 1 });
        let needed = ending.iter().map(|index| columns[&(intervals[*index].begun, false)] + room(*index) + 1);
        let column = needed.max().unwrap_or(0).max(least);
        columns.insert(point, column);
    }
    columns
}

/// The process of each row, and the row of each interval.
fn rows(intervals: &[Interval]) -> (Vec<u32>, Vec<usize>) {
    let mut order: Vec<usize> = (0..intervals.len()).collect();
    order.sort_by_key(|index| (intervals[*index].process, intervals[*index].begun, *index));
    // For each row its process and the end of its last interval.
    let mut rows: Vec<(u32, Option<u64>)> = Vec::new();
    let mut places = vec![0; intervals.len()];
    for index in order {
        let one = &intervals[index];
        let has_room = |(process, end): &(u32, Option<u64>)| {
            *process == one.process && end.is_some_and(|end| end < one.begun)
        };
        let place = rows.iter().position(has_room).unwrap_or(rows.len());
        match rows.get_mut(place) {
            Some(row) => row.1 = one.ended,
            None => rows.push((one.process, one.ended)),
        }
        places[index] = place;
    }
    (rows.into_iter().map(|(process, _)| process).collect(), places)
}
