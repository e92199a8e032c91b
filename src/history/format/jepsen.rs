//! Events, as Jepsen writes them, and the operations that they amount to.

use super::cursor::Cursor;
use super::edn::{self, blanks, tag, token};
use super::{Answer, Failure, Problem, Record, Value};
use crate::history::log::NEVER;
use hashbrown::HashMap;

/// What an event says of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Invoke,
    Ok,
    Fail,
    Info,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        match name {
            ":invoke" => Some(Self::Invoke),
            ":ok" => Some(Self::Ok),
            ":fail" => Some(Self::Fail),
            ":info" => Some(Self::Info),
            _ => None,
        }
    }
}

/// An event of a numbered process.
#[derive(Clone, Debug)]
struct Event<'a> {
    process: u32,
    kind: Kind,
    call: &'a str,
    key: Option<Value<'a>>,
    value: Value<'a>,
    /// Whether it says why it failed.
    has_reason: bool,
    at: usize,
}

/// Events one after the other, or in one list.
pub(super) fn read_edn<'a>(
    text: &'a str,
    take: &mut impl FnMut(Record<'a>) -> Result<(), Problem>,
) -> Result<(), Failure> {
    let mut cursor = Cursor::new(text);
    let mut pairs = Pairs::of(text, false);
    let close = enter(&mut cursor);
    loop {
        blanks(&mut cursor);
        match (cursor.peek(), close) {
            (None, None) => return pairs.end(take),
            (Some(byte), Some(close)) if byte == close => break,
            _ => {}
        }
        if let Some(event) = form(&mut cursor)? {
            pairs.push(event, take)?;
        }
    }
    cursor.advance(1);
    blanks(&mut cursor);
    match cursor.peek() {
        None => pairs.end(take),
        Some(_) => Err(cursor.expected("the end of the text")),
    }
}

/// Goes into the list of all events, and gives its end. A vector without another form in it is an event.
fn enter(cursor: &mut Cursor<'_>) -> Option<u8> {
    blanks(cursor);
    let mut inside = cursor.clone();
    let close = match inside.peek()? {
        b'[' => b']',
        b'(' => b')',
        _ => return None,
    };
    inside.advance(1);
    blanks(&mut inside);
    if !matches!(inside.peek(), Some(b'[' | b'{' | b'#' | b']' | b')')) {
        return None;
    }
    *cursor = inside;
    Some(close)
}

/// An event as a map or a vector; `None` if it is not of a numbered process.
fn form<'a>(cursor: &mut Cursor<'a>) -> Result<Option<Event<'a>>, Failure> {
    let at = cursor.at();
    if cursor.peek() == Some(b'#') {
        tag(cursor);
    }
    match cursor.peek() {
        Some(b'{') => map(cursor, at),
        Some(b'[') => {
            cursor.advance(1);
            let event = parts(cursor, at)?;
            loop {
                blanks(cursor);
                match cursor.peek() {
                    Some(b']') => break,
                    None => return Err(cursor.expected("`]`")),
                    Some(_) => drop(edn::value(cursor)?),
                }
            }
            cursor.advance(1);
            Ok(event)
        }
        _ => Err(cursor.expected("an event, `{:process 0, :type :invoke, …}` or `[0 :invoke …]`")),
    }
}

/// `0 :invoke :read nil` and, of a failure, its reason.
fn parts<'a>(cursor: &mut Cursor<'a>, at: usize) -> Result<Option<Event<'a>>, Failure> {
    let process = process(cursor)?;
    let kind = kind(cursor)?;
    let call = call(cursor)?;
    blanks(cursor);
    let ends = |cursor: &Cursor<'_>| matches!(cursor.peek(), None | Some(b']'));
    let value = if ends(cursor) { Value::Null } else { edn::value(cursor)? };
    blanks(cursor);
    // Porcupine's own logs say in which order it may look at operations; that is no reason.
    let has_reason = !ends(cursor) && !cursor.rest().starts_with(":hint");
    Ok(process.map(|process| Event { process, kind, call, key: None, value, has_reason, at }))
}

/// The fields of a map that count.
#[derive(Default)]
struct Fields<'a> {
    process: Option<Option<u32>>,
    kind: Option<Kind>,
    call: Option<&'a str>,
    key: Option<Value<'a>>,
    value: Option<Value<'a>>,
    has_reason: bool,
}

fn map<'a>(cursor: &mut Cursor<'a>, at: usize) -> Result<Option<Event<'a>>, Failure> {
    let before = cursor.clone();
    let mut found = Fields::default();
    cursor.advance(1);
    loop {
        blanks(cursor);
        if cursor.eat(b'}') {
            break;
        }
        let name = cursor.clone();
        let is_first = match token(cursor) {
            ":process" => found.process.replace(process(cursor)?).is_none(),
            ":type" => found.kind.replace(kind(cursor)?).is_none(),
            ":f" => found.call.replace(call(cursor)?).is_none(),
            ":key" => found.key.replace(edn::value(cursor)?).is_none(),
            ":value" => found.value.replace(edn::value(cursor)?).is_none(),
            ":error" => {
                edn::value(cursor)?;
                !std::mem::replace(&mut found.has_reason, true)
            }
            key if key.starts_with(':') => edn::value(cursor).map(|_| true)?,
            _ => return Err(name.expected("a field, as in `:process`, or `}`")),
        };
        if !is_first {
            return Err(name.fail(Problem::Twice(token(&mut name.clone()).to_owned())));
        }
    }
    found.event(at).map_err(|problem| before.fail(problem))
}

impl<'a> Fields<'a> {
    fn event(self, at: usize) -> Result<Option<Event<'a>>, Problem> {
        let kind = self.kind.ok_or(Problem::Missing(":type"))?;
        let Some(process) = self.process.ok_or(Problem::Missing(":process"))? else { return Ok(None) };
        Ok(Some(Event {
            process,
            kind,
            call: self.call.ok_or(Problem::Missing(":f"))?,
            key: self.key,
            value: self.value.unwrap_or(Value::Null),
            has_reason: self.has_reason,
            at,
        }))
    }
}

/// The number of a process; `None` of one that has another name.
fn process(cursor: &mut Cursor<'_>) -> Result<Option<u32>, Failure> {
    const WHAT: &str = "a process: a number below 2³², or a keyword";
    blanks(cursor);
    let before = cursor.clone();
    match edn::value(cursor)? {
        Value::Other(name) if name.starts_with(':') => Ok(None),
        value => value.number().map(Some).ok_or_else(|| before.expected(WHAT)),
    }
}

fn kind(cursor: &mut Cursor<'_>) -> Result<Kind, Failure> {
    blanks(cursor);
    let before = cursor.clone();
    Kind::of(token(cursor)).ok_or_else(|| before.expected("`:invoke`, `:ok`, `:fail` or `:info`"))
}

fn call<'a>(cursor: &mut Cursor<'a>) -> Result<&'a str, Failure> {
    blanks(cursor);
    let before = cursor.clone();
    match token(cursor) {
        "nil" => Ok("nil"),
        name => name.strip_prefix(':').ok_or_else(|| before.expected("a call, as in `:read`")),
    }
}

/// Lines of a log, those of others between them.
pub(super) fn read_log<'a>(
    text: &'a str,
    take: &mut impl FnMut(Record<'a>) -> Result<(), Problem>,
) -> Result<(), Failure> {
    let mut pairs = Pairs::of(text, true);
    let mut at = 0;
    let mut is_log = false;
    for line in text.split_inclusive('\n') {
        if let Some((offset, parts_of_line)) = event_of(line) {
            let inside = |failure: Failure| failure.later(at + offset);
            let event = parts(&mut Cursor::new(parts_of_line), at + offset).map_err(inside)?;
            is_log = true;
            if let Some(event) = event {
                pairs.push(event, take)?;
            }
        }
        at += line.len();
    }
    let start = Cursor::new(text);
    if is_log { pairs.end(take) } else { Err(start.fail(Problem::NoEvents)) }
}

/// What follows ` - ` in a line that is an event: a process and what it does.
fn event_of(line: &str) -> Option<(usize, &str)> {
    let line = line.trim_end();
    let offset = line.find(" - ")? + " - ".len();
    let parts = &line[offset..];
    let mut words = parts.split_whitespace();
    words.next()?;
    Kind::of(words.next()?)?;
    Some((offset, parts))
}

/// Invocations that wait for their end.
struct Pairs<'a> {
    text: &'a str,
    /// Whether a compare-and-set that fails without a reason has found another value. Jepsen says only that nothing was changed.
    refuses: bool,
    asked: HashMap<u32, (Event<'a>, u64)>,
    /// Of those whose result is unknown, in their order.
    open: Vec<(Event<'a>, u64)>,
    time: u64,
}

impl<'a> Pairs<'a> {
    fn of(text: &'a str, refuses: bool) -> Self {
        Self { text, refuses, asked: HashMap::new(), open: Vec::new(), time: 0 }
    }

    fn push(
        &mut self,
        event: Event<'a>,
        take: &mut impl FnMut(Record<'a>) -> Result<(), Problem>,
    ) -> Result<(), Failure> {
        let (process, at, now) = (event.process, event.at, self.time);
        let failure = |problem| Failure::new(at, problem);
        self.time += 1;
        if event.kind == Kind::Invoke {
            return match self.asked.insert(process, (event, now)) {
                None => Ok(()),
                Some((before, _)) => {
                    let since = Cursor::place(self.text, before.at).0;
                    Err(failure(Problem::StillUnderWay { process, since }))
                }
            };
        }
        let Some((asked, begun)) = self.asked.remove(&process) else {
            // That something of unknown result has crashed is sometimes said twice.
            return if event.kind == Kind::Info { Ok(()) } else { Err(failure(Problem::NotAsked(process))) };
        };
        if asked.call != event.call {
            return Err(failure(Problem::OtherCall {
                asked: asked.call.to_owned(),
                answered: event.call.to_owned(),
            }));
        }
        let answer = match event.kind {
            Kind::Fail if self.refuses && asked.call == "cas" && !event.has_reason => Answer::Refused,
            Kind::Fail => return Ok(()),
            Kind::Ok => Answer::Done(event.value),
            Kind::Info | Kind::Invoke => {
                self.open.push((asked, begun));
                return Ok(());
            }
        };
        take(record(asked, answer, begun, now)).map_err(failure)
    }

    /// What has never ended is known only now.
    fn end(self, take: &mut impl FnMut(Record<'a>) -> Result<(), Problem>) -> Result<(), Failure> {
        let mut open = self.open;
        open.extend(self.asked.into_values());
        open.sort_by_key(|(_, begun)| *begun);
        for (event, begun) in open {
            let at = event.at;
            take(record(event, Answer::Unknown, begun, NEVER))
                .map_err(|problem| Failure::new(at, problem))?;
        }
        Ok(())
    }
}

fn record<'a>(asked: Event<'a>, answer: Answer<'a>, begun: u64, ended: u64) -> Record<'a> {
    let Event { process, call, key, value, .. } = asked;
    Record { process, call, key, value: Some(value), answer, begun, ended }
}
