//! Key-value stores.

use super::{Words, Written, done, expected, given, no_call, returned};
use crate::history::format::{Names, Problem, Record, Value};
use crate::spec::{KvAnswer, KvCall};
use std::sync::Arc;

impl Written for KvCall {
    type Answer = KvAnswer;
    const CALLS: &'static str = "get (read), put (write) and append";
    const HAS_KEYS: bool = true;

    fn read(record: &Record<'_>, names: &mut Names) -> Result<(Self, Option<KvAnswer>), Problem> {
        let key = names.label(record.key.as_ref().ok_or(Problem::Missing("key"))?)?;
        match record.call {
            "get" | "read" => {
                Ok((Self::Get(key), returned(record).map(text).transpose()?.map(KvAnswer::Value)))
            }
            "put" | "write" => {
                Ok((Self::Put(key, text(given(record)?)?), done(record)?.map(|()| KvAnswer::Done)))
            }
            "append" => {
                Ok((Self::Append(key, text(given(record)?)?), done(record)?.map(|()| KvAnswer::Done)))
            }
            _ => Err(no_call::<Self>(record)),
        }
    }

    fn write<'a>(&'a self, answer: Option<&'a KvAnswer>, names: &'a Names) -> Words<'a> {
        let text = |text: &'a Arc<str>| Value::Text((&**text).into());
        let (call, value) = match self {
            Self::Get(_) => ("get", None),
            Self::Put(_, value) => ("put", Some(text(value))),
            Self::Append(_, value) => ("append", Some(text(value))),
        };
        let answer = answer.map(|answer| match answer {
            KvAnswer::Value(value) => text(value),
            KvAnswer::Done => Value::Bool(true),
        });
        Words { call, key: Some(names.value(self.key())), value, answer }
    }

    fn show(&self, answer: Option<&KvAnswer>, names: &Names) -> String {
        let key = names.name(self.key());
        match (self, answer) {
            (Self::Get(_), Some(KvAnswer::Value(value))) => format!("get {key} → {value:?}"),
            (Self::Get(_), _) => format!("get {key} → ?"),
            (Self::Put(_, value), _) => format!("put {key} {value:?}"),
            (Self::Append(_, value), _) => format!("append {key} {value:?}"),
        }
    }
}

/// A value as text; where nothing is, that is the empty one.
fn text(value: &Value<'_>) -> Result<Arc<str>, Problem> {
    match value {
        Value::Text(text) | Value::Number(text) | Value::Other(text) => Ok((&**text).into()),
        Value::Bool(value) => Ok(value.to_string().into()),
        Value::Null => Ok(Arc::default()),
        Value::List(_) => Err(expected("a text", value)),
    }
}
