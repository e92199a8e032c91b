//! A counterexample as a table: a column per thread, and one per task or other actor that acts on a thread; a row per step, the
//! place in the source at the right. One row is one step, so that one column of places serves all. Operations are numbered, notes are
//! not.

use super::style::{Style, Tone, pad, width};
use crate::engine::FailureKind;
use crate::event::op::{Class, NONE_ARRIVED, ObjectId, Op, Order, Spurious, ThreadId};
use crate::event::trace::{Step, Trace};
use crate::judge::finding::ends_in_a_wait;

/// Columns of text that a table may fill before its cells are wrapped.
const PAGE: usize = 116;
/// A column is not squeezed below this width.
const NARROWEST: usize = 11;
/// Steps shown of a longer execution: its last ones.
const ROWS: usize = 80;
/// Between columns, and where there are too many of them for that.
const BAR: &str = " │ ";
const THIN_BAR: &str = "│";

/// The table of a trace that went wrong in this way. Empty for an empty trace.
pub fn counterexample(kind: FailureKind, trace: &Trace, style: Style) -> String {
    if trace.steps.is_empty() {
        return String::new();
    }
    let columns = columns(trace);
    let values = Values::of(trace);
    let (earlier, shown) = trace.steps.split_at(trace.steps.len().saturating_sub(ROWS));
    let skipped = earlier.iter().filter(|step| step.is_operation()).count();
    let mut number = skipped;
    let mut rows = Vec::with_capacity(shown.len());
    for step in shown {
        let is_numbered = step.done && step.is_operation();
        number += usize::from(is_numbered);
        rows.push(Row {
            number: if is_numbered { number.to_string() } else { String::new() },
            who: who(step),
            text: text(kind, trace, &values, step),
            place: step.place.to_string(),
            tone: tone(step),
        });
    }
    let layout = Layout::of(trace, &columns, &rows);
    let mut table = layout.head(trace, &columns, style);
    if !earlier.is_empty() {
        table += &(style.paint(Tone::Dim, format!("   … {skipped} earlier steps are left out …")) + "\n");
    }
    for row in &rows {
        table += &layout.row(&columns, row, style);
    }
    table
}

struct Row<'t> {
    number: String,
    who: Who<'t>,
    text: String,
    place: String,
    tone: Tone,
}

/// A thread, or who acts on it.
type Who<'t> = (ThreadId, Option<&'t str>);

fn who(step: &Step) -> Who<'_> {
    (step.thread, step.actor.as_deref())
}

fn name<'t>(trace: &'t Trace, (thread, actor): Who<'t>) -> &'t str {
    actor.unwrap_or_else(|| trace.thread_name(thread))
}

const fn tone(step: &Step) -> Tone {
    match step.is_operation() {
        _ if !step.done => Tone::Bad,
        true => Tone::Usual,
        false => Tone::Strong,
    }
}

/// The threads that have a step, in the order of their ids; behind each those who act on it, in the order in which they come up.
fn columns(trace: &Trace) -> Vec<Who<'_>> {
    let mut columns = Vec::new();
    for who in trace.steps.iter().map(who) {
        if !columns.contains(&who) {
            columns.push(who);
        }
    }
    columns.sort_by_key(|(thread, actor)| (*thread, actor.is_some()));
    columns
}

/// Widths: of the step numbers, of each column, and of the places.
struct Layout {
    bar: &'static str,
    number: usize,
    columns: Vec<usize>,
    place: usize,
}

impl Layout {
    fn of(trace: &Trace, columns: &[Who<'_>], rows: &[Row<'_>]) -> Self {
        let number = rows.iter().map(|row| row.number.len()).max().unwrap_or(1);
        let place = rows.iter().map(|row| width(&row.place)).max().unwrap_or(0);
        let natural = columns.iter().map(|who| {
            let cells = rows.iter().filter(|row| row.who == *who).map(|row| width(&row.text));
            cells.max().unwrap_or(0).max(width(name(trace, *who)))
        });
        let mut columns: Vec<usize> = natural.collect();
        let bars = columns.len() + 1;
        let room = |bar| PAGE.saturating_sub(number + place + width(bar) * bars);
        let bar = if columns.iter().sum::<usize>() > room(BAR) { THIN_BAR } else { BAR };
        squeeze(&mut columns, room(bar));
        Self { bar, number, columns, place }
    }

    fn head(&self, trace: &Trace, columns: &[Who<'_>], style: Style) -> String {
        let names = columns.iter().map(|who| name(trace, *who));
        let wrapped: Vec<Vec<String>> =
            names.zip(&self.columns).map(|(name, column)| wrap(name, *column)).collect();
        let height = wrapped.iter().map(Vec::len).max().unwrap_or(1);
        let mut head = String::new();
        for line in 0..height {
            let cells = wrapped.iter().zip(&self.columns).map(|(lines, column)| {
                let name = lines.get(line).map_or("", String::as_str);
                style.paint(Tone::Strong, pad(name, *column))
            });
            head += &self.line("", cells.collect(), "", style);
        }
        let rule: Vec<String> = self.columns.iter().map(|column| "─".repeat(*column)).collect();
        let cross = self.bar.replace(' ', "─").replace('│', "┼");
        let (number, place) = ("─".repeat(self.number), "─".repeat(self.place));
        let rule = format!(" {number}{cross}{}{cross}{place}", rule.join(&cross));
        head + &style.paint(Tone::Dim, rule) + "\n"
    }

    fn row(&self, columns: &[Who<'_>], row: &Row<'_>, style: Style) -> String {
        let own = columns.iter().position(|who| *who == row.who).unwrap_or(0);
        let mut lines = String::new();
        for (index, piece) in wrap(&row.text, self.columns[own]).iter().enumerate() {
            let cells = self.columns.iter().enumerate().map(|(column, size)| match column == own {
                true => style.paint(row.tone, pad(piece, *size)),
                false => pad("", *size),
            });
            let first = index == 0;
            let number = if first { row.number.as_str() } else { "" };
            let place = if first { row.place.as_str() } else { "" };
            lines += &self.line(number, cells.collect(), place, style);
        }
        lines
    }

    fn line(&self, number: &str, cells: Vec<String>, place: &str, style: Style) -> String {
        let bar = style.paint(Tone::Dim, self.bar);
        let number = style.paint(Tone::Dim, format!("{number:>size$}", size = self.number));
        let place = style.paint(Tone::Dim, place);
        let line = format!(" {number}{bar}{}{bar}{place}", cells.join(&bar));
        format!("{}\n", line.trim_end())
    }
}

/// Takes from the widest columns until all fit into the room, as far as that is possible.
fn squeeze(columns: &mut [usize], room: usize) {
    while columns.iter().sum::<usize>() > room {
        match columns.iter_mut().filter(|column| **column > NARROWEST).max() {
            Some(widest) => *widest -= 1,
            None => return,
        }
    }
}

/// Breaks a text between words, or within a word that alone is too wide.
fn wrap(text: &str, size: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ').flat_map(|word| pieces(word, size)) {
        let line = lines.last_mut().expect("there is always a line");
        if line.is_empty() {
            *line = word;
        } else if width(line) + 1 + width(&word) <= size {
            line.push(' ');
            line.push_str(&word);
        } else {
            lines.push(word);
        }
    }
    lines
}

fn pieces(word: &str, size: usize) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    letters.chunks(size.max(1)).map(|piece| piece.iter().collect()).collect()
}

/// What a step did: operation, object, values, ordering.
fn text(kind: FailureKind, trace: &Trace, values: &Values, step: &Step) -> String {
    if step.done {
        return done(trace, values, step);
    }
    let intent = match about(trace, step.op) {
        Some(object) => format!("{} {object}", verb(trace, step.op)),
        None => step.op.name().to_owned(),
    };
    match ends_in_a_wait(kind) {
        true => format!("waits: {intent}"),
        false => format!("next: {intent}"),
    }
}

fn done(trace: &Trace, values: &Values, step: &Step) -> String {
    let read = step.answer.map_or_else(|| "?".to_owned(), |bits| values.show(bits));
    let wrote = step.wrote.map(|bits| values.show(bits));
    let name = |object: ObjectId| trace.object_name(object);
    let verb = verb(trace, step.op);
    match step.op {
        Op::Load(object, order) => format!("load {} → {read} {}", name(object), short(order)),
        Op::Store(object, order) => {
            let wrote = wrote.unwrap_or_else(|| "?".to_owned());
            format!("store {} ← {wrote} {}", name(object), short(order))
        }
        Op::Rmw(object, order) => {
            let wrote = wrote.unwrap_or_else(|| "?".to_owned());
            format!("rmw {} {read} → {wrote} {}", name(object), short(order))
        }
        Op::CompareExchange { object, expected, success, failure, .. } => {
            let expected = values.show(expected);
            match wrote {
                Some(wrote) => format!("cas {} {expected} → {wrote} ✓ {}", name(object), short(success)),
                None => format!("cas {} {expected} ✗ {}", name(object), short(failure)),
            }
        }
        Op::Fence(order) => format!("fence {}", short(order)),
        Op::TryLock(object) | Op::TryRead(object) | Op::TryWrite(object) | Op::ArcUpgrade(object) => {
            let mark = if step.answer == Some(0) { "✗" } else { "✓" };
            format!("{verb} {} {mark}", name(object))
        }
        Op::Wait { condvar, mutex } => format!("wait {}, release {}", name(condvar), name(mutex)),
        Op::WaitIf { word, expected } => {
            let mark = if step.answer == Some(0) { " ✗" } else { "" };
            format!("{verb} {} = {}{mark}", name(word), values.show(expected))
        }
        Op::Wake { object, timed } => {
            let how = if timed && step.answer == Some(1) { "time out" } else { "wake" };
            format!("{how} {}", name(object))
        }
        Op::Spurious(Spurious::Exchange(object)) => format!("cas {} fails spuriously", name(object)),
        Op::Spurious(Spurious::Wait(object)) => format!("wait {} returns spuriously", name(object)),
        Op::Spurious(Spurious::Park) => "park returns spuriously".to_owned(),
        Op::Spurious(Spurious::Poll) => "polled again, with a new waker".to_owned(),
        Op::Cancel => "cancelled here".to_owned(),
        Op::Die => "killed here".to_owned(),
        Op::Deadline => "the deadline is over".to_owned(),
        Op::Choose(alternatives) => {
            format!("choose {} of {alternatives}", step.answer.map_or(0, |taken| taken + 1))
        }
        Op::Send { mailbox, message, .. } => format!("send {message} → {}", name(mailbox)),
        Op::Receive { mailbox, .. } if step.answer == Some(u64::from(NONE_ARRIVED)) => {
            format!("{verb} {} ✗", name(mailbox))
        }
        Op::Receive { mailbox, .. } => format!("receive {read} from {}", name(mailbox)),
        Op::ArcCount(object) => format!("{verb} {} → {read}", name(object)),
        Op::Note(number) => trace.notes.get(number as usize).cloned().unwrap_or_default(),
        op => match about(trace, op) {
            Some(object) => format!("{verb} {object}"),
            None => verb.to_owned(),
        },
    }
}

/// The name of an operation. To notify those who wait at an atomic is to wake a futex.
fn verb(trace: &Trace, op: Op) -> &'static str {
    let is_word = |object| trace.object(object).is_some_and(|object| object.class == Class::Atomic);
    match op {
        Op::NotifyOne(object) if is_word(object) => "futex_wake",
        Op::NotifyAll(object) if is_word(object) => "futex_wake_all",
        op => op.name(),
    }
}

/// The name of the object or thread that an operation is about.
fn about(trace: &Trace, op: Op) -> Option<String> {
    match op {
        Op::Unpark(thread) | Op::Spawn(thread) | Op::Join(thread) | Op::Kill(thread) => {
            Some(trace.thread_name(thread).to_owned())
        }
        op => op.object().map(|object| trace.object_name(object)),
    }
}

const fn short(order: Order) -> &'static str {
    match order {
        Order::Relaxed => "Relaxed",
        Order::Acquire => "Acquire",
        Order::Release => "Release",
        Order::AcqRel => "AcqRel",
        Order::SeqCst => "SeqCst",
    }
}

/// How the bits of atomics are shown. Large ones are pointers, whose addresses differ from run to
/// run: they are numbered in the order in which they appear, as `#1`, `#2`.
struct Values(Vec<u64>);

impl Values {
    fn of(trace: &Trace) -> Self {
        let mut seen = Vec::new();
        for bits in trace.steps.iter().flat_map(bits_of) {
            if !is_number(bits) && !seen.contains(&bits) {
                seen.push(bits);
            }
        }
        Self(seen)
    }

    fn show(&self, bits: u64) -> String {
        match self.0.iter().position(|seen| *seen == bits) {
            Some(index) => format!("#{}", index + 1),
            None => bits.cast_signed().to_string(),
        }
    }
}

fn bits_of(step: &Step) -> impl Iterator<Item = u64> {
    let expected = match step.op {
        Op::CompareExchange { expected, .. } => Some(expected),
        _ => None,
    };
    expected.into_iter().chain(step.answer).chain(step.wrote)
}

/// Small, of either sign.
fn is_number(bits: u64) -> bool {
    bits.cast_signed().unsigned_abs() <= u64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::finding::script::{Script, crossed_forks};
    use crate::judge::finding::trim;

    fn plain(kind: FailureKind, trace: &Trace) -> String {
        counterexample(kind, &trim(kind, trace), Style::Plain)
    }

    #[test]
    fn a_deadlock_ends_in_what_each_thread_waits_for() {
        let expected = "
   │ philosopher 1      │ philosopher 2      │
 ──┼────────────────────┼────────────────────┼────────────
 1 │ lock fork 1        │                    │ table.rs:40
 2 │                    │ lock fork 2        │ table.rs:40
   │ waits: lock fork 2 │                    │ table.rs:41
   │                    │ waits: lock fork 1 │ table.rs:41
";
        assert_eq!(format!("\n{}", plain(FailureKind::Deadlock, &crossed_forks(2))), expected);
    }

    #[test]
    fn eight_philosophers_fit_on_a_page() {
        let table = plain(FailureKind::Deadlock, &crossed_forks(8));
        let widest = table.lines().map(width).max().unwrap();
        assert!(widest <= 120, "{widest} columns:\n{table}");
        assert!(table.contains("│lock fork 8│table.rs:40"), "{table}");
    }

    #[test]
    fn atomics_show_values_and_orderings() {
        let mut script = Script::new();
        let (tail, slot) = (script.atomic("tail"), script.cell("slot 0"));
        let [a, b] = [ThreadId(1), ThreadId(2)];
        let cas = Op::CompareExchange {
            object: tail,
            expected: 0,
            success: Order::AcqRel,
            failure: Order::Relaxed,
            weak: true,
        };
        let pointer = 0x7f00_dead_beef;
        script.wrote(a, cas, Some(1), 1).answered(b, cas, 0).did(a, Op::CellWrite(slot));
        script.wrote(a, Op::Store(tail, Order::Relaxed), None, pointer);
        script.answered(b, Op::Load(tail, Order::Relaxed), pointer);
        script.wrote(b, Op::Rmw(tail, Order::AcqRel), Some(pointer), u64::MAX);
        script.did(b, Op::Fence(Order::SeqCst)).waits(b, Op::CellRead(slot));
        let expected = "
   │ thread 1                │ thread 2                │
 ──┼─────────────────────────┼─────────────────────────┼────────────
 1 │ cas tail 0 → 1 ✓ AcqRel │                         │ table.rs:40
 2 │                         │ cas tail 0 ✗ Relaxed    │ table.rs:40
 3 │ write cell slot 0       │                         │ table.rs:41
 4 │ store tail ← #1 Relaxed │                         │ table.rs:42
 5 │                         │ load tail → #1 Relaxed  │ table.rs:41
 6 │                         │ rmw tail #1 → -1 AcqRel │ table.rs:42
 7 │                         │ fence SeqCst            │ table.rs:43
   │                         │ next: read cell slot 0  │ table.rs:44
";
        assert_eq!(format!("\n{}", plain(FailureKind::DataRace, &script.trace)), expected);
    }

    #[test]
    fn attempts_and_wakes_say_how_they_went() {
        let mut script = Script::new();
        let (lock, condvar) = (script.mutex("m"), script.condvar("cv"));
        let a = ThreadId(1);
        script.answered(a, Op::TryLock(lock), 1).answered(a, Op::TryLock(lock), 0);
        script.did(a, Op::Wait { condvar, mutex: lock });
        script.answered(a, Op::Wake { object: condvar, timed: true }, 1);
        script.answered(a, Op::Spurious(Spurious::Wait(condvar)), 1).answered(
            a,
            Op::Spurious(Spurious::Park),
            1,
        );
        script.did(a, Op::Unpark(ThreadId::MAIN));
        let table = plain(FailureKind::Panic, &script.trace);
        let cells: Vec<&str> =
            table.lines().skip(2).map(|line| line.split('│').nth(1).unwrap().trim()).collect();
        assert_eq!(
            cells,
            [
                "try_lock m ✓",
                "try_lock m ✗",
                "wait cv, release m",
                "time out cv",
                "wait cv returns spuriously",
                "park returns spuriously",
                "unpark main"
            ]
        );
    }

    #[test]
    fn a_futex_shows_the_value_that_was_expected() {
        let mut script = Script::new();
        let (word, condvar) = (script.atomic("lock"), script.condvar("cv"));
        let [a, b] = [ThreadId(1), ThreadId(2)];
        let wait = Op::WaitIf { word, expected: 2 };
        script.answered(a, wait, 0).answered(a, wait, 1).did(b, Op::NotifyOne(word));
        script.answered(a, Op::Wake { object: word, timed: false }, 0);
        script.did(b, Op::NotifyAll(word)).did(b, Op::NotifyAll(condvar));
        script.answered(a, wait, 1).waits(a, Op::Wake { object: word, timed: false });
        let expected = "
   │ thread 1              │ thread 2            │
 ──┼───────────────────────┼─────────────────────┼────────────
 1 │ futex_wait lock = 2 ✗ │                     │ table.rs:40
 2 │ futex_wait lock = 2   │                     │ table.rs:41
 3 │                       │ futex_wake lock     │ table.rs:40
 4 │ wake lock             │                     │ table.rs:42
 5 │                       │ futex_wake_all lock │ table.rs:41
 6 │                       │ notify_all cv       │ table.rs:42
 7 │ futex_wait lock = 2   │                     │ table.rs:43
   │ waits: wake lock      │                     │ table.rs:44
";
        assert_eq!(format!("\n{}", plain(FailureKind::LostWakeup, &script.trace)), expected);
    }

    #[test]
    fn who_acts_on_a_thread_has_a_column_and_notes_have_no_number() {
        let mut script = Script::new();
        let (ready, event) = (script.mutex("ready"), script.mutex("event"));
        let a = ThreadId(1);
        script.thread(a, "loop").did(a, Op::Lock(ready)).did(a, Op::Unlock(ready));
        script.acts_as(a, Some("task 2")).notes(a, "await event.wait()").did(a, Op::Lock(event));
        script.acts_as(a, Some("task 1")).notes(a, "cancelled here");
        script.acts_as(a, None).did(ThreadId::MAIN, Op::Unpark(a)).waits(a, Op::Lock(ready));
        let expected = "
   │ main        │ loop              │ task 2             │ task 1         │
 ──┼─────────────┼───────────────────┼────────────────────┼────────────────┼────────────
 1 │             │ lock ready        │                    │                │ table.rs:40
 2 │             │ unlock ready      │                    │                │ table.rs:41
   │             │                   │ await event.wait() │                │ table.rs:42
 3 │             │                   │ lock event         │                │ table.rs:43
   │             │                   │                    │ cancelled here │ table.rs:44
 4 │ unpark loop │                   │                    │                │ table.rs:40
   │             │ waits: lock ready │                    │                │ table.rs:45
";
        assert_eq!(format!("\n{}", plain(FailureKind::Deadlock, &script.trace)), expected);
    }

    #[test]
    fn a_long_execution_shows_its_end() {
        let mut script = Script::new();
        let lock = script.mutex("m");
        for _ in 0..100 {
            script.did(ThreadId(1), Op::Lock(lock)).did(ThreadId(1), Op::Unlock(lock));
        }
        let table = plain(FailureKind::Panic, &script.trace);
        assert!(table.contains("120 earlier steps"), "{table}");
        assert!(table.lines().last().unwrap().starts_with(" 200 │ unlock m"), "{table}");
        script.notes(ThreadId(1), "the end");
        let table = plain(FailureKind::Panic, &script.trace);
        assert!(table.contains("121 earlier steps") && table.contains(" 200 │ unlock m"), "{table}");
    }

    #[test]
    fn words_that_are_too_wide_are_broken() {
        assert_eq!(wrap("lock mutex@threads.rs:44", 12), ["lock", "mutex@thread", "s.rs:44"]);
        assert_eq!(wrap("", 5), [""]);
    }
}
