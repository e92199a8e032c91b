//! Queues, stacks and bags.

use super::{Logs, Words, Written, arrow, expected, given, no_call, returned, success};
use crate::history::format::{Names, Problem, Record, Value};
use crate::spec::{QueueAnswer, QueueCall};
use hashbrown::HashMap;

impl Written for QueueCall {
    type Answer = QueueAnswer;
    const CALLS: &'static str = "push (enqueue) and pop (dequeue)";

    fn read(record: &Record<'_>, names: &mut Names) -> Result<(Self, Option<QueueAnswer>), Problem> {
        match record.call {
            "push" | "enqueue" => {
                let item = match given(record)? {
                    Value::Null => return Err(expected("an item", &Value::Null)),
                    item => names.label(item)?,
                };
                let answer = success(record)?;
                let answer = answer.map(|done| if done { QueueAnswer::Pushed } else { QueueAnswer::Full });
                Ok((Self::Push(item), answer))
            }
            "pop" | "dequeue" => {
                let answer = match returned(record) {
                    None => None,
                    Some(Value::Null) => Some(QueueAnswer::Empty),
                    Some(item) => Some(QueueAnswer::Popped(names.label(item)?)),
                };
                Ok((Self::Pop, answer))
            }
            _ => Err(no_call::<Self>(record)),
        }
    }

    fn write<'a>(&'a self, answer: Option<&'a QueueAnswer>, names: &'a Names) -> Words<'a> {
        let (call, value) = match self {
            Self::Push(item) => ("push", Some(names.value(*item))),
            Self::Pop => ("pop", None),
        };
        let answer = answer.map(|answer| match answer {
            QueueAnswer::Pushed => Value::Bool(true),
            QueueAnswer::Full => Value::Bool(false),
            QueueAnswer::Popped(item) => names.value(*item),
            QueueAnswer::Empty => Value::Null,
        });
        Words { call, key: None, value, answer }
    }

    fn show(&self, answer: Option<&QueueAnswer>, names: &Names) -> String {
        match (self, answer) {
            (Self::Push(item), Some(QueueAnswer::Full)) => {
                arrow(format!("push {}", names.name(*item)), Some("full".to_owned()))
            }
            (Self::Push(item), _) => format!("push {}", names.name(*item)),
            (Self::Pop, Some(QueueAnswer::Popped(item))) => format!("pop {}", names.name(*item)),
            (Self::Pop, Some(QueueAnswer::Empty)) => arrow("pop".to_owned(), Some("empty".to_owned())),
            (Self::Pop, _) => "pop ?".to_owned(),
        }
    }
}

/// Gives the items of a priority queue labels in the order of their numbers, where they are not their own labels.
///
/// # Errors
/// [`Problem::NoNumber`].
pub fn in_order(logs: &mut Logs<QueueCall>) -> Result<(), Problem> {
    if logs.names.are_numbers() {
        return Ok(());
    }
    let mut labels = Vec::new();
    change(logs, |label| {
        labels.push(label);
        label
    });
    labels.sort_unstable();
    labels.dedup();
    let number = |label: &u32| {
        let value = logs.names.value(*label);
        value.number::<i128>().ok_or_else(|| Problem::NoNumber(value.to_string()))
    };
    let numbers = labels.iter().map(number).collect::<Result<Vec<i128>, _>>()?;
    let mut items: Vec<(i128, u32)> = numbers.into_iter().zip(labels).collect();
    items.sort_unstable();
    let names = Names::in_this_order(items.iter().map(|(_, label)| logs.names.value(*label).into_owned()))?;
    let now: HashMap<u32, u32> = items.iter().map(|(_, label)| *label).zip(names.in_order()).collect();
    change(logs, |label| now[&label]);
    logs.names = names;
    Ok(())
}

/// Puts another label in place of each.
fn change(logs: &mut Logs<QueueCall>, mut label: impl FnMut(u32) -> u32) {
    for entry in logs.objects.iter_mut().flat_map(|(_, log)| log) {
        if let QueueCall::Push(item) = &mut entry.call {
            *item = label(*item);
        }
        if let Some(QueueAnswer::Popped(item)) = &mut entry.answer {
            *item = label(*item);
        }
    }
}
