//! Values in Clojure's notation, EDN, as far as histories need them: what is no number, text or list is kept by its letters.

use super::cursor::{Cursor, DEEPEST};
use super::{Failure, Problem, Value};
use std::borrow::Cow;

/// Goes on over what does not count: blanks, commas, and comments up to the end of their line.
pub(super) fn blanks(cursor: &mut Cursor<'_>) {
    loop {
        cursor.skip(|byte| byte.is_ascii_whitespace() || byte == b',');
        if cursor.peek() != Some(b';') {
            return;
        }
        let line = cursor.rest().split('\n').next().unwrap_or_default();
        cursor.advance(line.len());
    }
}

/// What stands between two blanks or brackets, as in `:ok` or `-3`.
pub(super) fn token<'a>(cursor: &mut Cursor<'a>) -> &'a str {
    let is_end = |letter: char| letter.is_whitespace() || ",;\"()[]{}".contains(letter);
    let rest = cursor.rest();
    let token = &rest[..rest.find(is_end).unwrap_or(rest.len())];
    cursor.advance(token.len());
    token
}

/// The value that is next. Blanks before it are skipped.
pub(super) fn value<'a>(cursor: &mut Cursor<'a>) -> Result<Value<'a>, Failure> {
    nested(cursor, 0)
}

fn nested<'a>(cursor: &mut Cursor<'a>, depth: usize) -> Result<Value<'a>, Failure> {
    blanks(cursor);
    let start = cursor.at();
    if depth > DEEPEST {
        return Err(cursor.fail(Problem::TooDeep));
    }
    match cursor.peek() {
        Some(b'"') => string(cursor).map(Value::Text),
        Some(b'[') => values(cursor, b']', depth).map(Value::List),
        Some(b'(') => values(cursor, b')', depth).map(Value::List),
        Some(b'{') => {
            values(cursor, b'}', depth)?;
            Ok(Value::Other(cursor.since(start).into()))
        }
        Some(b'#') => {
            tag(cursor);
            nested(cursor, depth + 1)?;
            Ok(Value::Other(cursor.since(start).into()))
        }
        _ => atom(cursor),
    }
}

/// A tag and the blanks behind it: of a set, it is empty.
pub(super) fn tag(cursor: &mut Cursor<'_>) {
    cursor.advance(1);
    token(cursor);
    blanks(cursor);
}

fn atom<'a>(cursor: &mut Cursor<'a>) -> Result<Value<'a>, Failure> {
    let before = cursor.clone();
    match token(cursor) {
        "" => Err(before.expected("a value")),
        "nil" => Ok(Value::Null),
        "true" => Ok(Value::Bool(true)),
        "false" => Ok(Value::Bool(false)),
        token => Ok(number(token).map_or(Value::Other(token.into()), |digits| Value::Number(digits.into()))),
    }
}

/// The digits, if it is a number: a whole one may say with an `N` that it has no bound.
fn number(token: &str) -> Option<&str> {
    let token = token.strip_prefix('+').unwrap_or(token);
    let digits = token.strip_prefix('-').unwrap_or(token);
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    match digits.bytes().all(|digit| digit.is_ascii_digit()) {
        true => Some(token),
        false => match token.strip_suffix('N') {
            Some(whole) => number(whole),
            None => token.parse::<f64>().ok().map(|_| token),
        },
    }
}

/// The values of a list, from its bracket to this one.
fn values<'a>(cursor: &mut Cursor<'a>, close: u8, depth: usize) -> Result<Vec<Value<'a>>, Failure> {
    cursor.advance(1);
    let mut values = Vec::new();
    loop {
        blanks(cursor);
        if cursor.eat(close) {
            return Ok(values);
        }
        if cursor.peek().is_none() {
            return Err(cursor.expected(if close == b'}' { "`}`" } else { "the end of a list" }));
        }
        values.push(nested(cursor, depth + 1)?);
    }
}

fn string<'a>(cursor: &mut Cursor<'a>) -> Result<Cow<'a, str>, Failure> {
    let open = cursor.clone();
    cursor.advance(1);
    let mut text = Cow::Borrowed("");
    let mut start = cursor.at();
    loop {
        match cursor.peek() {
            None => return Err(open.expected("a text that ends")),
            Some(b'"') => {
                append(&mut text, cursor.since(start));
                cursor.advance(1);
                return Ok(text);
            }
            Some(b'\\') => {
                append(&mut text, cursor.since(start));
                text.to_mut().push(escape(cursor)?);
                start = cursor.at();
            }
            Some(_) => cursor.step(),
        }
    }
}

fn append<'a>(text: &mut Cow<'a, str>, piece: &'a str) {
    match text.is_empty() {
        true => *text = Cow::Borrowed(piece),
        false => text.to_mut().push_str(piece),
    }
}

fn escape(cursor: &mut Cursor<'_>) -> Result<char, Failure> {
    let before = cursor.clone();
    cursor.advance(1);
    let letter = match cursor.peek() {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(byte @ (b'"' | b'\\')) => byte.into(),
        Some(b'u') => {
            let digits = cursor.rest().get(1..5).and_then(|digits| u32::from_str_radix(digits, 16).ok());
            let letter =
                digits.and_then(char::from_u32).ok_or_else(|| before.expected("an escape of EDN"))?;
            cursor.advance(5);
            return Ok(letter);
        }
        _ => return Err(before.expected("an escape of EDN")),
    };
    cursor.advance(1);
    Ok(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Value<'_>, Problem> {
        value(&mut Cursor::new(text)).map_err(|failure| failure.0.1)
    }

    fn number(digits: &str) -> Value<'_> {
        Value::Number(digits.into())
    }

    #[test]
    fn values_are_read_as_they_are_written() {
        assert_eq!(read(" nil"), Ok(Value::Null));
        assert_eq!(read(", true]"), Ok(Value::Bool(true)));
        assert_eq!(read("; a comment\n -3"), Ok(number("-3")));
        assert_eq!(read("+3"), Ok(number("3")));
        assert_eq!(read("12345678901234567890N"), Ok(number("12345678901234567890")));
        assert_eq!(read("1.5e3"), Ok(number("1.5e3")));
        assert_eq!(read("[1 (2)]"), Ok(Value::List(vec![number("1"), Value::List(vec![number("2")])])));
        assert_eq!(read(r#""x \"y\" \u00e4""#), Ok(Value::Text("x \"y\" ä".into())));
        assert_eq!(read(":timed-out "), Ok(Value::Other(":timed-out".into())));
        assert_eq!(read("#{:n1 [2]} 3"), Ok(Value::Other("#{:n1 [2]}".into())));
        assert_eq!(read("#a/b {:c \"}\"}"), Ok(Value::Other("#a/b {:c \"}\"}".into())));
    }

    #[test]
    fn what_does_not_end_is_told() {
        assert!(read("[1 2").is_err() && read("\"x").is_err() && read("{:a").is_err() && read("]").is_err());
        assert_eq!(read(&"[".repeat(100_000)), Err(Problem::TooDeep));
        assert_eq!(read(&"#a ".repeat(100_000)), Err(Problem::TooDeep));
    }
}
