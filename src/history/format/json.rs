//! JSON lines (RFC 8259, a value a line), as far as histories need them.
//!
//! By hand, because a history of a million operations is to be read in less time than it is judged, without a value in
//! between, with the place of every error, and in builds that have no JSON otherwise.

use super::cursor::{Cursor, DEEPEST};
use super::{Answer, Failure, Header, Problem, Record, Value};
use crate::history::log::NEVER;
use std::borrow::Cow;
use std::fmt::Write as _;

/// The version of the format.
const VERSION: u64 = 1;
/// The first field of a header.
const HEADER: &str = "\"refectory\"";

pub(super) fn read<'a>(
    text: &'a str,
    take: &mut impl FnMut(Record<'a>) -> Result<(), Problem>,
) -> Result<Header<'a>, Failure> {
    let mut cursor = Cursor::new(text);
    let mut header = None;
    loop {
        cursor.skip(|byte| byte.is_ascii_whitespace());
        let start = cursor.clone();
        if cursor.peek().is_none() {
            return Ok(header.unwrap_or_default());
        }
        cursor.expect(b'{', "an operation, `{…}`")?;
        blanks(&mut cursor);
        if header.is_none() && cursor.rest().starts_with(HEADER) {
            header = Some(read_header(&mut cursor)?);
        } else {
            header.get_or_insert_default();
            let record = read_record(&mut cursor, &start)?;
            take(record).map_err(|problem| start.fail(problem))?;
        }
        blanks(&mut cursor);
        if cursor.peek().is_some_and(|byte| byte != b'\n') {
            return Err(cursor.expected("the end of the line"));
        }
    }
}

/// Whether the text begins with a header.
pub(super) fn is_header(text: &str) -> bool {
    let fields = text.trim_start().strip_prefix('{').unwrap_or_default();
    fields.trim_start_matches([' ', '\t', '\r']).starts_with(HEADER)
}

/// What may stand between two parts of a line.
fn blanks(cursor: &mut Cursor<'_>) {
    cursor.skip(|byte| matches!(byte, b' ' | b'\t' | b'\r'));
}

/// The fields up to the end of the object. Where a field is unknown the place is that of its name.
fn fields<'a>(
    cursor: &mut Cursor<'a>,
    mut field: impl FnMut(&str, &mut Cursor<'a>) -> Result<bool, Failure>,
) -> Result<(), Failure> {
    blanks(cursor);
    if cursor.eat(b'}') {
        return Ok(());
    }
    loop {
        blanks(cursor);
        let before = cursor.clone();
        let name = string(cursor)?;
        blanks(cursor);
        cursor.expect(b':', "`:`")?;
        blanks(cursor);
        let start = cursor.at();
        if !field(&name, cursor)? {
            let problem = match cursor.at() == start {
                true => Problem::UnknownField(name.into_owned()),
                false => Problem::Twice(name.into_owned()),
            };
            return Err(before.fail(problem));
        }
        blanks(cursor);
        if !cursor.eat(b',') {
            return cursor.expect(b'}', "`,` or `}`");
        }
    }
}

/// Keeps what was read, unless there is something already.
fn fill<T>(place: &mut Option<T>, value: T) -> bool {
    let is_first = place.is_none();
    *place = Some(value);
    is_first
}

fn read_header<'a>(cursor: &mut Cursor<'a>) -> Result<Header<'a>, Failure> {
    let (mut version, mut spec, mut initial) = (None, None, None);
    fields(cursor, |name, cursor| {
        Ok(match name {
            "refectory" => {
                let before = cursor.clone();
                let number = whole_number(cursor)?;
                if number != VERSION {
                    return Err(before.fail(Problem::Version(number.to_string())));
                }
                fill(&mut version, number)
            }
            "spec" => fill(&mut spec, string(cursor)?),
            "initial" => fill(&mut initial, value(cursor, 0)?),
            _ => false,
        })
    })?;
    Ok(Header { spec, initial })
}

/// The fields of an operation.
#[derive(Default)]
struct Fields<'a> {
    process: Option<u32>,
    call: Option<&'a str>,
    key: Option<Value<'a>>,
    value: Option<Value<'a>>,
    answer: Option<Value<'a>>,
    begun: Option<u64>,
    /// `null` is as good as nothing.
    ended: Option<Option<u64>>,
}

fn read_record<'a>(cursor: &mut Cursor<'a>, start: &Cursor<'a>) -> Result<Record<'a>, Failure> {
    let mut found = Fields::default();
    fields(cursor, |name, cursor| {
        Ok(match name {
            "process" => fill(&mut found.process, process(cursor)?),
            "call" => fill(&mut found.call, word(cursor)?),
            "key" => fill(&mut found.key, value(cursor, 0)?),
            "value" => fill(&mut found.value, value(cursor, 0)?),
            "answer" => fill(&mut found.answer, value(cursor, 0)?),
            "begun" => fill(&mut found.begun, whole_number(cursor)?),
            "ended" => fill(&mut found.ended, end(cursor)?),
            _ => false,
        })
    })?;
    found.record().map_err(|problem| start.fail(problem))
}

impl<'a> Fields<'a> {
    fn record(self) -> Result<Record<'a>, Problem> {
        let begun = self.begun.ok_or(Problem::Missing("begun"))?;
        let ended = self.ended.flatten().unwrap_or(NEVER);
        if ended < begun {
            return Err(Problem::EndsBeforeItBegins);
        }
        if ended == NEVER && self.answer.is_some() {
            return Err(Problem::AnsweredWithoutEnd);
        }
        Ok(Record {
            process: self.process.ok_or(Problem::Missing("process"))?,
            call: self.call.ok_or(Problem::Missing("call"))?,
            key: self.key,
            value: self.value,
            answer: self.answer.map_or(Answer::Unknown, Answer::Given),
            begun,
            ended,
        })
    }
}

fn process(cursor: &mut Cursor<'_>) -> Result<u32, Failure> {
    let before = cursor.clone();
    let number = whole_number(cursor)?;
    u32::try_from(number).map_err(|_| before.expected("the number of a process, below 2³²"))
}

fn end(cursor: &mut Cursor<'_>) -> Result<Option<u64>, Failure> {
    if cursor.rest().starts_with("null") {
        cursor.advance("null".len());
        return Ok(None);
    }
    whole_number(cursor).map(Some)
}

/// A number that is a time.
fn whole_number(cursor: &mut Cursor<'_>) -> Result<u64, Failure> {
    const WHAT: &str = "a whole number from 0 on";
    let before = cursor.clone();
    let digits = cursor.skip(|byte| byte.is_ascii_digit());
    let goes_on = matches!(cursor.peek(), Some(b'.' | b'e' | b'E'));
    let number = digits.parse().ok().filter(|number| *number != NEVER);
    number.filter(|_| !goes_on && is_plain(digits)).ok_or_else(|| before.expected(WHAT))
}

/// Whether there is a digit, and no 0 before others.
fn is_plain(digits: &str) -> bool {
    !digits.is_empty() && (digits.len() == 1 || !digits.starts_with('0'))
}

/// A text that needs no escapes.
fn word<'a>(cursor: &mut Cursor<'a>) -> Result<&'a str, Failure> {
    let before = cursor.clone();
    match string(cursor)? {
        Cow::Borrowed(word) => Ok(word),
        Cow::Owned(_) => Err(before.expected("a word without escapes")),
    }
}

fn value<'a>(cursor: &mut Cursor<'a>, depth: usize) -> Result<Value<'a>, Failure> {
    const WHAT: &str = "a number, a text, true, false, null or a list of them";
    match cursor.peek() {
        Some(b'"') => string(cursor).map(Value::Text),
        Some(b'-' | b'0'..=b'9') => number(cursor).map(|digits| Value::Number(digits.into())),
        Some(b'[') if depth < DEEPEST => list(cursor, depth),
        Some(b'[') => Err(cursor.fail(Problem::TooDeep)),
        _ => {
            let before = cursor.clone();
            match cursor.skip(|byte| byte.is_ascii_alphanumeric()) {
                "null" => Ok(Value::Null),
                "true" => Ok(Value::Bool(true)),
                "false" => Ok(Value::Bool(false)),
                _ => Err(before.expected(WHAT)),
            }
        }
    }
}

fn list<'a>(cursor: &mut Cursor<'a>, depth: usize) -> Result<Value<'a>, Failure> {
    let mut values = Vec::new();
    cursor.expect(b'[', "`[`")?;
    blanks(cursor);
    if cursor.eat(b']') {
        return Ok(Value::List(values));
    }
    loop {
        blanks(cursor);
        values.push(value(cursor, depth + 1)?);
        blanks(cursor);
        if !cursor.eat(b',') {
            return cursor.expect(b']', "`,` or `]`").map(|()| Value::List(values));
        }
    }
}

fn number<'a>(cursor: &mut Cursor<'a>) -> Result<&'a str, Failure> {
    let before = cursor.clone();
    let mut good = true;
    cursor.eat(b'-');
    good &= is_plain(cursor.skip(|byte| byte.is_ascii_digit()));
    if cursor.eat(b'.') {
        good &= !cursor.skip(|byte| byte.is_ascii_digit()).is_empty();
    }
    if matches!(cursor.peek(), Some(b'e' | b'E')) {
        cursor.advance(1);
        let _sign = cursor.eat(b'+') || cursor.eat(b'-');
        good &= !cursor.skip(|byte| byte.is_ascii_digit()).is_empty();
    }
    if good { Ok(cursor.since(before.at())) } else { Err(before.expected("a number")) }
}

fn string<'a>(cursor: &mut Cursor<'a>) -> Result<Cow<'a, str>, Failure> {
    cursor.expect(b'"', "a text in quotation marks")?;
    let plain = unescaped(cursor);
    if cursor.eat(b'"') {
        return Ok(Cow::Borrowed(plain));
    }
    let mut text = plain.to_owned();
    loop {
        match cursor.peek() {
            Some(b'\\') => text.push(escape(cursor)?),
            _ => return cursor.expect(b'"', "`\"`").map(|()| Cow::Owned(text)),
        }
        text.push_str(unescaped(cursor));
    }
}

/// What stands for itself in a string.
fn unescaped<'a>(cursor: &mut Cursor<'a>) -> &'a str {
    let is_usual = |byte: u8| !matches!(byte, b'"' | b'\\' | 0..=0x1F);
    let rest = cursor.rest();
    let piece = &rest[..rest.bytes().position(|byte| !is_usual(byte)).unwrap_or(rest.len())];
    cursor.advance(piece.len());
    piece
}

/// A character behind a backslash.
fn escape(cursor: &mut Cursor<'_>) -> Result<char, Failure> {
    let before = cursor.clone();
    cursor.advance(1);
    let kind = cursor.peek();
    let plain = match kind {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{C}',
        Some(byte @ (b'"' | b'\\' | b'/')) => byte.into(),
        Some(b'u') => {
            cursor.advance(1);
            return unicode(cursor).ok_or_else(|| before.expected("an escape of JSON"));
        }
        _ => return Err(before.expected("an escape of JSON")),
    };
    cursor.advance(1);
    Ok(plain)
}

/// A character by its number in UTF-16.
fn unicode(cursor: &mut Cursor<'_>) -> Option<char> {
    let first = four_digits(cursor)?;
    let mut units = vec![first];
    if (0xD800..0xDC00).contains(&first) && cursor.eat(b'\\') && cursor.eat(b'u') {
        units.push(four_digits(cursor)?);
    }
    char::decode_utf16(units).collect::<Result<String, _>>().ok()?.chars().next()
}

fn four_digits(cursor: &mut Cursor<'_>) -> Option<u16> {
    let digits =
        cursor.rest().get(..4).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
    cursor.advance(4);
    u16::from_str_radix(digits, 16).ok()
}

/// The first line of a history, without its end.
pub fn header(header: &Header<'_>) -> String {
    let mut line = format!("{{\"refectory\":{VERSION}");
    if let Some(spec) = &header.spec {
        line.push_str(",\"spec\":");
        write_string(&mut line, spec);
    }
    if let Some(initial) = &header.initial {
        line.push_str(",\"initial\":");
        write_value(&mut line, initial);
    }
    line.push('}');
    line
}

/// The line of an operation, without its end.
pub fn line(record: &Record<'_>) -> String {
    let mut line = String::with_capacity(96);
    let _ = write!(line, "{{\"process\":{},\"call\":", record.process);
    write_string(&mut line, record.call);
    let answer = match &record.answer {
        Answer::Unknown => None,
        Answer::Given(value) | Answer::Done(value) => Some(Cow::Borrowed(value)),
        Answer::Refused => Some(Cow::Owned(Value::Bool(false))),
    };
    let values =
        [("key", record.key.as_ref()), ("value", record.value.as_ref()), ("answer", answer.as_deref())];
    for (name, value) in values {
        if let Some(value) = value {
            let _ = write!(line, ",\"{name}\":");
            write_value(&mut line, value);
        }
    }
    let _ = write!(line, ",\"begun\":{}", record.begun);
    if record.has_ended() {
        let _ = write!(line, ",\"ended\":{}", record.ended);
    }
    line.push('}');
    line
}

fn write_value(line: &mut String, value: &Value<'_>) {
    match value {
        Value::Null => line.push_str("null"),
        Value::Bool(value) => drop(write!(line, "{value}")),
        Value::Number(digits) => line.push_str(digits),
        Value::Text(text) => write_string(line, text),
        Value::Other(letters) => write_string(line, letters),
        Value::List(values) => {
            line.push('[');
            for (index, value) in values.iter().enumerate() {
                line.push_str(if index == 0 { "" } else { "," });
                write_value(line, value);
            }
            line.push(']');
        }
    }
}

fn write_string(line: &mut String, text: &str) {
    line.push('"');
    for letter in text.chars() {
        match letter {
            '"' => line.push_str("\\\""),
            '\\' => line.push_str("\\\\"),
            '\n' => line.push_str("\\n"),
            '\t' => line.push_str("\\t"),
            '\r' => line.push_str("\\r"),
            '\0'..='\x1F' => drop(write!(line, "\\u{:04x}", u32::from(letter))),
            _ => line.push(letter),
        }
    }
    line.push('"');
}
