//! Values as numbers, and back.

use super::{Problem, Value};
use hashbrown::HashMap;
use std::borrow::Cow;

/// From here on labels are those of values that are no small numbers.
const FIRST: u32 = 1 << 31;

/// The labels of values: checks compare numbers, and people read what was in the file.
///
/// A number below 2³¹ is its own label. Everything else has a label of its own above.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    labels: HashMap<Box<str>, u32>,
    values: Vec<Value<'static>>,
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
        match label.checked_sub(FIRST).and_then(|index| self.values.get(index as usize)) {
            Some(value) => value.clone(),
            None => Value::Number(Cow::Owned(label.to_string())),
        }
    }

    /// The same as people read it.
    pub fn name(&self, label: u32) -> String {
        self.value(label).to_string()
    }

    /// The text with the value of every label that is none itself, where its digits stand.
    pub fn in_words(&self, text: &str) -> String {
        let mut words = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(|letter: char| letter.is_ascii_digit()) {
            let digits = &rest[start..];
            let digits =
                &digits[..digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len())];
            words += &rest[..start];
            match digits.parse() {
                Ok(label) => words += &self.name(label),
                Err(_) => words += digits,
            }
            rest = &rest[start + digits.len()..];
        }
        words + rest
    }

    /// Whether every label is the number that it stands for.
    pub fn are_numbers(&self) -> bool {
        self.values.is_empty()
    }

    /// Labels for these values, in the same order as they are; numbers are no longer their own.
    ///
    /// # Errors
    /// [`Problem::TooManyValues`].
    pub fn in_this_order(values: impl IntoIterator<Item = Value<'static>>) -> Result<Self, Problem> {
        let mut names = Self::default();
        values.into_iter().try_for_each(|value| names.other(&value).map(drop))?;
        Ok(names)
    }

    /// The labels of [these values](Self::in_this_order).
    pub fn in_order(&self) -> impl Iterator<Item = u32> {
        FIRST..FIRST + self.values.len() as u32
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
        let mut distinct = labels.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), labels.len());
    }

    #[test]
    fn a_sentence_names_values() {
        let mut names = Names::default();
        let label = names.label(&Value::Text("a".into())).unwrap();
        let text = format!("{label} was pushed wholly before 9, and 99999999999 before {label}");
        assert_eq!(names.in_words(&text), "\"a\" was pushed wholly before 9, and 99999999999 before \"a\"");
    }

    #[test]
    fn labels_can_be_put_in_order() {
        let names = Names::in_this_order([number("-7"), number("5")]).unwrap();
        let written: Vec<String> = names.in_order().map(|label| names.name(label)).collect();
        assert_eq!(written, ["-7", "5"]);
    }
}
