//! An execution as text, from which another process runs it again.
//!
//! There are four lists: who has made the threads, and who the objects; what was known of objects; and who went on, in what way. A
//! thread, an object and a maker are numbers, the clock's maker is `c`, what is more than usual stands behind a colon, and what comes
//! several times in a row is counted behind an `x`, as in `t0x2-o1x3.c-w2:1-s0x5.1.2:1`.

use super::{Choice, Script};
use crate::engine::machine::{Maker, Makers, Watched};
use crate::event::op::ThreadId;
use std::fmt;
use std::str::FromStr;

/// An execution, for another process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Replay {
    pub(crate) script: Script,
    pub(crate) makers: Makers,
}

/// A text that describes no execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAReplay(String);

impl fmt::Display for NotAReplay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` describes no execution: it has to be copied whole", self.0)
    }
}

impl std::error::Error for NotAReplay {}

impl fmt::Display for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let maker = |maker: &Maker| maker.map_or_else(|| "c".to_owned(), |maker| maker.to_string());
        let known = |(object, watched): (usize, &Watched)| match watched.bits() {
            0 => None,
            bits => Some(format!("{object}:{bits}")),
        };
        let step = |(thread, choice): &Choice| match choice {
            0 => thread.0.to_string(),
            choice => format!("{}:{choice}", thread.0),
        };
        let Self { script: Script { schedule, watched }, makers } = self;
        write!(
            f,
            "t{}-o{}-w{}-s{}",
            list(makers.threads.iter().map(maker)),
            list(makers.objects.iter().map(maker)),
            list(watched.iter().enumerate().filter_map(known)),
            list(schedule.iter().map(step)),
        )
    }
}

/// The items, each with how often it comes in a row.
fn list(items: impl Iterator<Item = String>) -> String {
    let mut runs: Vec<(String, usize)> = Vec::new();
    for item in items {
        match runs.last_mut() {
            Some((last, times)) if *last == item => *times += 1,
            _ => runs.push((item, 1)),
        }
    }
    let run = |(item, times): (String, usize)| if times == 1 { item } else { format!("{item}x{times}") };
    runs.into_iter().map(run).collect::<Vec<_>>().join(".")
}

/// The longest run: nobody has made more than an execution has operations.
const LONGEST: usize = 1 << 20;

/// The items of a list that begins with this letter.
fn items(part: Option<&str>, letter: char) -> Option<Vec<&str>> {
    let text = part?.strip_prefix(letter)?;
    let mut items = Vec::new();
    for run in text.split('.').filter(|run| !run.is_empty()) {
        let (item, times) = run.split_once('x').unwrap_or((run, "1"));
        let times = times.parse().ok().filter(|times| items.len() + times <= LONGEST)?;
        items.extend(std::iter::repeat_n(item, times));
    }
    Some(items)
}

fn makers(part: Option<&str>, letter: char) -> Option<Vec<Maker>> {
    let maker = |item: &str| match item {
        "c" => Some(None),
        // A thread is at most one of those that an engine can tell apart.
        maker => maker.parse().ok().filter(|maker| *maker < 1 << 10).map(Some),
    };
    items(part, letter)?.into_iter().map(maker).collect()
}

/// A number, and what stands behind the colon, or 0.
fn pair(item: &str) -> Option<(u32, u8)> {
    let (number, more) = item.split_once(':').unwrap_or((item, "0"));
    Some((number.parse().ok()?, more.parse().ok()?))
}

fn read(text: &str) -> Option<Replay> {
    let mut parts = text.split('-');
    let makers = Makers { threads: makers(parts.next(), 't')?, objects: makers(parts.next(), 'o')? };
    let mut watched = Vec::new();
    for item in items(parts.next(), 'w')? {
        let (object, bits) = pair(item)?;
        let object = Some(object as usize).filter(|object| *object < makers.objects.len())?;
        watched.resize(watched.len().max(object + 1), Watched::default());
        watched[object] = Watched::of_bits(bits);
    }
    let step = |item| pair(item).filter(|(thread, _)| *thread as usize <= makers.threads.len());
    let schedule =
        items(parts.next(), 's')?.into_iter().map(|item| step(item).map(|(it, how)| (ThreadId(it), how)));
    let schedule = schedule.collect::<Option<_>>()?;
    parts.next().is_none().then_some(Replay { script: Script { schedule, watched }, makers })
}

impl FromStr for Replay {
    type Err = NotAReplay;

    fn from_str(text: &str) -> Result<Self, NotAReplay> {
        read(text).ok_or_else(|| NotAReplay(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_execution_is_a_line() {
        let schedule = [(0, 0), (0, 0), (2, 1)].map(|(thread, choice)| (ThreadId(thread), choice)).to_vec();
        let watched = vec![Watched::default(), Watched::of_bits(1)];
        let makers = Makers { threads: vec![Some(0); 2], objects: vec![Some(1), Some(1), None] };
        let replay = Replay { script: Script { schedule, watched }, makers };
        let text = "t0x2-o1x2.c-w1:1-s0x2.2:1";
        assert_eq!(replay.to_string(), text);
        assert_eq!(text.parse(), Ok(replay));
    }

    #[test]
    fn what_describes_no_execution_is_refused() {
        for text in [
            "",
            "t0",
            "t0-o1-w-s",
            "t-o-w-s3",
            "t0-o0-w-sx",
            "t0-o0-w-s0x99999999999",
            "t0-o0-w7:1-s0",
            "t0-o0-w-s0-",
        ] {
            let read: Result<Replay, _> = text.parse();
            let is_whole = text == "t0-o1-w-s";
            assert_eq!(read.is_ok(), is_whole, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[tows0-9.:xc-]{0,40}") {
            if let Ok(replay) = text.parse::<Replay>() {
                prop_assert_eq!(replay.to_string().parse(), Ok(replay));
            }
        }
    }
}
