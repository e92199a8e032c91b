//! Values as numbers, and back.

use super::{Problem, Value};
use std::borrow::Cow;
use std::collections::HashMap;

/// From here on labels are those of values that are no small numbers.
const FIRST: u32 = 1 << 31;

/// The labels of values: checks compare numbers, and people read what was in the file.
///
/// A number below 2³¹ is its own label. Everything else has a label of its own above.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    labels: HashMap<Box<str>, u32>,
    values: Vec<Value<'static>>,
    /// Labels that were exchanged since, or were put in order.
    changed: HashMap<u32, u32>,
}

impl Names {
    /// The label of a value.
    ///
    /// # Errors
    /// [`Problem::TooManyValues`].
    pub fn label(&mut self, value: &Value<'_>) -> Result<u32, Problem> {
        match value.number::<u32>() {
            Some(number) if number < FIRST => Ok(number),
            _ => self.other(value),
        }
    }

    /// The label of a value that has one already.
    pub fn known(&self, value: &Value<'_>) -> Option<u32> {
        match value.number::<u32>() {
            Some(number) if number < FIRST => Some(number),
            _ => self.labels.get(value.to_string().as_str()).copied(),
        }
    }

    fn other(&mut self, value: &Value<'_>) -> Result<u32, Problem> {
        let text = value.to_string();
        if let Some(label) = self.labels.get(text.as_str()) {
            return Ok(*label);
        }
        let index = u32::try_from(self.values.len()).ok().filter(|index| *index < FIRST);
        let label = FIRST + index.ok_or(Problem::TooManyValues)?;
        self.labels.insert(text.into(), label);
        self.values.push(value.clone().into_owned());
        Ok(label)
    }

    /// The value of a label.
    pub fn value(&self, label: u32) -> Value<'_> {
        let label = self.changed.get(&label).copied().unwrap_or(label);
        match label.checked_sub(FIRST).and_then(|index| self.values.get(index as usize)) {
            Some(value) => value.clone(),
            None => Value::Number(Cow::Owned(label.to_string())),
        }
    }

    /// The same as people read it.
    pub fn name(&self, label: u32) -> String {
        self.value(label).to_string()
    }

    /// Whether every label is the number that it stands for.
    pub fn are_numbers(&self) -> bool {
        self.values.is_empty() && self.changed.is_empty()
    }

    /// Remembers that each of these labels, which all differ, now has another one: `(before, now)`.
    pub fn change(&mut self, changes: impl IntoIterator<Item = (u32, u32)>) {
        let before = std::mem::take(&mut self.changed);
        let origin = |label: u32| before.get(&label).copied().unwrap_or(label);
        self.changed = changes.into_iter().map(|(was, now)| (now, origin(was))).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(digits: &str) -> Value<'_> {
        Value::Number(digits.into())
    }

    #[test]
    fn a_label_has_the_name_of_its_value() {
        let mut names = Names::default();
        let values = [
            number("7"),
            number("2147483647"),
            number("2147483648"),
            number("-7"),
            number("99999999999999999999"),
            Value::Text("7".into()),
            Value::Null,
            Value::List(vec![number("1"), Value::Bool(true)]),
        ];
        let labels: Vec<u32> = values.iter().map(|value| names.label(value).unwrap()).collect();
        let written: Vec<String> = labels.iter().map(|label| names.name(*label)).collect();
        let expected =
            ["7", "2147483647", "2147483648", "-7", "99999999999999999999", "\"7\"", "null", "[1 true]"];
        assert_eq!(written, expected);
        assert!(values.iter().zip(&labels).all(|(value, label)| names.known(value) == Some(*label)));
        let mut distinct = labels.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), labels.len());
    }

    #[test]
    fn a_change_keeps_the_names() {
        let mut names = Names::default();
        let null = names.label(&Value::Null).unwrap();
        names.change([(null, 0), (0, null)]);
        assert_eq!((names.name(0), names.name(null), names.name(5)), ("null".into(), "0".into(), "5".into()));
        names.change([(0, 1), (null, 2)]);
        assert_eq!((names.name(1), names.name(2)), ("null".into(), "0".into()));
    }
}
