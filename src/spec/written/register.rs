//! Registers.

use super::{Logs, Words, Written, arrow, done, expected, given, no_call, returned, success};
use crate::history::format::{Names, Problem, Record, Value};
use crate::spec::{RegisterAnswer, RegisterCall, RegisterSpec};

impl Written for RegisterCall {
    type Answer = RegisterAnswer;
    const CALLS: &'static str = "read, write and cas";

    fn read(record: &Record<'_>, names: &mut Names) -> Result<(Self, Option<RegisterAnswer>), Problem> {
        match record.call {
            "read" => {
                let answer = match returned(record) {
                    None => None,
                    Some(Value::Null) => Some(RegisterAnswer::Nothing),
                    Some(value) => Some(RegisterAnswer::Value(names.label(value)?)),
                };
                Ok((Self::Read, answer))
            }
            "write" => {
                let value = label(given(record)?, names)?;
                Ok((Self::Write(value), done(record)?.map(|()| RegisterAnswer::Done)))
            }
            "cas" => {
                let (expected, new) = exchange(given(record)?, names)?;
                let done = success(record)?;
                let answer =
                    done.map(|done| if done { RegisterAnswer::Done } else { RegisterAnswer::Differs });
                Ok((Self::CompareExchange(expected, new), answer))
            }
            _ => Err(no_call::<Self>(record)),
        }
    }

    fn write<'a>(&'a self, answer: Option<&'a RegisterAnswer>, names: &'a Names) -> Words<'a> {
        let (call, value) = match self {
            Self::Read => ("read", None),
            Self::Write(value) => ("write", Some(names.value(*value))),
            Self::CompareExchange(expected, new) => {
                ("cas", Some(Value::List(vec![names.value(*expected), names.value(*new)])))
            }
        };
        let answer = answer.map(|answer| match answer {
            RegisterAnswer::Value(value) => names.value(*value),
            RegisterAnswer::Nothing => Value::Null,
            RegisterAnswer::Done => Value::Bool(true),
            RegisterAnswer::Differs => Value::Bool(false),
        });
        Words { call, key: None, value, answer }
    }

    fn show(&self, answer: Option<&RegisterAnswer>, names: &Names) -> String {
        let name = |value: &u32| names.name(*value);
        match (self, answer) {
            (Self::Read, Some(RegisterAnswer::Value(value))) => format!("read {}", name(value)),
            (Self::Read, Some(RegisterAnswer::Nothing)) => "read null".to_owned(),
            (Self::Read, _) => "read ?".to_owned(),
            (Self::Write(value), _) => format!("write {}", name(value)),
            (Self::CompareExchange(expected, new), answer) => {
                let answer = match answer {
                    Some(RegisterAnswer::Differs) => Some("differs".to_owned()),
                    Some(_) => None,
                    None => Some("?".to_owned()),
                };
                arrow(format!("cas {} {}", name(expected), name(new)), answer)
            }
        }
    }
}

/// The label of a value that can be put into a register.
fn label(value: &Value<'_>, names: &mut Names) -> Result<u32, Problem> {
    match value {
        Value::Null => Err(expected("a value; null says that nothing was written yet", value)),
        value => names.label(value),
    }
}

fn exchange(value: &Value<'_>, names: &mut Names) -> Result<(u32, u32), Problem> {
    match value {
        Value::List(values) if values.len() == 2 => {
            Ok((label(&values[0], names)?, label(&values[1], names)?))
        }
        _ => Err(expected("a list of two values", value)),
    }
}

/// The object that begins as the registers of a log do. Where the value is not said, it holds nothing at first if anybody has found
/// that, and 0 otherwise.
///
/// # Errors
/// [`Problem::TooManyValues`].
pub fn begin_with(
    logs: &mut Logs<RegisterCall>,
    initial: Option<&Value<'_>>,
) -> Result<RegisterSpec, Problem> {
    let mut entries = logs.objects.iter().flat_map(|(_, log)| log);
    let initial = match initial {
        Some(Value::Null) => None,
        Some(value) => Some(logs.names.label(value)?),
        None if entries.any(|entry| entry.answer == Some(RegisterAnswer::Nothing)) => None,
        None => Some(0),
    };
    Ok(RegisterSpec { initial })
}
