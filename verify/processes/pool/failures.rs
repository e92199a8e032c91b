//! What fails on the way of a task to a worker and back: CPython's row K03, as a table.

use super::{id, refused, with};
use crate::common::{Tested, end, ensure_eq};
use refectory::model::pool::future::{Failure, Leg};
use refectory::model::processes::executor::PortableExecutor;
use refectory::model::processes::executor::process_pool::Death;
use refectory::sync::process::{self, Exit};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Mood {
    Fail,
    Panic,
    Exit,
    Crash,
}

/// Where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum At {
    ArgumentOut,
    ArgumentIn,
    Function,
    ResultOut,
    ResultIn,
}

/// An argument, or a result, to which something happens on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moody {
    mood: Mood,
    at: At,
    is_result: bool,
}

impl Moody {
    pub(super) fn new(mood: Mood, at: At) -> Self {
        Self { mood, at, is_result: false }
    }

    fn at<E>(&self, at: At, error: impl FnOnce(&str) -> E) -> Result<(), E> {
        if at != self.at {
            return Ok(());
        }
        match self.mood {
            Mood::Fail => Err(error("moody")),
            Mood::Panic => panic!("moody"),
            Mood::Exit => std::process::exit(7),
            Mood::Crash => std::process::abort(),
        }
    }
}

impl Serialize for Moody {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let at = if self.is_result { At::ResultOut } else { At::ArgumentOut };
        self.at(at, |words| serde::ser::Error::custom(words))?;
        (self.mood, self.at, self.is_result).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Moody {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (mood, at, is_result) = Deserialize::deserialize(deserializer)?;
        let moody = Self { mood, at, is_result };
        let at = if is_result { At::ResultIn } else { At::ArgumentIn };
        moody.at(at, |words| serde::de::Error::custom(words))?;
        Ok(moody)
    }
}

pub(super) fn answer(moody: Moody) -> Moody {
    let fails = moody.at(At::Function, |words| words.to_owned());
    fails.unwrap();
    Moody { is_result: true, ..moody }
}

/// What comes of it. In the process of the pool nothing exits or crashes: that would be the end of the program.
fn expected(mood: Mood, at: At) -> Option<Failure> {
    let leg = match at {
        At::ArgumentOut => Leg::ArgumentOut,
        At::ArgumentIn => Leg::ArgumentIn,
        At::ResultOut => Leg::ResultOut,
        At::ResultIn => Leg::ResultIn,
        At::Function => {
            return Some(match mood {
                Mood::Fail => {
                    Failure::Panicked("called `Result::unwrap()` on an `Err` value: \"moody\"".into())
                }
                Mood::Panic => Failure::Panicked("moody".into()),
                Mood::Exit => Failure::WorkerDied(Exit::Code(7)),
                Mood::Crash => Failure::WorkerDied(Exit::Killed(6)),
            });
        }
    };
    let in_worker = matches!(at, At::ArgumentIn | At::ResultOut);
    match mood {
        Mood::Fail => Some(Failure::NotCarried(leg, String::new())),
        Mood::Panic => Some(Failure::NotCarried(leg, "moody".into())),
        Mood::Exit => in_worker.then_some(Failure::WorkerDied(Exit::Code(7))),
        Mood::Crash => in_worker.then_some(Failure::WorkerDied(Exit::Killed(6))),
    }
}

/// Error, panic, exit and crash, on each part of the way of a task: it fails alone, or as the worker's death is to be taken.
pub(crate) fn each_failure_is_told() -> Tested {
    let all = [At::ArgumentOut, At::ArgumentIn, At::Function, At::ResultOut, At::ResultIn].into_iter();
    let all = all.flat_map(|at| [Mood::Fail, Mood::Panic, Mood::Exit, Mood::Crash].map(|mood| (mood, at)));
    for (mood, at) in all.filter(|(mood, at)| expected(*mood, *at).is_some()) {
        ensure_eq(end(process::spawn(fail_once, (mood, at))?)?, Exit::Code(0))
            .map_err(|error| format!("{mood:?} at {at:?}: {error:?}"))?;
    }
    Ok(())
}

fn fail_once((mood, at): (Mood, At)) {
    let expected = expected(mood, at).unwrap();
    for death in [Death::Breaks, Death::Heals] {
        let pool = with(1, death, 0);
        let before = pool.submit(id, 0).unwrap().result();
        let fails = pool.submit(answer, Moody::new(mood, at)).unwrap().failure().unwrap().unwrap();
        let is_expected = match (&fails, &expected) {
            // The format keeps no words.
            (Failure::NotCarried(seen, _), Failure::NotCarried(leg, words)) if words.is_empty() => {
                seen == leg
            }
            (seen, expected) => seen == expected,
        };
        assert!(is_expected, "{fails:?}, and not {expected:?}");
        let dies = matches!(fails, Failure::WorkerDied(_));
        match (dies, death) {
            (true, Death::Breaks) => assert_eq!(refused(pool.submit(id, 0)), "the pool is broken"),
            (true, Death::Heals) => assert_ne!(pool.submit(id, 0).unwrap().result(), before),
            (false, _) => assert_eq!(pool.submit(id, 0).unwrap().result(), before),
        }
        pool.shutdown(true, false);
    }
}
