//! How the calls and answers of each object are written, so that [histories as text](crate::history::format) become typed
//! logs, and the other way round.

mod kv;
mod queue;
mod register;
mod set;
#[cfg(test)]
mod tests;

use crate::history::format::{self, Answer, Error, Format, Header, Names, Problem, Record, Value};
use crate::history::log::Entry;
use hashbrown::HashMap;
use std::fmt::Debug;

pub use self::queue::in_order;
pub use self::register::begin_with;

/// A call that can be written down, with its answer.
pub trait Written: Clone + Debug + Sized {
    /// What can be answered.
    type Answer: Clone + Debug;
    /// What can be called, for people.
    const CALLS: &'static str;
    /// Whether a key says where in the object. Otherwise it says which of several objects.
    const HAS_KEYS: bool = false;

    /// The call and its answer.
    ///
    /// # Errors
    /// If the object has no such call, or it has no such values.
    fn read(record: &Record<'_>, names: &mut Names) -> Result<(Self, Option<Self::Answer>), Problem>;

    /// The words for it.
    fn write<'a>(&'a self, answer: Option<&'a Self::Answer>, names: &'a Names) -> Words<'a>;

    /// It and its answer in one short text, as in `push 7` or `pop → empty`.
    fn show(&self, answer: Option<&Self::Answer>, names: &Names) -> String;
}

/// A call and its answer in the words of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words<'a> {
    /// What was asked.
    pub call: &'static str,
    /// Where.
    pub key: Option<Value<'a>>,
    /// What the call was given.
    pub value: Option<Value<'a>>,
    /// What came back.
    pub answer: Option<Value<'a>>,
}

/// The operations of one object in real time.
pub type Entries<C> = Vec<Entry<C, <C as Written>::Answer>>;

/// A history that was read: a log for each object in it.
#[derive(Clone, Debug)]
pub struct Logs<C: Written> {
    /// The key of each object and its operations; nearly always it is one, without a key.
    pub objects: Vec<(Option<u32>, Entries<C>)>,
    /// What the labels stand for.
    pub names: Names,
}

impl<C: Written> Default for Logs<C> {
    fn default() -> Self {
        Self { objects: Vec::new(), names: Names::default() }
    }
}

impl<C: Written> Logs<C> {
    /// How many operations there are.
    pub fn operations(&self) -> usize {
        self.objects.iter().map(|(_, log)| log.len()).sum()
    }
}

/// Reads a history.
///
/// With `tuples` each value is a list of a key and a value, as those of Jepsen's `independent` are.
///
/// # Errors
/// Where the text is not written in this format, or not a history of this object.
pub fn read<'a, C: Written>(
    format: Format,
    text: &'a str,
    tuples: bool,
) -> Result<(Header<'a>, Logs<C>), Error> {
    let mut logs = Logs::default();
    let mut places = HashMap::new();
    // Nearly always the next operation is one of the same object.
    let mut last = None;
    let header = format::read(format, text, |mut record| {
        if tuples {
            untie(&mut record)?;
        }
        let (call, answer) = C::read(&record, &mut logs.names)?;
        let key = record.key.as_ref().filter(|_| !C::HAS_KEYS);
        let key = key.map(|key| logs.names.label(key)).transpose()?;
        let place = match last {
            Some((same, place)) if same == key => place,
            _ => *places.entry(key).or_insert_with(|| {
                logs.objects.push((key, Vec::new()));
                logs.objects.len() - 1
            }),
        };
        last = Some((key, place));
        let Record { process, begun, ended, .. } = record;
        logs.objects[place].1.push(Entry { process, call, answer, begun, ended });
        Ok(())
    })?;
    Ok((header, logs))
}

/// Takes the keys out of `[key value]`.
fn untie(record: &mut Record<'_>) -> Result<(), Problem> {
    let value = record.value.as_mut().ok_or(Problem::Missing("value"))?;
    record.key = Some(key_of(value)?);
    match &mut record.answer {
        Answer::Done(value) => key_of(value).map(drop),
        _ => Ok(()),
    }
}

/// Takes the key out of one, and leaves the value.
fn key_of<'a>(tuple: &mut Value<'a>) -> Result<Value<'a>, Problem> {
    match tuple {
        Value::List(both) if both.len() == 2 => {
            let value = both.pop().unwrap_or(Value::Null);
            let key = both.pop().unwrap_or(Value::Null);
            *tuple = value;
            Ok(key)
        }
        other => Err(expected("a tuple of a key and a value", other)),
    }
}

/// Writes the history of an object as JSON lines.
pub fn write<C: Written>(header: &Header<'_>, log: &[Entry<C, C::Answer>], names: &Names) -> String {
    let mut text = format::header(header) + "\n";
    for entry in log {
        let Entry { process, call, answer, begun, ended } = entry;
        let words = call.write(answer.as_ref(), names);
        let record = Record {
            process: *process,
            call: words.call,
            key: words.key,
            value: words.value,
            answer: words.answer.map_or(Answer::Unknown, Answer::Given),
            begun: *begun,
            ended: *ended,
        };
        text += &format::line(&record);
        text.push('\n');
    }
    text
}

/// That a value is none of those that could stand there.
fn expected(what: &'static str, found: &Value<'_>) -> Problem {
    Problem::Expected { what, found: format!("`{found}`") }
}

fn no_call<C: Written>(record: &Record<'_>) -> Problem {
    Problem::NoCall { call: record.call.to_owned(), known: C::CALLS }
}

/// What the call was given.
fn given<'r, 'a>(record: &'r Record<'a>) -> Result<&'r Value<'a>, Problem> {
    record.value.as_ref().ok_or(Problem::Missing("value"))
}

/// Whether it was done, of a call whose answer is no value; `None` if that is not known.
fn success(record: &Record<'_>) -> Result<Option<bool>, Problem> {
    match &record.answer {
        Answer::Unknown => Ok(None),
        Answer::Given(Value::Bool(done)) => Ok(Some(*done)),
        Answer::Given(other) => Err(expected("the answer true or false", other)),
        Answer::Done(_) => Ok(Some(true)),
        Answer::Refused => Ok(Some(false)),
    }
}

/// The same of a call that cannot fail.
fn done(record: &Record<'_>) -> Result<Option<()>, Problem> {
    match success(record)? {
        None => Ok(None),
        Some(true) => Ok(Some(())),
        Some(false) => Err(expected("the answer true", &Value::Bool(false))),
    }
}

/// The value that came back; `None` if it is not known.
fn returned<'r, 'a>(record: &'r Record<'a>) -> Option<&'r Value<'a>> {
    match &record.answer {
        Answer::Given(value) | Answer::Done(value) => Some(value),
        Answer::Unknown | Answer::Refused => None,
    }
}

/// A call and its answer, of which one might be left out.
fn arrow(call: String, answer: Option<String>) -> String {
    match answer {
        Some(answer) => format!("{call} → {answer}"),
        None => call,
    }
}
