//! What a reader gives: operations whose calls and values are words.

use crate::history::log::NEVER;
use std::borrow::Cow;
use std::fmt;

/// One operation, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// The thread or process that asked.
    pub process: u32,
    /// What was asked.
    pub call: &'a str,
    /// Of which part of the object.
    pub key: Option<Value<'a>>,
    /// What the call was given.
    pub value: Option<Value<'a>>,
    /// What came back.
    pub answer: Answer<'a>,
    /// When it began.
    pub begun: u64,
    /// When it ended, or [`NEVER`].
    pub ended: u64,
}

impl Record<'_> {
    /// Whether it has ended.
    pub const fn has_ended(&self) -> bool {
        self.ended != NEVER
    }
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<'a> {
    /// Nobody knows.
    Unknown,
    /// This is the answer.
    Given(Value<'a>),
    /// It was done; where it asks for a value, this is the value, and otherwise it says nothing.
    Done(Value<'a>),
    /// It was refused, and nothing was changed.
    Refused,
}

/// What stands in the first line of a history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header<'a> {
    /// The object that it is a history of.
    pub spec: Option<Cow<'a, str>>,
    /// The value with which a register begins.
    pub initial: Option<Value<'a>>,
}

/// A value, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// `null`, `nil`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number, by its digits.
    Number(Cow<'a, str>),
    /// A text.
    Text(Cow<'a, str>),
    /// Some values.
    List(Vec<Value<'a>>),
    /// Anything else, by its letters.
    Other(Cow<'a, str>),
}

impl Value<'_> {
    /// The same, apart from the text that it was read from.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Number(digits) => Value::Number(digits.into_owned().into()),
            Self::Text(text) => Value::Text(text.into_owned().into()),
            Self::List(values) => Value::List(values.into_iter().map(Value::into_owned).collect()),
            Self::Other(letters) => Value::Other(letters.into_owned().into()),
        }
    }

    /// The number, if it is one that fits.
    pub fn number<N: std::str::FromStr>(&self) -> Option<N> {
        match self {
            Self::Number(digits) => digits.parse().ok(),
            _ => None,
        }
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(digits) => f.write_str(digits),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::List(values) => {
                f.write_str("[")?;
                for (index, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if index == 0 { "" } else { " " })?;
                }
                f.write_str("]")
            }
            Self::Other(letters) => f.write_str(letters),
        }
    }
}
