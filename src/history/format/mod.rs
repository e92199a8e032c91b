//! Histories as text: the lines of this project, and what Jepsen, Knossos and Porcupine write.
//!
//! A reader takes a text and gives [records](Record), one after the other, or an [error](Error) with its line and column.
//! It knows no object: which calls and values there are says [`spec::written`](crate::spec::written), which makes a typed
//! log of them.
//!
//! # JSON lines
//! One operation a line, in any order; empty lines do not count.
//!
//! ```text
//! {"refectory":1,"spec":"fifo"}
//! {"process":0,"call":"push","value":7,"answer":true,"begun":0,"ended":3}
//! {"process":1,"call":"pop","answer":7,"begun":1,"ended":5}
//! {"process":1,"call":"pop","answer":null,"begun":6,"ended":7}
//! {"process":0,"call":"pop","begun":4}
//! ```
//!
//! | field | what it is |
//! |---|---|
//! | `process` | a number: the thread or process that asked |
//! | `call` | what was asked, as below |
//! | `key` | of a key-value store: where; otherwise, which of several objects |
//! | `value` | what the call was given |
//! | `answer` | what came back; left out where that is not known |
//! | `begun`, `ended` | numbers of any clock that all processes share; `ended` is left out where the operation never returned |
//!
//! A value is a number, a text, `true`, `false` or `null`. The first line may be a header: the version of this format,
//! which is 1, the object that this is a history of (`fifo`, `lifo`, `priority`, `bag`, `set`, `register`, `kv`), and the value with which a
//! register begins (`"initial":5`; if it is left out, nothing if anybody has read `null`, and 0 otherwise).
//!
//! | object | call | value | answer |
//! |---|---|---|---|
//! | queue, stack, bag | `push` | the item | `true`; `false` if there was no room |
//! | | `pop` | | the item; `null` if there was none |
//! | set | `insert`, `remove` | the item | whether it changed the set |
//! | | `contains` | the item | `true` or `false` |
//! | register | `read` | | the value; `null` if nothing was written yet |
//! | | `write` | the value | `true` |
//! | | `cas` | `[expected, new]` | whether it was exchanged |
//! | key-value store | `get` | | the text, which is empty at first |
//! | | `put`, `append` | the text | `true` |
//! //!
//! # Jepsen and Knossos
//! EDN: a map an event, `{:process 0, :type :invoke, :f :read, :value nil}`, one after the other or in one vector or
//! list, records with a tag too; or vectors, `[0 :invoke :read nil]`. `:ok` ends an operation, `:info` says that nobody knows whether
//! it took place, and `:fail` that it did not, so that it is left out. The order of the events is their time. What
//! is not done by a numbered process (the nemesis) does not count. Values may be tuples of a key and a value, as those of Jepsen's
//! `independent` are, if that is said.
//!
//! # Porcupine
//! Its key-value logs are EDN with a `:key`. Its logs of registers are lines as
//! `INFO  jepsen.util - 2 :invoke :read nil`; there a `:cas` that fails has found another value, if no reason is given.

mod cursor;
mod edn;
mod jepsen;
mod json;
mod names;
mod record;
#[cfg(test)]
mod tests;

pub use self::json::{header, line};
pub use self::names::Names;
pub use self::record::{Answer, Header, Record, Value};

use self::cursor::Cursor;
use std::fmt;

/// How a history is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The JSON lines of this project.
    JsonLines,
    /// The events of Jepsen, Knossos and Porcupine as EDN.
    Edn,
    /// The lines of Jepsen's log, as Porcupine reads them.
    Log,
}

impl Format {
    /// How this text is written, by its first character that is no blank.
    pub fn of(text: &str) -> Self {
        let text = text.trim_start();
        match text.as_bytes().first() {
            Some(b'{') if !text[1..].trim_start().starts_with(':') => Self::JsonLines,
            Some(b'{' | b'[' | b'(' | b'#' | b';') => Self::Edn,
            None => Self::JsonLines,
            Some(_) => Self::Log,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::JsonLines => "JSON lines",
            Self::Edn => "EDN",
            Self::Log => "a log of Jepsen",
        })
    }
}

/// Why a text is no history, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The line, from 1 on.
    pub line: usize,
    /// The character in it, from 1 on.
    pub column: usize,
    /// What is wrong there.
    pub problem: Problem,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.problem)
    }
}

impl std::error::Error for Error {}

/// What can be wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A byte that is no part of a text.
    NotUtf8,
    /// Something else stands where this is expected.
    Expected {
        /// What is expected.
        what: &'static str,
        /// The beginning of what stands there.
        found: String,
    },
    /// A field that every operation has.
    Missing(&'static str),
    /// A field that is there twice.
    Twice(String),
    /// A field that the format has not.
    UnknownField(String),
    /// The version of a later format.
    Version(String),
    /// Lists in lists in lists.
    TooDeep,
    /// It ends before it begins.
    EndsBeforeItBegins,
    /// It has an answer, and has never ended.
    AnsweredWithoutEnd,
    /// A process asks, while its last operation is under way.
    StillUnderWay {
        /// The process.
        process: u32,
        /// The line in which that operation begins.
        since: usize,
    },
    /// The answer to another call than was asked.
    OtherCall {
        /// What was asked.
        asked: String,
        /// What was answered.
        answered: String,
    },
    /// An answer to nothing.
    NotAsked(u32),
    /// No line of a log is an event.
    NoEvents,
    /// The object has no such call.
    NoCall {
        /// What was called.
        call: String,
        /// What can be called.
        known: &'static str,
    },
    /// An item of a priority queue that is no whole number.
    NoNumber(String),
    /// More different values than numbers for them.
    TooManyValues,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => write!(f, "this byte is no part of UTF-8 text"),
            Self::Expected { what, found } => write!(f, "expected {what}, found {found}"),
            Self::Missing(field) => write!(f, "the operation has no `{field}`"),
            Self::Twice(field) => write!(f, "`{field}` is there twice"),
            Self::UnknownField(field) => {
                write!(
                    f,
                    "no field is called `{field}`; there are process, call, key, value, answer, begun, ended"
                )
            }
            Self::Version(version) => {
                write!(f, "version {version} of the format; this program reads version 1")
            }
            Self::TooDeep => write!(f, "more than {} lists in each other", cursor::DEEPEST),
            Self::EndsBeforeItBegins => write!(f, "the operation ends before it begins"),
            Self::AnsweredWithoutEnd => write!(f, "the operation has an `answer`, but no `ended`"),
            Self::StillUnderWay { process, since } => write!(
                f,
                "process {process} asks, but its operation of line {since} is under way; `:info` ends one of unknown result"
            ),
            Self::OtherCall { asked, answered } => {
                write!(f, "`{asked}` was asked, and `{answered}` is answered")
            }
            Self::NotAsked(process) => write!(f, "process {process} is answered, but has asked nothing"),
            Self::NoEvents => {
                write!(f, "no line of it is an event, as in `INFO  jepsen.util - 2 :invoke :read nil`")
            }
            Self::NoCall { call, known } => {
                write!(f, "`{call}` is no call of this object; there are {known}")
            }
            Self::NoNumber(value) => {
                write!(f, "{value} has no place among whole numbers, so that it has no priority")
            }
            Self::TooManyValues => write!(f, "more than 2147483648 different values"),
        }
    }
}

/// The bytes as text.
///
/// # Errors
/// At the first byte that is no part of one.
pub fn text(bytes: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(bytes).map_err(|error| {
        let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        Failure::new(good.len(), Problem::NotUtf8).within(&good)
    })
}

/// What stands in the first line of a history, if that is a header.
///
/// # Errors
/// If it looks like one, and is none.
pub fn header_of(format: Format, text: &str) -> Result<Header<'_>, Error> {
    let start = text.len() - text.trim_start().len();
    let end = text[start..].find('\n').map_or(text.len(), |end| start + end);
    let line = &text[..end];
    match format {
        Format::JsonLines if json::is_header(line) => read(format, line, |_| Ok(())),
        _ => Ok(Header::default()),
    }
}

/// Reads a history, and gives its operations away, each as soon as it is known.
///
/// # Errors
/// Where the text is not written like that, or who takes the operations cannot use one.
pub fn read<'a>(
    format: Format,
    text: &'a str,
    mut take: impl FnMut(Record<'a>) -> Result<(), Problem>,
) -> Result<Header<'a>, Error> {
    let result = match format {
        Format::JsonLines => json::read(text, &mut take),
        Format::Edn => jepsen::read_edn(text, &mut take).map(|()| Header::default()),
        Format::Log => jepsen::read_log(text, &mut take).map(|()| Header::default()),
    };
    result.map_err(|failure| failure.within(text))
}

/// A problem at a byte of the text.
///
/// It is small, because every value that is read comes with the place for one.
#[derive(Debug)]
struct Failure(Box<(usize, Problem)>);

impl Failure {
    fn new(at: usize, problem: Problem) -> Self {
        Self(Box::new((at, problem)))
    }

    /// The same, so many bytes later.
    fn later(mut self, bytes: usize) -> Self {
        self.0.0 += bytes;
        self
    }

    fn within(self, text: &str) -> Error {
        let (at, problem) = *self.0;
        let (line, column) = Cursor::place(text, at);
        Error { line, column, problem }
    }
}
