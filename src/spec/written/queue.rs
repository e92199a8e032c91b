//! Queues, stacks and bags.

use super::{Logs, Words, Written, arrow, expected, given, no_call, returned, success};
use crate::history::format::{Names, Problem, Record, Value};
use crate::spec::{QueueAnswer, QueueCall};
use std::collections::HashMap;

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

    fn relabel(&mut self, answer: Option<&mut QueueAnswer>, change: &mut dyn FnMut(u32) -> u32) {
        if let Self::Push(item) = self {
            *item = change(*item);
        }
        if let Some(QueueAnswer::Popped(item)) = answer {
            *item = change(*item);
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
    let mut items = Vec::new();
    for entry in logs.objects.iter().flat_map(|(_, log)| log) {
        if let QueueCall::Push(item) = entry.call {
            items.push(item);
        }
        if let Some(QueueAnswer::Popped(item)) = entry.answer {
            items.push(item);
        }
    }
    items.sort_unstable();
    items.dedup();
    let numbers = items.into_iter().map(|item| {
        let value = logs.names.value(item);
        value
            .number::<i128>()
            .map(|number| (number, item))
            .ok_or_else(|| Problem::NoNumber(value.to_string()))
    });
    let mut numbers = numbers.collect::<Result<Vec<_>, _>>()?;
    numbers.sort_unstable();
    let ranks: HashMap<u32, u32> = (0..).zip(numbers).map(|(rank, (_, item))| (item, rank)).collect();
    logs.relabel(|item| ranks[&item]);
    Ok(())
}
